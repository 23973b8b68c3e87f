"""Listen to a song where it was asked for."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, model_validator

from ...server.core.operation import Effect, Operation
from ..shapes import AnyId, TakesResult, as_named


class PlaySong(Operation):
    """Let the person hear a song: a player in the chat, where the app can show one, to compare takes.

    Also names each take's length, file and link. Free.
    """

    label: ClassVar[str] = "Play song"
    effect: ClassVar[Effect] = Effect.LOCAL
    result: ClassVar[type[TakesResult]] = TakesResult
    player: ClassVar[bool] = True

    id: AnyId | None = Field(None, description="Clip id; or job id, for both takes; else the newest song.")

    @model_validator(mode="before")
    @classmethod
    def _as_results_name_it(cls, given: Any) -> Any:
        return as_named(given, "id", "clip_id", "job_id", "task_id")
