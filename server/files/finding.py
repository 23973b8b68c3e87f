"""Finding files in folders that people tidy up: by name, by content, by the mark that Songwright left in them."""

from __future__ import annotations

import contextlib
import os
import unicodedata
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from ..core.errors import ArgumentRefused
from .downloads import AUDIO, MAX_BYTES, Media, sniff
from .tags import read_owner

_WALKED: Final = 2000
"""Folders in which a missing file is looked for."""


def moved_files(root: Path, relative: str, size: int, clip_id: str) -> Iterator[Path]:
    """Files below the root that say that they are this clip's: of the kind, and with the name or the size, of the one
    that was saved at this path. Blocks.
    """
    was = PurePosixPath(relative)
    for place, below, names in islice(os.walk(root), _WALKED):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for path in (Path(place) / name for name in names):
            if path.suffix.lower() != was.suffix.lower() or not is_inside(path, root):
                continue
            owner = read_owner(path) if path.name == was.name or path.stat().st_size == size else None
            if owner is not None and owner.clip_id == clip_id:
                yield path


def folders(root: Path) -> list[Path]:
    """The folders directly below the root, without links that lead elsewhere."""
    try:
        return sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        return []


def named_so(place: Path, wanted: str) -> list[Path]:
    """Files of that name in the folder or, if there is none, in the folders directly below it."""
    for places in ([place], folders(place)):
        found = []
        for folder in places:
            with contextlib.suppress(OSError):
                found += [path for path in folder.iterdir() if unicodedata.normalize("NFC", path.name) == wanted]
        if found:
            return found
    return []


def is_inside(path: Path, place: Path) -> bool:
    """Whether a path is a file that lies in the folder, also after links are resolved."""
    try:
        return path.is_file() and path.resolve().is_relative_to(place.resolve())
    except (OSError, RuntimeError):
        return False


def checked_upload(path: Path) -> Path:
    """The same path. Raises ArgumentRefused for what is no audio by its content, or too large to send."""
    try:
        kind, size = kind_of(path), path.stat().st_size
    except OSError as error:
        raise ArgumentRefused(f"{path.name!r} cannot be read: {error.strerror}.", field="file") from error
    if kind not in AUDIO:
        raise ArgumentRefused(
            f"{path.name!r} is not an audio file, whatever its name says. Nothing was sent.", field="file"
        )
    if size > MAX_BYTES:
        raise ArgumentRefused(
            f"{path.name!r} is larger than {MAX_BYTES // 1024**2} MB. Nothing was sent.", field="file"
        )
    return path


def kind_of(path: Path) -> Media | None:
    """What a file is by its content."""
    with path.open("rb") as file:
        return sniff(file.read(16))
