"""Writes requirements-dev.txt: every package that work on Songwright needs, pinned, with the hashes of all platforms.

Pins that are there already stay unless they no longer fit pyproject.toml; `--upgrade` takes the newest of everything.
The file names no registry: hashes make it irrelevant where the files come from.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .uv import find_uv

OUTPUT = "requirements-dev.txt"
HEADER = "# Written by `make lock` from pyproject.toml; not by hand.\n"
OPTIONS = (
    *("--extra", "sandbox", "--group", "dev"),
    *("--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links"),
)


def main() -> int:
    """Write the file; 1 with uv's own words when there is no answer to what pyproject.toml asks for."""
    # A folder of local wheels, or a second index of this machine, must not decide what everybody else gets.
    local = {"UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"}
    environment = {name: value for name, value in os.environ.items() if name not in local}
    with tempfile.TemporaryDirectory() as folder:
        uv = str(find_uv(Path(folder)))
        command = [uv, "pip", "compile", "pyproject.toml", *OPTIONS, "--output-file", OUTPUT, "--quiet"]
        done = subprocess.run([*command, *sys.argv[1:]], env=environment, check=False)
    if done.returncode:
        return 1
    output = Path(OUTPUT)
    pins = output.read_text(encoding="utf-8").removeprefix(HEADER)
    output.write_text(HEADER + pins, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
