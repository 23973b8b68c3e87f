"""One step of one job: a single call out, what its answer means, and the change that is written down.

Each step may be repeated after a crash, by this process or another: orders are never resent on doubt, looks are free,
and saving a file twice leaves one file.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import anyio

from .answers import Kind, Meaning, Reply, meaning
from .catalogue import Brand, Schedule
from .clips import TaskReport, report, task_id, uploaded_clip
from .clock import Clock
from .errors import (
    DownloadRefused,
    JournalUnavailable,
    ServiceError,
    SongwrightError,
    StorageError,
    Unreachable,
)
from .hooks import Hooks
from .jobs import Account, Clip, Job, State
from .journal import Change, Journal, Order
from .operation import Facts, Finish, Operation, Request
from .poller import after_trouble, first_look, next_look
from .shelf import Shelf
from .telemetry import noted
from .threads import in_thread
from .upstream import AnswerLost, Upstream

log = logging.getLogger(__name__)
T = TypeVar("T")

HASTE_TRIES = 5
"""How often an order that was refused for haste is sent again."""
UNREACHABLE_TRIES = 3
"""How often an order that provably did not leave is tried."""
FAILURES_BELIEVED = 3
"""How many looks in a row must say "failed" before a song is given up, where no refund is told."""
FORGOTTEN_AFTER = 600.0
"""Seconds for which a task may be "unknown" to the service that gave it out before that is believed."""
GIVE_UP_AFTER = 86_400.0
"""Seconds after which a task that never ends, or a file that never comes, is given up; its ids are kept."""
LEASE_MARGIN = 15.0
FETCH_LEASE = 60.0
RECORD_PAUSE = 0.5


@dataclass(frozen=True)
class Desk:
    """Everything a step of one account needs."""

    account: Account
    upstream: Upstream
    journal: Journal
    shelf: Shelf
    clock: Clock
    brand: Brand
    schedule: Callable[[str, bool], Schedule]
    """By operation, and by whether the service will call back."""
    operation: Callable[[Job], Operation | None]
    facts: Callable[[], Facts]
    hooks: Hooks | None = None
    """Where the service can call back; None on a machine that nothing outside can reach."""


async def send(desk: Desk, job: Job) -> None:
    """Send a claimed order, once, and write down what became of it."""
    if desk.clock.now() > job.lease_until:
        # The machine slept on the way here. Others may have called the order lost since, and a person given it up.
        await _not_sent(
            desk, job, Unreachable("The computer slept when this was to be sent. Nothing was charged; order it again.")
        )
        return
    body = job.body
    if desk.hooks is not None and _will_call(desk, job):
        body = {**(body or {}), **desk.hooks.fields(job.id)}  # on the wire only: the journal keeps no secrets
    request = Request(job.method, desk.brand.path(job.path), body, _secrets(desk, job))
    try:
        reply = await desk.upstream.call(request, seconds=job.timeout, order_id=job.id)
    except Unreachable as error:
        await _not_sent(desk, job, error)
        return
    except AnswerLost as error:
        await _doubt(desk, job, f"The order left and no answer came back ({error}).")
        return
    await _answered(desk, job, reply)


async def _answered(desk: Desk, job: Job, reply: Reply) -> None:
    operation = desk.operation(job)
    verdict = meaning(_family(operation), job.method, reply)
    if verdict.kind is Kind.ANSWERED or (verdict.kind is Kind.NOT_READY and asks_again(operation)):
        await _accepted(desk, job, operation, reply.body or {})
    elif verdict.kind is Kind.HASTE:
        await _too_fast(desk, job, verdict, reply)
    elif verdict.kind in (Kind.REFUSED, Kind.ENDED):
        sentence = verdict.sentence
        if verdict.problem == "retired" and operation is not None and operation.instead:
            sentence += f" {operation.instead}"
        await record(desk, desk.journal.refused, job, verdict.problem, sentence, reply.words)
    else:
        await _doubt(desk, job, verdict.sentence or "The answer to the order makes no sense.", reply.words)


async def _accepted(desk: Desk, job: Job, operation: Operation | None, body: Mapping[str, Any]) -> None:
    if operation is not None and operation.finish is not Finish.POLLED:
        again_at = None if _is_whole(job, operation, body) else desk.clock.now() + operation.every
        if await record(desk, desk.journal.bought_at_once, job.id, body, again_at) is None:
            log.warning("job %s: an answer came for a job that is settled otherwise", job.id)
        return
    remote_id = task_id(body)
    if remote_id is None:
        await _doubt(desk, job, "The service took the order but named no task.")
        return
    at = first_look(desk.schedule(job.operation, _will_call(desk, job)), desk.clock.now())
    bought = await record(desk, desk.journal.bought, job.id, remote_id, at, "answer", told=remote_id)
    if bought is None and await record(desk, _task_on_record, desk.journal, job.id) != remote_id:
        log.warning("job %s: a second receipt, %s; both are kept", job.id, remote_id)
        return
    # Else the service has called back before it answered, and the order is on record already.
    if (upload := uploaded_clip(job, body, desk.clock.now())) is not None:
        await record(desk, desk.journal.put_clips, job, [upload])


def _task_on_record(journal: Journal, job_id: str) -> str | None:
    job = journal.any_job(job_id)
    return None if job is None else job.remote_id


def _is_whole(job: Job, operation: Operation, body: Mapping[str, Any]) -> bool:
    """Whether an answer is the whole result. It is paid, so a reader that trips over it must not lose it."""
    if not asks_again(operation):
        return True
    try:
        return operation.outcome(body).ready
    except Exception:
        log.exception("job %s: the answer cannot be read; it is kept as it is", job.id)
        return True


async def _not_sent(desk: Desk, job: Job, error: Unreachable) -> None:
    tries = job.tries + 1
    if tries < UNREACHABLE_TRIES:
        change = Change(State.QUEUED, desk.clock.now() + 2.0 * tries, tries=tries)
    else:
        change = Change(State.FAILED, problem="unreachable", sentence=error.sentence, tries=tries)
    if await record(desk, desk.journal.move, job, change) is None:
        # Somebody took the lease's end for a lost answer meanwhile; now it is certain that nothing left.
        await record(desk, desk.journal.refused, job, "unreachable", error.sentence, None)


async def _too_fast(desk: Desk, job: Job, verdict: Meaning, reply: Reply) -> None:
    pause = max(verdict.wait, 2 * desk.brand.gap)
    await record(desk, desk.journal.push_back, job.key_id, pause)
    tries = job.tries + 1
    if tries <= HASTE_TRIES:
        change = Change(State.QUEUED, desk.clock.now() + pause, tries=tries)
        if await record(desk, desk.journal.move, job, change) is not None:
            return
    sentence = f"{verdict.sentence} It was tried {tries} times; try again in a minute."
    await record(desk, desk.journal.refused, job, verdict.problem, sentence, reply.words)


async def _doubt(desk: Desk, job: Job, why: str, said: str | None = None) -> None:
    sentence = f"{why} It may have been bought, so it is not sent again by itself."
    change = Change(State.UNKNOWN, problem="answer_lost", sentence=sentence, service_said=said)
    await record(desk, desk.journal.move, job, change)


async def look(desk: Desk, job: Job) -> None:
    """Ask the service once how a running task is doing; free, and safe to repeat."""
    operation = desk.operation(job)
    if operation is not None and asks_again(operation):
        await _ask_again(desk, job, operation)
        return
    try:
        reply = await desk.upstream.call(Request("GET", task_path(desk, job, operation), secrets=_secrets(desk, job)))
    except (Unreachable, AnswerLost):
        await _later(desk, job)
        return
    verdict = meaning(_family(operation), "GET", reply)
    if verdict.kind is Kind.ANSWERED:
        prompt = operation.subject() if operation else job.subject
        part_of = operation.part_of if operation else lambda *_: None
        body = operation.reading(reply.body or {}) if operation else reply.body or {}
        told = report(job, body, prompt=prompt, now=desk.clock.now(), part_of=part_of)
        await _reported(desk, job, told, reply)
    elif verdict.kind is Kind.NOT_READY:
        await _not_yet(desk, job)
    elif verdict.kind is Kind.ENDED and not _believed(job, reply):
        await _later(desk, job)
    elif verdict.kind is Kind.ENDED:
        await _ended(desk, job, verdict.problem, verdict.sentence, reply.words)
    elif verdict.kind is Kind.HASTE:
        await record(desk, desk.journal.push_back, job.key_id, max(verdict.wait, 2 * desk.brand.gap))
        await _later(desk, job)
    elif verdict.problem == "task_unknown" and _age(desk, job) > FORGOTTEN_AFTER:
        sentence = (
            f"The service has forgotten this task ({job.remote_id}); whether it gave the credits back only its "
            "support can say. The id is kept."
        )
        await _ended(desk, job, verdict.problem, sentence, reply.words)
    else:
        await _later(desk, job, verdict, reply)


async def _ask_again(desk: Desk, job: Job, operation: Operation) -> None:
    """Make the same call once more for a file that was not ready; whether that costs again nobody documented.

    So each call is on record before it leaves, there is an end to them, and a balance that fell twice ends them early.
    """
    if job.looks >= operation.asks:
        sentence = f"The file was not ready after {job.looks} calls. Call again later; the order itself is paid."
        await _ended(desk, job, "not_ready", sentence)
        return
    if await in_thread(desk.journal.charged_twice, job):
        sentence = "The service charges every call for this file, so asking was stopped after the second charge."
        await _ended(desk, job, "charged_twice", sentence)
        return
    await record(desk, desk.journal.note_call, job)
    try:
        reply = await desk.upstream.call(
            Request(job.method, desk.brand.path(job.path), job.body, _secrets(desk, job)),
            seconds=job.timeout,
            order_id=f"{job.id}-{job.looks + 1}",
        )
    except (Unreachable, AnswerLost):
        await _later(desk, job)
        return
    verdict = meaning(operation.family, job.method, reply)
    if verdict.kind in (Kind.ANSWERED, Kind.NOT_READY):
        outcome = operation.outcome(reply.body or {})
        if outcome.ready:
            change = Change(State.FETCHING, answer=reply.body, looks=job.looks + 1)
        else:
            change = Change(State.RUNNING, desk.clock.now() + operation.every, looks=job.looks + 1)
        await record(desk, desk.journal.move, job, change)
    elif verdict.kind is Kind.HASTE:
        await record(desk, desk.journal.push_back, job.key_id, max(verdict.wait, 2 * desk.brand.gap))
        await _later(desk, job)
    elif verdict.kind in (Kind.REFUSED, Kind.ENDED):
        await _ended(desk, job, verdict.problem, verdict.sentence, reply.words)
    else:
        await _later(desk, job)


async def _ended(desk: Desk, job: Job, problem: str, sentence: str, said: str | None = None) -> None:
    change = Change(State.FAILED, problem=problem, sentence=sentence, service_said=said, looks=job.looks + 1)
    await record(desk, desk.journal.move, job, change)


async def _reported(desk: Desk, job: Job, told: TaskReport, reply: Reply) -> None:
    now = desk.clock.now()
    if not told.final:
        await _not_yet(desk, job, told.clips)
        return
    if _will_call(desk, job) and not await record(desk, desk.journal.end_told, job.id):
        log.info("job %s has ended and the service has not called back; is the public address reachable?", job.id)
    answer = {"data": dict(told.facts)} if told.facts else job.answer
    if told.facts or told.good:
        change = Change(State.FETCHING, now, answer=answer, looks=job.looks + 1, troubles=job.troubles)
    else:
        said = next((clip.reason for clip in told.clips if clip.reason), None) or reply.words
        sentence = "The service could not make it: every take failed. Credits of failed songs come back by its rules."
        change = Change(State.FAILED, problem="service_failed", sentence=sentence, service_said=said)
    await record(desk, desk.journal.move, job, change, told.clips)


async def _not_yet(desk: Desk, job: Job, clips: Sequence[Clip] = ()) -> None:
    now = desk.clock.now()
    if _age(desk, job) > GIVE_UP_AFTER:
        sentence = f"The service has not finished in a day. Its task id is kept: {job.remote_id}."
        change = Change(State.FAILED, problem="never_ended", sentence=sentence)
    else:
        calls = _will_call(desk, job) and not await record(desk, desk.journal.end_told, job.id)
        schedule = desk.schedule(job.operation, calls)
        at = next_look(schedule, job.running_at or job.created_at, now, random.random())  # noqa: S311 — jitter, not a secret
        change = Change(State.RUNNING, at, looks=job.looks + 1, troubles=0)
    # With the move or not at all: what a look has seen is old news once another process has looked after it.
    await record(desk, desk.journal.move, job, change, clips)


async def _later(desk: Desk, job: Job, verdict: Meaning | None = None, reply: Reply | None = None) -> None:
    """A passing trouble: the job stays where it is and is looked at later, ever less often."""
    now = desk.clock.now()
    if _age(desk, job) > GIVE_UP_AFTER:
        await _not_yet(desk, job)
        return
    refused = verdict is not None and verdict.kind is Kind.REFUSED
    at = after_trouble(desk.schedule(job.operation, False), now, job.troubles, random.random())  # noqa: S311 — jitter, not a secret
    change = Change(
        State.RUNNING, at, looks=job.looks + 1, troubles=job.troubles + 1,
        problem=verdict.problem if refused and verdict else None,
        sentence=f"{verdict.sentence} The song is paid and is looked for again." if refused and verdict else None,
        service_said=reply.words if refused and reply else None,
    )  # fmt: skip
    await record(desk, desk.journal.move, job, change)


async def fetch(desk: Desk, job: Job) -> None:
    """Save the files of a finished job; what is on disk already is not fetched again."""
    operation = desk.operation(job)
    try:
        finished = await _keeping_the_lease(desk, job, desk.shelf.keep(job, operation))
    except StorageError as error:
        await _save_later(desk, job, "library", error.sentence)
    except (ServiceError, DownloadRefused) as error:
        await _fresh_links(desk, job, error)
    else:
        if finished:
            orders = await in_thread(_follow_ups, desk, job, operation)
            # The follow-ups are written in the transaction that finishes this job: neither exists without the other.
            await record(desk, desk.journal.move, job, Change(State.DONE), (), orders)


def _follow_ups(desk: Desk, job: Job, operation: Operation | None) -> list[Order]:
    """The orders that belong to a finished one; their price was agreed to with it."""
    if operation is None:
        return []
    clip_ids = [clip.clip_id for clip in desk.journal.clips(job.id) if clip.good and clip.part is None]
    facts = desk.facts()
    return [
        Order(
            account=desk.account,
            operation=follower,
            request=follower.request(facts),
            cost=follower.price(facts),
            words=job.subject,
            confirm_above=None,
            parent_id=job.id,
        )
        for follower in operation.follow_ups(clip_ids)
    ]


async def _keeping_the_lease(desk: Desk, job: Job, work: Awaitable[None]) -> bool:
    """Do it while the lease is renewed; False when another process has taken the job over."""
    kept = True
    failure: StorageError | ServiceError | DownloadRefused | None = None

    async def renew(scope: anyio.CancelScope) -> None:
        nonlocal kept
        while kept:
            await desk.clock.sleep(FETCH_LEASE / 3)
            # A journal that is out of reach says nothing about the lease; the last word has the compare-and-set.
            with suppress(JournalUnavailable):
                kept = await in_thread(desk.journal.renew, job, FETCH_LEASE)
        scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(renew, group.cancel_scope)
        try:
            await work
        except (StorageError, ServiceError, DownloadRefused) as error:
            failure = error  # raised outside, or the task group would wrap it
        group.cancel_scope.cancel()
    if failure is not None and kept:
        raise failure
    return kept


async def _save_later(desk: Desk, job: Job, problem: str, sentence: str) -> None:
    at = after_trouble(desk.schedule(job.operation, False), desk.clock.now(), job.troubles, 0.5)
    change = Change(State.FETCHING, at, problem=problem, sentence=sentence, troubles=job.troubles + 1)
    if _age(desk, job) > GIVE_UP_AFTER:
        change = Change(State.DONE, problem="not_saved", sentence=f"{sentence} It was tried for a day; the links stay.")
    await record(desk, desk.journal.move, job, change)


async def _fresh_links(desk: Desk, job: Job, error: SongwrightError) -> None:
    """A dead link goes back to looking: the next look brings a fresh one. Answers given at once have none."""
    now = desk.clock.now()
    if job.remote_id is None and job.troubles < UNREACHABLE_TRIES:
        await _save_later(desk, job, "link_dead", error.sentence)
    elif job.remote_id is None or _age(desk, job) > GIVE_UP_AFTER:
        sentence = f"{error.sentence} The song is made and its link is kept, but the file is not in the library."
        await record(desk, desk.journal.move, job, Change(State.DONE, problem="not_saved", sentence=sentence))
    else:
        at = after_trouble(desk.schedule(job.operation, False), now, job.troubles, 0.0) if job.troubles else now
        change = Change(State.RUNNING, at, problem="link_dead", sentence=error.sentence, troubles=job.troubles + 1)
        await record(desk, desk.journal.move, job, change)


async def stumbled(desk: Desk, job: Job) -> None:
    """A step met a defect of ours: the job stays safe and is tried again ever later, and the other jobs go on."""
    if job.state is State.SENDING:
        await _doubt(desk, job, "Songwright stumbled over the answer to the order.")
    elif job.state is State.FETCHING:
        await _save_later(desk, job, "defect", "Songwright stumbled while saving the files; it tries again.")
    else:
        await _later(desk, job)


async def record(desk: Desk, write: Callable[..., T], *args: Any, told: str | None = None) -> T:
    """Write down what a call has shown, for as long as it takes: the answer is not asked for a second time."""
    first = True
    while True:
        try:
            written = await in_thread(write, *args)
        except JournalUnavailable as error:
            if first:
                log.error("the journal cannot be written; trying on%s: %s", f" (task {told})" if told else "", error)
                first = False
            await desk.clock.sleep(RECORD_PAUSE)
        else:
            noted(written)
            return written


def _believed(job: Job, reply: Reply) -> bool:
    """A paid song is not given up for one bad answer: a failure without a refund has to be said three times."""
    return (reply.body or {}).get("already_refunded") is True or job.troubles + 1 >= FAILURES_BELIEVED


def task_path(desk: Desk, job: Job, operation: Operation | None) -> str:
    """Where a task is looked at; the service's id is quoted, it is foreign text."""
    poll = operation.poll if operation is not None else Operation.poll
    return desk.brand.path(poll).replace("{task_id}", quote(job.remote_id or "", safe=""))


def _will_call(desk: Desk, job: Job) -> bool:
    """Whether the service was, or is to be, asked to call back about an order; a task made elsewhere was not ours."""
    operation = desk.operation(job) if desk.hooks is not None and job.sent_at is not None else None
    return operation is not None and operation.hook


def _secrets(desk: Desk, job: Job) -> tuple[str, ...]:
    """What the order has told the service that nobody else may read, in whatever answer it comes back."""
    return desk.hooks.secrets(job.id) if desk.hooks is not None else ()


def _family(operation: Operation | None) -> str:
    return operation.family if operation is not None else "sonic"


def asks_again(operation: Operation | None) -> bool:
    """Whether the same call is made until its file is there."""
    return operation is not None and operation.finish is Finish.ASK_AGAIN


def _age(desk: Desk, job: Job) -> float:
    return desk.clock.now() - (job.running_at or job.created_at)
