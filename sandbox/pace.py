"""When a task's states become visible: as fast as the music is made, at the service's own times, or at once."""

from __future__ import annotations

import dataclasses
import random

from .options import Pace

_QUICK_READY = 0.5
_QUICK_SETTLE = 0.3

# Seconds the service takes for a task, least and most; create and everything unlisted as in the first row.
_REAL = {
    "create_music": (60.0, 150.0),
    "extend_music": (60.0, 120.0),
    "cover_music": (60.0, 120.0),
    "concat_music": (40.0, 80.0),
    "replace_section": (60.0, 180.0),
    "create_voice": (20.0, 60.0),
    "stems_basic": (90.0, 240.0),
    "stems_full": (120.0, 300.0),
    "producer_create": (20.0, 50.0),
    "producer_upload": (10.0, 20.0),
    "producer_download": (5.0, 15.0),
    "nuro_create": (25.0, 60.0),
    "riffusion_create": (30.0, 60.0),
}


@dataclasses.dataclass(frozen=True)
class Timetable:
    """The earliest seconds after the purchase at which each state may show; making the music may take longer."""

    ready: float
    stream: float
    done: tuple[float, ...]
    """One per clip; further clips follow the last."""
    settle: float
    """Least seconds a clip can be streamed before it is finished."""

    def done_at(self, position: int) -> float:
        """When the clip at that position may be finished."""
        return self.done[min(position, len(self.done) - 1)]


def timetable(pace: Pace, name: str, seed: int) -> Timetable:
    """The times of one task; the same pace, operation and seed give the same times."""
    if pace == "instant":
        return Timetable(0.0, 0.0, (0.0,), 0.0)
    if pace == "quick":
        return Timetable(_QUICK_READY, _QUICK_READY, (0.0,), _QUICK_SETTLE)
    least, most = _REAL.get(name, _REAL["create_music"])
    dice = random.Random(seed)  # noqa: S311 - a timetable is no secret
    first = dice.uniform(least, most)
    return Timetable(dice.uniform(2, 6), dice.uniform(18, 25), (first, min(first + dice.uniform(1, 20), most)), 1.0)
