"""One journey per operation of the riffusion family, which is deprecated, on stand-ins of two seconds."""

from __future__ import annotations

from typing import Any

import pytest
from family_world import Family, first, is_done
from mcp import Client
from world import World, said

pytestmark = pytest.mark.anyio
FAMILY = Family("riffusion", fast=True)

WORDS = "[Verse]\nsalt in the air\n[Chorus]\nout past the pier\n"
SONG = {"style": "surf rock", "lyrics": WORDS, "title": "Pier"}


@pytest.fixture(scope="module")
async def song(client: Client) -> dict[str, Any]:
    """The song that everything else is done to."""
    return said(await client.call_tool("riffusion_create_song", SONG))


def last_body(place: World) -> dict[str, Any]:
    body: dict[str, Any] = place.service.books(place.key)["tasks"][-1]["body"]
    return body


async def test_create_song_makes_two_takes(song: dict[str, Any]) -> None:
    is_done(song, 2, ".m4a")
    assert song["credits"]["cost"] == 10


async def test_a_chat_answer_is_not_bought_unless_it_is_forced(client: Client, place: World) -> None:
    before = len(place.service.books(place.key)["tasks"])
    asked = {**SONG, "lyrics": f"Sure! Here is your song:\n\n{WORDS}\nWould you like me to change the chorus?"}
    refused = await client.call_tool("riffusion_create_song", asked)
    assert refused.is_error
    assert "force: true" in said(refused)["notice"]
    assert len(place.service.books(place.key)["tasks"]) == before
    forced = said(await client.call_tool("riffusion_create_song", {**asked, "force": True}))
    assert any("[F8]" in warning for warning in forced["preflight"])
    assert last_body(place)["lyrics"] == asked["lyrics"]


async def test_describe_song_lets_the_service_write_the_words(client: Client, place: World) -> None:
    is_done(said(await client.call_tool("riffusion_describe_song", {"idea": "a lullaby"})), 2, ".m4a")
    assert last_body(place) == {"custom_mode": False, "mv": "FUZZ-1.1 Pro", "prompt": "a lullaby"}


async def test_extend_song_goes_on_from_the_last_whole_second(
    client: Client, song: dict[str, Any], place: World
) -> None:
    asked = {"clip_id": first(song), "style": "surf rock", "lyrics": "[Outro]\nbye"}
    answer = said(await client.call_tool("riffusion_extend_song", asked))
    is_done(answer, 2, ".m4a")
    assert last_body(place)["continue_at"] == int(song["clips"][0]["seconds"])


@pytest.mark.parametrize(
    ("tool", "task_type"),
    [
        ("riffusion_cover_song", "cover_music"),
        ("riffusion_swap_sound", "swap_music_sound"),
        ("riffusion_swap_vocals", "swap_music_vocals"),
    ],
)
async def test_a_song_is_reworked_with_its_own_words(
    client: Client, song: dict[str, Any], place: World, tool: str, task_type: str
) -> None:
    is_done(said(await client.call_tool(tool, {"clip_id": first(song), "style": "jazz"})), 2, ".m4a")
    body = last_body(place)
    assert (body["task_type"], body["lyrics"].strip()) == (task_type, WORDS.strip())


async def test_a_section_is_replaced_once_the_person_agreed_although_nothing_is_dear_here(
    client: Client, song: dict[str, Any], place: World
) -> None:
    asked = {"clip_id": first(song), "style": "jazz", "lyrics": WORDS, "start_seconds": 0.5, "end_seconds": 1.5}
    question = said(await client.call_tool("riffusion_replace_section", asked))
    assert question["status"] == "needs_confirmation"
    assert "infers" in question["notice"]
    assert "Spend 10 credits" in question["notice"]
    answer = said(await client.call_tool("riffusion_replace_section", {**asked, "quote": question["quote"]}))
    is_done(answer, 2, ".m4a")
    assert "inferred" in answer["notice"]
    assert (last_body(place)["starts"], last_body(place)["ends"]) == (0.5, 1.5)


async def test_an_upload_takes_the_variants_for_uploads(client: Client, song: dict[str, Any], place: World) -> None:
    link = f"{place.service.base_url}/files/{first(song)}.mp3"
    upload = said(await client.call_tool("riffusion_upload_audio", {"source": link}))
    assert upload["credits"]["cost"] == 2
    asked = {"clip_id": first(upload), "style": "rock", "lyrics": WORDS}
    is_done(said(await client.call_tool("riffusion_cover_song", asked)), 2, ".m4a")
    assert last_body(place)["task_type"] == "cover_upload_music"
