"""Turns letters of any script into something singable: a rough Latin spelling of the sound of a syllable.

No dictionaries: alphabets are spelled letter by letter, Hangul by its arithmetic, kana by their Unicode names.
Chinese characters have no spelling without a dictionary, so each gets a fixed open syllable of its own.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from .dice import number


def listed(text: str) -> list[str]:
    """Return the words of a line; a table of fifty short words is easier to read as one."""
    return text.split()


_CYRILLIC: Final = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґў",
        listed("a b v g d e zh z i y k l m n o p r s t u f h ts ch sh sh _ i _ e yu ya yo i yi ye g w"),
        strict=True,
    )
)
_GREEK: Final = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψω",
        listed("a v g d e z i th i k l m n ks o p r s s t i f h ps o"),
        strict=True,
    )
)
_ARABIC: Final = dict(
    zip(
        "ابتثجحخدذرزسشصضطظعغفقكلمنهويءةىآأإ",
        listed("a b t th j h h d d r z s sh s d t z a g f k k l m n h u i _ a a a a i"),
        strict=True,
    )
)
_HEBREW: Final = dict(
    zip(
        "אבגדהוזחטיכךלמםנןסעפףצץקרשת",
        listed("a v g d h o z h t i k k l m m n n s a p f ts ts k r sh t"),
        strict=True,
    )
)
_ALPHABETS: Final = {**_CYRILLIC, **_GREEK, **_ARABIC, **_HEBREW}

_HANGUL_START: Final = listed("g kk n d tt r m b pp s ss _ j jj ch k t p h")
_HANGUL_VOWEL: Final = listed("a e ya ye eo e yeo ye o wa we we yo u wo we wi yu eu ui i")
_HANGUL_END: Final = listed("_ k k k n n n t l k m l l l p l m p p t t ng t t k t p t")

_KATAKANA_OFFSET: Final = ord("ァ") - ord("ぁ")
_SMALL_Y: Final = {"ゃ": "a", "ゅ": "u", "ょ": "o", "ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o"}


def is_han(char: str) -> bool:
    """Whether this is a Chinese character, which is one syllable and nearly one word."""
    return "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or char >= "\U00020000"


def is_hangul(char: str) -> bool:
    """Whether this is a composed Korean syllable."""
    return "\uac00" <= char <= "\ud7a3"


def is_kana(char: str) -> bool:
    """Whether this is a letter of the two Japanese syllabaries."""
    return "\u3041" <= char <= "\u30ff"


def romanise(text: str) -> str:
    """Return lower-case Latin letters for `text` (one syllable or a whole word); never empty for a letter."""
    out: list[str] = []
    for char in unicodedata.normalize("NFC", text.lower()):
        if "a" <= char <= "z":
            out.append(char)
        elif is_hangul(char):
            out.append(_hangul(char))
        elif is_kana(char):
            _add_kana(char, out)
        elif is_han(char):
            out.append(_invented(char))
        else:
            out.append(_letter(char))
    return "".join(out).replace("_", "")


def _letter(char: str) -> str:
    if char in _ALPHABETS:
        return _ALPHABETS[char]
    special = {
        "ß": "s",
        "æ": "e",
        "œ": "o",
        "ø": "o",
        "ð": "d",
        "þ": "th",
        "ł": "w",
        "ı": "i",
        "đ": "d",
        "ä": "e",
        "ö": "eo",
        "ü": "u",
    }
    if char in special:
        return special[char]
    base = unicodedata.normalize("NFD", char)[0]
    if "a" <= base <= "z":
        return base
    if base in _ALPHABETS:
        return _ALPHABETS[base]
    category = unicodedata.category(char)
    if category.startswith("L") or category in ("Mc", "Mn"):
        return _named(char, category)
    return ""


def _named(char: str, category: str) -> str:
    """Read the sound out of the character's Unicode name, as in "DEVANAGARI LETTER KA"."""
    name = unicodedata.name(char, "").rsplit(" ", 1)[-1].lower()
    if not (name.isalpha() and name.isascii()) or len(name) > 4:
        return _invented(char) if category.startswith("L") else ""
    if category in ("Mc", "Mn") and name in ("virama", "nukta"):
        return ""
    return name


def _hangul(char: str) -> str:
    index = ord(char) - ord("가")
    start, vowel, end = index // 588, index % 588 // 28, index % 28
    return _HANGUL_START[start] + _HANGUL_VOWEL[vowel] + _HANGUL_END[end]


def _add_kana(char: str, out: list[str]) -> None:
    if "ァ" <= char <= "ヶ":
        char = chr(ord(char) - _KATAKANA_OFFSET)
    if char in "ーっ":
        return
    if char in _SMALL_Y and out and out[-1]:
        out[-1] = out[-1][:-1] + ("" if char in "ぁぃぅぇぉ" else "y") + _SMALL_Y[char]
        return
    name = unicodedata.name(char, "").rsplit(" ", 1)[-1].lower()
    out.append({"si": "shi", "ti": "chi", "tu": "tsu", "hu": "fu"}.get(name, name) if name.isalpha() else "")


def _invented(char: str) -> str:
    """Return a syllable for a character that cannot be spelled: any, but always the same one."""
    draw = number("syllable", char)
    starts = ("b", "d", "g", "h", "j", "l", "m", "n", "sh", "t", "w", "y", "zh", "k")
    vowels = ("a", "o", "e", "i", "u", "ai", "an", "ang", "ing", "ao", "ong")
    return starts[draw % len(starts)] + vowels[draw // 97 % len(vowels)]
