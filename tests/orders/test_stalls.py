"""Two processes, one journal: one stands still at each moment in turn, as a laptop asleep, and the other goes on."""

from __future__ import annotations

import pytest

from .places import Places, on_both
from .services import PAPER_SCRIPTS, on_paper
from .sweep import sweep, visible

pytestmark = pytest.mark.anyio

STALLED = on_both(PAPER_SCRIPTS, {"ok", "lose_after", "too_fast", "dead_link"}, {"ok"})
MET = on_both(PAPER_SCRIPTS, {"ok", "lose_after"}, {"lose_after"})


@pytest.mark.parametrize(("places", "behaviour"), STALLED, indirect=["places"])
async def test_a_process_that_slept_past_its_leases_changes_nothing_but_adds_the_truth(
    places: Places, behaviour: str
) -> None:
    plans = await sweep(lambda place: on_paper(behaviour, place, looks_needed=2), places, "stall", visible)
    assert plans >= 14


@pytest.mark.parametrize(("places", "behaviour"), MET, indirect=["places"])
async def test_two_processes_that_act_at_the_same_instant_share_one_rate_and_both_songs(
    places: Places, behaviour: str
) -> None:
    plans = await sweep(lambda place: on_paper(behaviour, place, looks_needed=2), places, "meet", visible, songs=2)
    assert plans >= 14
