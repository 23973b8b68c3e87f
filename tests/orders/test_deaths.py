"""A process dies once, at each moment of a song's life in turn, before each kind of service; a new one goes on."""

from __future__ import annotations

import pytest
from sandbox_process import SandboxProcess

from .fate import Fate
from .lives import live_through, songs_of
from .places import Places, on_both
from .services import ENDS, PAPER_SCRIPTS, SANDBOX_FAULTS, on_paper, on_sandbox
from .sweep import deadly, sweep

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("without_threads")]
SLICES = 2
BY_WIRE = SANDBOX_FAULTS.keys() - {"too_fast", "dead_link", "busy_looks"}
"""What is swept before the sandbox; a life that ends well is long, so the other such ones are swept on paper."""


@pytest.mark.parametrize(
    ("places", "behaviour"), on_both(SANDBOX_FAULTS, SANDBOX_FAULTS, {"ok", "fail_task"}), indirect=["places"]
)
async def test_a_song_ends_as_the_service_behaves(sandbox: SandboxProcess, places: Places, behaviour: str) -> None:
    """Keeps the sweeps honest: without a death each behaviour leads where its name says."""
    case = on_sandbox(sandbox, behaviour, places())
    await live_through(case.home, Fate(), songs_of(1))
    assert case.home.jobs()[0].state == ENDS[behaviour]


@pytest.mark.parametrize("part", range(SLICES))
@pytest.mark.parametrize(("places", "behaviour"), on_both(SANDBOX_FAULTS, BY_WIRE, ()), indirect=["places"])
async def test_no_death_costs_a_song_or_a_second_charge(
    sandbox: SandboxProcess, places: Places, behaviour: str, part: int
) -> None:
    plans = await sweep(
        lambda place: on_sandbox(sandbox, behaviour, place),
        places,
        "die",
        lambda trail: deadly(trail)[part::SLICES],
    )
    assert plans >= 7


@pytest.mark.parametrize(
    ("places", "behaviour"),
    on_both(
        PAPER_SCRIPTS,
        ["ok", *(PAPER_SCRIPTS.keys() - BY_WIRE)],
        ["ok", "lose_after", "fail_task", "garbage"],
    ),
    indirect=["places"],
)
async def test_no_death_is_dearer_where_answers_are_stranger(places: Places, behaviour: str) -> None:
    plans = await sweep(lambda place: on_paper(behaviour, place, looks_needed=2), places, "die", deadly)
    assert plans >= 14
