"""Render a song anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from ...server.core.operation import Facts, Request, Route
from ..composing import CREATE, SonicPurchase, create
from ..shapes import SUBJECT_LIMIT, ClipId, ModelName, refuse, shorten


class RemasterSong(SonicPurchase):
    """Render a song made here again for better sound; same words and tune; two takes.

    Not for uploads (refused, free): cover_song can remake those. Best within 24 h after the clip was made; later it may
    be refused, free. For another style use cover_song. 1-2 min.
    """

    label: ClassVar[str] = "Remaster song"
    version: ClassVar[str] = "remaster"
    route: ClassVar[Route] = CREATE
    hook: ClassVar[bool] = True
    minutes: ClassVar[str] = "1-2 min"
    row: ClassVar[str] = "remaster"
    price_note: ClassVar[str] = "10"
    contract: ClassVar[tuple[str, ...]] = ("create/remaster",)

    clip_id: ClipId
    strength: Literal["subtle", "normal", "high"] = Field(
        "normal", description="How much may change; subtle the least."
    )
    model: ModelName | None = None

    def check(self, facts: Facts) -> None:
        """Songs of the service only, as far as it is known what the clip is."""
        known = facts.clip(self.clip_id)
        if known is not None and known.uploaded:
            refuse("The service remasters its own songs, not uploads; cover_song can remake an upload.", "clip_id")

    def request(self, facts: Facts) -> Request:
        """Clip, model and strength."""
        return create(
            "remaster",
            mv=facts.spell(self.model or facts.default_model),
            continue_clip_id=self.clip_id,
            variation_category=self.strength,
        )

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The song."""
        return {"remasters": (self.clip_id,)}

    def subject(self) -> str:
        """Which clip."""
        return f"remaster of clip {shorten(self.clip_id, SUBJECT_LIMIT)}"
