"""Check a description of the sound before it is paid for."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Effect, Operation
from .shapes import CheckedModel, Language, ReportResult

LONGEST_TEXT = 4000
"""Characters: four times what a song takes."""


class StyleReport(ReportResult):
    """What was found in a style, and a version that fits."""

    slots_missing: list[str] | None = Field(None, description="What it does not say yet.")
    packed_style: str | None = Field(
        None, description="For `style`: safe fixes made, cut to the limit. Absent when nothing would change."
    )
    packed_negatives: str | None = Field(None, description="For `negative_style`, likewise.")
    chars: int = Field(description="Characters of the style.")
    limit: int | None = Field(None, description="Characters that the model takes.")


class CheckStyle(Operation):
    """Check a style before paying: limits, contradictions, negatives, artist names, voice, genre, tempo. Prose is fine.

    Returns findings and, where needed, a cleaned `packed_style` to use instead. Free.
    """

    label: ClassVar[str] = "Check style"
    effect: ClassVar[Effect] = Effect.LOCAL
    result: ClassVar[type[StyleReport]] = StyleReport

    style: str = Field(max_length=LONGEST_TEXT, description="As for create_song.")
    negative_style: str | None = Field(None, max_length=LONGEST_TEXT, description="Likewise.")
    language: Language | None = None
    model: CheckedModel | None = None
