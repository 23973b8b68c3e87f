"""Runs plans: every single blow at every moment of a song's life, or chosen sets of blows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .fate import Blow, Fate
from .laws import check, check_pace
from .lives import GAP, live_through, songs_of
from .places import Place, Places
from .services import Case

NewCase = Callable[[Place], Case]


def deadly(trail: list[str]) -> list[int]:
    """The moments at which a death can make a difference: before a transaction begins it is the death before that."""
    return [n for n, moment in enumerate(trail) if not moment.startswith("begin")]


def visible(trail: list[str]) -> list[int]:
    """The moments at which another process can do something: not while the database is locked."""
    return [n for n, moment in enumerate(trail) if not moment.startswith("before commit")]


async def dry(new: NewCase, place: Place, songs: int = 1) -> list[str]:
    """Run without a blow; the moments at which one could fall."""
    return (await run(new, place, {}, songs)).trail


async def run(new: NewCase, place: Place, blows: Mapping[int, Blow], songs: int = 1) -> Fate:
    """Run one plan and hold it against the laws; the assertion that fails tells the plan."""
    case, fate = new(place), Fate(blows)
    try:
        await live_through(case.home, fate, songs_of(songs))
        check(case.home, case.books(), songs)
        if "stall" not in blows.values():
            check_pace(case.home.log, GAP)
    except AssertionError as error:
        error.add_note(f"plan: {fate.told()}")
        raise
    finally:
        place.close()
    return fate


async def sweep(
    new: NewCase, places: Places, blow: Blow, moments: Callable[[list[str]], Sequence[int]], songs: int = 1
) -> int:
    """One plan for each chosen moment; how many plans that were."""
    chosen = moments(await dry(new, places(), songs))
    for moment in chosen:
        await run(new, places(), {moment: blow}, songs)
    return len(chosen)
