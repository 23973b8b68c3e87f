"""A person's own recordings, found by name in a folder and the folders directly below it."""

from __future__ import annotations

import contextlib
import unicodedata
from pathlib import Path

from ..core.errors import ArgumentRefused
from .downloads import AUDIO, MAX_BYTES, Media, sniff


def kind_of(path: Path) -> Media | None:
    """What a file is by its content."""
    with path.open("rb") as file:
        return sniff(file.read(16))


def folders_of(root: Path) -> list[Path]:
    """The folders directly below the root, without links that lead elsewhere."""
    try:
        return sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        return []


def named_so(place: Path, wanted: str) -> list[Path]:
    """Files of that name in the folder or, if there is none, in the folders directly below it."""
    for places in ([place], folders_of(place)):
        found = []
        for folder in places:
            with contextlib.suppress(OSError):
                found += [path for path in folder.iterdir() if unicodedata.normalize("NFC", path.name) == wanted]
        if found:
            return found
    return []


def is_inside(path: Path, place: Path) -> bool:
    """Whether it is a file of the folder, even after links are resolved."""
    try:
        return path.is_file() and path.resolve().is_relative_to(place.resolve())
    except (OSError, RuntimeError):
        return False


def checked(path: Path) -> Path:
    """The same path. Raises `ArgumentRefused` for what is not audio by its content, or is too large."""
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
