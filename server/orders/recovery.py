"""Saved files that are not where they were saved: found where they were moved to, else fetched again, free.

Nothing is bought or given up here: at worst a song that was paid for and saved stays on record with its file missing.
An order whose recorded answer has the file goes back to saving it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import anyio

from ... import tools
from ..core.errors import DownloadRefused, LibraryUnavailable, ServiceError
from ..core.jobs import Clip, Job, SavedFile, State
from ..core.operation import TEXT_KINDS, Family, Purchase, Request
from ..core.threads import in_thread
from ..files.delivery import Delivery
from ..service.clips import report
from .bought import timeline_of
from .caller import Call, Caller
from .looks import has_files
from .lookup import family_of
from .steps import task_path

log = logging.getLogger(__name__)

LEAST_SECONDS = 20.0
"""How long a call waits for a download, however impatient its caller."""
_DOWNLOADS: Mapping[str, str] = {Family.SONIC: "download_clip", Family.PRODUCER: "producer_download_clip"}
_OWN_LINK = ("audio", "cover")
"""Kinds of files whose link belongs to the clip itself; that of others is in the answer to another order."""


async def brought_back(call: Call, job: Job, only: str | None = None) -> str:
    """Bring back what is missing of a finished order, or of one of its clips; what is to be said of it."""
    caller = call.caller
    if job.state is not State.DONE:
        return ""
    lost = await in_thread(_lost, caller, job, only)
    if not lost:
        return ""
    told = _Told()
    patience = max(call.talk.patience(caller.limits.wait_seconds), LEAST_SECONDS)
    with anyio.move_on_after(patience) as limit:
        try:
            await _bring_back(caller, lost, told, patience)
        except LibraryUnavailable as error:  # it ends this search, but not the answer about the song
            told.refused = error.sentence
    return " ".join(told.sentences(_paid_way(caller, job), cut_off=limit.cancelled_caught))


async def _bring_back(caller: Caller, lost: Sequence[tuple[Clip, SavedFile]], told: _Told, patience: float) -> None:
    delivery = Delivery(caller.journal, caller.library, caller.account)
    again: dict[str, tuple[Job, list[SavedFile]]] = {}
    for clip, file in lost:
        if await delivery.found_again(clip, file):
            told.moved.append(file.path)
        elif file.kind in _OWN_LINK:
            await _fetched(caller, delivery, clip, file, told)
        elif (answered := await in_thread(_answer_with, caller, clip, file)) is not None:
            again.setdefault(answered.id, (answered, []))[1].append(file)
        else:
            told.gone.append(file.path)
    for answered, files in again.values():
        await _saved_again(caller, answered, patience)
        for file in files:
            here = await in_thread(_is_here, caller, file)
            (told.fetched if here else told.gone).append(file.path)


class _Told:
    def __init__(self) -> None:
        self.moved: list[str] = []
        self.fetched: list[str] = []
        self.gone: list[str] = []
        self.refused: str | None = None
        """What the library said when it could not take a file."""

    def sentences(self, paid_way: str, *, cut_off: bool) -> list[str]:
        said = []
        if self.moved:
            said.append(f"{_files(self.moved)} moved inside the library; the new place is on record now.")
        if self.fetched:
            said.append(f"{_files(self.fetched)} missing and fetched again, free.")
        if self.gone:
            said.append(
                f"{_files(self.gone)} missing, and the service does not give it again at present. Try get_song later, "
                f"free{paid_way}. Nothing was spent."
            )
        if self.refused is not None:
            said.append(f"Missing files could not be put back. {self.refused} get_song tries again, free.")
        if cut_off:
            said.append("Fetching missing files took too long and was stopped. get_song tries again, free.")
        return said


def _paid_way(caller: Caller, job: Job) -> str:
    """How a file can be had for credits, where the song's engine sells downloads."""
    tool = _DOWNLOADS.get(family_of(job.operation))
    kind = None if tool is None else tools.load(tool)
    if kind is None or not issubclass(kind, Purchase):
        return ""
    price = caller.facts().price(kind.row)
    return f"; {tool} {'asks for its price first' if price is None else f'buys it for {price} credits'}"


def _files(paths: Sequence[str]) -> str:
    more = len(paths) - 1
    return f"{paths[0]} and {more} more file{'' if more == 1 else 's'} were" if more else f"{paths[0]} was"


def _lost(caller: Caller, job: Job, only: str | None) -> list[tuple[Clip, SavedFile]]:
    """Saved files of an order's clips, of the clip it adds to, and of its follow-ups' clips that are gone. Blocks."""
    journal = caller.journal
    family = (job, *journal.children(job.id))
    ids = [clip.clip_id for member in family for clip in journal.clips(member.id)]
    for member in family:
        operation = caller.runner.operation_of(member)
        if operation is not None and operation.clip_of and member.answer is not None and has_files(operation, member):
            ids.append(operation.clip_of)
    lost = []
    for clip_id in dict.fromkeys(ids):
        found = journal.clip(caller.account, clip_id)
        if found is not None and only in (None, clip_id):
            files = journal.files(caller.account, clip_id)
            lost += [(found.clip, file) for file in files if caller.library.vanished(file.path)]
    return lost


async def _fetched(caller: Caller, delivery: Delivery, clip: Clip, file: SavedFile, told: _Told) -> None:
    """Fetch a song or its picture from the link on record, else from the one that the service gives now."""
    try:
        if await _kept(caller, delivery, clip, file):
            told.fetched.append(file.path)
            return
        fresh = await _fresh(caller, clip)
        if fresh is not None and await _kept(caller, delivery, fresh, file):
            told.fetched.append(file.path)
            return
    except ServiceError as error:
        log.info("%s of clip %r was not fetched again: %s", file.kind, clip.clip_id, error)
    told.gone.append(file.path)


async def _kept(caller: Caller, delivery: Delivery, clip: Clip, file: SavedFile) -> bool:
    try:
        kept = await delivery.keep_again(clip, file)
        if kept and file.kind == "audio" and (lines := await in_thread(timeline_of, caller, clip.clip_id)):
            await delivery.retag(clip.clip_id, lines)  # the times of the words were bought after the song
        return kept
    except (DownloadRefused, ServiceError) as error:
        log.info("%s of clip %r: %s", file.kind, clip.clip_id, error)
        return False


async def _fresh(caller: Caller, clip: Clip) -> Clip | None:
    """The clip with the links that the service gives today; None where it has none. One free look."""
    job = await in_thread(caller.journal.any_job, clip.job_id)
    if job is None or job.remote_id is None:
        return None
    operation = caller.runner.operation_of(job)
    path = task_path(caller.catalogue.brand(caller.account.brand), operation, job.remote_id)
    body = await caller.runner.read(caller.account, Request("GET", path))
    body = dict(operation.reading(body)) if operation else body
    told = report(job, body, prompt=job.subject, now=caller.runner.clock.now(), part_of=_part_of(operation))
    found = next((other for other in told.clips if other.clip_id == clip.clip_id), None)
    return None if found is None else replace(clip, audio_url=found.audio_url, image_url=found.image_url)


def _part_of(operation: Purchase | None) -> Any:
    return operation.part_of if operation else lambda *_: None


def _answer_with(caller: Caller, clip: Clip, file: SavedFile) -> Job | None:
    """The order whose recorded answer brought a file, such as a WAV. Blocks."""
    for job in caller.journal.answered_about(caller.account, clip.clip_id):
        operation = caller.runner.operation_of(job)
        if operation is None or operation.clip_of != clip.clip_id or not has_files(operation, job):
            continue
        outcome = operation.outcome(job.answer or {})
        if any(link.kind == file.kind for link in outcome.links) or (
            file.kind in TEXT_KINDS.values() and outcome.timeline
        ):
            return job
    return None


def _is_here(caller: Caller, file: SavedFile) -> bool:
    saved = caller.journal.files(caller.account, file.clip_id)
    return any(other.kind == file.kind and not caller.library.vanished(other.path) for other in saved)


async def _saved_again(caller: Caller, job: Job, seconds: float) -> None:
    """Let the runner save the files of a recorded answer once more."""

    async def seen(_: Job) -> None:
        """There is nothing to tell meanwhile."""

    if await in_thread(caller.journal.save_again, job) is not None:
        caller.runner.hint(caller.account)
        await caller.runner.wait(caller.account, job.id, seconds, seen)
