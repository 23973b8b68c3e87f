"""What `make test` runs: every check in turn, the fastest first, up to the first that fails.

`python -m dev.check` runs them all, `python -m dev.check lint types` the named ones. A check that passes takes one
line; one that fails shows its own output, and the command that repeats it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple


class Check(NamedTuple):
    """One check: its name, what it shows, how to run it."""

    name: str
    title: str
    command: tuple[str, ...]
    shown: bool = False
    """Whether its output is shown while it runs; else only when it fails."""


def python(*arguments: str) -> tuple[str, ...]:
    """A module of this environment as a command."""
    return (sys.executable, "-m", *arguments)


LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

CHECKS = (
    Check("format", "Formatting (ruff format)", python("ruff", "format", "--check", ".")),
    Check("lint", "Lint (ruff check)", python("ruff", "check", ".")),
    Check("imports", "Which way imports point (import-linter)", (str(LINT_IMPORTS), "--no-logo")),
    Check("types", "Types (mypy --strict)", python("mypy")),
    # Neighbouring tests share servers, so a worker keeps a stretch of them until the other one runs out of its own.
    Check("tests", "Tests (pytest)", python("pytest", "-n", "auto", "--dist", "worksteal", "-q"), shown=True),
)


def environment() -> dict[str, str]:
    """The environment of a check: as it is, but compiled modules are kept, for tests start hundreds of processes."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def passes(check: Check) -> bool:
    """Run one check and print its result."""
    print(f"{check.title} …", end="\n" if check.shown else " ", flush=True)
    began = time.monotonic()
    output = None if check.shown else subprocess.PIPE
    done = subprocess.run(
        check.command, stdout=output, stderr=subprocess.STDOUT, text=True, check=False, env=environment()
    )
    seconds = time.monotonic() - began
    if done.returncode == 0:
        print(f"{check.title}: fine, {seconds:.0f} s" if check.shown else f"fine, {seconds:.0f} s", flush=True)
        return True
    if not check.shown:
        print(f"failed\n\n{done.stdout}", flush=True)
    again = shlex.join((Path(check.command[0]).name, *check.command[1:]))
    print(f"FAILED: {check.title}. To repeat it: .venv/bin/{again}", file=sys.stderr, flush=True)
    return False


def main(names: list[str]) -> int:
    """Run the named checks, or all of them; returns 1 at the first that fails, 2 for an unknown name."""
    known = [check.name for check in CHECKS]
    if unknown := set(names) - set(known):
        print(f"No such check: {', '.join(sorted(unknown))}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    return 0 if all(passes(check) for check in CHECKS if not names or check.name in names) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
