"""Continue a producer song."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Request
from ..shapes import refuse, within
from .base import Reworking

LONGEST = 240


class ProducerExtendSong(Reworking):
    """Continue a producer song or upload; for others extend_song.

    1 min.
    """

    label: ClassVar[str] = "Producer: extend song"
    contract: ClassVar[tuple[str, ...]] = ("producer_create/extend_music",)
    version: ClassVar[str] = "extended"
    relation: ClassVar[str] = "extends"
    instead: ClassVar[str] = "Use extend_song instead; it also takes a public link to a recording."

    continue_at: float | None = Field(None, ge=0, description="Second to go on from. Default: the end, where known.")
    seconds: int | None = Field(None, ge=1, le=LONGEST, description="Length to add; musicapi.ai only.")

    def check(self, facts: Facts) -> None:
        """Where it goes on."""
        super().check(facts)
        self._continue_at(facts)

    def _continue_at(self, facts: Facts) -> float:
        """The service would go on from second 30 by itself, which nobody means."""
        known = self.clip(facts)
        if self.continue_at is not None:
            return within(self.continue_at, known, "continue_at")
        if known is None or known.seconds is None:
            refuse("continue_at is needed: the length of this clip is not known here.", "continue_at")
        return known.seconds

    def request(self, facts: Facts) -> Request:
        """The clip, where it goes on, and with what."""
        at, body = self._continue_at(facts), self.sounding(facts)
        more = {} if self.seconds is None else {"length": self.seconds}
        return self.produce(facts, "extend_music", self.model, clip_id=self.clip_id, starts_at=at, **body, **more)
