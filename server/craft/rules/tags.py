"""T: section tags and other brackets."""

import re
from collections.abc import Iterator

from ..bundled import toml
from ..findings import Finding
from ..lyric import is_cue, nearest_tag, tag_names
from ..song import Song

_LINES_WITHOUT_TAG = 8
_LONGEST_TAG = 80
_MOST_MARKS = 2
_MOST_TAGS, _MOST_CUES = 16, 4
_SHORT_SONG = 120
_DIRECTION_WORDS = 4  # longer ones are sentences that somebody may well want to hear
_DIRECTIONS = re.compile(
    r"^\W*(?:(?:soft|slow|loud|quiet|gentl|whisper|shout|spoken|scream|fad)\w*|(?:guitar|piano|drum|sax|bass|synth)s?\b.*"
    r"|(?:instrumental|solo|a ?cappella|harmon(?:y|ies)|music|beat drops?|key change|pause|laughs?|intro|outro)\b.*"
    r"|(?:male|female|both) (?:voice|vocal|singer)s?\b.*|.*\b(?:solo|whispered|fades? out|drums? (?:in|out|only))\W*$)",
    re.IGNORECASE,
)


def some_tags(song: Song) -> Iterator[Finding]:
    """T1: a lyric of more than eight lines needs sections."""
    if len(song.lyric.lines) > _LINES_WITHOUT_TAG and not any(tag.opens for tag in song.lyric.tags):
        yield Finding("T1", "warn", "No section tags: add [Verse], [Chorus] and so on, or the form is left to chance.")


def known_tags(song: Song) -> Iterator[Finding]:
    """T2: tags nobody has documented, each told once: a singer's name stands there again and again."""
    told: set[str] = set()
    for tag in song.lyric.tags:
        if tag.name in told:
            continue
        told.add(tag.name)
        if tag.documented or tag.name in tag_names() or is_cue(tag.text) or _folklore(tag.text):
            continue
        alias = toml("tags")["alias"].get(tag.name)
        meant = alias or nearest_tag(tag.name)
        if meant and meant == tag.name.replace(" ", "-"):
            continue
        hint = f"; did you mean [{meant.title()}]?" if meant else "; it may be ignored or sung."
        yield Finding("T2", "note", f"[{tag.text[:40]}] is not a known tag{hint}", tag.line)


def overfull_tags(song: Song) -> Iterator[Finding]:
    """T3: long tags, piled-up parameters, prompt spells."""
    for tag in song.lyric.tags:
        if _folklore(tag.text):
            yield Finding(
                "T3", "warn", f"[{tag.text[:40]}] is folklore without published support; it may be sung.", tag.line
            )
        elif len(tag.text) > _LONGEST_TAG or len(re.findall(r"[|,;:]|\s[-–—]\s", tag.text)) > _MOST_MARKS:
            why = "This tag is overfull: keep the section name and one short cue, move the rest to the style."
            yield Finding("T3", "warn", why, tag.line)


def _folklore(text: str) -> bool:
    return any(re.search(pattern, text.casefold()) for pattern in toml("tags")["folklore"]["patterns"])


def empty_sections(song: Song) -> Iterator[Finding]:
    """T4: a section that should be sung has no lines."""
    for section in song.lyric.sections:
        if section.role == "sung" and not section.lines:
            why = f"[{section.label[:40]}] has no lines; write them out, also when they repeat."
            yield Finding("T4", "warn", why, section.tags[0].line)


def lines_under_silence(song: Song) -> Iterator[Finding]:
    """T5: words under a tag that promises none."""
    for section in song.lyric.sections:
        if section.role == "silent" and section.lines:
            why = f"[{section.label[:40]}] is instrumental but has words under it: they may be sung or dropped."
            yield Finding("T5", "warn", why, section.lines[0].number)


def sung_directions(song: Song) -> Iterator[Finding]:
    """T6: stage directions in round brackets are sung as backing words."""
    for line in song.lyric.lines:
        for echo in line.echoes:
            if len(echo) <= _LONGEST_TAG and len(echo.split()) <= _DIRECTION_WORDS and _DIRECTIONS.match(echo.strip()):
                short = echo.strip()[:40]
                why = f"({short}) is a direction, and round brackets are sung: put [{short}] on a line of its own."
                yield Finding("T6", "warn", why, line.number)


def short_song_ending(song: Song) -> Iterator[Finding]:
    """T7: short songs want to be told where to end."""
    ends = any(section.kind in ("outro", "end") for section in song.lyric.sections)
    if song.seconds and song.seconds <= _SHORT_SONG and not ends and song.lyric.tags:
        yield Finding("T7", "note", "No [Outro] or [End]: a short song ends more cleanly with one.")


def bare_intro(song: Song) -> Iterator[Finding]:
    """T8: [Intro] alone is an unreliable tag."""
    for section in song.lyric.sections:
        if section.kind == "intro" and not section.lines and section.label.casefold() == "intro":
            yield Finding(
                "T8", "note", "[Intro] alone is unreliable; try [Short Instrumental Intro].", section.tags[0].line
            )


def many_tags(song: Song) -> Iterator[Finding]:
    """T9: more brackets than an engine heeds."""
    cues = sum(bool(tag.cue) or not tag.opens for tag in song.lyric.tags)
    if len(song.lyric.tags) > _MOST_TAGS:
        yield Finding("T9", "note", f"{len(song.lyric.tags)} tags; beyond {_MOST_TAGS} each one counts for less.")
    if cues > _MOST_CUES:
        yield Finding("T9", "note", f"{cues} performance cues; three or four in a whole song are heeded best.")


RULES = (
    some_tags, known_tags, overfull_tags, empty_sections, lines_under_silence, sung_directions, short_song_ending,
    bare_intro, many_tags,
)  # fmt: skip
