"""A new song from the producer family."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Request
from ..shapes import LINK_LIMIT, check_link, given
from .base import Sounding


class ProducerCreateSong(Sounding):
    """Make one song by another engine than create_song, from a style, own lyrics, or both; M4A.

    1 min. No length can be asked for. Ten words of style or more work best.
    """

    label: ClassVar[str] = "Producer: create song"
    contract: ClassVar[tuple[str, ...]] = ("producer_create/create_music",)
    instead: ClassVar[str] = "Use create_song instead."

    instrumental: bool = Field(False, description="No voice, even with lyrics.")
    cover_image: str | None = Field(None, max_length=LINK_LIMIT, description="Link to a picture for the cover.")

    def check(self, facts: Facts) -> None:
        """Model and picture."""
        super().check(facts)
        if self.cover_image is not None:
            check_link(self.cover_image, "cover_image", "a picture")

    def request(self, facts: Facts) -> Request:
        """Words and sound."""
        more = given(make_instrumental=True if self.instrumental else None, cover_url=self.cover_image)
        return self.produce(facts, "create_music", self.model, **self.sounding(facts), **more)
