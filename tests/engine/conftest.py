"""Where plans live, and which tests are for `make chaos` only."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "chaos: long; runs in `make chaos` only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "chaos" in (config.option.markexpr or ""):
        return
    spared = [item for item in items if item.get_closest_marker("chaos")]
    if spared:
        config.hook.pytest_deselected(items=spared)
        items[:] = [item for item in items if item not in spared]


@pytest.fixture
def folders() -> Iterator[Callable[[], Path]]:
    """New folders for plans, in memory where there is such a place: no power is cut here, so no disk is waited for."""
    root = Path(tempfile.mkdtemp(prefix="songwright-", dir=MEMORY if MEMORY.is_dir() else None))
    count = 0

    def new() -> Path:
        nonlocal count
        count += 1
        folder = root / str(count)
        folder.mkdir()
        return folder

    yield new
    shutil.rmtree(root, ignore_errors=True)
