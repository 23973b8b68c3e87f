"""`python -m bench`: runs every measurement, one after the other, each in its own process."""

from __future__ import annotations

import subprocess
import sys

from .common import ROOT

MEASUREMENTS = ("weight", "words", "polling", "song_bytes", "start", "overhead", "load", "burdens", "service", "takes")


def main() -> int:
    """Returns 0 when every measurement worked."""
    ends = [
        subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=ROOT, check=False).returncode
        for name in MEASUREMENTS
    ]
    return max(ends)


if __name__ == "__main__":
    sys.exit(main())
