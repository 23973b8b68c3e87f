"""Finds the sandbox of a state directory, or starts it. Imports only the standard library at first."""

from __future__ import annotations

import asyncio
import dataclasses
import http.client
import importlib.util
import os
import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from ..server.core.addresses import address_of
from ..server.core.errors import SongwrightError
from ..server.core.foreign import json_object
from .endpoint_file import opening_lock, read_endpoint, serving_lock
from .options import Options, Pace, to_arguments
from .version import older, version

KEY = "songwright-sandbox"
"""The account that people without a key play with; the same for ever, so that their jobs stay theirs."""

_START_SECONDS = 60.0
"""A slow machine needs most of it; one that cannot start ends at once, and is not waited for."""
_STOP_SECONDS = 10.0
_HEALTH_SECONDS = 2.0
_LOOK_EVERY = 0.05
_TAIL_BYTES = 1500
_ANOTHER_SERVES = 3
_NEEDED = ("numpy", "av", "PIL", "mido", "filelock")


class SandboxUnavailable(SongwrightError):
    """The offline service cannot be started here; the sentence says why."""


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """Where a sandbox answers: base URL, the bearer key to use, its process."""

    base_url: str
    key: str
    pid: int


def not_installed() -> list[str]:
    """The packages that a sandbox needs and that are missing here; empty when it can be started."""
    return [name for name in _NEEDED if importlib.util.find_spec(name) is None]


async def open_sandbox(
    state_dir: Path,
    *,
    fast: bool = False,
    seed: int = 0,
    idle_seconds: float = 900,
    pace: Pace | None = None,
    soundfont: Path | None = None,
) -> Endpoint:
    """The running sandbox of a state directory, started if there is none.

    Any number of processes may call this at once and all get the same one; the options count only for the one
    that starts it. A sandbox of an older program is asked to stop and followed by a new one, on the same books and, if
    it can be had, the same port. Takes milliseconds when it runs, else a second or two, and up to a minute on a
    slow machine.
    Raises SandboxUnavailable.
    """
    options = Options(
        state_dir=state_dir,
        fast=fast,
        soundfont=soundfont,
        seed=seed,
        idle_seconds=idle_seconds,
        pace=pace or ("instant" if fast else "quick"),
    )
    return await asyncio.to_thread(_open, options)


def _open(options: Options) -> Endpoint:
    door = _running(options.folder)
    if door is not None:
        return door
    if missing := not_installed():
        raise SandboxUnavailable(
            f"The offline sandbox needs {', '.join(missing)}: install songwright[sandbox], or set an API key."
        )
    try:
        opening = opening_lock(options.folder).acquire(_START_SECONDS + _STOP_SECONDS)
    except TimeoutError:
        raise SandboxUnavailable("Another program is still starting the sandbox; try again in a moment.") from None
    with opening:
        door = _running(options.folder)
        if door is None:
            _stop_older(options.folder)
            door = _start(options)
        return door


def _running(folder: Path) -> Endpoint | None:
    """The sandbox that answers with the token in its file, if it is not older than this program."""
    told = read_endpoint(folder)
    health = _health(told)
    if health is None or older(str(health.get("version", "")), version()):
        return None
    return Endpoint(address_of(told["host"], told["port"]), KEY, int(told["pid"]))


def _health(told: dict[str, Any]) -> dict[str, Any] | None:
    """What the process at that address reports; None when it is not the one that wrote the address."""
    answer = _ask(told, "GET", "/_sandbox/health")
    return answer if answer is not None and told.get("token") and answer.get("token") == told["token"] else None


def _ask(told: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    if not isinstance(told.get("port"), int) or not isinstance(told.get("host"), str):
        return None
    line = http.client.HTTPConnection(told["host"], told["port"], timeout=_HEALTH_SECONDS)
    try:
        line.request(method, path)
        return json_object(line.getresponse().read())
    except (OSError, http.client.HTTPException):
        return None
    finally:
        line.close()


def _stop_older(folder: Path) -> None:
    """Ask a sandbox of an older program to end, and wait until it has released the folder."""
    told = read_endpoint(folder)
    if _health(told) is None:
        return
    _ask(told, "POST", "/_sandbox/stop")
    try:
        with serving_lock(folder).acquire(_STOP_SECONDS):
            pass
    except TimeoutError:
        raise SandboxUnavailable(
            f"A sandbox of an older Songwright (process {told.get('pid')}) is still running and does not stop. End "
            f"it, then try again."
        ) from None


def _start(options: Options) -> Endpoint:
    options = dataclasses.replace(options, token=secrets.token_hex(16))
    options.folder.mkdir(parents=True, exist_ok=True)
    log_path = options.folder / "sandbox.log"
    process = _spawn(options, log_path)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        door = _running(options.folder)
        if door is not None:
            return door
        if process.poll() not in (None, _ANOTHER_SERVES):
            break
        time.sleep(_LOOK_EVERY)
    raise SandboxUnavailable(f"The offline sandbox did not start. The end of {log_path}: {_tail(log_path)}")


def _spawn(options: Options, log_path: Path) -> subprocess.Popen[bytes]:
    """Start a process that outlives this one and inherits only its module search path."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SONGWRIGHT_")}
    environment["PYTHONPATH"] = os.pathsep.join(entry for entry in sys.path if entry)
    font = None if options.soundfont is None else options.soundfont.expanduser().absolute()
    command = [
        sys.executable,
        "-m",
        "songwright.sandbox",
        *to_arguments(dataclasses.replace(options, state_dir=options.state_dir.absolute(), soundfont=font)),
    ]
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    with log_path.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module, our own arguments
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd=options.folder,
            env=environment,
            **detached,
        )
    # It may end long before or after this program, and its exit status must be collected.
    threading.Thread(target=process.wait, name="sandbox-reaper", daemon=True).start()
    return process


def _tail(path: Path) -> str:
    try:
        return path.read_bytes()[-_TAIL_BYTES:].decode("utf-8", "replace").strip() or "(empty)"
    except OSError:
        return "(no log)"
