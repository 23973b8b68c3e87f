"""Lines of a text that is being cleaned, each with its number in the original text."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from ..bundled import toml
from ..findings import Level

LONGEST_ROW = 500
"""A longer row is no line of a song: patterns are not tried on it, also because they get slow there."""
_ENDS = re.compile("\r\n|[\n\r\u2028\u2029\u0085\x0b\x0c]")
_ODD_ENDS = re.compile("\r(?!\n)|[\u2028\u2029\u0085\x0b\x0c]")
_WIDEST = 60
_GAP = re.compile(rf"[^\S\n]{{{_WIDEST},}}")
_MARKS = re.compile(r"^[\s*_#>`~]+|[\s*_#`~\\]+$")


class Row(NamedTuple):
    """One line."""

    number: int
    text: str

    @property
    def blank(self) -> bool:
        """Whether it is blank."""
        return not self.text.strip()

    @property
    def bracketed(self) -> bool:
        """Whether it begins with a bracket, as section tags do."""
        return self.text.lstrip().startswith("[")

    @property
    def plain(self) -> str:
        """The line without Markdown around it, with straight apostrophes; empty for a row too long to be a line."""
        return "" if len(self.text) > LONGEST_ROW else plain(self.text)


Rows = list[Row]


@lru_cache(maxsize=2048)
def plain(text: str) -> str:
    """A line without Markdown around it, with straight apostrophes."""
    return _MARKS.sub("", text).replace("’", "'")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a text, or a part of it, was recognised as, and what that means for singing it."""

    kind: str
    why: str
    line: int | None
    id: str = "F8"
    level: Level = "stop"
    fix: str | None = None


def rows_of(text: str) -> tuple[Rows, list[Seen]]:
    """The lines of a text with any line ending; runs of blank lines and very long gaps are shortened."""
    rows: Rows = []
    for number, row in enumerate(_ENDS.split(text), 1):
        kept = Row(number, _GAP.sub(" " * _WIDEST, row) if len(row) > _WIDEST else row)
        if not (kept.blank and rows and rows[-1].blank):
            rows.append(kept)
    if not _ODD_ENDS.search(text):
        return rows, []
    why = "Lines end in a character that the service may not read as a line break."
    return rows, [Seen("unusual line ends", why, None, "F7", "note")]


def paragraphs(rows: Rows) -> list[tuple[int, int]]:
    """Start and end (exclusive) of every run of rows that are not blank."""
    found, start = [], None
    for index, row in enumerate(rows):
        if row.blank:
            if start is not None:
                found.append((start, index))
            start = None
        elif start is None:
            start = index
    if start is not None:
        found.append((start, len(rows)))
    return found


def without(rows: Rows, gone: set[int]) -> Rows:
    """The rows whose place is not among `gone`."""
    return [row for index, row in enumerate(rows) if index not in gone]


def tidied(rows: Rows) -> Rows:
    """The rows without blank ones at the ends and with at most one between others, none of them indented."""
    out: Rows = []
    for row in rows:
        if not row.blank:
            out.append(Row(row.number, row.text.strip()))
        elif out and not out[-1].blank:
            out.append(Row(row.number, ""))
    while out and out[-1].blank:
        out.pop()
    return out


@cache
def starts(table: str, name: str) -> re.Pattern[str]:
    """One pattern for the starts of lines that a list of data/paste.toml gives."""
    return re.compile("|".join(f"(?:{one})" for one in toml("paste")[table][name]), re.IGNORECASE)


@cache
def wholes(table: str, name: str) -> re.Pattern[str]:
    """One pattern for the whole lines that a list of data/paste.toml gives."""
    body = "|".join(f"(?:{one})" for one in toml("paste")[table][name])
    return re.compile(rf"(?:{body})\s*[.!:：]?$", re.IGNORECASE)


@cache
def labels() -> re.Pattern[str]:
    """A line such as "Title: Paper Boat"."""
    body = "|".join(toml("paste")["label"]["names"])
    return re.compile(rf"(?:{body})\s*[*_]*\s*[:：=]", re.IGNORECASE)
