"""Where a running sandbox says how to reach it: one small file, written by the process that serves. And the locks
that keep two processes from starting one, or serving, at once.

A lock is the operating system's, which lets go of it when its holder dies; the file it is on means nothing.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..server.core.foreign import json_object

if TYPE_CHECKING:
    from filelock import FileLock


def opening_lock(folder: Path) -> FileLock:
    """What a process holds while it starts the sandbox of a folder."""
    return _lock(folder / "opening.lock")


def serving_lock(folder: Path) -> FileLock:
    """What the one serving process of a folder holds."""
    return _lock(folder / "serving.lock")


def _lock(path: Path) -> FileLock:
    # Whoever finds a running sandbox needs no lock, and must not wait for what it is made of.
    from filelock import FileLock

    return FileLock(path, mode=0o600)


def endpoint_file(folder: Path) -> Path:
    """Where the serving process says how to reach it."""
    return folder / "door.json"


def read_endpoint(folder: Path) -> dict[str, Any]:
    """What the last sandbox wrote about itself, whether it still runs or not; empty when there is nothing."""
    try:
        return json_object(endpoint_file(folder).read_bytes()) or {}
    except OSError:
        return {}


def write_endpoint(folder: Path, told: dict[str, Any]) -> None:
    """Say where this process is to be found; readable by its owner only."""
    path = endpoint_file(folder)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(told, file)
    draft.replace(path)
