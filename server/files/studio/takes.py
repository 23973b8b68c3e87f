"""What the measurements of a recording mean to a listener: for each a number, a sentence, and whether it is a fault.

The limits were set on songs of many genres with and without planted faults; `python -m bench.takes` measures how many
faults are found and how often a clean recording is accused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log10
from typing import TYPE_CHECKING, Final

import numpy as np

from .listening import EDGES, FRAMES, STEP, Heard
from .loudness import SILENT
from .tempo import tempo_of

if TYPE_CHECKING:
    from .listening import Curve

QUIET, LOUD = -30.0, -6.0
"""LUFS between which songs are."""
HOT: Final = -0.2
"""dBTP from which a peak is too high: the next conversion brings it above full scale."""
PILED: Final = 1.2
"""How many times as many samples lie in the highest step as in the one below, where tops were cut; music has fewer the
higher."""
_CREST_DB: Final = 4.5  # a pure tone piles up too, but its peaks are no higher than this
_SILENT_DB, _BELOW_DB = -60.0, 46.0  # silent is what is below both: full scale by the one, the song by the other
_OFTEN: Final = 20.0  # pauses a minute that are a rhythm
_STARTS, _STOPS, _ENDS = 1.0, 0.7, 3.0  # seconds of silence that are still musical
_DROPPED: Final = 0.2
_ABRUPT_DB: Final = -24.0
_OFF_LENGTH: Final = 0.15
_HISS_DB: Final = -58.0
_HISS_SLOPE_DB: Final = -9.0
_DULL_DB, _DARK_DB = -29.0, -52.0
_WALL_DB: Final = -75.0
_DARK_STYLES: Final = ("ambient", "drone", "meditat", "sleep", "lo-fi", "lofi", "dark", "lullaby", "muffled")
_DRIFT: Final = 0.015
_ONE_SIDED_DB: Final = 25.0


@dataclass(frozen=True)
class Measure:
    """One thing that was measured."""

    name: str
    value: float | None
    unit: str
    says: str
    weight: int = 0
    """How much it speaks against the take; 0 when it does not."""


@dataclass(frozen=True)
class Expected:
    """What was asked for, as far as it is known."""

    seconds: float | None = None
    style: str = ""


def measures(heard: Heard, expected: Expected) -> list[Measure]:
    """Everything measured of one recording, in a fixed order."""
    return [
        *_loudness(heard),
        _clipping(heard),
        *_silence(heard),
        _ending(heard),
        _length(heard, expected),
        _noise(heard),
        _brightness(heard, expected),
        _tempo(heard),
        *_sides(heard),
    ]


def _loudness(heard: Heard) -> list[Measure]:
    lufs, span, peak = heard.loudness
    says = f"It is {lufs:.1f} LUFS loud."
    if lufs < QUIET:
        says = f"It is very quiet: {lufs:.1f} LUFS, where songs have about -14."
    elif lufs > LOUD:
        says = f"It is extremely loud: {lufs:.1f} LUFS, where songs have about -14."
    hot = peak > HOT
    top = f"Its peaks reach {peak:+.1f} dBTP, " + (
        "which is at full scale or above: players may distort there." if hot else "so all are below full scale."
    )
    return [
        Measure("loudness", round(lufs, 1), "LUFS", says, 2 if lufs < QUIET or lufs > LOUD else 0),
        Measure("loudness_range", round(span, 1), "LU", f"Quiet and loud passages lie {span:.1f} LU apart."),
        Measure("true_peak", round(peak, 1), "dBTP", top, 1 if hot else 0),
    ]


def _clipping(heard: Heard) -> Measure:
    """Cut waves: flat tops, or, where a codec has bent those, far too many samples near the top."""
    power = float(heard.sides.mean()) if len(heard.sides) else 0.0
    steps = np.flatnonzero(heard.heights)
    top = (steps[-1] + 1) * STEP if len(steps) else 0.0
    crest = 20 * log10(top) - 10 * log10(power) if top and power else 0.0
    piled = _pile(heard.heights) if crest > _CREST_DB else 0.0
    cut = heard.flat_tops >= 3 or piled > PILED
    a_minute = heard.flat_tops / max(heard.seconds / 60, 0.1)
    if heard.flat_tops >= 3:
        says = f"It is clipped: in {heard.flat_tops} places the tops of waves are cut off, {a_minute:.0f} a minute."
    elif cut:
        says = "It is clipped: the loudest waves are cut or squashed at the same height."
    else:
        says = "No wave is cut off at the top."
    return Measure("clipping", float(heard.flat_tops), "places", says, 4 if cut else 0)


def _pile(heights: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
    """How far samples pile up at one height near the top."""
    above = heights[::-1].cumsum()[::-1]
    best = 0.0
    for step in range(30, len(heights) - 20):
        if above[step] < 3e-5 * above[0]:
            break
        width = max(3, step // 20)
        below = heights[step - width : step].sum()
        best = max(best, float(heights[step : step + width].sum() / max(below, 1)))
    return best


def _silence(heard: Heard) -> list[Measure]:
    level, silent = _db(heard.level), _silent(heard)
    if not len(level) or heard.loudness.lufs <= SILENT or level.max() < silent:
        says = "There is nothing to hear in it."
        return [Measure("silence", round(heard.seconds, 1), "s", says, 9)]
    audible = np.flatnonzero(level > silent)
    start, end = audible[0] / FRAMES, (len(level) - 1 - audible[-1]) / FRAMES
    gaps = [
        (before / FRAMES, (after - before - 1) / FRAMES)
        for before, after in pairwise(audible.tolist())
        if after - before > _DROPPED * FRAMES and _is_hole(level, before, after)
    ]
    if len(gaps) > _OFTEN * heard.seconds / 60:
        gaps = [gap for gap in gaps if gap[1] > _STOPS]
    longest = max(gaps, key=lambda gap: gap[1], default=(0.0, 0.0))
    inside = f"It falls silent for {longest[1]:.1f} s at {_clock(longest[0])}."
    if len(gaps) > 1:
        inside = f"It falls silent {len(gaps)} times, the longest for {longest[1]:.1f} s at {_clock(longest[0])}."
    return [
        Measure(
            "silence_at_start", round(start, 1), "s",
            f"It begins after {start:.1f} s of silence." if start > _STARTS else "It begins without a wait.",
            1 if start > _STARTS else 0,
        ),
        Measure(
            "silence_inside", round(longest[1], 1), "s", inside if gaps else "It does not fall silent on the way.",
            4 if gaps else 0,
        ),
        Measure(
            "silence_at_end", round(end, 1), "s",
            f"It ends with {end:.1f} s of silence." if end > _ENDS else "No long silence follows its end.",
            1 if end > _ENDS else 0,
        ),
    ]  # fmt: skip


def _silent(heard: Heard) -> float:
    """The level below which nothing is heard in this recording, quiet as it may be."""
    return min(_SILENT_DB, heard.loudness.lufs - _BELOW_DB)


def _is_hole(level: Curve, before: int, after: int) -> bool:
    """Whether a silence is none that a musician would make: long, or with an edge on both sides."""
    if after - before > _STOPS * FRAMES:
        return True
    usual = float(np.median(level))
    falls = level[max(before - 5, 0) : before + 1].max()
    rises = level[after : after + 6].max()
    return bool(min(falls, rises) > usual - 12)


def _ending(heard: Heard) -> Measure:
    level, silent = _db(heard.level), _silent(heard)
    audible = np.flatnonzero(level > silent + 5)
    if len(audible) < FRAMES:
        return Measure("ending", None, "dB", "It is too short to judge how it ends.")
    last = int(audible[-1])
    usual = 10 * log10(float(heard.level[level > silent].mean()) + 1e-12)
    fall = 10 * log10(float(heard.level[max(last - 3, 0) : max(last - 1, 1)].mean()) + 1e-12) - usual
    cut = fall > _ABRUPT_DB
    says = "Its end is cut off: it stops at once while it is still loud." if cut else "It comes to an end by itself."
    return Measure("ending", round(fall, 0), "dB", says, 5 if cut else 0)


def _length(heard: Heard, expected: Expected) -> Measure:
    asked = expected.seconds
    if not asked:
        return Measure("length", round(heard.seconds, 1), "s", f"It is {_clock(heard.seconds)} long.")
    off = heard.seconds / asked - 1
    wrong = abs(off) > _OFF_LENGTH and abs(heard.seconds - asked) > 3
    how = "shorter" if off < 0 else "longer"
    says = f"It is {_clock(heard.seconds)} long, " + (
        f"{abs(heard.seconds - asked):.0f} s {how} than the {_clock(asked)} asked for."
        if wrong
        else f"as asked for ({_clock(asked)})."
    )
    return Measure("length", round(heard.seconds, 1), "s", says, 3 if wrong else 0)


def _noise(heard: Heard) -> Measure:
    """Steady hiss: in the highest band nothing musical sounds all the time, and hiss does not fall off towards it."""
    if not len(heard.bands):
        return Measure("noise", None, "dB", "It is too short to judge its noise.")
    usual = 10 * log10(float(heard.bands.sum(axis=1).mean()) + 1e-12)
    floor = _db(np.percentile(heard.bands, 3, axis=0)) - usual
    hiss = floor[-1] > _HISS_DB and floor[-1] - floor[-5] > _HISS_SLOPE_DB
    clicks = heard.clicks >= 3
    parts = []
    if hiss:
        parts.append(f"A steady hiss lies {abs(floor[-1]):.0f} dB below the music in the treble.")
    if clicks:
        parts.append(f"It crackles: {heard.clicks} clicks.")
    says = " ".join(parts) or "No hiss and no clicks are heard."
    return Measure("noise", round(float(floor[-1]), 0), "dB", says, (2 if hiss else 0) + (3 if clicks else 0))


def _brightness(heard: Heard, expected: Expected) -> Measure:
    total = heard.spectrum.sum()
    if not total or not len(heard.bands):
        return Measure("brightness", None, "Hz", "There is nothing to judge its brightness by.")
    hertz = np.linspace(0, heard.rate / 2, len(heard.spectrum))
    size = np.sqrt(heard.spectrum)
    centre = float((hertz * size).sum() / size.sum())
    usual = 10 * log10(float(heard.bands.sum(axis=1).mean()) + 1e-12)
    treble = heard.bands[:, EDGES.index(4000) : EDGES.index(8000)].sum(axis=1)
    top = float(_db(np.percentile(treble, 95, keepdims=True))[0]) - usual
    wall = float(_db(np.percentile(heard.bands[:, EDGES.index(5000)], 95, keepdims=True))[0]) - usual < _WALL_DB
    dark = any(word in expected.style.casefold() for word in _DARK_STYLES)
    dull = top < (_DARK_DB if dark else _DULL_DB) or wall
    says = f"The middle of its sound lies at {centre:.0f} Hz" + (
        ": it sounds dull, as through a wall." if dull else ", so it is not dull."
    )
    return Measure("brightness", round(centre, -1), "Hz", says, 2 if dull else 0)


def _tempo(heard: Heard) -> Measure:
    tempo = tempo_of(heard.onsets)
    if tempo is None:
        return Measure("tempo_drift", None, "%", "It has no clear beat for long enough to measure its tempo.")
    drifts = tempo.drift > _DRIFT
    says = f"It keeps its tempo, about {tempo.bpm:.0f} BPM or a simple multiple of that."
    if drifts:
        says = (
            f"Its tempo drifts by {tempo.drift:.1%}, from {tempo.first:.0f} BPM at first to {tempo.last:.0f} at last."
        )
    return Measure("tempo_drift", round(tempo.drift * 100, 1), "%", says, 2 if drifts else 0)


def _sides(heard: Heard) -> list[Measure]:
    if heard.channels < 2:
        return [Measure("sides", None, "dB", "It is mono.")]
    left, right = (10 * log10(float(side) + 1e-12) for side in heard.sides)
    apart = left - right
    lopsided = abs(apart) > _ONE_SIDED_DB
    quiet = "right" if apart > 0 else "left"
    says = f"Almost nothing is on the {quiet} side." if lopsided else f"Left and right are {abs(apart):.1f} dB apart."
    return [Measure("sides", round(apart, 1), "dB", says, 4 if lopsided else 0)]


def winners(named: Sequence[tuple[str, Sequence[Measure]]]) -> list[int]:
    """Which of them least speaks against; several where nothing decides."""
    burdens = [_burden(found) for _, found in named]
    return [index for index, burden in enumerate(burdens) if burden == min(burdens)]


def recommended(named: Sequence[tuple[str, Sequence[Measure]]]) -> str:
    """Which take to keep, and why; or that the measurements do not decide it."""
    best = winners(named)
    told = [f"{name}: {against}" for name, found in named if (against := _against(found))]
    if len(best) < len(named):
        names = " or ".join(named[index][0] for index in best)
        free = not any(_burden(named[index][1]) for index in best)
        why = (
            f"Nothing measured speaks against {'it' if len(best) == 1 else 'them'}."
            if free
            else "It has the least faults."
        )
        return f"Keep {names}. {why} {' '.join(told)}"
    if not told:
        names = named[0][0] if len(named) == 1 else "any of them, so choose by ear"
        return f"Nothing measured speaks against {names}. Taste is not measured."
    if len(named) == 1:
        return told[0]
    return f"None is better by these measurements, so choose by ear. {' '.join(told)}"


def _burden(found: Sequence[Measure]) -> int:
    return sum(measure.weight for measure in found)


def _against(found: Sequence[Measure]) -> str:
    """The sentences of its faults, the worst first."""
    faults = sorted((measure for measure in found if measure.weight), key=lambda measure: -measure.weight)
    return " ".join(measure.says for measure in faults)


def _db(power: Curve | np.ndarray[tuple[int], np.dtype[np.float64]]) -> Curve:
    return (10 * np.log10(np.maximum(power, 1e-12))).astype(np.float32)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
