"""The durable record of what was asked, bought and delivered: transitions only, no network.

It keeps two promises. An order is on disk before it is sent, in the same transaction that takes its rate slot. Every
later change is a compare-and-set on (id, epoch, state), except for a receipt, which is valid whenever it comes.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.errors import ConfirmationMissing
from ..core.jobs import SENTENCES, Account, Asked, Balance, Clip, Job, Limit, SavedFile, State, job_of
from ..core.operation import Operation, Purchase, Request
from ..core.written import compact
from .decisions import Decisions, job_in
from .read import AGREED, LOST, MEMORY, balance_of, held_by_another
from .search import search_text
from .sqlite import Tx
from .upkeep import put_search_text

REPLAY_SECONDS = 600.0
"""How long a fulfilled request answers a repeat instead of buying again."""
QUOTE_SECONDS = 600.0
UNSETTLED_LIMIT = 3
"""With this many unsettled purchases, buying stops."""
DAY = 86_400.0
REFUNDED = "It failed at the service, which says that it returned the credits."


@dataclass(frozen=True)
class Order:
    """A request to buy, as passed to the journal."""

    account: Account
    operation: Operation
    request: Request
    cost: int | None
    """Credits of everything that this buys, including follow-up orders."""
    words: str
    confirm_above: int | None
    limits: tuple[Limit, ...] = ()
    """Spending limits; none where the price was agreed to with an earlier order."""
    again: bool = False
    quote: str | None = None
    parent_id: str | None = None
    own_cost: int | None = None
    """The share of `cost` that this job itself is charged, where more jobs follow it."""
    most: int = 0
    """The most it may cost: its price for every call it may need, or the highest known price where this host has
    none.
    """
    replaces: str | None = None
    """An unsettled job that this one replaces; it is given up in the same transaction."""
    must_ask: bool = False
    """A person must agree, whatever it costs."""


@dataclass(frozen=True)
class Verdict:
    """The outcome of a request; `job` where there is one, `quote` where a person must agree first."""

    asked: Asked
    job: Job | None = None
    quote: str | None = None
    spent: int = 0
    limit: Limit | None = None
    """The limit that would be exceeded, with `spent` in its span."""
    forgetful: bool = False
    """A person must agree because the journal is newer than the songs in the library."""


@dataclass(frozen=True)
class Change:
    """A job's state after a step, and what to record with it. None leaves a value as it is."""

    state: State
    next_at: float = 0.0
    answer: Mapping[str, Any] | None = None
    problem: str | None = None
    sentence: str | None = None
    service_said: str | None = None
    tries: int | None = None
    looks: int | None = None
    troubles: int | None = None
    charge: int | None = None
    """Credits that are, or may be, spent on it."""
    trouble_since: float | None = None
    """Since when every attempt has failed; like the sentence, cleared when not set again."""
    misses: int = 0
    missed_for: float = 0.0


@dataclass(frozen=True)
class Callback:
    """The content of a callback whose signature is valid."""

    event_id: str
    digest: str
    """A hash of the body: the signature does not cover the event id."""
    event: str
    remote_id: str | None
    """The task that it names, if the signature is strong enough to trust it; otherwise it is only a hint."""
    refunded: bool = False
    """Whether it says that this task failed and that the credits were returned."""


class Journal(Decisions):
    """Every transition of a job, each in one transaction.

    All methods block; call them from a worker thread. The time is read inside the transaction, because a process may
    have waited to enter it.
    """

    # -- asking ---------------------------------------------------------------------------------------------------

    def ask(self, order: Order) -> Verdict:
        """Record an order, or say why not. This sends nothing; a new job waits for its slot."""
        account = order.account
        self.prune_free(account.tenant)
        dedupe = order.operation.identity()
        who = {"tenant": account.tenant, "key_id": account.key_id}
        with self.store.transaction(account.key_id) as tx:
            now = self._clock.now()
            tx.do("insert_limiter", key_id=account.key_id)
            job = self._same(tx, order, dedupe, now)
            if job is not None:
                if job.state not in (State.DONE, State.FAILED):
                    return Verdict(Asked.JOINED, job)
                if not order.again and order.replaces is None:
                    return Verdict(Asked.REPLAYED, job)
            if (refusal := self._refusal(tx, order, now)) is not None:
                return refusal
            job_id = secrets.token_hex(8)
            memory = tx.one("fact", name=MEMORY)
            forgetful = memory is not None and memory["value"] == LOST
            if order.quote is not None:
                given = tx.one(
                    "use_quote", id=order.quote, job_id=job_id, dedupe=dedupe, cost=order.cost, now=now, **who
                )
                if given is None:
                    raise ConfirmationMissing(
                        "That quote is unknown, already used, older than ten minutes, or for other arguments or "
                        "another price. Nothing was spent. Call again without `quote` to get a fresh one.",
                        field="quote",
                    )
                if forgetful:
                    tx.do("set_fact", name=MEMORY, value=AGREED)
            elif forgetful or self._must_ask(order):
                quote = self._quote(tx, order, dedupe, now)
                return Verdict(Asked.NEEDS_CONFIRMATION, quote=quote, forgetful=forgetful)
            if order.replaces is not None:
                sentence = f"Given up and bought again as {job_id}."
                if tx.one("give_up", id=order.replaces, sentence=sentence, now=now, **who) is None:
                    return Verdict(Asked.JOINED, job_in(tx, order.replaces))
            self._insert(tx, order, job_id, dedupe, now)
            return Verdict(Asked.NEW, job_in(tx, job_id))

    def adopt(self, account: Account, operation: Operation, remote_id: str, words: str) -> Job:
        """Record a task made elsewhere: it is looked at like one of ours and costs nothing here."""
        job_id = secrets.token_hex(8)
        who = {"tenant": account.tenant, "key_id": account.key_id}
        with self.store.transaction(account.key_id) as tx:
            now = self._clock.now()
            known = tx.one("job_of_remote", remote_id=remote_id, **who)
            if known is not None:
                return job_of(known)
            tx.do("insert_limiter", key_id=account.key_id)
            order = Order(account, operation, Request("", ""), 0, words, None)
            self._insert(tx, order, job_id, f"adopted:{remote_id}", now, remote_id=remote_id)
            tx.do("receipt", job_id=job_id, remote_id=remote_id, now=now, via="adopted")
            return job_in(tx, job_id)

    @staticmethod
    def _same(tx: Tx, order: Order, dedupe: str, now: float) -> Job | None:
        """An order of this caller for the same thing, which answers a repeat."""
        since = 0.0 if isinstance(order.operation, Purchase) and order.operation.keeps else now - REPLAY_SECONDS
        row = tx.one(
            "same_request", tenant=order.account.tenant, key_id=order.account.key_id, dedupe=dedupe, since=since,
            besides=order.replaces or "",
        )  # fmt: skip
        return None if row is None else job_of(row)

    def _refusal(self, tx: Tx, order: Order, now: float) -> Verdict | None:
        who = {"tenant": order.account.tenant, "key_id": order.account.key_id}
        unsettled = tx.one("unsettled_count", besides=order.replaces or "", **who)
        if unsettled is not None and unsettled["n"] >= UNSETTLED_LIMIT:
            return Verdict(Asked.BLOCKED)
        for limit in order.limits if order.most else ():
            row = tx.one("held_since", since=now - limit.seconds, **who)
            spent = int(row["credits"]) if row else 0
            if spent + order.most > limit.credits:
                return Verdict(Asked.OVER_BUDGET, spent=spent, limit=limit)
        balance = balance_of(tx.one("balance", key_id=order.account.key_id))
        if order.cost and balance is not None and now - balance.read_at < REPLAY_SECONDS:
            row = tx.one("promised", key_id=order.account.key_id, since=balance.read_at)
            if order.cost + (int(row["credits"]) if row else 0) > balance.total:
                return Verdict(Asked.TOO_POOR, spent=balance.total)
        return None

    @staticmethod
    def _must_ask(order: Order) -> bool:
        if order.must_ask or order.replaces is not None or order.cost is None:
            return True
        return order.confirm_above is not None and order.cost > order.confirm_above

    @staticmethod
    def _quote(tx: Tx, order: Order, dedupe: str, now: float) -> str:
        quote = secrets.token_urlsafe(9)
        tx.do(
            "put_quote", id=quote, tenant=order.account.tenant, key_id=order.account.key_id, dedupe=dedupe,
            cost=order.cost, expires_at=now + QUOTE_SECONDS,
        )  # fmt: skip
        return quote

    @staticmethod
    def _insert(tx: Tx, order: Order, job_id: str, dedupe: str, now: float, remote_id: str | None = None) -> None:
        account, operation, request = order.account, order.operation, order.request
        tx.do(
            "insert_job",
            id=job_id, tenant=account.tenant, key_id=account.key_id, base_url=account.base_url,
            operation=operation.tool_name(), arguments=_dump(operation.arguments()), method=request.method,
            path=request.path, body=None if request.body is None else _dump(request.body), dedupe=dedupe,
            parent_id=order.parent_id,
            cost=order.cost if order.own_cost is None else order.own_cost,
            # The full price counts from here on; the share of follow-up orders passes to them when they are recorded.
            charge=order.most if order.cost is None else order.cost,
            most=order.most,
            subject=operation.subject(), words=order.words.lower(),
            state=State.RUNNING if remote_id else State.QUEUED, remote_id=remote_id,
            timeout=(operation if isinstance(operation, Purchase) else Purchase).timeout,
            next_at=now, running_at=now if remote_id else None, now=now,
        )  # fmt: skip
        tx.do("put_search_text", job_id=job_id, text=search_text([order.words]))

    # -- sending and looking --------------------------------------------------------------------------------------

    def claim(self, key_id: str, gap: float, lease: float) -> Job | None:
        """The next call that may be sent for this key, with its rate slot and its lease, in one transaction.

        `gap` seconds pass before the key's next call; `lease` seconds are added to the call's own time limit. A queued
        job comes back as `sending`, a running one as `running`; None when nothing is due or the slot is taken. Tenants
        who share the key take turns.
        """
        with self.store.transaction(key_id) as tx:
            now = self._clock.now()
            row = tx.one("next_for_slot", key_id=key_id, now=now)
            if row is None or tx.one("take_slot", key_id=key_id, now=now, until=now + gap, gap=gap) is None:
                return None
            tx.do("take_turn", key_id=key_id, tenant=row["tenant"], now=now)
            posts = row["state"] == State.QUEUED or row["remote_id"] is None
            until = now + (float(row["timeout"]) if posts else 30.0) + lease
            claimed = tx.one("claim", id=row["id"], epoch=row["epoch"], lease_until=until, now=now)
            return None if claimed is None else job_of(claimed)

    def claim_fetch(self, key_id: str, lease: float) -> Job | None:
        """The next job whose files must be saved; needs no rate slot."""
        with self.store.transaction(key_id) as tx:
            now = self._clock.now()
            row = tx.one("next_to_fetch", key_id=key_id, now=now)
            if row is None:
                return None
            claimed = tx.one("claim", id=row["id"], epoch=row["epoch"], lease_until=now + lease, now=now)
            return None if claimed is None else job_of(claimed)

    def renew(self, job: Job, lease: float) -> bool:
        """Extend the lease of a long download; False when somebody else has it now."""
        with self.store.transaction(job.key_id) as tx:
            return tx.one("renew", id=job.id, epoch=job.epoch, lease_until=self._clock.now() + lease) is not None

    def take_slot(self, key_id: str, gap: float) -> float:
        """Take the rate slot for a free read. Returns 0 on success, else the seconds to wait. Purchases go first."""
        with self.store.transaction(key_id) as tx:
            now = self._clock.now()
            tx.do("insert_limiter", key_id=key_id)
            waiting = tx.one("purchase_waits", key_id=key_id, now=now)
            if waiting is not None and waiting["n"]:
                return gap
            if tx.one("take_slot", key_id=key_id, now=now, until=now + gap, gap=gap) is not None:
                return 0.0
            row = tx.one("slot_free_at", key_id=key_id)
            return max(float(row["next_at"]) - now, 0.01) if row else gap

    def push_back(self, key_id: str, seconds: float) -> None:
        """The service said that calls come too fast: nobody on this key calls for that long."""
        with self.store.transaction(key_id) as tx:
            tx.do("push_slot", key_id=key_id, until=self._clock.now() + seconds)

    def bought(self, job_id: str, remote_id: str, next_at: float, via: str) -> Job | None:
        """Receipt and transition in one transaction; None when the job has another id or is already further along."""
        with self.store.transaction(self._key_of(job_id)) as tx:
            now = self._clock.now()
            tx.do("receipt", job_id=job_id, remote_id=remote_id, now=now, via=via)
            row = tx.one("bought", id=job_id, remote_id=remote_id, next_at=next_at, now=now)
            return None if row is None else job_of(row)

    def bought_at_once(self, job_id: str, answer: Mapping[str, Any], again_at: float | None = None) -> Job | None:
        """For answers that are themselves the result: store the answer before anybody sees it.

        With `again_at` it is not complete yet, and the same call is made again at that time.
        """
        state = State.FETCHING if again_at is None else State.RUNNING
        with self.store.transaction(self._key_of(job_id)) as tx:
            now = self._clock.now()
            tx.do("receipt", job_id=job_id, remote_id="at-once", now=now, via="answer")
            row = tx.one(
                "bought_at_once", id=job_id, answer=_dump(answer), state=state, next_at=again_at or now, now=now
            )
            return None if row is None else job_of(row)

    def note_call(self, job: Job) -> Job | None:
        """Record one more paid call of an order that asks again, at its price, before it is sent.

        None when it must not be sent: it was sent before and the answer was lost, or the job has moved on.
        """
        with self.store.transaction(job.key_id) as tx:
            now = self._clock.now()
            if not tx.do("note_call", job_id=job.id, n=job.looks + 1, now=now):
                return None
            row = tx.one("charge_call", id=job.id, epoch=job.epoch, credits=job.cost or 0, now=now)
            if row is None:
                tx.do("drop_call", job_id=job.id, n=job.looks + 1)
            return None if row is None else job_of(row)

    def take_back_call(self, job: Job) -> None:
        """The call recorded by `note_call` was certainly not accepted, so it costs nothing."""
        with self.store.transaction(job.key_id) as tx:
            # Once: after a commit whose end nobody knows this is repeated.
            if tx.do("drop_call", job_id=job.id, n=job.looks + 1):
                tx.one("charge_call", id=job.id, epoch=job.epoch, credits=-(job.cost or 0), now=self._clock.now())

    def refused(self, job: Job, problem: str, sentence: str, service_said: str | None) -> Job | None:
        """A certain refusal of one attempt, valid whenever it comes.

        None when the job has a receipt, is already settled, or was sent again since: the outcome of that attempt is a
        separate question.
        """
        with self.store.transaction(job.key_id) as tx:
            row = tx.one(
                "refused", id=job.id, sent_at=job.sent_at, problem=problem, sentence=sentence,
                service_said=service_said, now=self._clock.now(),
            )  # fmt: skip
            return None if row is None else job_of(row)

    def move(self, job: Job, change: Change, clips: Sequence[Clip] = (), orders: Sequence[Order] = ()) -> Job | None:
        """Compare-and-set to another state, with its clips and child orders; None when the job has moved on."""
        with self.store.transaction(job.key_id) as tx:
            now = self._clock.now()
            row = tx.one(
                "move",
                id=job.id, epoch=job.epoch, was=job.state, state=change.state, next_at=change.next_at or now,
                tries=job.tries if change.tries is None else change.tries,
                looks=job.looks if change.looks is None else change.looks,
                troubles=job.troubles if change.troubles is None else change.troubles,
                trouble_since=change.trouble_since, misses=change.misses, missed_for=change.missed_for,
                charge=_settled_charge(job, change), refund_sentence=REFUNDED,
                answer=_dump(change.answer if change.answer is not None else job.answer),
                problem=change.problem, sentence=change.sentence, service_said=change.service_said,
                finished_at=None if change.state in (State.QUEUED, State.RUNNING, State.FETCHING) else now, now=now,
            )  # fmt: skip
            if row is None:
                return None
            if change.state is State.RUNNING:
                row = tx.one("look_again", id=job.id, now=now, since=job.updated_at) or row
            self._put_clips(tx, job, clips)
            ordered = {child["dedupe"] for child in tx.all("children", id=job.id)} if orders else set()
            for place, order in enumerate(orders):
                dedupe = order.operation.identity()
                if dedupe in ordered:
                    continue  # the files were saved a second time; what follows them was ordered the first time
                # Its clips are known before it is done, so a person may have ordered the same already.
                if (same := self._same(tx, order, dedupe, now)) is not None:
                    tx.do("take_in", id=same.id, parent_id=order.parent_id)
                    continue
                # A moment apart, so that they are always listed in this order.
                self._insert(tx, order, secrets.token_hex(8), dedupe, now + place / 1000)
            return job_of(row)

    def sweep(self, key_id: str) -> list[str]:
        """A process that was sending past its lease is gone: its jobs become `unknown` and are not sent again."""
        with self.store.reading() as tx:
            overdue = tx.one("overdue", key_id=key_id, now=self._clock.now())
        if overdue is None or not overdue["n"]:
            return []
        with self.store.transaction(key_id) as tx:
            rows = tx.all("sweep", key_id=key_id, now=self._clock.now(), sentence=SENTENCES[State.UNKNOWN])
            return [row["id"] for row in rows]

    def called_back(self, job: Job, call: Callback, gap: float) -> Job | None:
        """Record a callback once, and make the job due for a look; None when it is already known.

        A task named under the job's own secret is a receipt, as good as an answer: it recovers an order whose answer
        was lost. A task that belongs to another order is not a receipt, whoever signed the callback. The look comes at
        once, but at least `gap` seconds after the last one requested this way.
        """
        with self.store.transaction(job.key_id) as tx:
            now = self._clock.now()
            last = tx.one("last_hook", job_id=job.id)
            if not tx.do(
                "note_hook", job_id=job.id, event_id=call.event_id, digest=call.digest, event=call.event, now=now
            ):
                return None
            at = now if last is None or last["at"] is None else min(max(now, float(last["at"]) + gap), now + gap)
            if call.remote_id is not None and not held_by_another(tx, job, call.remote_id):
                tx.do("receipt", job_id=job.id, remote_id=call.remote_id, now=now, via="webhook")
                tx.one("bought", id=job.id, remote_id=call.remote_id, next_at=at, now=now)
                if call.refunded and job.remote_id in (None, call.remote_id):
                    tx.do("note_refund", id=job.id, sentence=REFUNDED)
            tx.do("look_soon", id=job.id, at=at, now=now)
            return job_in(tx, job.id)

    # -- songs ----------------------------------------------------------------------------------------------------

    def put_clips(self, job: Job, clips: Sequence[Clip]) -> None:
        """Record what the service said about a job's clips."""
        with self.store.transaction(job.key_id) as tx:
            self._put_clips(tx, job, clips)

    def put_file(self, job: Job, file: SavedFile) -> None:
        """A file is on disk under its final name."""
        with self.store.transaction(job.key_id) as tx:
            tx.do(
                "put_file", tenant=job.tenant, key_id=job.key_id, clip_id=file.clip_id, kind=file.kind, path=file.path,
                bytes=file.bytes, sha256=file.sha256, now=self._clock.now(),
            )  # fmt: skip

    def put_lineage(self, job: Job, clip_id: str, sources: Mapping[str, Sequence[str]]) -> None:
        """What a clip descends from: relation → clip ids, in the given order."""
        with self.store.transaction(job.key_id) as tx:
            for relation, ids in sources.items():
                for place, source in enumerate(ids):
                    tx.do(
                        "put_lineage", tenant=job.tenant, key_id=job.key_id, clip_id=clip_id, relation=relation,
                        source_id=source, place=place,
                    )  # fmt: skip

    def set_bpm(self, account: Account, clip_id: str, bpm: float) -> None:
        """The tempo of a clip, once known."""
        with self.store.transaction(account.key_id) as tx:
            tx.do("set_bpm", tenant=account.tenant, key_id=account.key_id, clip_id=clip_id, bpm=bpm)

    # -- money ----------------------------------------------------------------------------------------------------

    def put_balance(self, account: Account, credits_left: int, extra: int, asked_at: float) -> Balance:
        """A fresh reading of the balance, requested at `asked_at`; it is also evidence for every job sent before."""
        with self.store.transaction(account.key_id) as tx:
            now = self._clock.now()
            tx.do("put_balance", key_id=account.key_id, credits=credits_left, extra=extra, now=now)
            tx.do("note_balance_after", key_id=account.key_id, total=credits_left + extra, asked_at=asked_at)
        return Balance(credits_left, extra, now)

    def fact(self, name: str, make: str) -> str:
        """A value that is decided once for this journal, such as the salt of key fingerprints."""
        with self.store.transaction() as tx:
            tx.do("put_fact", name=name, value=make)
            row = tx.one("fact", name=name)
            return str(row["value"]) if row else make

    def lose_memory(self) -> None:
        """The library holds songs that are not in this journal: the next purchase asks first, once."""
        self.fact(MEMORY, LOST)

    def _key_of(self, job_id: str) -> str | None:
        """The key whose lock the transactions of a job take; it never changes."""
        job = self.any_job(job_id)
        return None if job is None else job.key_id

    # -- inside a transaction -------------------------------------------------------------------------------------

    @staticmethod
    def _put_clips(tx: Tx, job: Job, clips: Sequence[Clip]) -> None:
        for clip in clips:
            values = {name: getattr(clip, name) for name in Clip.__dataclass_fields__}
            tx.do("put_clip", tenant=job.tenant, key_id=job.key_id, **(values | {"uploaded": int(clip.uploaded)}))
        if clips:
            put_search_text(tx, job.id)


def _settled_charge(job: Job, change: Change) -> int | None:
    """How a change affects the credits that count; None leaves them.

    At its end a task counts its own price: the cost of follow-up orders counts with them, or was never spent.
    """
    if change.charge is None and job.remote_id is not None and change.state in (State.DONE, State.FAILED):
        return job.cost
    return change.charge


def _dump(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else compact(value)
