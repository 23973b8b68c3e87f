"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import postgres
import pytest
import warm
from sandbox_process import SandboxProcess
from world import World

from songwright.server.files.downloads import Fetcher
from songwright.server.journal.postgres import PostgresStore
from songwright.server.journal.sqlite import SqliteStore, Store
from songwright.server.journal.write import Journal

warm.install()

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So it is where a shell runs the tests in the background, and every server that a test interrupts would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

TRUSTED = ssl.get_default_verify_paths().cafile
if TRUSTED is not None:
    # Nothing here speaks TLS, and every HTTP client would read more than a hundred certificates: one has to do.
    one, end = Path(TRUSTED).read_text(encoding="utf-8", errors="replace").partition("-----END CERTIFICATE-----")[:2]
    ONLY_ONE = tempfile.NamedTemporaryFile("w", suffix=".pem")  # noqa: SIM115 - it goes with the tests
    ONLY_ONE.write(f"{one}{end}\n")
    ONLY_ONE.flush()
    os.environ["SSL_CERT_FILE"] = ONLY_ONE.name
    os.environ.pop("SSL_CERT_DIR", None)

MEMORY = Path("/dev/shm")
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4 * 2**30:
    # No power is cut in a test, so nothing has to wait for a disk; a journal does, at every commit.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_unconfigure() -> None:
    warm.close()
    if TRUSTED is not None:
        ONLY_ONE.close()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop of every coroutine, also of those fixtures that several tests share."""
    return "asyncio"


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """The sandbox in its fast mode, as the service of many tests; each test has an account of its own."""
    with SandboxProcess(tmp_path_factory.mktemp("service"), fast=True) as running:
        yield running


@pytest.fixture
def world(service: SandboxProcess, tmp_path: Path) -> World:
    """A person's machine: empty library, empty journal, a fresh key."""
    return World(service, tmp_path)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A real PostgreSQL; each test has a database of its own."""
    with postgres.running() as server:
        yield server


@pytest.fixture
def database(postgres_server: postgres.Server) -> Iterator[postgres.Database]:
    """A database with empty tables."""
    with postgres_server.database() as lent:
        yield lent


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No settings of the person who runs the tests, and folders of the test's own."""
    for name in [name for name in os.environ if name.startswith("SONGWRIGHT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SONGWRIGHT_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("SONGWRIGHT_STATE_DIR", str(tmp_path / "state"))
    return tmp_path


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
def journal(store: Store) -> Journal:
    """The same, with what is asked of it."""
    return Journal(store, store.clock())


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """One that may fetch from this machine."""
    fetcher = Fetcher(loopback_ok=True)
    yield fetcher
    await fetcher.aclose()
