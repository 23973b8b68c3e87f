"""The player behind a signed link to a song, for a browser; everybody else gets the file.

Whoever has the link sees the song that it belongs to: the takes of that order, their words and their stems. Not what it
cost, no other song and no other link, and nothing can be changed from there.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from ..core.errors import NotFound, SongwrightError, StorageError
from ..core.threads import in_thread
from ..orders import sheet
from ..orders.caller import Caller
from ..orders.player import wanted
from ..protocol import apps
from ..protocol.freight import Freight, Load, load
from ..protocol.place import MOST_QUESTION, placed, question
from .app import Hosted

FILE = "file"
"""In the query of a link: the file itself, also for a browser."""
NOT_HERE = "This link does not lead there."


def wants_page(request: Request) -> bool:
    """Whether a browser asks for something to show; players and programs ask for anything, or for sound."""
    return "text/html" in request.headers.get("accept", "") and FILE not in request.query_params


def page(token: str, clip_id: str) -> Response:
    """The player for the song of a link."""
    text, headers = placed({"base": f"./{token}", "token": token, "id": clip_id, "keep": False})
    return HTMLResponse(text, headers={**headers, "Vary": "Accept"})


class Questions:
    """What the player behind a link asks."""

    def __init__(self, app: Hosted, song_of: Callable[[Request], Awaitable[tuple[str, str]]]) -> None:
        self._app = app
        self._song_of = song_of
        self._freight = Freight()

    async def sheet(self, request: Request) -> Response:
        """What it shows."""
        return await self._answered(request, apps.SHEET)

    async def audio(self, request: Request) -> Response:
        """What it plays."""
        return await self._answered(request, apps.AUDIO)

    async def _answered(self, request: Request, tool: str) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = str(request.path_params["token"])
        if not secrets.compare_digest(given.encode(), token.encode()):
            return _refused(NotFound(NOT_HERE), 403)
        try:
            tenant, path = await self._song_of(request)
            heard = await in_thread(self._app.listener, tenant, path, f"./{token}?{FILE}")
            if heard is None:
                raise NotFound(NOT_HERE)
            caller, clip_id = heard
            asked = question(await _body(request))
            if asked is None:
                raise NotFound(NOT_HERE)
            asked = await _within(caller, clip_id, tool, asked)
        except StorageError as error:
            return _refused(error, 503)
        except (SongwrightError, OSError, KeyError) as error:
            return _refused(error if isinstance(error, SongwrightError) else NotFound(NOT_HERE), 404)
        carried = Load(self._freight, tenant)
        mark = load.set(carried)
        try:
            told, refused = await apps.answered(caller, tool, asked, guest=True)
        except BaseException:
            carried.give_back()
            raise
        finally:
            load.reset(mark)
        return _Carried(carried, told, 400 if refused else 200)


class _Carried(JSONResponse):
    """An answer whose bytes are on the way until it has been read, or given up."""

    def __init__(self, carried: Load, told: dict[str, Any], status: int) -> None:
        super().__init__(told, status, headers={"Cache-Control": "no-store"})
        self._load = carried

    async def __call__(self, *asgi: Any) -> None:
        try:
            await super().__call__(*asgi)
        finally:
            self._load.give_back()


async def _within(caller: Caller, clip_id: str, tool: str, asked: dict[str, Any]) -> dict[str, Any]:
    """The question, kept inside the order of the link's clip. Raises `NotFound`."""
    if tool == apps.SHEET:
        return {"id": clip_id}
    job, _ = await wanted(caller, clip_id)
    named = asked.get("clip_id")
    if not isinstance(named, str) or named not in await in_thread(sheet.members, caller, job):
        raise NotFound(NOT_HERE)
    return asked


async def _body(request: Request) -> bytes:
    """The body of a question. Raises `NotFound` for one that is too long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_QUESTION:
            raise NotFound(NOT_HERE)
    return body


def _refused(error: SongwrightError, status: int) -> Response:
    return JSONResponse(apps.refusal(error), status, headers={"Cache-Control": "no-store"})
