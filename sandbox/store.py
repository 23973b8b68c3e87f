"""The store: accounts, charges, tasks and clips in one SQLite file that survives any crash.

Every method is one transaction, synced to disk before it returns. Only counters of looks (polls, file fetches) are
collected in memory and written with the next transaction: a crash may lose a few of those, but never a credit. The
class is used from one thread at a time (`desk.py` sees to that).
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from ..server.core.written import compact
from .records import Clip, Facts, NewClip, Task, read_clip, read_task

_SCHEMA_VERSION = 1


class StoreError(Exception):
    """The store cannot be used; the message is a sentence."""


class TooFewCredits(Exception):
    """The balance does not cover the price; nothing was charged."""


class RefundTwice(Exception):
    """A charge is returned at most once."""


class Store:
    """Opens or creates the store at `path`; raises StoreError when a newer sandbox wrote it."""

    def __init__(self, path: Path, *, opening_credits: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._opening_credits = opening_credits
        self._polls: Counter[str] = Counter()
        self._fetches: Counter[str] = Counter()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = TRUNCATE")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._found()

    def _found(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > _SCHEMA_VERSION:
            raise StoreError("The sandbox's data were written by a newer Songwright; update it, or use another folder.")
        if version == 0:
            schema = resources.files(__package__).joinpath("store.sql").read_text(encoding="utf-8")
            self._db.executescript(f"BEGIN IMMEDIATE;\n{schema}\nCOMMIT;")

    def close(self) -> None:
        """Write the gathered counters and close the file."""
        with self._change():
            pass
        self._db.close()

    @contextlib.contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
            self._write_counters()
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        self._polls.clear()
        self._fetches.clear()

    def _write_counters(self) -> None:
        self._db.executemany(
            "UPDATE tasks SET polls = polls + ? WHERE task_id = ?", [(n, task) for task, n in self._polls.items()]
        )
        self._db.executemany(
            "UPDATE clips SET fetches = fetches + ? WHERE clip_id = ?", [(n, clip) for clip, n in self._fetches.items()]
        )

    # -- accounts and money ---------------------------------------------------------------------------------

    def balance(self, key: str) -> tuple[int, int]:
        """Subscription and extra credits of a key hash; an account is opened when there is none."""
        row = self._db.execute("SELECT credits, extra_credits FROM accounts WHERE key_hash = ?", (key,)).fetchone()
        if row is None:
            with self._change():
                self._open_account(key)
            return self._opening_credits, 0
        return row["credits"], row["extra_credits"]

    def set_balance(self, key: str, plan_credits: int, extra_credits: int) -> None:
        """Set what an account holds from now on; earlier charges stay on record."""
        with self._change() as db:
            self._open_account(key)
            db.execute(
                "UPDATE accounts SET credits = ?, extra_credits = ? WHERE key_hash = ?",
                (plan_credits, extra_credits, key),
            )

    def charge(self, key: str, operation: str, price: int, *, clip_id: str | None = None) -> None:
        """Charge for an operation answered at once; raises TooFewCredits."""
        with self._change():
            self._charge(key, operation, price, None, clip_id)

    def refund_last(self, key: str, operation: str, clip_id: str) -> None:
        """Return the newest charge of an operation answered at once that could not be answered."""
        with self._change() as db:
            row = db.execute(
                "SELECT id FROM charges WHERE key_hash = ? AND operation = ? AND clip_id = ? AND refund_of IS NULL"
                " ORDER BY id DESC LIMIT 1",
                (key, operation, clip_id),
            ).fetchone()
            if row is not None:
                self._refund(row["id"])

    def _open_account(self, key: str) -> None:
        self._db.execute(
            "INSERT INTO accounts (key_hash, credits, extra_credits, opened_at) VALUES (?, ?, 0, ?)"
            " ON CONFLICT DO NOTHING",
            (key, self._opening_credits, time.time()),
        )

    def _charge(self, key: str, operation: str, price: int, task_id: str | None, clip_id: str | None) -> None:
        self._open_account(key)
        row = self._db.execute("SELECT credits, extra_credits FROM accounts WHERE key_hash = ?", (key,)).fetchone()
        if row["credits"] + row["extra_credits"] < price:
            raise TooFewCredits
        from_extra = min(price, row["extra_credits"])
        self._db.execute(
            "UPDATE accounts SET credits = credits - ?, extra_credits = extra_credits - ? WHERE key_hash = ?",
            (price - from_extra, from_extra, key),
        )
        self._db.execute(
            "INSERT INTO charges (at, key_hash, operation, credits, from_extra, task_id, clip_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (time.time(), key, operation, price, from_extra, task_id, clip_id),
        )

    def _refund(self, charge_id: int) -> None:
        row = self._db.execute("SELECT * FROM charges WHERE id = ?", (charge_id,)).fetchone()
        try:
            self._db.execute(
                "INSERT INTO charges (at, key_hash, operation, credits, from_extra, task_id, clip_id, refund_of)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    time.time(),
                    row["key_hash"],
                    row["operation"],
                    -row["credits"],
                    -row["from_extra"],
                    row["task_id"],
                    row["clip_id"],
                    charge_id,
                ),
            )
        except sqlite3.IntegrityError as error:
            raise RefundTwice from error
        self._db.execute(
            "UPDATE accounts SET credits = credits + ?, extra_credits = extra_credits + ? WHERE key_hash = ?",
            (row["credits"] - row["from_extra"], row["from_extra"], row["key_hash"]),
        )

    # -- tasks ------------------------------------------------------------------------------------------------

    def repeats(self, key: str, body_hash: str) -> int:
        """How many tasks this key has already bought with the very same body."""
        (count,) = self._db.execute(
            "SELECT count(*) FROM tasks WHERE key_hash = ? AND body_hash = ?", (key, body_hash)
        ).fetchone()
        return int(count)

    def submit(
        self, task: Task, body_hash: str, price: int, clips: Iterable[NewClip] = (), *, refund: bool = False
    ) -> None:
        """Charge for and store a task in one step, with clips that exist at once; raises TooFewCredits.

        `refund` returns its charge in the same transaction: it has already failed.
        """
        with self._change() as db:
            db.execute(
                "INSERT INTO tasks (task_id, key_hash, operation, task_type, body, body_hash, plan, state, fate, error,"
                " result, created_at, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    task.task_id,
                    task.key_hash,
                    task.operation,
                    task.task_type,
                    compact(task.body),
                    body_hash,
                    compact(task.plan),
                    task.state,
                    task.fate,
                    None if task.error is None else compact(task.error),
                    None if task.result is None else compact(task.result),
                    task.created_at,
                    task.finished_at,
                ),
            )
            self._charge(task.key_hash, task.task_type or task.operation, price, task.task_id, None)
            self._enter_clips(task.key_hash, task.task_id, clips)
            if refund:
                self._refund_task(task.task_id)

    def task(self, task_id: str, *, count: bool = False) -> Task | None:
        """A task by its id; `count` notes that somebody polled it."""
        row = self._db.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
        if row is not None and count:
            self._polls[task_id] += 1
        return None if row is None else read_task(row)

    def unfinished(self) -> list[Task]:
        """Tasks that an earlier run left unfinished, oldest first."""
        rows = self._db.execute("SELECT * FROM tasks WHERE state IN ('queued', 'working') ORDER BY created_at, rowid")
        return [read_task(row) for row in rows.fetchall()]

    def start(self, task_id: str, clips: Iterable[NewClip]) -> None:
        """A queued task shows its clips from now on. Called again after a crash it changes nothing."""
        with self._change() as db:
            row = db.execute("SELECT key_hash, state FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
            if row["state"] == "queued":
                db.execute("UPDATE tasks SET state = 'working' WHERE task_id = ?", (task_id,))
                self._enter_clips(row["key_hash"], task_id, clips)

    def finish(self, task_id: str, *, result: Facts | None = None, refund: bool = False) -> None:
        """The task is finished, with `result` as its answer when that is not a list of clips."""
        with self._change() as db:
            changed = db.execute(
                "UPDATE tasks SET state = 'done', result = ?, finished_at = ?"
                " WHERE task_id = ? AND state IN ('queued', 'working')",
                (None if result is None else compact(result), time.time(), task_id),
            ).rowcount
            if changed and refund:
                self._refund_task(task_id)

    def fail(self, task_id: str, error: Facts, *, refund: bool = True) -> bool:
        """The task failed, and its charge is returned or not. False when it had already ended."""
        with self._change() as db:
            changed = db.execute(
                "UPDATE tasks SET state = 'failed', error = ?, finished_at = ?"
                " WHERE task_id = ? AND state IN ('queued', 'working')",
                (compact(error), time.time(), task_id),
            ).rowcount
            if changed and refund:
                self._refund_task(task_id)
            return bool(changed)

    def _refund_task(self, task_id: str) -> None:
        rows = self._db.execute("SELECT id FROM charges WHERE task_id = ? AND refund_of IS NULL", (task_id,)).fetchall()
        for row in rows:
            self._refund(row["id"])

    # -- clips ------------------------------------------------------------------------------------------------

    def add_upload(self, key: str, clip: NewClip, *, operation: str | None, price: int) -> None:
        """Store an uploaded recording; charged only when `operation` is given. Raises TooFewCredits."""
        with self._change():
            self._open_account(key)
            if operation is not None:
                self._charge(key, operation, price, None, clip.clip_id)
            self._enter_clips(key, None, [clip])

    def _enter_clips(self, key: str, task_id: str | None, clips: Iterable[NewClip]) -> None:
        now = time.time()
        self._db.executemany(
            "INSERT INTO clips (clip_id, task_id, key_hash, position, role, state, facts, plan, score, seconds, error,"
            " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    clip.clip_id,
                    task_id,
                    key,
                    position,
                    clip.role,
                    clip.state,
                    compact(clip.facts),
                    compact(clip.plan),
                    None if clip.score is None else compact(clip.score),
                    clip.seconds,
                    clip.error,
                    now,
                )
                for position, clip in enumerate(clips)
            ],
        )

    def clip(self, clip_id: str, *, count: bool = False) -> Clip | None:
        """A clip by its id, whoever owns it; `count` notes that its file was fetched."""
        row = self._db.execute("SELECT * FROM clips WHERE clip_id = ?", (clip_id,)).fetchone()
        if row is not None and count:
            self._fetches[clip_id] += 1
        return None if row is None else read_clip(row)

    def clips_of(self, task_id: str) -> list[Clip]:
        """The clips of a task in their order."""
        rows = self._db.execute("SELECT * FROM clips WHERE task_id = ? ORDER BY position", (task_id,))
        return [read_clip(row) for row in rows.fetchall()]

    def set_clip(self, clip_id: str, state: str, *, seconds: float | None = None, error: str | None = None) -> None:
        """A clip's new state; its length once the file exists."""
        with self._change() as db:
            db.execute(
                "UPDATE clips SET state = ?, seconds = COALESCE(?, seconds), error = ? WHERE clip_id = ?",
                (state, seconds, error, clip_id),
            )

    def kill_links(self, clip_id: str) -> None:
        """Disable every link to this clip's file given out so far; the next poll gives fresh ones."""
        with self._change() as db:
            db.execute("UPDATE clips SET generation = generation + 1 WHERE clip_id = ?", (clip_id,))

    # -- personas and repeated asks -------------------------------------------------------------------------------

    def add_persona(self, key: str, persona_id: str, name: str, clip_id: str | None, price: int | None) -> None:
        """Store a singer; `price` is None when its task has already paid. Raises TooFewCredits."""
        with self._change() as db:
            if price is not None:
                self._charge(key, "persona", price, None, clip_id)
            db.execute(
                "INSERT OR IGNORE INTO personas (persona_id, key_hash, name, clip_id) VALUES (?, ?, ?, ?)",
                (persona_id, key, name, clip_id),
            )

    def has_persona(self, key: str, persona_id: str) -> bool:
        """Whether this key owns that singer."""
        row = self._db.execute("SELECT 1 FROM personas WHERE persona_id = ? AND key_hash = ?", (persona_id, key))
        return row.fetchone() is not None

    def personas_made(self, key: str) -> int:
        """How many singers this key has."""
        (count,) = self._db.execute("SELECT count(*) FROM personas WHERE key_hash = ?", (key,)).fetchone()
        return int(count)

    def ask(self, key: str, clip_id: str, what: str, price: int) -> tuple[int, float]:
        """Record another request for the same thing; only the first is charged.

        Returns the number of the request and the seconds since the first. Raises TooFewCredits, and then notes nothing.
        """
        now = time.time()
        with self._change() as db:
            row = db.execute(
                "SELECT calls, since FROM asks WHERE key_hash = ? AND clip_id = ? AND what = ?", (key, clip_id, what)
            ).fetchone()
            if row is None:
                self._charge(key, what.partition(":")[0], price, None, clip_id)
                db.execute("INSERT INTO asks VALUES (?, ?, ?, 1, ?)", (key, clip_id, what, now))
                return 1, 0.0
            db.execute(
                "UPDATE asks SET calls = calls + 1 WHERE key_hash = ? AND clip_id = ? AND what = ?",
                (key, clip_id, what),
            )
            return row["calls"] + 1, now - row["since"]

    def end_ask(self, key: str, clip_id: str, what: str) -> None:
        """The thing was delivered: requesting it again is a new purchase."""
        with self._change() as db:
            db.execute("DELETE FROM asks WHERE key_hash = ? AND clip_id = ? AND what = ?", (key, clip_id, what))

    # -- the truth for tests and doctors -----------------------------------------------------------------------------

    def report(self, key: str) -> Mapping[str, Any]:
        """All that the store holds about one key hash; see `control.py` for the shape."""
        with self._change():
            self._open_account(key)
        plan_credits, extra_credits = self.balance(key)
        charges = [
            dict(row) for row in self._db.execute("SELECT * FROM charges WHERE key_hash = ? ORDER BY id", (key,))
        ]
        refunded = {row["refund_of"] for row in charges if row["refund_of"] is not None}
        for row in charges:
            del row["key_hash"]
            row["refunded"] = row["id"] in refunded
        tasks = [
            _told(row) for row in self._db.execute("SELECT * FROM tasks WHERE key_hash = ? ORDER BY rowid", (key,))
        ]
        by_task: dict[str | None, list[Facts]] = {}
        for row in self._db.execute("SELECT * FROM clips WHERE key_hash = ? ORDER BY position", (key,)):
            by_task.setdefault(row["task_id"], []).append(
                {name: row[name] for name in ("clip_id", "role", "state", "seconds", "fetches")}
            )
        for told in tasks:
            told["clips"] = by_task.get(told["task_id"], [])
        return {
            "credits": plan_credits,
            "extra_credits": extra_credits,
            "spent": sum(row["credits"] for row in charges),
            "charges": charges,
            "tasks": tasks,
            "uploads": by_task.get(None, []),
        }


def _told(row: sqlite3.Row) -> Facts:
    names = ("task_id", "operation", "task_type", "state", "fate", "polls", "created_at", "finished_at")
    return {**{name: row[name] for name in names}, "body": json.loads(row["body"])}
