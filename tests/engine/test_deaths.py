"""A process dies once, at each moment of a song's life in turn, before each kind of service; a new one goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess

from .fate import Fate
from .lives import live_through, songs_of
from .services import ENDS, PAPER_SCRIPTS, SANDBOX_FAULTS, on_paper, on_sandbox
from .sweep import deadly, sweep

pytestmark = pytest.mark.anyio
SLICES = 2

Folders = Callable[[], Path]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox"), fast=True) as running:
        yield running


@pytest.mark.parametrize("behaviour", SANDBOX_FAULTS)
async def test_a_song_ends_as_the_service_behaves(sandbox: SandboxProcess, folders: Folders, behaviour: str) -> None:
    """Keeps the sweeps honest: without a death each behaviour leads where its name says."""
    case = on_sandbox(sandbox, behaviour, folders())
    await live_through(case.home, Fate(), songs_of(1))
    assert case.home.jobs()[0].state == ENDS[behaviour]
    case.home.close()


@pytest.mark.parametrize("part", range(SLICES))
@pytest.mark.parametrize("behaviour", SANDBOX_FAULTS)
async def test_no_death_costs_a_song_or_a_second_charge(
    sandbox: SandboxProcess, folders: Folders, behaviour: str, part: int
) -> None:
    plans = await sweep(
        lambda folder: on_sandbox(sandbox, behaviour, folder),
        folders,
        "die",
        lambda trail: deadly(trail)[part::SLICES],
    )
    assert plans >= 7


@pytest.mark.parametrize("behaviour", ["ok", *sorted(PAPER_SCRIPTS.keys() - SANDBOX_FAULTS.keys())])
async def test_no_death_is_dearer_where_answers_are_stranger(folders: Folders, behaviour: str) -> None:
    plans = await sweep(lambda folder: on_paper(behaviour, folder, looks_needed=2), folders, "die", deadly)
    assert plans >= 14
