"""The real store, transport and library with moments in them at which fate may strike."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import httpx2

from songwright.server.files.downloads import Fetcher
from songwright.server.files.library import Kept, Library
from songwright.server.journal.postgres import PostgresStore
from songwright.server.journal.sqlite import SqliteStore, Tx

from .fate import Death, Fate


@dataclass(frozen=True)
class Sent:
    """One request to the service as it was seen from this side of the wire."""

    method: str
    path: str
    order_id: str | None
    at: float
    outcome: int | str
    """The status that came back, "not sent", "lost", or "died" when nobody was left to hear it."""


class _Fateful:
    """A store that can be hit before a transaction begins, before it is committed, and after."""

    fate: Fate

    @contextlib.contextmanager
    def transaction(self, key_id: str | None = None) -> Iterator[Tx]:
        self.fate.in_thread(f"begin {_who()}")
        with super().transaction(key_id) as tx:  # type: ignore[misc]  # of the store that this is mixed into
            yield tx
        self.fate.in_thread(f"after commit of {_who()}")

    def _commit(self, *details: Any) -> None:
        # The journal is locked here: another process that looks now would wait, so only death makes sense.
        self.fate.dies_here(f"before commit of {_who()}")
        super()._commit(*details)  # type: ignore[misc]  # as above


class FatefulFile(_Fateful, SqliteStore):
    """The file of one machine."""

    def __init__(self, path: Path, fate: Fate, busy_seconds: float) -> None:
        super().__init__(path, busy_seconds=busy_seconds)
        self.fate = fate


class FatefulPostgres(_Fateful, PostgresStore):
    """The database of many replicas."""

    def __init__(self, url: str, fate: Fate, busy_seconds: float) -> None:
        super().__init__(url, busy_seconds=busy_seconds)
        self.fate = fate


def _who() -> str:
    """The journal's method that is at work, for the trail."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename.endswith(("server/journal/write.py", "server/journal/decisions.py")):
            return frame.f_code.co_name
        frame = frame.f_back
    return "?"


class FatefulTransport(httpx2.AsyncBaseTransport):
    """The way to the service: hit before a request leaves, and after its answer has come. Keeps a log of both."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, fate: Fate, log: list[Sent], now: Callable[[], float]) -> None:
        self._inner = inner
        self._fate = fate
        self._log = log
        self._now = now

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        name = f"{request.method} {request.url.path.rsplit('/', 1)[-1]}" if request.method == "POST" else "GET"
        await self._fate.in_loop(f"before {name}")
        at = self._now()

        def seen(outcome: int | str) -> None:
            order_id = request.headers.get("Idempotency-Key")
            self._log.append(Sent(request.method, request.url.path, order_id, at, outcome))

        try:
            response = await self._inner.handle_async_request(request)
            await response.aread()
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            seen("not sent")
            raise
        except httpx2.HTTPError:
            seen("lost")
            raise
        try:
            await self._fate.in_loop(f"after {name}")
        except Death:
            seen("died")
            raise
        seen(response.status_code)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class FatefulLibrary(Library):
    """A library that can be hit when a file is whole but nameless, and when it has just got its name."""

    def __init__(self, root: Path, fetcher: Fetcher, fate: Fate) -> None:
        super().__init__(root, fetcher, sandbox=False)
        self._fate = fate

    def _publish(self, *args: Any, **kwargs: Any) -> Kept:
        self._fate.in_thread("before a file gets its name")
        kept = super()._publish(*args, **kwargs)
        self._fate.in_thread("after a file got its name")
        return kept
