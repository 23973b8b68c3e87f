"""The person of a family's journeys, and the client through which the whole module speaks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from family_world import Family
from mcp import Client
from sandbox_process import SandboxProcess
from world import World


@pytest.fixture(scope="module")
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Somebody with many credits, before a sandbox as the module's `FAMILY` wants it."""
    family: Family = request.module.FAMILY
    with SandboxProcess(tmp_path_factory.mktemp("service"), fast=family.fast, credits=5000) as service:
        yield family.person(service, tmp_path_factory.mktemp("person"))


@pytest.fixture(scope="module")
async def client(place: World, anyio_backend: str, request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    """Whose person is asked about no price."""
    del anyio_backend  # the module's event loop
    toolsets = request.module.FAMILY.toolsets
    async with place.client(confirm_above=1000, daily_credits=5000, toolsets=toolsets) as connected:
        yield connected
