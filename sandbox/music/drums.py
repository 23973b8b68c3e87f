"""Drum and percussion parts: the genre's pattern, lighter or fuller with the section, with fills between."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from .dice import dice
from .genre import Genre
from .score import Arrangement, Event, Section

if TYPE_CHECKING:
    from numpy.random import Generator

LANES: Final[dict[str, int]] = {
    "kick": 36,
    "rim": 37,
    "snare": 38,
    "clap": 39,
    "hat": 42,
    "open hat": 46,
    "tom": 45,
    "high tom": 48,
    "low tom": 43,
    "crash": 49,
    "ride": 51,
    "tambourine": 54,
    "cowbell": 56,
    "conga": 63,
    "low conga": 64,
    "timbale": 65,
    "shaker": 82,
    "claves": 75,
    "crackle": 70,
}
PERCUSSION: Final = frozenset({"tambourine", "cowbell", "conga", "low conga", "timbale", "shaker", "claves", "crackle"})
_LOUDNESS: Final = {"X": 0.95, "x": 0.7, "o": 0.42}
_STEADY: Final = frozenset({"808", "909", "none"})
"""Kits whose player is a machine: no ghost notes, no late thoughts of the foot."""
_PULSE: Final = (1.06, 0.9, 0.98, 0.9)
"""How a hand weighs the sixteenths of a beat."""
_HAND: Final = {"shaker": "x.o.x.o.x.o.x.o.", "conga": "..o.x.xx..o.x.x.", "low conga": "........x......."}
_WALTZ: Final = {"kick": "X...........", "rim": "....o...o...", "hat": "o...x...x..."}

# What a section with little energy leaves out, quietest first.
_QUIET: Final = {
    0.45: {"snare", "kick", "clap", "open hat", "ride", "conga", "cowbell", "tom"},
    0.6: {"clap", "open hat", "cowbell", "tambourine"},
    0.75: {"open hat", "crash"},
}


def energy(section: Section, index: int, count: int) -> float:
    """Return how much the band gives in a section, 0…1; it grows a little towards the end of the song."""
    base = {
        "intro": 0.5,
        "verse": 0.62,
        "pre-chorus": 0.78,
        "chorus": 1.0,
        "hook": 0.95,
        "instrumental": 0.8,
        "solo": 0.92,
        "bridge": 0.6,
        "outro": 0.5,
        "end": 0.4,
    }.get(section.kind, 0.7)
    return min(1.0, base + 0.15 * index / max(1, count))


def energy_at(song: Arrangement, seconds: float) -> float:
    """Return how much the band gives at a moment of a song."""
    starts = [song.time(section.beat) for section in song.sections]
    index = max(0, bisect_right(starts, seconds - 0.01) - 1)
    return energy(song.sections[index], index, len(starts))


def beat_tracks(
    genre: Genre, sections: Iterable[Section], meter: int, theme: int, parts: set[str], hand: bool
) -> dict[str, list[Event]]:
    """Return the events of "drums" and "percussion", as far as they are in `parts`."""
    lanes = _lanes(genre, meter, hand=hand)
    chance = dice(theme, "drums", genre.kit)
    sections = list(sections)
    tracks: dict[str, list[Event]] = {"drums": [], "percussion": []}
    for index, section in enumerate(sections):
        power = energy(section, index, len(sections))
        silent = set().union(*(names for limit, names in _QUIET.items() if power < limit))
        bars = max(1, round(section.beats / meter))
        last_section = index == len(sections) - 1
        for bar in range(bars):
            start = section.beat + bar * meter
            fill = bar == bars - 1 and not last_section and bars >= 2 and genre.fill != "none" and "drums" in parts
            for lane, pattern in lanes.items():
                part = "percussion" if lane in PERCUSSION else "drums"
                if lane in silent or part not in parts:
                    continue
                steps = meter * 4
                turn = bar % max(1, len(pattern) // steps) * steps
                for step, mark in enumerate(pattern[turn : turn + steps]):
                    if mark == "." or (fill and step >= steps - 8 and lane in ("snare", "kick", "clap", "hat", "rim")):
                        continue
                    if mark != "X" and step % 4 and float(chance.random()) < (0.15 if mark == "o" else 0.09):
                        continue
                    weight = _PULSE[step % 4] if lane in ("hat", "ride", "shaker", "tambourine") else 1.0
                    velocity = _LOUDNESS[mark] * (0.72 + 0.28 * power) * weight * float(chance.uniform(0.88, 1.06))
                    tracks[part].append(Event(start + step / 4, 0.25, LANES[lane], round(min(velocity, 1.0), 3)))
            if "drums" in parts:
                turn_around = bar % 4 == 3 and not fill
                tracks["drums"] += _afterthoughts(genre, lanes, start, meter, power, chance, turn_around=turn_around)
            if fill:
                tracks["drums"].extend(_fill(genre.fill, start + meter - 2, power, lanes))
        if "drums" in parts and power >= 0.8 and bars >= 2 and genre.kit not in ("808", "dusty", "orchestra", "none"):
            tracks["drums"].append(Event(section.beat, 1.0, LANES["crash"], 0.6))
    return {part: sorted(events, key=lambda event: event.beat) for part, events in tracks.items() if events}


def _afterthoughts(
    genre: Genre, lanes: dict[str, str], start: float, meter: int, power: float, chance: Generator, *, turn_around: bool
) -> list[Event]:
    """Return what a drummer adds without thinking: ghost notes, a foot that is early, a sign every fourth bar."""
    steps = meter * 4
    added: list[tuple[int, str, float]] = []

    def think(lane: str, places: tuple[int, ...], loud: float, often: float) -> None:
        """Add one stroke in a free place of the bar, as often as that."""
        free = [step for step in places if step < steps and lanes[lane][step % len(lanes[lane])] == "."]
        if float(chance.random()) < often and free:
            added.append((free[int(chance.integers(len(free)))], lane, loud))

    if genre.kit not in _STEADY:
        soft = next((lane for lane in ("snare", "rim", "tom", "hat") if lane in lanes), None)
        if soft is not None and power >= 0.6:
            think(soft, (5, 7, 9, 11, 15), 0.17, 0.75)
        if "kick" in lanes:
            think("kick", (1, 5, 6, 7, 9, 10, 11, 13, 14), 0.4, 0.65 if power >= 0.6 else 0.35)
    if turn_around and "hat" in lanes:
        added.append((steps - 2, "open hat", 0.45))
    return [
        Event(start + step / 4, 0.25, LANES[lane], round(loud * (0.8 + 0.2 * power), 3))
        for step, lane, loud in added
        if step < steps - (0 if turn_around else 2)
    ]


def _lanes(genre: Genre, meter: int, *, hand: bool) -> dict[str, str]:
    lanes = dict(genre.drums) if meter == 4 or all(len(p) == 12 for p in genre.drums.values()) else dict(_WALTZ)
    if not lanes:
        lanes = (
            {"kick": "X.......x.......", "hat": "o.o.o.o.o.o.o.o.", "rim": "....x.......x..."}
            if meter == 4
            else dict(_WALTZ)
        )
    if hand and not PERCUSSION & lanes.keys():
        lanes |= {lane: pattern[: meter * 4] for lane, pattern in _HAND.items()}
    return lanes


def _fill(kind: str, start: float, power: float, lanes: dict[str, str]) -> list[Event]:
    """Return two beats of fill that lead into the next section."""
    if kind == "snare":
        hits = [
            (0, "snare", 0.6),
            (0.5, "snare", 0.65),
            (1, "snare", 0.75),
            (1.25, "snare", 0.6),
            (1.5, "snare", 0.8),
            (1.75, "kick", 0.7),
        ]
    elif kind == "toms":
        hits = [
            (0, "high tom", 0.75),
            (0.25, "high tom", 0.6),
            (0.5, "high tom", 0.7),
            (1, "tom", 0.8),
            (1.25, "tom", 0.65),
            (1.5, "low tom", 0.85),
            (1.75, "low tom", 0.75),
        ]
    elif kind == "roll":
        hits = [(step / 4, "clap" if "clap" in lanes else "snare", 0.35 + 0.07 * step) for step in range(8)]
    elif kind == "hats":
        hits = [(step / 8, "hat", 0.3 + 0.03 * step) for step in range(16)] + [(1.0, "clap", 0.7)]
    elif kind == "timbales":
        hits = [
            (0, "rim", 0.7),
            (0.5, "high tom", 0.75),
            (0.75, "high tom", 0.6),
            (1.25, "high tom", 0.8),
            (1.5, "tom", 0.8),
        ]
    else:
        hits = [(0, "snare", 0.35), (0.5, "snare", 0.4), (1, "snare", 0.5), (1.5, "snare", 0.55)]
    return [
        Event(start + beat, 0.25, LANES[lane], round(min(1.0, loud * (0.7 + 0.3 * power)), 3))
        for beat, lane, loud in hits
    ]
