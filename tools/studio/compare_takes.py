"""Listen to takes and compare them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, model_validator

from ...server.core.operation import Effect, Operation
from ..shapes import AnyId, Shape, ToolResult, as_named

MOST = 8
"""Ids in one call."""


class Measured(Shape):
    """One thing that was measured."""

    name: str = Field(description="Such as loudness, clipping, ending, noise or tempo_drift.")
    value: float | None = Field(None, description="The figure; absent where it cannot be measured.")
    unit: str = Field(description="Of the figure.")
    says: str = Field(description="What it means to a listener.")
    fault: bool = Field(description="Whether it speaks against the take.")


class TakeMeasured(Shape):
    """One recording."""

    clip_id: str = Field(description="Its id.")
    name: str = Field(description="Title and take.")
    file: str | None = Field(None, description="Where it is saved.")
    url: str | None = Field(None, description="Link to it, where it is on another machine.")
    measures: list[Measured] = Field(description="Everything that was measured.")


class TakesCompared(ToolResult):
    """What was measured, and what follows."""

    recommendation: str = Field(description="Which take to keep, and why.")
    best: list[str] = Field(description="Clip ids of the best; several where nothing decides.")
    takes: list[TakeMeasured] = Field(description="Each recording.")


class CompareTakes(Operation):
    """Listen to takes, or to one, and say which is better, or whether it sounds right, with reasons; free.

    Measures loudness, clipping, silence, cut end, length, noise, brightness, tempo, unsung words; not taste.
    """

    label: ClassVar[str] = "Compare takes"
    effect: ClassVar[Effect] = Effect.LOCAL
    result: ClassVar[type[TakesCompared]] = TakesCompared
    minutes: ClassVar[str] = "seconds"

    ids: tuple[AnyId, ...] = Field(min_length=1, max_length=MOST, description="Orders or clips.")

    @model_validator(mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        """One id alone is meant as often as a list."""
        named = as_named(given, "ids", "id", "clip_id", "job_id", "clip_ids", "job_ids")
        if isinstance(named, Mapping) and isinstance(named.get("ids"), str):
            return {**named, "ids": (named["ids"],)}
        return named
