"""The endpoints without a token: whether the server is alive, whether it is ready, and signed links to files."""

from __future__ import annotations

import logging
import stat
from collections.abc import Awaitable, Callable, Mapping
from os import stat_result
from pathlib import Path

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

from ..core.errors import JournalUnavailable, NotFound, SongwrightError
from ..core.threads import in_thread
from ..files.downloads import media_type
from . import player
from .app import Hosted

HEALTH, READY, FILE = "/health", "/ready", "/files/{token}"
SHEET, AUDIO = f"{FILE}/sheet", f"{FILE}/audio"
PROBES = frozenset({HEALTH, READY})
"""What balancers and supervisors ask again and again."""
BUCKET_SECONDS = 900.0
"""How long a bucket's address works after a link has redirected to it; the link itself makes fresh ones."""
PROBE_SECONDS = 2.0
"""How long the database may take to answer before this server counts as not ready."""
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=3600",
    # The address is the permission, so it must not be sent on to other pages.
    "Referrer-Policy": "no-referrer",
    # A browser may get a page at the same address.
    "Vary": "Accept",
}
GONE = "This link has expired, or the file is no longer there. Ask for the song again to get a fresh link.\n"

log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


async def health(request: Request) -> Response:
    """200 while the process answers, whatever else is wrong."""
    del request
    return PlainTextResponse("alive\n")


def ready(app: Hosted) -> Endpoint:
    """200 when requests should be sent here; else 503 and the reason: `stopping` or `database`."""

    probe = _Probe(app)

    async def told(request: Request) -> Response:
        del request
        if app.runner.stopping:
            return PlainTextResponse("stopping\n", status_code=503)
        if not await probe.database_answers():
            return PlainTextResponse("database\n", status_code=503)
        return PlainTextResponse("ready\n")

    return told


class _Probe:
    """Checks whether the database answers, with one thread at most, because callers need no token."""

    def __init__(self, app: Hosted) -> None:
        self._app = app
        self._turn = anyio.Lock()
        self._asking = False

    async def database_answers(self) -> bool:
        """Whether it answers; False while an earlier check is still waiting."""
        async with self._turn:
            return not self._asking and await self._ask()

    async def _ask(self) -> bool:
        with anyio.move_on_after(PROBE_SECONDS):
            try:
                # Not in the journal's threads, which may all be waiting for the database; it changes nothing, so it may
                # be abandoned.
                self._asking = True
                await anyio.to_thread.run_sync(self._in_thread, abandon_on_cancel=True)
            except JournalUnavailable as error:
                log.warning("not ready: %s", error)
                return False
            return True
        log.warning("not ready: the database has not answered for %.0f s", PROBE_SECONDS)
        return False

    def _in_thread(self) -> None:
        try:
            self._app.tenants.any_active()
        finally:
            self._asking = False


def file(app: Hosted) -> Endpoint:
    """The file of a signed link, in parts if a player asks for parts; 404 for every invalid link.

    A browser that asks for a page gets the player of the song, where the file is one.
    """

    async def sent(request: Request) -> Response:
        try:
            tenant, relative = _opened(app, request)
            found = await in_thread(_found, app, tenant, relative)
            if player.wants_page(request) and (song := await in_thread(app.journal.clip_of_file, tenant, relative)):
                return player.page(str(request.path_params["token"]), song[1])
        except JournalUnavailable as error:
            log.error("%s", error)
            return Response(status_code=503, headers={"Retry-After": "10"})
        except (SongwrightError, OSError, KeyError) as error:
            log.info("a link led to no file: %s", type(error).__name__)
            return PlainTextResponse(GONE, status_code=404, headers={"Cache-Control": "no-store"})
        if isinstance(found, str):
            return RedirectResponse(found, headers={**HEADERS, "Cache-Control": "no-store"})
        path, facts = found
        return FileResponse(
            path,
            headers=HEADERS,
            media_type=media_type(path.name),
            filename=path.name,
            stat_result=facts,
            content_disposition_type="inline",
        )

    return sent


async def song_of(app: Hosted, request: Request) -> tuple[str, str]:
    """The tenant and the file of a signed link. Raises `NotFound` and what opening a link raises."""
    tenant, relative = _opened(app, request)
    await in_thread(_found, app, tenant, relative)
    return tenant, relative


def _opened(app: Hosted, request: Request) -> tuple[str, str]:
    link = app.sealer.open_link(str(request.path_params["token"]))
    request.state.tenant = link["tenant"]
    return link["tenant"], link["path"]


def _found(app: Hosted, tenant_id: str, relative: str) -> tuple[Path, stat_result] | str:
    """A file of a tenant's library, or its address in a bucket. Raises `NotFound`, also when access was withdrawn."""
    tenant = app.tenants.of_id(tenant_id)
    if tenant is None or tenant.revoked:
        raise NotFound("There is no such tenant.")
    library = app.library_of(tenant_id)
    path = library.locate(relative)
    if (elsewhere := library.signed(relative, BUCKET_SECONDS)) is not None:
        return elsewhere
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise NotFound("There is no such file in the library.", field="file")
    return path, facts
