"""One entry in one file: planned, shown, written with a receipt, taken away again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import disk, forms
from .book import Book, Receipt
from .forms import FileRefused, Form


@dataclass(frozen=True)
class Target:
    """A file of a client, or Songwright's own settings file."""

    name: str
    title: str
    file: Path
    form: Form

    def content(self) -> dict[str, Any]:
        """What the file says now. Raises `FileRefused`."""
        return self.form.parsed(disk.text_of(disk.read(self.file)))


@dataclass(frozen=True)
class Edit:
    """What a file is now and what it will be."""

    target: Target
    path: Sequence[str]
    value: Any
    older: Any
    """The entry that is replaced or taken away."""
    now: bytes | None
    base: bytes | None
    """What it is without our entry."""
    after: bytes | None

    @property
    def needless(self) -> bool:
        """Whether the file is already as it should be."""
        return self.now == self.after


def adding(target: Target, path: Sequence[str], value: Any, book: Book) -> Edit:
    """Put an entry into a file. Raises `FileRefused`."""
    now = disk.read(target.file)
    text = disk.text_of(now)
    older = forms.get(target.form.parsed(text), path)
    if older == value:
        return Edit(target, path, value, older, now, now, now)
    receipt = _receipt(target, book)
    base = now if receipt is None or now is None else _without(target, receipt, now)
    try:
        after = forms.put(target.form, disk.text_of(base), path, value).encode()
    except UnicodeEncodeError:
        raise FileRefused("the path of Songwright has signs that cannot be written into it.") from None
    return Edit(target, path, value, older, now, base, after)


def removing(target: Target, book: Book) -> Edit:
    """Take away what the receipt says, from the file that it names. Raises `FileRefused`."""
    receipt = book.receipts[target.name]
    target = replace(target, file=Path(receipt.file))
    now = disk.read(target.file)
    after = None if now is None else _without(target, receipt, now)
    older = None if now is None else forms.get(target.form.parsed(disk.text_of(now)), receipt.path)
    return Edit(target, receipt.path, None, older, now, after, after)


def write(edit: Edit, book: Book, *, mode: int | None = None) -> Path | None:
    """Write an entry, after its receipt and its backup; where the backup is. Raises `FileRefused`."""
    target, file = edit.target, edit.target.file
    assert edit.after is not None
    earlier = _receipt(target, book)
    before, after = disk.digest(edit.base), disk.digest(edit.after)
    assert after is not None
    if earlier is not None and earlier.before == before and _is_there(earlier):
        receipt = replace(earlier, path=list(edit.path), after=after)
    else:
        backup = None if edit.base is None else str(disk.back_up(file, edit.base))
        old_mode = None if mode is None or edit.now is None else file.stat().st_mode & 0o7777
        folders = earlier.folders if earlier else []
        receipt = Receipt(str(file), list(edit.path), before, after, backup, folders, old_mode)
    missing = [str(folder) for folder in file.parents if not folder.exists()]
    book.receipts[target.name] = replace(receipt, folders=[*missing, *receipt.folders])
    try:
        book.save()
        disk.replace(file, edit.after, expected=edit.now, mode=mode)
    except BaseException:
        if earlier is None:
            receipt.drop_backup()
            del book.receipts[target.name]
        else:
            book.receipts[target.name] = earlier
        book.save()
        raise
    if earlier is not None and earlier.backup != receipt.backup:
        earlier.drop_backup()
    return Path(receipt.backup) if receipt.backup else None


def take_away(edit: Edit, book: Book) -> None:
    """Take an entry away, then its backup and its receipt. Raises `FileRefused`."""
    receipt = book.receipts[edit.target.name]
    if edit.after is not None and not edit.needless:
        disk.replace(edit.target.file, edit.after, expected=edit.now, mode=receipt.mode)
    elif edit.after is None and edit.now is not None:
        disk.remove(edit.target.file, expected=edit.now)
    receipt.drop_backup()
    disk.remove_folders(receipt.folders)
    del book.receipts[edit.target.name]
    book.save()


def _receipt(target: Target, book: Book) -> Receipt | None:
    """The receipt of the target, if it is of the same file: a client may keep another one by now."""
    receipt = book.receipts.get(target.name)
    return receipt if receipt is not None and receipt.file == str(target.file) else None


def _is_there(receipt: Receipt) -> bool:
    try:
        receipt.original()
    except OSError:
        return False
    return True


def _without(target: Target, receipt: Receipt, now: bytes) -> bytes | None:
    """A file without our entry: as it was before, if nothing else has changed since."""
    try:
        original, known = receipt.original(), True
    except OSError:
        original, known = None, False
    if known and disk.digest(now) == receipt.after:
        return original
    before = target.form.parsed(disk.text_of(original)) if known else None
    text = forms.take(target.form, disk.text_of(now), receipt.path, before)
    if receipt.before is None and not target.form.parsed(text) and text.strip() in ("", "{}"):
        return None
    return text.encode()
