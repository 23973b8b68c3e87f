"""Where uv is: needed to pin versions and to try the bundle, by nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path


def find_uv(folder: Path) -> Path:
    """The uv of this machine, or one installed by pip into `folder`; raises `CalledProcessError` when pip cannot."""
    beside = Path(sys.executable).with_name("uv")
    if found := shutil.which("uv") or shutil.which(beside):
        return Path(found)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--target", str(folder), "uv>=0.9,<1"], check=True)
    return folder / "bin" / "uv"
