"""Processes of ours that start in a moment: one that has loaded the libraries forks when a test starts another.

Nearly all of the time that a server or a sandbox takes to start goes into loading the libraries, and the suite starts
hundreds. What a test gets is a process as it would be, with a number, pipes, signals, an environment and an exit code
of its own.

Asked for by a variable in the environment that a process is given: `ASKED`. A test of the start itself leaves it out.
Only Linux can hand a process over to another parent; elsewhere, and where SONGWRIGHT_TESTS_COLD is set (for `make
coverage`, which has to see the start), every process starts as ever.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import runpy
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from waiting import PATIENCE

ASKED = "SONGWRIGHT_TESTS_START"
"""In an environment: start warm, and write the process's number to this file if it names one."""
COLD = "SONGWRIGHT_TESTS_COLD"
LOADED = (
    *("server.cli.main", "server.cli.client", "server.cli.doctor", "server.cli.health", "server.core.logs"),
    *("server.app", "server.protocol.build", "server.protocol.stdio", "server.web.app", "server.web.serve"),
    *(f"server.orders.handlers.{folder}" for folder in ("account", "craft", "library")),
    *("sandbox.options", "sandbox.faults", "sandbox.serve"),
)
"""What is loaded before the fork: nothing in there is made or read at import, so every process begins afresh."""
LIBRARIES = ("jsonschema", "mutagen.id3", "mutagen.mp3", "psycopg_pool")
"""Loaded by ours only when they are needed, which is soon."""
OURS = ("songwright.server", "songwright.sandbox")
"""What may be started warm, by `python -m`."""
_LENGTH = struct.Struct("!I")
_BECOME_PARENT_OF_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER
_ColdPopen = subprocess.Popen


class Nursery:
    """The process that forks, seen from the test process; started when it is first needed, gone with the tests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._system = ctypes.CDLL(None, use_errno=True)

    def fork(self, order: Mapping[str, Any], files: Sequence[int]) -> int:
        """Start a process with these three files as its standard ones; it is a child of this process."""
        with self._lock:
            if self._line is None:
                self._line = self._opened()
            body = json.dumps(order).encode()
            self._adopt(True)
            try:
                socket.send_fds(self._line, [_LENGTH.pack(len(body))], list(files))
                self._line.sendall(body)
                (number,) = _LENGTH.unpack(_exactly(self._line, _LENGTH.size))
            finally:
                self._adopt(False)
            return int(number)

    def _opened(self) -> socket.socket:
        here, there = socket.socketpair()
        with there:
            self._process = _ColdPopen(
                [sys.executable, __file__, str(there.fileno())], stdin=subprocess.DEVNULL, pass_fds=[there.fileno()]
            )
        return here

    def close(self) -> None:
        """End it."""
        if self._line is not None and self._process is not None:
            self._line.close()
            self._process.wait()

    def _adopt(self, whether: bool) -> None:
        """Whether a process whose parent ends becomes a child of this one."""
        self._system.prctl(_BECOME_PARENT_OF_ORPHANS, int(whether), 0, 0, 0)


NURSERY = Nursery() if sys.platform == "linux" and COLD not in os.environ else None


class Popen(subprocess.Popen[Any]):
    """A `subprocess.Popen` that starts ours from the nursery when the environment asks for it."""

    def __init__(self, args: Any, *more: Any, env: Mapping[str, str] | None = None, **options: Any) -> None:
        own = None if env is None else dict(env)
        asked = None if own is None else own.pop(ASKED, None)
        self._warm = asked is not None
        super().__init__(args, *more, env=own, **options)  # type: ignore[call-overload]  # as they were given
        if asked:
            Path(asked).write_text(str(self.pid))

    def _execute_child(self, args: Any, *details: Any) -> None:
        executable, preexec, _, passed, cwd, env, _, _, shell, *pipes_and_rest = details
        pipes, (*_, new_session, group) = pipes_and_rest[:6], pipes_and_rest[6:]
        plain = not (executable or preexec or passed or shell) and group in (-1, None)
        if NURSERY is None or not (self._warm and plain and _is_ours(args) and _same_python(env)):
            super()._execute_child(args, *details)  # type: ignore[misc]
            return
        order = {
            "args": args[2:], "env": env, "cwd": str(Path(cwd or ".").resolve()), "session": bool(new_session),
            "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE),
        }  # fmt: skip
        given = [pipe if pipe != -1 else usual for usual, pipe in enumerate((pipes[0], pipes[3], pipes[5]))]
        try:
            self.pid = NURSERY.fork(order, given)
            self._child_created = True
        finally:
            self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]


def install() -> None:
    """Let whatever starts a process in this interpreter, the SDK's client too, do it by way of `Popen`."""
    subprocess.Popen = Popen  # type: ignore[misc,assignment]  # the replacement is the purpose


def cold(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which a process starts as it does for a person, with nothing loaded."""
    return {name: value for name, value in environment.items() if name != ASKED}


def end(process: subprocess.Popen[Any]) -> None:
    """End a process that nobody needs any more; where coverage is measured, it writes down what it has seen."""
    if COLD in os.environ:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
    process.kill()
    process.wait()


def close() -> None:
    """End the process that forks."""
    if NURSERY is not None:
        NURSERY.close()


def _is_ours(args: Any) -> bool:
    return isinstance(args, list | tuple) and args[:2] == type(args)((sys.executable, "-m")) and args[2] in OURS


def _same_python(env: Mapping[str, str]) -> bool:
    """Whether an interpreter would start with the same settings in that environment as it did in this one."""

    def settings(variables: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in variables.items() if name.startswith(("PYTHON", "LC_", "LANG"))}

    return settings(env) == settings(os.environ)


def _exactly(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = line.recv(size - len(found))
        if not more:
            raise EOFError("the process that forks is gone")
        found += more
    return found


# -- in the process that forks ---------------------------------------------------------------------------------------


def _serve(line: socket.socket) -> tuple[Mapping[str, Any], list[int]] | None:
    """Fork at every request; returns in each new process with what it is to be, and at the end with None."""
    while True:
        head, files, _, _ = socket.recv_fds(line, _LENGTH.size, 3)
        if not head:
            return None
        order = json.loads(_exactly(line, _LENGTH.unpack(head)[0]))
        reading, writing = os.pipe()
        between = os.fork()
        if between == 0:
            os.close(reading)
            number = os.fork()
            if number:  # ends at once, so that the new process gets the test process as its parent
                os.write(writing, _LENGTH.pack(number))
                os._exit(0)
            os.close(writing)
            line.close()
            return order, files
        os.close(writing)
        told = os.read(reading, _LENGTH.size)
        for descriptor in (reading, *files):
            os.close(descriptor)
        os.waitpid(between, 0)
        line.sendall(told)


def _become(order: Mapping[str, Any], files: list[int]) -> None:
    """Be the program, in its place, with its files, as a fresh interpreter would."""
    if order["session"]:
        os.setsid()
    kept = [os.dup(file) if file < 3 else file for file in files]
    for usual, file in enumerate(kept):
        os.dup2(file, usual)
    for file in {*files, *kept} - {0, 1, 2}:
        os.close(file)
    resource.setrlimit(resource.RLIMIT_NOFILE, tuple(order["descriptors"]))
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        old = getattr(sys, name)
        number = ("stdin", "stdout", "stderr").index(name)
        tied = name == "stderr" or os.isatty(number)
        new = open(number, mode, 1 if tied else -1, old.encoding, old.errors, "\n", closefd=False)  # noqa: SIM115
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)
    module, *words = order["args"]
    sys.path.insert(0, str(Path.cwd()))
    importlib.reload(sys.modules["songwright.server.files.parts"])  # it tells one process from another
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _main() -> None:
    from songwright import tools

    line = socket.socket(fileno=int(sys.argv[1]))
    del sys.path[0]  # the folder of this file
    for name in (*(f"songwright.{ours}" for ours in LOADED), *LIBRARIES):
        importlib.import_module(name)
    for name in tools.names():
        tools.load(name)
    gc.collect()
    gc.freeze()
    wanted = _serve(line)
    if wanted is not None:
        gc.unfreeze()
        _become(*wanted)


if __name__ == "__main__":
    _main()
