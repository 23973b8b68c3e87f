"""A process dies once, at each moment of a song's life in turn, before each kind of service; a new one goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox_process import SandboxProcess

from .fate import Fate
from .lives import live_through, songs_of
from .places import Places, on_both
from .services import ENDS, PAPER_SCRIPTS, SANDBOX_FAULTS, on_paper, on_sandbox
from .sweep import deadly, sweep

pytestmark = pytest.mark.anyio
SLICES = 2


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox"), fast=True) as running:
        yield running


@pytest.mark.parametrize(
    ("places", "behaviour"), on_both(SANDBOX_FAULTS, SANDBOX_FAULTS, {"ok", "fail_task"}), indirect=["places"]
)
async def test_a_song_ends_as_the_service_behaves(sandbox: SandboxProcess, places: Places, behaviour: str) -> None:
    """Keeps the sweeps honest: without a death each behaviour leads where its name says."""
    case = on_sandbox(sandbox, behaviour, places())
    await live_through(case.home, Fate(), songs_of(1))
    assert case.home.jobs()[0].state == ENDS[behaviour]


@pytest.mark.parametrize("part", range(SLICES))
@pytest.mark.parametrize(("places", "behaviour"), on_both(SANDBOX_FAULTS, SANDBOX_FAULTS, ()), indirect=["places"])
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
        ["ok", *(PAPER_SCRIPTS.keys() - SANDBOX_FAULTS.keys())],
        ["ok", "lose_after", "fail_task", "garbage"],
    ),
    indirect=["places"],
)
async def test_no_death_is_dearer_where_answers_are_stranger(places: Places, behaviour: str) -> None:
    plans = await sweep(lambda place: on_paper(behaviour, place, looks_needed=2), places, "die", deadly)
    assert plans >= 14
