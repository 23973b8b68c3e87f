"""What the measurements share: access to the test helpers, medians, and printing."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the sandbox and the person of the tests serve here too


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def title(text: str) -> None:
    print(f"\n{text}")


def line(name: str, figure: str, goal: str = "") -> None:
    print(f"  {name:<46}{figure:>16}{'   goal ' + goal if goal else ''}", flush=True)


def rounds(given: Sequence[str], default: int) -> int:
    """How often to measure: the first word of the command line, else the default."""
    return int(given[0]) if given else default


def memory(pid: int) -> float:
    """MiB of a process that are in memory now; Linux only."""
    for row in Path(f"/proc/{pid}/status").read_text().splitlines():
        if row.startswith("VmRSS:"):
            return int(row.split()[1]) / 1024
    raise ProcessLookupError(pid)


def processor(pid: int) -> float:
    """Seconds of processor time that a process has used; Linux only."""
    import os

    after_name = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
