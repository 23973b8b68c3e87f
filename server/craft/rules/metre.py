"""M: syllables. Only what an engine will rush or squeeze is told; a metre that is kept is its writer's business."""

import re
from collections.abc import Iterator
from statistics import median, pstdev

from ..findings import Finding
from ..languages import detect
from ..lyric import Line, Section
from ..song import SUNG_KINDS, Song
from ..syllables import count

_LONG, _LONG_RAPPED = 16, 20
_MANY = 3  # long lines that are told one by one
_REGULAR = 2.0  # standard deviation up to which long lines are a metre and not an accident
_HOPELESS = 1.75  # times the limit: nobody sings that in one breath, regular or not
_UNEVEN, _UNEVEN_LINES = 3.5, 4
_VERSE_GAP, _REFERENCE_GAP = 2.5, 1
_BREATH = re.compile(r"[,;:.!?…،؛。、，；！？]|\s[-–—]+\s|[–—]")


def _measured(song: Song) -> list[tuple[Section, tuple[int, ...]]]:
    if song.kind == "spoken":
        return []
    return [
        (section, song.syllables[place])
        for place, section in enumerate(song.lyric.sections)
        if section.kind in (*SUNG_KINDS, "") and song.syllables[place]
    ]


def long_lines(song: Song) -> Iterator[Finding]:
    """M1: lines too long for one breath, unless the whole section keeps to that length."""
    if song.kind == "spoken":
        return
    hard = (_LONG_RAPPED if song.rap else _LONG) * song.stretch
    over: list[tuple[int, int]] = []
    for place, section in enumerate(song.lyric.sections):
        counts = song.syllables[place]
        regular = len(counts) > 1 and pstdev(counts) <= _REGULAR * song.stretch
        most = hard * _HOPELESS if regular else hard
        over += [
            (n, line.number) for line in section.lines if song.count(line) > most and (n := _breath(song, line)) > most
        ]
    if len(over) > _MANY:
        advice = "they will be rushed" if song.rap else 'split them, or say kind="rap" if they are rapped'
        yield Finding("M1", "warn", f"{len(over)} lines have more than {hard:g} syllables: {advice}.", over[0][1])
        return
    for syllables, number in over:
        yield Finding("M1", "warn", f"{syllables} syllables in one breath; it will be rushed. Split it.", number)


def _breath(song: Song, line: Line) -> int:
    """Syllables of the longest part of a line between two pauses."""
    return max((count(part, song.language).usual for part in _BREATH.split(line.sung) if part.strip()), default=0)


def uneven_sections(song: Song) -> Iterator[Finding]:
    """M2: line lengths that differ wildly within a section."""
    if song.rap:
        return
    for section, counts in _measured(song):
        if len(counts) >= _UNEVEN_LINES and pstdev(counts) > _UNEVEN * song.stretch:
            name = section.label or "untagged"
            why = f"Lines of [{name[:40]}] run from {min(counts)} to {max(counts)} syllables: the long ones get rushed."
            yield Finding("M2", "note", why, section.lines[0].number)


def parallel_verses(song: Song) -> Iterator[Finding]:
    """M4: verses are sung to one tune, so their lines should be alike."""
    counts = {section.lines[0].number: counts for section, counts in _measured(song) if section.kind == "verse"}
    if len(counts) < 2 or song.rap:
        return
    (_, first), *others = counts.items()
    for number, counted in others:
        gap = median(counted) - median(first)
        if abs(gap) > _VERSE_GAP * song.stretch:
            more = "longer" if gap > 0 else "shorter"
            why = f"About {abs(gap):g} syllables a line {more} than the first verse: it will get a different tune."
            yield Finding("M4", "note", why, number)


def against_reference(song: Song) -> Iterator[Finding]:
    """M6: an adaptation should match the original line by line."""
    if song.reference is None:
        return
    language = detect("\n".join(line.sung for line in song.reference.lines))
    for line, original in zip(song.lyric.lines, song.reference.lines, strict=False):
        wanted, got = count(original.sung, language), count(line.sung, song.language)
        if got.low > wanted.high + _REFERENCE_GAP or got.high < wanted.low - _REFERENCE_GAP:
            yield Finding("M6", "note", f"{got.usual} syllables; the original has {wanted.usual}.", line.number)
    missing = len(song.reference.lines) - len(song.lyric.lines)
    if missing:
        yield Finding("M6", "note", f"{abs(missing)} lines {'fewer' if missing > 0 else 'more'} than the original.")


RULES = (long_lines, uneven_sections, parallel_verses, against_reference)
