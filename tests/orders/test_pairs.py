"""For `make chaos`: every pair of deaths, and random plans of deaths, stalls and meetings, with `CHAOS_SEED`."""

from __future__ import annotations

import os
import random

import pytest
from sandbox_process import SandboxProcess

from .fate import Blow
from .places import Places
from .services import PAPER_SCRIPTS, SANDBOX_FAULTS, on_paper, on_sandbox
from .sweep import deadly, dry, run

pytestmark = [pytest.mark.anyio, pytest.mark.chaos, pytest.mark.timeout(7200)]
CHAOS_SEED = int(os.environ.get("CHAOS_SEED", "1"))
RANDOM_PLANS = 150


@pytest.mark.usefixtures("without_threads")
@pytest.mark.parametrize("behaviour", PAPER_SCRIPTS)
async def test_no_pair_of_deaths_costs_a_song_or_a_second_charge(places: Places, behaviour: str) -> None:
    for first in deadly(await dry(lambda place: on_paper(behaviour, place), places())):
        once = await run(lambda place: on_paper(behaviour, place), places(), {first: "die"})
        for second in deadly(once.trail):
            if second > first:
                await run(lambda place: on_paper(behaviour, place), places(), {first: "die", second: "die"})


@pytest.mark.parametrize("behaviour", SANDBOX_FAULTS)
async def test_random_deaths_before_the_sandbox_cost_nothing(
    sandbox: SandboxProcess, places: Places, behaviour: str
) -> None:
    dice = random.Random(f"{CHAOS_SEED} {behaviour}")
    for _ in range(RANDOM_PLANS):
        blows: dict[int, Blow] = {dice.randrange(100): "die" for _ in range(dice.randint(2, 3))}
        await run(lambda place: on_sandbox(sandbox, behaviour, place), places(), blows)


@pytest.mark.parametrize("behaviour", PAPER_SCRIPTS)
async def test_random_deaths_stalls_and_meetings_with_two_songs_cost_nothing(places: Places, behaviour: str) -> None:
    dice = random.Random(f"{CHAOS_SEED} {behaviour}")
    kinds: tuple[Blow, ...] = ("die", "stall", "meet")
    for _ in range(RANDOM_PLANS):
        blows = {dice.randrange(180): dice.choice(kinds) for _ in range(3)}
        await run(lambda place: on_paper(behaviour, place, looks_needed=2), places(), blows, songs=2)
