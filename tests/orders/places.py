"""Where plans live: a folder for files, and the journal in it or in a database. Every proof runs on both."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from postgres import Database

from .fate import Fate
from .seams import FatefulFile, FatefulPostgres


@dataclass
class Place:
    """A journal and a folder, both empty at first."""

    folder: Path
    database: Database | None = None
    _reader: sqlite3.Connection | None = None

    @property
    def journal_path(self) -> Path:
        """The journal, where it is a file."""
        return self.folder / "journal.sqlite3"

    def store(self, fate: Fate, busy_seconds: float) -> FatefulFile | FatefulPostgres:
        """A process's own way to the journal."""
        if self.database is None:
            return FatefulFile(self.journal_path, fate, busy_seconds)
        return FatefulPostgres(self.database.url, fate, busy_seconds)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """What is in the journal, oldest first, read past all of our own code."""
        if self.database is not None:
            return self.database.rows(table)
        if self._reader is None:
            if not self.journal_path.exists():
                return []
            self._reader = sqlite3.connect(self.journal_path)
            self._reader.row_factory = sqlite3.Row
        return [dict(row) for row in self._reader.execute(f"SELECT * FROM {table} ORDER BY rowid")]

    @contextlib.contextmanager
    def held_by_another(self) -> Iterator[None]:
        """Another program keeps everybody from the journal."""
        if self.database is not None:
            with self.database.connect() as other, other.transaction():
                other.execute("LOCK TABLE jobs, limiter IN ACCESS EXCLUSIVE MODE")
                yield
            return
        with contextlib.closing(
            sqlite3.connect(self.journal_path, isolation_level=None, check_same_thread=False)
        ) as alone:
            alone.execute("BEGIN EXCLUSIVE")
            yield
            alone.execute("ROLLBACK")

    def close(self) -> None:
        """The plan is over: nothing of it stays."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if self.database is not None:
            self.database.give_back()
            self.database = None
        shutil.rmtree(self.folder, ignore_errors=True)


Places = Callable[[], Place]
CHAOS = pytest.mark.chaos


def on_both(names: Iterable[str], sqlite: Collection[str], postgres: Collection[str]) -> list[object]:
    """Parameters `places` and a name: each name on each database, those beyond a sample only in `make chaos`.

    What a database does to a plan is the same for every behaviour of the service, so PostgreSQL, which is slower to
    start anew, gets the smaller sample.
    """
    samples = (("sqlite", sqlite), ("postgres", postgres))
    every = list(names)
    return [
        pytest.param(kind, name, marks=() if name in sample else CHAOS) for kind, sample in samples for name in every
    ]
