"""What must hold after every plan, read from the service's books, the journal's file and the library's folder."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from songwright.server.core.jobs import LIVE, Job, State
from songwright.server.files.tags import read_owner

from .lives import Home
from .seams import Sent


class Broken(AssertionError):
    """A promise was not kept."""


@dataclass(frozen=True)
class Books:
    """What the service says: task ids that were charged, and those of them whose credits came back."""

    charged: tuple[str, ...]
    refunded: frozenset[str] = frozenset()


def check(home: Home, books: Books, songs: int = 1) -> None:
    """Every law for plans in which so many songs are asked for."""
    jobs = home.jobs()
    _law(len(jobs) == songs, f"{songs} requests make {songs} jobs, there are {len(jobs)}")
    _law(len(books.charged) <= songs, f"charged {len(books.charged)} times for {songs} requests")
    check_posts(home.log)
    check_receipts(home)
    for job in jobs:
        check_settled(job)
        check_fate(job, books)
    check_forgotten(jobs, books)
    check_files(home, jobs)


def check_posts(log: list[Sent]) -> None:
    """An order leaves a second time only when the first provably did not, or was refused for haste."""
    by_order: dict[str | None, list[int | str]] = {}
    for sent in log:
        if sent.method == "POST":
            by_order.setdefault(sent.order_id, []).append(sent.outcome)
    for order_id, outcomes in by_order.items():
        doubtful = [outcome for outcome in outcomes[:-1] if outcome not in ("not sent", 429)]
        _law(not doubtful, f"order {order_id} was sent again after {doubtful[:1]}: {outcomes}")
        _law(outcomes.count(429) <= 6, f"order {order_id} was refused for haste {outcomes.count(429)} times")


def check_pace(log: list[Sent], gap: float) -> None:
    """Whoever calls, the service hears from a key no more often than agreed."""
    times = sorted(sent.at for sent in log)
    for earlier, later in itertools.pairwise(times):
        _law(later - earlier >= gap - 1e-6, f"two calls of one key within {later - earlier:.2f} s")


def check_settled(job: Job) -> None:
    """Nothing stays in a state from which it should move on."""
    _law(job.state not in LIVE, f"the job stays {job.state}")
    _law(bool(job.sentence) or job.state is State.DONE, f"a {job.state} job has no sentence")


def check_receipts(home: Home) -> None:
    """A task that is on record anywhere has its receipt, and no job has two."""
    receipts = home.rows("receipts")
    per_job = Counter(row["job_id"] for row in receipts)
    _law(all(count == 1 for count in per_job.values()), f"a job with several receipts: {receipts}")
    known = {(row["job_id"], row["remote_id"]) for row in receipts}
    for row in home.rows("jobs"):
        if row["remote_id"] is not None:
            _law((row["id"], row["remote_id"]) in known, f"a task without a receipt: {row['remote_id']}")


def check_fate(job: Job, books: Books) -> None:
    """A job says of its money what the service says."""
    charged = job.remote_id in books.charged
    if job.state is State.DONE:
        _law(charged, f"done, and the service knows of no task {job.remote_id}")
    elif charged:
        returned = job.remote_id in books.refunded
        _law(job.state is State.FAILED and returned, f"charged and then {job.state} ({job.problem}: {job.sentence})")
    if job.state in (State.DONE, State.UNKNOWN):
        _law("Nothing was charged" not in (job.sentence or ""), f"a job that is {job.state} says: {job.sentence}")


def check_forgotten(jobs: list[Job], books: Books) -> None:
    """Every charge without a task on record has an open job that says so."""
    known = {job.remote_id for job in jobs}
    lost = [task for task in books.charged if task not in known and task not in books.refunded]
    unsettled = [job for job in jobs if job.state is State.UNKNOWN]
    _law(len(lost) <= len(unsettled), f"charged and forgotten: {lost}; {[(job.state, job.sentence) for job in jobs]}")


def check_files(home: Home, jobs: list[Job]) -> None:
    """The library holds both takes of every song that is done, each with its own clip's tag, and nothing besides."""
    done = {job.id for job in jobs if job.state is State.DONE and job.problem is None}
    clips = [clip for clip in home.rows("clips") if clip["job_id"] in done]
    _law(len(clips) == 2 * len(done), f"{len(done)} songs done with {len(clips)} takes")
    rows = {(row["clip_id"], row["kind"]): row for row in home.rows("files")}
    expected = set()
    for clip in clips:
        _law(clip["state"] == "succeeded", f"take {clip['take']} of a song that is done is {clip['state']}")
        row = rows.get((clip["clip_id"], "audio"))
        _law(row is not None, f"take {clip['take']} is done without a file")
        assert row is not None
        path = home.library / row["path"]
        _law(path.is_file() and path.stat().st_size == row["bytes"], f"{path.name} is not on disk as recorded")
        owner = read_owner(path)
        _law(owner is not None and owner.clip_id == clip["clip_id"], f"{path.name} is tagged {owner}")
        expected |= {path.name} | ({path.with_suffix(".jpg").name} if clip["image_url"] else set())
    _law(len({row["path"] for row in rows.values()}) == len(rows), f"takes share files: {sorted(expected)}")
    if done and len(done) == len(jobs):
        _law(names(home.library) == expected, f"in the library: {sorted(names(home.library))}")


def names(folder: Path) -> set[str]:
    """The files of a folder, unfinished ones too."""
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def _law(holds: bool, sentence: str) -> None:
    if not holds:
        raise Broken(sentence)
