"""Withdraw an order."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.operation import Effect, Operation
from ..shapes import SongAnswer


class CancelJob(Operation):
    """Withdraw an order that was not sent yet; costs nothing then.

    Only state queued can be stopped. One that is sending, running or fetching is paid: it is finished and saved all
    the same, and only left out of list_songs. For state unknown use resolve_job.
    """

    label: ClassVar[str] = "Cancel job"
    family: ClassVar[str] = "library"
    effect: ClassVar[Effect] = Effect.CHANGES
    answer: ClassVar[type[SongAnswer]] = SongAnswer

    job_id: str = Field(min_length=1, max_length=64, description="Id of the order, from its answer or list_songs.")
