"""Another version of a producer song."""

from __future__ import annotations

from typing import ClassVar

from ...server.core.operation import Facts, Request
from ..families import Worked
from .base import ProducerPurchase, SameModel, Seed


class ProducerVarySong(ProducerPurchase, Worked):
    """Make another version of a producer song or upload, in the same words and style.

    1 min.
    """

    label: ClassVar[str] = "Producer: vary song"
    contract: ClassVar[tuple[str, ...]] = ("producer_create/music_variation",)
    version: ClassVar[str] = "variation"
    relation: ClassVar[str] = "varies"
    instead: ClassVar[str] = "Use cover_song instead, with the song's own style."

    seed: Seed | None = None
    model: SameModel | None = None

    def check(self, facts: Facts) -> None:
        """The clip and the model."""
        super().check(facts)
        self.check_model(facts, self.model)

    def request(self, facts: Facts) -> Request:
        """The clip."""
        seed = None if self.seed is None else str(self.seed)
        return self.produce(facts, "music_variation", self.model, clip_id=self.clip_id, seed=seed)
