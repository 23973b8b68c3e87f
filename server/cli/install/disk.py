"""Reading and replacing configuration files: whole or not at all, with their permissions, and never through a link."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .forms import FileRefused

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ANYBODY_WRITES = 0o222
PRIVATE = 0o600


def read(path: Path) -> bytes | None:
    """The contents of a file that may be replaced; None when there is no file. Raises `FileRefused`."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        _refuse_unwritable_folder(path)
        return None
    except OSError as error:
        raise FileRefused(f"it cannot be read: {error.strerror}.") from None
    if stat.S_ISLNK(found.st_mode):
        raise FileRefused(f"it is a symbolic link (to {path.readlink()}).")
    if not stat.S_ISREG(found.st_mode):
        raise FileRefused("it is not a file.")
    if found.st_nlink > 1:
        raise FileRefused("it has a second name elsewhere (a hard link).")
    if not found.st_mode & _ANYBODY_WRITES or not os.access(path, os.W_OK):
        raise FileRefused("it is read-only.")
    _refuse_unwritable_folder(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileRefused(f"it cannot be read: {error.strerror}.") from None


def _refuse_unwritable_folder(path: Path) -> None:
    folder = next(folder for folder in path.parents if folder.exists())
    if not folder.is_dir():
        raise FileRefused(f"{folder} is not a folder.")
    if not folder.stat().st_mode & _ANYBODY_WRITES or not os.access(folder, os.W_OK | os.X_OK):
        raise FileRefused("its folder is read-only.")


def text_of(content: bytes | None) -> str:
    """The text of a file; an absent one is empty. Raises `FileRefused`."""
    if content is None:
        return ""
    if content.startswith(_MARKS):
        raise FileRefused("it begins with a byte-order mark, which an edit could lose.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise FileRefused("it is broken: no valid UTF-8.") from None


def replace(path: Path, content: bytes, *, expected: bytes | None, mode: int | None = None) -> list[str]:
    """Write a file in one step, if it still is what was expected; the folders that were made for it.

    An existing file keeps its permissions, a new one gets what the umask allows, unless a mode is given. Raises
    `FileRefused`.
    """
    try:
        folders = make_folders(path.parent)
        temporary = _beside(path, content)
        try:
            if read(path) != expected:
                raise FileRefused("it was changed in the meantime. Try again.")
            temporary.chmod(_mode(path) if mode is None else mode)
            _give_to_owner(temporary, path)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            remove_folders(folders)
            raise
        _flush(path.parent)
    except OSError as error:
        raise FileRefused(f"it cannot be written: {error.strerror}.") from None
    return folders


def remove(path: Path, *, expected: bytes | None) -> None:
    """Remove a file, if it still is what was expected. Raises `FileRefused`."""
    if read(path) != expected:
        raise FileRefused("it was changed in the meantime. Try again.")
    try:
        path.unlink()
    except OSError as error:
        raise FileRefused(f"it cannot be removed: {error.strerror}.") from None


def back_up(path: Path, content: bytes) -> Path:
    """A copy beside the file, as private as the file is; no older copy is overwritten."""
    mode, number = _mode(path), 1
    while True:
        copy = path.with_name(f"{path.name}.songwright-backup{'' if number == 1 else f'-{number}'}")
        try:
            handle = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        except FileExistsError:
            number += 1
            continue
        except OSError as error:
            raise FileRefused(f"its backup cannot be written: {error.strerror}.") from None
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            copy.chmod(mode)
        except OSError as error:
            copy.unlink(missing_ok=True)
            raise FileRefused(f"its backup cannot be written: {error.strerror}.") from None
        return copy


def make_folders(folder: Path) -> list[str]:
    """Make a folder and those above it; those that were not there, the deepest first."""
    made: list[str] = []
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        missing.mkdir()
        made.insert(0, str(missing))
    return made


def remove_folders(folders: Sequence[str]) -> None:
    """Remove folders that are empty, the deepest first."""
    for folder in folders:
        with contextlib.suppress(OSError):
            Path(folder).rmdir()


def digest(content: bytes | None) -> str | None:
    """What tells whether a file is still the same."""
    return None if content is None else hashlib.sha256(content).hexdigest()


def _beside(path: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".songwright", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _mode(path: Path) -> int:
    """The permissions of a file, or those of a new one."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0o077)
        os.umask(mask)
        return 0o666 & ~mask


def _give_to_owner(temporary: Path, path: Path) -> None:
    """An administrator who edits a person's file leaves it to that person."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            owned = path.stat()
            os.chown(temporary, owned.st_uid, owned.st_gid)


def _flush(folder: Path) -> None:
    """Let a power cut not undo the rename, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
