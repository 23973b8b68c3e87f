"""Continue a song or a recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Purchase, Request, Route
from ..composing import CREATE, Rework, create
from ..shapes import Seconds, given, refuse, within
from .concat_song import ConcatSong

UPLOAD_START = 0.1
"""Where extensions of uploads begin unless told otherwise: what the service advises."""
UPLOAD_EXTEND = "/api/v1/sonic/upload-extend"
TAKES = 2


class ExtendSong(Rework):
    """Continue a song, or a recording by link; returns two takes of the new part.

    Give one of `lyrics` (only the new words), `idea`, `instrumental`, else it is refused, free. Style and voice follow
    the source unless given. The clips hold the new part alone; with `whole_song` each take is also joined with what
    came before, and the clips are the whole songs. To join one take later use concat_song; for another style
    cover_song; to redo a part replace_section. 1-2 min.
    """

    label: ClassVar[str] = "Extend song"
    version: ClassVar[str] = "extension"
    route: ClassVar[Route] = CREATE
    minutes: ClassVar[str] = "1-2 min"
    row: ClassVar[str] = "extend"
    rebate: ClassVar[bool] = False
    price_note: ClassVar[str] = "10; with whole_song 14 for a clip, 10 for a link"
    contract: ClassVar[tuple[str, ...]] = ("create/extend_music", "create/extend_upload_music", "upload_extend")
    relation: ClassVar[str] = "extends"

    continue_at: float | None = Field(
        None,
        gt=0,
        description="Second of the source at which the new part begins; what came after is left out. Default: a song's "
        "end; for links and uploads 0.1: a new song out of the recording's start. To go on "
        "after a recording give its length; the service does not tell it, so ask the person. Past the end: refused, "
        "free, where the length is known here; else stay below. Needed for clips made elsewhere.",
    )
    whole_song: bool = Field(False, description="Join both takes with the source up to continue_at; all in the price.")
    seconds: Seconds | None = Field(None, description="Length of the new part to aim at.")

    def check(self, facts: Facts) -> None:
        """The source, where it goes on, the words."""
        super().check(facts)
        self._continue_at(facts)

    def _continue_at(self, facts: Facts) -> float:
        known = self.clip(facts)
        if self.continue_at is not None:
            return within(self.continue_at, known, "continue_at")
        if self.link or self.uploaded(facts):
            return UPLOAD_START
        if known is None or known.seconds is None:
            refuse("continue_at is needed: the length of this clip is not known here.", "continue_at")
        return known.seconds

    def _joins(self) -> bool:
        """Whether joining takes orders of its own; for a link the service does it."""
        return self.whole_song and self.link is None

    def follow_up_price(self, facts: Facts) -> int | None:
        """Joining both takes, where that was asked for."""
        join = facts.price(ConcatSong.row) if self._joins() else 0
        return None if join is None else TAKES * join

    def price(self, facts: Facts) -> int | None:
        """The extension, and joining both takes where that was asked for."""
        own, joins = super().price(facts), self.follow_up_price(facts)
        return None if own is None or joins is None else own + joins

    def follow_ups(self, clip_ids: Sequence[str]) -> tuple[Purchase, ...]:
        """Joining each take."""
        return tuple(ConcatSong(clip_id=clip_id) for clip_id in clip_ids) if self._joins() else ()

    def request(self, facts: Facts) -> Request:
        """By link, or by clip in the variant for what the clip is."""
        body = {**self.mode(facts), **given(continue_at=self._continue_at(facts), duration=self.seconds)}
        if self.link:
            joined = {"auto_concat": True} if self.whole_song else {}
            return Request("POST", UPLOAD_EXTEND, {"url": self.link, **body, **joined})
        task_type = "extend_upload_music" if self.uploaded(facts) else "extend_music"
        return create(task_type, continue_clip_id=self.source, **body)
