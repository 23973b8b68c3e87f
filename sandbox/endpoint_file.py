"""Where a running sandbox says how to reach it: one small file, written by the process that serves.

Also the locks that keep two processes from starting or serving one at once. The operating system holds a lock and
releases it when its holder dies; the lock file itself means nothing.
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
    """The lock of a process that is starting the sandbox of a folder."""
    return _lock(folder / "opening.lock")


def serving_lock(folder: Path) -> FileLock:
    """The lock of the one process that serves a folder."""
    return _lock(folder / "serving.lock")


def _lock(path: Path) -> FileLock:
    # A caller that finds a running sandbox needs no lock and must not wait for its imports.
    from filelock import FileLock

    return FileLock(path, mode=0o600)


def endpoint_file(folder: Path) -> Path:
    """The file in which the serving process says how to reach it."""
    return folder / "door.json"


def read_endpoint(folder: Path) -> dict[str, Any]:
    """What the last sandbox wrote about itself, whether it still runs or not; empty when there is nothing."""
    try:
        return json_object(endpoint_file(folder).read_bytes()) or {}
    except OSError:
        return {}


def write_endpoint(folder: Path, told: dict[str, Any]) -> None:
    """Write how to reach this process; readable only by its owner."""
    path = endpoint_file(folder)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(told, file)
    draft.replace(path)
