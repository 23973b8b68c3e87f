"""The embedded database: connections, transactions, migrations, named queries. It knows rows, not jobs.

The rollback journal with full synchronisation, never the write-ahead log: several processes share this file on machines
whose SQLite may still carry the log-reset bug (sqlite.org/wal.html), and a record of money must not rest on that.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import re
import sqlite3
import sys
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from . import sql
from .errors import JournalTooNew, JournalUnavailable

MAJOR = 1
"""Raised when an older Songwright could no longer work beside a newer one on the same file."""

BUSY_SECONDS = 15.0

log = logging.getLogger(__name__)

Row = Mapping[str, Any]


@cache
def queries() -> Mapping[str, str]:
    """Every named query of `queries.sql`."""
    text = files(sql).joinpath("queries.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)
    named = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {name: re.sub(r"^--.*\n", "", body, flags=re.MULTILINE).strip().rstrip(";") for name, body in named.items()}


@cache
def migrations() -> tuple[tuple[str, str], ...]:
    """Every migration, oldest first: name and text."""
    found = (f for f in files(sql).iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", f.name))
    return tuple((f.name, f.read_text(encoding="utf-8")) for f in sorted(found, key=lambda f: f.name))


class Tx:
    """What can be done inside one transaction: run named queries."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def one(self, name: str, /, **values: Any) -> Row | None:
        """The first row, or None."""
        rows = self.all(name, **values)
        return rows[0] if rows else None

    def all(self, name: str, /, **values: Any) -> list[Row]:
        """Every row."""
        cursor = self._connection.execute(queries()[name], values)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def do(self, name: str, /, **values: Any) -> int:
        """Run a change; how many rows it touched."""
        return self._connection.execute(queries()[name], values).rowcount


class Store:
    """One SQLite file, shared by every process of this person."""

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._busy = busy_seconds
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._watch: sqlite3.Connection | None = None
        self._lock = threading.Lock()
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
        with self._lock:
            if self._watch is not None:
                self._watch.close()
                self._watch = None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Tx]:
        """A write transaction: all of it is on disk after the block, or, on any error, nothing."""
        with self._trouble("written"), self._borrowed() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Tx(connection)
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
                yield Tx(connection)
            finally:
                connection.execute("ROLLBACK")

    def version(self) -> int:
        """A number that changes when another connection has committed; costs microseconds."""
        with self._trouble("read"), self._lock:
            if self._watch is None:
                self._watch = self._connect()
            return int(self._watch.execute("PRAGMA data_version").fetchone()[0])

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
                f"The journal {self.path} cannot be {what} ({error}). Nothing is sent while an order cannot be written "
                "down. Free some disk space or close the program that holds the file, then try again."
            ) from error

    def _migrate(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, major INTEGER NOT NULL)")
            applied = dict(connection.execute("SELECT name, major FROM migrations").fetchall())
            if max(applied.values(), default=MAJOR) > MAJOR:
                raise JournalTooNew(
                    f"The journal {self.path} was written by a newer Songwright. Update this one, or point "
                    "SONGWRIGHT_STATE_DIR at another folder."
                )
            for name, text in migrations():
                if name not in applied:
                    for statement in _statements(text):
                        connection.execute(statement)
                    connection.execute("INSERT INTO migrations (name, major) VALUES (?, ?)", (name, MAJOR))
                    log.info("journal migrated: %s", name)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _statements(text: str) -> list[str]:
    """A migration's statements; `executescript` would commit between them."""
    plain = re.sub(r"^--.*$", "", text, flags=re.MULTILINE)
    return [part.strip() for part in plain.split(";") if part.strip()]
