"""Remember which take is the one."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, model_validator

from ...server.core.operation import Effect, Operation
from ..shapes import AnyId, TakesResult, as_named


class KeepTake(Operation):
    """Remember which take the person chose; the other stays saved."""

    label: ClassVar[str] = "Keep take"
    effect: ClassVar[Effect] = Effect.CHANGES
    result: ClassVar[type[TakesResult]] = TakesResult

    clip_id: AnyId = Field(description="The take.")

    @model_validator(mode="before")
    @classmethod
    def _as_results_name_it(cls, given: Any) -> Any:
        return as_named(given, "clip_id", "id")
