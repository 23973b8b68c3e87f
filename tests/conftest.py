"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
from sandbox_process import SandboxProcess
from world import World


@pytest.fixture
def anyio_backend() -> str:
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
