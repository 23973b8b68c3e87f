"""A deployment of its own for a test, and one that the tests of a module share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from http_world import HttpWorld, Replica
from sandbox_process import SandboxProcess


@pytest.fixture
def place(service: SandboxProcess, tmp_path: Path) -> Iterator[HttpWorld]:
    """A deployment that nobody uses yet."""
    fresh = HttpWorld(service, tmp_path)
    yield fresh
    fresh.close()


@pytest.fixture(scope="module")
def shared(service: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpWorld]:
    """A deployment for all tests of a module."""
    fresh = HttpWorld(service, tmp_path_factory.mktemp("deployment"))
    yield fresh
    fresh.close()


@pytest.fixture(scope="module")
def server(shared: HttpWorld) -> Iterator[Replica]:
    """Its one server process; a page and a name from elsewhere are let in."""
    with shared.replica(
        allowed_hosts="songs.internal,other.internal:99", allowed_origins="https://chat.example.org"
    ) as running:
        yield running
