"""Looks at a task that was bought: free, repeated for as long as it takes, and never the reason why a song is lost.

A look that fails says nothing about the song. What ends a paid job is the service's own last word about its task, or a
person. Here too is the one paid call that is made more than once, for a file that was not ready.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import replace

from . import money
from .answers import Kind, Meaning, Reply, meaning
from .clips import TaskReport, report
from .errors import Unreachable
from .jobs import Clip, Job, State
from .journal import Change
from .operation import Operation, Request
from .poller import after_trouble, next_look
from .steps import HASTE_TRIES, Desk, asks_again, family_of, missed, record, secrets_of, task_path, will_call
from .threads import in_thread
from .upstream import AnswerLost

log = logging.getLogger(__name__)

NOT_REACHED = Meaning(Kind.TROUBLE, "unreachable", "The service cannot be reached.")
NOT_HEARD = Meaning(Kind.TROUBLE, "answer_lost", "The service did not answer the question how it is doing.")
STUMBLED = Meaning(Kind.TROUBLE, "defect", "Songwright stumbled over the service's answer.")


async def look(desk: Desk, job: Job) -> None:
    """Ask the service once how a running task is doing; free, and safe to repeat."""
    operation = desk.operation(job)
    if operation is not None and asks_again(operation):
        await _ask_again(desk, job, operation)
        return
    verdict, reply = await _asked(desk, job, operation)
    if verdict.kind is Kind.ANSWERED and reply is not None:
        await _reported(desk, job, _read(desk, job, operation, reply), reply)
    elif verdict.kind is Kind.NOT_READY:
        await _not_yet(desk, job)
    elif verdict.kind is Kind.ENDED and reply is not None and (told := _read(desk, job, operation, reply)).good:
        await _reported(desk, job, told, reply)  # credits that came back take no song away that is there
    elif verdict.kind is Kind.ENDED:
        change = Change(State.FAILED, problem=verdict.problem, sentence=_last_word(verdict), charge=0)
        await _ended(desk, job, change, reply)
    elif verdict.problem == "task_unknown":
        await _missing(desk, job, verdict, reply)
    else:
        await _later(desk, job, verdict, reply)


async def _asked(desk: Desk, job: Job, operation: Operation | None) -> tuple[Meaning, Reply | None]:
    """The service's answer about a task, and what it means."""
    try:
        reply = await desk.upstream.call(
            Request("GET", task_path(desk.brand, operation, job.remote_id or ""), secrets=secrets_of(desk, job))
        )
    except Unreachable:
        return NOT_REACHED, None
    except AnswerLost:
        return NOT_HEARD, None
    verdict = meaning(family_of(operation), "GET", reply)
    if verdict.kind is Kind.HASTE:
        await _push_back(desk, job, verdict)
    return verdict, reply


def _read(desk: Desk, job: Job, operation: Operation | None, reply: Reply) -> TaskReport:
    prompt = operation.subject() if operation else job.subject
    part_of = operation.part_of if operation else lambda *_: None
    body = operation.reading(reply.body or {}) if operation else reply.body or {}
    return report(job, body, prompt=prompt, now=desk.clock.now(), part_of=part_of)


async def ask_after(desk: Desk, job: Job) -> str | None:
    """Look once more at a job that has ended with its money in doubt; what is to be said of the look, if anything.

    The song comes home where the service has it, and a refund is noted where the service tells of one. Somebody waits
    for this, so a journal that fails is raised and not tried again: a free look may be lost.
    """
    operation = desk.operation(job)
    verdict, reply = await _asked(desk, job, operation)
    if verdict.kind is Kind.ENDED and reply is not None:
        await in_thread(desk.journal.given_back, job, _last_word(verdict), reply.words)
        return None
    if verdict.kind is Kind.ANSWERED and reply is not None:
        told = _read(desk, job, operation, reply)
        if not told.final or told.good or told.facts:
            await in_thread(desk.journal.revive, job)
            return None
        return "The service was asked again just now, and says the same."
    if verdict.kind is Kind.NOT_READY:
        await in_thread(desk.journal.revive, job)
        return None
    return f"It was looked for again just now, without success: {verdict.what}"


# -- what a look has shown --------------------------------------------------------------------------------------------


async def _ended(desk: Desk, job: Job, change: Change, reply: Reply | None = None) -> None:
    said = reply.words if reply is not None and change.service_said is None else change.service_said
    desk.missed_at.pop(job.id, None)
    await record(desk, desk.journal.move, job, replace(change, service_said=said, looks=job.looks + 1))


async def _reported(desk: Desk, job: Job, told: TaskReport, reply: Reply) -> None:
    now = desk.clock.now()
    if not told.final:
        await _not_yet(desk, job, told.clips)
        return
    if will_call(desk, job) and not await record(desk, desk.journal.end_told, job.id):
        log.info("job %s has ended and the service has not called back; is the public address reachable?", job.id)
    if told.facts or told.good:
        answer = {"data": dict(told.facts)} if told.facts else job.answer
        change = Change(State.FETCHING, now, answer=answer, looks=job.looks + 1, troubles=0)
        if job.problem == "link_dead":
            # The links are what failed: how often, and since when, is told on until a file is here.
            change = replace(
                change, troubles=job.troubles, trouble_since=job.trouble_since, misses=job.misses,
                missed_for=job.missed_for, problem=job.problem, sentence=job.sentence,
            )  # fmt: skip
        await record(desk, desk.journal.move, job, change, told.clips)
        return
    said = next((clip.reason for clip in told.clips if clip.reason), None) or reply.words
    how = "It failed at the service." if len(told.clips) == 1 else "Every take failed at the service."
    if reply.refunded:
        sentence = f"{how} The service says that it gave the credits back."
        change = Change(State.FAILED, problem="refunded", sentence=sentence, service_said=said, charge=0)
    else:
        sentence = f"{how} {money.not_given_back(job)}".rstrip()
        change = Change(State.FAILED, problem="service_failed", sentence=sentence, service_said=said)
    await record(desk, desk.journal.move, job, change, told.clips)


async def _not_yet(desk: Desk, job: Job, clips: Sequence[Clip] = ()) -> None:
    """Still in work, however old the order is: a task is waited for as long as the service says that it goes on."""
    calls = will_call(desk, job) and not await record(desk, desk.journal.end_told, job.id)
    schedule = desk.schedule(job.operation, calls)
    dice = random.random()  # noqa: S311 — jitter, not a secret
    at = next_look(schedule, job.running_at or job.created_at, desk.clock.now(), job.looks, dice)
    # With the move or not at all: what a look has seen is old news once another process has looked after it.
    change = Change(State.RUNNING, at, looks=job.looks + 1, troubles=0)
    await record(desk, desk.journal.move, job, change, clips)


async def _missing(desk: Desk, job: Job, verdict: Meaning, reply: Reply | None) -> None:
    """The service says that there is no such task. That is believed late, and even then a later look may find it."""
    misses, missed_for, believed = missed(desk, job, verdict.problem)
    if believed:
        sentence = (
            f"The service has said {misses} times, over {round(missed_for / 60)} minutes, that it does not know this "
            f"task ({job.remote_id}). {money.not_given_back(job)} get_song looks for it again, free."
        )
        await _ended(desk, job, Change(State.FAILED, problem=verdict.problem, sentence=sentence), reply)
        return
    await _later(desk, job, verdict, reply, misses, missed_for)


async def _later(
    desk: Desk, job: Job, verdict: Meaning, reply: Reply | None = None, misses: int = 0, missed_for: float = 0.0
) -> None:
    """A look that says nothing about the song: it stays where it is, and is looked at later, ever less often."""
    now, since = desk.clock.now(), job.trouble_since
    since = now if since is None or since > now else since
    at = after_trouble(desk.schedule(job.operation, False), now, job.troubles, random.random())  # noqa: S311 — jitter
    what = f"{verdict.what} {verdict.advice}" if verdict.kind is Kind.REFUSED else verdict.what
    change = Change(
        State.RUNNING, at, looks=job.looks + 1, troubles=job.troubles + 1, trouble_since=since, misses=misses,
        missed_for=missed_for, problem=verdict.problem, sentence=money.trouble(job, what.strip(), since),
        service_said=reply.words if reply else None,
    )  # fmt: skip
    await record(desk, desk.journal.move, job, change)


async def stumbled(desk: Desk, job: Job) -> None:
    """A look met a defect of ours: the job stays safe and is looked at again. A paid call is not made again."""
    if asks_again(desk.operation(job)):
        await _lost_call(desk, job, STUMBLED.what)
    else:
        await _later(desk, job, STUMBLED)


async def _push_back(desk: Desk, job: Job, verdict: Meaning) -> None:
    await record(desk, desk.journal.push_back, job.key_id, max(verdict.wait, 2 * desk.brand.gap))


def _last_word(verdict: Meaning) -> str:
    return f"{verdict.what} {verdict.advice}"


# -- the one paid call that is repeated -------------------------------------------------------------------------------


async def _ask_again(desk: Desk, job: Job, operation: Operation) -> None:
    """Make the same call once more for a file that was not ready; each call is a purchase, on record before it leaves.

    So there are only as many as the catalogue allows, each counts at its price, a balance that fell twice ends them
    early, and one whose answer was lost is not repeated.
    """
    asking, made = desk.asking(job.operation), job.looks + 1
    if made >= asking.calls:
        sentence = f"The file was not ready after {made} calls. {money.calls_so_far(job, made)} Order it again later."
        await _ended(desk, job, Change(State.FAILED, problem="not_ready", sentence=sentence))
        return
    if await record(desk, desk.journal.charged_twice, job):
        sentence = (
            "The balance shows that the service charges every call for this file, so asking was stopped. "
            f"{money.calls_so_far(job, made)}"
        )
        await _ended(desk, job, Change(State.FAILED, problem="charged_twice", sentence=sentence))
        return
    noted = await record(desk, desk.journal.note_call, job)
    if noted is None:
        await _lost_call(desk, job, f"Whether call {made + 1} for this file was answered, nobody here knows.")
        return
    try:
        reply = await desk.upstream.call(
            Request(job.method, desk.brand.path(job.path), job.body, secrets_of(desk, job)),
            seconds=job.timeout,
            order_id=f"{job.id}-{made + 1}",
        )
    except Unreachable:
        await _call_again(desk, job, noted, NOT_REACHED)
        return
    except AnswerLost:
        await _lost_call(desk, noted, f"The answer to call {made + 1} for this file was lost.")
        return
    verdict = meaning(operation.family, job.method, reply)
    outcome = operation.outcome(reply.body or {}) if verdict.kind is Kind.ANSWERED else None
    if outcome is not None and outcome.ready:
        change = Change(State.FETCHING, answer=reply.body, looks=made)
        if await record(desk, desk.journal.move, noted, change) is None:
            # Somebody took the lease's end for a lost answer, or gave the order up: the file is here all the same.
            await record(desk, desk.journal.bought_at_once, job.id, reply.body or {})
    elif verdict.kind is Kind.NOT_READY or (outcome is not None and outcome.waiting):
        change = Change(State.RUNNING, desk.clock.now() + asking.every, looks=made, troubles=0)
        await record(desk, desk.journal.move, noted, change)
    elif verdict.kind is Kind.HASTE and job.troubles < HASTE_TRIES:
        await _push_back(desk, job, verdict)
        await _call_again(desk, job, noted, verdict)
    elif verdict.kind in (Kind.REFUSED, Kind.ENDED, Kind.HASTE):
        await record(desk, desk.journal.take_back_call, noted)
        sentence = (
            f"The file was not ready at first, and then: {verdict.what} That last call was not charged. "
            f"{money.calls_so_far(job, made)} {verdict.advice}"
        ).rstrip()
        change = Change(State.FAILED, problem=verdict.problem, sentence=sentence, charge=job.charge)
        await _ended(desk, noted, change, reply)
    else:
        why = verdict.what or f"The answer to call {made + 1} does not hold the file."
        await _lost_call(desk, noted, why, reply.words)


async def _call_again(desk: Desk, job: Job, noted: Job, verdict: Meaning) -> None:
    """A further call that certainly was not taken: it is off the record, and made later."""
    await record(desk, desk.journal.take_back_call, noted)
    now = desk.clock.now()
    at = after_trouble(desk.schedule(job.operation, False), now, job.troubles, 0.5)
    since = job.trouble_since or now
    change = Change(
        State.RUNNING, at, troubles=job.troubles + 1, trouble_since=since, problem=verdict.problem, charge=job.charge,
        sentence=f"{verdict.what} The file is asked for again later.",
    )  # fmt: skip
    await record(desk, desk.journal.move, noted, change)


async def _lost_call(desk: Desk, job: Job, why: str, said: str | None = None) -> None:
    """A further call that may have been charged and brought nothing: it is not made again by itself."""
    calls = job.looks + 2
    sentence = f"{why} {money.calls_so_far(job, calls)} It is not asked for again by itself."
    change = Change(State.UNKNOWN, problem="answer_lost", sentence=sentence, service_said=said, looks=job.looks + 1)
    await record(desk, desk.journal.move, job, change)
