"""Anything that can happen to two processes on one journal, in any order, with a law after every step."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from songwright.server.core.jobs import LIVE, Asked, Job, State
from songwright.server.journal.write import Callback

from .fate import Death
from .gated import GatedProcess
from .laws import check_files, check_receipts
from .lives import GAP, TITLES, Home, Process, song
from .paper import LOST_CHARGED, NOTHING_CHARGED, PRICE, UNSEEN, Paper
from .places import Places
from .services import service_on

FATES = ("fail_task", "fail_untold")
WHO = st.integers(0, 1)
PICK = st.integers(0, 3)
ANSWERS = st.one_of(
    st.tuples(st.just("script"), st.sampled_from(sorted(NOTHING_CHARGED | LOST_CHARGED | {"ok", *FATES}))),
    st.tuples(st.just("look_script"), st.sampled_from(UNSEEN)),
    st.tuples(st.just("file_script"), st.sampled_from(["dead", "forbidden", "cut", "error"])),
)
OUTAGES = st.tuples(st.sampled_from([None, *UNSEEN]), st.sampled_from([None, "dead", "forbidden", "cut", "error"]))
DISTURBANCES = st.one_of(
    st.tuples(st.just("misbehave"), ANSWERS),
    st.tuples(st.just("kill"), st.tuples(st.one_of(st.just(-1), st.integers(0, 8)))),
    st.tuples(st.just("hint"), st.tuples(PICK)),
    st.tuples(st.just("decide"), st.tuples(PICK, st.sampled_from(["attach", "buy_again", "give_up", "cancel"]))),
    st.tuples(st.just("outage"), st.tuples(OUTAGES)),
    st.tuples(st.just("ask_after"), st.tuples(PICK)),
)
TWO_DAYS = 172_800.0
CLOCK_SETS = (0.0, 0.0, 0.0, -TWO_DAYS, -5000.0, -200.0, -5.0, 5.0, 5000.0, TWO_DAYS)
MOST_JOBS = 6
TICKS = 1000

NEVER_BACK: dict[State, frozenset[State]] = {
    State.DONE: frozenset({State.DONE, State.RUNNING, State.FETCHING, State.FAILED}),
    State.CANCELLED: frozenset(State) - {State.QUEUED, State.SENDING, State.UNKNOWN},
    State.UNKNOWN: frozenset(State) - {State.QUEUED, State.SENDING, State.CANCELLED},
    State.RUNNING: frozenset({State.RUNNING, State.FETCHING, State.DONE, State.FAILED}),
    State.FETCHING: frozenset({State.RUNNING, State.FETCHING, State.DONE, State.FAILED}),
    State.FAILED: frozenset({State.FAILED, State.RUNNING, State.FETCHING, State.DONE}),
}
"""Where a job may be found after it was seen somewhere.

A failed one comes back only when it had been given up or somebody asked for it, and so does one that is done without
its files.
"""


class TwoProcesses(RuleBasedStateMachine):
    """Two servers of one person, a service on paper, and a person who asks, repeats, cancels and decides."""

    places: ClassVar[Places]

    def __init__(self) -> None:
        super().__init__()
        self.paper = Paper(looks_needed=2, covers=False)
        self.home = Home(type(self).places(), service_on(self.paper))
        self.loop = asyncio.new_event_loop()
        self.lives: list[GatedProcess | None] = [None, None]
        self.seen: dict[str, State] = {}
        self.given_up: set[str] = set()
        self.asked_for: set[str] = set()
        self.calls: list[tuple[float, int]] = []
        self.clock_sets = 0

    # -- helpers --------------------------------------------------------------------------------------------------

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run until everything that can go on without a gate or the clock has done so."""

        async def settled() -> Any:
            try:
                result = await work
            except Death:
                result = None
            for _ in range(TICKS):
                await asyncio.sleep(0)
                if not self.loop._ready:  # type: ignore[attr-defined]  # asyncio tells nobody what is due
                    break
            for who, process in enumerate(self.lives):
                if process is None:
                    continue
                process.finished()
                if process.fate.dead:
                    await process.die()
                    self.lives[who] = None
            return result

        return self.loop.run_until_complete(settled())

    def process(self, who: int) -> GatedProcess:
        """The process, started anew where it is dead."""
        process = self.lives[who]
        if process is None:
            process = self.lives[who] = GatedProcess(self.home, self.paper)
        return process

    def jobs(self) -> list[Job]:
        return self.home.jobs()

    def picked(self, number: int, *states: State) -> Job | None:
        found = [job for job in self.jobs() if not states or job.state in states]
        return found[number % len(found)] if found else None

    # -- what can happen ------------------------------------------------------------------------------------------

    @initialize(answer=ANSWERS)
    def begin(self, answer: tuple[str, str]) -> None:
        self.misbehave(answer)
        self.ask(0, TITLES[0], again=False)

    @rule(who=WHO, title=st.sampled_from(TITLES), again=st.booleans())
    def ask(self, who: int, title: str, again: bool) -> None:
        """The assistant asks, or repeats itself."""
        process, wanted = self.process(who), song(title)
        same = [job for job in self.jobs() if job.dedupe == wanted.identity()]
        if len(self.jobs()) >= MOST_JOBS and not any(job.state in (*LIVE, State.UNKNOWN) for job in same):
            return
        verdict = self.run(process.ask(wanted, again=again))
        if verdict is None:
            return  # died on the way; the law about jobs and orders below looks at what is on disk
        if any(job.state in (*LIVE, State.UNKNOWN) for job in same):
            assert verdict.asked is Asked.JOINED, f"{verdict.asked} beside a job under way"

    @rule(who=WHO, gates=st.lists(PICK, max_size=4))
    def turn(self, who: int, gates: list[int]) -> None:
        """The most urgent thing that is due is begun; then some of the calls that wait go on."""
        process = self.process(who)

        async def once() -> None:
            known = len(process.underway)
            await process.runner.turn(process.held, process.begin)
            for step in process.underway[known:]:
                self._law_of_leases(step.job)
                if step.kind != "_fetch":
                    self.calls.append((step.began, self.clock_sets))

        self.run(once())
        for number in gates:
            self.release(who, number=number)

    def release(self, who: int, times: int = 1, number: int = 0) -> None:
        """Calls of a process go on past their next gate."""
        for _ in range(times):
            if (alive := self.lives[who]) is not None:
                alive.release(number)
                self.run(_nothing())

    @rule(who=WHO, turns=st.integers(1, 5))
    def go_on(self, who: int, turns: int) -> None:
        """A stretch in which nothing goes wrong: what is due is done, and time passes until the next thing is."""
        for _ in range(turns):
            self.turn(who, [])
            while (process := self.lives[who]) is not None and process.waiting:
                self.release(who)
            at = self.process(who).journal.agenda(self.process(who).held.key_id)
            if at is not None:
                self.advance(min(max(at - self.home.clock.wall, 0.1), 120.0))

    @rule(seconds=st.sampled_from([3.4, 16.0, 31.0, 100.0, 700.0]), set_by=st.sampled_from(CLOCK_SETS))
    def pass_time(self, seconds: float, set_by: float) -> None:
        """Time passes; now and then somebody sets the clock."""
        if set_by:
            self.home.clock.set_wall(set_by)
            self.clock_sets += 1
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.home.clock.move(seconds)
        self.run(_nothing())

    @rule(who=WHO, what=DISTURBANCES)
    def disturb(self, who: int, what: tuple[str, Any]) -> None:
        """Anything but the normal course of things."""
        name, details = what
        if name == "misbehave":
            self.misbehave(details)
        else:
            getattr(self, name)(who, *details)

    def kill(self, who: int, moments: int) -> None:
        """A process dies now, or before, in or after one of its next transactions."""
        process = self.process(who)
        if moments >= 0:
            process.fate.moments_left = moments
        else:
            process.fate.dead = True
            self.run(_nothing())

    def misbehave(self, answer: tuple[str, str]) -> None:
        """How the service will answer one of its next orders, looks or downloads."""
        getattr(self.paper, answer[0]).append(answer[1])

    def outage(self, who: int, met: tuple[str | None, str | None]) -> None:
        """What every look and every download meets from now on."""
        del who
        self.paper.outage, self.paper.file_outage = met

    def ask_after(self, who: int, number: int) -> None:
        """Somebody asks for a song: it is looked at now, or again where it has ended without being here."""
        job = self.picked(number)
        if job is None:
            return
        if job.state in LIVE:
            self._write(who, "asked_after", job)
        elif job.remote_id is not None and (job.state is State.FAILED or job.problem == "not_saved"):
            self.asked_for.add(job.id)
            self._write(who, "revive", job)

    def hint(self, who: int, number: int) -> None:
        """The service calls back: early, late, repeated, also of an order whose answer is on its way or was lost."""
        if self.paper.charges:
            charge = self.paper.charges[number % len(self.paper.charges)]
            job = next(job for job in self.jobs() if job.id == charge.order_id)
            event = f"{charge.task_id} {number}"
            self._write(who, "called_back", job, Callback(event, event, "song.completed", charge.task_id), GAP)

    def decide(self, who: int, number: int, what: str) -> None:
        """The person withdraws an order, or settles one whose answer was lost."""
        states = {"cancel": (), "attach": (State.UNKNOWN,)}
        job = self.picked(number, *states.get(what, (State.UNKNOWN, State.RUNNING, State.FETCHING)))
        if job is None:
            return
        if what == "cancel":
            self._write(who, "withdraw", self.home.account, job.id)
        elif what == "attach":
            found = [charge.task_id for charge in self.paper.charges if charge.order_id == job.id]
            if found:
                self._write(who, "attach", self.home.account, job.id, found[0])
        else:
            self.given_up.add(job.id)
            if what == "give_up":
                self._write(who, "give_up", self.home.account, job.id, "Given up.")
            elif len(self.jobs()) < MOST_JOBS:
                self._buy_again(who, job)

    def _buy_again(self, who: int, job: Job) -> None:
        process = self.process(who)

        async def twice() -> None:
            first = await process.ask(song(job.subject), replaces=job.id)
            if first.asked in (Asked.JOINED, Asked.REPLAYED):
                return  # what was bought in its place is there, and it came home besides
            assert first.asked is Asked.NEEDS_CONFIRMATION, "buying again is always confirmed"
            await process.ask(song(job.subject), replaces=job.id, quote=first.quote)

        self.run(twice())

    def _write(self, who: int, name: str, *arguments: object) -> None:
        process = self.process(who)

        async def call() -> None:
            getattr(process.journal, name)(*arguments)

        self.run(call())

    # -- laws -----------------------------------------------------------------------------------------------------

    @invariant()
    def the_laws_hold(self) -> None:
        jobs = self.jobs()
        self._law_of_orders()
        self._law_of_charges(jobs)
        self._law_of_arrows(jobs)
        self._law_of_requests(jobs)
        self._law_of_pace()
        if jobs:
            check_receipts(self.home)

    def _law_of_orders(self) -> None:
        """An order is charged once, and sent again only after a refusal for haste."""
        met: dict[str | None, list[str]] = {}
        for order_id, mode in self.paper.arrived:
            met.setdefault(order_id, []).append(mode)
        for order_id, modes in met.items():
            assert set(modes[:-1]) <= {"too_fast"}, f"order {order_id} was sent again after {modes}"
        ids = [charge.order_id for charge in self.paper.charges]
        assert len(ids) == len(set(ids)), f"charged twice: {ids}"

    def _law_of_charges(self, jobs: list[Job]) -> None:
        """What was charged is on its way, or open and seen to be."""
        by_id = {job.id: job for job in jobs}
        for charge in self.paper.charges:
            job = by_id.get(charge.order_id or "")
            assert job is not None, "charged without a job on record"
            fine = job.state in (State.SENDING, State.RUNNING, State.FETCHING, State.DONE, State.UNKNOWN)
            settled = job.state is State.FAILED and (charge.refunded or job.problem in ("given_up", "task_unknown"))
            assert fine or settled, f"charged, and the job is {job.state} ({job.problem})"
            assert charge.refunded or job.charge >= PRICE, f"charged, and the {job.state} job counts {job.charge}"

    def _law_of_arrows(self, jobs: list[Job]) -> None:
        """No job goes where no arrow leads."""
        for job in jobs:
            was = self.seen.get(job.id)
            if was is not None and job.state is not was:
                assert job.state in NEVER_BACK.get(was, frozenset(State)), f"{was} became {job.state}"
                back = self.given_up | self.asked_for
                assert was not in (State.FAILED, State.DONE) or job.id in back, f"a {was} job became {job.state}"
            self.seen[job.id] = job.state

    def _law_of_requests(self, jobs: list[Job]) -> None:
        """One request has one open order; one that was given up may come home late, beside what replaced it."""
        back = self.given_up | self.asked_for
        mine = [job for job in jobs if job.state in (*LIVE, State.UNKNOWN) and job.id not in back]
        assert len({job.dedupe for job in mine}) == len(mine), "two open orders for one request"

    def _law_of_pace(self) -> None:
        """Nobody calls more often than agreed."""
        for (earlier, sets), (later, sets_then) in itertools.pairwise(self.calls):
            assert sets != sets_then or later - earlier >= GAP - 1e-6, "two calls of one key too close together"

    def _law_of_leases(self, job: Job | None) -> None:
        """Two live calls for one job: only after the lease of the first is over, or the clock was set."""
        for step in (step for life in self.lives if life is not None for step in life.underway):
            if job is None or step.job is None or step.job.id != job.id or step.job.epoch == job.epoch:
                continue
            kept = step.kind == "_fetch"  # its lease is renewed as time goes by
            over = step.job.lease_until <= self.home.clock.wall
            overtaken = step.job.state is State.SENDING and job.remote_id is not None  # a call back was faster
            assert self.clock_sets or kept or over or overtaken, "a second call within the first one's lease"

    # -- the end --------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            self.ends_well()
        finally:
            self.close()

    def close(self) -> None:
        """Leave nothing behind."""
        self._kill_all()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        self.home.place.close()

    def _kill_all(self) -> None:
        for process in self.lives:
            if process is not None:
                process.fate.dead = True
        self.run(_nothing())

    def ends_well(self) -> None:
        """Whatever has happened: one healthy process brings everything to its end."""
        self._kill_all()
        self.paper.script.clear()
        self.paper.look_script.clear()
        self.paper.file_script.clear()
        self.paper.outage = self.paper.file_outage = None

        async def last_life() -> None:
            process = Process(self.home)
            await process.work()
            for job in self.jobs():
                self.asked_for.add(job.id)
                asking = asyncio.ensure_future(process.runner.ask_after(self.home.account, job))
                while not asking.done():
                    self.home.clock.move(GAP)
                    await asyncio.sleep(0)
            await process.work()
            await process.end()

        self.run(last_life())
        self.the_laws_hold()
        jobs = self.jobs()
        assert all(job.state not in LIVE for job in jobs), f"left over: {[job.state for job in jobs]}"
        check_files(self.home, jobs)
        self._law_of_homecoming(jobs)

    def _law_of_homecoming(self, jobs: list[Job]) -> None:
        """Whatever was paid and has a task is here, unless the credits came back."""
        for charge in self.paper.charges:
            job = next(job for job in jobs if job.remote_id == charge.task_id or job.id == charge.order_id)
            home = job.state is State.DONE and job.problem is None
            assert home or job.remote_id is None or charge.refunded, f"paid and not here: {job.state}, {job.sentence}"


def machine_of(new: Places) -> type[TwoProcesses]:
    """The machine with journals of one kind."""
    return type("TwoProcesses", (TwoProcesses,), {"places": staticmethod(new)})


async def _nothing() -> None:
    return
