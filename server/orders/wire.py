"""Paid calls that may be on their way to the service: how many there are, and the moment when there is none."""

from __future__ import annotations

import anyio


class Wire:
    """Counts them from before they are claimed until their answers are written down."""

    def __init__(self) -> None:
        self._calls = 0
        self._empty = anyio.Event()
        self._empty.set()

    def begin(self) -> None:
        """One more may leave."""
        if not self._calls:
            self._empty = anyio.Event()
        self._calls += 1

    def end(self) -> None:
        """One was written down, or was never sent."""
        self._calls -= 1
        if not self._calls:
            self._empty.set()

    async def empty(self) -> None:
        """Wait until there is none."""
        await self._empty.wait()
