"""The same service under other names: other paths, other spellings of models, other prices."""

from __future__ import annotations

from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from world import World, said

pytestmark = pytest.mark.anyio

SONG = {"lyrics": "[Verse]\nthe boats come home", "style": "folk", "title": "Boats"}


@pytest.mark.parametrize(
    ("brand", "model", "cost"),
    [("musicapi", "sonic-v6", 20), ("sunoapi", "chirp-v6", 10), ("aimusicapi", "sonic-v6", 14)],
)
async def test_each_brand_is_spoken_to_in_its_own_words(tmp_path: Path, brand: str, model: str, cost: int) -> None:
    with SandboxProcess(tmp_path / "service", fast=True, brand=brand) as service:
        (tmp_path / "person").mkdir()
        world = World(service, tmp_path / "person", brand)
        async with world.client() as client:
            song = said(await client.call_tool("create_song", SONG))
        assert song["status"] == "done"
        assert song["credits"]["cost"] == cost
        assert [charge["credits"] for charge in world.charges()] == [cost]
        (task,) = service.books(world.key)["tasks"]
        assert task["body"]["mv"] == model


async def test_an_address_that_nobody_has_priced_always_asks(world: World) -> None:
    """Nobody knows what it costs, so nobody may spend it unasked."""
    (world.config / "catalogue.toml").write_text("")
    async with world.client(wait_seconds=0) as client:
        offer = said(await client.call_tool("create_song", SONG))
        assert offer["status"] == "needs_confirmation"
        assert "an unknown number of credits" in offer["notice"]
        assert world.charges() == []
        song = said(await client.call_tool("create_song", {**SONG, "quote": offer["quote"]}))
    assert song["status"] in ("done", "working", "streaming")
