"""How English words sound: syllables and the part that rhymes, from a table made of the CMU Pronouncing Dictionary.

The table is searched where it lies, unpacked but never parsed: that keeps it at 1.8 MB of memory and the first
word within a few milliseconds.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from .bundled import table

_READING = re.compile(r"(\d+)([A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to say a word: `rhyme` is coded as data/README.md describes, from the last stressed vowel on."""

    syllables: int
    rhyme: str


_LONGEST = 40
"""Letters; no listed word has so many."""


def readings(word: str) -> tuple[Reading, ...]:
    """The listed readings of a lower-case word, the one usually sung first; empty when the table lacks it."""
    return _readings(word) if len(word) <= _LONGEST else ()


@lru_cache(maxsize=8_000)
def _readings(word: str) -> tuple[Reading, ...]:
    text = table("pronunciations")
    key = word.encode("utf-8", "replace") + b" "
    low, high = 0, len(text)
    while low < high:
        middle = text.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = text.index(b"\n", middle)
        if text[middle : middle + len(key)] == key:
            return tuple(Reading(int(n), tail) for n, tail in _READING.findall(text[middle + len(key) : end].decode()))
        if text[middle:end] < key:
            low = end + 1
        else:
            high = middle
    return ()
