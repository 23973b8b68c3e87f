"""One job's life, whoever asked for it: ordering, doing what is due, waiting.

The work belongs to the process, not to a request: clients disconnect, cancel and repeat themselves. Any live process
that holds the key may do the next step of any job; what it may do is decided by the journal alone.
"""

from __future__ import annotations

import logging
from asyncio import get_running_loop
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import replace
from functools import partial
from typing import Any

import anyio
from anyio.abc import TaskGroup

from ..core import logs, telemetry
from ..core.clock import Clock
from ..core.errors import Garbled, JournalUnavailable, NotFound, SongwrightError, TooFast
from ..core.jobs import Account, Asked, Balance, Job, State
from ..core.operation import Operation, Purchase, Request
from ..core.threads import in_thread
from ..files.delivery import Delivery
from ..files.library import Library
from ..journal.write import Journal, Order, Verdict
from ..service.answers import Kind, Meaning, Reply, meaning
from ..service.callbacks import Hooks
from ..service.catalogue import Catalogue, Schedule
from ..service.upstream import AnswerLost, Upstream
from . import looks, saving, steps
from .allowance import Allowance
from .held import Held
from .limiter import slot
from .lookup import CallFacts, Written, schedule_of
from .money import credits_in
from .saving import FETCH_LEASE
from .sketches import Sketches
from .steps import LEASE_MARGIN, StepContext, task_path
from .wire import Wire
from .workshop import Workshop

log = logging.getLogger(__name__)

DRAIN_SECONDS = 1.8
"""How long the end of the process waits for orders on the wire: clients kill a server that lingers two seconds."""
IDLE_LOOK = 5.0
"""How often, in seconds, a runner looks for work that another process has left."""
SWEEP_EVERY = 30.0
NEWS_EVERY = 0.5
"""Seconds between a waiter's looks at the journal, for changes made by other processes."""
NEWS_TOLD = 5.0
"""The same where the store tells of such changes, which it may fail to do now and then."""
FETCHES = 4
READ_TRIES = 4
BALANCE_AGE = 60.0
CLOCK_STEP = 30.0
"""How many seconds the wall clock must jump before this is noticed."""


Step = Callable[[], Coroutine[Any, Any, None]]
_STUMBLED = {State.SENDING: steps.stumbled, State.RUNNING: looks.stumbled, State.FETCHING: saving.stumbled}
Spawn = Callable[[Step], Awaitable[None]]
LibraryOf = Callable[[str], Library]
"""The library for the files of a tenant."""


class Runner:
    """Orders, runs and watches jobs. `run()` must be running for anything to move.

    With `works` off this process only takes orders and answers; another one sees to them. With `resident` off a key
    has a runner only while it has unfinished jobs: for many keys, of which few are busy.
    """

    def __init__(
        self,
        journal: Journal,
        catalogue: Catalogue,
        clock: Clock,
        operation: Callable[[str], type[Operation] | None],
        *,
        works: bool = True,
        resident: bool = True,
    ) -> None:
        self.journal = journal
        self.catalogue = catalogue
        self.clock = clock
        self.hooks: Hooks | None = None
        """Where the service can call back. Set it before a key is held."""
        self._written = Written(operation)
        self._works = works
        self._resident = resident
        self._held: dict[str, Held] = {}
        self._news: dict[str, anyio.Event] = {}
        self._news_every = NEWS_EVERY
        self._strange = anyio.Event()
        self._group: TaskGroup | None = None
        self._own: Context = copy_context()
        self._orders = telemetry.Orders()
        self._wire = Wire()
        self.workshop = Workshop(clock)
        self.sketches = Sketches(clock)
        self.allowance = Allowance(clock)
        self._stopping = False

    def hold(self, account: Account, upstream: Upstream, library_of: LibraryOf) -> Held:
        """Let this process work with a key, and start doing so when the runner runs."""
        if (held := self._held.get(account.key_id)) is not None:
            return held
        brand = self.catalogue.brand(account.brand)

        def schedule(operation: str, hooked: bool) -> Schedule:
            return schedule_of(self.catalogue, account.brand, operation, hooked=hooked)

        def make_context(tenant: str) -> StepContext:
            own = replace(account, tenant=tenant)

            def facts() -> CallFacts:
                return CallFacts(self.catalogue, self.journal, own, self.clock.now())

            delivery = Delivery(self.journal, library_of(tenant), own)
            return StepContext(
                own, upstream, self.journal, delivery, self.clock, brand, schedule, self.operation_of, facts,
                partial(self.catalogue.asking, account.brand), self.hooks,
            )  # fmt: skip

        held = self._held[account.key_id] = Held(account, upstream, brand, make_context)
        if self._resident:
            self._attend(held)
        return held

    def holds(self, key_id: str) -> bool:
        """Whether this process can work with a key."""
        return key_id in self._held

    def attends(self, key_id: str) -> bool:
        """Whether a runner is at work for a key."""
        held = self._held.get(key_id)
        return held is not None and held.attended

    def release(self, key_id: str) -> bool:
        """Forget a key; False while something is being done with it."""
        held = self._held.get(key_id)
        if held is None or held.attended or held.fetching:
            return held is None
        del self._held[key_id]
        self._news.pop(key_id, None)
        return True

    def operation_of(self, job: Job) -> Purchase | None:
        """The call as it was made; None if a Songwright with other operations wrote it."""
        return self._written.of(job)

    # -- running --------------------------------------------------------------------------------------------------

    async def run(self, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Do what is due, until cancelled; then let orders on the wire arrive, for a moment."""
        try:
            async with anyio.create_task_group() as group:
                self._group, self._own = group, copy_context()
                for held in self._held.values() if self._resident else ():
                    self._attend(held)
                task_status.started()
                await anyio.sleep_forever()
        finally:
            self._group = None

    async def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Start nothing new, end all waiting, and give orders on the wire a moment to be answered and written down."""
        self._stopping = True
        self.workshop.close()
        self.sketches.close()
        for key_id in list(self._news):
            self._announce(key_id)
        for held in self._held.values():
            held.wake.set()
        with anyio.move_on_after(seconds, shield=True):
            await self._wire.empty()

    @property
    def stopping(self) -> bool:
        """Whether the runner has stopped beginning new work."""
        return self._stopping

    async def listen(self) -> None:
        """Listen for what other processes write, if the store supports it. The store must be open."""
        loop = get_running_loop()

        def heard(key_id: str) -> None:
            # The loop may be closing while a notification still arrives.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self.heard, key_id)

        if await in_thread(self.journal.store.listen, heard):
            self._news_every = NEWS_TOLD

    def heard(self, key_id: str) -> None:
        """Something was written for a key: wake its waiters and its runner, or whatever finds a runner for it."""
        self._announce(key_id)
        if (held := self._held.get(key_id)) is not None and held.attended:
            held.wake.set()
        else:
            self._strange.set()

    async def strange(self, seconds: float) -> None:
        """Wait until something is written for a key that has no runner here, at most that long."""
        await self.clock.wait(self._strange, seconds)
        self._strange = anyio.Event()

    def _attend(self, held: Held) -> None:
        if self._works and self._group is not None and not held.attended and not self._stopping:
            held.attended = True
            # A runner must not inherit the caller of the call that began it, neither in logs nor in traces.
            self._own.run(self._group.start_soon, self._runner, held)

    async def _runner(self, held: Held) -> None:
        while not self._stopping:
            held.wake = anyio.Event()
            try:
                while await self.turn(held, self._spawn):
                    pass
                delay = self._idle_for(held)
                if delay is None and not held.wake.is_set():
                    break
                delay = delay or 0.0
            except JournalUnavailable as error:
                log.error("%s", error)
                delay = IDLE_LOOK
            except Exception:
                log.exception("the runner met a bug")  # without a runner, paid songs would be left lying
                delay = IDLE_LOOK
            await self.clock.wait(held.wake, delay)
        held.attended = False

    def _idle_for(self, held: Held) -> float | None:
        """Seconds until something is due; None when the runner is not needed any more."""
        if held.due_at is None:
            return IDLE_LOOK if self._resident or held.balance_wanted else None
        late = held.due_at - self.clock.now()
        # Overdue but not begun: something else holds it up, and a notification will come when that ends.
        return min(late, IDLE_LOOK) if late > 0 else NEWS_EVERY / 2

    async def _spawn(self, work: Step) -> None:
        assert self._group is not None, "runners live in the group"
        self._group.start_soon(work)

    async def turn(self, held: Held, spawn: Spawn) -> bool:
        """Begin the most urgent thing that is due for a key; False when nothing is due.

        `spawn` runs the step: beside this one, or at once in a test that wants to see every step.
        """
        now = self.clock.now()
        await self._awake(held)
        swept = not -SWEEP_EVERY < now - held.swept_at < SWEEP_EVERY
        if swept:
            held.swept_at = now
            if await in_thread(self.journal.sweep, held.key_id):
                self._announce(held.key_id)
        at = held.due_at = await in_thread(self.journal.agenda, held.key_id)
        # A time more than ten minutes ahead may come from a clock that was set back; a claim finds out.
        if at is not None and (at <= now or (swept and at > now + 600)):
            # From here on an order may be on the wire, until its step says otherwise.
            self._wire.begin()
            job = None
            try:
                job = await in_thread(self.journal.claim, held.key_id, held.brand.gap, LEASE_MARGIN)
            finally:
                if job is None:
                    self._wire.end()
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

    async def _awake(self, held: Held) -> None:
        """At the start, after a sleep, or when the clock was set: look at what had been put off."""
        offset = self.clock.now() - self.clock.monotonic()
        if held.offset is None or abs(offset - held.offset) > CLOCK_STEP:
            await in_thread(self.journal.wake, held.key_id)
            held.offset = offset

    async def _step(self, held: Held, job: Job) -> None:
        if job.state is State.SENDING or job.remote_id is None:  # the latter is a further paid call for a file
            try:
                # An order on the wire is never cut short from this side: its answer is worth money.
                with anyio.CancelScope(shield=True):
                    await self._paid(held, job)
            finally:
                self._wire.end()
        else:
            self._wire.end()
            await self._safely(looks.look, held, job)
        self._announce(held.key_id)
        held.wake.set()

    async def _paid(self, held: Held, job: Job) -> None:
        """A call that may cost something; it is no longer begun when the process is about to end."""
        if not self._stopping:
            await self._safely(steps.send if job.state is State.SENDING else looks.look, held, job)
            held.balance_wanted = True
        elif job.state is State.SENDING:
            await self._safely(steps.put_back, held, job)
        # A further call for a file was not noted yet: it is claimed anew when its lease has passed.

    async def _fetch(self, held: Held, job: Job) -> None:
        try:
            await self._safely(saving.fetch, held, job)
        finally:
            held.fetching -= 1
        self._announce(held.key_id)
        held.wake.set()

    async def _safely(self, step: Callable[[StepContext, Job], Awaitable[None]], held: Held, job: Job) -> None:
        """Do a step. A defect of ours in it must not stop other jobs or the server."""
        with logs.about(job=job.id, tenant=job.tenant), self._orders.step(step.__name__, job):
            try:
                await step(held.context_of(job), job)
            except Exception:
                log.exception("job %s: a step failed because of a bug", job.id)
                with suppress(Exception):  # if this fails too, the end of the lease settles it
                    await _STUMBLED[job.state](held.context_of(job), job)

    async def _balance_turn(self, held: Held, spawn: Spawn) -> bool:
        """After an order, read the balance in a free slot, at most once a minute."""
        if not held.balance_wanted:
            return False
        known = await in_thread(self.journal.balance, held.account)
        if known is not None and 0 <= self.clock.now() - known.read_at < BALANCE_AGE:
            return False
        if await in_thread(self.journal.take_slot, held.key_id, held.brand.gap) > 0:
            return False
        held.balance_wanted = False

        async def read() -> None:
            try:
                await self._read_balance(held)
            except SongwrightError as error:
                log.info("the balance could not be read: %s", error)
            except Exception:
                log.exception("reading the balance failed because of a bug")
            self._announce(held.key_id)

        await spawn(read)
        return True

    # -- asking ---------------------------------------------------------------------------------------------------

    async def order(self, order: Order) -> Verdict:
        """Record an order, or say why not; the runner sends it."""
        verdict = await in_thread(self.journal.ask, order)
        if verdict.asked is Asked.NEW and verdict.job is not None:
            self._orders.remember(verdict.job.id)
            if isinstance(order.operation, Purchase):
                self._written.remember(verdict.job, order.operation)
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
        verdict, reply = await self._question(account, request)
        if verdict.kind in (Kind.ANSWERED, Kind.NOT_READY):
            return dict(reply.body or {})
        raise verdict.error(verdict.sentence, service_said=reply.words)

    async def knows(self, account: Account, operation: Purchase | None, remote_id: str) -> bool:
        """Whether the service knows a task of this operation's family, whatever has become of it.

        Raises a `ServiceError` where it does not say.
        """
        path = task_path(self._of(account).brand, operation, remote_id)
        verdict, reply = await self._question(account, Request("GET", path))
        if verdict.kind in (Kind.ANSWERED, Kind.NOT_READY, Kind.ENDED):
            return True
        if verdict.problem == "task_unknown":
            return False
        raise verdict.error(verdict.sentence, service_said=reply.words)

    async def _question(self, account: Account, request: Request) -> tuple[Meaning, Reply]:
        held = self._of(account)
        for attempt in range(READ_TRIES):
            await slot(self.journal, self.clock, held.key_id, held.brand.gap)
            try:
                reply = await held.upstream.call(request)
            except AnswerLost:
                continue
            verdict = meaning("", "GET", reply)
            if verdict.kind is Kind.HASTE:
                pause = max(verdict.wait, 2 * held.brand.gap)
                await in_thread(self.journal.push_back, held.key_id, pause)
            elif verdict.kind is not Kind.TROUBLE or attempt == READ_TRIES - 1 or verdict.problem == "task_unknown":
                return verdict, reply
        raise Garbled(
            "The service did not answer a free call, tried several times. Nothing was charged. Try again in a minute."
        )

    async def balance(self, account: Account) -> Balance:
        """The balance, read now."""
        held = self._of(account)
        await slot(self.journal, self.clock, held.key_id, held.brand.gap)
        return await self._read_balance(held)

    async def _read_balance(self, held: Held) -> Balance:
        asked_at = self.clock.now()
        try:
            reply = await held.upstream.call(Request("GET", "/api/v1/get-credits"))
        except AnswerLost:
            raise Garbled("The service did not say how many credits are left. Try again in a minute.") from None
        verdict = meaning("", "GET", reply)
        if verdict.kind is not Kind.ANSWERED:
            raise verdict.error(verdict.sentence, service_said=reply.words)
        credits_left, extra = credits_in(reply.body or {})
        return await in_thread(self.journal.put_balance, held.account, credits_left, extra, asked_at)

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
            news = self._news.setdefault(account.key_id, anyio.Event())
            job = await in_thread(self.journal.job, account, job_id)
            if job is None:
                raise NotFound(f"There is no job {job_id}. list_songs shows all jobs.", field="job_id")
            now = self.clock.monotonic()
            if seen is not None and (now - told_at >= 5.0 or told_state != job.state):
                told_at, told_state = now, str(job.state)
                await seen(job)
            left = seconds - (now - started)
            if job.settled or left <= 0 or self._stopping:
                return job
            with telemetry.away():
                await self.clock.wait(news, min(self._news_every, left))

    async def ask_after(self, account: Account, job: Job) -> str | None:
        """Somebody asks for a job: look at it, even if it has ended without being brought home.

        Returns what is to be said of the look, if anything. A job that is under way is looked at by its runner.
        """
        if not job.settled:
            await in_thread(self.journal.asked_after, job)
            self._wake(account)
            return None
        said = None
        if looks.may_come_home(job) and job.remote_id is not None:
            held = self._of(account)
            try:
                await slot(self.journal, self.clock, held.key_id, held.brand.gap)
            except TooFast:
                return (
                    "Songwright could not look for it again just now, because this key is busy. Ask again in a minute."
                )
            said = await looks.ask_after(held.context_of(job), job)
        elif job.problem in ("not_saved", "given_up") and looks.has_files(self.operation_of(job), job):
            await in_thread(self.journal.save_again, job)
        self._wake(account)
        return said

    def hint(self, account: Account) -> None:
        """Something may have changed for this account: let its runner look."""
        self._wake(account)

    def _announce(self, key_id: str) -> None:
        if (news := self._news.pop(key_id, None)) is not None:
            news.set()

    def _wake(self, account: Account) -> None:
        if (held := self._held.get(account.key_id)) is not None:
            held.wake.set()
            self._attend(held)
        self._announce(account.key_id)

    def _of(self, account: Account) -> Held:
        return self._held[account.key_id]
