"""Where a running sandbox says how to reach it: one small file, written by the process that serves."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def serving_lock(folder: Path) -> Path:
    """The file that the one serving process of a folder keeps locked."""
    return folder / "serving.lock"


def endpoint_file(folder: Path) -> Path:
    """Where the serving process says how to reach it."""
    return folder / "door.json"


def read_endpoint(folder: Path) -> dict[str, Any]:
    """What the last sandbox wrote about itself, whether it still runs or not; empty when there is nothing."""
    try:
        told = json.loads(endpoint_file(folder).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def write_endpoint(folder: Path, told: dict[str, Any]) -> None:
    """Say where this process is to be found; readable by its owner only."""
    path = endpoint_file(folder)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(told, file)
    draft.replace(path)
