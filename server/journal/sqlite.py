"""The embedded database, and what every database of the journal can do. It knows rows, not jobs.

`Store` is the protocol; `SqliteStore` here is one file of one machine, `postgres.py` is for many replicas. Both run the
same migrations and the same named queries.

The file uses the rollback journal with full synchronisation, never the write-ahead log: several processes share it on
machines whose SQLite may still carry the log-reset bug (sqlite.org/wal.html), and a record of money must not rest on
that.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from ..core.clock import Clock, SystemClock
from ..core.errors import JournalTooNew, JournalUnavailable
from . import sql

MAJOR = 1
"""Increased when an older Songwright can no longer share a journal with a newer one."""

BUSY_SECONDS = 15.0
"""How long a transaction waits for another one before it gives up."""

log = logging.getLogger(__name__)

Row = Mapping[str, Any]
Ran = tuple[list[Row], int]
"""The rows of a query, and how many it touched."""
Run = Callable[[str, Mapping[str, Any]], Ran]

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL cannot store, and halves of surrogate pairs, which no encoding can represent."""


@cache
def queries() -> Mapping[str, str]:
    """Every named query, from all SQL files that are not migrations."""
    named: dict[str, str] = {}
    for file in files(sql).iterdir():
        if re.fullmatch(r"[a-z]\w*\.sql", file.name):
            parts = re.split(r"^-- name: (\w+)\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
            for name, body in zip(parts[1::2], parts[2::2], strict=True):
                if name in named:
                    raise ValueError(f"two queries are named {name}")
                named[name] = re.sub(r"^--.*\n", "", body, flags=re.MULTILINE).strip().rstrip(";")
    return named


@cache
def migrations() -> tuple[tuple[str, str], ...]:
    """Every migration, oldest first: name and text."""
    found = (f for f in files(sql).iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", f.name))
    return tuple((f.name, f.read_text(encoding="utf-8")) for f in sorted(found, key=lambda f: f.name))


class Tx:
    """What a transaction can do: run named queries.

    Foreign text may hold characters that no database stores. They become U+FFFD, in every database alike, so that a
    song with such a title can be journaled and two journals never differ.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def one(self, name: str, /, **values: Any) -> Row | None:
        """The first row, or None."""
        rows = self.all(name, **values)
        return rows[0] if rows else None

    def all(self, name: str, /, **values: Any) -> list[Row]:
        """Every row."""
        return self._run(queries()[name], _storable(values))[0]

    def do(self, name: str, /, **values: Any) -> int:
        """Run a change. Returns how many rows it touched."""
        return self._run(queries()[name], _storable(values))[1]


def _storable(values: Mapping[str, Any]) -> dict[str, Any]:
    return {n: _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", v) if isinstance(v, str) else v for n, v in values.items()}


def first(rows: Sequence[Row]) -> Row | None:
    """The first row, or None."""
    return rows[0] if rows else None


class Store(Protocol):
    """Where rows are kept: transactions that are on disk when they end, and notifications of what others wrote.

    Every method blocks, `clock` excepted; call them from a worker thread. Any failure to read or write is raised as
    `JournalUnavailable`.
    """

    def open(self) -> None:
        """Create or migrate the tables. Raises `JournalTooNew` or `JournalUnavailable`."""
        ...

    def close(self) -> None:
        """Release everything; a transaction under way still ends."""
        ...

    def transaction(self, key_id: str | None = None) -> AbstractContextManager[Tx]:
        """A write transaction: all of it is on disk after the block, or, on any error, nothing.

        Two transactions for one `key_id` run one after the other, and the second sees all that the first has written.
        Do not nest transactions.
        """
        ...

    def reading(self) -> AbstractContextManager[Tx]:
        """One consistent view; nothing can be written."""
        ...

    def rows(self, query: str, /, **values: Any) -> list[Row]:
        """The answer to one named query, without a transaction."""
        ...

    def listen(self, heard: Callable[[str], None]) -> bool:
        """Call `heard` with the key, from a thread, when another process has written for it; False where this is not
        supported. Notifications may be lost. The store must be open, and listens until it is closed.
        """
        ...

    def clock(self) -> Clock:
        """The time that all users of this store agree on."""
        ...


class SqliteStore:
    """One SQLite file, shared by every process of this person."""

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._busy = busy_seconds
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._closed = False

    def open(self) -> None:
        """Create or migrate the file. Raises `JournalTooNew` or `JournalUnavailable`."""
        with self._trouble("opened"):
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = self._connect()
            try:
                self._migrate(connection)
            finally:
                self._idle.put(connection)
            if sys.platform != "win32":
                self.path.chmod(0o600)

    def close(self) -> None:
        """Close every idle connection; one in use is closed when it comes back."""
        self._closed = True
        with contextlib.suppress(queue.Empty):
            while True:
                self._idle.get_nowait().close()

    @contextlib.contextmanager
    def transaction(self, key_id: str | None = None) -> Iterator[Tx]:
        """A write transaction; the file has one writer at a time, whatever the key."""
        del key_id
        with self._trouble("written"), self._borrowed() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Tx(_runner(connection))
                self._commit(connection)
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[Tx]:
        """One consistent view; nothing can be written."""
        with self._trouble("read"), self._borrowed() as connection:
            connection.execute("BEGIN")
            try:
                yield Tx(_runner(connection))
            finally:
                connection.execute("ROLLBACK")

    def rows(self, query: str, /, **values: Any) -> list[Row]:
        """The answer to one named query."""
        with self._trouble("read"), self._borrowed() as connection:
            return Tx(_runner(connection)).all(query, **values)

    def listen(self, heard: Callable[[str], None]) -> bool:
        """False: a file does not notify anyone of writes."""
        del heard
        return False

    def clock(self) -> Clock:
        """The machine's own time: all who share the file share the machine."""
        return SystemClock()

    def _commit(self, connection: sqlite3.Connection) -> None:
        connection.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=self._busy, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=TRUNCATE", "synchronous=FULL", "fullfsync=1", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection

    @contextlib.contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = self._connect()
        try:
            yield connection
        finally:
            if self._closed:
                connection.close()
            else:
                self._idle.put(connection)

    @contextlib.contextmanager
    def _trouble(self, what: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.DatabaseError, OSError) as error:
            if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
                raise
            raise JournalUnavailable(
                f"The journal {self.path} cannot be {what} ({error}). Songwright sends no new order until it can "
                f"record one. Existing records are safe. Free some disk space or close the program that holds the "
                f"file, then try again."
            ) from error

    def _migrate(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(MIGRATIONS_TABLE)
            applied = dict(connection.execute("SELECT name, major FROM migrations").fetchall())
            for name, statements in missing(applied, str(self.path), "SONGWRIGHT_STATE_DIR at another folder"):
                for statement in statements:
                    connection.execute(statement)
                connection.execute("INSERT INTO migrations (name, major) VALUES (?, ?)", (name, MAJOR))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _runner(connection: sqlite3.Connection) -> Run:
    def run(query: str, values: Mapping[str, Any]) -> Ran:
        cursor = connection.execute(query, values)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()], cursor.rowcount

    return run


MIGRATIONS_TABLE = "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, major INTEGER NOT NULL)"


def missing(applied: Mapping[str, int], journal: str, elsewhere: str) -> Iterator[tuple[str, Sequence[str]]]:
    """The migrations that a journal still needs: name and statements. Raises `JournalTooNew`."""
    if max(applied.values(), default=MAJOR) > MAJOR:
        raise JournalTooNew(
            f"The journal {journal} was written by a newer Songwright. Update this one, or point {elsewhere}."
        )
    for name, text in migrations():
        if name not in applied:
            # One by one: a script as a whole would be committed midway.
            plain = re.sub(r"^--.*$", "", text, flags=re.MULTILINE)
            yield name, [part.strip() for part in plain.split(";") if part.strip()]
            log.info("journal migrated: %s", name)
