"""Where the key goes: the system's keychain, or else Songwright's own settings file, which only its owner may read."""

from __future__ import annotations

import getpass
import sys
import tomllib
from typing import Any

from ...core import keychain
from ...core.errors import SongwrightError
from ...core.settings import SERVICE_URL, config_file
from . import disk, edits
from .book import Book
from .edits import Target
from .forms import TOML, FileRefused

SETTINGS = "settings"
LIMIT = 1000


def settings_target() -> Target:
    """Songwright's own settings file."""
    return Target(SETTINGS, "the settings file", config_file(), TOML)


def stored() -> str:
    """Where a key is stored already, as the settings file says; empty when there is none."""
    file = config_file()
    content = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if content.get("api_key"):
        return f"in {file}"
    return "in the system's keychain" if content.get("keychain") else ""


def asked() -> str:
    """The key that the person types, without an echo; empty for none."""
    print("\nThe key of the AI Music API, for real songs. It is not shown while you type. Without one, songs come from")
    print("the offline sandbox, a toy synthesizer: then just press Enter.")
    try:
        return checked(getpass.getpass("Key: "))
    except EOFError:
        return ""


def from_input() -> str:
    """The key as the first line of standard input."""
    return checked(sys.stdin.readline())


def checked(text: str) -> str:
    """The key without the space around it. Raises `SongwrightError` when it cannot be one."""
    key = text.strip()
    if len(key) > LIMIT or not key.isascii() or any(not char.isprintable() or char.isspace() for char in key):
        raise SongwrightError("This is no API key: a key is one word of letters, digits and signs. Nothing was stored.")
    return key


def save(key: str, book: Book) -> str:
    """Store the key; where it is now. Raises `FileRefused`."""
    target = settings_target()
    content = target.content()
    address = str(content.get("base_url") or SERVICE_URL)
    if not content.get("api_key"):
        held = bool(content.get("keychain"))
        if keychain.available() and keychain.store(address, key):
            if not held:
                book.keychain = address
                _note(target, ["keychain"], True, book)
            elif book.keychain is not None and book.keychain != address:
                keychain.forget(book.keychain)  # the settings file has got another address since
                book.keychain = address
                book.save()
            return "in the system's keychain"
        if held:
            raise FileRefused("the system's keychain does not take the key.")
    _note(target, ["api_key"], key, book, mode=disk.PRIVATE)
    return f"in {target.file}, which only you can read"


def _note(target: Target, path: list[str], value: Any, book: Book, mode: int | None = None) -> None:
    edit = edits.adding(target, path, value, book)
    if not edit.needless:
        edits.write(edit, book, mode=mode)


def forget(book: Book) -> str:
    """Remove the key that was stored; what is left to do by hand. Raises `FileRefused`."""
    if SETTINGS in book.receipts:
        edits.take_away(edits.removing(settings_target(), book), book)
    if book.keychain is not None and keychain.forget(book.keychain):
        book.keychain = None
        book.save()
    if book.keychain is None:
        return ""
    return f'The keychain did not remove the key. Remove its entry "{keychain.SERVICE}" for {book.keychain} yourself.'
