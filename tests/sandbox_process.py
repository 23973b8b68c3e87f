"""A sandbox in a process of its own: `with SandboxProcess(tmp, fast=True) as s:`, then talk to `s.base_url`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import warm
from waiting import PATIENCE

KEY = "test-key"


class SandboxProcess:
    """One sandbox on a free loopback port, killed at the end of the `with`. Several may run at once.

    Keyword options are the sandbox's flags (pace, seed, idle_seconds, credits, rate, brand, port, host); `faults` is a
    list of fault flags. `state_dir` keeps the books: another SandboxProcess on the same folder goes on with them.
    """

    def __init__(
        self,
        state_dir: Path,
        *,
        fast: bool = True,
        faults: list[str] | None = None,
        env: Mapping[str, str] | None = None,
        **options: object,
    ) -> None:
        self.state_dir = Path(state_dir)
        self.key = KEY
        self.base_url = ""
        self._env = {**os.environ, warm.ASKED: "", **(env or {})}
        self._command = [sys.executable, "-m", "songwright.sandbox", "--state-dir", str(self.state_dir)]
        self._command += ["--fast"] if fast else []
        for name, value in options.items():
            self._command += [f"--{name.replace('_', '-')}", str(value)]
        for fault in faults or []:
            self._command += ["--fault", fault]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        """Where the sandbox keeps everything."""
        return self.state_dir / "sandbox"

    @property
    def pid(self) -> int:
        """The serving process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        """Start it (again) and wait until it answers; the books and, if it is free, the port are the former ones."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "stderr.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, env=self._env
            )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._healthy():
                return self
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"the sandbox did not start:\n{self.log()}")

    def _healthy(self) -> bool:
        try:
            door = json.loads((self.folder / "door.json").read_text())
            self.base_url = f"http://{door['host']}:{door['port']}"
            return bool(self.control("GET", "/_sandbox/health")["pid"] == self.pid)
        except (OSError, ValueError, KeyError):
            return False

    def log(self) -> str:
        """What it wrote to stderr."""
        path = self.folder / "stderr.log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""

    def kill(self) -> None:
        """SIGKILL, as a crash would; harmless when it is gone already."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """Let the process stand still (SIGSTOP); `resume` goes on. POSIX only."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `pause`."""
        os.kill(self.pid, signal.SIGCONT)

    def wait_ended(self) -> int:
        """Wait until the process ends by itself; returns its exit code."""
        assert self._process is not None
        return self._process.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            warm.end(self._process)

    def control(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """One request to the sandbox's own routes; raises OSError when it does not answer or refuses."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.base_url + path, data, {"Content-Type": "application/json"}, method=method
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                said: dict[str, Any] = json.loads(answer.read())
                return said
        except urllib.error.HTTPError as refused:
            with refused:
                raise OSError(f"{refused.code}: {refused.read().decode(errors='replace')}") from None

    def books(self, key: str = KEY) -> dict[str, Any]:
        """The truth about a key: credits, spent, charges, tasks (polls, clips with fetches), uploads, answers."""
        return self.control("GET", f"/_sandbox/books?key={urllib.parse.quote(key)}")

    def set_credits(self, key: str, balance: int, extra_credits: int = 0) -> None:
        """What the account holds from now on."""
        self.control("POST", "/_sandbox/credits", {"key": key, "credits": balance, "extra_credits": extra_credits})

    def fault(
        self, key: str, operation: str, do: str, *, times: int | None = 1, after: int = 0, **details: Any
    ) -> None:
        """Misbehave towards a key (`*` = everybody): see songwright.sandbox.faults for what can be done."""
        rule = {"key": key, "operation": operation, "do": do, "times": times, "after": after, **details}
        self.control("POST", "/_sandbox/faults", rule)

    def clear_faults(self) -> None:
        """Remove all rules."""
        self.control("DELETE", "/_sandbox/faults")
