"""Songs to listen to: which one is meant, what is said of it in words, and the take that a person keeps."""

from __future__ import annotations

from dataclasses import replace

from ..core.errors import ArgumentRefused, NotFound
from ..core.jobs import Job
from ..core.threads import SEARCH, in_lane, in_thread
from .caller import Caller
from .envelope import cut
from .material import known_clip
from .results import NAME_CUT, Result

STEM = "stem of"
"""How a part of a song descends from it."""
_NOTHING = "There is no song to play yet. create_song makes one; list_songs shows every order."


async def wanted(caller: Caller, named: str | None) -> tuple[Job, str | None]:
    """The order that an id, or nothing, means, and its clip where one is meant; parts lead to their song.

    Raises `NotFound`.
    """
    return await in_thread(_wanted, caller, named)


def _wanted(caller: Caller, named: str | None) -> tuple[Job, str | None]:
    journal, account = caller.journal, caller.account
    if named is None:
        newest = journal.newest_song(account) or journal.newest(account, unfinished=True)
        if newest is None:
            raise NotFound(_NOTHING, field="id")
        return _whole(caller, newest), None
    found = journal.clip(account, named)
    if found is not None and found.clip.part is not None:
        whole = next((journal.clip(account, source) for source in found.sources.get(STEM, ())), None)
        found = whole or found
    job = journal.job(account, found.clip.job_id if found else named) or journal.job_of_remote(account, named)
    if job is None:
        raise NotFound(f"There is no clip or job {named[:100]!r}. list_songs shows what there is.", field="id")
    if found is not None:
        return _whole(caller, job), found.clip.clip_id
    for clip in journal.clips(job.id):
        if clip.part is not None and (of := journal.clip(account, clip.clip_id)) and STEM in of.sources:
            return _wanted_whole(caller, of.sources[STEM][0]) or (job, None)
    return _whole(caller, job), None


def _wanted_whole(caller: Caller, clip_id: str) -> tuple[Job, str | None] | None:
    found = caller.journal.clip(caller.account, clip_id)
    job = None if found is None else caller.journal.job(caller.account, found.clip.job_id)
    return None if job is None else (_whole(caller, job), clip_id)


def _whole(caller: Caller, job: Job) -> Job:
    """The order as it was asked for, of one that followed it."""
    parent = None if job.parent_id is None else caller.journal.job(caller.account, job.parent_id)
    return parent or job


async def titled(caller: Caller, words: str) -> tuple[Job, str | None]:
    """The newest song that has these words, one with exactly this title first. Raises `NotFound`."""
    page = await in_lane(
        SEARCH, caller.account.tenant, caller.journal.search, caller.account, words=words, state="", since=0.0,
        until=1e12, songs=True, limit=50,
    )  # fmt: skip
    told = words.strip().casefold()
    found = sorted((song for song in page.songs if song.clips), key=lambda song: song.title.casefold() != told)
    if not found:
        raise NotFound(f"There is no song with the words {words[:80]!r}. `songwright call list_songs` shows all.")
    return await wanted(caller, found[0].job_id)


async def told(caller: Caller, job: Job, clip_id: str | None) -> Result:
    """What can be heard of an order, in words: takes, lengths, files and links; a clip that was named comes first."""
    result = await in_thread(caller.results.with_choice, await caller.results.of_job(job))
    rows = list(result.data.get("clips", ()))
    if not rows:
        return result
    said = [_row(number, row) for number, row in enumerate(rows, 1)]
    if clip_id is not None and (at := next((n for n, row in enumerate(rows) if row["clip_id"] == clip_id), 0)):
        style = {"style": rows[0]["style"]} if "style" in rows[0] else {}
        rows.insert(0, style | rows.pop(at))
    data = {**result.data, "clips": rows}
    if any("resource" in row for row in rows):
        how = (
            "open a link in a browser"
            if caller.hosted
            else f"open a file, or run `songwright play {job.id}` in a terminal"
        )
        data["notice"] = " ".join(filter(None, (data.get("notice"), f"Without a player in the chat: {how}.")))
    title = cut(next((row["title"] for row in rows if row.get("title")), job.subject), NAME_CUT)
    return replace(result, data=data, summary=f"{title}: {data['status']}, {'; '.join(said)}.")


def _row(number: int, row: dict[str, object]) -> str:
    seconds = row.get("seconds")
    long = f", {int(seconds) // 60}:{int(seconds) % 60:02d}" if isinstance(seconds, float) else ""
    return f"{row.get('part') or f'take {number}'}{long}{', kept' if row.get('kept') else ''}"


async def keep(caller: Caller, clip_id: str) -> Result:
    """Remember the take that a person has chosen. Raises `NotFound` or `ArgumentRefused`."""
    found = await in_thread(known_clip, caller, clip_id)
    job = await in_thread(caller.journal.job, caller.account, found.clip.job_id)
    if job is None:
        raise NotFound(
            f"There is no take {clip_id[:100]!r}. list_songs and get_song show clip ids. Nothing was changed.",
            field="clip_id",
        )
    clip = found.clip
    if clip.part is not None or clip.uploaded or not clip.good:
        raise ArgumentRefused(
            "Only a finished take of a song can be kept, not a part of one or an upload. Nothing was changed.",
            field="clip_id",
        )
    await in_thread(caller.journal.keep, caller.account, job, clip_id)
    whole = await in_thread(_whole, caller, job)
    result = await in_thread(caller.results.with_choice, await caller.results.of_job(whole))
    number = f"take {clip.take}" if clip.take else "this take"
    return replace(result, summary=f"{cut(clip.title, NAME_CUT)}: {number} is kept; the others stay saved.")
