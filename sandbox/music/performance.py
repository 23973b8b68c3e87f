"""How an arrangement is performed: beats become seconds, with the small unevenness of hands.

The renderer, the MIDI file, the note list and the timeline all read from here, so they cannot disagree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .dice import dice
from .genres import GENRES
from .score import Arrangement, Chair, Note, Syllable

# Seconds a consonant takes before its vowel; what is not listed takes `_GLIDE`.
_ONSETS: Final = {
    "s": 0.075, "z": 0.06, "sh": 0.075, "zh": 0.06, "ch": 0.07, "j": 0.06, "f": 0.06, "v": 0.045, "th": 0.055,
    "h": 0.05, "p": 0.025, "t": 0.03, "k": 0.03, "b": 0.02, "d": 0.02, "g": 0.02, "ts": 0.06, "m": 0.06, "n": 0.055,
    "ng": 0.055,
}  # fmt: skip
_GLIDE: Final = 0.05
_BACKBEAT: Final = frozenset({37, 38, 39})
_LONGEST_ONSET: Final = 0.12
_SPELLINGS: Final = (
    ("sch", "sh"),
    ("tch", "ch"),
    ("ph", "f"),
    ("ck", "k"),
    ("qu", "kw"),
    ("wh", "w"),
    ("kn", "n"),
    ("wr", "r"),
    ("gh", ""),
    ("x", "ks"),
    ("c", "k"),
    ("q", "k"),
    ("dg", "j"),
)
_CONSONANT: Final = re.compile(r"sh|zh|ch|th|ts|ng|[bcdfghjklmnpqrstvwxyz]")
_SHAPE: Final = re.compile(r"([^aeiouy]*|y(?=[aeiou])|[^aeiouy]+y(?=[aeiou]))([aeiouy]*)(.*)")


@dataclass(frozen=True)
class Sung:
    """One syllable as sung; `start` is where its first consonant begins, `vowel` where the vowel does (seconds)."""

    start: float
    vowel: float
    end: float
    pitch: int
    velocity: float
    onset: tuple[str, ...]
    nucleus: str
    coda: tuple[str, ...]
    word: str
    sound: str


def played(song: Arrangement, chair: Chair) -> list[Note]:
    """Return the notes of one player in seconds, in order; every player is a little uneven in a way of their own."""
    events = song.track(chair)
    genre = GENRES[song.genre]
    loose = genre.loose * (0.4 if chair.part in ("drums", "percussion", "bass") else 1.0)
    shifts = dice(song.theme, "hands", chair.track).normal(0.0, loose, len(events)).clip(-2.5 * loose, 2.5 * loose)
    notes = []
    for event, unevenness in zip(events, shifts, strict=True):
        shift = float(unevenness) + (genre.lean if chair.part == "drums" and event.pitch in _BACKBEAT else 0.0)
        start = max(0.0, song.time(event.beat) + shift)
        end = max(start + 0.03, song.time(event.beat + event.beats) + shift)
        if start < song.seconds:
            notes.append(Note(event.pitch, round(start, 5), round(min(end, song.seconds), 5), event.velocity))
    return notes


def sung(song: Arrangement, syllables: tuple[Syllable, ...]) -> list[Sung]:
    """Return the syllables in seconds; consonants come before the beat, out of the time of the note before."""
    result: list[Sung] = []
    floor = 0.0
    for index, syllable in enumerate(syllables):
        onset, nucleus, coda = phonemes(syllable.sound)
        vowel = song.time(syllable.beat)
        end = song.time(syllable.beat + syllable.beats)
        if index + 1 < len(syllables):
            end = min(end, max(vowel + 0.05, song.time(syllables[index + 1].beat)))
        wanted = min(sum(_ONSETS.get(c, _GLIDE) for c in onset), _LONGEST_ONSET)
        start = max(floor, vowel - wanted)
        result.append(
            Sung(
                start,
                vowel,
                end,
                syllable.pitch,
                syllable.velocity,
                onset,
                nucleus,
                coda,
                syllable.word,
                syllable.sound,
            )
        )
        floor = min(vowel + 0.05, end)
    return result


def phonemes(sound: str) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Return the consonants before, the vowel letters, and the consonants after, of a roughly spelled syllable."""
    for spelling, plain in _SPELLINGS:
        sound = sound.replace(spelling, plain)
    found = _SHAPE.match(sound)
    before, nucleus, after = found.groups() if found else ("", "a", "")
    if len(after) > 1 and after[-1] == "e":
        after = after[:-1]
        nucleus += {"a": "i", "o": "u"}.get(nucleus[-1:], "")
        nucleus = {"i": "ai"}.get(nucleus, nucleus)
    return tuple(_CONSONANT.findall(before)[:3]), nucleus or "e", tuple(_CONSONANT.findall(after)[:3])
