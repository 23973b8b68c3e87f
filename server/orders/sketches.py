"""Waveforms and small covers, drawn once each in a thread of their own and kept in memory while they are wanted.

They are worth a moment's wait and no more: what is not drawn by then is left out, and is there when asked again.
"""

from __future__ import annotations

import logging
from asyncio import get_running_loop
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import anyio

from ..core.clock import Clock
from ..core.errors import NotFound, SongwrightError, StorageError

KEPT = 300
"""Drawings at hand; a waveform takes some 4 KB, a cover 40 KB."""
WAITING = 24
"""Drawings that may be wanted at once; others are left out."""
PATIENCE_SECONDS = 2.5

log = logging.getLogger(__name__)


class Sketches:
    """The drawings of this process, by what they show: a digest names the same picture for everybody."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._made: OrderedDict[str, Any] = OrderedDict()
        self._going: dict[str, Future[Any]] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._closed = False

    async def drawn(self, key: str, draw: Callable[[], Any], until: float) -> Any:
        """What `draw` returns, from now or from before; None when it cannot be drawn, or not by that moment."""
        if key in self._made:
            self._made.move_to_end(key)
            return self._made[key]
        future = self._going.get(key)
        if future is None:
            if self._closed or len(self._going) >= WAITING:
                return None
            future = self._going[key] = self._begun(draw)
        ended, loop = anyio.Event(), get_running_loop()

        def tell(_: object) -> None:
            with suppress(RuntimeError):  # the loop has closed meanwhile
                loop.call_soon_threadsafe(ended.set)

        future.add_done_callback(tell)
        if not future.done() and (left := until - self._clock.monotonic()) > 0:
            await self._clock.wait(ended, left)
        self._gather()
        return self._made.get(key)

    def _gather(self) -> None:
        """Keep what has been drawn meanwhile."""
        for key, future in list(self._going.items()):
            if future.done():
                del self._going[key]
                if not future.cancelled() and future.exception() is None:
                    self._made[key] = future.result()
        while len(self._made) > KEPT:
            self._made.popitem(last=False)

    def _begun(self, draw: Callable[[], Any]) -> Future[Any]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="sketches")
        return self._pool.submit(_safely, draw)

    def close(self) -> None:
        """Draw nothing more."""
        self._closed = True
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def _safely(draw: Callable[[], Any]) -> Any:
    try:
        return draw()
    except (NotFound, StorageError):
        raise  # the file may be there when it is asked for again
    except SongwrightError as error:
        log.info("nothing was drawn: %s", error)
    except Exception:
        log.exception("a waveform or a cover could not be drawn")
    return None
