"""Whole folders of the library, such as a project: they get their name in one step, and never replace another."""

from __future__ import annotations

import hashlib
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ..core.errors import LibraryUnavailable
from .downloads import disk_errors
from .names import safe_name
from .parts import part_name, sync_folder

LONGEST_NAME: Final = 120
"""Characters of a folder's name."""
_NUMBERED: Final = 99


class Folders(ABC):
    """The part of a library that takes in whole folders."""

    @abstractmethod
    def _place(self, *folders: str | None) -> Path:
        """The root, or a folder in it, one name a level; it exists after this call."""

    @abstractmethod
    def _relative(self, path: Path) -> str: ...

    @contextmanager
    def workplace(self) -> Iterator[Path]:
        """An empty folder for unfinished files; whatever is in it afterwards is deleted. Blocks."""
        place = self._place(None)
        path = place / part_name()
        with disk_errors(place):
            path.mkdir()
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def keep_folder(self, made: Path, name: str, clip_id: str) -> tuple[str, bool]:
        """Take a finished folder of a workplace into the library; its path there, and whether it is new.

        A folder of that name that holds the same files already is used; next to any other one it gets a number. Blocks.
        """
        del clip_id
        place = self._place(None)
        with disk_errors(place):
            final, new = publish(made, place, safe_name(name, LONGEST_NAME))
            sync_folder(place)
        return self._relative(final), new


def contents(folder: Path) -> Mapping[str, str]:
    """The files of a folder: path inside it, with forward slashes → SHA-256. Blocks."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def publish(made: Path, place: Path, name: str) -> tuple[Path, bool]:
    """Give a finished folder its name; where it is now, and whether it is new.

    A folder that holds the same files already is used, whatever else a program has put beside them; next to any other
    one, or a file, the new one gets a number. Raises OSError when the disk refuses. Blocks.
    """
    wanted = contents(made)
    for path in made.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    for number in range(1, _NUMBERED + 1):
        final = place / (name if number == 1 else f"{name} {number}")
        if final.is_dir() and not final.is_symlink() and _holds(final, wanted):
            return final, False
        if os.path.lexists(final):
            continue
        try:
            made.rename(final)
        except OSError:
            if os.path.lexists(final):
                continue  # somebody else was quicker
            raise
        return final, True
    raise LibraryUnavailable(
        f"There are {_NUMBERED} folders named {name!r} in {place}. Move some of them away, then call again. Nothing "
        "was spent."
    )


def _holds(folder: Path, wanted: Mapping[str, str]) -> bool:
    for inside, digest in wanted.items():
        try:
            with (folder / inside).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                    return False
        except OSError:
            return False
    return True
