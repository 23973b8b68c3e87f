"""Which words rhyme: by a pronouncing dictionary in English, by how a word's stressed end sounds in fourteen others."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from .languages import base, dialect_of
from .pronunciation import readings
from .rimes import Keys, hindi, korean, vietnamese
from .rimes_germanic import dutch, german, swedish
from .rimes_romance import french, italian, portuguese, spanish
from .rimes_slavic import polish, russian, turkish, ukrainian

Rhyme = Literal["same", "perfect", "near"]

_FAMILIES = str.maketrans("ptkbdgmnqfusihvozelrcj", "TTTDDDNNNSSSSSZZZZLLCC")
_NEAR_VOWELS = str.maketrans("DNJ", "ANI")  # AO sounds like AA and IH like IY when sung long
_REACH = 4  # lines back in which an ear still expects the answer
_SHORTEST_ANALOGY = 3
KEYS: Mapping[str, Callable[[str, str], Keys]] = {
    "es": spanish, "pt": portuguese, "it": italian, "fr": french, "de": german, "nl": dutch, "sv": swedish,
    "pl": polish, "ru": russian, "uk": ukrainian, "tr": turkish, "vi": vietnamese, "ko": korean, "hi": hindi,
}  # fmt: skip
"""The rhyming ends of a word, perfect and near, by language; the second argument is the dialect."""


def can_rhyme(language: str | None) -> bool:
    """Whether rhyme is judged in this language; the writing of the others does not show it."""
    code = base(language) or "en"
    return code == "en" or code in KEYS


def rhyme(one: str, other: str, language: str | None = None) -> Rhyme | None:
    """How two line ends rhyme: the same word, a perfect rhyme, a near one, or not at all (None)."""
    a, b = _clean(one), _clean(other)
    if not a or not b:
        return None
    if a == b:
        return "same"
    code, dialect = base(language) or "en", dialect_of(language)
    if code == "en":
        return _english(a, b)
    keys = KEYS.get(code)
    return _by_keys(keys(a, dialect), keys(b, dialect)) if keys else None


def scheme(ends: Sequence[str], language: str | None = None) -> str:
    """A letter per line: lines that rhyme share one, a line that rhymes with none of its neighbours is X."""
    letters = ["X"] * len(ends)
    names = iter("ABCDEFGHIJKLMNOPQRSTUVW" * 20)
    # Full rhymes first: only lines that found none listen for a near one.
    for kinds in (("same", "perfect"), ("near",)):
        for index, end in enumerate(ends):
            if letters[index] != "X":
                continue
            for back in range(index - 1, max(index - _REACH, 0) - 1, -1):
                if rhyme(end, ends[back], language) in kinds:
                    if letters[back] == "X":
                        letters[back] = next(names)
                    letters[index] = letters[back]
                    break
    return _in_order("".join(letters))


def _in_order(letters: str) -> str:
    """The same scheme with its letters renamed in the order in which they appear."""
    names: dict[str, str] = {}
    for letter in letters:
        if letter != "X" and letter not in names:
            names[letter] = "ABCDEFGHIJKLMNOPQRSTUVW"[len(names) % 23]
    return "".join(names.get(letter, "X") for letter in letters)


def _clean(word: str) -> str:
    return unicodedata.normalize("NFC", word).lower().replace("’", "'").strip("'")


def _by_keys(a: Keys, b: Keys) -> Rhyme | None:
    if not all((*a, *b)):
        return None
    return "perfect" if a[0] == b[0] else "near" if a[1] == b[1] else None


def _english(a: str, b: str) -> Rhyme | None:
    tails_a, tails_b = tails(a), tails(b)
    if tails_a & tails_b:
        return "perfect"
    return "near" if any(_near(x, y) for x in tails_a for y in tails_b) else None


@lru_cache(maxsize=20_000)
def tails(word: str) -> frozenset[str]:
    """The coded rhyming parts of an English word; of an unlisted one, those of the longest listed word it ends in."""
    found = readings(word)
    if not found and word.endswith("in") and (gerund := readings(word + "g")):
        found = gerund
    start = 1
    while not found and len(word) - start >= _SHORTEST_ANALOGY:
        found = readings(word[start:])
        start += 1
    return frozenset(reading.rhyme for reading in found)


def _near(x: str, y: str) -> bool:
    """Same vowels with related consonants, or the same last syllable from its vowel on."""
    x, y = x.translate(_NEAR_VOWELS), y.translate(_NEAR_VOWELS)
    last_x, last_y = _last_vowel(x), _last_vowel(y)
    if last_x == last_y and last_x != "C":
        return True
    if re.sub(r"[a-z]", "", x) != re.sub(r"[a-z]", "", y):
        return False
    family_x, family_y = x.translate(_FAMILIES), y.translate(_FAMILIES)
    return family_x == family_y or family_x.rstrip("SZTD") == family_y.rstrip("SZTD")


def _last_vowel(tail: str) -> str:
    match = re.search(r"[A-O][a-z]*$", tail)
    return match[0] if match else tail
