"""Long work on this machine, such as a video: it goes on when its caller leaves, and whoever asks again joins it.

Nothing here costs credits, so nothing is written down: a piece of work that a restart has cut off is begun anew.
"""

from __future__ import annotations

import threading
from asyncio import get_running_loop
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import anyio

from ..core.clock import Clock
from ..core.errors import Busy
from .results import Result
from .talk import Talk

AT_ONCE = 3
"""Pieces of work that one caller may have begun and not finished."""
REMEMBERED = 200
"""Finished pieces that nobody has fetched yet."""
PROGRESS_SECONDS = 3.0


class Stopped(Exception):
    """The work is not wanted any more."""


@dataclass
class Work:
    """One piece of work, as its own thread and those who wait for it see it."""

    what: str
    """As it is told to a person: "the video"."""
    share: float = 0.0
    """How much of it is done, 0 to 1."""
    future: Future[Result] = field(default_factory=Future)
    _stop: threading.Event = field(default_factory=threading.Event)

    def done(self, share: float) -> None:
        """Called by the work now and then, at least every second. Raises `Stopped` when it should end."""
        if self._stop.is_set():
            raise Stopped
        self.share = min(max(share, self.share), 1.0)

    def stop(self) -> None:
        """Let it end at its next step."""
        self._stop.set()
        self.future.cancel()


class Workshop:
    """One thread for the work of all callers, in the order in which they came."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._works: dict[tuple[str, str], Work] = {}
        self._pool: ThreadPoolExecutor | None = None

    async def work(
        self, tenant: str, key: str, what: str, make: Callable[[Work], Result], talk: Talk, until: float
    ) -> Work:
        """A piece of work, begun now or before, waited for until this moment of the steady clock.

        `key` stands for the tool and its arguments, so a second call with the same joins the first. A result is kept
        until it was fetched; the next call begins anew, because files may have changed. `make` blocks; it calls
        `Work.done` as it goes. Raises `Busy` when the caller has too much under way.
        """
        work = self._begun(tenant, key, what, make)
        ended, loop = anyio.Event(), get_running_loop()

        def tell(_: object) -> None:
            with suppress(RuntimeError):  # the loop has closed meanwhile
                loop.call_soon_threadsafe(ended.set)

        work.future.add_done_callback(tell)
        while not work.future.done() and (left := until - self._clock.monotonic()) > 0:
            await talk.working(f"Making {work.what}", work.share)
            await self._clock.wait(ended, min(left, PROGRESS_SECONDS))
        if work.future.done() and self._works.get((tenant, key)) is work:
            del self._works[tenant, key]
        return work

    def _begun(self, tenant: str, key: str, what: str, make: Callable[[Work], Result]) -> Work:
        work = self._works.get((tenant, key))
        if work is None:
            busy = [other for (owner, _), other in self._works.items() if owner == tenant and not other.future.done()]
            if len(busy) >= AT_ONCE:
                raise Busy(
                    f"{len(busy)} pieces of work are under way already, {busy[0].what} first. Wait until one is "
                    "finished, then call again. Nothing was spent."
                )
            work = self._works[tenant, key] = Work(what)
            self._do(work, make)
        finished = [place for place, other in self._works.items() if other.future.done()]
        for place in finished[: max(len(finished) - REMEMBERED, 0)]:
            del self._works[place]
        return work

    def _do(self, work: Work, make: Callable[[Work], Result]) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="workshop")

        def run() -> None:
            if not work.future.set_running_or_notify_cancel():
                return
            try:
                work.future.set_result(make(work))
            except BaseException as error:  # noqa: BLE001 — it is raised where the result is asked for
                work.future.set_exception(error)

        self._pool.submit(run)

    def close(self) -> None:
        """Stop all work, without waiting for its end."""
        for work in self._works.values():
            work.stop()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
