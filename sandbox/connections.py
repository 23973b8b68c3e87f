"""Connections that break on command: closed without an answer, cut off midway, or silent until the client leaves."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_HANG_UP = "songwright.hang_up"


class Lost(Exception):
    """This request gets no answer: the connection is closed at once, or (`silent`) when the client gives up."""

    def __init__(self, *, silent: bool = False) -> None:
        super().__init__()
        self.silent = silent


class Line(H11Protocol):
    """uvicorn's HTTP/1.1 with one addition: the application may close the connection of its request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give every request of this connection a way to close it."""
        super().connection_made(transport)
        inner = self.app

        async def with_line(scope: Scope, receive: Receive, send: Send) -> None:
            await inner({**scope, _HANG_UP: transport.close}, receive, send)

        self.app = with_line


class Breakable:
    """Middleware that turns a Lost from inside into a broken connection.

    Without our `Line` below (an application called in-process) the Lost goes up to the caller.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await self._app(scope, receive, send)
        except Lost as lost:
            if _HANG_UP not in scope:
                raise
            if not lost.silent:
                scope[_HANG_UP]()
            while (await receive())["type"] != "http.disconnect":
                pass
