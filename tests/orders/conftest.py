"""Where plans live, and which tests are for `make chaos` only."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import anyio.to_thread
import pytest
from postgres import Server
from sandbox_process import SandboxProcess

from .gated import directly
from .places import Place, Places

MEMORY = Path("/dev/shm")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "chaos" in (config.option.markexpr or ""):
        return
    spared = [item for item in items if item.get_closest_marker("chaos")]
    if spared:
        config.hook.pytest_deselected(items=spared)
        items[:] = [item for item in items if item not in spared]


@pytest.fixture
def sandbox(service: SandboxProcess) -> SandboxProcess:
    """The service before which a plan is run, where it is not the one on paper; each plan has a key of its own."""
    return service


@pytest.fixture
def without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocking work is done on the loop: a plan is thousands of transactions, and most of it is changing threads.

    Not for plans in which another process acts in the middle of a transaction.
    """
    monkeypatch.setattr(anyio.to_thread, "run_sync", directly)


@pytest.fixture(params=["sqlite", "postgres"])
def places(request: pytest.FixtureRequest) -> Iterator[Places]:
    """New places for plans, in memory where there is such a place: no power is cut here, so no disk is waited for."""
    server: Server | None = request.getfixturevalue("postgres_server") if request.param == "postgres" else None
    root = Path(tempfile.mkdtemp(prefix="songwright-", dir=MEMORY if MEMORY.is_dir() else None))
    made: list[Place] = []

    def new() -> Place:
        folder = root / str(len(made))
        folder.mkdir()
        made.append(Place(folder, None if server is None else server.lend()))
        return made[-1]

    yield new
    for place in made:
        place.close()
    shutil.rmtree(root, ignore_errors=True)
