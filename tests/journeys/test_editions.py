"""The same tools at other brands and in other editions of their contract, and after their retirement."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from family_world import first, is_done, person
from mcp import Client
from sandbox_process import SandboxProcess
from world import World, said

from songwright import tools

pytestmark = pytest.mark.anyio

WORDS = "[Verse]\nthe boats come home tonight\n"
LYRICS = "the lanterns float along the river\n" * 10
TOOLSETS = "sonic,producer,nuro,riffusion"


@asynccontextmanager
async def at(tmp_path: Path, brand: str, **options: Any) -> AsyncIterator[tuple[World, Client]]:
    """Somebody's client at a brand, with a service that plays that brand."""
    with SandboxProcess(tmp_path / "service", fast=True, brand=brand, **options) as service:
        place = person(service, tmp_path, brand)
        async with place.client(confirm_above=1000, daily_credits=5000, toolsets=TOOLSETS) as client:
            yield place, client


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """The sentence of a call that is refused."""
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error, answer
    sentence: str = said(answer)["notice"]
    return sentence


async def test_lyria_is_told_what_to_do_and_the_person_what_it_ignores(tmp_path: Path) -> None:
    """docs.musicapi.ai since April 2026: own price, own fields, one model, and strengths without effect."""
    async with at(tmp_path, "musicapi", edition="lyria") as (place, client):
        asked = {"style": "dub reggae", "lyrics": WORDS, "weirdness": 0.9, "model": "FUZZ-1.1"}
        song = said(await client.call_tool("producer_create_song", asked))
        is_done(song, 1, ".m4a")
        assert song["credits"]["cost"] == 12
        assert place.charges()[0]["credits"] == 12
        assert "weirdness had no effect" in song["notice"]
        assert "every song is made by Lyria 3 Pro" in song["notice"]
        assert "2026-04" in song["notice"]
        again = said(await client.call_tool("producer_create_song", asked))
        assert "weirdness had no effect" in again["notice"]
        longer = {"clip_id": first(song), "style": "brass comes in", "seconds": 60}
        answer = said(await client.call_tool("producer_extend_song", longer))
        assert answer["status"] == "done"
        assert "notice" not in answer
        body = place.service.books(place.key)["tasks"][-1]["body"]
        assert (body["instruction"], body["length"], body["starts_at"]) == ("brass comes in", 60, 2.0)
        cover = said(await client.call_tool("producer_cover_song", {"clip_id": first(song), "style": "strings"}))
        assert cover["status"] == "done"
        end = {"clip_id": first(song), "start_seconds": 1, "style": "silence"}
        assert said(await client.call_tool("producer_replace_section", end))["status"] == "done"
        sentence = await refused(client, "producer_vary_song", clip_id=first(song))
        assert "no longer offers this. Nothing was charged. Use cover_song instead" in sentence


async def test_lyria_covers_an_upload_by_a_task_of_its_own(tmp_path: Path) -> None:
    async with at(tmp_path, "musicapi", edition="lyria") as (place, client):
        song = said(await client.call_tool("producer_create_song", {"style": "dub"}))
        link = f"{place.service.base_url}/files/{first(song)}.mp3"
        upload = said(await client.call_tool("producer_upload_audio", {"source": link}))
        await client.call_tool("producer_cover_song", {"clip_id": first(upload), "style": "strings"})
        assert place.service.books(place.key)["tasks"][-1]["body"]["task_type"] == "cover_upload_music"
        asked = {"clip_id": first(upload), "style": "x", "start_seconds": 1}
        assert "end_seconds is needed" in await refused(client, "producer_replace_section", **asked)


async def test_slim_still_makes_songs_and_names_sonic_for_the_rest(tmp_path: Path) -> None:
    """docs.aimusicapi.ai since mid-2026: a status above the clips, and 410 for everything but new songs."""
    async with at(tmp_path, "aimusicapi", edition="slim") as (place, client):
        song = said(await client.call_tool("producer_create_song", {"style": "dub", "lyrics_strength": 0.9}))
        is_done(song, 1, ".m4a")
        assert "lyrics_strength had no effect" in song["notice"]
        charged = len(place.charges())
        clip = {"clip_id": first(song), "style": "jazz", "lyrics": WORDS}
        for tool, instead in (
            ("producer_extend_song", "extend_song"),
            ("producer_cover_song", "cover_song"),
            ("producer_swap_vocals", "cover_song"),
            ("producer_swap_instrumental", "cover_song"),
        ):
            sentence = await refused(client, tool, **clip)
            assert "Nothing was charged" in sentence
            assert f"Use {instead}" in sentence
        assert len(place.charges()) == charged


async def test_slim_tells_why_a_song_failed(tmp_path: Path) -> None:
    """There is no status for it: a look answers 200 and says FAILED inside."""
    async with at(tmp_path, "aimusicapi", edition="slim") as (place, client):
        place.fault("producer_create", "fail_task")
        answer = await client.call_tool("producer_create_song", {"style": "doomed"})
        assert answer.is_error
        assert "failed upstream" in said(answer)["service_said"]


async def test_retired_families_are_asked_all_the_same_and_the_refusal_names_a_successor(tmp_path: Path) -> None:
    async with at(tmp_path, "aimusicapi", retired="nuro") as (place, client):
        assert "Use create_song" in await refused(client, "nuro_create_song", lyrics=LYRICS)
        assert "create_song or producer_create_song" in await refused(client, "nuro_create_instrumental", style="calm")
        assert place.charges() == []
        assert said(await client.call_tool("riffusion_describe_song", {"idea": "a sea"}))["status"] == "done"


@pytest.mark.parametrize(("brand", "cost"), [("aimusicapi", 10), ("musicapi", 12), ("sunoapi", 10)])
async def test_every_brand_asks_its_own_price_under_its_own_paths(tmp_path: Path, brand: str, cost: int) -> None:
    """Sonic is called suno at one of them; the other families have one name everywhere."""
    async with at(tmp_path, brand) as (place, client):
        answer = said(await client.call_tool("riffusion_describe_song", {"idea": "a sea"}))
        assert answer["credits"]["cost"] == cost
        assert [line["credits"] for line in place.charges()] == [cost]
        song = said(await client.call_tool("create_song", {"idea": "a sea"}))
        assert song["status"] == "done", song
        assert song["credits"]["cost"] == place.charges()[-1]["credits"]


async def test_a_restart_goes_on_with_a_song_of_every_family(tmp_path: Path) -> None:
    """Where a task is looked at and how it is read comes from the order on record, not from the process.

    The first server dies before its first look, which is after four seconds.
    """
    orders = {
        "producer_create_song": {"style": "dub"},
        "nuro_create_song": {"lyrics": LYRICS},
        "riffusion_describe_song": {"idea": "a sea"},
    }
    with SandboxProcess(tmp_path / "service", fast=True) as service:
        place = person(service, tmp_path, looks_at=4.0)
        async with place.client(wait_seconds=0, toolsets="all") as client:
            begun = [said(await client.call_tool(tool, asked))["job_id"] for tool, asked in orders.items()]
            while any(song["status"] != "running" for song in said(await client.call_tool("list_songs"))["songs"]):
                pass
            place.kill()
        async with place.client(toolsets="library") as client:
            for job_id in begun:
                answer = said(await client.call_tool("wait_for_song", {"job_id": job_id}))
                assert answer["status"] == "done", answer
        assert len(place.charges()) == len(begun)


def test_the_families_are_listed_only_where_they_are_asked_for() -> None:
    listed = tools.chosen(tools.DEFAULT_TOOLSETS)
    for family in ("producer", "nuro", "riffusion"):
        assert not set(tools.TOOLSETS[family]) & set(listed)
        assert set(tools.TOOLSETS[family]) <= set(tools.chosen([family]))
