"""The plugin: the hosts' own validators, and every command that it, the registry's entry or a link declares.

Each command runs word for word, in an empty home and an empty folder, and has to make a song in the sandbox. What is
not published yet is found because the home's own configuration of uv names the folder of the wheel that was just built;
nothing else differs from a person's machine.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from ..check_bundle import said
from ..check_song import TAKES, listen
from ..image import Image
from ..plugin.facts import facts
from ..plugin.registries import digest
from ..stop_sandbox import main as stop_sandbox
from .kit import ROOT, Broken, Kit
from .typescript import CATALOGUE, own_settings

PLUGIN = ROOT / "plugin"
DOCKER = PLUGIN / "docker" / "server.yaml"
SONG = {"idea": "a short lullaby about a snail", "seconds": 15}
PATIENCE = 300.0
"""Seconds for one answer, packages included."""
QUIET = {
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "GEMINI_CLI_TRUST_WORKSPACE": "true",
}
TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "LANG")
"""What of this machine a command gets, beside the path."""


def validators(kit: Kit) -> Mapping[str, str]:
    """The gate: what the hosts' own validators say of the files."""
    claude, gemini = _claude(kit), _gemini(kit)
    scripts = kit.python.parent
    checks: Mapping[str, Sequence[str]] = {
        "skillsaw: plugin": [str(scripts / "skillsaw"), "lint", "--strict", "--no-progress", str(PLUGIN)],
        "skillsaw: repository": [str(scripts / "skillsaw"), "lint", "--strict", "--no-progress", str(ROOT)],
        "claude plugin validate: plugin": [*claude, "plugin", "validate", str(PLUGIN)],
        "claude plugin validate: marketplace": [*claude, "plugin", "validate", str(ROOT)],
        "gemini extensions validate": [*gemini, "extensions", "validate", str(PLUGIN)],
        # What Docker's own check begins with; the rest of it needs the published repository.
        "prettier: docker/server.yaml": [*kit.script("prettier", "bin/prettier.cjs"), "--check", str(DOCKER)],
        "zizmor: workflows": [
            str(scripts / "zizmor"),
            "--offline",
            "--no-progress",
            str(ROOT / ".github" / "workflows"),
        ],
    }
    found = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        for name, command in checks.items():
            done = kit.run(command, HOME=home, **QUIET)
            found[name] = (done.stdout + done.stderr).strip()[-400:] if done.returncode else ""
    found["checksum of the bundle"] = _checksum(kit)
    return found


def _checksum(kit: Kit) -> str:
    """What is wrong with the checksum in server.json, for the bundle of the present sources."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "songwright.mcpb"
        kit.run([sys.executable, "-m", "dev.bundle", str(bundle)])
        entry = json.loads((PLUGIN / "server.json").read_text(encoding="utf-8"))
        stated = {package.get("fileSha256") for package in entry["packages"]} - {None}
        return "" if stated == {digest(bundle)} else "plugin/server.json has that of other sources: run `make bundle`"


def _claude(kit: Kit) -> list[str]:
    return kit.script("@anthropic-ai/claude-code", "cli-wrapper.cjs")


def _gemini(kit: Kit) -> list[str]:
    return kit.script("@google/gemini-cli", "bundle/gemini.js")


class Machine:
    """A home in which nothing is installed but uv and pipx, and a folder with the packages of a release."""

    def __init__(self, kit: Kit, folder: Path, packages: Path) -> None:
        self.home, self.here = folder / "home", folder / "empty folder"
        self.here.mkdir()
        configuration = self.home / ".config" / "uv" / "uv.toml"
        configuration.parent.mkdir(parents=True)
        # The cache outlives the run only so that packages are fetched once for all commands.
        configuration.write_text(
            f"find-links = [{json.dumps(str(packages))}]\ncache-dir = {json.dumps(str(packages / 'cache'))}\n"
            "system-certs = true\n",
            encoding="utf-8",
        )
        path = [
            str(kit.python.parent),
            str(Path(sys.executable).resolve().parent),
            "/usr/local/bin",
            "/usr/bin",
            "/bin",
        ]
        self.environment = {name: os.environ[name] for name in TRUST if name in os.environ}
        self.environment |= {"HOME": str(self.home), "PATH": os.pathsep.join(path), "PIP_FIND_LINKS": str(packages)}

    def song(self, command: Sequence[str], environment: Mapping[str, str]) -> str:
        """What is wrong with a song from the server that this command starts."""
        server = StdioServerParameters(
            command=command[0], args=[*command[1:]], env={**self.environment, **environment}, cwd=self.here
        )
        with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
            try:
                song = anyio.run(_compose, server, log)
            except Exception as error:  # noqa: BLE001 - whatever a foreign program does is a finding
                log.seek(0)
                return f"it did not answer: {error!r}; it said: {log.read()[-300:]}"
            finally:
                stop_sandbox(self.home)
        if song.get("status") != "done":
            return f"no song: {json.dumps(song, ensure_ascii=False)[:400]}"
        files = [Path(clip["file"]) for clip in song["clips"] if clip.get("file")]
        faults = [fault for file in files for fault in listen(file).faults()]
        return "; ".join(faults) if len(files) == TAKES else f"{len(files)} takes have a file"


async def _compose(server: StdioServerParameters, log: TextIO) -> dict[str, Any]:
    transport = stdio_client(server, errlog=log)
    async with Client(transport, mode="legacy", read_timeout_seconds=PATIENCE) as client:
        song = said(await client.call_tool("create_song", SONG))
        while song.get("status") in {"working", "streaming"}:
            song = said(await client.call_tool("wait_for_song", {"job_id": song["job_id"]}))
        return song


def declared() -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Every command that a file or a link declares, with the environment that a person gets who fills in nothing."""
    for name in ("mcp.json", ".mcp.json", "gemini-extension.json"):
        server = json.loads((PLUGIN / name).read_text(encoding="utf-8"))["mcpServers"]["songwright"]
        yield name, [server["command"], *server["args"]], server.get("env", {})
    codex = tomllib.loads((PLUGIN / "codex" / "config.toml").read_text(encoding="utf-8"))["mcp_servers"]["songwright"]
    yield "codex/config.toml", [codex["command"], *codex["args"]], {}
    words = shlex.split((PLUGIN / "codex" / "add.sh").read_text(encoding="utf-8").splitlines()[-1])
    yield "codex/add.sh", words[words.index("--") + 1 :], {}
    yield "server.json, pypi", *_package("pypi")
    if (tests := str(ROOT / "tests")) not in sys.path:
        sys.path.insert(0, tests)
    reader = import_module("install_links")
    for said_there, link in reader.links((ROOT / "README.md").read_text(encoding="utf-8")).items():
        installed = reader.installed(link)
        yield f"link: {said_there}", installed.command, installed.environment
    yield "pipx", ["pipx", "run", "--spec", facts().package, "songwright", "serve"], {}


def _package(kind: str) -> tuple[list[str], dict[str, str]]:
    """The command that a client makes of a package in server.json, and the defaults of its variables."""
    entry = json.loads((PLUGIN / "server.json").read_text(encoding="utf-8"))
    (package,) = (package for package in entry["packages"] if package["registryType"] == kind)
    flags = [word for flag in package["runtimeArguments"] for word in (flag["name"], flag["value"])]
    what = f"{package['identifier']}=={package['version']}" if kind == "pypi" else package["identifier"]
    words = [package["runtimeHint"], *flags, what, *(word["value"] for word in package["packageArguments"])]
    return words, {asked["name"]: asked.get("default", "") for asked in package["environmentVariables"]}


@contextmanager
def release(kit: Kit) -> Iterator[tuple[Path, Path]]:
    """A temporary folder, and in it the wheel and the source archive of a release."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        packages = Path(name) / "packages"
        done = kit.run([sys.executable, "-m", "build", "--quiet", "--no-isolation", "--outdir", str(packages), "."])
        if done.returncode:
            raise Broken(f"the packages could not be built: {done.stderr.strip()[-500:]}")
        yield Path(name), packages


def starts(kit: Kit) -> Mapping[str, str]:
    """The gate: what is wrong with what each declared command makes, and with the hosts that start it themselves."""
    found = {}
    with release(kit) as (folder, packages):
        for number, (name, command, environment) in enumerate(declared()):
            machine = Machine(kit, _new(folder, str(number)), packages)
            found[name] = machine.song(command, environment)
        for name, words in _files(packages).items():
            machine = Machine(kit, _new(folder, name), packages)
            done = kit.run(words, **machine.environment)
            right = done.stdout.strip() == f"songwright {facts().version}"
            found[name] = "" if right else (done.stderr + done.stdout).strip()[-400:]
        found |= _hosts(kit, folder, packages)
        found["server.json, oci"] = _image(kit, _new(folder, "image"))
    return found


def _new(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


def _files(packages: Path) -> Mapping[str, Sequence[str]]:
    """The version, asked of what was installed from a file."""
    (wheel,), (archive,) = packages.glob("*.whl"), packages.glob("*.tar.gz")
    return {
        f"{tool} from the {name}": [*words, str(file), "songwright", "--version"]
        for name, file in (("wheel", wheel), ("source archive", archive))
        for tool, words in (("uvx", ["uvx", "--from"]), ("pipx", ["pipx", "run", "--spec"]))
    }


def _hosts(kit: Kit, folder: Path, packages: Path) -> dict[str, str]:
    """Hosts that install the plugin and start its server without an account."""
    claude, gemini = _claude(kit), _gemini(kit)
    asked = shlex.join([*gemini, "extensions", "install", str(PLUGIN), "--consent", "--skip-settings"])
    hosts: Mapping[str, Sequence[Sequence[str]]] = {
        "Claude Code installs and starts it": (
            [*claude, "plugin", "marketplace", "add", str(ROOT)],
            [*claude, "plugin", "install", "songwright@songwright"],
            [*claude, "mcp", "list"],
        ),
        "Gemini CLI installs and starts it": (["sh", "-c", f"yes | {asked}"], [*gemini, "mcp", "list"]),
    }
    found = {}
    for name, commands in hosts.items():
        machine = Machine(kit, _new(folder, name), packages)
        # Once beforehand, because a host gives the first start only some seconds.
        kit.run(["uvx", *facts().arguments(facts().version)[:-1], "--version"], **machine.environment)
        path = f"{kit.python.parent}{os.pathsep}{kit.environment()['PATH']}"
        for command in commands:
            done = kit.run(command, **{**machine.environment, **QUIET, "PATH": path})
        said_last = (done.stdout + done.stderr).strip()
        found[name] = "" if " Connected" in said_last and "songwright" in said_last else said_last[-400:]
    return found


def _image(kit: Kit, folder: Path) -> str:
    """What is wrong with a song from the image, filled as the Dockerfile fills it, run without a container engine."""
    words, variables = _package("oci")
    image = Image(folder)
    try:
        image.build()
    except subprocess.CalledProcessError as error:
        return f"it could not be built: {error}"
    (folder / "catalogue.toml").write_text(CATALOGUE, encoding="utf-8")
    with kit.sandbox(folder / "service", pace="instant") as service:
        arguments = words[words.index(_identifier()) + 1 :]
        environment = {**image.environment, **variables, **own_settings(folder, service)}
        program = str(image.program / "bin" / "songwright")
        server = StdioServerParameters(command=program, args=arguments, env=environment, cwd=folder)
        with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
            song = anyio.run(_compose, server, log)
    return "" if song.get("status") == "done" else f"no song: {json.dumps(song, ensure_ascii=False)[:400]}"


def _identifier() -> str:
    entry = json.loads((PLUGIN / "server.json").read_text(encoding="utf-8"))
    return next(str(package["identifier"]) for package in entry["packages"] if package["registryType"] == "oci")
