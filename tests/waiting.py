"""Waiting in tests: for what can be seen from outside, and never for a time that some machine needs."""

from __future__ import annotations

import time
from collections.abc import Callable

import anyio

PATIENCE = 200.0
"""Seconds after which something does not happen any more, also on a machine that is ten times slower than ours."""


def until(holds: Callable[[], object], what: str) -> None:
    """Wait until something holds; it is looked at every few milliseconds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"it did not happen: {what}"
        time.sleep(0.01)


async def soon(holds: Callable[[], object], what: str) -> None:
    """The same in a coroutine, while others go on."""
    with anyio.move_on_after(PATIENCE) as scope:
        while not holds():
            await anyio.sleep(0.01)
    assert not scope.cancelled_caught, f"it did not happen: {what}"
