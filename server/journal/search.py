"""How songs are found by words: texts are folded once, when they are written, and searches become patterns for the
database.

A word matches anywhere, even inside another word, because many scripts put no spaces between words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ..core.errors import ArgumentRefused

MOST_WORDS = 8
"""The most words in one search; the query has room for no more."""
LONGEST_TEXT = 12_000
"""How many characters of an order's texts are kept for searching, each word once."""
ANYTHING = "%"

_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u200b-\u200f\ufe0e\ufe0f]"
)
"""Accents, vowel points and invisible joiners that people leave out when typing, but not what makes a different
letter.
"""
_LETTERS = str.maketrans({
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "þ": "th", "ı": "i", "æ": "ae", "œ": "oe", "’": "'",
    "ي": "ی", "ى": "ی", "ك": "ک",  # one letter on Arabic keyboards, the other on Persian ones
})  # fmt: skip
_SPECIAL = re.compile(r"[%_\\]")
"""Characters with a special meaning in a database pattern."""


def folded(text: str) -> str:
    """The text without case and accents, for comparison."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold()))
    return unicodedata.normalize("NFC", bare).translate(_LETTERS)


def search_text(texts: Iterable[str]) -> str:
    """The searchable text: every word of the texts, folded, once."""
    words = dict.fromkeys(word for text in texts for word in folded(text).split())
    return " ".join(words)[:LONGEST_TEXT]


def patterns(asked: str) -> dict[str, str]:
    """The patterns of one search, by the names of the query's parameters. Raises `ArgumentRefused` for too many."""
    words = [word for word in dict.fromkeys(folded(asked).split()) if word]
    # A word contained in another word adds nothing.
    words = [word for word in words if not any(word != other and word in other for other in words)]
    if len(words) > MOST_WORDS:
        raise ArgumentRefused(
            f"words holds {len(words)} words; a search takes {MOST_WORDS}. Leave out the common ones.", field="words"
        )
    found = [f"%{literal(word)}%" for word in words]
    return {f"like_{n + 1}": found[n] if n < len(found) else ANYTHING for n in range(MOST_WORDS)}


def literal(text: str) -> str:
    """The text as a part of a pattern that stands for itself."""
    return _SPECIAL.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return "\\" + found[0]
