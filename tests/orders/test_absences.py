"""Days of absence, outages and jumping clocks: a song that was paid comes home, and every sentence about it is true."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from songwright.server.core.jobs import Asked, Job, State
from songwright.server.files.library import Library
from songwright.server.journal.write import Callback
from songwright.server.orders.caller import Caller, Limits
from songwright.server.orders.handlers import perform
from songwright.server.orders.results import Result
from songwright.server.orders.steps import MISSED_FOR
from songwright.server.orders.talk import Agreed

from .laws import check
from .lives import PRICE, Home, Process, song
from .paper import UNSEEN, Charge, Paper, Task
from .places import Places
from .services import books_of, service_on

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("without_threads")]

DAY = 86_400.0
HOUR = 3600.0
SAID = tuple(mode for mode in UNSEEN if mode not in ("not_ready", "empty"))
"""What a look can meet that is trouble, and not just another way to say "in work"."""


@pytest.fixture(params=["sqlite"])
def places(request: pytest.FixtureRequest, places: Places) -> Places:
    """One database is enough for most: what a look means does not depend on where it is written down."""
    return places


@asynccontextmanager
async def living(home: Home) -> AsyncIterator[Process]:
    process = Process(home, busy_seconds=0.05)
    yield process
    await process.end()


async def turns(process: Process, seconds: float = 0.0) -> None:
    """Do what is due while so much time passes, all of it awake."""
    clock = process.home.clock
    until = clock.steady + seconds
    while True:
        while await process.runner.turn(process.held, _at_once):
            pass
        if clock.steady >= until:
            return
        at = process.journal.agenda(process.held.key_id)
        soon = 5.0 if at is None else max(at - clock.wall, 0.25)
        clock.move(min(soon, until - clock.steady, 60.0) + 0.001)


async def _at_once(step: object) -> None:
    await step()  # type: ignore[operator]


async def asked_after(process: Process, job: Job) -> str | None:
    """Somebody asks for a song; the question waits for its turn like any other call."""
    said: list[str | None] = []

    async def ask() -> None:
        said.append(await process.runner.ask_after(process.home.account, job))

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        while not said:
            process.home.clock.move(1.0)
            await anyio.sleep(0.001)
    return said[0]


def only(home: Home) -> Job:
    (job,) = home.jobs()
    return job


async def bought(paper: Paper, places: Places) -> Home:
    """A song that was ordered and taken; the process that did it is gone."""
    home = Home(places(), service_on(paper))
    async with living(home) as process:
        await process.ask(song())
        await turns(process)
    assert only(home).state is State.RUNNING
    return home


@pytest.mark.parametrize("met", UNSEEN)
@pytest.mark.parametrize("away", [700.0, 2 * DAY, -2 * DAY])
async def test_a_song_left_alone_for_days_comes_home_whatever_the_first_look_meets(
    places: Places, met: str, away: float
) -> None:
    paper = Paper()
    home = await bought(paper, places)
    home.clock.set_wall(away)
    paper.look_script.append(met)
    async with living(home) as process:
        await turns(process, 120.0)
    check(home, books_of(paper))
    assert (only(home).state, only(home).problem) == (State.DONE, None)


@pytest.mark.parametrize("met", ["dead", "forbidden", "cut", "error"])
async def test_files_left_unsaved_for_days_are_saved_whatever_the_first_download_meets(
    places: Places, met: str
) -> None:
    paper = Paper()
    home = await bought(paper, places)
    paper.file_outage = "error"
    async with living(home) as process:
        await turns(process, 100.0)
    assert only(home).state in (State.RUNNING, State.FETCHING)
    paper.file_outage = None
    home.clock.set_wall(2 * DAY)
    paper.file_script.extend([met, met])
    async with living(home) as process:
        await turns(process, 300.0)
    check(home, books_of(paper))
    assert (only(home).state, only(home).problem) == (State.DONE, None)


@pytest.mark.parametrize("met", ["dead", "forbidden", "cut", "error"])
async def test_a_take_whose_file_does_not_come_holds_back_no_other(places: Places, met: str) -> None:
    paper = Paper(first_take_outage=met)
    home = await bought(paper, places)
    async with living(home) as process:
        await turns(process, 20.0)
    assert only(home).state in (State.RUNNING, State.FETCHING)
    assert [path.stem[-8:] for path in home.library.rglob("*.mp3")] == ["(take 2)"]
    paper.first_take_outage = None
    async with living(home) as process:
        await turns(process, 300.0)
    check(home, books_of(paper))
    assert (only(home).state, only(home).problem) == (State.DONE, None)


async def test_a_library_that_was_out_of_reach_for_days_gets_its_song(places: Places) -> None:
    paper = Paper()
    home = await bought(paper, places)
    home.library.write_text("a file where the folder should be")
    async with living(home) as process:
        await turns(process, 60.0)
        assert only(home).state is State.FETCHING
        home.clock.set_wall(2 * DAY)
        await turns(process, 60.0)
        job = only(home)
        assert job.state is State.FETCHING
        assert "It is paid and not lost" in (job.sentence or "")
    home.library.unlink()
    async with living(home) as process:
        await turns(process, 30.0)
    check(home, books_of(paper))
    assert only(home).state is State.DONE


@pytest.mark.parametrize("met", SAID)
async def test_an_outage_of_reads_is_no_failure_of_the_song(places: Places, met: str) -> None:
    """Half a day of it at the shipped pace: still on its way, still counted, still one charge for the same request."""
    paper = Paper()
    home = await bought(paper, places)
    paper.outage = met
    known = met in ("gone", "unknown_task")
    async with living(home) as process:
        await turns(process, HOUR / 2 if known else 12 * HOUR)
        job = only(home)
        assert (job.state, job.charge) == (State.RUNNING, PRICE)
        assert job.sentence is not None
        assert "It is paid and not lost" in job.sentence
        assert "given back" not in job.sentence
        assert "since 2027-01-15T" in job.sentence  # the day of the simulated clock
        assert process.journal.spent(home.account, DAY) == PRICE
        assert (await process.ask(song())).asked is Asked.JOINED
        paper.outage = None
        await turns(process, 1.2 * HOUR)
    check(home, books_of(paper))
    assert only(home).state is State.DONE


async def test_looks_in_trouble_become_rare(places: Places) -> None:
    """Down to one an hour, so that a day of outage costs the service a few dozen questions and not thousands."""
    paper = Paper(outage="api_error")
    home = await bought(paper, places)
    async with living(home) as process:
        await turns(process, DAY)
        assert 20 <= paper.looks <= 45
        paper.outage = "not_ready"
        await turns(process, 3 * DAY)
        assert only(home).state is State.RUNNING
        assert paper.looks <= 45 + 40 + 3 * 30


async def test_looks_that_were_put_off_are_made_at_every_start_and_when_somebody_asks(places: Places) -> None:
    paper = Paper(outage="api_error")
    home = await bought(paper, places)
    async with living(home) as process:
        await turns(process, 6 * HOUR)
        while only(home).next_at - home.clock.wall < 300 or home.clock.wall - only(home).updated_at < 30:
            await turns(process, 40.0)
        paper.outage = None
        await asked_after(process, only(home))
        await turns(process, 5.0)
        assert only(home).state is State.DONE
    other = await bought(second := Paper(outage="api_error"), places)
    async with living(other) as process:
        await turns(process, 6 * HOUR)
    second.outage = None
    async with living(other) as process:
        await turns(process, 5.0)
    assert only(other).state is State.DONE


@pytest.mark.parametrize("met", ["gone", "unknown_task"])
async def test_a_task_is_forgotten_only_after_many_clear_answers_over_an_hour_awake(places: Places, met: str) -> None:
    paper = Paper(outage=met)
    home = await bought(paper, places)
    async with living(home) as process:
        await turns(process, MISSED_FOR - 60)
        assert only(home).state is State.RUNNING
        await turns(process, 3 * HOUR)
        job = only(home)
        assert (job.state, job.problem, job.charge) == (State.FAILED, "task_unknown", PRICE)
        assert "14 credits were paid. Nothing says that they were returned" in (job.sentence or "")
        assert process.journal.spent(home.account, DAY) == PRICE


async def test_a_laptop_that_sleeps_between_looks_has_waited_for_nothing(places: Places) -> None:
    """Thirty days, and one clear "task not found" a day: nobody has been awake long enough to believe it."""
    paper = Paper(outage="gone")
    home = await bought(paper, places)
    async with living(home) as process:
        for _ in range(30):
            home.clock.set_wall(DAY)
            await turns(process, 1.0)
        assert only(home).state is State.RUNNING
        paper.outage = None
        await turns(process, 120.0)
    check(home, books_of(paper))
    assert only(home).state is State.DONE


async def test_a_forgotten_song_comes_home_when_somebody_asks(places: Places) -> None:
    paper = Paper(outage="gone")
    home = await bought(paper, places)
    async with living(home) as process:
        await turns(process, 4 * HOUR)
        assert only(home).state is State.FAILED
        said = await asked_after(process, only(home))
        assert said is not None
        assert "looked for it again just now" in said
        paper.outage = None
        assert await asked_after(process, only(home)) is None
        await turns(process, 60.0)
    check(home, books_of(paper))
    assert only(home).state is State.DONE


async def test_a_link_that_stays_dead_ends_the_saving_late_and_asking_brings_the_file(places: Places) -> None:
    paper = Paper(file_outage="dead")
    home = await bought(paper, places)
    async with living(home) as process:
        await turns(process, HOUR / 2)
        assert only(home).state in (State.RUNNING, State.FETCHING)
        await turns(process, 6 * HOUR)
        assert (only(home).state, only(home).problem) == (State.DONE, "not_saved")
        paper.file_outage = None
        await asked_after(process, only(home))
        await turns(process, 60.0)
    check(home, books_of(paper))
    assert (only(home).state, only(home).problem) == (State.DONE, None)


async def test_a_failure_costs_nothing_only_where_the_service_says_so(places: Places) -> None:
    told, untold = Paper(), Paper()
    told.script.append("fail_task")
    untold.script.append("fail_untold")
    for paper, charge, words in (
        (told, 0, "were returned"),
        (untold, PRICE, "Nothing says that they were returned"),
    ):
        home = await bought(paper, places)
        async with living(home) as process:
            await turns(process, 120.0)
            job = only(home)
            assert (job.state, job.charge) == (State.FAILED, charge)
            assert words in (job.sentence or "")
            assert process.journal.spent(home.account, DAY) == charge


async def test_a_refund_that_is_told_later_is_noted_when_somebody_asks(places: Places) -> None:
    paper = Paper()
    paper.script.append("fail_untold")
    home = await bought(paper, places)
    async with living(home) as process:
        await turns(process, 120.0)
        assert only(home).charge == PRICE
        paper.tasks["task-1"].fails = "task"
        assert await asked_after(process, only(home)) is None
        job = only(home)
        assert (job.state, job.problem, job.charge) == (State.FAILED, "refunded", 0)


@pytest.mark.parametrize("when", ["before the last look", "after it"])
async def test_a_refund_that_the_service_tells_by_calling_back_is_believed(places: Places, when: str) -> None:
    paper = Paper(looks_needed=2)
    paper.script.append("fail_untold")
    home = await bought(paper, places)
    call = Callback("event", "digest", "song.failed", "task-1", refunded=True)
    other = Callback("another", "other digest", "song.failed", "task-9", refunded=True)
    async with living(home) as process:
        process.journal.called_back(only(home), other, 3.3)
        if when == "after it":
            await turns(process, 120.0)
            assert only(home).charge == PRICE
        process.journal.called_back(only(home), call, 3.3)
        await turns(process, 120.0)
        job = only(home)
        assert (job.state, job.problem, job.charge) == (State.FAILED, "refunded", 0)
        assert "returned the credits" in (job.sentence or "")
        assert process.journal.spent(home.account, DAY) == 0


async def test_a_receipt_brings_an_order_home_that_was_withdrawn_after_it_had_been_put_back(places: Places) -> None:
    """The service said "too fast" and took it all the same; the person withdrew it; then it calls back."""
    paper = Paper()
    paper.script.append("too_fast")
    home = Home(places(), service_on(paper))
    async with living(home) as process:
        verdict = await process.ask(song())
        assert verdict.job is not None
        while only(home).sent_at is None or only(home).state is not State.QUEUED:
            await turns(process, 0.1)
        assert process.journal.withdraw(home.account, only(home).id) is not None
        assert (only(home).state, only(home).charge) == (State.CANCELLED, 0)
        paper.tasks["task-1"] = Task("task-1", only(home).subject, 1, "")
        paper.charges.append(Charge(only(home).id, "task-1"))
        process.journal.called_back(only(home), Callback("e", "d", "song.completed", "task-1"), 3.3)
        assert (only(home).state, only(home).charge) == (State.RUNNING, PRICE)
        await turns(process, 120.0)
    assert only(home).state is State.DONE


async def test_what_was_paid_and_forgotten_is_not_bought_again_by_a_repeat(places: Places) -> None:
    paper = Paper(outage="gone")
    home = await bought(paper, places)
    async with living(home) as process:
        await turns(process, 4 * HOUR)
        assert only(home).problem == "task_unknown"
        assert (await process.ask(song())).asked is Asked.REPLAYED
        assert (await process.ask(song(), again=True)).asked is Asked.NEW


async def test_given_up_orders_count_as_spent(places: Places) -> None:
    paper = Paper()
    paper.script.append("lose_after")
    home = Home(places(), service_on(paper))
    async with living(home) as process:
        await process.ask(song())
        await turns(process, 10.0)
        assert only(home).state is State.UNKNOWN
        process.journal.give_up(home.account, only(home).id, "Given up.")
        assert process.journal.spent(home.account, DAY) == PRICE


async def test_a_person_can_end_the_waiting_and_buy_again(places: Places) -> None:
    paper = Paper(outage="api_error")
    home = await bought(paper, places)
    async with living(home) as process:
        await turns(process, HOUR)
        first = only(home)
        asked = await process.ask(song(), replaces=first.id)
        assert asked.asked is Asked.NEEDS_CONFIRMATION
        await process.ask(song(), replaces=first.id, quote=asked.quote)
        paper.outage = None
        await turns(process, 120.0)
        was, now = sorted(home.jobs(), key=lambda job: job.created_at)
        assert (was.state, was.problem, now.state) == (State.FAILED, "given_up", State.DONE)
        assert process.journal.spent(home.account, DAY) == 2 * PRICE
        assert await asked_after(process, was) is None
        await turns(process, 60.0)
        assert {job.state for job in home.jobs()} == {State.DONE}


async def test_a_task_can_be_attached_to_one_order_only(places: Places) -> None:
    paper = Paper()
    paper.script.extend(["lose_after", "lose_after"])
    home = Home(places(), service_on(paper))
    async with living(home) as process:
        for title in ("Tin Roof", "Low Tide"):
            await process.ask(song(title))
        await turns(process, 10.0)
        one, two = home.jobs()
        assert process.journal.attach(home.account, one.id, "task-1") is not None
        assert process.journal.attach(home.account, two.id, "task-1") is None
        assert process.journal.attach(home.account, two.id, "task-2") is not None
        await turns(process, 120.0)
    assert {job.state for job in home.jobs()} == {State.DONE}


class Patient:
    """A caller who waits for a minute and asks nobody."""

    async def agree(self, question: str, quote: str) -> Agreed:
        raise AssertionError(question)

    def agreed_quote(self) -> str | None:
        return None

    def patience(self, seconds: float) -> float:
        return seconds

    async def unheard(self) -> str | None:
        return None

    async def ordered(self, job_id: str) -> None:
        pass

    async def progress(self, job: Job, elapsed: float, expected: float) -> None:
        pass

    async def working(self, sentence: str, share: float) -> None:
        pass


async def test_a_journal_that_is_locked_while_somebody_waits_is_told_with_the_orders_id(places: Places) -> None:
    """The order is on the wire, so nobody may be told that nothing was sent, nor be left without its id."""
    paper = Paper(outage="api_error")
    home = Home(places(), service_on(paper))
    async with living(home) as process:
        library = Library(home.library, home.service.fetcher(), sandbox=False)
        caller = Caller(process.runner, library, home.account, Limits(1e6, 100, 300, None))
        results: list[Result] = []
        async with anyio.create_task_group() as group:

            async def order() -> None:
                results.append(await perform(caller, song(), Patient()))

            group.start_soon(order)
            while not paper.charges:
                await anyio.sleep(0.001)
                await turns(process)
            with home.place.held_by_another():
                while not results:
                    home.clock.move(1.0)
                    await anyio.sleep(0.01)
        told = results[0].data
        assert told["status"] == "working"
        assert told["job_id"] == only(home).id
        assert "is on record and not lost. Do not order it again" in told["notice"]
        assert "Nothing is sent" not in told["notice"]
        paper.outage = None
        await turns(process, HOUR)
    check(home, books_of(paper))


@pytest.mark.parametrize("jump", [3 * DAY, -3 * DAY, HOUR, -HOUR])
async def test_the_wall_clock_may_jump_at_any_moment(places: Places, jump: float) -> None:
    """After every look of an outage, and once while the files come in."""
    paper = Paper()
    home = await bought(paper, places)
    paper.look_script.extend(["api_error", "gone", "lost"] * 4)
    paper.file_script.append("dead")
    async with living(home) as process:
        for _ in range(40):
            await turns(process, 40.0)
            home.clock.set_wall(jump)
        await turns(process, 120.0)
    check(home, books_of(paper))
    assert (only(home).state, only(home).problem) == (State.DONE, None)


async def test_an_order_put_away_while_it_is_sent_is_listed_again_when_its_answer_is_lost(places: Places) -> None:
    paper = Paper()
    paper.script.append("lose_after")
    home = Home(places(), service_on(paper))
    async with living(home) as process:
        verdict = await process.ask(song())
        assert verdict.job is not None
        process.journal.hide(home.account, verdict.job.id)
        await turns(process, 10.0)
        assert (only(home).state, only(home).hidden) == (State.UNKNOWN, False)
