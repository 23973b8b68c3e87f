"""Runs blocking work off the event loop: a few threads for the journal, others for work that a caller can make slow.

Such work never runs in the journal's threads, because those handle money.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4


@dataclass(frozen=True)
class Lane:
    """Threads for one kind of work."""

    name: str
    threads: int


JOURNAL = Lane("journal", THREADS)
SEARCH = Lane("search", 1)
"""Searching through many rows. It takes at most one of the journal's connections."""
CRAFT = Lane("craft", 1)
"""Reading a caller's words. One thread is as fast as two: only one computes at a time."""
ANYBODY = ""
"""The caller for work that is the same for everyone."""
FILES = Lane("files", 2)
"""Reading files of the library."""


@dataclass
class _Open:
    """The lanes of one event loop."""

    limiters: dict[str, anyio.CapacityLimiter] = field(default_factory=dict)
    turns: WeakValueDictionary[tuple[str, str], anyio.CapacityLimiter] = field(default_factory=WeakValueDictionary)

    def limiter(self, lane: Lane) -> anyio.CapacityLimiter:
        if (found := self.limiters.get(lane.name)) is None:
            found = self.limiters[lane.name] = anyio.CapacityLimiter(lane.threads)
        return found


_open: RunVar[_Open] = RunVar("songwright_threads")


def _lanes() -> _Open:
    try:
        return _open.get()
    except LookupError:
        found = _Open()
        _open.set(found)
        return found


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work in one of the journal's threads.

    A cancelled caller still waits until it ends: a transaction that has begun is finished or rolled back.
    """
    return await anyio.to_thread.run_sync(partial(work, *args, **kwargs), limiter=_lanes().limiter(JOURNAL))


async def in_lane(lane: Lane, caller: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work in a thread of its lane, one piece per caller at a time.

    No caller is in the lane's queue twice, so callers take turns, however much one of them asks for.
    """
    lanes = _lanes()
    turn = lanes.turns.setdefault((lane.name, caller), anyio.CapacityLimiter(1))  # removed when nobody is waiting
    async with turn:
        return await anyio.to_thread.run_sync(partial(work, *args, **kwargs), limiter=lanes.limiter(lane))
