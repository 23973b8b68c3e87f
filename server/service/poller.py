"""When to look at a task: early looks from the catalogue, then a fixed interval with jitter, at last ever rarer ones.

Nothing is learned. In a simulation of ten hours of songs, cleverer schedules won a second here and lost many there, for
more looks; `docs/decisions/polling.md` has the table.
"""

from __future__ import annotations

from .catalogue import Schedule

JITTER = 0.1
LONGEST = 3600.0
"""Seconds between two looks at most."""
PATIENT_AFTER = 40
"""Looks after which a task that is still in work is looked at ever more rarely."""


def first_look(schedule: Schedule, bought_at: float) -> float:
    """When a task that was bought at that time wants its first look."""
    return bought_at + (schedule.looks[0] if schedule.looks else schedule.every)


def next_look(schedule: Schedule, bought_at: float, now: float, looks: int, dice: float) -> float:
    """When to look next, after so many looks; `dice` between 0 and 1 spreads songs that were ordered together."""
    bought_at = min(bought_at, now)  # or a clock that was set back would make every look due at once
    for offset in schedule.looks:
        if bought_at + offset > now + 0.5 * min(schedule.every, offset):
            return bought_at + offset
    delay = min(schedule.every * 1.25 ** min(max(looks - PATIENT_AFTER, 0), 40), LONGEST)
    return now + delay * (1 + JITTER * (2 * dice - 1))


def pause(schedule: Schedule, troubles: int) -> float:
    """Seconds until the next try after so many troubles in a row: twice as long each time, up to an hour."""
    return min(schedule.every * 2.0 ** min(troubles, 12), LONGEST)


def after_trouble(schedule: Schedule, now: float, troubles: int, dice: float) -> float:
    """When to try again after so many troubles in a row."""
    return now + pause(schedule, troubles) * (1 + JITTER * (2 * dice - 1))
