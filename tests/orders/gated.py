"""Processes whose calls to the service wait at a gate until a test lets them through, or kills the process instead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import anyio.lowlevel
import httpx2

from songwright.server.core.jobs import Job
from songwright.server.files.downloads import Fetcher
from songwright.server.orders.runner import Step

from .fate import Blow, Death, Fate
from .lives import Home, Process, Service
from .paper import Paper


async def directly(work: Callable[..., Any], *args: Any, **_: Any) -> Any:
    """Blocking work without a thread: every run of a plan then happens in one and the same order."""
    await anyio.lowlevel.checkpoint()
    return work(*args)


class Mortal(Fate):
    """Dies when it is told to, or after so many more moments."""

    def __init__(self) -> None:
        super().__init__()
        self.dead = False
        self.moments_left: int | None = None

    def _next(self, moment: str) -> Blow | None:
        if self.moments_left is not None:
            self.moments_left -= 1
            self.dead |= self.moments_left < 0
        if self.dead:
            raise Death(moment)
        return None


@dataclass(frozen=True)
class Underway:
    """A step that has begun: what it does to which job, on the clocks of that moment."""

    task: asyncio.Task[None]
    kind: str
    job: Job | None
    began: float


class Gates(httpx2.AsyncBaseTransport):
    """Holds a request back twice: before it leaves, and before its answer is heard. Pictures pass freely."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, waiting: list[asyncio.Future[None]]) -> None:
        self._inner = inner
        self._waiting = waiting

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith(".jpeg"):
            return await self._inner.handle_async_request(request)
        await self._gate()
        try:
            response: httpx2.Response = await self._inner.handle_async_request(request)
        except httpx2.HTTPError:
            await self._gate()
            raise
        await self._gate()
        return response

    async def _gate(self) -> None:
        gate = asyncio.get_running_loop().create_future()
        self._waiting.append(gate)
        await gate


class GatedProcess(Process):
    """One life whose steps run beside each other and are let go one gate at a time."""

    fate: Mortal

    def __init__(self, home: Home, paper: Paper, busy_seconds: float = 15.0) -> None:
        self.waiting: list[asyncio.Future[None]] = []
        self.underway: list[Underway] = []
        service = Service(
            home.service.base_url,
            home.service.key,
            lambda: Gates(paper.transport(), self.waiting),
            lambda: Fetcher(transport=Gates(paper.transport(), self.waiting), resolve=paper.resolve),
        )
        super().__init__(replace(home, service=service), Mortal(), busy_seconds)

    async def begin(self, step: Step) -> None:
        """What the runner calls to start a step."""
        name: str = getattr(step, "func", step).__name__
        arguments: tuple[Any, ...] = getattr(step, "args", ())
        job = arguments[1] if len(arguments) > 1 else None
        task = asyncio.get_running_loop().create_task(step())
        self.underway.append(Underway(task, name, job, self.clock.monotonic()))

    def release(self, number: int) -> None:
        """Open one of the gates at which calls wait."""
        # A download that lost its lease is gone from its gate.
        self.waiting[:] = [gate for gate in self.waiting if not gate.done()]
        if self.waiting:
            self.waiting.pop(number % len(self.waiting)).set_result(None)

    async def die(self) -> None:
        """End here: nothing that was under way writes or sends anything any more."""
        self.fate.dead = True
        while self.waiting:
            if not (gate := self.waiting.pop()).done():
                gate.set_exception(Death("killed"))
        for step in self.underway:
            step.task.cancel()
        await asyncio.gather(*(step.task for step in self.underway), return_exceptions=True)
        await self.end()

    def finished(self) -> None:
        """Forget steps that have ended; a step may end by death, and by no other error."""
        for step in self.underway:
            if step.task.done() and not step.task.cancelled():
                error = step.task.exception()
                if error is not None and not _is_death(error):
                    raise error
        self.underway = [step for step in self.underway if not step.task.done()]


def _is_death(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_is_death(inner) for inner in error.exceptions)
    return isinstance(error, Death)
