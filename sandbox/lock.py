"""An exclusive lock on a file that the operating system lets go of when its holder dies."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


_LOOK_EVERY = 0.05


class FileLock:
    """Held from `acquire` to `release`, across processes; the file itself stays and means nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self, *, wait_seconds: float = 0.0) -> bool:
        """Take the lock, waiting at most that long; says whether it is held now."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + wait_seconds
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        while True:
            try:
                _try_lock(handle)
            except OSError:
                if time.monotonic() >= deadline:
                    os.close(handle)
                    return False
                time.sleep(_LOOK_EVERY)
            else:
                self._handle = handle
                return True

    def release(self) -> None:
        """Let go; harmless when it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
