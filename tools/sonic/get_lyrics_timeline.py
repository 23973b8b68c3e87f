"""When each line is sung."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby, pairwise
from typing import Any, ClassVar

from pydantic import Field

from ...server.core.foreign import number
from ...server.core.operation import Outcome, Route
from ...server.core.sung import SungLine, SungWord
from ..composing import ClipPurchase
from ..shapes import Shape, SongResult, data_of, said

WORDS = 5000
"""Words that are read of an answer; a song has a few hundred."""
LINE_LIMIT = 200
LATEST = 24 * 3600.0
"""The last second that is believed: no format of timed lyrics can hold any number."""
PAUSE = 0.9
"""Seconds without a word after which a new line begins, in an answer that has no line breaks."""

_TAG = re.compile(r"\[([^\[\]\n]*)\]")


class SungSection(Shape):
    """A part of the song."""

    section: str = Field(description="Its tag, such as Chorus.")
    start: float = Field(description="Second of its first word.")
    end: float = Field(description="Second in which its last word ends.")


class TimelineResult(SongResult):
    """When it is sung; the words themselves are in the file."""

    lines: int | None = Field(None, description="How many lines are sung.")
    line_starts: list[float] | None = Field(None, description="Second in which each of them begins, in order.")
    sections: list[SungSection] | None = Field(None, description="The parts that have words.")


class GetLyricsTimeline(ClipPurchase):
    """Find the seconds at which each line and section is sung, as for replace_section.

    Returns the start of every line, start and end of every section, to a tenth; their words: get_song with `lyrics`.
    Saves the words with their times beside the song: .lrc for players, .srt and .vtt for videos, .ass for karaoke. At
    once.
    """

    label: ClassVar[str] = "Get lyrics timeline"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/aligned-lyrics")
    result: ClassVar[type[TimelineResult]] = TimelineResult
    minutes: ClassVar[str] = "at once"
    row: ClassVar[str] = "timeline"
    price_note: ClassVar[str] = "1, then nothing for the same clip"
    contract: ClassVar[tuple[str, ...]] = ("aligned_lyrics",)
    what: ClassVar[str] = "timeline"

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """Lines and sections, and the words for the files."""
        alignment = data_of(body).get("alignment")
        lines = _lines(_words(alignment))
        if not lines:
            told = isinstance(alignment, list)
            return Outcome({"lines": 0, "notice": "The service found no sung words."}, ready=told)
        facts: dict[str, Any] = {"lines": len(lines), "line_starts": [round(line.start, 1) for line in lines]}
        if sections := _sections(lines):
            facts["sections"] = sections
        return Outcome(facts, timeline=tuple(lines))


def _words(alignment: object) -> list[SungWord]:
    found = []
    for row in alignment[:WORDS] if isinstance(alignment, list) else ():
        text, start = (row.get("word"), number(row.get("start_s"))) if isinstance(row, Mapping) else (None, None)
        if isinstance(text, str) and start is not None and 0 <= start <= LATEST:
            end = min(max(start, number(row.get("end_s")) or start), LATEST)
            found.append(SungWord(text, start, end))
    return found


def _spaced(words: list[SungWord]) -> list[str]:
    """The texts with what belongs between them; some answers leave out spaces, or line breaks, altogether."""
    texts = [word.text for word in words]
    loose = all(text == text.strip() for text in texts)
    broken = any("\n" in text for text in texts)
    for index, (word, after) in enumerate(pairwise(words)):
        if not broken and after.start - word.end >= PAUSE:
            texts[index] += "\n"
        elif loose:
            texts[index] += " "
    return texts


def _lines(words: list[SungWord]) -> list[SungLine]:
    """Lines with words in them; a line begins with its first word that is no tag and ends with its last."""
    text, owners = "", list[SungWord]()
    for word, piece in zip(words, _spaced(words), strict=True):
        text += piece
        owners += [word] * len(piece)
    lines, section, place, at = list[SungLine](), None, 0, 0
    for raw in text.split("\n"):
        for tag in _TAG.findall(raw):
            section, place = said(tag, 40) or section, place + 1
        # Blanked, not cut, so that places in the line still lead to the words that own them.
        plain = _TAG.sub(lambda tag: " " * len(tag[0]), raw)
        sung = [owners[at + offset] for offset, letter in enumerate(plain) if not letter.isspace()]
        shown = said(plain, LINE_LIMIT)
        if sung and shown:
            lines.append(SungLine(shown, sung[0].start, sung[-1].end, section, place, _pieces(plain, owners[at:])))
        at += len(raw) + 1
    return lines


def _pieces(plain: str, owners: list[SungWord]) -> tuple[SungWord, ...]:
    """What each word has of a line, blanks around it included: not every language puts blanks between its words."""
    found = list[SungWord]()
    letters = zip(plain[:LINE_LIMIT], owners, strict=False)
    for _, run in groupby(letters, key=lambda pair: id(pair[1])):
        pairs = list(run)
        text = "".join(letter for letter, _ in pairs)
        if text.strip():
            found.append(SungWord(text, pairs[0][1].start, pairs[0][1].end))
    return tuple(found)


def _sections(lines: list[SungLine]) -> list[dict[str, Any]]:
    """Neighbouring lines under one tag; a chorus that comes back is a section of its own."""
    found: dict[int, dict[str, Any]] = {}
    for line in lines:
        if line.section is not None:
            row = found.setdefault(line.place, {"section": line.section, "start": round(line.start, 1)})
            row["end"] = round(line.end, 1)
    return list(found.values())
