"""Withdraw an order."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, model_validator

from ...server.core.operation import Effect, Operation
from ..shapes import AnyId, SongResult, as_named


class CancelJob(Operation):
    """Cancel an order that was not sent yet; it then costs nothing.

    Only state queued can be stopped. One that is sending may be paid; one that is running or fetching is: it is still
    finished and saved, only hidden from list_songs. For state unknown use resolve_job.
    """

    label: ClassVar[str] = "Cancel job"
    effect: ClassVar[Effect] = Effect.CHANGES
    result: ClassVar[type[SongResult]] = SongResult

    job_id: AnyId = Field(description="Id of the order, from its answer or list_songs.")

    @model_validator(mode="before")
    @classmethod
    def _as_results_name_it(cls, given: Any) -> Any:
        return as_named(given, "job_id", "id", "task_id")
