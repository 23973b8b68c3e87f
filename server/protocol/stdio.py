"""Standard input and output as a transport, for clients of both protocol eras.

The SDK fixes a connection's era with its first request. Some shipped clients ask `server/discover` first and then send
`initialize` all the same, which the SDK refuses for good. A leading `server/discover` is therefore answered on its own
and does not choose the era.

The SDK also skips what it cannot read, and its sender waits forever. Here everything gets an answer.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal, Self

import anyio
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from mcp.server import MCPServer
from mcp.server.runner import serve_dual_era_loop, serve_loop
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types.jsonrpc import (
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCRequest,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

from ..orders.envelope import whole

log = logging.getLogger(__name__)

PROBE = "server/discover"
PROBE_SECONDS = 10.0

Item = SessionMessage | Exception


class _OneAnswer:
    """A write side that lets answers through and says when the first has passed; closing it closes nothing."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.passed = anyio.Event()

    async def send(self, item: SessionMessage) -> None:
        await self._inner.send(item)
        self.passed.set()

    async def aclose(self) -> None:
        await anyio.lowlevel.checkpoint()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


async def serve(
    server: MCPServer[Any], era: Literal["auto", "legacy"], before_exit: Callable[[], Awaitable[None]]
) -> None:
    """Serve one client until it closes its end, or the process is told to stop.

    `before_exit` is awaited before the process ends by a signal.
    """
    # The SDK offers no public way to serve a stream pair; tests/protocol/test_stdio.py guards this one attribute.
    low = server._lowlevel_server  # noqa: SLF001 — see above
    options = low.create_initialization_options()
    async with stdio_server() as (incoming, outgoing), low.lifespan(low) as state, _ended_by_signal(before_exit):
        send, rest = anyio.create_memory_object_stream[Item](0)
        if era == "legacy":
            async with anyio.create_task_group() as group:
                group.start_soon(_relay, incoming, send, outgoing, None)
                await serve_loop(low, rest, outgoing, lifespan_state=state, init_options=options)
                group.cancel_scope.cancel()
            return

        async def probe(item: SessionMessage) -> None:
            """Answer one `server/discover` in a loop of its own."""
            feed, fed = anyio.create_memory_object_stream[Item](1)
            answer = _OneAnswer(outgoing)
            async with anyio.create_task_group() as group:

                async def loop() -> None:
                    await serve_dual_era_loop(low, fed, answer, lifespan_state=state, init_options=options)

                group.start_soon(loop)
                await feed.send(item)
                with anyio.move_on_after(PROBE_SECONDS):
                    await answer.passed.wait()
                await feed.aclose()

        async with anyio.create_task_group() as group:
            group.start_soon(_relay, incoming, send, outgoing, probe)
            await serve_dual_era_loop(low, rest, outgoing, lifespan_state=state, init_options=options)
            group.cancel_scope.cancel()


async def _relay(
    incoming: ObjectReceiveStream[Item] | Any,
    onward: ObjectSendStream[Item],
    outgoing: Any,
    probe: Callable[[SessionMessage], Awaitable[None]] | None,
) -> None:
    async with onward:
        opening = probe is not None
        async for item in incoming:
            if isinstance(item, Exception):
                item = _understood(item)
            if isinstance(item, JSONRPCError):
                await outgoing.send(SessionMessage(item))
                continue
            if opening and isinstance(item, SessionMessage) and isinstance(item.message, JSONRPCRequest):
                if probe is not None and item.message.method == PROBE:
                    await probe(item)
                    continue
                opening = False
            await onward.send(item)


def _understood(error: Exception) -> SessionMessage | JSONRPCError:
    """The message that the SDK could not read, with broken characters marked as lost, or the answer to it."""
    problems = error.errors(include_url=False) if isinstance(error, ValidationError) else []
    raw = next((problem["input"] for problem in problems if problem["type"] == "json_invalid"), None)
    if raw is None:
        asked = next((problem["input"] for problem in problems if isinstance(problem["input"], dict)), {})
        return _refused(INVALID_REQUEST, "This is JSON, but not a message of the protocol.", asked.get("id"))
    try:
        # Half of a surrogate pair is JSON to nearly everybody, but not to the SDK.
        text = whole(json.dumps(json.loads(raw), ensure_ascii=False))
    except (ValueError, TypeError, RecursionError):
        return _refused(PARSE_ERROR, "This line is not JSON, so it cannot be read.", None)
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(text, by_name=False))
    except ValidationError as again:
        return _understood(again)


def _refused(code: int, sentence: str, request_id: object) -> JSONRPCError:
    known = request_id if isinstance(request_id, str | int) and not isinstance(request_id, bool) else None
    return JSONRPCError(jsonrpc="2.0", id=known, error=ErrorData(code=code, message=f"{sentence} Nothing was done."))


@asynccontextmanager
async def _ended_by_signal(before_exit: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """On a polite signal, finish what must not be cut short, and leave.

    The thread that reads standard input cannot be interrupted, so the process ends without waiting for it; everything
    that matters is on disk by then.
    """
    if sys.platform == "win32":
        yield
        return

    async def listen(*, task_status: anyio.abc.TaskStatus[None]) -> None:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            task_status.started()
            async for number in signals:
                log.info("stopped by signal %s", int(number))
                await before_exit()
                os._exit(0)

    async with anyio.create_task_group() as group:
        await group.start(listen)
        yield
        group.cancel_scope.cancel()
