"""Words that the songwriting tools share: arguments that mean the same in each, and parts of their answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..shapes import Shape, ToolResult

WORD_LIMIT = 60

Genre = Annotated[str, Field(max_length=WORD_LIMIT, description="Such as folk, dark pop at 68 BPM.")]
Language = Annotated[str, Field(max_length=WORD_LIMIT, description="Sung language, such as es-MX.")]
Kind = Annotated[
    Literal["song", "rap", "jingle", "child", "lullaby", "musical", "instrumental", "spoken", "continuation"],
    Field(description="continuation: only the new part."),
]
Metre = Annotated[Literal["2/4", "3/4", "4/4", "6/8", "12/8"], Field(description="Else the genre's.")]
Bpm = Annotated[float, Field(ge=30, le=300, description="Tempo.")]
CheckedModel = Annotated[str, Field(max_length=WORD_LIMIT, description="Whose limits; default as create_song.")]


class FindingResult(Shape):
    """One observation."""

    id: str = Field(description="Rule.")
    level: Literal["stop", "warn", "note"] = Field(
        description="stop: refused or wasted for certain, and blocked; warn: hardly meant; note: worth a look."
    )
    line: int | None = Field(None, description="Line of the text as given, from 1.")
    why: str = Field(description="What it is about.")
    fix: str | None = Field(None, description="What the line should be, where that is safe to say; empty: nothing.")


class RangeResult(Shape):
    """Seconds that a song will probably take."""

    low: int = Field(description="Hardly less.")
    likely: int = Field(description="The middle.")
    high: int = Field(description="Hardly more.")
    basis: str = Field(description="What the estimate rests on.")


class ReportResult(ToolResult):
    """What a check found."""

    ok: bool = Field(description="Nothing stops it.")
    findings: list[FindingResult] = Field(description="The gravest first; empty when all is well.")
    more: dict[str, int] | None = Field(None, description="How many further ones, by rule.")
