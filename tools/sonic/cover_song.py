"""Remake a song in another style."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Request, Route
from ..composing import CREATE, Rework, create
from ..shapes import Closeness, Seconds, first_line, given

UPLOAD_COVER = "/api/v1/sonic/upload-cover"


class CoverSong(Rework):
    """Remake a finished song or recording in another style, as near its tune as `closeness` says; two takes.

    Say the whole new style. Without `lyrics`, `idea` and `instrumental` it keeps the words of a song made here; for
    links and uploads, whose words are not known, give one of them, else it is refused, free. All is sung and played
    again. For better sound alone use remaster_song; for a hummed or played tune sample_song. 1-2 min.
    """

    label: ClassVar[str] = "Cover song"
    version: ClassVar[str] = "cover"
    route: ClassVar[Route] = CREATE
    minutes: ClassVar[str] = "1-2 min"
    row: ClassVar[str] = "cover"
    price_note: ClassVar[str] = "14; 10 with own lyrics on v3.5 and v4"
    contract: ClassVar[tuple[str, ...]] = ("create/cover_music", "create/cover_upload_music", "upload_cover")
    relation: ClassVar[str] = "covers"

    closeness: Closeness | None = Field(
        None, description="To the source's tune: up to 0.3 free, 0.5 balanced, from 0.7 close, 1 closest."
    )
    seconds: Seconds | None = None

    def sung(self, facts: Facts) -> tuple[str | None, bool]:
        """What was given; else what the source sings, and no voice where it has none."""
        known = self.clip(facts)
        if self.lyrics or self.idea or self.instrumental or known is None or not known.lyrics:
            return super().sung(facts)
        # An instrumental has nothing but a marker in brackets for lyrics.
        return (known.lyrics, False) if first_line(known.lyrics) else (None, True)

    def request(self, facts: Facts) -> Request:
        """By link, or by clip in the variant for what the clip is."""
        body = {**self.mode(facts), **given(audio_weight=self.closeness, duration=self.seconds)}
        if self.link:
            return Request("POST", UPLOAD_COVER, {"url": self.link, **body})
        task_type = "cover_upload_music" if self.uploaded(facts) else "cover_music"
        return create(task_type, continue_clip_id=self.source, **body)
