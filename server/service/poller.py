"""When to look at a task: first the early looks in the catalogue, then a fixed interval with jitter, and finally less
and less often. It does not learn. In a simulation of ten hours of songs, cleverer schedules gained a second in some
places and lost many in others, with more looks; `docs/decisions/polling.md` has the table.
"""

from __future__ import annotations

from .catalogue import Schedule

JITTER = 0.1
LONGEST = 3600.0
"""The most seconds between two looks."""
PATIENT_AFTER = 40
"""After this many looks, a task still in progress is looked at less and less often."""


def first_look(schedule: Schedule, bought_at: float) -> float:
    """When a task bought at that time should get its first look."""
    return bought_at + (schedule.looks[0] if schedule.looks else schedule.every)


def next_look(schedule: Schedule, bought_at: float, now: float, looks: int, dice: float) -> float:
    """When to look next, after this many looks; `dice` between 0 and 1 spreads out songs ordered together."""
    bought_at = min(bought_at, now)  # otherwise a clock set back would make every look due at once
    for offset in schedule.looks:
        if bought_at + offset > now + 0.5 * min(schedule.every, offset):
            return bought_at + offset
    delay = min(schedule.every * 1.25 ** min(max(looks - PATIENT_AFTER, 0), 40), LONGEST)
    return now + delay * (1 + JITTER * (2 * dice - 1))


def pause(schedule: Schedule, troubles: int) -> float:
    """Seconds until the next try after this many failures in a row: twice as long each time, up to an hour."""
    return min(schedule.every * 2.0 ** min(troubles, 12), LONGEST)


def after_trouble(schedule: Schedule, now: float, troubles: int, dice: float) -> float:
    """When to try again after this many failures in a row."""
    return now + pause(schedule, troubles) * (1 + JITTER * (2 * dice - 1))
