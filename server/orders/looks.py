"""Looks at a task that was bought. Looks are free, are repeated as long as needed, and never lose a song.

A look that fails says nothing about the song. What ends a paid job is the service's own last word about its task, or a
person. Here too is the one paid call that is made more than once, for a file that was not ready.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import replace

from ..core.errors import Unreachable
from ..core.jobs import Clip, Job, State
from ..core.operation import Purchase, Request
from ..core.threads import in_thread
from ..journal.write import Change
from ..service.answers import Kind, Meaning, Reply, meaning
from ..service.clips import TaskReport, report
from ..service.poller import after_trouble, next_look
from ..service.upstream import AnswerLost
from . import money
from .steps import (
    HASTE_TRIES,
    StepContext,
    asks_again,
    family_of,
    missed,
    outcome_of,
    record,
    secrets_of,
    strange,
    task_path,
    will_call,
)

log = logging.getLogger(__name__)

NOT_REACHED = Meaning(Kind.TROUBLE, "unreachable", "The service cannot be reached.")
NOT_HEARD = Meaning(Kind.TROUBLE, "answer_lost", "The service did not answer the question about this task.")
STUMBLED = Meaning(Kind.TROUBLE, "defect", "Songwright failed to handle the service's answer.")


async def look(context: StepContext, job: Job) -> None:
    """Ask the service once how a running task is doing; free, and safe to repeat."""
    operation = context.operation(job)
    if operation is not None and asks_again(operation):
        await _ask_again(context, job, operation)
        return
    if operation is None and job.remote_id is None:
        await _later(context, job, Meaning(Kind.TROUBLE, "defect", strange(job)))
        return
    verdict, reply = await _asked(context, job, operation)
    if verdict.kind is Kind.HASTE:
        await _push_back(context, job, verdict)
    if verdict.kind is Kind.ANSWERED and reply is not None:
        await _reported(context, job, _read(context, job, operation, reply), reply)
    elif verdict.kind is Kind.NOT_READY:
        await _not_yet(context, job)
    elif verdict.kind is Kind.ENDED and reply is not None and (told := _read(context, job, operation, reply)).good:
        await _reported(context, job, told, reply)  # a refund does not take away a song that is here
    elif verdict.kind is Kind.ENDED:
        change = Change(State.FAILED, problem=verdict.problem, sentence=_last_word(verdict), charge=0)
        await _ended(context, job, change, reply)
    elif verdict.problem == "task_unknown":
        await _missing(context, job, verdict, reply)
    else:
        await _later(context, job, verdict, reply)


async def _asked(context: StepContext, job: Job, operation: Purchase | None) -> tuple[Meaning, Reply | None]:
    """The service's answer about a task, and what it means."""
    try:
        reply = await context.upstream.call(
            Request("GET", task_path(context.brand, operation, job.remote_id or ""), secrets=secrets_of(context, job))
        )
    except Unreachable:
        return NOT_REACHED, None
    except AnswerLost:
        return NOT_HEARD, None
    return meaning(family_of(operation), "GET", reply), reply


def _read(context: StepContext, job: Job, operation: Purchase | None, reply: Reply) -> TaskReport:
    prompt = operation.subject() if operation else job.subject
    part_of = operation.part_of if operation else lambda *_: None
    body = operation.reading(reply.body or {}) if operation else reply.body or {}
    return report(job, body, prompt=prompt, now=context.clock.now(), part_of=part_of)


async def ask_after(context: StepContext, job: Job) -> str | None:
    """Look once more at a job that has ended with its money in doubt; what is to be said of the look, if anything.

    The song comes home where the service has it, and a refund is noted where the service tells of one. Somebody waits
    for this, so a journal that fails is raised and not tried again: a free look may be lost.
    """
    operation = context.operation(job)
    verdict, reply = await _asked(context, job, operation)
    told = _read(context, job, operation, reply) if reply is not None else None
    if verdict.kind is Kind.ENDED and reply is not None and told is not None and not told.good:
        await in_thread(context.journal.given_back, job, _last_word(verdict), reply.words)
        return None
    if verdict.kind in (Kind.ANSWERED, Kind.ENDED) and told is not None:
        if not told.final or told.good or told.facts:
            await in_thread(context.journal.revive, job)
            return None
        return "Songwright asked the service again just now; the answer is the same."
    if verdict.kind is Kind.NOT_READY:
        await in_thread(context.journal.revive, job)
        return None
    if verdict.kind is Kind.HASTE:
        await in_thread(context.journal.push_back, job.key_id, _pause(context, verdict))
    return f"Songwright looked for it again just now, without success: {verdict.what}"


def may_come_home(job: Job) -> bool:
    """Whether an order has ended without delivery although it was, or may have been, paid."""
    return (
        job.problem == "not_saved"
        if job.state is State.DONE
        else job.state is State.FAILED and job.problem != "refunded"
    )


def has_files(operation: Purchase | None, job: Job) -> bool:
    """Whether the answer that a job was given holds what was ordered."""
    outcome = None if operation is None or job.answer is None else outcome_of(operation, job, job.answer)
    return outcome is not None and outcome.ready


# -- what a look has shown --------------------------------------------------------------------------------------------


async def _ended(context: StepContext, job: Job, change: Change, reply: Reply | None = None) -> None:
    said = reply.words if reply is not None and change.service_said is None else change.service_said
    context.missed_at.pop(job.id, None)
    await record(context, context.journal.move, job, replace(change, service_said=said, looks=job.looks + 1))


async def _reported(context: StepContext, job: Job, told: TaskReport, reply: Reply) -> None:
    now = context.clock.now()
    if not told.final:
        await _not_yet(context, job, told.clips)
        return
    if will_call(context, job) and not await record(context, context.journal.end_told, job.id):
        log.info("job %s has ended and the service did not call back; is the public address reachable?", job.id)
    if told.facts or told.good:
        answer = {"data": dict(told.facts)} if told.facts else job.answer
        change = Change(State.FETCHING, now, answer=answer, looks=job.looks + 1, troubles=0)
        if job.problem == "link_dead":
            # The links have failed: keep saying how often and since when, until a file is here.
            change = replace(
                change, troubles=job.troubles, trouble_since=job.trouble_since, misses=job.misses,
                missed_for=job.missed_for, problem=job.problem, sentence=job.sentence,
            )  # fmt: skip
        await record(context, context.journal.move, job, change, told.clips)
        return
    said = next((clip.reason for clip in told.clips if clip.reason), None) or reply.words
    how = "It failed at the service." if len(told.clips) == 1 else "Every take failed at the service."
    if reply.refunded:
        sentence = f"{how} The service says that it returned the credits."
        change = Change(State.FAILED, problem="refunded", sentence=sentence, service_said=said, charge=0)
    else:
        sentence = f"{how} {money.not_given_back(job)}".rstrip()
        change = Change(State.FAILED, problem="service_failed", sentence=sentence, service_said=said)
    await record(context, context.journal.move, job, change, told.clips)


async def _not_yet(context: StepContext, job: Job, clips: Sequence[Clip] = ()) -> None:
    """The task is still in work. It is waited for as long as the service says so, however old the order is."""
    calls = will_call(context, job) and not await record(context, context.journal.end_told, job.id)
    schedule = context.schedule(job.operation, calls)
    dice = random.random()  # noqa: S311 — jitter, not a secret
    at = next_look(schedule, job.running_at or job.created_at, context.clock.now(), job.looks, dice)
    # In the same transaction or not at all: after another process has looked, this answer is out of date.
    change = Change(State.RUNNING, at, looks=job.looks + 1, troubles=0)
    await record(context, context.journal.move, job, change, clips)


async def _missing(context: StepContext, job: Job, verdict: Meaning, reply: Reply | None) -> None:
    """The service says that there is no such task. This is believed only late, and a later look may still find it."""
    misses, missed_for, believed = missed(context, job, verdict.problem)
    if believed:
        sentence = (
            f"The service has said {misses} times, over {round(missed_for / 60)} minutes, that it does not know this "
            f"task ({job.remote_id}). {money.not_given_back(job)} get_song checks it again, free."
        )
        await _ended(context, job, Change(State.FAILED, problem=verdict.problem, sentence=sentence), reply)
        return
    await _later(context, job, verdict, reply, misses, missed_for)


async def _later(
    context: StepContext,
    job: Job,
    verdict: Meaning,
    reply: Reply | None = None,
    misses: int = 0,
    missed_for: float = 0.0,
) -> None:
    """A look that says nothing about the song: the job stays as it is and is looked at later, ever less often."""
    now, since = context.clock.now(), job.trouble_since
    since = now if since is None or since > now else since
    at = after_trouble(context.schedule(job.operation, False), now, job.troubles, random.random())  # noqa: S311 — jitter
    what = f"{verdict.what} {verdict.advice}" if verdict.kind is Kind.REFUSED else verdict.what
    change = Change(
        State.RUNNING, at, looks=job.looks + 1, troubles=job.troubles + 1, trouble_since=since, misses=misses,
        missed_for=missed_for, problem=verdict.problem, sentence=money.trouble(job, what.strip(), since),
        service_said=reply.words if reply else None,
    )  # fmt: skip
    await record(context, context.journal.move, job, change)


async def stumbled(context: StepContext, job: Job) -> None:
    """A look met a defect of ours: the job stays safe and is looked at again. A paid call is not made again."""
    if asks_again(context.operation(job)):
        await _lost_call(context, job, STUMBLED.what)
    else:
        await _later(context, job, STUMBLED)


async def _push_back(context: StepContext, job: Job, verdict: Meaning) -> None:
    await record(context, context.journal.push_back, job.key_id, _pause(context, verdict))


def _pause(context: StepContext, verdict: Meaning) -> float:
    """How many seconds a key makes no calls after the service has said that they come too fast."""
    return max(verdict.wait, 2 * context.brand.gap)


def _last_word(verdict: Meaning) -> str:
    return f"{verdict.what} {verdict.advice}"


# -- the one paid call that is repeated -------------------------------------------------------------------------------


async def _ask_again(context: StepContext, job: Job, operation: Purchase) -> None:
    """Make the same call once more for a file that was not ready; each call is a purchase, on record before it leaves.

    So there are only as many as the catalogue allows, each counts at its price, a balance that fell twice ends them
    early, and one whose answer was lost is not repeated.
    """
    asking, made = context.asking(job.operation), job.looks + 1
    if made >= asking.calls:
        sentence = f"The file was not ready after {made} calls. {money.calls_so_far(job, made)} Order it again later."
        await _ended(context, job, Change(State.FAILED, problem="not_ready", sentence=sentence))
        return
    if await record(context, context.journal.charged_twice, job):
        sentence = (
            "The balance shows that the service charges for every call for this file, so Songwright stopped calling. "
            f"{money.calls_so_far(job, made)}"
        )
        await _ended(context, job, Change(State.FAILED, problem="charged_twice", sentence=sentence))
        return
    noted = await record(context, context.journal.note_call, job)
    if noted is None:
        await _lost_call(context, job, f"Songwright does not know whether call {made + 1} for this file was answered.")
        return
    try:
        reply = await context.upstream.call(
            Request(job.method, context.brand.path(job.path), job.body, secrets_of(context, job)),
            seconds=job.timeout,
            order_id=f"{job.id}-{made + 1}",
        )
    except Unreachable:
        await _call_again(context, job, noted, NOT_REACHED)
        return
    except AnswerLost:
        await _lost_call(context, noted, f"The answer to call {made + 1} for this file was lost.")
        return
    verdict = meaning(operation.family, job.method, reply)
    outcome = outcome_of(operation, job, reply.body or {}) if verdict.kind is Kind.ANSWERED else None
    if verdict.kind is Kind.ANSWERED and (outcome is None or outcome.ready):
        change = Change(State.FETCHING, answer=reply.body, looks=made)
        if await record(context, context.journal.move, noted, change) is None:
            # The order was taken for lost when its lease ended, or was given up; still, the file is here.
            await record(context, context.journal.bought_at_once, job.id, reply.body or {})
    elif verdict.kind is Kind.NOT_READY or (outcome is not None and outcome.waiting):
        change = Change(State.RUNNING, context.clock.now() + asking.every, looks=made, troubles=0)
        await record(context, context.journal.move, noted, change)
    elif verdict.kind is Kind.HASTE and job.troubles < HASTE_TRIES:
        await _push_back(context, job, verdict)
        await _call_again(context, job, noted, verdict)
    elif verdict.kind in (Kind.REFUSED, Kind.ENDED, Kind.HASTE):
        await record(context, context.journal.take_back_call, noted)
        sentence = (
            f"The file was not ready at first. Then: {verdict.what} That last call was not charged. "
            f"{money.calls_so_far(job, made)} {verdict.advice}"
        ).rstrip()
        change = Change(State.FAILED, problem=verdict.problem, sentence=sentence, charge=job.charge)
        await _ended(context, noted, change, reply)
    else:
        why = verdict.what or f"The answer to call {made + 1} does not contain the file."
        await _lost_call(context, noted, why, reply.words)


async def _call_again(context: StepContext, job: Job, noted: Job, verdict: Meaning) -> None:
    """A further call that the service certainly refused: remove it from the record and make it later."""
    await record(context, context.journal.take_back_call, noted)
    now = context.clock.now()
    at = after_trouble(context.schedule(job.operation, False), now, job.troubles, 0.5)
    since = job.trouble_since or now
    change = Change(
        State.RUNNING, at, troubles=job.troubles + 1, trouble_since=since, problem=verdict.problem, charge=job.charge,
        sentence=f"{verdict.what} Songwright asks for the file again later.",
    )  # fmt: skip
    await record(context, context.journal.move, noted, change)


async def _lost_call(context: StepContext, job: Job, why: str, said: str | None = None) -> None:
    """A further call that may have been charged and brought nothing: it is not repeated automatically."""
    calls = job.looks + 2
    sentence = f"{why} {money.calls_so_far(job, calls)} Songwright does not ask for it again by itself."
    change = Change(State.UNKNOWN, problem="answer_lost", sentence=sentence, service_said=said, looks=job.looks + 1)
    await record(context, context.journal.move, job, change)
