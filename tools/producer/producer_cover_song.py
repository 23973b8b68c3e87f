"""A producer song in another style."""

from __future__ import annotations

from typing import ClassVar

from ...server.core.operation import Facts, Request
from .base import Change, Reworking


class ProducerCoverSong(Reworking):
    """Remake a producer song or upload in another style; for others cover_song.

    1 min.
    """

    label: ClassVar[str] = "Producer: cover song"
    contract: ClassVar[tuple[str, ...]] = ("producer_create/cover_music", "producer_create/cover_upload_music")
    version: ClassVar[str] = "cover"
    relation: ClassVar[str] = "covers"
    instead: ClassVar[str] = "Use cover_song instead; it also takes a public link to a recording."

    cover_strength: Change | None = None

    def request(self, facts: Facts) -> Request:
        """The clip and its new sound; where tasks are instructed, uploads have one of their own."""
        known = self.clip(facts)
        own_task = self.edition(facts).instructs and known is not None and known.uploaded
        task_type = "cover_upload_music" if own_task else "cover_music"
        body = self.sounding(facts)
        return self.produce(
            facts, task_type, self.model, clip_id=self.clip_id, cover_strength=self.cover_strength, **body
        )
