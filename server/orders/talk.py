"""The line to a person, and to the client in between, during one call; who implements it knows the protocol."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from ..core.jobs import Job


class Agreed(StrEnum):
    """What a person answered, or that nobody could be asked."""

    YES = "yes"
    NO = "no"
    CANNOT_ASK = "cannot ask"


class Talk(Protocol):
    """The line to the person during one call."""

    async def agree(self, question: str, quote: str) -> Agreed:
        """Ask for a yes. May end this round of the call by raising; the next round returns the quote."""
        ...

    def agreed_quote(self) -> str | None:
        """A quote that the person has agreed to in an earlier round of this call."""
        ...

    def patience(self, seconds: float) -> float:
        """How many of these seconds this caller will wait."""
        ...

    async def unheard(self) -> str | None:
        """An order of the same tool and session that this caller may not have heard of."""
        ...

    async def ordered(self, job_id: str) -> None:
        """The call has made an order, or joined one."""
        ...

    async def progress(self, job: Job, elapsed: float, expected: float) -> None:
        """How a job is doing; `elapsed` and `expected` in seconds since it was ordered."""
        ...

    async def working(self, sentence: str, share: float) -> None:
        """How far work on this machine is, from 0 to 1."""
        ...
