"""What several tests of the server's parts share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from songwright.server.files.downloads import Fetcher
from songwright.server.journal.postgres import PostgresStore
from songwright.server.journal.sqlite import SqliteStore, Store


@pytest.fixture
def without_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the person who runs the tests."""
    monkeypatch.setenv("SONGWRIGHT_CONFIG", str(tmp_path / "config.toml"))


@pytest.fixture(params=["sqlite", "postgres"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Ways to one and the same journal, closed at the end."""
    lent = request.getfixturevalue("database") if request.param == "postgres" else None
    opened: list[Store] = []

    def new() -> Store:
        path = tmp_path / "journal.sqlite3"
        opened.append(SqliteStore(path) if lent is None else PostgresStore(lent.url))
        opened[-1].open()
        return opened[-1]

    yield new
    for store in opened:
        store.close()


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    """An empty journal in each database."""
    return new_store()


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """One that may fetch from this machine."""
    fetcher = Fetcher(loopback_ok=True)
    yield fetcher
    await fetcher.aclose()
