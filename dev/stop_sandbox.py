"""Ends the sandbox of a state directory: `python -m dev.stop_sandbox STATE_DIR`, for runs nobody comes back to."""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from pathlib import Path

PATIENCE = 10.0
"""Seconds."""


def ask_to_stop(door: Path) -> int:
    """Ask the sandbox that wrote this file to end; its process id. Raises `OSError` when nobody answers there."""
    told = json.loads(door.read_text(encoding="utf-8"))
    line = http.client.HTTPConnection(told["host"], told["port"], timeout=PATIENCE)
    line.request("POST", "/_sandbox/stop")
    line.getresponse().read()
    line.close()
    return int(told["pid"])


def runs(process: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def main(state: Path) -> int:
    """Stop whatever runs there; 1 when it does not stop."""
    for door in state.rglob("door.json"):
        try:
            process = ask_to_stop(door)
        except OSError:
            continue
        deadline = time.monotonic() + PATIENCE
        while runs(process):
            if time.monotonic() > deadline:
                print(f"The sandbox (process {process}) does not stop.", file=sys.stderr)
                return 1
            time.sleep(0.05)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
