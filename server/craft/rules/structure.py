"""S: the form of the song."""

from collections import Counter
from collections.abc import Iterator

from ..findings import Finding
from ..languages import WORD
from ..lyric import Section
from ..plan import verse_limit
from ..song import Song

_VERSE_LINES_APART = 1
_LONGEST_SECTION = 16
_CHORUS_KEPT = 0.5
_LONG_SONG, _CHORUSES = 90, 2
_LINE_REPEATS = 8
_RUN = 4
_SAME_WORDS, _CONTENT_LETTERS, _ENOUGH_CONTENT = 0.5, 4, 6
_FIRST_CHORUS, _FIRST_CHORUS_SLOW = 45, 60
_NO_CHORUS_FORMS = ("standard", "blues", "lofi", "dance")


def verse_lines(song: Song) -> Iterator[Finding]:
    """S1: verses of one song usually have the same number of lines."""
    if len(song.verses) < 2 or song.kind == "spoken":
        return
    first, *others = song.verses
    for verse in others:
        if abs(len(verse.lines) - len(first.lines)) > _VERSE_LINES_APART:
            why = f"{len(verse.lines)} lines where the first verse has {len(first.lines)}: fine if intended."
            yield Finding("S1", "warn", why, verse.lines[0].number)


def long_sections(song: Song) -> Iterator[Finding]:
    """S2: verses too long for the tempo; any section of more than sixteen lines."""
    if song.rap or song.kind == "spoken":
        return
    for section in song.lyric.sections:
        lines = len(section.lines)
        if not section.kind:
            continue  # an untagged lyric is T1's business
        if lines > _LONGEST_SECTION:
            yield Finding("S2", "warn", f"{lines} lines in one section; split it.", section.lines[0].number)
        elif section.kind == "verse" and song.bpm and lines > (most := _verse_limit(song, song.bpm)):
            why = f"{lines} lines in a verse at {song.bpm:g} BPM; about {most} sit well."
            yield Finding("S2", "warn", why, section.lines[0].number)


def _verse_limit(song: Song, bpm: float) -> int:
    return max(verse_limit(bpm), song.genre.verse if song.genre else 0)


def steady_chorus(song: Song) -> Iterator[Finding]:
    """S3: a chorus that drifts loses the hook."""
    by_kind: dict[str, Section] = {}
    for section in song.choruses:
        first = by_kind.setdefault(section.kind, section)
        if first is section:
            continue
        known, now = Counter(line.key for line in first.lines), Counter(line.key for line in section.lines)
        share = sum((known & now).values()) / max(len(first.lines), len(section.lines))
        if 0 < share < _CHORUS_KEPT:
            why = "This chorus keeps less than half of the first one's lines; repeat it word for word or rename it."
            yield Finding("S3", "warn", why, section.lines[0].number)


def enough_chorus(song: Song) -> Iterator[Finding]:
    """S4: a hook heard once is no hook."""
    if not song.seconds or song.seconds < _LONG_SONG or song.kind in ("spoken", "jingle") or not song.lyric.lines:
        return
    if song.genre and song.genre.template in _NO_CHORUS_FORMS:
        return
    if any(tag.opens for tag in song.lyric.tags) and len(song.choruses) < _CHORUSES:
        met = "is no chorus" if not song.choruses else "is only one chorus"
        yield Finding("S4", "note", f"There {met} or hook in {song.seconds:g} s; two or three are usual.")


def worn_lines(song: Song) -> Iterator[Finding]:
    """S5: one line very often."""
    if song.repeats_a_lot:
        return
    counted = Counter(line.key for line in song.lyric.lines if line.key)
    for line in song.lyric.lines:
        if counted.get(line.key, 0) > _LINE_REPEATS:
            yield Finding("S5", "warn", f"This line comes {counted.pop(line.key)} times.", line.number)


def title_in_chorus(song: Song) -> Iterator[Finding]:
    """S6: the title belongs where people sing along."""
    if not song.title or not song.lyric.lines or song.kind == "spoken":
        return
    title = _plain(song.title)
    places = song.choruses or song.lyric.sections
    sung = " / ".join(_plain(line.text) for section in places for line in section.lines)
    if title and title not in sung:
        where = "chorus" if song.choruses else "lyric"
        yield Finding("S6", "note", f"The title does not appear in the {where}.")


def chorus_entry(song: Song) -> Iterator[Finding]:
    """S7: what leads into the chorus should not use up its words."""
    for before, after in zip(song.lyric.sections, song.lyric.sections[1:], strict=False):
        if after.kind != "chorus" or before.kind not in ("verse", "pre-chorus") or not before.lines or not after.lines:
            continue
        last, first = before.lines[-2:], after.lines[:2]
        ends = {line.end for line in last} & {line.end for line in first} - {""}
        runs = {run for line in last for run in _runs(line.key)} & {run for line in first for run in _runs(line.key)}
        if ends or runs:
            shared = min(ends | runs)
            yield Finding("S7", "note", f'"{shared}" comes just before the chorus and again in it.', first[0].number)
            return


def new_in_second_verse(song: Song) -> Iterator[Finding]:
    """S8: the second verse should bring something new."""
    if len(song.verses) < 2 or song.kind == "child":
        return
    first, second = (_content(verse) for verse in song.verses[:2])
    if len(second) >= _ENOUGH_CONTENT and len(first & second) / len(second) > _SAME_WORDS:
        why = "The second verse mostly repeats the first one's words; change the time, the view or the stakes."
        yield Finding("S8", "note", why, song.verses[1].lines[0].number)


def first_chorus(song: Song) -> Iterator[Finding]:
    """S9: the first chorus should not keep people waiting."""
    if not song.choruses or not song.seconds or song.kind == "spoken" or song.rap:
        return
    start = song.choruses[0].lines[0].number
    before = sum(song.count(line) for line in song.lyric.lines if line.number < start)
    everything = sum(song.count(line) for line in song.lyric.lines)
    if not everything:
        return
    at = before / everything * song.estimate.likely
    slow = bool(song.genre and song.genre.template in ("ballad", "metal")) or bool(song.bpm and song.bpm < 80)
    latest = _FIRST_CHORUS_SLOW if slow else _FIRST_CHORUS
    if at > latest:
        yield Finding("S9", "note", f"The first chorus comes after about {at:.0f} s; {latest} s is late enough.", start)


def _plain(text: str) -> str:
    return " ".join(word.casefold().replace("’", "'").strip("'") for word in WORD.findall(text))


def _runs(key: str) -> list[str]:
    words = key.split()
    return [" ".join(words[i : i + _RUN]) for i in range(len(words) - _RUN + 1)]


def _content(section: Section) -> set[str]:
    return {word for line in section.lines for word in line.key.split() if len(word) >= _CONTENT_LETTERS}


RULES = (
    verse_lines, long_sections, steady_chorus, enough_chorus, worn_lines, title_in_chorus, chorus_entry,
    new_in_second_verse, first_chorus,
)  # fmt: skip
