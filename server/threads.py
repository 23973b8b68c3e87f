"""Blocking work off the event loop: a few threads for the journal, never abandoned half-way."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4
_limiter: RunVar[anyio.CapacityLimiter] = RunVar("songwright_journal_threads")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work in one of the journal's threads.

    A cancelled caller still waits for the end of it: a transaction that was begun is finished or rolled back.
    """
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(THREADS)
        _limiter.set(limiter)
    return await anyio.to_thread.run_sync(partial(work, *args, **kwargs), limiter=limiter)
