"""Writes requirements-dev.txt, what work on Songwright needs, and requirements-service.txt, what its image holds.

Every package is pinned, with the hashes of all platforms, and the image's versions are those that were tested. Pins
that are there already stay unless they no longer fit pyproject.toml; `--upgrade` takes the newest of everything. The
files name no registry: hashes make it irrelevant where the packages come from.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from .uv import find_uv

DEV, SERVICE = Path("requirements-dev.txt"), Path("requirements-service.txt")
HEADER = "# Written by `make lock` from pyproject.toml; not by hand.\n"
OPTIONS = (
    *("--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links"),
)


def main() -> int:
    """Write the files; 1 with uv's own words when there is no answer to what pyproject.toml asks for."""
    hosted = ("--extra", "postgres", "--extra", "otel", "--extra", "s3")
    with tempfile.TemporaryDirectory() as folder:
        uv = find_uv(Path(folder))
        # The image's wheel is built from the same file, so what builds it is pinned there too.
        build = Path(folder) / "build.txt"
        needed = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
        build.write_text("\n".join(needed), encoding="utf-8")
        local = ("--extra", "sandbox", "--extra", "studio", "--extra", "c2pa")
        done = pin(uv, DEV, *local, *hosted, "--group", "dev", *sys.argv[1:])
        return 0 if done and pin(uv, SERVICE, str(build), *hosted, "--constraints", str(DEV)) else 1


def pin(uv: Path, output: Path, *wanted: str) -> bool:
    """Let uv write one of the files."""
    # A folder of local wheels, or a second index of this machine, must not decide what everybody else gets.
    local = {"UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"}
    environment = {name: value for name, value in os.environ.items() if name not in local}
    command = [str(uv), "pip", "compile", "pyproject.toml", *wanted, *OPTIONS, "--output-file", str(output), "--quiet"]
    if subprocess.run(command, env=environment, check=False).returncode:
        return False
    pins = output.read_text(encoding="utf-8").removeprefix(HEADER)
    output.write_text(HEADER + pins, encoding="utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
