"""Wait for an order."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, model_validator

from ...server.core.operation import Effect, Operation
from ..shapes import AnyId, SongResult, as_named


class WaitForSong(Operation):
    """Wait until an order is finished and return its files; free, and can be repeated.

    Use it after any tool answered `working` or `streaming` (there is already a link to listen to), or when a call's
    answer was lost. Without job_id it waits for the newest unfinished order. Answers after 45 s at most,
    finished or not; then call it again. To look without waiting, or by clip id, use get_song.
    """

    label: ClassVar[str] = "Wait for song"
    effect: ClassVar[Effect] = Effect.LOCAL
    result: ClassVar[type[SongResult]] = SongResult
    contract: ClassVar[tuple[str, ...]] = ("producer_task", "nuro_task", "riffusion_task")
    core: ClassVar[bool] = True
    player: ClassVar[bool] = True

    job_id: AnyId | None = Field(None, description="Id of the order; without it the newest unfinished.")

    @model_validator(mode="before")
    @classmethod
    def _as_results_name_it(cls, given: Any) -> Any:
        return as_named(given, "job_id", "id", "task_id")
