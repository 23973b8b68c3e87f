"""Reading the journal: jobs, clips, files, spending. Nothing here changes a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .clock import Clock
from .jobs import Account, Balance, Clip, Job, SavedFile, clip_of, file_of, job_of
from .store import Row, Store, first


@dataclass(frozen=True)
class FoundClip:
    """A clip together with what it descends from."""

    clip: Clip
    sources: Mapping[str, tuple[str, ...]]


class Archive:
    """Every question to the journal. All methods block; call them from a worker thread."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self._clock = clock

    def agenda(self, key_id: str) -> float | None:
        """When something of this key is due next, in seconds since the epoch; None when all is settled."""
        row = first(self.store.rows("agenda", key_id=key_id))
        return None if row is None else row["at"]

    def known_fact(self, name: str) -> str | None:
        """A value that was decided for this journal; None while it was not."""
        row = first(self.store.rows("fact", name=name))
        return None if row is None else str(row["value"])

    def end_told(self, job_id: str) -> bool:
        """Whether the service has called back to say that a job's task is over."""
        row = first(self.store.rows("end_told", job_id=job_id))
        return row is not None and bool(row["n"])

    def clip(self, account: Account, clip_id: str) -> FoundClip | None:
        """A clip of this caller; a foreign one is like an absent one."""
        who = {"tenant": account.tenant, "key_id": account.key_id, "clip_id": clip_id}
        with self.store.reading() as tx:
            row = tx.one("clip", **who)
            if row is None:
                return None
            sources: dict[str, tuple[str, ...]] = {}
            for line in tx.all("lineage_of", **who):
                sources[line["relation"]] = (*sources.get(line["relation"], ()), line["source_id"])
            return FoundClip(clip_of(row), sources)

    def clips(self, job_id: str) -> list[Clip]:
        """The clips of a job, in the order of their takes."""
        return [clip_of(row) for row in self.store.rows("clips_of_job", job_id=job_id)]

    def clip_ids(self, account: Account, limit: int) -> list[str]:
        """The newest clips of this caller, for completions."""
        rows = self.store.rows("clip_ids", tenant=account.tenant, key_id=account.key_id, limit=limit)
        return [row["clip_id"] for row in rows]

    def job_ids(self, account: Account, limit: int) -> list[str]:
        """The newest jobs of this caller, for completions."""
        rows = self.store.rows("job_ids", tenant=account.tenant, key_id=account.key_id, limit=limit)
        return [row["id"] for row in rows]

    def files(self, account: Account, clip_id: str) -> list[SavedFile]:
        """The saved files of a clip."""
        rows = self.store.rows("files_of_clip", tenant=account.tenant, key_id=account.key_id, clip_id=clip_id)
        return [file_of(row) for row in rows]

    def job(self, account: Account, job_id: str) -> Job | None:
        """A job of this caller; a foreign one is like an absent one."""
        job = self.any_job(job_id)
        return job if job and (job.tenant, job.key_id) == (account.tenant, account.key_id) else None

    def any_job(self, job_id: str) -> Job | None:
        """A job, whoever owns it: for the engine, and for callers that have proved to speak of this very job."""
        row = first(self.store.rows("job", id=job_id))
        return None if row is None else job_of(row)

    def job_of_remote(self, account: Account, remote_id: str) -> Job | None:
        """The job that carries this id of the service."""
        row = first(self.store.rows("job_of_remote", remote_id=remote_id, tenant=account.tenant, key_id=account.key_id))
        return None if row is None else job_of(row)

    def newest(self, account: Account, *, unfinished: bool) -> Job | None:
        """The newest job, or the newest that still moves or is unsettled."""
        name = "newest_unfinished" if unfinished else "newest"
        row = first(self.store.rows(name, tenant=account.tenant, key_id=account.key_id))
        return None if row is None else job_of(row)

    def children(self, job_id: str) -> list[Job]:
        """The jobs that belong to a parent."""
        return [job_of(row) for row in self.store.rows("children", id=job_id)]

    def search(
        self, account: Account, *, words: Sequence[str], state: str, since: float, until: float, songs: bool
    ) -> list[Job]:
        """Jobs of this caller, newest first, that hold every word in what was asked, its title, style or lyrics."""
        with self.store.reading() as tx:
            rows = tx.all(
                "search", tenant=account.tenant, key_id=account.key_id, state=state, since=since, until=until,
                songs=int(songs),
            )  # fmt: skip
            found = []
            for row in rows:
                text = row["words"]
                if words:
                    clips = tx.all("clips_of_job", job_id=row["id"])
                    text = " ".join([text, *(f"{c['title']} {c['style']} {c['lyrics']}".lower() for c in clips)])
                if all(word.lower() in text for word in words):
                    found.append(job_of(row))
            return found

    def live_accounts(self) -> list[tuple[str, str, str]]:
        """Whose jobs still move by themselves: (tenant, key, base URL), each once."""
        return [(row["tenant"], row["key_id"], row["base_url"]) for row in self.store.rows("live_accounts")]

    def spent(self, account: Account, seconds: float) -> int:
        """Credits spent, or possibly spent, in the last so many seconds."""
        since = self._clock.now() - seconds
        row = first(self.store.rows("spent_since", since=since, tenant=account.tenant, key_id=account.key_id))
        return int(row["credits"]) if row else 0

    def spent_by_operation(self, account: Account, seconds: float) -> list[tuple[str, int, int]]:
        """(operation, how often, credits) in the last so many seconds, dearest first."""
        since = self._clock.now() - seconds
        rows = self.store.rows("spent_by_operation", since=since, tenant=account.tenant, key_id=account.key_id)
        return [(row["operation"], int(row["n"]), int(row["credits"])) for row in rows]

    def unsettled(self, account: Account) -> int:
        """How many orders nobody can tell the fate of."""
        row = first(self.store.rows("unsettled_count", tenant=account.tenant, key_id=account.key_id))
        return int(row["n"]) if row else 0

    def balance(self, account: Account) -> Balance | None:
        """The balance as last read."""
        return balance_of(first(self.store.rows("balance", key_id=account.key_id)))

    def charged_twice(self, job: Job) -> bool:
        """Whether the balance, read since, has fallen by two prices of a job that nothing else overlapped."""
        if job.balance_before is None or not job.cost:
            return False
        balance = balance_of(first(self.store.rows("balance", key_id=job.key_id)))
        if balance is None or balance.read_at < (job.sent_at or 0) or not self.alone(job, balance.read_at):
            return False
        return job.balance_before - balance.total >= 2 * job.cost

    def alone(self, job: Job, until: float) -> bool:
        """Whether no other purchase of this key overlapped the job, so that the balance speaks about it alone."""
        since = (job.sent_at or job.created_at) - 600.0
        row = first(self.store.rows("overlapping", key_id=job.key_id, id=job.id, since=since, until=until))
        return row is not None and row["n"] == 0


def balance_of(row: Row | None) -> Balance | None:
    """A row of `balances` as a value."""
    return None if row is None else Balance(row["credits"], row["extra"], row["read_at"])
