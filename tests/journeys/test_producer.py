"""One journey per operation of the producer family: a real client, a real server, the sandbox really composing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from family_world import Family, facts_of, first, is_done, seconds_of
from mcp import Client
from world import World, said

pytestmark = pytest.mark.anyio
FAMILY = Family("all", fast=False)

WORDS = "[Verse]\nthe boats come home tonight\nthe harbour holds its light\n[Chorus]\nhome, come home\n"
SONG = {"style": "folk, 100 BPM, female voice", "lyrics": WORDS, "title": "Boats"}


@pytest.fixture(scope="module")
async def song(client: Client) -> dict[str, Any]:
    """The song that everything else is done to."""
    return said(await client.call_tool("producer_create_song", SONG))


@pytest.fixture(scope="module")
async def upload(client: Client, song: dict[str, Any], place: World) -> str:
    """A recording of the person's own: here the song's own file under its public link."""
    link = f"{place.service.base_url}/files/{first(song)}.mp3"
    return first(said(await client.call_tool("producer_upload_audio", {"source": link})))


async def test_create_song_makes_one_m4a_for_its_own_price(client: Client, song: dict[str, Any]) -> None:
    is_done(song, 1, ".m4a")
    assert song["credits"]["cost"] == 10
    assert song["clips"][0]["style"] == SONG["style"]
    assert "notice" not in song
    assert (await facts_of(client, first(song)))["model"] == "FUZZ-2.0"


async def test_extend_song_goes_on_from_the_end_unless_told_otherwise(client: Client, song: dict[str, Any]) -> None:
    """The service's own default is second 30, which nobody means."""
    answer = said(await client.call_tool("producer_extend_song", {"clip_id": first(song), "lyrics": "[Outro]\nbye"}))
    is_done(answer, 1, ".m4a")
    assert answer["clips"][0]["seconds"] > song["clips"][0]["seconds"] + 3
    assert (await facts_of(client, first(answer)))["sources"] == {"extends": [first(song)]}


async def test_extend_song_says_that_a_length_has_no_effect_here(client: Client, song: dict[str, Any]) -> None:
    asked = {"clip_id": first(song), "style": "folk", "continue_at": 5, "seconds": 10}
    answer = said(await client.call_tool("producer_extend_song", asked))
    assert "seconds had no effect" in answer["notice"]


async def test_cover_song_keeps_the_words_and_changes_the_band(client: Client, song: dict[str, Any]) -> None:
    asked = {"clip_id": first(song), "style": "jazz trio", "cover_strength": 0.8}
    answer = said(await client.call_tool("producer_cover_song", asked))
    is_done(answer, 1, ".m4a")
    assert answer["clips"][0]["style"] == "jazz trio"
    assert "cover" in Path(answer["clips"][0]["file"]).name
    assert (await facts_of(client, first(answer)))["sources"] == {"covers": [first(song)]}


async def test_replace_section_keeps_the_length(client: Client, song: dict[str, Any]) -> None:
    asked = {"clip_id": first(song), "start_seconds": 4, "end_seconds": 8, "lyrics": "the ships are gone"}
    answer = said(await client.call_tool("producer_replace_section", asked))
    is_done(answer, 1, ".m4a")
    assert answer["clips"][0]["seconds"] == pytest.approx(song["clips"][0]["seconds"], abs=0.3)


@pytest.mark.parametrize(
    ("tool", "relation"),
    [("producer_swap_vocals", "new vocals for"), ("producer_swap_instrumental", "new band for")],
)
async def test_a_swap_takes_the_songs_own_words_unless_given_others(
    client: Client, song: dict[str, Any], place: World, tool: str, relation: str
) -> None:
    answer = said(await client.call_tool(tool, {"clip_id": first(song), "style": "blues, male voice"}))
    is_done(answer, 1, ".m4a")
    assert (await facts_of(client, first(answer)))["sources"] == {relation: [first(song)]}
    assert place.service.books(place.key)["tasks"][-1]["body"]["lyrics"].strip() == WORDS.strip()


async def test_vary_song_needs_nothing_but_the_song(client: Client, song: dict[str, Any]) -> None:
    is_done(said(await client.call_tool("producer_vary_song", {"clip_id": first(song)})), 1, ".m4a")


async def test_upload_audio_makes_a_clip_for_the_other_tools(client: Client, upload: str) -> None:
    answer = said(await client.call_tool("producer_cover_song", {"clip_id": upload, "style": "rock"}))
    is_done(answer, 1, ".m4a")


@pytest.mark.parametrize(("kind", "magic"), [("mp3", (b"ID3", b"\xff\xfb")), ("wav", (b"RIFF",))])
async def test_download_clip_puts_another_format_beside_the_song(
    client: Client, song: dict[str, Any], kind: str, magic: tuple[bytes, ...]
) -> None:
    answer = said(await client.call_tool("producer_download_clip", {"clip_id": first(song), "format": kind}))
    assert answer["status"] == "done", answer
    assert answer["credits"]["cost"] == 2
    (file,) = [Path(entry["file"]) for entry in answer["files"]]
    assert file.read_bytes().startswith(magic)
    assert file.with_suffix(".m4a").exists()
    assert seconds_of(str(file)) == pytest.approx(song["clips"][0]["seconds"], abs=0.2)


async def test_a_clip_of_another_family_is_refused_before_anything_is_sent(client: Client, place: World) -> None:
    made = said(await client.call_tool("create_song", {"idea": "the sea", "seconds": 10}))
    asked = {"clip_id": first(made), "style": "jazz"}
    before = len(place.charges())
    refused = await client.call_tool("producer_cover_song", asked)
    assert refused.is_error
    assert "clip of sonic" in said(refused)["notice"]
    assert "producer_upload_audio" in said(refused)["notice"]
    assert len(place.charges()) == before
