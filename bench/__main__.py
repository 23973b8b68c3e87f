"""`python -m bench`: every measurement, one after the other, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

from .common import ROOT

MEASUREMENTS = ("weight", "words", "polling", "song_bytes", "start", "overhead", "load", "burdens", "service")


def main() -> int:
    """0 when each of them could be taken."""
    ends = [
        subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=ROOT, check=False).returncode
        for name in MEASUREMENTS
    ]
    return max(ends)


if __name__ == "__main__":
    sys.exit(main())
