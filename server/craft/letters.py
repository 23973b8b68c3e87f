"""Estimates the syllables of an English spelling with a small network; data/README.md says how it was trained.

For every letter the network adds a row of 512 small numbers for each letter around it. Such a row is one large integer
here, sixteen bits a number, so that a sum of rows is a few additions: a word takes about half a millisecond.
"""

import json
import re
import struct
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from math import tanh
from operator import mul

from .bundled import table

rough: ContextVar[bool] = ContextVar("songwright_rough", default=False)
"""Whether the present text has so many strange letters that they are not all read; `by_vowels` counts then."""
MOST_LETTERS = 2_500
"""Letters of words that no table lists which are read in one text: a tenth of a second's work."""

_ZERO = 128  # how a row writes 0
_BYTE = 255
_VOWELS = re.compile(r"[aeiouy]+")
_MUTE = re.compile(r"[aeiouy][^aeiouy]+e$")


@dataclass(frozen=True, slots=True)
class _Network:
    reach: int
    codes: dict[str, int]
    rows: tuple[int, ...]
    """One for each letter at each place of the window, and the one that is always added."""
    positive: tuple[int, ...]
    """By the sum of numbers as rows write them: the sum itself, or 0 where it is negative."""
    weights: tuple[int, ...]
    own: tuple[int, ...]
    unit: float
    lanes: struct.Struct

    def chance(self, window: list[int]) -> float:
        """How likely the letter in the middle of the window begins a syllable's vowel."""
        letters = len(self.codes)
        total = self.rows[-1] + sum(self.rows[place * letters + code] for place, code in enumerate(window))
        sums = self.lanes.unpack(total.to_bytes(self.lanes.size, "little"))
        weighed = sum(map(mul, self.weights, map(self.positive.__getitem__, sums))) + self.own[window[self.reach]]
        return (1 + tanh(weighed * self.unit / 2)) / 2


def by_letters(word: str) -> int:
    """The count that the spelling alone suggests, at least 1; `word` in small letters, others than a–z do not count."""
    network = _network()
    letters = [network.codes[letter] for letter in word if letter in network.codes]
    edge = [len(network.codes) - 1] * network.reach
    padded = edge + letters + edge
    window = 2 * network.reach + 1
    return max(round(sum(network.chance(padded[at : at + window]) for at in range(len(letters)))), 1)


def by_vowels(word: str) -> int:
    """A rough count, at least 1: the groups of vowels, without an e at the end that is mute."""
    return max(len(_VOWELS.findall(word)) - bool(_MUTE.search(word)), 1)


@cache
def _network() -> _Network:
    head, _, body = table("letters", "bin").partition(b"\n")
    told = json.loads(head)
    width, added = len(told["weights"]), 2 * told["reach"] + 2
    return _Network(
        reach=told["reach"],
        codes={letter: code for code, letter in enumerate(told["alphabet"])},
        rows=tuple(_spread(body[at : at + width]) for at in range(0, len(body), width)),
        positive=tuple(max(total - added * _ZERO, 0) for total in range(added * _BYTE + 1)),
        weights=tuple(told["weights"]),
        own=tuple(told["own"]),
        unit=told["unit"],
        lanes=struct.Struct(f"<{width}H"),
    )


def _spread(row: bytes) -> int:
    """The numbers of a row side by side in one integer, with room for their sums."""
    wide = bytearray(2 * len(row))
    wide[::2] = row
    return int.from_bytes(wide, "little")
