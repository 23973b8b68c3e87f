"""A stretch of a producer song made anew."""

from __future__ import annotations

from typing import ClassVar

from ...server.core.operation import Facts, Request
from ..shapes import End, Start, refuse, span
from .base import Reworking


class ProducerReplaceSection(Reworking):
    """Make a stretch of a producer song or upload anew; for others replace_section.

    1 min.
    """

    label: ClassVar[str] = "Producer: replace section"
    contract: ClassVar[tuple[str, ...]] = ("producer_create/replace_music",)
    version: ClassVar[str] = "edit"
    relation: ClassVar[str] = "replaces part of"
    instead: ClassVar[str] = "Use replace_section on a song of create_song instead."

    start_seconds: Start
    end_seconds: End | None = None

    def check(self, facts: Facts) -> None:
        """The stretch."""
        super().check(facts)
        end = self._end(facts)
        if end is None and "end_seconds" in self.edition(facts).needs:
            refuse("end_seconds is needed: the length of this clip is not known here.", "end_seconds")
        if end is not None:
            span(self.start_seconds, end, self.clip(facts))

    def _end(self, facts: Facts) -> float | None:
        """The clip's end unless told otherwise; the service knows it where we do not."""
        known = self.clip(facts)
        return self.end_seconds or (known.seconds if known else None)

    def request(self, facts: Facts) -> Request:
        """The clip, the stretch, and what it should become."""
        end = self._end(facts)
        _, ends_at = (None, None) if end is None else span(self.start_seconds, end, self.clip(facts))
        stretch = {"starts_at": self.start_seconds, "ends_at": ends_at}
        return self.produce(facts, "replace_music", self.model, clip_id=self.clip_id, **stretch, **self.sounding(facts))
