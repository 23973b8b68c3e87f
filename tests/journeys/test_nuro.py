"""The nuro family through a real client: lengths that are kept, and what its refusals mean."""

from __future__ import annotations

from typing import Any

import pytest
from family_world import Family, first, is_done
from mcp import Client
from world import World, said

pytestmark = pytest.mark.anyio
FAMILY = Family("nuro", fast=False)

LINE = "the lanterns float along the river and I follow where they go\n"
SONG = {"lyrics": f"[verse]\n{LINE * 3}[chorus]\n{LINE * 3}", "genre": "Folk", "mood": "Chill", "title": "Lanterns"}


async def test_create_song_keeps_the_length_exactly_and_says_so(client: Client) -> None:
    asked = {**SONG, "seconds": 30, "vocal_gender": "male", "timbre": "Sweet"}
    answer = said(await client.call_tool("nuro_create_song", asked))
    is_done(answer, 1, ".wav")
    assert answer["clips"][0]["title"] == "Lanterns"
    assert answer["clips"][0]["seconds"] == 30
    assert "Asked for 30 seconds, made 30." in answer["notice"]
    assert answer["credits"]["cost"] == 10


async def test_a_classic_instrumental_takes_words_from_lists(client: Client, place: World) -> None:
    asked = {"style": "a calm morning", "seconds": 7, "instruments": ["piano", "flute"], "mood": ["calm"]}
    answer = said(await client.call_tool("nuro_create_instrumental", asked))
    is_done(answer, 1, ".wav")
    assert answer["clips"][0]["seconds"] == 7
    assert place.service.books(place.key)["tasks"][-1]["body"]["version"] == "v1.0"


async def test_a_structured_instrumental_is_as_long_as_its_segments_together(client: Client) -> None:
    segments = [{"name": "intro", "seconds": 6}, {"name": "chorus", "seconds": 15}, {"name": "outro", "seconds": 9}]
    answer = said(await client.call_tool("nuro_create_instrumental", {"style": "a chase", "segments": segments}))
    is_done(answer, 1, ".wav")
    assert answer["clips"][0]["seconds"] == 30
    assert "Asked for 30 seconds" in answer["notice"]


@pytest.mark.parametrize("words", ["queue full", "QPS limit exceeded"])
async def test_a_refusal_for_haste_is_tried_again_and_bought_once(client: Client, place: World, words: str) -> None:
    """This family answers 403 for a full queue and for a second's limit; nothing is charged for either."""
    refusal = {"status": 403, "body": {"type": "forbidden", "message": words}}
    place.fault("nuro_create", "refuse", **refusal)
    before = len(place.charges())
    answer = said(await client.call_tool("nuro_create_instrumental", {"style": words, "seconds": 2}))
    assert answer["status"] == "done", answer
    assert len(place.charges()) == before + 1


async def test_a_refusal_for_the_quota_is_final_and_costs_nothing(client: Client, place: World) -> None:
    refusal = {"status": 403, "body": {"type": "forbidden", "message": "usage limit exceeded"}}
    place.fault("nuro_create", "refuse", **refusal)
    answer = await client.call_tool("nuro_create_instrumental", {"style": "too much", "seconds": 2})
    assert answer.is_error
    assert "limit" in said(answer)["notice"]
    assert "Nothing was charged" in said(answer)["notice"]
    assert said(answer)["service_said"] == "usage limit exceeded"


async def test_a_failed_song_says_why(client: Client, place: World) -> None:
    place.fault("nuro_create", "fail_task")
    answer = await client.call_tool("nuro_create_instrumental", {"style": "doomed", "seconds": 2})
    assert answer.is_error
    assert said(answer)["service_said"]


async def test_a_song_is_found_again_by_its_words(client: Client, place: World) -> None:
    found: dict[str, Any]
    async with place.client(toolsets="library") as other:
        found = said(await other.call_tool("list_songs", {"words": "lanterns"}))
        whole = said(await other.call_tool("get_song", {"id": found["songs"][0]["clips"][0]}))
    assert found["songs"][0]["operation"] == "nuro_create_song"
    assert first(whole) == found["songs"][0]["clips"][0]
