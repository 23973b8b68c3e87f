"""Two processes, one journal: one stands still at each moment in turn, as a laptop asleep, and the other goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .services import PAPER_SCRIPTS, on_paper
from .sweep import sweep, visible

pytestmark = pytest.mark.anyio

Folders = Callable[[], Path]

STALLED = {"ok", "lose_after", "too_fast", "dead_link"}
MET = {"ok", "lose_after"}
LONG = pytest.mark.chaos


def behaviours(short: set[str]) -> list[object]:
    """Every way a service may behave; those that add least only in `make chaos`."""
    return [pytest.param(name, marks=() if name in short else LONG) for name in PAPER_SCRIPTS]


@pytest.mark.parametrize("behaviour", behaviours(STALLED))
async def test_a_process_that_slept_past_its_leases_changes_nothing_but_adds_the_truth(
    folders: Folders, behaviour: str
) -> None:
    plans = await sweep(lambda folder: on_paper(behaviour, folder, looks_needed=2), folders, "stall", visible)
    assert plans >= 14


@pytest.mark.parametrize("behaviour", behaviours(MET))
async def test_two_processes_that_act_at_the_same_instant_share_one_rate_and_both_songs(
    folders: Folders, behaviour: str
) -> None:
    plans = await sweep(lambda folder: on_paper(behaviour, folder, looks_needed=2), folders, "meet", visible, songs=2)
    assert plans >= 14
