"""Scales and chords: roman numerals become pitch classes, and chords become voicings that move little."""

from __future__ import annotations

import re
from typing import Final

from .score import Chord

SCALES: Final[dict[str, tuple[int, ...]]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
}

KINDS: Final[dict[str, tuple[int, ...]]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m9": (0, 3, 7, 10, 14),
    "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "6": (0, 4, 7, 9),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "add9": (0, 4, 7, 14),
    "dim": (0, 3, 6),
    "m7b5": (0, 3, 6, 10),
    "5": (0, 7, 12),
}

_DEGREES: Final = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_NUMERAL = re.compile(r"([b#]?)([ivIV]+)(.*)")


def numeral(text: str, tonic: int) -> tuple[int, str]:
    """Return root and kind of a roman numeral such as "bVII" or "ii7", counted from the major scale."""
    found = _NUMERAL.fullmatch(text)
    if found is None:
        raise ValueError(f"not a roman numeral: {text!r}")
    accidental, roman, suffix = found.groups()
    root = tonic + _DEGREES[roman.upper()] + {"": 0, "b": -1, "#": 1}[accidental]
    minor = "m" if roman.islower() and not suffix.startswith(("dim", "m7b5", "sus", "5")) else ""
    kind = minor + suffix
    if kind not in KINDS:
        raise ValueError(f"unknown chord: {text!r}")
    return root % 12, kind


def progression(text: str, tonic: int) -> list[tuple[int, str]]:
    """Return the chords of a line such as "I V vi IV"."""
    return [numeral(word, tonic) for word in text.split()]


def tones(root: int, kind: str) -> set[int]:
    """Return the pitch classes of a chord."""
    return {(root + step) % 12 for step in KINDS[kind]}


def chord_at(chords: tuple[Chord, ...], beat: float) -> Chord:
    """Return the chord sounding at `beat`; before the first and after the last, the nearest one."""
    current = chords[0]
    for chord in chords:
        if chord.beat > beat + 1e-6:
            break
        current = chord
    return current


def scale_pitches(tonic: int, scale: str, low: int, high: int) -> list[int]:
    """Return the MIDI pitches of the scale from `low` to `high`, both included."""
    steps = SCALES[scale]
    return [pitch for pitch in range(low, high + 1) if (pitch - tonic) % 12 in steps]


def bass_pitch(root: int, low: int = 31) -> int:
    """Return the lowest pitch of this class that is not below `low`."""
    return low + (root - low) % 12


def voicing(root: int, kind: str, center: int, voices: int = 4, before: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Return a close voicing around `center`; of all inversions, the one nearest to `before`."""
    steps = KINDS[kind]
    if len(steps) > voices:
        # The fifth matters least; then the root, which the bass plays.
        steps = tuple(step for step in steps if step != 7)[-voices:]
    aim = sum(before) / len(before) if before else center
    aim += (center - aim) * 0.3
    best: tuple[int, ...] = ()
    best_cost = 1e9
    classes = [(root + step) % 12 for step in steps]
    for turn in range(len(classes)):
        turned = classes[turn:] + classes[:turn]
        low = center - 6 - (center - 6 - turned[0]) % 12
        for bottom in (low, low + 12):
            pitches = [bottom]
            for pitch_class in turned[1:]:
                above = pitches[-1] + 1
                pitches.append(above + (pitch_class - above) % 12)
            cost = abs(sum(pitches) / len(pitches) - aim)
            if cost < best_cost:
                best, best_cost = tuple(pitches), cost
    return best


def fit_chords(pitch_classes: list[tuple[int, float]], tonic: int, mode: str) -> tuple[int, str]:
    """Return the diatonic triad that explains weighted pitch classes best; the tonic when there are none."""
    names = ("i", "iv", "bVI", "bVII", "bIII", "v") if mode == "minor" else ("I", "IV", "V", "vi", "ii", "iii")
    candidates = [numeral(name, tonic) for name in names]
    scores = [
        sum(weight for pitch_class, weight in pitch_classes if pitch_class in tones(*candidate)) - 0.05 * order
        for order, candidate in enumerate(candidates)
    ]
    return candidates[scores.index(max(scores))]
