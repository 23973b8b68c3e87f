"""A budget of sections, lines and syllables."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.operation import Effect, Operation
from ..shapes import Answer, ToolAnswer
from .shapes import WORD_LIMIT, Bpm, Kind, Language, RangeAnswer

SHORTEST, LONGEST = 10, 480
"""Seconds; a song over 360 is made with extend_song."""


class SectionAnswer(Answer):
    """A section to write."""

    tag: str = Field(description="As it goes into the lyrics.")
    lines: int = Field(description="How many; 0 for a part without voice.")
    syllables: list[int] | None = Field(None, description="Least and most for each line.")
    seconds: int = Field(description="Roughly.")
    rhyme: str | None = Field(None, description="End rhymes, a letter a line; X is free.")


class PlanAnswer(ToolAnswer):
    """A plan."""

    genre: str = Field(description="The genre that was planned for.")
    bpm: int = Field(description="Tempo.")
    bpm_range: list[int] = Field(description="What the genre uses.")
    lines: int = Field(description="Lines to write in all.")
    sections: list[SectionAnswer] = Field(description="In order.")
    total: RangeAnswer = Field(description="Seconds that this will probably take.")
    notes: list[str] | None = Field(None, description="What to mind.")


class PlanSong(Operation):
    """Plan a song before writing: tempo, sections, lines, syllables and rhymes that fill the length.

    Free; then write to it and check_lyrics.
    """

    label: ClassVar[str] = "Plan song"
    family: ClassVar[str] = "craft"
    effect: ClassVar[Effect] = Effect.LOCAL
    answer: ClassVar[type[PlanAnswer]] = PlanAnswer

    genre: str = Field(max_length=WORD_LIMIT, description="Such as folk.")
    seconds: int = Field(ge=SHORTEST, le=LONGEST, description="Length to aim at.")
    kind: Kind = "song"
    bpm: Bpm | None = None
    language: Language | None = None
