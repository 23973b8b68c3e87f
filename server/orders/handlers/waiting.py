"""Waits for an order as long as its caller does."""

from __future__ import annotations

from dataclasses import replace

from ...core.errors import JournalUnavailable
from ...core.jobs import Asked, Job, State
from ...core.threads import in_thread
from ..caller import Call
from ..lookup import schedule_of
from ..results import Result


async def asked_after(
    call: Call, job: Job, asked: Asked | None = None, *, seconds: float | None = None, only: str | None = None
) -> Result:
    """Look again where that may bring something home, wait, and answer; at most `seconds`, or all the patience.

    With `only` the answer tells of that clip alone.
    """
    caller = call.caller
    try:
        said = await caller.runner.ask_after(caller.account, job)
        for follower in await in_thread(caller.journal.children, job.id):
            said = await caller.runner.ask_after(caller.account, follower) or said
        job = await caller.job(job.id)
    except JournalUnavailable as error:
        return caller.results.of_silence(job, error)
    under_way = job.state in (State.RUNNING, State.FETCHING)
    if seconds is not None and (not under_way or job.next_at > caller.runner.clock.now()):
        seconds = 0.0  # no look is due, so there is nothing to wait for
    return await waited(call, job, asked, said=said, seconds=seconds, only=only)


async def waited(
    call: Call, job: Job, asked: Asked | None = None, *, said: str | None = None, seconds: float | None = None,
    only: str | None = None,
) -> Result:  # fmt: skip
    """Wait and answer; when the journal fails meanwhile, what is on record of the job is said, with its id."""
    try:
        return await _watched(call, job, asked, said, seconds, only)
    except JournalUnavailable as error:
        return call.caller.results.of_silence(job, error)


async def _watched(
    call: Call, job: Job, asked: Asked | None, said: str | None, seconds: float | None, only: str | None
) -> Result:
    caller, runner, talk = call.caller, call.caller.runner, call.talk
    expected = schedule_of(runner.catalogue, caller.account.brand, job.operation).expected
    # A glance is answered at once, also to a client that follows tasks.
    patience = talk.patience(caller.limits.wait_seconds) if seconds is None else seconds

    async def seen(now: Job) -> None:
        await talk.progress(now, runner.clock.now() - now.created_at, expected)

    def left() -> float:
        return max(patience - (runner.clock.monotonic() - call.started), 0.0)

    job = await runner.wait(caller.account, job.id, left(), seen)
    if job.state is State.DONE:
        for child in await in_thread(caller.journal.children, job.id):
            await runner.wait(caller.account, child.id, left(), seen)
    result = await caller.results.of_job(job, asked=asked, only=only, said=said)
    return replace(result, waited=seconds is None)
