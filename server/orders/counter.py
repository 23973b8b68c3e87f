"""Where an operation is performed for a caller: checked, priced, confirmed, ordered, waited for, answered.

It knows neither MCP nor the terminal. Who talks to the person is handed in as a `Talk`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote as quote_path

import anyio

from ..core.errors import ArgumentRefused, BudgetRefused, JournalUnavailable, KeyMissing, NotFound, RequestRefused
from ..core.jobs import Account, Asked, Job, Limit, State
from ..core.operation import Effect, Finish, Operation, Purchase, Request
from ..core.threads import CRAFT, in_lane, in_thread
from ..files.library import Library
from ..journal.write import DAY, Order, Verdict
from . import listing, money, ownership, songcraft
from .lookup import CallFacts, schedule_of
from .results import Result, Results, Shown, on_this_machine
from .runner import Runner

WEEK, MONTH = 7 * DAY, 30 * DAY
GLANCE_SECONDS = 8.0
"""How long a question about a song waits for a look that it has caused."""
ALWAYS = -1
"""A price above which a person is asked, whatever it is."""


class Agreed(StrEnum):
    """What a person answered, or that nobody could be asked."""

    YES = "yes"
    NO = "no"
    CANNOT_ASK = "cannot ask"


class Talk(Protocol):
    """The line to the person during one call."""

    async def agree(self, question: str, quote: str) -> Agreed:
        """Ask for a yes. May end this round of the call by raising; the next round brings the quote back."""
        ...

    def agreed_quote(self) -> str | None:
        """A quote that the person has agreed to in an earlier round of this call."""
        ...

    def patience(self, seconds: float) -> float:
        """How much of the waiting time this caller wants to spend."""
        ...

    async def unheard(self) -> str | None:
        """An order by the same tool, made in the same session, of which this caller may know nothing."""
        ...

    async def ordered(self, job_id: str) -> None:
        """The call has made an order, or joined one."""
        ...

    async def progress(self, job: Job, elapsed: float, expected: float) -> None:
        """How a job is doing; `elapsed` and `expected` in seconds since it was ordered."""
        ...


@dataclass(frozen=True)
class Limits:
    """What the person has set."""

    wait_seconds: float
    confirm_above: int
    daily_credits: int
    default_model: str | None
    upload_dir: Path | None = None
    monthly_credits: int | None = None

    def of(self, account: Account) -> tuple[Limit, ...]:
        """What an order is held against; play money is not counted."""
        if account.sandbox:
            return ()
        month = () if self.monthly_credits is None else (Limit(MONTH, self.monthly_credits),)
        return (Limit(DAY, self.daily_credits), *month)


@dataclass(frozen=True)
class Front:
    """How results and uploads reach a caller on another machine."""

    shown: Shown
    """Where a saved file is found."""
    link_of: Callable[[Path], str | None]
    """A public link to a file, for the service to fetch; None where it could not reach this server."""


Handler = Callable[[Any, Talk, float], Awaitable[Result]]


class Counter:
    """Performs operations for one account."""

    def __init__(
        self,
        runner: Runner,
        library: Library,
        account: Account,
        limits: Limits,
        front: Front | None = None,
        *,
        missing: KeyMissing | None = None,
    ) -> None:
        self._runner = runner
        self.journal = self._journal = runner.journal
        self.catalogue = runner.catalogue
        self.library = self._library = library
        self.account = account
        self._limits = limits
        self._front = front
        self._missing = missing
        """Why the service cannot be asked for anything; what is computed here needs no key."""
        shown = on_this_machine if front is None else front.shown
        self.results = Results(runner.journal, library, account, runner.operation_of, self._facts_then, shown)
        self._handlers: Mapping[str, Handler] = {
            "wait_for_song": self._wait_for_song,
            "get_song": self._get_song,
            "list_songs": self._list_songs,
            "resolve_job": self._resolve_job,
            "cancel_job": self._cancel_job,
            "check_credits": self._check_credits,
            **songcraft.Songcraft(runner.journal, account, limits.default_model).handlers(),
        }

    async def perform(self, operation: Operation, talk: Talk) -> Result:
        """Do it and answer. Raises `SongwrightError` with a sentence for everything that is refused."""
        started = self._runner.clock.monotonic()
        if self._missing is not None and (operation.effect in (Effect.READS, Effect.SPENDS) or operation.may_spend):
            raise self._missing
        if isinstance(operation, Purchase):
            warnings = await in_lane(CRAFT, self.account.tenant, songcraft.preflight, operation)
            result = await self._buy(operation, talk, started, quote=operation.quote)
            return songcraft.with_warnings(result, warnings)
        return await self._handlers[operation.tool_name()](operation, talk, started)

    async def answer_of(self, job: Job) -> Result:
        """What the call that ordered a job answers now: what became of it, with the warnings about its texts."""
        result = await self.results.of_job(job)
        operation = self._runner.operation_of(job) if job.settled else None
        if not isinstance(operation, Purchase):
            return result
        warnings = await in_lane(CRAFT, self.account.tenant, songcraft.warnings_of, operation)
        return songcraft.with_warnings(result, warnings)

    # -- buying ---------------------------------------------------------------------------------------------------

    async def _buy(
        self, operation: Purchase, talk: Talk, started: float, *, quote: str | None, instead_of: Job | None = None
    ) -> Result:
        """Order it; `instead_of` is an order that a person wants again, which is asked about whatever it costs."""
        # Only what is still open is given up for it; what has ended stays as it ended.
        over = instead_of is not None and instead_of.settled and instead_of.state is not State.UNKNOWN
        replaces = None if over else instead_of
        reason = "" if instead_of is None else money.bought_before(instead_of)
        facts = await in_thread(self._facts)
        operation = await in_thread(operation.settled, facts)
        if self.account.shared:
            await in_thread(ownership.check, self._journal, self.account, operation)
        await in_thread(ownership.check_engine, facts, operation)
        await in_thread(operation.check, facts)
        cost = await in_thread(operation.price, facts)
        if self.account.shared and cost is None:
            raise BudgetRefused(
                "Songwright does not know the price of this at the service, so it cannot check it against your "
                "allowance. Nothing was sent or spent. Ask the operator of this server, or send a key of your own."
            )
        earlier = None if instead_of is not None else await self._unheard(talk)
        order = Order(
            account=self.account,
            operation=operation,
            request=await in_thread(operation.request, facts),
            cost=cost,
            most=await in_thread(self._most, operation, facts, cost),
            own_cost=await in_thread(operation.own_price, facts),
            words=operation.search_words(),
            limits=self._limits.of(self.account),
            # Whoever has not heard of the last order may be repeating it in other words.
            confirm_above=self._limits.confirm_above if earlier is None else ALWAYS,
            again=isinstance(operation, Purchase) and operation.again,
            quote=quote or talk.agreed_quote(),
            replaces=None if replaces is None else replaces.id,
            must_ask=bool(operation.asks_first or reason),
        )
        verdict = await self._placed(order, talk)
        tool = operation.tool_name() if instead_of is None else "resolve_job"
        if verdict.asked is Asked.NEEDS_CONFIRMATION:
            assert verdict.quote is not None, "a quote comes with the question"
            forgetful = money.FORGETFUL if verdict.forgetful else ""
            question = money.confirmation_question(operation.subject(), cost, forgetful, operation.asks_first, reason)
            ask = partial(self.results.of_quote, verdict, cost, operation.subject(), question, again=tool)
            if earlier is not None:
                return await ask(earlier=earlier)
            answer = await talk.agree(question, verdict.quote)
            if answer is Agreed.NO:
                return self.results.declined(operation.subject())
            if answer is Agreed.CANNOT_ASK:
                return await ask()
            verdict = await self._placed(replace(order, quote=verdict.quote), talk)
        return await self._ordered(verdict, cost, talk, started)

    async def _placed(self, order: Order, talk: Talk) -> Verdict:
        """Write an order down. A caller that goes away meanwhile leaves behind what it has ordered."""
        with anyio.CancelScope(shield=True):
            verdict = await self._runner.order(order)
            if verdict.job is not None and verdict.asked in (Asked.NEW, Asked.JOINED):
                await talk.ordered(verdict.job.id)
        return verdict

    async def _unheard(self, talk: Talk) -> Job | None:
        """An order of this session whose answer nobody may have got, where it is, or may be, a song."""
        job_id = await talk.unheard()
        job = None if job_id is None else await in_thread(self.journal.job, self.account, job_id)
        return None if job is None or job.state in (State.FAILED, State.CANCELLED) else job

    async def _ordered(self, verdict: Verdict, cost: int | None, talk: Talk, started: float) -> Result:
        refused = money.refusal(verdict, cost, hosted=self._front is not None, shared=self.account.shared)
        if refused is not None:
            raise refused
        assert verdict.job is not None, "every other verdict has a job"
        if verdict.asked is Asked.NEW:
            return await self._waited(verdict.job, talk, started)
        return await self._asked_after(verdict.job, talk, started, verdict.asked)

    def _most(self, operation: Purchase, facts: CallFacts, cost: int | None) -> int:
        """What an order may come to, for the limits: every call it may need, and where nobody has priced this host the
        dearest price that is known elsewhere."""
        calls = self.catalogue.asking(self.account.brand, operation.tool_name()).calls
        if cost is None:
            prices = (operation.price(facts.at_brand(brand)) for brand in self.catalogue.brands)
            cost = max((price for price in prices if price is not None), default=0)
        return cost * calls

    async def _asked_after(
        self, job: Job, talk: Talk, started: float, asked: Asked | None = None, *, seconds: float | None = None
    ) -> Result:
        """Look again where that may bring something home, wait, and answer; at most `seconds`, or all the patience."""
        try:
            said = await self._runner.ask_after(self.account, job)
            job = await self._job(job.id)
        except JournalUnavailable as error:
            return self.results.of_silence(job, error)
        under_way = job.state in (State.RUNNING, State.FETCHING)
        if seconds is not None and (not under_way or job.next_at > self._runner.clock.now()):
            seconds = 0.0  # no look is due, so there is nothing to wait for
        return await self._waited(job, talk, started, asked, said=said, seconds=seconds)

    async def _waited(
        self, job: Job, talk: Talk, started: float, asked: Asked | None = None, *, said: str | None = None,
        seconds: float | None = None,
    ) -> Result:  # fmt: skip
        """Wait and answer; when the journal fails meanwhile, what is on record of the job is said, with its id."""
        try:
            return await self._watched(job, talk, started, asked, said, seconds)
        except JournalUnavailable as error:
            return self.results.of_silence(job, error)

    async def _watched(
        self, job: Job, talk: Talk, started: float, asked: Asked | None, said: str | None, seconds: float | None
    ) -> Result:
        expected = schedule_of(self._runner.catalogue, self.account.brand, job.operation).expected

        async def seen(now: Job) -> None:
            await talk.progress(now, self._runner.clock.now() - now.created_at, expected)

        def left() -> float:
            # A glance is answered at once, also to a client that follows tasks.
            patience = talk.patience(self._limits.wait_seconds) if seconds is None else seconds
            return max(patience - (self._runner.clock.monotonic() - started), 0.0)

        job = await self._runner.wait(self.account, job.id, left(), seen)
        if job.state is State.DONE:
            for child in await in_thread(self.journal.children, job.id):
                await self._runner.wait(self.account, child.id, left(), seen)
        return await self.results.of_job(job, asked=asked, said=said)

    def _facts_then(self, job: Job) -> CallFacts:
        return self._facts(job.created_at)

    def _facts(self, at: float | None = None) -> CallFacts:
        now = self._runner.clock.now() if at is None else at
        return CallFacts(self.catalogue, self.journal, self.account, now, self._limits.default_model, self._link_of)

    def _link_of(self, name: str) -> str | None:
        if self._front is None:
            self.library.find_upload(name, upload_dir=self._limits.upload_dir)
            return None
        try:
            return self._front.link_of(self.library.find_upload(name, upload_dir=None))
        except ArgumentRefused as error:
            # Where the library is on the server is nobody's business who is not there.
            raise ArgumentRefused(
                f"Your library has no recording, or more than one, named {name[:80]!r}. Nothing was sent or spent.",
                field=error.field,
            ) from None

    # -- the library ----------------------------------------------------------------------------------------------

    async def _wait_for_song(self, operation: Any, talk: Talk, started: float) -> Result:
        if operation.job_id:
            job = await self._job(operation.job_id)
        else:
            found = await in_thread(self._journal.newest, self.account, unfinished=True)
            job_or_none = found or await in_thread(self._journal.newest, self.account, unfinished=False)
            if job_or_none is None:
                raise NotFound("Nothing has been ordered yet. create_song makes a song.", field="job_id")
            job = job_or_none
        return await self._asked_after(job, talk, started)

    async def _get_song(self, operation: Any, talk: Talk, started: float) -> Result:
        result = await self._song(operation, talk, started)
        return await in_thread(self.results.with_words, result) if operation.lyrics else result

    async def _song(self, operation: Any, talk: Talk, started: float) -> Result:
        wanted = operation.id
        found = await in_thread(self._journal.clip, self.account, wanted)
        mine = await in_thread(self._journal.job, self.account, found.clip.job_id if found else wanted)
        mine = mine or await in_thread(self._journal.job_of_remote, self.account, wanted)
        if mine is None:
            return await self._adopted(operation, talk, started)
        result = await self._asked_after(mine, talk, started, seconds=GLANCE_SECONDS)
        mine = await self._job(mine.id)
        if found is not None:
            result = await self.results.of_job(mine, only=wanted)
        return await in_thread(self.results.with_origin, result, mine, wanted if found is not None else None)

    async def _adopted(self, operation: Any, talk: Talk, started: float) -> Result:
        """A task made elsewhere with the same key: looked at once before it is believed, then followed."""
        if self.account.shared:
            raise NotFound(f"There is no job or clip {operation.id!r}. list_songs shows what there is.")
        try:
            path = f"/api/v1/{self._runner.catalogue.brand(self.account.brand).family}/task/"
            await self._runner.read(self.account, Request("GET", path + quote_path(operation.id, safe="")))
        except RequestRefused as error:
            raise NotFound(
                f"Neither this library nor the service knows {operation.id!r} as a job, task or clip. list_songs "
                f"shows what there is. The service cannot look up a clip by its clip id; use its task id."
            ) from error
        job = await self._runner.adopt(self.account, operation, operation.id)
        result = await self._waited(job, talk, started)
        job = await self._job(job.id)
        return await in_thread(self.results.with_origin, result, job)

    async def _list_songs(self, operation: Any, talk: Talk, started: float) -> Result:
        del talk, started
        return await listing.found(self._journal, self.account, self.results, operation)

    async def library_page(self, limit: int) -> Result:
        """The newest orders, without searching."""
        return await listing.newest(self._journal, self.account, self.results, limit)

    async def _resolve_job(self, operation: Any, talk: Talk, started: float) -> Result:
        job = await self._job(operation.job_id)
        if not _resolvable(job, operation.action):
            raise ArgumentRefused(
                f"Order {job.id} is {job.state}, so there is nothing to {operation.action.replace('_', ' ')}. "
                f"Nothing was changed or spent. get_song checks it again, free.",
                field="job_id",
            )
        if operation.action == "give_up":
            sentence = f"Given up; Songwright does nothing more with it. {money.not_given_back(job)}"
            if job.state is State.UNKNOWN:
                sentence = (
                    "Given up. It may have been bought, so it counts as spent. Songwright does nothing more with it."
                )
            closed = await in_thread(self._journal.give_up, self.account, job.id, sentence)
            self._runner.hint(self.account)
            return await self.results.of_job(closed or job)
        asked = self._runner.operation_of(job)
        if operation.action == "attach":
            return await self._attached(job, asked, operation.task_id.strip(), talk, started)
        if asked is None:
            raise ArgumentRefused(
                f"This version of Songwright does not have the tool {job.operation}. Update Songwright to buy again.",
                field="job_id",
            )
        return await self._buy(asked, talk, started, quote=operation.quote, instead_of=job)

    async def _attached(self, job: Job, asked: Purchase | None, task_id: str, talk: Talk, started: float) -> Result:
        """Follow a task that a person has found; it is believed when the service shows it."""
        if asked is not None and asked.finish is not Finish.POLLED:
            raise ArgumentRefused(
                f"{job.operation} is answered at once and has no task, so there is no task to attach. Nothing was "
                f"sent or "
                "spent. Choose buy_again or give_up.",
                field="action",
            )
        if self.account.shared:
            await in_thread(ownership.check_task, self._journal, self.account, task_id)
        other = await in_thread(self._journal.job_of_remote, self.account, task_id)
        if other is not None and other.id != job.id and other.sent_at is not None:
            raise ArgumentRefused(
                f"This task already belongs to order {other.id}. Nothing was changed or spent. get_song shows it.",
                field="task_id",
            )
        if not await self._runner.knows(self.account, asked, task_id):
            raise ArgumentRefused(
                f"The service has no task {task_id[:80]!r} of {job.operation}. Nothing was changed or spent. "
                "Check the id on the service's website and call again.",
                field="task_id",
            )
        attached = await in_thread(self._journal.attach, self.account, job.id, task_id)
        if attached is None:
            raise ArgumentRefused(
                f"Order {job.id} already has a task, or another order has this one. Nothing was changed or spent.",
                field="task_id",
            )
        self._runner.hint(self.account)
        return await self._waited(attached, talk, started)

    async def _cancel_job(self, operation: Any, talk: Talk, started: float) -> Result:
        del talk, started
        job = await self._job(operation.job_id)
        return await self.results.of_job(await self.cancel(job))

    async def cancel(self, job: Job) -> Job:
        """Withdraw what was not sent; leave out of lists what is paid."""
        withdrawn = await in_thread(self._journal.withdraw, self.account, job.id)
        if withdrawn is None and not job.settled:
            withdrawn = await in_thread(self._journal.hide, self.account, job.id)
        self._runner.hint(self.account)
        return withdrawn or job

    async def _job(self, job_id: str) -> Job:
        job = await in_thread(self._journal.job, self.account, job_id)
        job = job or await in_thread(self._journal.job_of_remote, self.account, job_id)
        if job is None:
            raise NotFound(f"There is no job {job_id!r}. list_songs shows all jobs.", field="job_id")
        return job

    # -- the account ----------------------------------------------------------------------------------------------

    async def _check_credits(self, operation: Any, talk: Talk, started: float) -> Result:
        del operation, talk, started
        balance = None if self.account.shared else await self._runner.balance(self.account)
        spent = await in_thread(self._journal.spent, self.account, DAY)
        week = await in_thread(self._journal.spent, self.account, WEEK)
        rows = await in_thread(self._journal.spent_by_operation, self.account, MONTH)
        unsettled = await in_thread(self._journal.unsettled, self.account)
        data: dict[str, Any] = {}
        if balance is not None:
            data |= {"left": balance.total, "extra": balance.extra, "subscription": balance.credits}
            data["as_of"] = money.moment(balance.read_at)
        data |= {"spent_24h": spent, "spent_7d": week, "daily_limit": self._limits.daily_credits}
        month = sum(cost for _, _, cost in rows)
        if self._limits.monthly_credits is not None:
            data["monthly_limit"] = self._limits.monthly_credits
        if balance is None:
            # The balance is the operator's; what counts for this caller is what may still be spent.
            left = self._limits.daily_credits - spent
            if self._limits.monthly_credits is not None:
                left = min(left, self._limits.monthly_credits - month)
            data |= {"left": max(left, 0), "as_of": money.moment(self._runner.clock.now())}
        data["spent_30d"] = [{"operation": name, "times": times, "credits": cost} for name, times, cost in rows]
        if unsettled:
            data["unsettled"] = unsettled
        if self.account.sandbox:
            data["sandbox"] = True
        return Result(data, f"{data['left']} credits left, {spent} spent in 24 hours, {week} in 7 days.")


def _resolvable(job: Job, action: str) -> bool:
    """Whether a person's decision means anything for an order: its money is in doubt, or it is not home yet."""
    if job.state is State.UNKNOWN:
        return True
    if action == "attach":
        return job.problem in ("given_up", "task_unknown")
    if job.state in (State.RUNNING, State.FETCHING):
        return True
    return action == "buy_again" and job.state is State.FAILED and job.charge > 0
