"""Recordings that people bring: fetched, listened to, kept."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid

from .executor import Executor
from .fetch import Unfetchable, fetch
from .options import Options
from .records import Clip, Facts, NewClip
from .store import Store
from .studio import Maker
from .workshop import upload_path, write_whole

_MOST_SECONDS = 8 * 60.0


class Uploads:
    """Takes recordings in, the way the service does inside a request."""

    def __init__(self, options: Options, executor: Executor, studio: Maker) -> None:
        self._folder = options.folder / "files"
        self._desk = executor
        self._studio = studio

    async def take_in(
        self,
        key: str,
        link: str,
        *,
        least_seconds: float = 0.0,
        operation: str | None = None,
        price: int = 0,
        facts: Facts | None = None,
    ) -> Clip:
        """Fetch a link and enter it as a clip of that key hash, charged when an operation is named.

        `facts` say whose clip it is where it is not sonic's.

        Raises Unfetchable when the link or the recording is unusable, TooFewCredits; neither costs anything.
        """
        clip = dataclasses.replace(await self._recorded(link, least_seconds), facts=facts or {})
        try:
            await self._desk(Store.add_upload, key, clip, operation=operation, price=price)
        except BaseException:
            await self._forget(clip.clip_id)
            raise
        entered = await self._desk(Store.clip, clip.clip_id)
        assert entered is not None
        return entered

    async def _recorded(self, link: str, least_seconds: float) -> NewClip:
        clip_id = str(uuid.uuid4())
        data = await fetch(link)
        await asyncio.to_thread(write_whole, upload_path(self._folder, clip_id), data)
        try:
            return await self._heard(clip_id, least_seconds)
        except BaseException:
            await self._forget(clip_id)
            raise

    async def _heard(self, clip_id: str, least_seconds: float) -> NewClip:
        made = await self._studio.analyse(clip_id, _MOST_SECONDS)
        if made is None:
            raise Unfetchable("the file is not valid audio")
        if made.seconds > _MOST_SECONDS:
            raise Unfetchable(f"the audio is too long: {made.seconds:.0f} of {_MOST_SECONDS:.0f} seconds")
        if made.seconds <= least_seconds:
            raise Unfetchable(f"the audio is too short: it must be longer than {least_seconds:.0f} seconds")
        return NewClip(
            clip_id, "upload", {}, {"make": "recording"}, state="succeeded", score=made.score, seconds=made.seconds
        )

    async def _forget(self, clip_id: str) -> None:
        await asyncio.to_thread(upload_path(self._folder, clip_id).unlink, missing_ok=True)
