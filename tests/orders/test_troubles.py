"""Single troubles, one a test: a locked journal, a clock set back, a defect of ours, a service that wants patience."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import anyio
import pytest
from waiting import PATIENCE, soon

from songwright.server.core.errors import JournalUnavailable
from songwright.server.core.jobs import Asked, Job, State
from songwright.server.journal.write import Journal
from songwright.server.orders import looks
from songwright.server.service.clips import report

from .fate import Blow, Fate
from .gated import GatedProcess
from .laws import check
from .lives import GAP, TITLES, Home, Process, song, until_death
from .paper import Paper
from .places import Places
from .services import Case, books_of, service_on
from .sweep import dry

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def machine(places: Places, paper: Paper, blows: dict[int, Blow] | None = None) -> AsyncIterator[Process]:
    """A process of a fresh home before that service."""
    process = Process(Home(places(), service_on(paper)), Fate(blows), busy_seconds=0.05)
    yield process
    await process.end()


async def moment_of(places: Places, name: str) -> int:
    """The number that a moment has in an undisturbed song's life."""
    paper = Paper()
    trail = await dry(lambda place: Case(Home(place, service_on(paper)), lambda: books_of(paper)), places())
    return trail.index(name)


async def test_nothing_is_sent_while_another_program_holds_the_journal(places: Places) -> None:
    paper = Paper()
    async with machine(places, paper) as process:
        refused = pytest.raises(JournalUnavailable, match="Songwright sends no new order until it can record one")
        with process.home.place.held_by_another(), refused:
            await process.ask(song())
        assert paper.arrived == []
        assert (await process.ask(song())).asked is Asked.NEW
        await process.work()
        check(process.home, books_of(paper))
        assert process.home.jobs()[0].state is State.DONE


@pytest.mark.parametrize("moment", ["after POST create", "after GET", "after a file got its name"])
async def test_an_answer_that_cannot_be_written_down_is_kept_until_it_can(
    places: Places, moment: str, caplog: pytest.LogCaptureFixture
) -> None:
    paper = Paper()
    async with machine(places, paper, {await moment_of(places, moment): "meet"}) as process:
        home = process.home
        with ExitStack() as other:

            async def held_by_another(_: Blow) -> None:
                other.enter_context(home.place.held_by_another())

            process.fate.meanwhile = held_by_another
            await process.ask(song())
            async with anyio.create_task_group() as group:
                group.start_soon(process.work)
                with anyio.fail_after(PATIENCE):
                    while "cannot be written" not in caplog.text:
                        await anyio.sleep(0.005)
                other.close()
                home.clock.move(1.0)
        check(home, books_of(paper))
        assert home.jobs()[0].state is State.DONE


async def test_a_lease_that_cannot_be_renewed_ends_neither_the_download_nor_the_process(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal is out of reach for a moment while a large file comes in."""
    paper = Paper(covers=False)
    home = Home(places(), service_on(paper))
    process = GatedProcess(home, paper, busy_seconds=0.05)
    await process.ask(song())
    while not any(step.kind == "_fetch" for step in process.underway) or not process.waiting:
        if not process.waiting and not await process.runner.turn(process.held, process.begin):
            home.clock.move(5.0)
        process.release(0)
        await anyio.wait_all_tasks_blocked()
    refused: list[JournalUnavailable] = []
    renew = Journal.renew

    def watched(journal: Journal, renewed: Job, lease: float) -> bool:
        try:
            return renew(journal, renewed, lease)
        except JournalUnavailable as error:
            refused.append(error)
            raise

    monkeypatch.setattr(Journal, "renew", watched)
    with home.place.held_by_another():
        home.clock.move(21.0)
        await soon(lambda: refused, "the renewal has given up on the locked journal")
    while process.underway:
        process.release(0)
        await anyio.wait_all_tasks_blocked()
        process.finished()
    assert home.jobs()[0].state is State.DONE
    check(home, books_of(paper))
    await process.end()


@pytest.mark.parametrize("moment", ["after POST create", "after commit of claim", "after commit of claim_fetch"])
async def test_a_clock_set_back_by_a_day_freezes_no_order(places: Places, moment: str) -> None:
    """The process dies with a lease that now ends tomorrow; the next one goes on within minutes all the same."""
    paper = Paper()
    async with machine(places, paper, {await moment_of(places, moment): "die"}) as process:
        home = process.home

        async def life() -> None:
            await process.ask(song())
            await process.work()

        assert await until_death(life)
        home.clock.set_wall(-86_400.0)
        began = home.clock.steady
        heir = Process(home)
        while any(not job.settled for job in home.jobs()):
            if not await heir.runner.turn(heir.held, lambda step: step()):
                home.clock.move(5.0)  # an idle runner looks again after five seconds
            assert home.clock.steady - began < 300, f"still {home.jobs()[0].state} after five minutes"
        await heir.end()
        check(home, books_of(paper))


async def test_a_defect_met_by_one_song_holds_up_no_other(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step of ours that fails in a way nobody foresaw: the song stays safe, and comes when the defect is mended."""
    paper = Paper()

    def defective(job: Job, *arguments: Any, **more: Any) -> object:
        return 1 / 0 if job.subject == TITLES[0] else report(job, *arguments, **more)

    async with machine(places, paper) as process:
        home = process.home
        for title in TITLES:
            await process.ask(song(title))
        with monkeypatch.context() as patched:
            patched.setattr(looks, "report", defective)
            while not any(job.state is State.DONE for job in home.jobs()):
                if not await process.runner.turn(process.held, lambda step: step()):
                    home.clock.move(5.0)
            assert [job.state for job in home.jobs()] == [State.RUNNING, State.DONE]
        await process.work()
        check(home, books_of(paper), songs=2)
        assert [job.state for job in home.jobs()] == [State.DONE, State.DONE]


@pytest.mark.parametrize(("told", "least"), [("120", 120.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 60.0), ("nan", 60.0)])
async def test_a_service_that_asks_for_patience_gets_it(places: Places, told: str, least: float) -> None:
    """From every order and look of the key: the other song waits too."""
    paper = Paper(retry_after=told)
    paper.script.append("too_fast")
    async with machine(places, paper) as process:
        for title in TITLES:
            await process.ask(song(title))
        await process.work()
        first, second = process.home.log[:2]
        assert (first.outcome, second.outcome) == (429, 200)
        assert second.at - first.at >= least
        check(process.home, books_of(paper), songs=2)


async def test_a_free_question_waits_too_when_the_service_asks_for_patience(places: Places) -> None:
    async with machine(places, Paper()) as process:
        journal, key_id = process.journal, process.held.key_id
        assert journal.take_slot(key_id, GAP) == 0
        journal.push_back(key_id, 120.0)
        assert journal.take_slot(key_id, GAP) == pytest.approx(120.0)


async def test_an_order_that_slept_through_its_lease_before_it_left_is_not_sent(places: Places) -> None:
    """Others have called it lost meanwhile, and a person may have given it up or bought it again."""
    paper = Paper()
    async with machine(places, paper, {await moment_of(places, "after commit of claim"): "stall"}) as process:
        await process.ask(song())
        await process.work()
        job = process.home.jobs()[0]
        assert (job.state, job.problem, paper.arrived) == (State.FAILED, "unreachable", [])
        assert "Nothing was charged" in (job.sentence or "")


async def test_the_answer_to_an_order_that_was_given_up_brings_the_song_home(places: Places) -> None:
    """It was paid, so it is delivered."""
    paper = Paper()
    async with machine(places, paper, {await moment_of(places, "after POST create"): "stall"}) as process:
        home = process.home

        async def given_up(_: Blow) -> None:
            home.clock.move(200.0)
            other = Process(home)
            await other.work()
            assert home.jobs()[0].state is State.UNKNOWN
            other.journal.give_up(home.account, home.jobs()[0].id, "Given up.")
            await other.end()

        process.fate.meanwhile = given_up
        await process.ask(song())
        await process.work()
        check(home, books_of(paper))
        assert home.jobs()[0].state is State.DONE
