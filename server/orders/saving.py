"""Saves what a finished job has made, as long as it takes, with fresh links when the old ones are dead."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from contextlib import suppress

import anyio

from ..core.errors import DownloadRefused, JournalUnavailable, ServiceError, SongwrightError, StorageError
from ..core.jobs import Job, State
from ..core.operation import Purchase
from ..core.threads import in_thread
from ..journal.write import Change, Order
from ..service.poller import after_trouble
from . import money
from .steps import StepContext, missed, record, strange

log = logging.getLogger(__name__)

FETCH_LEASE = 60.0


async def fetch(context: StepContext, job: Job) -> None:
    """Save the files of a finished job; what is on disk already is not fetched again."""
    operation = context.operation(job)
    try:
        finished = await _keeping_the_lease(context, job, context.delivery.keep(job, operation))
    except StorageError as error:
        await _save_later(context, job, "library", error.sentence)
    except (ServiceError, DownloadRefused) as error:
        await _fresh_links(context, job, error)
    else:
        if finished and operation is None:
            # Only another Songwright knows the files of its answer and the orders that follow.
            await _save_later(context, job, "defect", strange(job))
        elif finished and operation is not None:
            try:
                orders = await in_thread(_follow_ups, context, job, operation)
            except JournalUnavailable as error:
                await _save_later(context, job, "library", error.sentence)
                return
            # The follow-ups are written in the transaction that finishes this job: neither exists without the other.
            await record(context, context.journal.move, job, Change(State.DONE), (), orders)


def _follow_ups(context: StepContext, job: Job, operation: Purchase) -> list[Order]:
    """The orders that belong to a finished one; their price was agreed to with it."""
    clips = [clip for clip in context.journal.clips(job.id) if clip.good]
    clip_ids = [clip.clip_id for clip in clips if clip.part is None] or [clip.clip_id for clip in clips]
    facts = context.facts()
    return [
        Order(
            account=context.account,
            operation=follower,
            request=follower.request(facts),
            cost=follower.price(facts),
            words=job.subject,
            confirm_above=None,
            parent_id=job.id,
        )
        for follower in operation.follow_ups(clip_ids)
    ]


async def _keeping_the_lease(context: StepContext, job: Job, work: Awaitable[None]) -> bool:
    """Do it while the lease is renewed; False when another process has taken the job over."""
    kept = True
    failure: StorageError | ServiceError | DownloadRefused | None = None

    async def renew(scope: anyio.CancelScope) -> None:
        nonlocal kept
        while kept:
            await context.clock.sleep(FETCH_LEASE / 3)
            # A journal that is out of reach says nothing about the lease; the last word has the compare-and-set.
            with suppress(JournalUnavailable):
                kept = await in_thread(context.journal.renew, job, FETCH_LEASE)
        scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(renew, group.cancel_scope)
        try:
            await work
        except (StorageError, ServiceError, DownloadRefused) as error:
            failure = error  # raised outside, because the task group would wrap it
        group.cancel_scope.cancel()
    if failure is not None and kept:
        raise failure
    return kept


async def _save_later(context: StepContext, job: Job, problem: str, what: str) -> None:
    """The files are saved later: a full disk or a dead network ends nothing."""
    now = context.clock.now()
    since = job.trouble_since if job.trouble_since is not None and job.trouble_since <= now else now
    at = after_trouble(context.schedule(job.operation, False), now, job.troubles, 0.5)
    change = Change(
        State.FETCHING, at, problem=problem, sentence=money.trouble(job, what, since), troubles=job.troubles + 1,
        trouble_since=since,
    )  # fmt: skip
    await record(context, context.journal.move, job, change)


async def _fresh_links(context: StepContext, job: Job, error: SongwrightError) -> None:
    """A link that brings nothing: back to looking for a fresh one, or, for an answer given at once, to the same one.

    A link that is clearly dead again and again is believed in the end: then the rest is delivered, and asking for the
    song tries once more.
    """
    now = context.clock.now()
    misses, missed_for, believed = (
        missed(context, job, "link_dead") if isinstance(error, DownloadRefused) else (0, 0.0, False)
    )
    if believed:
        sentence = (
            f"{error.sentence} That happened {misses} times over {round(missed_for / 60)} minutes. The song is made "
            f"and paid for, and its link is kept. get_song tries again, free."
        )
        await record(context, context.journal.move, job, Change(State.DONE, problem="not_saved", sentence=sentence))
        return
    since = job.trouble_since if job.trouble_since is not None and job.trouble_since <= now else now
    again = after_trouble(context.schedule(job.operation, False), now, job.troubles, 0.5)
    change = Change(
        State.FETCHING if job.remote_id is None else State.RUNNING,
        again if job.troubles or job.remote_id is None else now,
        problem="link_dead",
        sentence=money.trouble(job, error.sentence, since),
        troubles=job.troubles + 1,
        trouble_since=since,
        misses=misses,
        missed_for=missed_for,
    )
    await record(context, context.journal.move, job, change)


async def stumbled(context: StepContext, job: Job) -> None:
    """Saving met a defect of ours: the files are saved later."""
    await _save_later(context, job, "defect", "Songwright failed while saving the files.")
