"""What the band plays over the chords: basses, comping, arpeggios, pads, answers to the singer.

Patterns have one character per sixteenth. In bass patterns a letter starts a note, `.` lets it ring and `,` stops it:
R root, 3 third, 5 fifth, 7 seventh, 8 octave. In chord patterns `X`, `x`, `o` are loud, normal and soft chords and
`b` is the lowest string alone. A pattern is cut to the bar where the bar is shorter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .dice import dice
from .drums import energy
from .harmony import KINDS, bass_pitch, voicing
from .melody import Tune, line_tones
from .score import Chair, Chord, Event, Section

BASSES: Final[dict[str, str]] = {
    "push": "R.....R.R.....5.",
    "eighths": "R.R.R.R.R.R.R.R.",
    "boom": "R....,..5....,..",
    "bossa": "R.....5.5.....R.",
    "tumbao": "R.....5.....8...",
    "dub": "R...,.3.5..,R.,.",
    "sub": "R.....,...R...,.",
    "root": "R...............",
    "funk": "R..,..8,.7,R..5.",
    "octave": "R.8.R.8.R.8.R.85",
    "off": ",.R.,.R.,.R.,.R.",
    "pulse": "R.R.R.R.R.R.8.R.",
    "acid": "RR8,RRR,R7R,8RR5",
    "long": "R...............",
}

# pattern, length of a chord in beats (0 = until the next), seconds between the strings of a strum in beats
CHORDS: Final[dict[str, tuple[str, float, float]]] = {
    "block": ("X...x...x..xx...", 0.0, 0.0),
    "quarter": ("o...x...o...x...", 0.5, 0.02),
    "power": ("X.......X.x.X...", 0.0, 0.01),
    "chug": ("XoxxoxxxXoxxoxxo", 0.2, 0.0),
    "strum": ("X...x.o...o.x.o.", 0.0, 0.03),
    "boomchick": ("b...X.o.b...X.o.", 0.6, 0.02),
    "offbeat": ("..x...x...x...x.", 0.3, 0.01),
    "skank": ("....X.......X...", 0.3, 0.015),
    "bubble": ("..o.x.o...o.x.o.", 0.22, 0.0),
    "bossa": ("b..x..x.b.x..x..", 0.6, 0.015),
    "hits": ("X..x............", 0.35, 0.0),
    "sparse": ("x.........o.....", 0.0, 0.05),
    "chops": ("....x..o....x.o.", 0.15, 0.01),
    "funk": ("x.oxo.xox.oxo.xo", 0.12, 0.008),
    "disco": ("x.......x...xoxo", 0.4, 0.0),
    "stabs": ("X..x..x...x..x..", 0.35, 0.0),
    "housepiano": ("X..x..x.x..x..x.", 0.4, 0.0),
    "waltz": ("b...x...x...x...", 0.8, 0.01),
}

# order of the voices (-1 = the bass string, 10 more = an octave up), length of one step in beats
ARPEGGIOS: Final[dict[str, tuple[tuple[int, ...], float]]] = {
    "pick": ((0, 2, 1, 3, 2, 1, 3, 2), 0.5),
    "fingerpick": ((-1, 2, 1, 3, 0, 2, 1, 3), 0.5),
    "arp": ((0, 1, 2, 10, 2, 1, 11, 2), 0.25),
    "roll": ((0, 2, 1, 3, 1, 2), 0.5),
    "montuno": ((0, 2, 10, 1, 2, 10, 0, 12), 0.5),
    "ostinato": ((0, 0, 1, 0, 2, 0, 1, 0), 0.5),
}

COMPS: Final = ("x.....o.........", "..x.....x.......", "......x.......x.", "x..x......o.....", "....x.....x.....")
_CENTERS: Final = {
    "keyboard": 60,
    "guitar": 57,
    "synth": 64,
    "strings": 67,
    "brass": 63,
    "woodwinds": 72,
    "percussion": 48,
}
# A chair further back in the band waits for a section with this much energy.
_ENTRANCE: Final = (0.0, 0.0, 0.55, 0.68, 0.8, 0.9)
_LOUD: Final = {"X": 0.88, "x": 0.74, "o": 0.52, "b": 0.78}


@dataclass(frozen=True)
class Chart:
    """What every player reads: the form, the chords, the common tune, and where the singer sings."""

    sections: tuple[Section, ...]
    chords: tuple[Chord, ...]
    meter: int
    theme: int
    tune: Tune
    gaps: tuple[tuple[float, float], ...] = ()


def part_events(chair: Chair, rank: int, chart: Chart) -> tuple[Event, ...]:
    """Return what the player in `chair`, `rank` seats from the front, plays in the whole song."""
    events: list[Event] = []
    for index, section in enumerate(chart.sections):
        power = energy(section, index, len(chart.sections))
        if power < _ENTRANCE[min(rank, len(_ENTRANCE) - 1)] and chair.manner not in ("rise", "wind"):
            continue
        start, end = section.beat, section.beat + section.beats
        chords = [chord for chord in chart.chords if start - 1e-6 <= chord.beat < end - 1e-6]
        events += [_scaled(event, 0.8 + 0.2 * power) for event in _play(chair, chords, section, chart)]
    last = chart.sections[-1]
    return tuple(sorted((e for e in events if e.beat < last.beat + last.beats), key=lambda e: (e.beat, e.pitch)))


def final_chord(chairs: tuple[Chair, ...], chord: Chord, beat: float, beats: float) -> dict[str, tuple[Event, ...]]:
    """Return the last chord that everybody who can hold one lets ring."""
    held: dict[str, tuple[Event, ...]] = {}
    for chair in chairs:
        if chair.part == "bass":
            held[chair.part] = (Event(beat, beats, bass_pitch(chord.root), 0.7),)
        elif chair.part in ("keyboard", "guitar", "synth", "strings") and chair.manner not in ("lead", "answer"):
            power = chair.manner in ("power", "chug")
            pitches = _power(chord) if power else voicing(chord.root, chord.kind, _CENTERS[chair.part])
            held[chair.part] = tuple(Event(beat + i * 0.03, beats, pitch, 0.6) for i, pitch in enumerate(pitches))
    return held


def _scaled(event: Event, by: float) -> Event:
    return Event(event.beat, event.beats, event.pitch, round(min(1.0, event.velocity * by), 3))


def _play(chair: Chair, chords: list[Chord], section: Section, chart: Chart) -> list[Event]:
    manner = chair.manner
    if manner == "rise":
        return [Event(section.beat + section.beats - 4, 4.0, 60, 0.6)] if section.beats >= 8 else []
    if manner == "wind":
        return [Event(section.beat, section.beats, 60, 0.5)]
    if manner == "answer":
        return _answers(chair, section, chart)
    if manner == "drops":
        return _drops(chair, chords, chart)
    if chair.part == "bass":
        return _walk(chords, chart) if manner == "walk" else _bass(manner, chords, chart)
    if manner == "shuffle":
        return _shuffle(chords)
    if manner == "riff":
        return _riff(chair, chords, chart)
    if manner in ARPEGGIOS:
        return _arpeggio(chair, chords)
    if manner in CHORDS or manner == "comp":
        return _chords(chair, chords, section, chart)
    return _pad(chair, chords)


def _bass(manner: str, chords: list[Chord], chart: Chart) -> list[Event]:
    pattern = BASSES.get(manner, BASSES["push"])
    low = 28 if manner in ("sub", "dub", "long", "root") else 31
    events: list[Event] = []
    for chord in chords:
        root = bass_pitch(chord.root, low)
        steps = KINDS[chord.kind]
        fifth = next((s for s in steps if s in (6, 7)), 7)
        pitches = {
            "R": root,
            "3": root + (steps[1] if steps[1] in (3, 4) else 4),
            "5": root + fifth,
            "7": root + 10,
            "8": root + 12,
        }
        if manner in ("long", "root"):
            events.append(Event(chord.beat, chord.beats * 0.97, root, 0.8))
            continue
        marks = _marks(pattern, chord, chart.meter)
        for at, mark in marks:
            if mark in pitches:
                end = next((b for b, m in marks if b > at and m != "."), chord.beat + chord.beats)
                events.append(Event(at, (end - at) * 0.92, pitches[mark], 0.86 if at % chart.meter == 0 else 0.74))
    return events


def _marks(pattern: str, chord: Chord, meter: int) -> list[tuple[float, str]]:
    """Return (beat, mark) for every sixteenth of the chord; patterns start with the bar, not with the chord."""
    count = round(chord.beats * 4)
    first = round(chord.beat % meter * 4)
    return [(chord.beat + i / 4, pattern[(first + i) % (meter * 4) % len(pattern)]) for i in range(count)]


def _walk(chords: list[Chord], chart: Chart) -> list[Event]:
    """Return quarter notes that outline each chord and step into the next root."""
    chance = dice(chart.theme, "walk", chords[0].beat if chords else 0)
    events: list[Event] = []
    for index, chord in enumerate(chords):
        root = bass_pitch(chord.root, 31)
        following = bass_pitch(chords[(index + 1) % len(chords)].root, 31)
        steps = [step for step in KINDS[chord.kind] if step < 12]
        for quarter in range(max(1, round(chord.beats))):
            if quarter == 0:
                pitch = root
            elif quarter == round(chord.beats) - 1:
                pitch = following + (-1 if chance.random() < 0.5 else 1)
            else:
                pitch = root + steps[(quarter + int(chance.integers(2))) % len(steps)]
            events.append(Event(chord.beat + quarter, 0.92, pitch, 0.82 if quarter % 2 == 0 else 0.74))
    return events


def _pad(chair: Chair, chords: list[Chord]) -> list[Event]:
    events: list[Event] = []
    before: tuple[int, ...] = ()
    for chord in chords:
        before = voicing(chord.root, chord.kind, _CENTERS.get(chair.part, 60), before=before)
        events += [Event(chord.beat, chord.beats * 1.0, pitch, 0.62) for pitch in before]
    return events


def _power(chord: Chord) -> tuple[int, ...]:
    root = bass_pitch(chord.root, 40)
    return (root, root + (6 if chord.kind in ("dim", "m7b5") else 7), root + 12)


def _chords(chair: Chair, chords: list[Chord], section: Section, chart: Chart) -> list[Event]:
    manner = chair.manner
    events: list[Event] = []
    before: tuple[int, ...] = ()
    chance = dice(chart.theme, "comp", section.kind, chair.part)
    pattern, length, strum = CHORDS.get(manner, (COMPS[0], 0.45, 0.0))
    for chord in chords:
        if manner == "comp":
            pattern = COMPS[int(chance.integers(len(COMPS)))]
        if manner == "hits" and (
            section.kind not in ("chorus", "hook", "solo", "instrumental") or chord.beat % (2 * chart.meter)
        ):
            continue
        heavy = manner in ("power", "chug")
        before = (
            _power(chord) if heavy else voicing(chord.root, chord.kind, _CENTERS.get(chair.part, 60), before=before)
        )
        marks = _marks(pattern, chord, chart.meter)
        for at, mark in marks:
            if mark == ".":
                continue
            end = next((b for b, m in marks if b > at and m != "."), chord.beat + chord.beats)
            beats = (end - at) * 0.95 if length == 0 else min(length, chord.beat + chord.beats - at)
            if mark == "b":
                events.append(Event(at, max(beats, 0.8), bass_pitch(chord.root, 40), 0.74))
                continue
            pitches = before[:1] if manner == "chug" and mark == "o" else before
            events += [Event(round(at + i * strum, 4), beats, pitch, _LOUD[mark]) for i, pitch in enumerate(pitches)]
    return events


def _arpeggio(chair: Chair, chords: list[Chord]) -> list[Event]:
    order, step = ARPEGGIOS[chair.manner]
    ring = 0.9 if chair.manner in ("arp", "ostinato", "montuno") else 2.6
    events: list[Event] = []
    before: tuple[int, ...] = ()
    for chord in chords:
        before = voicing(chord.root, chord.kind, _CENTERS.get(chair.part, 60), before=before)
        for index in range(round(chord.beats / step)):
            voice = order[index % len(order)]
            pitch = bass_pitch(chord.root, 40) if voice < 0 else before[voice % 10 % len(before)] + 12 * (voice // 10)
            beats = min(step * ring, chord.beats - index * step + 0.2)
            events.append(Event(chord.beat + index * step, beats, pitch, 0.74 if index % 4 == 0 else 0.6))
    return events


def _shuffle(chords: list[Chord]) -> list[Event]:
    """Return the boogie figure: fifth and sixth over the root in swung eighths."""
    events: list[Event] = []
    for chord in chords:
        root = bass_pitch(chord.root, 40)
        for index in range(round(chord.beats * 2)):
            top = root + (7 if index // 2 % 2 == 0 else 9)
            loud = 0.72 if index % 2 == 0 else 0.58
            events += [Event(chord.beat + index / 2, 0.42, pitch, loud) for pitch in (root, top)]
    return events


def _riff(chair: Chair, chords: list[Chord], chart: Chart) -> list[Event]:
    """Return a short figure of chord tones, the same in every bar of the song."""
    chance = dice(chart.theme, "riff", chair.part)
    onsets = sorted(
        {0.0, *(float(step) / 4 for step in chance.choice(np.arange(2, chart.meter * 4 - 2), 4, replace=False))}
    )
    voices = [int(v) for v in chance.integers(0, 4, len(onsets))]
    events: list[Event] = []
    for chord in chords:
        pitches = voicing(chord.root, chord.kind, _CENTERS.get(chair.part, 60))
        for bar in range(max(1, round(chord.beats / chart.meter))):
            events += [
                Event(chord.beat + bar * chart.meter + onset, 0.4, pitches[voice % len(pitches)], 0.66)
                for onset, voice in zip(onsets, voices, strict=True)
                if onset < chord.beats
            ]
    return events


def _drops(chair: Chair, chords: list[Chord], chart: Chart) -> list[Event]:
    """Return a few high notes, far apart, like rain from a roof."""
    events: list[Event] = []
    for chord in chords:
        chance = dice(chart.theme, "drops", chord.beat)
        pitches = voicing(chord.root, chord.kind, _CENTERS.get(chair.part, 60) + 12)
        for _ in range(max(1, round(chord.beats / 3))):
            at = float(chance.integers(0, max(1, round(chord.beats * 2)))) / 2
            events.append(
                Event(
                    chord.beat + at, 2.5, pitches[int(chance.integers(len(pitches)))], float(chance.uniform(0.4, 0.65))
                )
            )
    return events


def _answers(chair: Chair, section: Section, chart: Chart) -> list[Event]:
    """Return short phrases in the places where the singer breathes."""
    events: list[Event] = []
    end = section.beat + section.beats
    for index, (a, b) in enumerate(chart.gaps):
        start, stop = max(a, section.beat), min(b, end)
        if stop - start < 1.4 or index % 2:
            continue
        chance = dice(chart.theme, "answer", chair.part, index % 4)
        length = min(stop - start, 4.0)
        tones = line_tones(
            chart.tune, f"answer {chair.part}", index % 4, int(chance.integers(3, 6)), start, length, chart.chords
        )
        events += [Event(t.beat, t.beats * 0.9, t.pitch, t.velocity * 0.85) for t in tones if t.beat + 0.2 < stop]
    return events
