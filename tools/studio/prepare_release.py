"""Copies of a song for publishing."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, field_validator, model_validator

from ...server.core.operation import Effect, Operation
from ..shapes import ClipId, FileResult, ToolResult, as_named


class ReleaseResult(ToolResult):
    """What was made, and what to look at before publishing."""

    clip_id: str = Field(description="The song.")
    files: list[FileResult] = Field(description="wav, flac, cover, notes, and data for programs.")
    before: dict[str, float] = Field(description="LUFS and dBTP of the song.")
    after: dict[str, float] = Field(description="The same of the copies.")
    said: list[str] = Field(description="What was done to sound and cover, in sentences.")
    checklist: list[str] = Field(description="Rights to be sure of, in plain words.")
    replayed: bool | None = Field(None, description="True when it was made before.")


class PrepareRelease(Operation):
    """Make copies for publishing: loudness set, peaks below -1 dBTP, as 24-bit WAV and FLAC, large cover, credits, a
    note that AI made it, a checklist of rights. From the song's WAV if get_wav brought one. The song's own files stay.
    Free.
    """

    label: ClassVar[str] = "Prepare release"
    effect: ClassVar[Effect] = Effect.CHANGES
    result: ClassVar[type[ReleaseResult]] = ReleaseResult
    minutes: ClassVar[str] = "seconds"

    clip_id: ClipId
    target: float = Field(-14, ge=-24, le=-8, description="LUFS.")

    @field_validator("target")
    @classmethod
    def _to_a_tenth(cls, target: float) -> float:
        """Nobody hears less, and each target has copies of its own, a hundred megabytes large."""
        return round(target, 1)

    @model_validator(mode="before")
    @classmethod
    def _as_results_name_it(cls, given: Any) -> Any:
        return as_named(given, "clip_id", "id")
