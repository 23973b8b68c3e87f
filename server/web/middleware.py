"""What every request passes on its way in: checks of host and origin, time, caller, and load.

Each is plain ASGI, so that it applies to every route and streams pass through untouched.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from asyncio import TimerHandle
from asyncio.transports import Transport
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import anyio
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..core.addresses import LOOPBACK, address_of
from ..core.settings import Settings
from ..protocol.freight import Freight, Load, load
from ..protocol.talk import SESSION_HEADER, marked, renders_pages
from .app import given_key

BODY_SECONDS = 30.0
"""How long the body of a request may take to arrive."""
HEAD_SECONDS = 20.0
"""How long a connection may take to send a whole request head."""
TAKE_SECONDS = 60.0
"""How long the other side may leave an answer unread."""
MOST_CONNECTIONS = 2_000
"""How many connections are served at once, if the process may have enough descriptors."""
BACKLOG = 100
"""How many connections may wait to be accepted, and how many are accepted at once."""
RESERVED = 4 * BACKLOG + 128
"""Descriptors reserved for everything else: calls to the service, the database, files, and a rush of new
connections.
"""
CALLS_AT_ONCE = 100
"""How many requests of one tenant are served at the same time; a waiting tool call counts as long as it waits."""
KEY_HEADER = "songwright-service-key"
"""The header with a key of the music service for this request."""
LONGEST_KEY = 512
MOST_INTRODUCTION = 64 * 1024
"""How many bytes of a request are searched for the name of its client."""

log = logging.getLogger(__name__)


def trusted(settings: Settings, port: int) -> TransportSecuritySettings:
    """The Host and Origin headers that are accepted: our own addresses, and what the operator adds.

    A web page that a person visits can send requests to any address under any name, even to the person's own machine;
    these two headers reveal it.
    """
    hosts, origins = set[str](), set[str]()
    addresses = [address_of(settings.host, port)]
    if settings.alone:
        addresses += [address_of(name, port) for name in LOOPBACK]
    if settings.public_url is not None:
        addresses.append(settings.public_url)
    for parts in map(urlsplit, addresses):
        standard = 443 if parts.scheme == "https" else 80
        name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname)
        hosts.add(f"{name}:{parts.port or standard}")
        origins.add(f"{parts.scheme}://{name}:{parts.port}" if parts.port else f"{parts.scheme}://{name}")
        if parts.port in (None, standard):
            hosts.add(name)
            origins.add(f"{parts.scheme}://{name}")
    for name in settings.allowed_hosts:
        hosts.add(name)
        if not re.search(r":(\d+|\*)$", name):
            hosts.add(f"{name}:*")
    return TransportSecuritySettings(
        allowed_hosts=sorted(hosts), allowed_origins=sorted(origins | {o.rstrip("/") for o in settings.allowed_origins})
    )


class HostOrigin:
    """Answers 421 to a foreign Host and 403 to a foreign Origin. `free` are paths that balancers call by IP address."""

    def __init__(self, app: ASGIApp, *, security: TransportSecuritySettings, free: Container[str]) -> None:
        self._app = app
        self._check = TransportSecurityMiddleware(security)
        self._free = free

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http" and scope["path"] not in self._free:
            refusal = await self._check.validate_request(Request(scope))
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})


class _TooSlow(Exception):
    """The body of a request did not arrive."""


class BodyTimeout:
    """Answers 408 when the body of a request has not arrived after half a minute; later work has no such limit.

    A body with two different lengths gets a 400 and ends the connection: a proxy may have read it as two requests. A
    caller who hangs up midway gets no answer, and that is not an error.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with a body that arrives in time or not at all."""
        if {name for name, _ in scope.get("headers", ())} >= _LENGTHS:
            await Response(status_code=400, headers={"Connection": "close"})(scope, receive, send)
            return
        deadline = anyio.current_time() + BODY_SECONDS
        arriving = True

        async def in_time() -> Message:
            nonlocal arriving
            if not arriving:
                return await receive()
            with anyio.move_on_at(deadline):
                message = await receive()
                arriving = message["type"] == "http.request" and message.get("more_body", False)
                return message
            raise _TooSlow

        try:
            await self._app(scope, in_time, send)
        except _TooSlow:
            await Response(status_code=408, headers={"Connection": "close"})(scope, receive, send)
        except ClientDisconnect:
            log.debug("a caller hung up in the middle of a request")


class ConcurrencyLimit:
    """Runs after the check of the token: limits what a caller may send, and how much at once, and takes the service
    key.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._busy: Counter[str] = Counter()
        self._freight = Freight()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or say what is wrong with it."""
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        tenant = tenant_of(scope)
        self._busy[tenant] += 1
        carried = Load(self._freight, tenant)
        marks = given_key.set(_key(scope)), load.set(carried)

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.body" and message.get("body") and not message.get("more_body"):
                # A separate final message, because only another message waits until the one before it has been read.
                await send({**message, "more_body": True})
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            given_key.reset(marks[0])
            load.reset(marks[1])
            carried.give_back()
            self._busy[tenant] -= 1
            if not self._busy[tenant]:
                del self._busy[tenant]

    def _refusal(self, scope: Scope) -> Response | None:
        if scope["method"] != "POST":
            # Every request is independent, so there is no stream to open and no session to end.
            return Response(status_code=405, headers={"Allow": "POST"})
        if self._busy[tenant_of(scope)] >= CALLS_AT_ONCE:
            return _refused(
                429,
                "too_many_requests",
                f"This server is already working on {CALLS_AT_ONCE} of your calls. This call sent and spent nothing.",
                {"Retry-After": "5"},
            )
        key = _key(scope)
        if key is not None and not (len(key) <= LONGEST_KEY and re.fullmatch(r"[!-~]+", key)):
            return _refused(
                400, "bad_key", "The header Songwright-Service-Key does not contain a key. Nothing was sent or spent."
            )
        return None


class Named:
    """Gives a client of the older era, which introduces itself only once, a session id that contains its name.

    Nothing is stored: any replica reads the name from the id and knows how long this client waits.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the answer to a client's first request carries the id."""
        if Request(scope).headers.get(SESSION_HEADER):
            await self._app(scope, receive, send)
            return
        read, body = [], b""
        while len(body) <= MOST_INTRODUCTION:
            read.append(message := await receive())
            body += message.get("body", b"")
            if message["type"] != "http.request" or not message.get("more_body", False):
                break
        name, pages = _introduced(body) if len(body) <= MOST_INTRODUCTION else (None, False)

        async def again() -> Message:
            return read.pop(0) if read else await receive()

        async def named(message: Message) -> None:
            if name and message["type"] == "http.response.start":
                MutableHeaders(scope=message)[SESSION_HEADER] = marked(name, secrets.token_hex(8), pages=pages)
            await send(message)

        await self._app(scope, again, named)


def _introduced(body: bytes) -> tuple[str | None, bool]:
    """The client's name in a request that opens a session, and whether it renders pages of tools; None for any other
    request.
    """
    if b'"initialize"' not in body:
        return None, False
    try:
        request = json.loads(body)
        name = request["params"]["clientInfo"]["name"] if request["method"] == "initialize" else None
        if not (isinstance(name, str) and name.encode()):
            return None, False
        can = request["params"].get("capabilities")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None, False
    return name, renders_pages(can)


def _key(scope: Scope) -> str | None:
    """The service key in the header; a placeholder that a client did not fill in does not count."""
    key = Request(scope).headers.get(KEY_HEADER, "").strip()
    return key if key and not key.startswith("${") else None


def _refused(status: int, error: str, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": error, "error_description": sentence}, status_code=status, headers=headers)


def tenant_of(scope: Scope) -> str:
    """Whose request it is, if known; for the log and for fairness."""
    user = scope.get("user")
    if user is not None and user.is_authenticated:
        return str(user.access_token.client_id)
    return str(scope.get("state", {}).get("tenant", ""))


class Logged:
    """Logs a line for every request, with its route but never the address itself, which may contain a token.

    `patterns` names the routes by their endpoints; the paths in `quiet` appear only in detailed logs.
    """

    def __init__(self, app: ASGIApp, *, patterns: Mapping[Any, str], quiet: Container[str]) -> None:
        self._app = app
        self._patterns = patterns
        self._quiet = quiet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and log its outcome."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            pattern = self._patterns.get(scope.get("endpoint"), "-")
            level = logging.DEBUG if pattern in self._quiet else logging.INFO
            took = (time.perf_counter() - began) * 1000
            log.log(
                level, "%s %s %s %.0f ms %s", scope["method"], pattern, status or "-", took, tenant_of(scope) or "-"
            )


class HeaderTimeout(H11Protocol):
    """uvicorn's HTTP/1.1 with limits to waiting and room for new connections.

    A peer that does not complete a request's head, or does not read the answer, is disconnected. When the limit of
    connections is reached, the longest idle one is closed for the next. Only connections being answered can fill the
    server; another request is then told so.
    """

    _timer: TimerHandle | None = None
    _stalled: TimerHandle | None = None
    _idle_since = 0.0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in the class above
        """Make room if necessary, and begin to wait for a request."""
        super().connection_made(transport)
        self._watch()
        while self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            if not make_room(self.connections, self):
                break

    def data_received(self, data: bytes) -> None:
        """Handle received data; a whole head ends the wait, half of one does not."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """The connection is idle from now on."""
        self._idle_since = self.loop.time()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The other side does not read its answer; it has a minute for that."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(TAKE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read some."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """No further request has come."""
        self.hang_up()

    @property
    def idle_since(self) -> float | None:
        """Since when the connection is idle, in the loop's time; None while it is being served."""
        return self._idle_since if self._waiting() and not self.transport.is_closing() else None

    def hang_up(self) -> None:
        """End the connection; a finished answer is delivered if the other side reads it soon."""
        self.connections.discard(self)
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self.loop.call_later(TAKE_SECONDS, self.transport.abort)

    def _waiting(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _watch(self) -> None:
        if not self._waiting():
            self._stop()
        elif self._timer is None:
            self._idle_since = self.loop.time()
            self._timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self._waiting():
            self.hang_up()


def make_room(connections: Iterable[object], newcomer: object = None) -> bool:
    """Close the connection that has been idle longest, except the new one; False when none is idle."""
    idle = [
        (since, id(one), one)
        for one in connections
        if isinstance(one, HeaderTimeout) and one is not newcomer and (since := one.idle_since) is not None
    ]
    if not idle:
        return False
    min(idle)[2].hang_up()
    return True


def most_connections() -> int:
    """How many connections this process can serve without using up its descriptors."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return MOST_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(min(MOST_CONNECTIONS, soft - RESERVED), soft // 4)
