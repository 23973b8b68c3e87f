"""Settle an order whose answer was lost."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from ...server.core.errors import ArgumentRefused
from ...server.core.operation import Effect, Operation
from ..shapes import AnyId, SongResult, as_named


class ResolveJob(Operation):
    """Settle an order in state `unknown`: its answer was lost, so it may or may not have been bought.

    Ask the person first. `attach` follows a task id that they found on the service's website, if the service shows it
    (also for one given up, or whose task the service does not know); `buy_again` orders it again at full price, always
    confirmed; `give_up` closes it, and it counts as spent. The last two also stop waiting for a paid song that does not
    come. To stop an order that still waits its turn use cancel_job.
    """

    label: ClassVar[str] = "Resolve job"
    effect: ClassVar[Effect] = Effect.CHANGES
    result: ClassVar[type[SongResult]] = SongResult
    may_spend: ClassVar[bool] = True
    price_note: ClassVar[str] = "the full price again with buy_again; else nothing"

    job_id: AnyId = Field(description="The order.")
    action: Literal["attach", "buy_again", "give_up"] = Field(description="What to do with it.")
    task_id: str | None = Field(None, max_length=100, description="With attach: the service's task id.")
    quote: str | None = Field(None, max_length=64, description="With buy_again: the quote the person agreed to.")

    @model_validator(mode="after")
    def _attach_needs_a_task(self) -> Self:
        if self.action == "attach" and not self.task_id:
            raise ArgumentRefused("attach needs the task_id found at the service.", field="task_id")
        return self

    @model_validator(mode="before")
    @classmethod
    def _as_results_name_it(cls, given: Any) -> Any:
        return as_named(given, "job_id", "id")
