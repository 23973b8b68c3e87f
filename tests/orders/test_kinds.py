"""Deaths in the life of orders that are not one song: answered at once, asked for again, followed by other orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from sandbox_process import SandboxProcess

from songwright.server.core.jobs import LIVE, State
from songwright.server.core.operation import Purchase
from songwright.tools.sonic.extend_song import ExtendSong
from songwright.tools.sonic.get_bpm import GetBpm
from songwright.tools.sonic.get_midi import GetMidi
from songwright.tools.sonic.get_wav import GetWav

from .fate import Blow, Fate
from .laws import check_posts, check_receipts, names
from .lives import Home, live_through, song
from .places import Place, Places, on_both
from .services import on_sandbox
from .sweep import deadly

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Kind:
    """An order about a clip: what it is, what may be charged for it at most, and the new files of a good end."""

    order: Callable[[str], Purchase]
    charges: Mapping[str, int]
    files: int


KINDS = {
    "at once": Kind(lambda clip: GetBpm(clip_id=clip), {"bpm": 1}, 0),
    "a link at once": Kind(lambda clip: GetWav(clip_id=clip), {"wav": 1}, 1),
    "asked again": Kind(lambda clip: GetMidi(clip_id=clip), {"midi": 1}, 1),
    "with orders that follow": Kind(
        lambda clip: ExtendSong(source=clip, continue_at=1.0, whole_song=True, lyrics="[Verse]\nStay"),
        {"extend_music": 1, "concat_music": 2},
        8,
    ),
}


async def plan(sandbox: SandboxProcess, place: Place, kind: Kind, blows: Mapping[int, Blow]) -> Fate:
    """A song is there; then something is ordered about it, and the process dies on the way."""
    case, fate = on_sandbox(sandbox, "ok", place), Fate(blows)
    home = case.home
    try:
        await live_through(home, Fate(), [song()])
        before = names(home.library)
        await live_through(home, fate, [kind.order(home.rows("clips")[0]["clip_id"])])
        check(sandbox, home, kind, before)
    except AssertionError as error:
        error.add_note(f"plan: {fate.told()}; {[(job.operation, job.state, job.sentence) for job in home.jobs()]}")
        raise
    finally:
        place.close()
    return fate


def check(sandbox: SandboxProcess, home: Home, kind: Kind, before: set[str]) -> None:
    first, *jobs = home.jobs()
    del first
    charged: dict[str, int] = {}
    for charge in sandbox.books(home.service.key)["charges"][1:]:
        charged[charge["operation"]] = charged.get(charge["operation"], 0) + 1
    assert all(charged[name] <= kind.charges.get(name, 0) for name in charged), f"charged {charged}"
    # A file that is asked for again has calls of its own behind the order, `<order>-<n>`, free to repeat.
    check_posts([sent for sent in home.log if "-" not in (sent.order_id or "")])
    check_receipts(home)
    assert jobs
    assert all(job.state not in LIVE for job in jobs)
    assert {job.state for job in jobs} <= {State.DONE, State.UNKNOWN}
    assert sum(charged.values()) <= len(jobs), "charged without an order on record"
    done = [job for job in jobs if job.state is State.DONE]
    assert sum(charged.values()) >= len(done)
    if len(done) == len(jobs):
        assert charged == kind.charges
        assert len(jobs) == sum(kind.charges.values())
        assert len(names(home.library) - before) == kind.files, names(home.library) - before


@pytest.mark.usefixtures("without_threads")
@pytest.mark.parametrize(("places", "name"), on_both(KINDS, KINDS, {"at once"}), indirect=["places"])
async def test_a_death_costs_neither_an_order_nor_a_second_charge(
    sandbox: SandboxProcess, places: Places, name: str
) -> None:
    """At every third moment; at all of them in `make chaos`."""
    trail = (await plan(sandbox, places(), KINDS[name], {})).trail
    for moment in deadly(trail)[::3]:
        await plan(sandbox, places(), KINDS[name], {moment: "die"})


async def test_the_answer_to_a_further_paid_call_is_kept_however_late_it_comes(
    sandbox: SandboxProcess, places: Places
) -> None:
    """The process sleeps while the file comes in; another one has called the call lost meanwhile."""
    trail = (await plan(sandbox, places(), KINDS["asked again"], {})).trail
    answered = [moment for moment, name in enumerate(trail) if name == "after POST midi"]
    case, home = None, None
    for moment in answered[1:]:
        case = on_sandbox(sandbox, "ok", places())
        home = case.home
        await live_through(home, Fate(), [song()])
        await live_through(
            home, Fate({moment: "stall"}), [KINDS["asked again"].order(home.rows("clips")[0]["clip_id"])]
        )
        assert [job.state for job in home.jobs()] == [State.DONE, State.DONE], home.jobs()[-1].sentence
    assert case is not None


@pytest.mark.chaos
@pytest.mark.usefixtures("without_threads")
@pytest.mark.parametrize("name", KINDS)
async def test_no_death_at_all_costs_an_order_or_a_second_charge(
    sandbox: SandboxProcess, places: Places, name: str
) -> None:
    trail = (await plan(sandbox, places(), KINDS[name], {})).trail
    for moment in deadly(trail):
        await plan(sandbox, places(), KINDS[name], {moment: "die"})
