"""The files of clips, as a CDN would serve them: with ranges, links that can die, and damage on command."""

from __future__ import annotations

import asyncio
import re

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from .connections import Lost
from .executor import Executor
from .faults import FILES, Faults, Rule
from .records import Clip
from .router import PAGE
from .store import Store
from .studio import SUFFIXES, Maker

_NAME = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([a-z0-9]{3,4})")
TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "m4a": "audio/mp4", "mid": "audio/midi", "jpeg": "image/jpeg"}


class Files:
    """Answers GET and HEAD under /files; needs no key, like the links of the service."""

    def __init__(self, executor: Executor, studio: Maker, faults: Faults) -> None:
        self._desk = executor
        self._studio = studio
        self._faults = faults

    async def serve(self, request: Request) -> Response:
        """Serve one file; raises Lost when a fault closes the connection instead."""
        found = _NAME.fullmatch(request.path_params["name"])
        if found is None or found[2] not in SUFFIXES:
            return _gone(404)
        clip = await self._desk(Store.clip, found[1], count=request.method == "GET")
        if clip is None or clip.state not in ("streaming", "succeeded"):
            return _gone(404)
        if request.query_params.get("v") not in (None, str(clip.generation)):
            return _gone(403)
        rules = (
            self._faults.draw(clip.key_hash, {"file", f"file.{found[2]}", clip.clip_id}, FILES)
            if request.method == "GET"
            else []
        )
        for rule in rules:
            response = await self._misbehave(rule, clip, found[2])
            if response is not None:
                return response
        path = await self._studio.file(clip, found[2])
        return FileResponse(path, media_type=TYPES[found[2]])

    async def _misbehave(self, rule: Rule, clip: Clip, suffix: str) -> Response | None:
        match rule.do:
            case "slow":
                await self._faults.hold_back(rule)
                return None
            case "dead_link":
                await self._desk(Store.kill_links, clip.clip_id)
                return _gone(int(rule.number("status", 403)))
            case "html_file":
                return HTMLResponse(PAGE, int(rule.number("status", 200)))
            case "truncate":
                data = await asyncio.to_thread((await self._studio.file(clip, suffix)).read_bytes)
                return _Cut(data, media_type=TYPES[suffix])
            case "too_fast":
                return _gone(429)
            case "error_before":
                return _gone(500)
            case "refuse":
                return _gone(int(rule.number("status", 503)))
            case _:
                raise Lost


def _gone(status: int) -> Response:
    return JSONResponse({"message": "the file is not available"}, status)


class _Cut(Response):
    """Announces the whole file, sends half of it and closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        whole = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": whole[: len(whole) // 2], "more_body": True})
        raise Lost
