"""One step of one job: a single call out, what its answer means, and the change that is written down.

Each step may be repeated after a crash, by this process or another: orders are never resent on doubt, looks are free
(`looks`), and saving a file twice leaves one file (`saving`). Here is what the three share, and the sending.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

from ..core.clock import Clock
from ..core.errors import JournalUnavailable, Unreachable
from ..core.foreign import one_line
from ..core.jobs import Account, Job, State
from ..core.operation import Facts, Family, Finish, Outcome, Purchase, Request
from ..core.telemetry import noted
from ..core.threads import in_thread
from ..files.delivery import Delivery
from ..journal.write import Change, Journal
from ..service.answers import SAID_LIMIT, Kind, Meaning, Reply, meaning
from ..service.callbacks import Hooks
from ..service.catalogue import Asking, Brand, Schedule
from ..service.clips import task_id, uploaded_clip
from ..service.poller import first_look, pause
from ..service.upstream import AnswerLost, Upstream

log = logging.getLogger(__name__)
T = TypeVar("T")

HASTE_TRIES = 5
"""How often an order is sent again that was refused because calls came too fast."""
UNREACHABLE_TRIES = 3
"""How often an order that provably did not leave is tried."""
MISSES_BELIEVED = 8
MISSED_FOR = 3600.0
"""How many clear answers in a row that a task or a file is not there are believed, and over how many seconds awake."""
LEASE_MARGIN = 15.0
RECORD_PAUSE = 0.5
STRANGE_PAUSE = 60.0
"""After how many seconds an order that this Songwright cannot read is claimed again."""


@dataclass(frozen=True)
class StepContext:
    """Everything a step of one account needs."""

    account: Account
    upstream: Upstream
    journal: Journal
    delivery: Delivery
    clock: Clock
    brand: Brand
    schedule: Callable[[str, bool], Schedule]
    """By operation, and by whether the service will call back."""
    operation: Callable[[Job], Purchase | None]
    facts: Callable[[], Facts]
    asking: Callable[[str], Asking]
    """How often an operation asks again."""
    hooks: Hooks | None = None
    """Where the service can call back; None on a machine that nothing outside can reach."""
    missed_at: dict[str, float] = field(default_factory=dict)
    """By job: when, on the steady clock, this process was last told that a task or a file is not there."""


async def send(context: StepContext, job: Job) -> None:
    """Send a claimed order, once, and write down what became of it."""
    if context.clock.now() > job.lease_until:
        # The machine has slept. Meanwhile others may have called the order lost, or a person given it up.
        await _not_sent(
            context,
            job,
            Unreachable(
                "The computer was asleep when this should have been sent. Nothing was charged; order it again."
            ),
        )
        return
    if context.operation(job) is None:
        # Nobody here could read its answer; another Songwright that works for this key can.
        await put_back(context, job, STRANGE_PAUSE, "defect", strange(job))
        return
    body = job.body
    if context.hooks is not None and will_call(context, job):
        body = {**(body or {}), **context.hooks.fields(job.id)}  # on the wire only: the journal keeps no secrets
    request = Request(job.method, context.brand.path(job.path), body, secrets_of(context, job))
    try:
        reply = await context.upstream.call(request, seconds=job.timeout, order_id=job.id)
    except Unreachable as error:
        await _not_sent(context, job, error)
        return
    except AnswerLost as error:
        await _doubt(context, job, f"The order was sent and no answer came back ({error}).")
        return
    await _answered(context, job, reply)


async def _answered(context: StepContext, job: Job, reply: Reply) -> None:
    operation = context.operation(job)
    verdict = meaning(family_of(operation), job.method, reply)
    if verdict.kind is Kind.ANSWERED or (verdict.kind is Kind.NOT_READY and asks_again(operation)):
        await _accepted(context, job, operation, verdict, reply)
    elif verdict.kind is Kind.HASTE:
        await _too_fast(context, job, verdict, reply)
    elif verdict.kind in (Kind.REFUSED, Kind.ENDED):
        sentence = verdict.sentence if verdict.kind is Kind.REFUSED else f"{verdict.what} {verdict.advice}"
        if verdict.problem == "retired" and operation is not None and operation.instead:
            sentence += f" {operation.instead}"
        await record(context, context.journal.refused, job, verdict.problem, sentence, reply.words)
    else:
        why = verdict.what or "The service's answer to the order cannot be understood."
        if (named := task_id(reply.body or {})) is not None:
            why += f" It names a task, {one_line(named, SAID_LIMIT)}: resolve_job with attach checks it, free."
        await _doubt(context, job, why, reply.words)


async def _accepted(context: StepContext, job: Job, operation: Purchase | None, verdict: Meaning, reply: Reply) -> None:
    body = reply.body or {}
    if operation is not None and operation.finish is not Finish.POLLED:
        await _answered_at_once(context, job, operation, verdict, reply)
        return
    remote_id = task_id(body)
    if remote_id is None:
        await _doubt(context, job, "The service accepted the order but named no task.")
        return
    at = first_look(context.schedule(job.operation, will_call(context, job)), context.clock.now())
    bought = await record(context, context.journal.bought, job.id, remote_id, at, "answer", told=remote_id)
    if bought is None and await record(context, _task_on_record, context.journal, job.id) != remote_id:
        log.warning("job %s: a second receipt arrived, %s; both are kept", job.id, remote_id)
        return
    # Otherwise the service has called back before it answered, and the order is already on record.
    if (upload := uploaded_clip(job, body, context.clock.now())) is not None:
        await record(context, context.journal.put_clips, job, [upload])


def _task_on_record(journal: Journal, job_id: str) -> str | None:
    job = journal.any_job(job_id)
    return None if job is None else job.remote_id


async def _answered_at_once(
    context: StepContext, job: Job, operation: Purchase, verdict: Meaning, reply: Reply
) -> None:
    """The answer is the receipt: the result itself, or word that the file is being made, or paid and without either."""
    body, again_at = reply.body or {}, None
    if verdict.kind is Kind.NOT_READY:
        again_at = context.clock.now() + context.asking(job.operation).every
    else:
        outcome = outcome_of(operation, job, body)
        if outcome is not None and outcome.waiting and asks_again(operation):
            again_at = context.clock.now() + context.asking(job.operation).every
        elif outcome is not None and not outcome.ready:
            why = "The service accepted the order, but its answer does not contain what was ordered."
            await _doubt(context, job, why, reply.words)
            return
    if await record(context, context.journal.bought_at_once, job.id, body, again_at) is None:
        log.warning("job %s: an answer came for a job that is already settled", job.id)


async def put_back(
    context: StepContext, job: Job, seconds: float = 0.0, problem: str | None = None, sentence: str | None = None
) -> None:
    """Put back a claimed order that was certainly not sent; it waits `seconds`."""
    change = Change(State.QUEUED, context.clock.now() + seconds, problem=problem, sentence=sentence, tries=job.tries)
    await record(context, context.journal.move, job, change)


async def _not_sent(context: StepContext, job: Job, error: Unreachable) -> None:
    tries = job.tries + 1
    if tries < UNREACHABLE_TRIES:
        change = Change(State.QUEUED, context.clock.now() + 2.0 * tries, tries=tries)
    else:
        change = Change(State.FAILED, problem="unreachable", sentence=error.sentence, tries=tries, charge=0)
    if await record(context, context.journal.move, job, change) is None:
        # The order was taken for lost meanwhile, because its lease ended; now it is certain that nothing was sent.
        await record(context, context.journal.refused, job, "unreachable", error.sentence, None)


async def _too_fast(context: StepContext, job: Job, verdict: Meaning, reply: Reply) -> None:
    seconds = max(verdict.wait, 2 * context.brand.gap)
    await record(context, context.journal.push_back, job.key_id, seconds)
    tries = job.tries + 1
    if tries <= HASTE_TRIES:
        change = Change(State.QUEUED, context.clock.now() + seconds, tries=tries)
        if await record(context, context.journal.move, job, change) is not None:
            return
    sentence = f"{verdict.sentence} It was tried {tries} times; try again in a minute."
    await record(context, context.journal.refused, job, verdict.problem, sentence, reply.words)


async def stumbled(context: StepContext, job: Job) -> None:
    """Sending met a defect of ours: the order may have been sent, so its end is unknown."""
    await _doubt(context, job, "Songwright failed to handle the answer to the order.")


async def _doubt(context: StepContext, job: Job, why: str, said: str | None = None) -> None:
    sentence = f"{why} It may have been bought, so Songwright does not send it again by itself."
    change = Change(State.UNKNOWN, problem="answer_lost", sentence=sentence, service_said=said)
    await record(context, context.journal.move, job, change)


async def record(context: StepContext, write: Callable[..., T], *args: Any, told: str | None = None) -> T:
    """Write down what a call has shown, for as long as it takes: the answer is not asked for a second time."""
    first = True
    while True:
        try:
            written = await in_thread(write, *args)
        except JournalUnavailable as error:
            if first:
                log.error("the journal cannot be written; trying again%s: %s", f" (task {told})" if told else "", error)
                first = False
            await context.clock.sleep(RECORD_PAUSE)
        else:
            noted(written)
            return written


def task_path(brand: Brand, operation: Purchase | None, remote_id: str) -> str:
    """The path of a task. The service's id is quoted, because it is foreign text."""
    return brand.path(family_of(operation).task_path).replace("{task_id}", quote(remote_id, safe=""))


def will_call(context: StepContext, job: Job) -> bool:
    """Whether the service was, or will be, asked to call back about an order; never for a task made elsewhere."""
    operation = context.operation(job) if context.hooks is not None and job.sent_at is not None else None
    return operation is not None and operation.hook


def secrets_of(context: StepContext, job: Job) -> tuple[str, ...]:
    """Secrets that the order has told the service; they are masked in every answer."""
    return context.hooks.secrets(job.id) if context.hooks is not None else ()


def family_of(operation: Purchase | None) -> Family:
    """The family that answers; sonic for a call that this Songwright no longer knows."""
    return operation.family if operation is not None else Family.SONIC


def strange(job: Job) -> str:
    """The sentence about an order that this Songwright cannot read; it stays as it is for one that can."""
    return f"This version of Songwright does not have the tool {job.operation}, or has it in another form: update it."


def outcome_of(operation: Purchase, job: Job, body: Mapping[str, Any]) -> Outcome | None:
    """What an answer that is the result itself means; None if we fail to read it. It is kept either way."""
    try:
        return operation.outcome(body)
    except Exception:
        log.exception("job %s: the answer cannot be read; it is kept as it came", job.id)
        return None


def asks_again(operation: Purchase | None) -> bool:
    """Whether the same call is made until its file is there."""
    return operation is not None and operation.finish is Finish.ASK_AGAIN


def missed(context: StepContext, job: Job, problem: str) -> tuple[int, float, bool]:
    """One more clear answer that something is not there: how many, over how long, and whether that is believed now.

    Only time awake counts, as this process has seen it, and never more than the planned pause: neither a clock that is
    set nor a laptop that sleeps for days makes anybody impatient.
    """
    now = context.clock.monotonic()
    last, context.missed_at[job.id] = context.missed_at.get(job.id), now
    if job.problem != problem:
        return 1, 0.0, False
    planned = pause(context.schedule(job.operation, False), max(job.troubles - 1, 0)) * 1.2
    awake = 0.0 if last is None else min(now - last, planned)
    misses, missed_for = job.misses + 1, job.missed_for + awake
    believed = misses >= MISSES_BELIEVED and missed_for >= MISSED_FOR
    if believed:
        del context.missed_at[job.id]
    return misses, missed_for, believed
