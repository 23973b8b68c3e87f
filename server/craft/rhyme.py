"""Which words rhyme: by a pronouncing dictionary in English, by how a word's stressed end sounds in fourteen others."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import count
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
_LONGEST_END = 32
"""Letters at the end of a word in which its rhyme is looked for."""
_REACH = 4  # lines back in which an ear still expects the answer
_SHORTEST_ANALOGY = 3
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVW"
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
    return _by_keys(_keys(a, code, dialect), _keys(b, code, dialect)) if code in KEYS else None


def scheme(ends: Sequence[str], language: str | None = None) -> str:
    """A letter per line: lines that rhyme share one, a line that rhymes with none of its neighbours is X."""
    groups = [0] * len(ends)
    numbers = count(1)
    # Full rhymes first: only lines that found none listen for a near one.
    for kinds in (("same", "perfect"), ("near",)):
        for index, end in enumerate(ends):
            if groups[index]:
                continue
            for back in range(index - 1, max(index - _REACH, 0) - 1, -1):
                if rhyme(end, ends[back], language) in kinds:
                    groups[back] = groups[back] or next(numbers)
                    groups[index] = groups[back]
                    break
    return _lettered(groups)


def _lettered(groups: Sequence[int]) -> str:
    """Letters in the order in which the groups appear; 0 is none."""
    names = {0: "X"}
    for group in groups:
        names.setdefault(group, _LETTERS[(len(names) - 1) % len(_LETTERS)])
    return "".join(names[group] for group in groups)


def _clean(word: str) -> str:
    # Small letters, not folded ones: ß tells a long vowel from the short one before ss.
    end = unicodedata.normalize("NFC", word[-2 * _LONGEST_END :])
    return end.lower().replace("’", "'").strip("'")[-_LONGEST_END:]


@lru_cache(maxsize=4_000)
def _keys(end: str, code: str, dialect: str) -> Keys:
    return KEYS[code](end, dialect)


def _by_keys(a: Keys, b: Keys) -> Rhyme | None:
    if not all((*a, *b)):
        return None
    return "perfect" if a[0] == b[0] else "near" if a[1] == b[1] else None


def _english(a: str, b: str) -> Rhyme | None:
    tails_a, tails_b = tails(a), tails(b)
    if tails_a & tails_b:
        return "perfect"
    return "near" if any(_near(x, y) for x in tails_a for y in tails_b) else None


@lru_cache(maxsize=4_000)
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
