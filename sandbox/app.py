"""The sandbox as an ASGI application: everything wired together, without globals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..server.core.addresses import LOOPBACK
from .connections import Breakable
from .control import Control
from .executor import Executor
from .faults import Faults, parse_flag
from .files import Files
from .hooks import Hooks
from .options import Options
from .pruning import prune
from .router import Router
from .service import Service
from .store import Store
from .studio import FastStudio, Maker, Studio
from .tasks import Tasks
from .uploads import Uploads

_log = logging.getLogger(__name__)

_EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_LOOK_EVERY = 1.0


def app(options: Options, *, stop: Callable[[], None] = lambda: None) -> Starlette:
    """The whole sandbox; `options.port` must be the real one, as links carry it.

    `stop` is called once, when it was asked to end or was idle for `options.idle_seconds`. When the application's
    lifespan begins, the store is opened and unfinished tasks continue. Raises BadRule for an invalid fault flag and
    StoreError for data of a newer version.
    """
    faults = Faults([rule for text in options.faults for rule in parse_flag(text)])
    folder = options.folder / "files"
    store = Store(options.folder / "books.sqlite", opening_credits=options.credits)
    executor = Executor(store)
    studio: Maker = FastStudio(folder) if options.fast else Studio(executor, folder, options.soundfont)
    hooks = Hooks(options.brand, faults)
    uploads = Uploads(options, executor, studio)
    tasks = Tasks(options, executor, studio, uploads, hooks)
    router = Router(options, Service(options, executor, studio, uploads, tasks), faults)
    files = Files(executor, studio, faults)
    idleness = Idleness()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await asyncio.to_thread(prune, folder)
        await tasks.resume()
        watch = asyncio.create_task(_stop_when_idle(options, idleness, lambda: tasks.busy or hooks.busy, stop))
        try:
            yield
        finally:
            watch.cancel()
            await tasks.close()
            await hooks.close()
            studio.close()
            await asyncio.to_thread(executor.close)

    return Starlette(
        routes=[
            Route("/api/{path:path}", router.serve, methods=_EVERY_METHOD),
            Route("/files/{name}", files.serve, methods=["GET", "HEAD"]),
            *Control(options, executor, router, faults, stop).routes(),
        ],
        lifespan=lifespan,
        exception_handlers={Exception: _broken},
        middleware=[
            Middleware(Signed),
            Middleware(Attended, idleness=idleness),
            Middleware(Breakable),
            Middleware(Local),
        ],
    )


async def _broken(_: Request, __: Exception) -> Response:
    """How a bug of ours looks from outside; the log has the details."""
    return JSONResponse({"type": "api_error", "error": "internal error", "message": "internal error"}, 500)


class Idleness:
    """Tracks how long there has been no request."""

    def __init__(self) -> None:
        self.open = 0
        self._last = time.monotonic()

    def touch(self) -> None:
        """A request has just come."""
        self._last = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the last request; 0 while one is being served."""
        return 0.0 if self.open else time.monotonic() - self._last


async def _stop_when_idle(
    options: Options, idleness: Idleness, busy: Callable[[], bool], stop: Callable[[], None]
) -> None:
    if options.idle_seconds <= 0:
        return
    while True:
        await asyncio.sleep(min(_LOOK_EVERY, options.idle_seconds / 4))
        if busy():
            idleness.touch()
        elif idleness.seconds > options.idle_seconds:
            _log.info("nobody has asked for anything for %.0f s: ending", options.idle_seconds)
            stop()
            return


class Attended:
    """Middleware that notes when a request comes."""

    def __init__(self, app: ASGIApp, idleness: Idleness) -> None:
        self._app = app
        self._idleness = idleness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and note its end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._idleness.open += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._idleness.open -= 1
            self._idleness.touch()


class Signed:
    """Middleware: every answer says that it comes from the sandbox."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request with the header in its answer."""

        async def signing(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Songwright-Sandbox"] = "1"
            await send(message)

        await self._app(scope, receive, signing)


class Local:
    """Middleware: accepts only requests that name a loopback host, so that no web page can get in under another
    name.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or refuse it."""
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host", "")
            name = host.rpartition("]")[0].removeprefix("[") or host.partition(":")[0]
            if name not in LOOPBACK:
                refused = JSONResponse({"type": "forbidden", "message": "only loopback hosts are served"}, 403)
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)
