"""Unfinished files and folders: how they are named, how they get their final name, how those of dead programs go.

The name of a part file contains the machine, the process and the process's own mark. On the same machine, a file whose
process is gone is left over; a file from another machine counts as left over only after a day, because its download may
be under way.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import re
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

PREFIX: Final = ".part-"
"""The prefix of an unfinished file's name."""

_DAY: Final = 24 * 3600.0
_NAME: Final = re.compile(r"\.part-(?:([0-9a-f]{8})-(\d{1,10})-([0-9a-f]{8})-)?[0-9a-f]{16}")
_LIFE: Final = secrets.token_hex(4)
"""Distinguishes this process from an earlier one with the same number, such as the first process of a container."""


def part_name() -> str:
    """A unique name for an unfinished file of this process."""
    return f"{PREFIX}{_machine()}-{os.getpid()}-{_LIFE}-{secrets.token_hex(8)}"


def is_claim(path: Path, claim: bytes) -> bool:
    """Whether it is not a file but a claim of its name, left by a crash on a disk without hard links."""
    return path.stat().st_size == len(claim) and path.read_bytes() == claim


def take_name(part: Path, final: Path, claim: bytes) -> bool:
    """Move a file to a free name; False when the name has been taken meanwhile.

    On a disk without hard links (FAT) the name is claimed first; a claim left by a crash names its owner.
    """
    try:
        os.link(part, final)
    except FileExistsError:
        return False
    except OSError:
        return _take_name_without_links(part, final, claim)
    part.unlink()
    return True


def _take_name_without_links(part: Path, final: Path, claim: bytes) -> bool:
    try:
        with final.open("xb") as file:
            file.write(claim)
    except FileExistsError:
        return False
    try:
        part.replace(final)
    except OSError:
        final.unlink()
        raise
    return True


def sync_folder(place: Path) -> None:
    """Let a new name in a folder outlast a power cut."""
    if os.name == "nt":
        return  # Windows cannot do this; its file system logs the rename itself
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network disks cannot sync a folder
            raise
    finally:
        os.close(handle)


def clear(places: Iterable[Path]) -> int:
    """Delete what is left over in these folders. Returns how many files and folders. Never fails. Blocks."""
    count = 0
    for place in places:
        for path in place.glob(f"{PREFIX}*"):
            with contextlib.suppress(OSError):
                if path.is_symlink() or not _left_over(path):
                    continue
                if path.is_dir():
                    shutil.rmtree(path)
                    count += 1
                elif path.is_file():
                    path.unlink()
                    count += 1
    return count


def _left_over(path: Path) -> bool:
    found = _NAME.fullmatch(path.name)
    if found is None:
        return False
    machine, process, life = found.groups()
    if machine == _machine() and not _may_live(int(process), life):
        return True
    return path.stat().st_mtime < time.time() - _DAY


def _may_live(process: int, life: str) -> bool:
    if process == os.getpid():
        return life == _LIFE
    if os.name == "nt":
        return True  # there is no harmless way to probe a process there
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass  # it belongs to somebody else
    return True


def _machine() -> str:
    """The scope of process numbers: the machine, and on Linux the container."""
    numbers = ""
    with contextlib.suppress(OSError):
        numbers = str(Path("/proc/self/ns/pid").readlink())
    return hashlib.sha256(f"{platform.node()}\n{numbers}".encode()).hexdigest()[:8]
