"""What is left and what was spent."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Effect, Operation
from ..shapes import Shape, ToolResult


class Spending(Shape):
    """Credits spent by one tool."""

    operation: str = Field(description="The tool.")
    times: int = Field(description="How often.")
    credits: int = Field(description="Credits, by the catalogue's prices.")


class Credits(ToolResult):
    """Balance and spending."""

    left: int = Field(description="Credits that can be spent now.")
    extra: int = Field(description="Bought extra: used first, never expire, need an active subscription.")
    subscription: int = Field(description="Of the subscription: used after the extra ones, lost when the cycle ends.")
    as_of: str = Field(description="When the service said so, UTC.")
    spent_24h: int = Field(description="Spent, or possibly spent, through this Songwright in 24 hours.")
    daily_limit: int = Field(description="What may be spent in 24 hours (SONGWRIGHT_DAILY_CREDITS).")
    spent_7d: int = Field(description="The same for 7 days.")
    spent_30d: list[Spending] = Field(description="The last 30 days by tool, the largest sum first.")
    unsettled: int | None = Field(None, description="Orders in state unknown.")


class CheckCredits(Operation):
    """Credits left, which are used first, what expires, what was spent in 24 hours, 7 days, and by tool in 30 days.

    Free. Says the daily limit too. For single orders or other days use list_songs with `everything`: each has its cost.
    """

    label: ClassVar[str] = "Check credits"
    effect: ClassVar[Effect] = Effect.READS
    result: ClassVar[type[Credits]] = Credits
    contract: ClassVar[tuple[str, ...]] = ("get_credits",)
    core: ClassVar[bool] = True
