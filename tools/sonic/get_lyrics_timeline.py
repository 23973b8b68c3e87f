"""When each line is sung."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

from pydantic import Field

from ...server.core.operation import Outcome, Route
from ..composing import ClipPurchase
from ..shapes import Answer, SongAnswer, data_of, number, said

WORDS = 5000
"""Words that are read of an answer; a song has a few hundred."""
LINE_LIMIT = 200
PAUSE = 0.9
"""Seconds without a word after which a new line begins, in an answer that has no line breaks."""

_TAG = re.compile(r"\[([^\[\]\n]*)\]")


class SungSection(Answer):
    """A part of the song."""

    section: str = Field(description="Its tag, such as Chorus.")
    start: float = Field(description="Second of its first word.")
    end: float = Field(description="Second in which its last word ends.")


class TimelineAnswer(SongAnswer):
    """When it is sung; the words themselves are in the file."""

    lines: int | None = Field(None, description="How many lines are sung.")
    line_starts: list[float] | None = Field(None, description="Second in which each of them begins, in order.")
    sections: list[SungSection] | None = Field(None, description="The parts that have words.")


class Word(NamedTuple):
    """A word as it came, tags and line breaks included; seconds."""

    text: str
    start: float
    end: float


class Line(NamedTuple):
    """A sung line, in seconds; `section` is the tag before it, `place` how many tags came up to there."""

    text: str
    start: float
    end: float
    section: str | None
    place: int


class GetLyricsTimeline(ClipPurchase):
    """Find the seconds at which each line and section is sung, as for replace_section; saves timed lyrics (.lrc).

    At once.
    """

    label: ClassVar[str] = "Get lyrics timeline"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/aligned-lyrics")
    answer: ClassVar[type[TimelineAnswer]] = TimelineAnswer
    minutes: ClassVar[str] = "at once"
    row: ClassVar[str] = "timeline"
    price_note: ClassVar[str] = "1, then nothing for the same clip"
    contract: ClassVar[tuple[str, ...]] = ("aligned_lyrics",)
    what: ClassVar[str] = "timeline"

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """Lines and sections, the file, and the lines for the tags."""
        alignment = data_of(body).get("alignment")
        lines = _lines(_words(alignment))
        if not lines:
            told = isinstance(alignment, list)
            return Outcome({"lines": 0, "notice": "The service found no sung words."}, ready=told)
        facts: dict[str, Any] = {"lines": len(lines), "line_starts": [round(line.start, 1) for line in lines]}
        if sections := _sections(lines):
            facts["sections"] = sections
        return Outcome(
            facts, texts={".lrc": _lrc(lines)}, timeline=tuple((round(line.start, 3), line.text) for line in lines)
        )


def _words(alignment: object) -> list[Word]:
    found = []
    for row in alignment[:WORDS] if isinstance(alignment, list) else ():
        text, start = (row.get("word"), number(row.get("start_s"))) if isinstance(row, Mapping) else (None, None)
        if isinstance(text, str) and start is not None and start >= 0:
            found.append(Word(text, start, max(start, number(row.get("end_s")) or start)))
    return found


def _spaced(words: list[Word]) -> list[str]:
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


def _lines(words: list[Word]) -> list[Line]:
    """Lines with words in them; a line begins with its first word that is no tag and ends with its last."""
    text, owners = "", list[Word]()
    for word, piece in zip(words, _spaced(words), strict=True):
        text += piece
        owners += [word] * len(piece)
    lines, section, place, at = list[Line](), None, 0, 0
    for raw in text.split("\n"):
        for tag in _TAG.findall(raw):
            section, place = said(tag, 40) or section, place + 1
        # Blanked, not cut, so that places in the line still lead to the words that own them.
        plain = _TAG.sub(lambda tag: " " * len(tag[0]), raw)
        sung = [owners[at + offset] for offset, letter in enumerate(plain) if not letter.isspace()]
        shown = said(plain, LINE_LIMIT)
        if sung and shown:
            lines.append(Line(shown, sung[0].start, sung[-1].end, section, place))
        at += len(raw) + 1
    return lines


def _sections(lines: list[Line]) -> list[dict[str, Any]]:
    """Neighbouring lines under one tag; a chorus that comes back is a section of its own."""
    found: dict[int, dict[str, Any]] = {}
    for line in lines:
        if line.section is not None:
            row = found.setdefault(line.place, {"section": line.section, "start": round(line.start, 1)})
            row["end"] = round(line.end, 1)
    return list(found.values())


def _lrc(lines: list[Line]) -> str:
    """Timed lyrics as players read them: minutes, seconds and hundredths before each line."""
    stamps = [divmod(round(line.start * 100), 6000) for line in lines]
    return "".join(
        f"[{minutes:02d}:{rest // 100:02d}.{rest % 100:02d}]{line.text}\n"
        for (minutes, rest), line in zip(stamps, lines, strict=True)
    )
