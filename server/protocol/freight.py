"""Limits the bytes of files inside answers, for one caller and for the whole process.

An answer is held in memory, several times over, until its client has read it, and a client may read slowly or never.
What finds no room is not refused: the answer then says where the file is instead of holding it.
"""

from __future__ import annotations

from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field

MIB = 1024 * 1024
LARGEST = 8 * MIB
"""The largest file that travels inside an answer; one of this size costs about five times that in memory."""
MOST_OF_ONE = 6 * MIB
"""Bytes that one tenant of a hosted server may have on the way."""
MOST_OF_ALL = 24 * MIB
"""Bytes that all of them may have on the way."""


@dataclass
class Freight:
    """What is on the way now."""

    total: int = 0
    of: Counter[str] = field(default_factory=Counter)


@dataclass
class Load:
    """What one request carries; it is given back when the request has ended."""

    freight: Freight
    caller: str
    held: int = 0

    def take(self, size: int) -> bool:
        """Take room for so many more bytes; False if there is none."""
        freight = self.freight
        if freight.of[self.caller] + size > MOST_OF_ONE or freight.total + size > MOST_OF_ALL:
            return False
        freight.of[self.caller] += size
        freight.total += size
        self.held += size
        return True

    def give_back(self) -> None:
        """The answer has left this process, or nobody waits for it any more."""
        freight, self.freight = self.freight, Freight()
        freight.total -= self.held
        freight.of[self.caller] -= self.held
        if not freight.of[self.caller]:
            del freight.of[self.caller]
        self.held = 0


load: ContextVar[Load | None] = ContextVar("songwright_load", default=None)
"""What the current request carries; None if its end cannot be seen, as on stdio."""


def room_for(size: int) -> bool:
    """Whether a file of this size may travel inside the answer of the present request."""
    carried = load.get()
    return size <= LARGEST and (carried is None or carried.take(size))
