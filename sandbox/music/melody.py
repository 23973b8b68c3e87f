"""Melodies: where in the bar the syllables fall, and which notes of the scale carry them.

A line's tune depends on the song's theme number, the kind of section and the line's place in it, never on the words
themselves: a chorus that comes back has the same tune, and verses share one as far as their syllables allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .dice import dice
from .harmony import chord_at, scale_pitches, tones
from .score import Chord

# Places in a section share tunes as in most songs: the third line recalls the first, the fourth closes.
_PLACES: Final = (0, 1, 0, 2)
_LIFT: Final = {"pre-chorus": 2, "chorus": 4, "hook": 4, "bridge": 3, "solo": 5}
_SHAPES: Final = (
    (0.0, 2.0, 4.0, 3.0, 0.0),
    (-2.0, 1.0, 3.0, 4.0, 1.0),
    (4.0, 3.0, 2.0, 1.0, -1.0),
    (0.0, 3.0, 0.0, 3.0, -1.0),
    (2.0, 2.5, -1.0, 1.0, 0.0),
    (-3.0, 0.0, 3.0, 1.0, 2.0),
    (1.0, 4.0, 2.0, -1.0, -2.0),
)


@dataclass(frozen=True)
class Tone:
    """A note of a tune that has no singer yet."""

    beat: float
    beats: float
    pitch: int
    velocity: float


@dataclass(frozen=True)
class Tune:
    """What all tunes of one song share."""

    theme: int
    tonic: int
    scale: str
    meter: int
    feel: float
    center: int
    reach: int = 8


def line_tones(
    tune: Tune, kind: str, place: int, count: int, start: float, beats: float, chords: tuple[Chord, ...]
) -> list[Tone]:
    """Return `count` notes for one line that starts at beat `start` and has `beats` beats, breath included."""
    family = {"hook": "chorus", "rap": "verse"}.get(kind, kind)
    slot = _PLACES[place % 4]
    onsets, grid = _rhythm(tune, family, slot, count, beats)
    lengths = _lengths(onsets, beats, grid)
    closing = place % 4 == 3 or family in ("outro", "bridge")
    pitches = _pitches(tune, family, slot, onsets, lengths, start, chords, closing=closing, beats=beats)
    return [
        Tone(start + onset, length, pitch, 0.86 if onset % tune.meter == 0 else 0.78 if onset % 1 == 0 else 0.68)
        for onset, length, pitch in zip(onsets, lengths, pitches, strict=True)
    ]


def _rhythm(tune: Tune, family: str, slot: int, count: int, beats: float) -> tuple[list[float], float]:
    """Return onsets in beats: as even as the feel allows, drawn to strong beats, the last one held."""
    breath = max(0.5, beats * 0.14)
    chance = dice(tune.theme, "rhythm", family, slot)
    usable = beats - breath
    grid = 0.5
    while usable / grid < count * 1.12 and grid > 0.1:
        grid /= 2
    places = int(usable / grid)
    late = min((0.0, 0.0, 0.5, 1.0)[int(chance.integers(4))] if count < places * 0.7 else 0.0, 1.0)
    first = int(late / grid)
    # The last syllable is held, so it comes well before the breath.
    hold = min(1.5, usable * 0.2)
    last = max(first + count - 1, int((usable - hold) / grid))
    weights = [_weight(step * grid, tune) + float(chance.normal(0.0, 0.22)) for step in range(places + count)]
    return [step * grid for step in _place(count, first, last, weights)], grid


def _weight(onset: float, tune: Tune) -> float:
    position = onset % tune.meter
    if position == 0:
        return 0.9
    if position % 1 == 0:
        return 0.7
    return 0.25 + 0.4 * tune.feel if position % 0.5 == 0 else 0.1


def _place(count: int, first: int, last: int, weights: list[float]) -> list[int]:
    """Choose `count` rising steps from `first` to about `last`: the best total of weight and evenness."""
    if count == 1:
        return [first]
    spacing = (last - first) / (count - 1)
    best: dict[int, tuple[float, list[int]]] = {first: (weights[first], [first])}
    for index in range(1, count):
        ideal = first + index * spacing
        following: dict[int, tuple[float, list[int]]] = {}
        for step in range(max(first + index, int(ideal) - 2), min(int(ideal) + 4, len(weights))):
            before = [(value, path) for at, (value, path) in best.items() if at < step]
            if before:
                value, path = max(before, key=lambda item: item[0])
                gain = weights[step] - 0.55 * abs(step - ideal) / max(1.0, spacing)
                following[step] = (value + gain, [*path, step])
        best = following
    return max(best.values(), key=lambda item: item[0])[1]


def _lengths(onsets: list[float], beats: float, grid: float) -> list[float]:
    ends = [*onsets[1:], min(onsets[-1] + 2.0, beats - 0.3)]
    lengths = [max(grid * 0.6, min(end - onset, 2.0)) for onset, end in zip(onsets, ends, strict=True)]
    return [round(length, 4) for length in lengths]


def _contour(tune: Tune, family: str, slot: int) -> list[float]:
    """Return five heights in scale steps; one shape per kind of section, varied per line."""
    base = dice(tune.theme, "shape", family)
    shape = _SHAPES[int(base.integers(len(_SHAPES)))]
    if slot:
        shape = _SHAPES[int(dice(tune.theme, "shape", family, slot).integers(len(_SHAPES)))]
    wobble = dice(tune.theme, "contour", family, slot).normal(0.0, 0.9, 5)
    return [height + float(extra) for height, extra in zip(shape, wobble, strict=True)]


def _pitches(
    tune: Tune,
    family: str,
    slot: int,
    onsets: list[float],
    lengths: list[float],
    start: float,
    chords: tuple[Chord, ...],
    *,
    closing: bool,
    beats: float,
) -> list[int]:
    """Choose the pitches together, so that steps are small, long notes fit the chord and the line ends well."""
    center = tune.center + _LIFT.get(family, 0)
    ladder = scale_pitches(tune.tonic, tune.scale, center - tune.reach, center + tune.reach)
    heights = _contour(tune, family, slot)
    whims = dice(tune.theme, "whim", family, slot).normal(0.0, 0.5, (64, len(ladder)))
    costs: list[float] = [0.0] * len(ladder)
    trails: list[list[int]] = []
    for index, (onset, length) in enumerate(zip(onsets, lengths, strict=True)):
        chord = chord_at(chords, start + onset)
        at = onset / max(beats - 1.5, 1.0) * 4
        left = min(int(at), 3)
        aim = center + 1.6 * (heights[left] + (heights[left + 1] - heights[left]) * min(at - left, 1.0))
        last = index == len(onsets) - 1
        strong = onset % 1 == 0 or length >= 1.0
        own = [
            0.16 * abs(pitch - aim)
            + (1.2 if strong else 0.35) * (pitch % 12 not in tones(chord.root, chord.kind))
            + (1.5 * ((pitch - tune.tonic) % 12 not in ((0, 4, 3) if closing else (2, 7, 4, 3, 0))) if last else 0.0)
            + 0.45 * float(whims[index % 64, step])
            for step, pitch in enumerate(ladder)
        ]
        if index == 0:
            costs = own
            continue
        trail = [_nearest(costs, ladder, pitch) for pitch in ladder]
        costs = [own[i] + costs[j] + _leap(ladder[i] - ladder[j]) for i, j in enumerate(trail)]
        trails.append(trail)
    step = costs.index(min(costs))
    path = [step]
    for trail in reversed(trails):
        path.append(trail[path[-1]])
    return [ladder[step] for step in reversed(path)]


def _nearest(costs: list[float], ladder: list[int], pitch: int) -> int:
    """Return the step of the ladder from which `pitch` is reached most cheaply."""
    totals = [cost + _leap(pitch - other) for cost, other in zip(costs, ladder, strict=True)]
    return totals.index(min(totals))


def _leap(interval: int) -> float:
    size = abs(interval)
    if size == 0:
        return 0.55
    if size <= 2:
        return 0.0
    return 0.25 if size <= 4 else 0.8 if size <= 7 else 2.5
