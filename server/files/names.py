"""Names of files and folders as a person would choose them, valid on any system, in every script."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from ..core.foreign import JOINERS, joined

_NAME_BYTES: Final = 200
_NUMBERED: Final = 9
_BETWEEN_WORDS: Final = re.compile(r"(?<=\w)[/\\|:](?=\w)")
_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*]')
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters and marks that are invisible
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9¹²³])[ ]*(\.|$)", re.IGNORECASE)


def safe_name(text: str, limit: int = 80, octets: int = _NAME_BYTES) -> str:
    """The text as the name of a file or folder on any system, at most `limit` characters and 200 bytes, or `octets` if
    that is less; never empty.

    Letters of every script stay (Unicode NFC), with the joiners inside a word or an emoji. Control, direction and
    other invisible characters go, and so do the characters and device names that Windows reserves, and dots and spaces
    at the ends.
    """
    return name_of(text, limit, min(octets, _NAME_BYTES)) or "Untitled"


def name_of(text: str, characters: int, octets: int) -> str:
    """The same within other limits; empty if no character of the text is allowed in a name."""
    text = unicodedata.normalize("NFC", "".join(_visible(text)))
    text = _FORBIDDEN.sub(" ", _BETWEEN_WORDS.sub("-", text))
    name = _cut(_trimmed(text), characters, octets)
    if _DEVICE.match(name):
        name = _cut(f"_{name}", characters, octets)
    return name


def numbered(name: str, owner_id: str) -> Iterator[str]:
    """The name, then the same with numbers; the last holds a hash of the owner's id, so that names do not run out."""
    yield name
    for number in range(2, _NUMBERED + 1):
        yield f"{name} {number}"
    yield f"{name} {hashlib.sha256(owner_id.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _visible(text: str) -> Iterator[str]:
    for character in text:
        category = unicodedata.category(character)
        if character.isspace():
            yield " "
        elif character in JOINERS or (category[0] != "C" and character not in _BLANK):
            yield character


def _trimmed(text: str) -> str:
    """Single spaces, no dots or spaces at the ends, no accent without a letter, no joiner that joins nothing."""
    text = " ".join(joined(text).split()).strip(". ")
    while text and unicodedata.combining(text[0]):
        text = text[1:].lstrip(". ")
    return text


def _cut(text: str, characters: int, octets: int) -> str:
    """The longest beginning within both limits that does not split a letter from its accents, or an emoji."""
    end = min(len(text), characters)
    while len(text[:end].encode()) > octets:
        end -= 1
    if end < len(text):
        torn = end
        while torn > 0 and _joins(text, torn):
            torn -= 1
        end = torn or end  # one letter with more accents than fit: better split than nothing
    return _trimmed(text[:end])


def _joins(text: str, at: int) -> bool:
    """Whether the character at `at` belongs to the one before it."""
    character = text[at]
    if unicodedata.category(character)[0] == "M" or "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    if character in JOINERS or text[at - 1] == "\u200d":
        return True
    flags = len(text[:at]) - len(text[:at].rstrip(_REGIONAL))
    return character in _REGIONAL and flags % 2 == 1


_REGIONAL: Final = "".join(map(chr, range(0x1F1E6, 0x1F200)))  # two of these letters make one flag
