"""Prints the table of polling.md: how soon different schedules notice a finished song, and with how many looks.

`python docs/decisions/polling_simulation.py`; some seconds. The same program prints the same table everywhere.
"""

from __future__ import annotations

import heapq
import random
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass

from songwright.server.service.catalogue import Catalogue  # noqa: TID251 — a program outside the package
from songwright.server.service.poller import first_look, next_look  # noqa: TID251 — as above

MINUTES = 600
LOADS = (0.5, 2.0, 3.0, 4.0)
"""Songs ordered a minute, at random moments."""
MEDIAN, SPREAD, SHORTEST, LONGEST = 100.0, 0.5, 30.0, 300.0
"""Seconds that a song takes: log-normal, cut off at both ends."""
STREAM = 20.0
"""Seconds until there is a link to listen to."""

Next = Callable[[float, float, int, float], float]
"""(bought at, now, looks so far, dice) → when to look; `now` is the purchase itself for the first look."""


@dataclass
class Song:
    """One order: when it was bought, when it is finished, how often it was looked at."""

    bought: float
    done: float
    looks: int = 0
    heard: float | None = None


@dataclass
class Seen:
    """What became of a run."""

    looks: float
    mean: float
    late: float
    """The delay that one song in twenty exceeds, in seconds."""
    heard: float
    """Mean seconds until the link to listen to was seen."""


def shipped() -> Next:
    """What Songwright does with a new song."""
    schedule = Catalogue.load().schedule("aimusicapi", "create_song", "sonic")
    return lambda bought, now, looks, dice: (
        next_look(schedule, bought, now, looks, dice) if looks else first_look(schedule, bought)
    )


def missed_call() -> Next:
    """What is left where the service was asked to call back and never does."""
    schedule = Catalogue.load().schedule("aimusicapi", "create_song", "sonic", hooked=True)
    return lambda bought, now, looks, dice: (
        next_look(schedule, bought, now, looks, dice) if looks else first_look(schedule, bought)
    )


def late_first(bought: float, now: float, looks: int, dice: float) -> float:
    """Nothing for 45 seconds, then every 15."""
    return bought + 45 if not looks else now + 15 * (0.9 + 0.2 * dice)


def fixed(every: float) -> Next:
    """Always the same pause."""
    return lambda bought, now, looks, dice: now + every * (0.9 + 0.2 * dice)


def exponential(bought: float, now: float, looks: int, dice: float) -> float:
    """From 5 seconds up to 30, half as long again each time."""
    return now + min(5 * 1.5**looks, 30) * (0.9 + 0.2 * dice)


def by_age(bought: float, now: float, looks: int, dice: float) -> float:
    """Often when the song is likely to be finished, seldom before and after."""
    age = now - bought
    return now + (30 if age < 40 else 8 if age < 140 else 20) * (0.9 + 0.2 * dice)


def policies() -> dict[str, Next]:
    """What is compared."""
    return {
        "every 20 s": fixed(20),
        "every 15 s": fixed(15),
        "5 s, growing to 30 s": exponential,
        "by age: 30 s, then 8 s, then 20 s": by_age,
        "first after 45 s, then every 15 s": late_first,
        "**after 25 s and 60 s, then every 15 s** (shipped)": shipped(),
        "a call that never comes: after 120 s, then every 60 s": missed_call(),
    }


def run(policy: Next, load: float, gap: float, seed: int = 1) -> Seen:
    """Ten hours of one key: a call every `gap` seconds at most, orders before looks, the most overdue look first."""
    dice = random.Random(seed)  # noqa: S311 — a simulation
    orders, moment = [], 0.0
    while (moment := moment + dice.expovariate(load / 60)) < MINUTES * 60:
        orders.append((moment, min(max(dice.lognormvariate(0, SPREAD) * MEDIAN, SHORTEST), LONGEST)))
    orders.reverse()
    due: list[tuple[float, int]] = []
    songs: list[Song] = []
    delays: list[float] = []
    free = 0.0
    while orders or due:
        now = max(free, min(orders[-1][0] if orders else float("inf"), due[0][0] if due else float("inf")))
        free = now + gap
        if orders and orders[-1][0] <= now:
            number, song = len(songs), Song(now, now + orders.pop()[1])
            songs.append(song)
        else:
            number = heapq.heappop(due)[1]
            song = songs[number]
            song.looks += 1
            if song.heard is None and now >= song.bought + STREAM:
                song.heard = now - song.bought
            if now >= song.done:
                delays.append(now - song.done)
                continue
        heapq.heappush(due, (policy(song.bought, now, song.looks, dice.random()), number))
    return Seen(
        statistics.fmean(song.looks for song in songs),
        statistics.fmean(delays),
        statistics.quantiles(delays, n=20)[-1],
        statistics.fmean(song.heard for song in songs if song.heard is not None),
    )


def table() -> str:
    """The table, in Markdown."""
    gap = Catalogue.load().brand("aimusicapi").gap
    loads = " | ".join(f"{load:g} a minute" for load in LOADS)
    lines = [f"| looks | {loads} | listen after |", "| --- " * (len(LOADS) + 2) + "|"]
    for name, policy in policies().items():
        runs = [run(policy, load, gap) for load in LOADS]
        cells = " | ".join(f"{seen.looks:.1f}; {seen.mean:.0f} / {seen.late:.0f} s" for seen in runs)
        lines.append(f"| {name} | {cells} | {runs[0].heard:.0f} s |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
