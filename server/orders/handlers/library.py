"""The tools of toolset library: waiting for songs, finding them again, and decisions about orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.errors import ArgumentRefused, NotFound, RequestRefused
from ...core.jobs import Job, State
from ...core.operation import Finish, Purchase, Request
from ...core.threads import in_thread
from .. import listing, money, ownership, player, recovery
from ..caller import Call, Caller
from ..results import Result
from ..steps import task_path
from .buying import buy
from .waiting import asked_after, waited

if TYPE_CHECKING:
    from ....tools.library.cancel_job import CancelJob
    from ....tools.library.get_song import GetSong
    from ....tools.library.keep_take import KeepTake
    from ....tools.library.list_songs import ListSongs
    from ....tools.library.play_song import PlaySong
    from ....tools.library.resolve_job import ResolveJob
    from ....tools.library.wait_for_song import WaitForSong

GLANCE_SECONDS = 8.0
"""How long get_song waits for the look that it has caused."""


async def wait_for_song(call: Call, asked: WaitForSong) -> Result:
    """Wait for an order, or for the newest one that is not finished."""
    caller = call.caller
    if asked.job_id:
        return await asked_after(call, await caller.job(asked.job_id))
    job = await in_thread(caller.journal.newest, caller.account, unfinished=True)
    job = job or await in_thread(caller.journal.newest, caller.account, unfinished=False)
    if job is None:
        raise NotFound("Nothing has been ordered yet. create_song makes a song.", field="job_id")
    return await asked_after(call, job)


async def get_song(call: Call, asked: GetSong) -> Result:
    """What is known of an order or a clip, after a glance at the service where that may bring something home."""
    result = await in_thread(call.caller.results.with_choice, await _song(call, asked))
    return await in_thread(call.caller.results.with_words, result) if asked.lyrics else result


async def _song(call: Call, asked: GetSong) -> Result:
    caller, wanted = call.caller, asked.id
    found = await in_thread(caller.journal.clip, caller.account, wanted)
    mine = await in_thread(caller.journal.job, caller.account, found.clip.job_id if found else wanted)
    mine = mine or await in_thread(caller.journal.job_of_remote, caller.account, wanted)
    if mine is None:
        return await _adopted(call, asked)
    only = wanted if found is not None else None
    back = await recovery.brought_back(call, mine, only)
    result = await asked_after(call, mine, seconds=GLANCE_SECONDS, only=only)
    return (await in_thread(caller.results.with_origin, result, mine, only)).noting(back)


async def _adopted(call: Call, asked: GetSong) -> Result:
    """A task made elsewhere with the same key: looked at once before it is believed, then followed."""
    caller = call.caller
    if caller.account.shared:
        raise NotFound(f"There is no job or clip {asked.id!r}. list_songs shows what there is.")
    try:
        path = task_path(caller.catalogue.brand(caller.account.brand), None, asked.id)
        await caller.runner.read(caller.account, Request("GET", path))
    except RequestRefused as error:
        raise NotFound(
            f"Neither this library nor the service knows {asked.id!r} as a job, task or clip. list_songs shows what "
            f"there is. The service cannot look up a clip by its clip id; use its task id."
        ) from error
    job = await caller.runner.adopt(caller.account, asked, asked.id)
    result = await waited(call, job)
    return await in_thread(caller.results.with_origin, result, await caller.job(job.id))


async def play_song(call: Call, asked: PlaySong) -> Result:
    """A song for the player, and in words for whoever has none."""
    job, clip_id = await player.wanted(call.caller, asked.id)
    return await player.told(call.caller, job, clip_id)


async def keep_take(call: Call, asked: KeepTake) -> Result:
    """Remember the take that a person has chosen."""
    return await player.keep(call.caller, asked.clip_id)


async def list_songs(call: Call, asked: ListSongs) -> Result:
    """A page of the caller's songs."""
    caller = call.caller
    return await listing.found(caller.journal, caller.account, caller.results, asked)


async def resolve_job(call: Call, asked: ResolveJob) -> Result:
    """What a person has decided about an order whose end is not known, or that does not come home."""
    caller = call.caller
    job = await caller.job(asked.job_id)
    if not _resolvable(job, asked.action):
        raise ArgumentRefused(
            f"Order {job.id} is {job.state}, so there is nothing to {asked.action.replace('_', ' ')}. Nothing "
            "was changed or spent. get_song looks for it again, free.",
            field="job_id",
        )
    if asked.action == "give_up":
        return await _given_up(caller, job)
    order = caller.runner.operation_of(job)
    if asked.action == "attach":
        assert asked.task_id is not None, "the declaration asks for it"
        return await _attached(call, job, order, asked.task_id.strip())
    if order is None:
        raise ArgumentRefused(
            f"This version of Songwright does not have the tool {job.operation}. Update Songwright to buy again.",
            field="job_id",
        )
    return await buy(call, order, quote=asked.quote, instead_of=job)


async def _given_up(caller: Caller, job: Job) -> Result:
    sentence = f"Given up; Songwright does nothing more with it. {money.not_given_back(job)}"
    if job.state is State.UNKNOWN:
        sentence = "Given up. It may have been bought, so it counts as spent. Songwright does nothing more with it."
    closed = await in_thread(caller.journal.give_up, caller.account, job.id, sentence)
    caller.runner.hint(caller.account)
    return await caller.results.of_job(closed or job)


async def _attached(call: Call, job: Job, order: Purchase | None, task_id: str) -> Result:
    """Follow a task that a person has found, if the service shows it."""
    caller = call.caller
    if order is not None and order.finish is not Finish.POLLED:
        raise ArgumentRefused(
            f"{job.operation} is answered at once and has no task, so there is no task to attach. Nothing was sent or "
            "spent. Choose buy_again or give_up.",
            field="action",
        )
    if caller.account.shared:
        await in_thread(ownership.check_task, caller.journal, caller.account, task_id)
    other = await in_thread(caller.journal.job_of_remote, caller.account, task_id)
    if other is not None and other.id != job.id and other.sent_at is not None:
        raise ArgumentRefused(
            f"This task already belongs to order {other.id}. Nothing was changed or spent. get_song shows it.",
            field="task_id",
        )
    if not await caller.runner.knows(caller.account, order, task_id):
        raise ArgumentRefused(
            f"The service has no task {task_id[:80]!r} of {job.operation}. Nothing was changed or spent. "
            "Check the id on the service's website and call again.",
            field="task_id",
        )
    attached = await in_thread(caller.journal.attach, caller.account, job.id, task_id)
    if attached is None:
        raise ArgumentRefused(
            f"Order {job.id} already has a task, or another order has this one. Nothing was changed or spent.",
            field="task_id",
        )
    caller.runner.hint(caller.account)
    return await waited(call, attached)


async def cancel_job(call: Call, asked: CancelJob) -> Result:
    """Stop an order that was not sent yet; hide one that is paid."""
    job = await call.caller.job(asked.job_id)
    return await call.caller.results.of_job(await cancel(call.caller, job))


async def cancel(caller: Caller, job: Job) -> Job:
    """Withdraw what was not sent; leave out of lists what is paid."""
    withdrawn = await in_thread(caller.journal.withdraw, caller.account, job.id)
    if withdrawn is None and not job.settled:
        withdrawn = await in_thread(caller.journal.hide, caller.account, job.id)
    caller.runner.hint(caller.account)
    return withdrawn or job


def _resolvable(job: Job, action: str) -> bool:
    """Whether a person's decision means anything for an order: its money is in doubt, or it is not home yet."""
    if job.state is State.UNKNOWN:
        return True
    if action == "attach":
        return job.problem in ("given_up", "task_unknown")
    if job.state in (State.RUNNING, State.FETCHING):
        return True
    return action == "buy_again" and job.state is State.FAILED and job.charge > 0
