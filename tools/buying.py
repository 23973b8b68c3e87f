"""What the purchases of every family share: a song's answer, and the contract by brand and date."""

from __future__ import annotations

from typing import ClassVar

from ..server.core.operation import Edition, Facts, KnownClip, Purchase
from .shapes import SongResult


def is_upload(told: bool | None, known: KnownClip | None) -> bool:
    """Whether a clip came from a file of the person's and so needs the variants for uploads; `told` decides."""
    return told if told is not None else known is not None and known.uploaded


class SongPurchase(Purchase):
    """A purchase that is answered with what became of it, in a family whose contract depends on brand and date."""

    result: ClassVar[type[SongResult]] = SongResult
    player: ClassVar[bool] = True

    def edition(self, facts: Facts) -> Edition:
        """What the brand makes of this family now."""
        return facts.edition(self.family)

    def remarks(self, facts: Facts, seconds: float | None) -> tuple[str, ...]:
        """What was asked for and has no effect at this brand."""
        del seconds
        edition, asked = self.edition(facts), self.arguments()
        without = [name for name in edition.ignored if name in asked]
        said = [f"{' and '.join(without)} had no effect"] if without else []
        if edition.only_model and asked.get("model", edition.model) != edition.model:
            said.append(f"every song is made by {edition.model}, whatever the model")
        return (f"At this service, since {edition.since[:7]}: {'; '.join(said)}.",) if said else ()
