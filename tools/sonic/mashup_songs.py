"""A new song from two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Request, Route
from ..composing import Composition, ShortIdea
from ..shapes import SHORT_DESCRIPTION_LIMIT, ClipId, Closeness, ShortLyrics, refuse

STYLE_LIMIT = 200


class MashupSongs(Composition):
    """Mix two clips into a new song; two takes.

    Give one of `lyrics`, `idea`, `instrumental`, else it is refused, free. Style and voice follow the sources unless
    given; the service decides which parts it takes of each, and the length. Recordings: upload_audio first. To build on
    a stretch of one use sample_song. 1-3 min.
    """

    label: ClassVar[str] = "Mash up songs"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/mashup")
    minutes: ClassVar[str] = "1-3 min"
    row: ClassVar[str] = "mashup"
    price_note: ClassVar[str] = "14; 10 with own lyrics on v3.5 and v4"
    contract: ClassVar[tuple[str, ...]] = ("mashup",)
    idea_limit: ClassVar[int] = SHORT_DESCRIPTION_LIMIT

    clip_ids: tuple[ClipId, ...] = Field(min_length=2, max_length=2, description="Clip ids of two different clips.")
    closeness: Closeness | None = None
    lyrics: ShortLyrics | None = None
    idea: ShortIdea | None = None
    style: Annotated[str, Field(max_length=STYLE_LIMIT, description="Genre, mood, instruments, voice.")] | None = None

    @property
    def brief_only(self) -> bool:
        """This path takes no brief beside a style."""
        return True

    def style_limit(self, facts: Facts) -> int | None:
        """Shorter here than elsewhere, with any model."""
        del facts
        return STYLE_LIMIT

    def check(self, facts: Facts) -> None:
        """Two clips, then the words."""
        if self.clip_ids[0] == self.clip_ids[1]:
            refuse("clip_ids must name two different clips.", "clip_ids")
        super().check(facts)

    def request(self, facts: Facts) -> Request:
        """Both clips."""
        return self.post(mashup_clip_ids=list(self.clip_ids), audio_weight=self.closeness, **self.mode(facts))

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """Both clips."""
        return {"mixes": self.clip_ids}
