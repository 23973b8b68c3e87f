"""Where a process can be hit, counted: the same plan meets the same moments every time it is run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Literal

Blow = Literal["die", "stall", "meet"]
"""What happens at a moment: the process dies; it stands still until its leases are over while another goes on; another
process does what is due at this very instant."""

Meanwhile = Callable[[Blow], Coroutine[Any, Any, None]]


class Death(BaseException):
    """The process ends here. Nothing in the project may catch it, as nothing can catch a SIGKILL."""


class Fate:
    """Numbers the moments of a plan as they come and strikes at the chosen ones."""

    def __init__(self, blows: Mapping[int, Blow] | None = None) -> None:
        self._blows = dict(blows or {})
        self.trail: list[str] = []
        self.meanwhile: Meanwhile | None = None
        """Who goes on while this process stands still."""
        self.loop: asyncio.AbstractEventLoop | None = None

    def _next(self, moment: str) -> Blow | None:
        self.trail.append(moment)
        blow = self._blows.get(len(self.trail) - 1)
        if blow == "die":
            raise Death(moment)
        return blow

    def dies_here(self, moment: str) -> None:
        """A moment at which a process can only die: standing still, it would hold up everybody."""
        self._next(moment)

    def in_thread(self, moment: str) -> None:
        """A moment reached in a worker thread."""
        blow = self._next(moment)
        if blow is not None and self.meanwhile is not None:
            assert self.loop is not None, "a process of a plan is started on the loop"
            # A task of its own: what happens to this process, such as the loss of a lease, does not end the other one.
            asyncio.run_coroutine_threadsafe(self.meanwhile(blow), self.loop).result()

    async def in_loop(self, moment: str) -> None:
        """A moment reached on the event loop."""
        blow = self._next(moment)
        if blow is not None and self.meanwhile is not None:
            await self.meanwhile(blow)

    def told(self) -> str:
        """The plan in words, for the message of a test that failed."""
        struck = [f"{blow} at {n} ({self.trail[n]})" for n, blow in self._blows.items() if n < len(self.trail)]
        return "; ".join(struck) or "no blow"
