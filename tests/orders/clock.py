"""Time that moves only when a test moves it, and the view of it that one process has."""

from __future__ import annotations

from contextlib import suppress

import anyio

START = 1_800_000_000.0


class SimClock:
    """The wall clock and the steady clock of one simulated machine, in seconds."""

    def __init__(self) -> None:
        self.wall = START
        self.steady = 0.0
        self._moved = anyio.Event()

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += seconds
        self.steady += seconds
        self._ring()

    def set_wall(self, seconds: float) -> None:
        """Set the wall clock forward or back, as a person or a time server does; the steady one goes on."""
        self.wall += seconds

    def _ring(self) -> None:
        moved, self._moved = self._moved, anyio.Event()
        moved.set()

    async def moved(self) -> None:
        """Wait for the next movement."""
        await self._moved.wait()


class ProcessClock:
    """The simulated time as one process sees it; a process that stands still is woken by nothing."""

    def __init__(self, sim: SimClock) -> None:
        self._sim = sim
        self.stopped = False

    def now(self) -> float:
        return self._sim.wall

    def monotonic(self) -> float:
        return self._sim.steady

    async def sleep(self, seconds: float) -> None:
        until = self._sim.steady + seconds
        while self.stopped or self._sim.steady < until:
            await self._sim.moved()

    async def wait(self, event: anyio.Event, seconds: float) -> bool:
        async def rung(scope: anyio.CancelScope) -> None:
            await event.wait()
            scope.cancel()

        with suppress(TimeoutError):
            async with anyio.create_task_group() as group:
                group.start_soon(rung, group.cancel_scope)
                await self.sleep(seconds)
                group.cancel_scope.cancel()
        return event.is_set()
