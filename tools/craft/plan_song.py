"""How many words fit a length, and a form that the genre's listeners expect."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Effect, Operation
from ..shapes import Shape, ToolResult
from .shapes import WORD_LIMIT, Bpm, Kind, Language, Metre, RangeResult

SHORTEST, LONGEST = 10, 480
"""Seconds; a song over 360 is made with extend_song."""


class SectionResult(Shape):
    """A section of the suggested form."""

    tag: str = Field(description="As it goes into the lyrics.")
    lines: int = Field(description="How many; 0 for a part without voice.")
    seconds: int = Field(description="Roughly.")
    rhyme: str | None = Field(None, description="Usual end rhymes, a letter a line; X is free.")


class PlanResult(ToolResult):
    """A measure, and a form as a suggestion."""

    genre: str | None = Field(None, description="What the genre was read as; missing: it is not known.")
    kind: str = Field(description="What it was measured as.")
    bpm: int = Field(description="Tempo: yours, or the middle of the genre's.")
    bpm_range: list[int] = Field(description="What the genre uses.")
    metre: str = Field(description="Yours, or the genre's.")
    lines: list[int] = Field(description="Fewest and most sung lines that fit, all repeats counted.")
    syllables: list[int] = Field(description="Fewest and most syllables that fit.")
    line: list[int] = Field(description="Usual syllables of a line.")
    sections: list[SectionResult] = Field(description="One form that listeners expect; a suggestion.")
    total: RangeResult = Field(description="Seconds that this form would take.")
    notes: list[str] | None = Field(None, description="What to mind; what was not known.")


class PlanSong(Operation):
    """Measure how many words fit: sung lines and syllables for a length, genre, kind, tempo and metre. Free.

    Returns a form that listeners expect too. For an idea or a draft; check_lyrics measures finished words alike.
    """

    label: ClassVar[str] = "Plan song"
    effect: ClassVar[Effect] = Effect.LOCAL
    result: ClassVar[type[PlanResult]] = PlanResult

    genre: str = Field(max_length=WORD_LIMIT, description="Such as samba, in any language; pop if none was said.")
    seconds: int = Field(ge=SHORTEST, le=LONGEST, description="Length to aim at.")
    kind: Kind = "song"
    bpm: Bpm | None = None
    metre: Metre | None = None
    language: Language | None = None
