"""Streamable HTTP as a transport: many callers, any number of replicas, and a shutdown that loses nothing.

Every request is independent, in both protocol eras, so any replica can answer any of them. Some endpoints need no token
on purpose: health, signed links to files, the service's signed callbacks, and where to sign in.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from types import FrameType
from typing import Any

import anyio
import uvicorn
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import RequireAuthMiddleware
from mcp.server.auth.routes import build_resource_metadata_url, create_protected_resource_routes
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Lifespan

from ..core import logs
from ..core.addresses import address_of
from ..core.errors import SettingRefused, SongwrightError
from ..core.settings import PREFIX, Settings
from ..core.threads import in_thread
from ..protocol import build
from ..service import callbacks
from . import endpoints, middleware, player, webhook
from .app import Hosted
from .auth import Backend, loopback_token, unavailable
from .oauth import auth_settings

ENDPOINT = "/mcp"
MOST_BYTES = 1024 * 1024
"""The largest request to the endpoint, a hundred times the longest lyrics with everything else."""
MOST_HEAD = 32 * 1024
"""The largest request line with all headers; an OAuth token may take half of it."""
KEEP_ALIVE_SECONDS = 30
LINGER_SECONDS = 2.0
"""How long a server still answers after it was told to stop; balancers that ask whether it is ready get 503."""
FULL_EVERY = 10.0
"""How often to log that the process has no descriptor left."""
CLOSING_SECONDS = 2
"""How long answers under way may take after that."""

log = logging.getLogger(__name__)


def application(app: Hosted, port: int | None = None) -> Starlette:
    """All routes, as one ASGI application; the runners work as long as its lifespan lasts.

    `port` is the one in use when the settings leave it open. A worker only serves health checks.
    """
    settings = app.settings
    found = [
        Route(endpoints.HEALTH, endpoints.health, methods=["GET"]),
        Route(endpoints.READY, endpoints.ready(app), methods=["GET"]),
    ]
    if settings.role == "worker":
        return _assembled(found, [], _working(app))
    security = middleware.trusted(settings, settings.port if port is None else port)
    server = build.build(app, app.sealer.state_keys())
    # Only the session manager of this is used.
    server.streamable_http_app(
        stateless_http=True, max_request_body_size=MOST_BYTES, transport_security=security, host=settings.host
    )
    asked = player.Questions(app, partial(endpoints.song_of, app))
    found += [
        Route(ENDPOINT, _for_callers(app, StreamableHTTPASGIApp(server.session_manager))),
        Route(endpoints.FILE, endpoints.file(app), methods=["GET"]),
        Route(endpoints.SHEET, asked.sheet, methods=["POST"]),
        Route(endpoints.AUDIO, asked.audio, methods=["POST"]),
        Route(callbacks.PATH, webhook.endpoint(app), methods=["POST"]),
        *_sign_in(settings),
    ]
    passed = [
        Middleware(middleware.HostOrigin, security=security, free=endpoints.PROBES),
        Middleware(middleware.BodyTimeout),
    ]
    if settings.allowed_origins:
        passed.append(
            Middleware(
                CORSMiddleware,
                allow_origins=security.allowed_origins,
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
                expose_headers=["WWW-Authenticate", "Mcp-Session-Id"],
            )
        )
    return _assembled(found, passed, lambda _: server.session_manager.run())


def _assembled(found: list[Route], passed: list[Middleware], lifespan: Lifespan[Starlette]) -> Starlette:
    patterns = {route.endpoint: route.path for route in found}
    first = Middleware(middleware.Logged, patterns=patterns, quiet=endpoints.PROBES)
    whole = Starlette(routes=found, middleware=[first, *passed], lifespan=lifespan)
    whole.router.redirect_slashes = False  # behind a proxy that ends TLS it would point to http
    return whole


def _for_callers(app: Hosted, endpoint: ASGIApp) -> ASGIApp:
    """The endpoint behind a tenant's token; everything that works for the request knows the tenant."""
    oauth = auth_settings(app.settings)
    resource = None if oauth is None else oauth.resource_server_url
    where = None if resource is None else build_resource_metadata_url(resource)
    known = RequireAuthMiddleware(
        middleware.ConcurrencyLimit(middleware.Named(endpoint)), list(app.settings.oauth_scopes), where
    )
    return AuthenticationMiddleware(AuthContextMiddleware(known), backend=Backend(app.bearer), on_error=unavailable)


def _sign_in(settings: Settings) -> list[Route]:
    """Where clients learn at which OAuth server people sign in (RFC 9728)."""
    oauth = auth_settings(settings)
    if oauth is None or oauth.resource_server_url is None:
        return []
    return create_protected_resource_routes(
        resource_url=oauth.resource_server_url,
        authorization_servers=[oauth.issuer_url],
        scopes_supported=oauth.required_scopes,
        resource_name="Songwright",
    )


def _working(app: Hosted) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with app.running():
            yield

    return lifespan


# -- serving ------------------------------------------------------------------------------------------------------


class _Server(uvicorn.Server):
    """uvicorn with signals left to us: orders being sent must arrive before the process ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures no signals."""
        yield


async def serve(app: Hosted) -> None:
    """Serve until the process is told to stop: gracefully on the first SIGTERM or SIGINT, at once on the second.

    Raises `SettingRefused` when the settings would leave the server open, useless or unreachable, and
    `JournalUnavailable` when its database does not answer.
    """
    settings = app.settings
    _check(settings)
    with _listener(settings) as listener:
        port: int = listener.getsockname()[1]
        app.address = (settings.public_url or address_of(settings.host, port)).rstrip("/")
        asgi = application(app, port)
        logs.set_up(settings)  # the SDK has set its own up meanwhile
        server = _Server(
            uvicorn.Config(
                asgi,
                http=middleware.HeaderTimeout,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=_room(),
                backlog=middleware.BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=CLOSING_SECONDS,
                h11_max_incomplete_event_size=MOST_HEAD,
            )
        )
        _mind_descriptors(server)
        told = anyio.Event()
        with _signals(told.set):
            async with asgi.router.lifespan_context(asgi):
                tenants, refusal = await _tenants(app)
                if refusal is None:
                    listener.listen(middleware.BACKLOG)  # before it is said, so that whoever reads it is not refused
                    _announce(app, port, tenants=tenants)
                    await _serve_until(told, app, server, listener)
        if refusal is not None:  # raised here, otherwise the task groups of the lifespan would wrap it
            raise refusal


def _room() -> int:
    """How many connections there is room for; logs a warning when the limit of the process makes them few."""
    most = middleware.most_connections()
    if most < middleware.MOST_CONNECTIONS:
        log.warning("there is room for only %d connections; raise the limit of descriptors (ulimit -n) for more", most)
    return most


def _mind_descriptors(server: _Server) -> None:
    """When the process has no descriptor left for a new connection, idle connections are closed and one line is logged.

    Otherwise asyncio would log a traceback for every connection that it cannot accept, a hundred at a time.
    """
    told_at = float("-inf")

    def handle(loop: AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal told_at
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)):
            loop.default_exception_handler(context)
            return
        for _ in range(middleware.BACKLOG):
            if not middleware.make_room(server.server_state.connections):
                break
        if loop.time() - told_at > FULL_EVERY:
            told_at = loop.time()
            log.error(
                "no descriptor is left for a new connection, so idle ones are closed; raise the limit (ulimit -n)"
            )

    get_running_loop().set_exception_handler(handle)


async def _serve_until(told: anyio.Event, app: Hosted, server: uvicorn.Server, listener: socket.socket) -> None:
    async def stop() -> None:
        await told.wait()
        log.info("told to stop")
        # Begin nothing new and answer waiting calls now; orders being sent are awaited at the end.
        await app.runner.drain(0)
        await anyio.sleep(LINGER_SECONDS)
        server.should_exit = True

    async with anyio.create_task_group() as group:
        group.start_soon(stop)
        await server.serve([listener])
        group.cancel_scope.cancel()


@contextmanager
def _signals(told: Callable[[], None]) -> Iterator[None]:
    """Call `told` in the event loop at the first signal to stop; the second one ends the process."""
    loop, before = get_running_loop(), {}
    counted = 0

    def heard(number: int, frame: FrameType | None) -> None:
        nonlocal counted
        del frame
        counted += 1
        if counted > 1:
            os._exit(128 + number)
        loop.call_soon_threadsafe(told)

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# -- before it serves ---------------------------------------------------------------------------------------------


def _check(settings: Settings) -> None:
    if settings.role == "worker" or settings.alone:
        return
    if not settings.secret_keys:
        raise SettingRefused(
            f"A server that others reach needs {PREFIX}SECRET_KEYS: one or more secrets of 32 characters, the same on "
            "every replica. `openssl rand -base64 32` makes one."
        )
    if settings.public_url is None:
        raise SettingRefused(
            f"A server that others reach needs {PREFIX}PUBLIC_URL, its public address: it only answers to that name, "
            f"and links to songs point there."
        )


async def _tenants(app: Hosted) -> tuple[bool, SongwrightError | None]:
    """Refuse to serve when others can reach this server but nobody may call it."""
    settings = app.settings
    try:
        some = await in_thread(app.tenants.any_active)
    except SongwrightError as error:
        return False, error
    if some or settings.role == "worker" or settings.alone or settings.oauth_issuer is not None:
        return some, None
    return some, SettingRefused(
        f"Nobody can call this server: it has no tenants and no OAuth server. `songwright tenants add NAME` adds a "
        f"tenant and shows its token; {PREFIX}OAUTH_ISSUER names an OAuth server."
    )


def _listener(settings: Settings) -> socket.socket:
    """A socket at the address in the settings. Raises `SettingRefused` when that fails."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )[0]
        # Named as TCP: otherwise asyncio does not know that it may send small packets at once, and every answer takes
        # 40 ms.
        listener = socket.socket(family, kind, protocol)
        if os.name == "posix":  # on Windows it would let two programs share one address
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(place)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise SettingRefused(
            f"Songwright cannot listen on {settings.host} port {settings.port}: {error.strerror}. Another program "
            f"may be using the port; {PREFIX}PORT chooses another."
        ) from None
    return listener


def _announce(app: Hosted, port: int, *, tenants: bool) -> None:
    """Tell the person at the terminal the server's address and, on a private machine, how to connect a client."""
    settings = app.settings
    log.info("answering on %s port %s as %s", settings.host, port, settings.role)
    if settings.log_format == "json":
        return
    if settings.role == "worker":
        said = (
            f"The Songwright worker is running. Its health check is at "
            f"{address_of(settings.host, port)}{endpoints.HEALTH}\n"
        )
    else:
        said = f"Songwright answers at {app.address}{ENDPOINT}\n"
        if app.sandbox:
            said += "This is a trial: songs come from the offline sandbox, a toy synthesizer, and cost play credits.\n"
        elif settings.api_key is None:
            said += (
                f"{PREFIX}API_KEY is not set, so this server makes songs only for callers with their own key (header "
                "Songwright-Service-Key, or `songwright tenants key`).\n"
            )
        if settings.alone and not tenants:
            said += _welcome(app.address, loopback_token(settings.state_dir))
    sys.stderr.write(said)
    sys.stderr.flush()


def _welcome(address: str, token: str) -> str:
    return (
        f"Its token, for this machine only: {token}\n"
        f"claude mcp add --transport http songwright {address}{ENDPOINT} "
        f'--header "Authorization: Bearer {token}"\n'
    )
