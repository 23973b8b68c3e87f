"""The command that a client should start Songwright with, and whether a command starts it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import anyio

from ...core.errors import SongwrightError
from ...core.settings import PREFIX

SECONDS = 120.0
"""How long a start may take: uv may have to fetch the packages first."""
_KEPT_BACK = (PREFIX, "PYTHON", "VIRTUAL_ENV")
"""Beginnings of variables that the person's terminal may have and their client has not."""


class NotStarted(SongwrightError):
    """A command does not start a server; the sentence says what it said."""


@dataclass(frozen=True)
class Launch:
    """A command line with the variables it needs."""

    command: str
    args: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join((self.command, *self.args))


@dataclass(frozen=True)
class Started:
    """What answered."""

    version: str
    tools: int


def own_launch(environment: Mapping[str, str]) -> Launch:
    """How this Songwright can be started again, from any folder and with any path.

    uvx runs it from a cache that may be emptied at any time, so there uvx itself is the command. Anything else stays
    where it is: then it is the interpreter, with `-P`, so that no file of a project that is open passes for a module.
    """
    variable = f"{PREFIX}CONFIG"
    env = {variable: str(Path(environment[variable]).absolute())} if environment.get(variable) else {}
    if _is_passing(Path(sys.prefix)) and (uvx := _uvx(environment)):
        return Launch(uvx, ("--from", _origin(), "songwright", "serve"), env)
    return Launch(sys.executable, ("-P", "-m", "songwright.server", "serve"), env)


def typed(environment: Mapping[str, str]) -> str:
    """How a person at this terminal starts Songwright."""
    if _is_passing(Path(sys.prefix)):
        return f'uvx --from "{_origin()}" songwright'  # plain `uvx songwright` would come without the sandbox
    here = Path(sys.argv[0]).absolute()
    on_path = shutil.which("songwright", path=environment.get("PATH", ""))
    if on_path and Path(on_path).absolute() == here:
        return "songwright"
    return str(here) if here.stem == "songwright" else f"{sys.executable} -m songwright.server"


def _is_passing(prefix: Path) -> bool:
    """Whether uv has made this environment in its cache, for one run or for as long as the cache lasts."""
    return any(part.startswith(("archive-v", "environments-v", "builds-v")) for part in prefix.parts)


def _uvx(environment: Mapping[str, str]) -> str | None:
    """The full path of uvx: programs that are not started from a terminal have another path."""
    beside = [str(Path(environment["UV"]).with_name("uvx"))] if environment.get("UV") else []
    found = (shutil.which(program, path=environment.get("PATH", "")) for program in (*beside, "uvx"))
    return next((str(Path(program).absolute()) for program in found if program), None)


def _origin() -> str:
    """What to install: the released package, or the file or folder that this one was installed from."""
    name = "songwright[sandbox]"
    try:
        said = distribution("songwright").read_text("direct_url.json")
    except PackageNotFoundError:
        said = None
    url = json.loads(said).get("url") if said else None
    return f"{name} @ {url}" if url else name


def try_out(launch: Launch, environment: Mapping[str, str] | None = None, seconds: float = SECONDS) -> Started:
    """Start a command as a client would, list its tools, and end it. Raises `NotStarted`.

    It gets an empty journal and library and no key, so that nothing is resumed, bought or written.
    """
    whole = os.environ if environment is None else environment
    with tempfile.TemporaryDirectory(prefix="songwright-") as folder, tempfile.TemporaryFile() as said:
        given = {name: value for name, value in launch.env.items() if "${" not in value and name != f"{PREFIX}API_KEY"}
        own = {"OFFLINE": "true", "API_KEY": "", "STATE_DIR": f"{folder}/state", "LIBRARY": f"{folder}/library"}
        env = {name: value for name, value in whole.items() if not name.startswith(_KEPT_BACK)}
        env |= given | {f"{PREFIX}{name}": value for name, value in own.items()}
        if f"{PREFIX}BASE_URL" in given:
            env[f"{PREFIX}API_KEY"] = "none"  # of no use, and needed beside an address of the entry's own
        try:
            answers = anyio.run(_asked, (launch.command, *launch.args), env, said, folder, seconds)
        except (OSError, ValueError) as error:
            raise NotStarted(f"{launch.command} cannot be started: {error}.") from None
        if answers is None:
            said.seek(0)
            raise NotStarted(f"It does not answer: {launch}{_last_words(said.read())}")
    return Started(str(answers[0].get("serverInfo", {}).get("version", "?")), len(answers[1].get("tools", ())))


async def _asked(
    command: Sequence[str], env: Mapping[str, str], said: Any, folder: str, seconds: float
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The answers to `initialize` and `tools/list`, in the handshake that every client knows; None without them."""
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "songwright", "version": "1"}}
    async with await anyio.open_process(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env=dict(env), cwd=folder
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        answers: dict[int, dict[str, Any]] = {}
        with anyio.move_on_after(seconds):
            try:
                await process.stdin.send(_line(id=1, method="initialize", params=hello))
                rest = b""
                async for part in process.stdout:
                    *lines, rest = (rest + part).split(b"\n")
                    for line in lines:
                        message = _message(line)
                        if "result" in message and message.get("id") in (1, 2):
                            answers[message["id"]] = message["result"]
                            if message["id"] == 1:
                                await process.stdin.send(_line(method="notifications/initialized"))
                                await process.stdin.send(_line(id=2, method="tools/list", params={}))
                    if 2 in answers:
                        break
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                pass
        with anyio.CancelScope(shield=True):
            await process.stdin.aclose()
            with anyio.move_on_after(5):
                await process.wait()
            if process.returncode is None:
                process.kill()
    return (answers[1], answers[2]) if len(answers) == 2 else None


def _line(**message: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"


def _message(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _last_words(said: bytes) -> str:
    """The last line that the command wrote, cut, without what a terminal would act on."""
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    words = "".join(char for char in lines[-1].strip()[:200] if char.isprintable()) if lines else ""
    return f" (it said: {words})." if words else "."
