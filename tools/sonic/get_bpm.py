"""The tempo of a clip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ...server.core.foreign import number
from ...server.core.operation import Outcome, Route
from ..composing import ClipPurchase
from ..shapes import SongResult, data_of, given

SLOWEST, FASTEST = 10.0, 1000.0
"""Beyond these it is no tempo but a mistake."""


class BpmResult(SongResult):
    """A tempo."""

    bpm: float | None = Field(None, description="Average beats per minute.")
    bpm_min: float | None = Field(None, description="The slowest stretch.")
    bpm_max: float | None = Field(None, description="The fastest stretch.")


class GetBpm(ClipPurchase):
    """Measure a clip's tempo in beats per minute: average, slowest, fastest; written into its tags too.

    Best within 24 h after the clip was made; later it may be refused, free. compare_takes estimates it free. At once.
    """

    label: ClassVar[str] = "Get BPM"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/bpm")
    result: ClassVar[type[BpmResult]] = BpmResult
    minutes: ClassVar[str] = "at once"
    row: ClassVar[str] = "bpm"
    price_note: ClassVar[str] = "1"
    contract: ClassVar[tuple[str, ...]] = ("bpm",)
    what: ClassVar[str] = "tempo"

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """Average, slowest and fastest, as far as they came."""
        data = data_of(body)
        average = _tempo(data.get("avg_bpm"))
        facts = given(bpm=average, bpm_min=_tempo(data.get("min_bpm")), bpm_max=_tempo(data.get("max_bpm")))
        told = any(name in data for name in ("avg_bpm", "min_bpm", "max_bpm"))
        return Outcome(facts or {"notice": "The service found no tempo."}, bpm=average, ready=told)


def _tempo(value: object) -> float | None:
    found = number(value)
    return round(found, 1) if found is not None and SLOWEST <= found <= FASTEST else None
