"""A song as a music program sees it: tracks, a tempo map, markers and words, all counted from its first sample."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import isclose

from ...core.sung import SungLine

UNKNOWN_TEMPO = 120.0
"""What a project has while nobody knows the tempo: every program needs one."""
SLOWEST, FASTEST = 20.0, 666.0
"""Beats per minute that music programs take."""


@dataclass(frozen=True)
class TempoMap:
    """Tempo over time: (second, beats per minute) from each second on; the first is at 0. `meter` as (3, 4)."""

    points: tuple[tuple[float, float], ...] = ((0.0, UNKNOWN_TEMPO),)
    meter: tuple[int, int] = (4, 4)

    @property
    def first(self) -> float:
        """Beats per minute at the start."""
        return self.points[0][1]

    def beats(self, seconds: float) -> float:
        """Quarter notes from the start to a second."""
        starts, counts = self._counted
        index = max(bisect_right(starts, seconds) - 1, 0)
        return counts[index] + max(seconds - starts[index], 0.0) * self.points[index][1] / 60

    @cached_property
    def _counted(self) -> tuple[list[float], list[float]]:
        """Where the tempi begin, in seconds and in quarter notes: a foreign score may have very many of both."""
        starts, counts = [begin for begin, _ in self.points], [0.0]
        for (begin, bpm), (end, _) in pairwise(self.points):
            counts.append(counts[-1] + max(end - begin, 0.0) * bpm / 60)
        return starts, counts

    @staticmethod
    def of(points: Sequence[tuple[float, float]], meter: tuple[int, int] = (4, 4)) -> TempoMap:
        """A map without impossible tempi and without changes that change nothing."""
        kept = list[tuple[float, float]]()
        for at, bpm in sorted(points, key=lambda point: point[0]):
            bpm = min(max(bpm, SLOWEST), FASTEST)
            if kept and at <= kept[-1][0]:
                kept[-1] = (kept[-1][0], bpm)
            elif not kept or not isclose(kept[-1][1], bpm, rel_tol=1e-4):
                kept.append((at if kept else 0.0, bpm))
        return TempoMap(tuple(kept) or ((0.0, UNKNOWN_TEMPO),), meter)


@dataclass(frozen=True)
class Note:
    """A note, in seconds."""

    start: float
    end: float
    key: int
    velocity: int
    """1 to 127."""


@dataclass(frozen=True)
class Notes:
    """What one instrument plays; `channel` counts from 0, 9 is drums; `program` as General MIDI counts from 0."""

    name: str
    notes: tuple[Note, ...]
    channel: int = 0
    program: int | None = None


@dataclass(frozen=True)
class Sound:
    """An audio track. `file` is its path in the project's folder, with forward slashes."""

    name: str
    file: str
    seconds: float
    rate: int
    channels: int
    muted: bool = False
    """Heard only when somebody asks for it, so that nothing sounds twice."""


@dataclass(frozen=True)
class Session:
    """A whole project."""

    title: str
    artist: str
    seconds: float
    tempo: TempoMap = field(default_factory=TempoMap)
    sounds: tuple[Sound, ...] = ()
    players: tuple[Notes, ...] = ()
    lines: tuple[SungLine, ...] = ()
    style: str = ""
    comment: str = ""

    @property
    def markers(self) -> tuple[tuple[float, str], ...]:
        """Where sections begin: second and name."""
        found, place = list[tuple[float, str]](), 0
        for line in self.lines:
            if line.section is not None and line.place != place:
                found.append((line.start, line.section))
            place = line.place
        return tuple(found)
