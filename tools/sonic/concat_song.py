"""Join an extension with what it continues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Request, Route
from ..composing import CREATE, SonicPurchase, create
from ..shapes import SUBJECT_LIMIT, ClipId, shorten


class ConcatSong(SonicPurchase):
    """Join one take of an extension with what it continues into one whole song.

    Returns one clip. extend_song with `whole_song` does both at once. To continue further, extend the joined song. 1
    min.
    """

    label: ClassVar[str] = "Join song"
    version: ClassVar[str] = "whole song"
    route: ClassVar[Route] = CREATE
    hook: ClassVar[bool] = True
    minutes: ClassVar[str] = "1 min"
    row: ClassVar[str] = "concat"
    price_note: ClassVar[str] = "2"
    contract: ClassVar[tuple[str, ...]] = ("create/concat_music",)

    clip_id: ClipId = Field(description="Clip id of the extension's take, not of its source.")

    def request(self, facts: Facts) -> Request:
        """The extension is all that is needed: the service knows what it continues."""
        del facts
        return create("concat_music", continue_clip_id=self.clip_id)

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The extension."""
        return {"joins": (self.clip_id,)}

    def subject(self) -> str:
        """Which extension is joined."""
        return f"whole song with extension {shorten(self.clip_id, SUBJECT_LIMIT)}"
