"""M: syllables. Thresholds are percentiles of finished songs, so that ordinary songs pass."""

from collections.abc import Iterator
from statistics import median, pstdev

from ..findings import Finding
from ..languages import detect
from ..lyric import Section
from ..song import SUNG_KINDS, Song
from ..syllables import count

_LONG, _LONG_RAPPED, _LONGISH = 16, 20, 13
_MANY = 3  # long lines that are told one by one
_UNEVEN, _UNEVEN_LINES = 3.5, 4
_OUTLIER, _OUTLIER_PART = 5, 0.6
_VERSE_GAP, _CHORUS_GAP, _REFERENCE_GAP = 2.5, 3, 1


def _measured(song: Song) -> list[tuple[Section, tuple[int, ...]]]:
    if song.kind == "spoken":
        return []
    return [
        (section, song.syllables[place])
        for place, section in enumerate(song.lyric.sections)
        if section.kind in (*SUNG_KINDS, "") and song.syllables[place]
    ]


def long_lines(song: Song) -> Iterator[Finding]:
    """M1: lines too long for one breath."""
    if song.kind == "spoken":
        return
    hard = (_LONG_RAPPED if song.rap else _LONG) * song.stretch
    soft = _LONGISH * song.stretch
    counted = [(song.count(line), line.number) for line in song.lyric.lines]
    over = [number for syllables, number in counted if syllables > hard]
    if len(over) > _MANY:
        advice = "they will be rushed" if song.rap else 'split them, or say kind="rap" if they are rapped'
        yield Finding("M1", "warn", f"{len(over)} lines have more than {hard:g} syllables: {advice}.", over[0])
        return
    for syllables, number in counted:
        if syllables > hard:
            yield Finding("M1", "warn", f"{syllables} syllables in one line; it will be rushed. Split it.", number)
        elif syllables > soft and not song.rap:
            yield Finding("M1", "note", f"{syllables} syllables: a long line for singing.", number)


def uneven_sections(song: Song) -> Iterator[Finding]:
    """M2: line lengths that differ wildly within a section."""
    for section, counts in _measured(song):
        if len(counts) >= _UNEVEN_LINES and pstdev(counts) > _UNEVEN * song.stretch:
            name = section.label or "untagged"
            why = f"Lines of [{name}] run from {min(counts)} to {max(counts)} syllables; even them out."
            yield Finding("M2", "warn", why, section.lines[0].number)


def odd_lines(song: Song) -> Iterator[Finding]:
    """M3: one line far from its neighbours."""
    for section, _ in _measured(song):
        lines = [(line, syllables) for line in section.lines if (syllables := song.count(line))]
        if len(lines) < _UNEVEN_LINES:
            continue
        middle = median(syllables for _, syllables in lines)
        allowed = max(_OUTLIER * song.stretch, _OUTLIER_PART * middle)
        for line, syllables in lines:
            if abs(syllables - middle) > allowed:
                why = f"{syllables} syllables where the section has about {middle:g}."
                yield Finding("M3", "note", why, line.number)


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
            why = f"About {abs(gap):g} syllables a line {more} than the first verse: the tune will not fit."
            yield Finding("M4", "warn", why, number)


def heavy_chorus(song: Song) -> Iterator[Finding]:
    """M5: a chorus is usually lighter than the verse."""
    measured = _measured(song)
    verse = [n for section, counts in measured if section.kind == "verse" for n in counts]
    chorus = [n for section, counts in measured if section.kind == "chorus" for n in counts]
    if verse and chorus and median(chorus) > median(verse) + _CHORUS_GAP * song.stretch:
        why = f"The chorus is wordier ({median(chorus):g} syllables a line) than the verse ({median(verse):g})."
        yield Finding("M5", "note", why, song.choruses[0].lines[0].number if song.choruses else None)


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


RULES = (long_lines, uneven_sections, odd_lines, parallel_verses, heavy_chorus, against_reference)
