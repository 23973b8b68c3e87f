"""What `make coverage` runs: the tests with every line and branch they reach written down, in all their processes too.

It prints the figure, and then the files with something that is not reached, the one with most of it first. Slower than
the tests alone, so it is no part of `make test`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from .check import environment

KEPT = Path(".coverage.json")
"""The last report in full, for whoever wants every line of it."""


class Missed(NamedTuple):
    """What no test reaches of a file: branches, as the lines they lead from and to, and lines."""

    path: str
    branches: Sequence[tuple[int, int]]
    lines: Sequence[int]

    def told(self) -> str:
        """One line for a reader."""
        leaves = ", ".join(f"{start}→{'end' if end < 0 else end}" for start, end in self.branches)
        parts = [f"branches {leaves}" if leaves else "", f"lines {_runs(self.lines)}" if self.lines else ""]
        return f"{self.path}: {'; '.join(part for part in parts if part)}"


def main(arguments: list[str]) -> int:
    """Run the tests, or those named, and tell what they reach; pytest's exit code."""
    with tempfile.TemporaryDirectory() as folder:
        # The servers of tests start cold: what is loaded before a fork is loaded where nobody measures.
        own = {**environment(), "COVERAGE_FILE": str(Path(folder) / "data"), "SONGWRIGHT_TESTS_COLD": "1"}
        tests = ("pytest", "-q", *(arguments or ("-n", "auto", "--dist", "worksteal")))
        code = _coverage(own, "run", "-m", *tests)
        _coverage(own, "combine", "--quiet", folder)
        report = Path(folder) / "report.json"
        if _coverage(own, "json", "--quiet", "-o", str(report)):
            return 1
        shutil.copy(report, KEPT)
    found = json.loads(KEPT.read_text(encoding="utf-8"))
    for missed in sorted(_missed(found), key=lambda missed: (-len(missed.branches), missed.path)):
        print(missed.told())
    total = found["totals"]
    print(
        f"\n{total['covered_branches']} of {total['num_branches']} branches are reached "
        f"({100 * total['covered_branches'] / total['num_branches']:.1f} %), "
        f"{total['covered_lines']} of {total['num_statements']} lines. Everything in full: {KEPT}"
    )
    return code


def _coverage(env: dict[str, str], *words: str) -> int:
    return subprocess.run([sys.executable, "-m", "coverage", *words], env=env, check=False).returncode


def _missed(report: Mapping[str, Any]) -> Iterable[Missed]:
    for path, told in report["files"].items():
        branches = [(start, end) for start, end in told["missing_branches"]]
        if branches or told["missing_lines"]:
            yield Missed(path, branches, told["missing_lines"])


def _runs(lines: Sequence[int]) -> str:
    """`3-5, 9` for 3, 4, 5 and 9."""
    told = []
    for _, run in groupby(enumerate(lines), key=lambda pair: pair[1] - pair[0]):
        numbers = [line for _, line in run]
        told.append(str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}")
    return ", ".join(told)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
