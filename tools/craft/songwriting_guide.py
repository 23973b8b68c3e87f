"""The songwriting guide."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ...server.core.operation import Effect, Operation
from ..shapes import ToolResult
from .shapes import WORD_LIMIT, Language


class GuidePage(ToolResult):
    """One topic."""

    topic: str = Field(description="The topic.")
    text: str = Field(description="Markdown.")


class SongwritingGuide(Operation):
    """Read one short page on writing for these engines; `start` first.

    Free. `genre` gives a genre's card.
    """

    label: ClassVar[str] = "Songwriting guide"
    effect: ClassVar[Effect] = Effect.LOCAL
    result: ClassVar[type[GuidePage]] = GuidePage

    topic: Literal[
        "start", "tags", "style", "structure", "rhyme", "pronunciation", "language", "genre", "cliches", "lengths",
        "moderation", "engines", "workflows", "fixing", "credits", "errors",
    ] = Field(description="Which page.")  # fmt: skip
    genre: str | None = Field(None, max_length=WORD_LIMIT, description="Narrows it.")
    language: Language | None = None
    engine: Literal["sonic", "producer"] | None = Field(None, description="Narrows it.")
