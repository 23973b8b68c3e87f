"""The connection to the sandbox: a transport that starts Songwright's own offline service when first needed.

The sandbox gets a different port at each start, so requests name a fixed host and are sent to the current port.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import anyio
import httpx2

from ..core.errors import SongwrightError

if TYPE_CHECKING:
    from ...sandbox.launcher import Endpoint

LOGICAL_URL = "http://sandbox.localhost"
KEY = "songwright-sandbox"
"""The play account of people without a key."""


class SandboxTransport(httpx2.AsyncBaseTransport):
    """Sends requests to the running sandbox, starting it when there is none."""

    def __init__(self, open_door: Callable[[], Awaitable[Endpoint]]) -> None:
        self._open_door = open_door
        self._door: Endpoint | None = None
        self._lock = anyio.Lock()
        self._inner: httpx2.AsyncHTTPTransport | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; restart the sandbox first if it has ended."""
        for attempt in (1, 2):
            door = await self._opened(fresh=attempt == 2)
            place = httpx2.URL(door.base_url)
            request.url = request.url.copy_with(scheme=place.scheme, host=place.host, port=place.port)
            request.headers["Host"] = f"{place.host}:{place.port}"
            try:
                return await self._network().handle_async_request(request)
            except httpx2.ConnectError:
                if attempt == 2:
                    raise
        raise AssertionError("the second attempt returns or raises")

    def _network(self) -> httpx2.AsyncHTTPTransport:
        """Created at the first request: what it loads is not needed to list the tools."""
        if self._inner is None:
            self._inner = httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_keepalive_connections=0))
        return self._inner

    async def _opened(self, *, fresh: bool) -> Endpoint:
        async with self._lock:
            if self._door is None or fresh:
                try:
                    self._door = await self._open_door()
                except (SongwrightError, OSError, RuntimeError) as error:
                    raise httpx2.ConnectError(str(error)) from error
            return self._door

    async def aclose(self) -> None:
        """Close the connections; the sandbox ends by itself when nobody calls it."""
        if self._inner is not None:
            await self._inner.aclose()


def sandbox_transport(
    state_dir: Path, *, pace: Literal["quick", "real", "instant"], fast: bool, soundfont: Path | None = None
) -> SandboxTransport:
    """The transport for a state directory's own sandbox. Imports the sandbox's launcher on first use only."""

    async def opened() -> Endpoint:
        from ...sandbox.launcher import open_sandbox

        return await open_sandbox(state_dir, pace=pace, fast=fast, soundfont=soundfont)

    return SandboxTransport(opened)


def font_trouble(font: Path) -> str:
    """In a sentence, why the sandbox's band cannot play from this soundfont; "" when it can. Blocks."""
    from ...sandbox.fonts import why_not

    return why_not(font)
