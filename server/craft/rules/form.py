"""F: things in the text that are not lyrics. Safe repairs are found by fixes.py; here is what it cannot repair."""

import re
from collections.abc import Iterator

from ..findings import Finding
from ..paste import unwritten
from ..song import Song

_PLACEHOLDER = re.compile(
    r"\{\{.{0,60}?\}\}|\{[^{}\n]{1,40}\}|<[A-Z][\w ]{1,30}>|\bTODO\b|\bTBD\b|\bXXX+\b"
    r"|\[?\b[Ii]nsert (?:\w+ ){0,3}(?:here|name|line)\b"
    r"|\[(?:[Yy]our|[Tt]he|[Hh]is|[Hh]er)? ?(?:[Nn]ame|NAME|[Cc]ity|[Bb]rand|[Cc]ompany|[Pp]lace|[Dd]ate)s?(?: here)?\]"
)


def brackets(song: Song) -> Iterator[Finding]:
    """F1: brackets that never close swallow lines."""
    for number in song.lyric.open_brackets:
        yield Finding(
            "F1", "stop", "A square bracket here is not closed or opened; the lines after it can be lost.", number
        )
    for number in song.lyric.open_rounds:
        yield Finding("F1", "warn", "A round bracket here is not closed or opened.", number)


def shorthand(song: Song) -> Iterator[Finding]:
    """F3: what could not be written out safely."""
    for number, row in enumerate(song.lyric.text.split("\n"), 1):
        if unwritten(row):
            yield Finding("F3", "warn", "Shorthand is sung as written; write the lines out.", number)


def placeholders(song: Song) -> Iterator[Finding]:
    """F6: a template that was not filled in."""
    for number, row in enumerate(song.given.split("\n"), 1):
        if match := _PLACEHOLDER.search(row):
            yield Finding("F6", "stop", f"{match[0][:40]} is a placeholder; say what belongs there.", number)
            continue
    # A bracket in the middle of a sung line is a slot or a stage direction: neither will be sung as meant.
    for number in song.lyric.slots:
        yield Finding("F6", "warn", "A square bracket inside a line: put directions on their own line.", number)


RULES = (brackets, shorthand, placeholders)
