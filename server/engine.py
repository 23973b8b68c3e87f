"""One job's life, whoever asked for it: ordering, doing what is due, waiting.

The work belongs to the process, not to a request: clients disconnect, cancel and repeat themselves. Any live process
that holds the key may do the next step of any job; what it may do is decided by the journal alone.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio
from anyio.abc import TaskGroup

from . import steps
from .answers import Kind, meaning
from .catalogue import Catalogue, Schedule
from .clock import Clock
from .errors import ArgumentRefused, Garbled, JournalUnavailable, NotFound, SongwrightError
from .facts import CallFacts
from .jobs import Account, Balance, Job, State
from .journal import Journal, Order, Verdict
from .library import Library
from .limiter import slot
from .money import balance_of
from .operation import Operation, Request
from .shelf import Shelf
from .steps import FETCH_LEASE, LEASE_MARGIN, Desk
from .threads import in_thread
from .upstream import AnswerLost, Upstream

log = logging.getLogger(__name__)

DRAIN_SECONDS = 1.8
"""How long the end of the process waits for orders on the wire: clients kill a server that lingers two seconds."""
IDLE_LOOK = 5.0
"""Seconds after which a runner looks for work that another process has left."""
SWEEP_EVERY = 30.0
NEWS_EVERY = 0.5
"""Seconds between a waiter's looks at the journal, for changes made by other processes."""
FETCHES = 4
READ_TRIES = 4
BALANCE_AGE = 60.0


Step = Callable[[], Coroutine[Any, Any, None]]
Spawn = Callable[[Step], Awaitable[None]]


@dataclass
class Held:
    """An account whose key this process holds, and what its runner needs to remember."""

    desk: Desk
    wake: anyio.Event = field(default_factory=anyio.Event)
    swept_at: float = float("-inf")
    version: int = -1
    fetching: int = 0
    balance_wanted: bool = False

    @property
    def key_id(self) -> str:
        """Whose rate slots these are."""
        return self.desk.account.key_id


class Engine:
    """Orders, runs and watches jobs. `run()` must be running for anything to move."""

    def __init__(
        self, journal: Journal, catalogue: Catalogue, clock: Clock, operation: Callable[[str], type[Operation] | None]
    ) -> None:
        self.journal = journal
        self.catalogue = catalogue
        self.clock = clock
        self._operation = operation
        self._held: dict[str, Held] = {}
        self._news = anyio.Event()
        self._group: TaskGroup | None = None
        self._sending = 0
        self._all_sent = anyio.Event()
        self._all_sent.set()
        self._stopping = False

    def hold(self, account: Account, upstream: Upstream, library: Library) -> Held:
        """Let this process work for an account, and start doing so when the engine runs."""
        if (held := self._held.get(account.key_id)) is not None:
            return held
        brand = self.catalogue.brand(account.brand)

        def schedule(operation: str) -> Schedule:
            return self.catalogue.schedule(account.brand, operation)

        def facts() -> CallFacts:
            return CallFacts(self.catalogue, self.journal, account, self.clock.now())

        shelf = Shelf(self.journal, library, account)
        desk = Desk(account, upstream, self.journal, shelf, self.clock, brand, schedule, self.operation_of, facts)
        held = self._held[account.key_id] = Held(desk)
        if self._group is not None:
            self._group.start_soon(self._runner, held)
        return held

    def operation_of(self, job: Job) -> Operation | None:
        """The call as it was made; None when it was written by a Songwright that knew other operations."""
        kind = self._operation(job.operation)
        if kind is None:
            return None
        try:
            return kind.model_validate(job.arguments)
        except (ValueError, ArgumentRefused):
            log.warning("job %s: the arguments of %s are not understood any more", job.id, job.operation)
            return None

    # -- running --------------------------------------------------------------------------------------------------

    async def run(self, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Do what is due, until cancelled; then let orders on the wire arrive, for a moment."""
        try:
            async with anyio.create_task_group() as group:
                self._group = group
                for held in self._held.values():
                    group.start_soon(self._runner, held)
                task_status.started()
                await anyio.sleep_forever()
        finally:
            self._group = None

    async def drain(self) -> None:
        """Start nothing new and give orders on the wire a moment to be answered and written down."""
        self._stopping = True
        with anyio.move_on_after(DRAIN_SECONDS, shield=True):
            await self._all_sent.wait()

    async def _runner(self, held: Held) -> None:
        while not self._stopping:
            held.wake = anyio.Event()
            try:
                while await self.turn(held, self._spawn):
                    pass
                delay = await self._idle_for(held)
            except JournalUnavailable as error:
                log.error("%s", error)
                delay = IDLE_LOOK
            except Exception:
                log.exception("the runner met a defect")  # without a runner, songs that are paid would lie there
                delay = IDLE_LOOK
            await self.clock.wait(held.wake, delay)

    async def _idle_for(self, held: Held) -> float:
        at = await in_thread(self.journal.agenda, held.key_id)
        if at is None:
            return IDLE_LOOK
        late = at - self.clock.now()
        # Overdue and yet not begun: something else holds it up, and its end will be heard of.
        return min(late, IDLE_LOOK) if late > 0 else NEWS_EVERY / 2

    async def _spawn(self, work: Step) -> None:
        assert self._group is not None, "runners live in the group"
        self._group.start_soon(work)

    async def turn(self, held: Held, spawn: Spawn) -> bool:
        """Begin the one most urgent thing that is due for a key; False when nothing is.

        `spawn` runs the step: beside this one, or at once in a test that wants to see every step.
        """
        now = self.clock.now()
        if not -SWEEP_EVERY < now - held.swept_at < SWEEP_EVERY:
            held.swept_at = now
            if await in_thread(self.journal.sweep, held.key_id):
                self._announce()
        at = await in_thread(self.journal.agenda, held.key_id)
        if at is not None and (at <= now or at > now + 600):
            job = await in_thread(self.journal.claim, held.key_id, held.desk.brand.gap, LEASE_MARGIN)
            if job is not None:
                await spawn(partial(self._step, held, job))
                return True
            if held.fetching < FETCHES:
                finished = await in_thread(self.journal.claim_fetch, held.key_id, FETCH_LEASE)
                if finished is not None:
                    held.fetching += 1
                    await spawn(partial(self._fetch, held, finished))
                    return True
            await in_thread(self.journal.sweep, held.key_id)
        return await self._balance_turn(held, spawn)

    async def _step(self, held: Held, job: Job) -> None:
        if job.state is State.SENDING:
            if not self._sending:
                self._all_sent = anyio.Event()
            self._sending += 1
            try:
                # An order on the wire is never cut short from this side: its answer is worth money.
                with anyio.CancelScope(shield=True):
                    await self._safely(steps.send, held, job)
            finally:
                self._sending -= 1
                if not self._sending:
                    self._all_sent.set()
            held.balance_wanted = True
        else:
            await self._safely(steps.look, held, job)
        self._announce()
        held.wake.set()

    async def _fetch(self, held: Held, job: Job) -> None:
        try:
            await self._safely(steps.fetch, held, job)
        finally:
            held.fetching -= 1
        self._announce()
        held.wake.set()

    async def _safely(self, step: Callable[[Desk, Job], Awaitable[None]], held: Held, job: Job) -> None:
        """Do a step; one that meets a defect of ours must take neither the other jobs nor the server with it."""
        try:
            await step(held.desk, job)
        except Exception:
            log.exception("job %s: a step met a defect", job.id)
            with suppress(Exception):  # where this fails too, the end of the lease settles it
                await steps.stumbled(held.desk, job)

    async def _balance_turn(self, held: Held, spawn: Spawn) -> bool:
        """After an order, read the balance in a free slot, at most once a minute."""
        if not held.balance_wanted:
            return False
        known = await in_thread(self.journal.balance, held.desk.account)
        if known is not None and 0 <= self.clock.now() - known.read_at < BALANCE_AGE:
            return False
        if await in_thread(self.journal.take_slot, held.key_id, held.desk.brand.gap) > 0:
            return False
        held.balance_wanted = False

        async def read() -> None:
            try:
                await self._read_balance(held)
            except SongwrightError as error:
                log.info("the balance could not be read: %s", error)
            except Exception:
                log.exception("reading the balance met a defect")
            self._announce()

        await spawn(read)
        return True

    # -- asking ---------------------------------------------------------------------------------------------------

    async def order(self, order: Order) -> Verdict:
        """Write an order down, or say why not; the runner sends it."""
        verdict = await in_thread(self.journal.ask, order)
        self._wake(order.account)
        return verdict

    async def adopt(self, account: Account, operation: Operation, remote_id: str) -> Job:
        """Follow a task that was made elsewhere."""
        job = await in_thread(self.journal.adopt, account, operation, remote_id, operation.search_words())
        self._wake(account)
        return job

    async def read(self, account: Account, request: Request) -> dict[str, Any]:
        """A free question to the service, in its turn; passing troubles are tried again a few times.

        Raises a `ServiceError` with a sentence.
        """
        held = self._of(account)
        for attempt in range(READ_TRIES):
            await slot(self.journal, self.clock, held.key_id, held.desk.brand.gap)
            try:
                reply = await held.desk.upstream.call(request)
            except AnswerLost:
                continue
            verdict = meaning("", "GET", reply)
            if verdict.kind in (Kind.ANSWERED, Kind.NOT_READY):
                return dict(reply.body or {})
            if verdict.kind is Kind.HASTE:
                pause = max(verdict.wait, 2 * held.desk.brand.gap)
                await in_thread(self.journal.push_back, held.key_id, pause)
            elif verdict.kind is not Kind.TROUBLE or attempt == READ_TRIES - 1 or verdict.problem == "task_unknown":
                raise verdict.error(verdict.sentence, service_said=reply.words)
        raise Garbled(
            "The service did not answer a free question although it was asked several times. Nothing was charged. "
            "Try again in a minute."
        )

    async def balance(self, account: Account) -> Balance:
        """The balance, read now."""
        held = self._of(account)
        await slot(self.journal, self.clock, held.key_id, held.desk.brand.gap)
        return await self._read_balance(held)

    async def _read_balance(self, held: Held) -> Balance:
        asked_at = self.clock.now()
        try:
            reply = await held.desk.upstream.call(Request("GET", "/api/v1/get-credits"))
        except AnswerLost:
            raise Garbled("The service did not say how many credits are left. Try again in a minute.") from None
        verdict = meaning("", "GET", reply)
        if verdict.kind is not Kind.ANSWERED:
            raise verdict.error(verdict.sentence, service_said=reply.words)
        credits_left, extra = balance_of(reply.body or {})
        return await in_thread(self.journal.put_balance, held.desk.account, credits_left, extra, asked_at)

    # -- waiting --------------------------------------------------------------------------------------------------

    async def wait(
        self, account: Account, job_id: str, seconds: float, seen: Callable[[Job], Awaitable[None]] | None = None
    ) -> Job:
        """Watch a job until it is settled or the time is up; never touches the service.

        `seen` is called with the job at the start, at every change and every few seconds.
        """
        started = self.clock.monotonic()
        told_at, told_state = float("-inf"), ""
        while True:
            news = self._news
            job = await in_thread(self.journal.job, account, job_id)
            if job is None:
                raise NotFound(f"There is no job {job_id}. list_songs shows the jobs there are.", field="job_id")
            now = self.clock.monotonic()
            if seen is not None and (now - told_at >= 5.0 or told_state != job.state):
                told_at, told_state = now, str(job.state)
                await seen(job)
            left = seconds - (now - started)
            if job.settled or left <= 0:
                return job
            await self.clock.wait(news, min(NEWS_EVERY, left))

    def hint(self, account: Account) -> None:
        """Something may have changed for this account: let its runner look."""
        self._wake(account)

    def _announce(self) -> None:
        news, self._news = self._news, anyio.Event()
        news.set()

    def _wake(self, account: Account) -> None:
        if (held := self._held.get(account.key_id)) is not None:
            held.wake.set()
        self._announce()

    def _of(self, account: Account) -> Held:
        return self._held[account.key_id]
