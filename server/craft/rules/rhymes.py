"""R: rhyme, by sound."""

from collections.abc import Iterator
from itertools import pairwise

from ..bundled import toml
from ..findings import Finding
from ..lyric import Section
from ..plan import scheme_for
from ..rhyme import can_rhyme, rhyme
from ..song import Song

_FEWEST_LINES, _FEWEST_PERFECT = 8, 16
_TOO_FEW, _TOO_CLEAN = 0.2, 0.9
_REACH = 3
_STOCK_PAIRS = 3
_REFRAINS = ("chorus", "hook", "post-chorus", "outro")


def _judged(song: Song) -> tuple[Section, ...]:
    if song.kind == "spoken" or not can_rhyme(song.language):
        return ()
    return song.lyric.of("verse", "pre-chorus", "chorus", "bridge", "hook", "")


def same_word(song: Song) -> Iterator[Finding]:
    """R1: a word rhymed with itself on neighbouring lines."""
    if song.repeats_a_lot:
        return
    for section in song.lyric.sections:
        if section.kind in _REFRAINS:
            continue
        for above, below in zip(section.lines, section.lines[1:], strict=False):
            if above.end and above.end == below.end and above.key != below.key:
                yield Finding("R1", "note", f'"{below.end}" ends two lines in a row.', below.number)


def some_rhyme(song: Song) -> Iterator[Finding]:
    """R2: hardly any rhyme where the genre has it."""
    if not song.genre or "A" not in song.genre.scheme:
        return
    ends = [found for section in _judged(song) for found in _answers(song, section)]
    if len(ends) >= _FEWEST_LINES and sum(found is not None for found in ends) / len(ends) < _TOO_FEW:
        yield Finding("R2", "note", f"Hardly any line rhymes; {song.genre.name} usually does.")


def only_perfect_rhyme(song: Song) -> Iterator[Finding]:
    """R3: every line perfectly rhymed sounds made, except where that is the custom."""
    if song.clean_rhymes or song.language not in (None, "en"):
        return
    ends = [found for section in _judged(song) for found in _answers(song, section)]
    if len(ends) >= _FEWEST_PERFECT and ends.count("perfect") / len(ends) > _TOO_CLEAN:
        yield Finding("R3", "note", "Nearly every line rhymes perfectly; a few near rhymes sound more like speech.")


def stock_pairs(song: Song) -> Iterator[Finding]:
    """R4: fire and desire."""
    listed = {frozenset(pair) for pair in toml("words")["stock_pairs"]}
    met: list[str] = []
    for section in _judged(song):
        for index, line in enumerate(section.lines):
            for other in section.lines[index + 1 : index + 1 + _REACH]:
                pair = frozenset((line.end, other.end))
                if pair in listed and (name := "/".join(sorted(pair))) not in met:
                    met.append(name)
    if len(met) >= _STOCK_PAIRS:
        yield Finding("R4", "note", f"Stock rhymes: {', '.join(met[:4])}.")


def expected_scheme(song: Song) -> Iterator[Finding]:
    """R5: verses that rhyme otherwise than the genre usually does."""
    if not song.genre or "A" not in song.genre.scheme or not can_rhyme(song.language):
        return
    verses = [verse for verse in song.verses if len(verse.lines) >= len(song.genre.scheme)]
    wanted = [scheme_for(song.genre, len(verse.lines)) for verse in verses]
    other = sum(not _holds(song, verse, plan) for verse, plan in zip(verses, wanted, strict=True))
    if verses and other > len(verses) / 2:
        found = song.scheme_of(verses[0])
        yield Finding(
            "R5", "note", f"Verses rhyme {found}; {song.genre.name} more often {wanted[0]}.", verses[0].lines[0].number
        )


def _holds(song: Song, verse: Section, plan: str) -> bool:
    """Whether at least half of the plan's rhymes are there; a fuller rhyme than planned is fine."""
    groups: dict[str, list[str]] = {}
    for letter, line in zip(plan, verse.lines, strict=True):
        if letter != "X":
            groups.setdefault(letter, []).append(line.end)
    pairs = [pair for ends in groups.values() for pair in pairwise(ends)]
    return not pairs or sum(bool(rhyme(a, b, song.language)) for a, b in pairs) * 2 >= len(pairs)


def _answers(song: Song, section: Section) -> list[str | None]:
    """For each line the best rhyme with a neighbour up to three lines away."""
    ends = [line.end for line in section.lines if line.end]
    found: list[str | None] = []
    for index, end in enumerate(ends):
        near = [ends[i] for i in range(max(index - _REACH, 0), min(index + _REACH + 1, len(ends))) if i != index]
        kinds = {rhyme(end, other, song.language) for other in near}
        found.append(next((kind for kind in ("perfect", "near", "same") if kind in kinds), None))
    return found if len(ends) > 1 else []


RULES = (same_word, some_rhyme, only_perfect_rhyme, stock_pairs, expected_scheme)
