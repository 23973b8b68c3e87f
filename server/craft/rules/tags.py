"""T: section tags and other brackets."""

import re
from collections.abc import Iterator

from ..bundled import toml
from ..findings import Finding
from ..languages import WORD
from ..lyric import is_cue, nearest_tag, other_names, tag_names
from ..song import Song

_LINES_WITHOUT_TAG = 8
_LONGEST_TAG = 80
_MOST_MARKS = 2
_DIRECTION_WORDS = 4  # longer ones are sentences that somebody may well want to hear
_SOMEBODY = frozenset(
    ("i", "me", "my", "you", "your", "we", "us", "our", "he", "she", "it", "they", "them", "his", "her", "their")
)


def some_tags(song: Song) -> Iterator[Finding]:
    """T1: a lyric of more than eight lines needs sections."""
    if len(song.lyric.lines) > _LINES_WITHOUT_TAG and not any(tag.opens for tag in song.lyric.tags):
        yield Finding("T1", "warn", "No section tags: add [Verse], [Chorus] and so on, or the form is left to chance.")


def known_tags(song: Song) -> Iterator[Finding]:
    """T2: tags nobody has documented, each told once: a singer's name, or a word of another language, comes again."""
    told: set[str] = set()
    for tag in song.lyric.tags:
        if tag.name in told:
            continue
        told.add(tag.name)
        if tag.documented or tag.name in tag_names() or is_cue(tag.text) or _folklore(tag.text):
            continue
        alias = other_names().get(tag.name)
        meant = alias or nearest_tag(tag.name)
        if meant and meant == tag.name.replace(" ", "-"):
            continue
        if alias:
            why = f"[{tag.text[:40]}] is read as [{alias.title()}], a tag that engines understand."
        else:
            hint = f"; did you mean [{meant.title()}]?" if meant else "; it may be ignored or sung."
            why = f"[{tag.text[:40]}] is not a known tag{hint}"
        yield Finding("T2", "note", why, tag.line)


def overfull_tags(song: Song) -> Iterator[Finding]:
    """T3: long tags, piled-up parameters, prompt spells."""
    for tag in song.lyric.tags:
        if _folklore(tag.text):
            yield Finding("T3", "warn", f"[{tag.text[:40]}] is not documented anywhere; it may be sung.", tag.line)
        elif len(tag.text) > _LONGEST_TAG or len(re.findall(r"[|,;:]|\s[-–—]\s", tag.text)) > _MOST_MARKS:
            why = "This tag is too full: keep the section name and one short cue, and move the rest to the style."
            yield Finding("T3", "warn", why, tag.line)


def _folklore(text: str) -> bool:
    return any(re.search(pattern, text.casefold()) for pattern in toml("tags")["folklore"]["patterns"])


def empty_sections(song: Song) -> Iterator[Finding]:
    """T4: a section that should be sung has no lines."""
    for section in song.lyric.sections:
        if section.role == "sung" and not section.lines:
            why = f"[{section.label[:40]}] has no lines; write them out, even when they repeat."
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
            if _is_direction(echo, alone=not line.words):
                short = echo.strip()[:40]
                why = f"({short}) is a direction, and round brackets are sung: put [{short}] on its own line."
                yield Finding("T6", "warn", why, line.number)


def _is_direction(echo: str, *, alone: bool) -> bool:
    """Whether a bracket tells how to sing. Words with somebody in them ("whisper my name") are there to be heard."""
    plain = " ".join(echo.casefold().strip(" .!:-–—*").split())
    words = set(WORD.findall(plain))
    if len(plain) > _LONGEST_TAG or len(words) > _DIRECTION_WORDS or words & _SOMEBODY:
        return False
    table = toml("words")["directions"]
    if plain in table["alone"]:
        # An answer is often one word: "(slowly)" after "let it go" is sung, the same word alone on a line is not.
        return alone or plain not in table["echoed"]
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", plain) for word in table["within"])


RULES = (some_tags, known_tags, overfull_tags, empty_sections, lines_under_silence, sung_directions)
