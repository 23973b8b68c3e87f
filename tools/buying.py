"""What the purchases of every family share: a song's answer, and the contract by brand and date."""

from __future__ import annotations

from typing import ClassVar

from ..server.core.operation import Edition, Facts, Purchase
from .shapes import SongAnswer


class SongPurchase(Purchase):
    """A purchase that is answered with what became of it, in a family whose contract depends on brand and date."""

    answer: ClassVar[type[SongAnswer]] = SongAnswer

    def era(self, facts: Facts) -> Edition:
        """What the brand makes of this family now."""
        return facts.era(self.family)

    def remarks(self, facts: Facts, seconds: float | None) -> tuple[str, ...]:
        """What was asked for and has no effect at this brand."""
        del seconds
        era, asked = self.era(facts), self.arguments()
        without = [name for name in era.ignored if name in asked]
        said = [f"{' and '.join(without)} had no effect"] if without else []
        if era.only_model and asked.get("model", era.model) != era.model:
            said.append(f"every song is made by {era.model}, whatever the model")
        return (f"At this service, since {era.since[:7]}: {'; '.join(said)}.",) if said else ()
