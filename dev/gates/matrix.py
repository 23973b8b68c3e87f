"""What reaches the model: a song, a confirmation and a mistake, read back through the clients that people use.

Each client runs its own script in an environment of its own, against a real server in front of a sandbox whose song
takes longer than the shortest time-out there is. `python -m dev.gates.matrix` measures all of them and writes the
table of docs/clients.md; with names it only shows what it found of those. The gate `clients` measures all of them too
and says where that table is no longer true.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from songwright import tools

from .kit import HERE, ROOT, Broken, Kit
from .typescript import CATALOGUE, hosted, own_settings

CLIENTS = HERE / "clients"
PAGE = ROOT / "docs" / "clients.md"
TABLE = re.compile(
    r"(<!-- clients, written by `python -m dev\.gates\.matrix` -->\n).*?(<!-- end of clients -->)", re.DOTALL
)
SLOW = ["task:slow:seconds=5"]
"""The first look at the song takes so long that whoever asked for it has given up, unless answered before."""
EXPECTED: Mapping[str, Mapping[str, str]] = {
    "ordered": {"the order's id": r'"job_id": ?"\w', "the song, or what to call": r'wait_for_song|"status": ?"done"'},
    "song": {
        "that it is done": r'"status": ?"done"',
        "the order's id": r'"job_id": ?"\w',
        "the takes' ids": r'"clip_id": ?"\w',
        "where it is": r'"(file|url)": ?"[^"]+\.mp3|"url": ?"http',
        "what it cost": r'"cost": ?14',
        "what is left": r'"left": ?\d',
    },
    "confirmation": {
        "that it asks": r'"status": ?"needs_confirmation"',
        "the price": r'"cost": ?50',
        "the quote": r'"quote": ?"[\w-]+"',
        "what to call next": r'"next": ?"[^"]*separate_stems',
    },
    "error": {"our own sentence": r"not both\. Nothing was sent or spent"},
    "guide": {"the page": r"Writing a song"},
}  # fmt: skip
"""What a model must be able to read of each answer."""
FOREIGN = re.compile(r"resource_link|ResourceLink|Unsupported content|validation error|\"type\": ?\"file\"")
"""Signs that a client met a block it does not know."""


@dataclass(frozen=True)
class Client:
    """A row of clients.toml."""

    name: str
    title: str
    script: str
    http: bool = False
    setting: str = ""

    @property
    def transports(self) -> tuple[str, ...]:
        """Over which it is read back."""
        return ("stdio", "HTTP") if self.http else ("stdio",)


def clients() -> tuple[Client, ...]:
    """All of them."""
    rows = tomllib.loads((CLIENTS / "clients.toml").read_text(encoding="utf-8"))["client"]
    return tuple(Client(**row) for row in rows)


def prepared(kit: Kit, client: Client) -> list[str]:
    """The command that runs a client's script; its environment is made once, from its pins."""
    if client.script.endswith(".mjs"):
        return [kit.script(".", "")[0], str(CLIENTS / client.script), str(kit.folder / "npm"), client.name]
    pins = CLIENTS / "pins" / f"{client.name}.txt"
    if not pins.exists():  # the SDK that the server itself is built on
        return [sys.executable, str(CLIENTS / client.script)]
    home = kit.folder / "clients" / client.name
    python, stamp = home / "bin" / "python", home / ".ready"
    wanted = hashlib.sha256(pins.read_bytes()).hexdigest()
    if not (stamp.exists() and stamp.read_text() == wanted):
        shutil.rmtree(home, ignore_errors=True)
        for command in (
            [sys.executable, "-m", "venv", str(home)],
            [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", str(pins)],
        ):
            done = kit.run(command)
            if done.returncode:
                raise Broken(f"{client.name} could not be installed: {done.stderr.strip()[-500:]}")
        stamp.write_text(wanted)
    return [str(python), str(CLIENTS / client.script)]


@contextmanager
def served(kit: Kit, folder: Path, transport: str) -> Iterator[dict[str, Any]]:
    """A server with every tool, as a client is told to reach it."""
    if transport == "HTTP":
        with hosted(kit, folder, faults=SLOW, TOOLSETS="all") as (address, token):
            yield {"url": address, "token": token}
        return
    (folder / "catalogue.toml").write_text(CATALOGUE, encoding="utf-8")
    with kit.sandbox(folder / "service", pace="instant", faults=SLOW) as service:
        settings = own_settings(folder, service, TOOLSETS="all")
        environment = {
            name: value for name, value in kit.environment(HOME=str(folder)).items() if name in ("PATH", "HOME")
        }
        yield {"command": sys.executable, "args": ["-m", "songwright.server"], "env": {**environment, **settings}}


def told(kit: Kit, client: Client, transport: str) -> dict[str, Any]:
    """What a client's script told of its session."""
    command = prepared(kit, client)
    with tempfile.TemporaryDirectory() as folder, served(kit, Path(folder), transport) as server:
        home = Path(folder) / "home"
        home.mkdir()
        # Away from the project's folder, whose names would hide packages; with nothing of the person's own.
        quiet = {
            "CREWAI_DISABLE_TELEMETRY": "true",
            "OTEL_SDK_DISABLED": "true",
            "MCP_USE_ANONYMIZED_TELEMETRY": "false",
        }
        environment = kit.environment(HOME=str(home), GATE_SERVER=json.dumps(server), **quiet)
        try:
            done = subprocess.run(
                command, cwd=home, env=environment, capture_output=True, text=True, timeout=180, check=False,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Broken(f"{client.title} did not end within 180 s") from None
    if done.returncode:
        raise Broken(f"{client.title}: {done.stderr.strip()[-400:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def wrong(seen: Mapping[str, Any]) -> dict[str, str]:
    """What a model could not read, by answer; what its tools lost on the way; empty where all is well."""
    found = {}
    for answer, needed in EXPECTED.items():
        text = seen["seen"].get(answer, "").replace('\\"', '"')
        missing = [what for what, pattern in needed.items() if not re.search(pattern, text)]
        if FOREIGN.search(text):
            missing.append("a block that this client does not know")
        found[answer] = f"{', '.join(missing)}: {text[:300]}" if missing else ""
    lost = sorted(set(tools.names()) - seen["converted"].keys())
    broken = {name: reason for name, reason in seen["converted"].items() if reason}
    found["tools"] = f"{lost or ''}{broken or ''}"
    return found


def form(seen: Mapping[str, Any]) -> str:
    """In which form a model meets a result."""
    text = seen["seen"]["song"]
    try:
        plain = "summary" in json.loads(text)
    except (ValueError, TypeError):
        plain = False
    if plain:
        said = "the text"
    elif re.search(r"structured_?[cC]ontent", text):
        said = "the text, and the structured content again"
    else:
        said = "the text, inside a list of blocks"
    return said + ("; a failure as an exception with the text" if "error" in seen["raised"] else "")


def row(client: Client, transport: str, seen: Mapping[str, Any]) -> str:
    """A line of the table."""
    patience = "none" if seen["timeout"] is None else f"{seen['timeout']:g} s"
    setting = client.setting or "none"
    return f"| {client.title} | {seen['version']} | {transport} | {patience} | {form(seen)} | {setting} |\n"


def measured(kit: Kit, names: Collection[str] = ()) -> tuple[dict[str, str], str]:
    """What is wrong with whom, and the table; of all clients, or of the named ones."""
    found: dict[str, str] = {}
    table = "| client | version | over | gives up on a call after | its model sees | for one long call |\n"
    table += "| --- | --- | --- | --- | --- | --- |\n"
    for client in clients():
        for transport in client.transports if not names or client.name in names else ():
            name = f"{client.name} over {transport}"
            try:
                seen = told(kit, client, transport)
            except Broken as reason:
                found[name] = str(reason)
                continue
            found |= {f"{name}: {what}": reason for what, reason in wrong(seen).items()}
            table += row(client, transport, seen)
    return found, table


def read_back(kit: Kit) -> Mapping[str, str]:
    """The gate: every client sees what it must, and the table says what was measured."""
    found, table = measured(kit)
    current = TABLE.search(PAGE.read_text(encoding="utf-8"))
    same = current is not None and table in current.group()
    found["docs/clients.md"] = "" if same else "not as measured: run python -m dev.gates.matrix"
    return found


def main(names: list[str]) -> int:
    """Measure and say what is wrong; write the table, or show the named clients' part of it."""
    kit = Kit(ROOT / ".venv" / "gates")
    kit.install()
    found, table = measured(kit, names)
    if names:
        print(table)
    else:
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(TABLE.sub(lambda place: place[1] + table + place[2], text), encoding="utf-8")
    for name, reason in found.items():
        if reason:
            print(f"{name}: {reason}")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
