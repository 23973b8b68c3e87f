"""Reading the journal: jobs, clips, files, spending. Nothing here changes a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from math import inf, nextafter

from ..core.clock import Clock
from ..core.jobs import Account, Balance, Clip, Job, SavedFile, clip_of, file_of, job_of
from .search import ANYTHING, patterns
from .sqlite import Row, Store, Tx, first

MEMORY, LOST, AGREED = "memory", "lost", "agreed"
"""The name of the fact that says whether the journal is newer than the library, and its values."""

SEARCHED = 20_000
"""How many orders one search by words looks through: the newest of the requested days."""
FARTHEST = 10_000_000
"""How many orders a page may skip; a database's integers are limited."""


@dataclass(frozen=True)
class FoundClip:
    """A clip together with what it descends from."""

    clip: Clip
    sources: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Listed:
    """One order as a list shows it; `audio` is the saved file of its first clip."""

    job_id: str
    operation: str
    title: str
    state: str
    cost: int | None
    created_at: float
    clips: tuple[str, ...]
    audio: SavedFile | None
    kept: bool = False
    """Whether its first clip is the take that the person has chosen."""


@dataclass(frozen=True)
class Part:
    """One part of a song that was taken apart, and its file."""

    clip: Clip
    file: SavedFile


@dataclass(frozen=True)
class Page:
    """A page of results. `cut` says that older orders were not searched."""

    songs: tuple[Listed, ...]
    total: int
    cut: bool = False


class Archive:
    """Every query to the journal. All methods block; call them from a worker thread."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self._clock = clock

    def agenda(self, key_id: str) -> float | None:
        """When something of this key is due next, in seconds since the epoch; None when all is settled."""
        row = first(self.store.rows("agenda", key_id=key_id))
        return None if row is None else row["at"]

    def known_fact(self, name: str) -> str | None:
        """A value that was decided once for this journal; None until then."""
        row = first(self.store.rows("fact", name=name))
        return None if row is None else str(row["value"])

    def end_told(self, job_id: str) -> bool:
        """Whether the service has called back to say that a job's task is over."""
        row = first(self.store.rows("end_told", job_id=job_id))
        return row is not None and bool(row["n"])

    def clip(self, account: Account, clip_id: str) -> FoundClip | None:
        """A clip of this caller; someone else's counts as absent."""
        who = {"tenant": account.tenant, "key_id": account.key_id, "clip_id": clip_id}
        with self.store.reading() as tx:
            row = tx.one("clip", **who)
            if row is None:
                return None
            sources: dict[str, tuple[str, ...]] = {}
            for line in tx.all("lineage_of", **who):
                sources[line["relation"]] = (*sources.get(line["relation"], ()), line["source_id"])
            return FoundClip(clip_of(row), sources)

    def derived(self, account: Account, clip_id: str, relation: str) -> list[Clip]:
        """The clips that were made from one in this way ("stem of"), those of the newest order first."""
        who = {"tenant": account.tenant, "key_id": account.key_id}
        return [clip_of(row) for row in self.store.rows("derived_from", **who, relation=relation, source_id=clip_id)]

    def clips(self, job_id: str) -> list[Clip]:
        """The clips of a job, in the order of their takes."""
        return [clip_of(row) for row in self.store.rows("clips_of_job", job_id=job_id)]

    def clip_ids(self, account: Account, limit: int) -> list[str]:
        """The newest clips of this caller, for completions."""
        rows = self.store.rows("clip_ids", tenant=account.tenant, key_id=account.key_id, limit=limit)
        return [row["clip_id"] for row in rows]

    def recent_songs(self, account: Account, limit: int) -> list[Row]:
        """Lyrics, bpm, style and seconds of songs made only from words, among this many of the newest clips."""
        return self.store.rows("recent_songs", tenant=account.tenant, key_id=account.key_id, limit=limit)

    def job_ids(self, account: Account, limit: int) -> list[str]:
        """The newest jobs of this caller, for completions."""
        rows = self.store.rows("job_ids", tenant=account.tenant, key_id=account.key_id, limit=limit)
        return [row["id"] for row in rows]

    def files(self, account: Account, clip_id: str) -> list[SavedFile]:
        """The saved files of a clip."""
        rows = self.store.rows("files_of_clip", tenant=account.tenant, key_id=account.key_id, clip_id=clip_id)
        return [file_of(row) for row in rows]

    def job(self, account: Account, job_id: str) -> Job | None:
        """A job of this caller; someone else's counts as absent."""
        job = self.any_job(job_id)
        return job if job and (job.tenant, job.key_id) == (account.tenant, account.key_id) else None

    def any_job(self, job_id: str) -> Job | None:
        """A job, whoever owns it: for the runner, and for callers that have proved that they mean this job."""
        row = first(self.store.rows("job", id=job_id))
        return None if row is None else job_of(row)

    def job_of_remote(self, account: Account, remote_id: str) -> Job | None:
        """The job that carries this id of the service."""
        row = first(self.store.rows("job_of_remote", remote_id=remote_id, tenant=account.tenant, key_id=account.key_id))
        return None if row is None else job_of(row)

    def fulfilled(self, account: Account, dedupe: str) -> Job | None:
        """The newest finished order with this identity (`Operation.identity`); None where it was never bought."""
        row = first(self.store.rows("fulfilled", dedupe=dedupe, tenant=account.tenant, key_id=account.key_id))
        return None if row is None else job_of(row)

    def held_elsewhere(self, job: Job, remote_id: str) -> bool:
        """Whether another order, or another tenant, has this id of the service; a later write may change that."""
        with self.store.reading() as tx:
            return held_by_another(tx, job, remote_id)

    def shared_key(self, job: Job) -> bool:
        """Whether tenants other than the job's have ordered with its key."""
        row = first(self.store.rows("others_of_key", key_id=job.key_id, tenant=job.tenant))
        return row is not None and bool(row["n"])

    def newest(self, account: Account, *, unfinished: bool) -> Job | None:
        """The newest job, or the newest that is unfinished or unsettled."""
        name = "newest_unfinished" if unfinished else "newest"
        row = first(self.store.rows(name, tenant=account.tenant, key_id=account.key_id))
        return None if row is None else job_of(row)

    def newest_song(self, account: Account) -> Job | None:
        """The newest order that has made something to hear."""
        row = first(self.store.rows("newest_song", tenant=account.tenant, key_id=account.key_id))
        return None if row is None else job_of(row)

    def kept(self, account: Account, clip_id: str) -> bool:
        """Whether the person has chosen this take of its order."""
        row = first(self.store.rows("kept", tenant=account.tenant, key_id=account.key_id, clip_id=clip_id))
        return row is not None and bool(row["n"])

    def parts_of(self, account: Account, clip_id: str) -> list[Part]:
        """The saved parts that a song was taken apart into, those of the newest order first."""
        rows = self.store.rows("parts_of", tenant=account.tenant, key_id=account.key_id, clip_id=clip_id)
        return [
            Part(clip_of(row), SavedFile(row["clip_id"], "audio", row["path"], row["bytes"], row["sha256"]))
            for row in rows
        ]

    def clip_of_file(self, tenant: str, path: str) -> tuple[str, str] | None:
        """Which clip a saved song of a tenant is: (key, clip); None for any other file."""
        row = first(self.store.rows("clip_of_file", tenant=tenant, path=path))
        return None if row is None else (row["key_id"], row["clip_id"])

    def children(self, job_id: str) -> list[Job]:
        """The jobs that belong to a parent."""
        return [job_of(row) for row in self.store.rows("children", id=job_id)]

    def search(
        self, account: Account, *, words: str, state: str, since: float, until: float, songs: bool, limit: int,
        offset: int = 0,
    ) -> Page:  # fmt: skip
        """One page of this caller's orders, newest first. With words: those that contain every word in the request or
        in the titles, styles and lyrics of the result, among a limited number of the newest orders.
        """
        who = {"tenant": account.tenant, "key_id": account.key_id}
        found = patterns(words)
        with self.store.reading() as tx:
            cut = False
            if found["like_1"] != ANYTHING:
                older = tx.one("older_than", **who, since=since, until=until, newer=SEARCHED)
                if older is not None:
                    since, cut = nextafter(older["at"], inf), True
            asked = {**who, **found, "state": state, "since": since, "until": until, "songs": int(songs)}
            offset = min(offset, FARTHEST)
            rows = tx.all("songs_page", **asked, limit=limit, offset=offset)
            total = rows[0]["total"] if rows else 0
            if not rows and offset:
                first_row = tx.one("songs_page", **asked, limit=1, offset=0)
                total = first_row["total"] if first_row else 0
        return Page(tuple(_listed(rows)), total, cut)

    def empty(self) -> bool:
        """Whether nothing was ever ordered here, by anybody."""
        return first(self.store.rows("some_job")) is None

    def forgetful(self) -> bool:
        """Whether this journal is newer than the songs in the library, and nobody has agreed yet to go on with it."""
        row = first(self.store.rows("fact", name=MEMORY))
        return row is not None and row["value"] == LOST

    def live_accounts(self) -> list[tuple[str, str, str]]:
        """The owners of unfinished jobs: (tenant, key, base URL), each once."""
        return [(row["tenant"], row["key_id"], row["base_url"]) for row in self.store.rows("live_accounts")]

    def spent(self, account: Account, seconds: float) -> int:
        """Credits spent, or possibly spent, within this many seconds."""
        since = self._clock.now() - seconds
        row = first(self.store.rows("spent_since", since=since, tenant=account.tenant, key_id=account.key_id))
        return int(row["credits"]) if row else 0

    def spent_by_operation(self, account: Account, seconds: float) -> list[tuple[str, int, int]]:
        """(operation, how often, credits) within this many seconds, the most expensive first."""
        since = self._clock.now() - seconds
        rows = self.store.rows("spent_by_operation", since=since, tenant=account.tenant, key_id=account.key_id)
        return [(row["operation"], int(row["n"]), int(row["credits"])) for row in rows]

    def unsettled(self, account: Account) -> int:
        """How many orders are in state `unknown`."""
        row = first(self.store.rows("unsettled_count", besides="", tenant=account.tenant, key_id=account.key_id))
        return int(row["n"]) if row else 0

    def balance(self, account: Account) -> Balance | None:
        """The balance as last read."""
        return balance_of(first(self.store.rows("balance", key_id=account.key_id)))

    def charged_twice(self, job: Job) -> bool:
        """Whether the balance has since fallen by two prices of a job more than other orders explain."""
        if job.balance_before is None or not job.cost or job.sent_at is None:
            return False
        balance = balance_of(first(self.store.rows("balance", key_id=job.key_id)))
        if balance is None or balance.read_at < job.sent_at:
            return False
        row = first(self.store.rows("others_charged", id=job.id, key_id=job.key_id, until=balance.read_at))
        others = int(row["credits"]) if row else 0
        return job.balance_before - balance.total - others >= 2 * job.cost

    def alone(self, job: Job, until: float) -> bool:
        """Whether no other purchase of this key overlapped the job, so that the balance is evidence about this job
        alone.
        """
        since = (job.sent_at or job.created_at) - 600.0
        row = first(self.store.rows("overlapping", key_id=job.key_id, id=job.id, since=since, until=until))
        return row is not None and row["n"] == 0


def held_by_another(tx: Tx, job: Job, remote_id: str) -> bool:
    """Whether another order, or another tenant, has this id of the service, as seen in this transaction."""
    row = tx.one("held_elsewhere", remote_id=remote_id, job_id=job.id, tenant=job.tenant, base_url=job.base_url)
    return row is not None and bool(row["n"])


def _listed(rows: Iterable[Row]) -> Iterator[Listed]:
    """Orders from rows that each hold an order with one of its clips."""
    for job_id, same in groupby(rows, key=lambda row: row["id"]):
        lines = list(same)
        first_line = lines[0]
        clips = tuple(line["clip_id"] for line in lines if line["clip_id"] is not None)
        yield Listed(
            job_id, first_line["operation"], first_line["title"] if clips else first_line["subject"],
            first_line["state"], first_line["cost"], first_line["created_at"], clips,
            None if first_line["path"] is None else file_of(first_line), bool(first_line["kept"]),
        )  # fmt: skip


def balance_of(row: Row | None) -> Balance | None:
    """A row of `balances` as a value."""
    return None if row is None else Balance(row["credits"], row["extra"], row["read_at"])
