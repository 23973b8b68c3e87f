"""The current time and sleeping: the only access to time, so that tests never wait."""

from __future__ import annotations

import time
from typing import Protocol

import anyio


class Clock(Protocol):
    """What the runner knows of time."""

    def now(self) -> float:
        """Seconds since the epoch; what rows in the journal carry."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step back; what a wait is measured with."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""
        ...

    async def wait(self, event: anyio.Event, seconds: float) -> bool:
        """Wait for the event, at most that long. Returns whether it came."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never step back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""
        await anyio.sleep(max(seconds, 0.0))

    async def wait(self, event: anyio.Event, seconds: float) -> bool:
        """Wait for the event, at most that long. Returns whether it came."""
        with anyio.move_on_after(max(seconds, 0.0)):
            await event.wait()
        return event.is_set()
