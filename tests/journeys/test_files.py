"""Files that people move, delete and put on albums: one song, a real server, the sandbox as the service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from family_world import Family, first
from mcp import Client, MCPError
from mutagen.id3 import ID3
from world import World, said

from songwright.server.files.tags import read_tags

pytestmark = pytest.mark.anyio
FAMILY = Family("all", fast=True, person=World)

PERSIAN = "می\u200cخواهم \U0001f468\u200d\U0001f469\u200d\U0001f467"
WORDS = "[Verse]\nthe boats come home tonight\nthe harbour holds its light\n"
SONG = {"lyrics": WORDS, "style": "folk, warm, harp", "title": PERSIAN, "seconds": 10}


@pytest.fixture(scope="module")
async def song(client: Client) -> dict[str, Any]:
    """Two takes whose title needs its joiners."""
    return said(await client.call_tool("create_song", SONG))


async def facts(client: Client, clip_id: str) -> dict[str, Any]:
    return said(await client.call_tool("get_song", {"id": clip_id}))


async def test_a_title_with_joiners_survives_name_tag_and_search(client: Client, song: dict[str, Any]) -> None:
    for clip in song["clips"]:
        assert clip["title"] == PERSIAN
        assert Path(clip["file"]).name.startswith(f"{PERSIAN} (take ")
        assert str(ID3(clip["file"])["TIT2"]) == PERSIAN
    for words in ("میخواهم", "می\u200cخواهم", "\U0001f468\u200d\U0001f469\u200d\U0001f467"):
        (found,) = said(await client.call_tool("list_songs", {"words": words}))["songs"]
        assert (found["title"], found["job_id"]) == (PERSIAN, song["job_id"])


async def test_a_deleted_song_is_said_to_be_missing_and_fetched_again_free(
    client: Client, song: dict[str, Any], place: World
) -> None:
    file = Path(song["clips"][0]["file"])
    whole, charges = file.stat().st_size, place.charges()
    file.unlink()
    (listed,) = said(await client.call_tool("list_songs", {}))["songs"]
    assert (listed["missing"], listed.get("file")) == (str(file), None)
    told = said(await client.call_tool("wait_for_song", {"job_id": song["job_id"]}))
    assert (told["clips"][0]["missing"], told["clips"][1]["file"]) == (str(file), song["clips"][1]["file"])
    assert "get_song looks for it, free" in told["notice"]
    with pytest.raises(MCPError, match="moved or deleted"):
        await client.read_resource(f"song://clips/{first(song)}/audio")
    again = await facts(client, first(song))
    assert again["clips"][0]["file"] == str(file)
    assert "missing and fetched again, free" in again["notice"]
    assert (file.stat().st_size, read_tags(file).clip_id) == (whole, first(song))  # type: ignore[union-attr]
    assert place.charges() == charges


async def test_a_song_that_was_moved_inside_the_library_is_found_there(client: Client, song: dict[str, Any]) -> None:
    file = Path(song["clips"][1]["file"])
    moved = file.parent / "Favourites" / "the good one.mp3"
    moved.parent.mkdir()
    file.rename(moved)
    told = await facts(client, song["clips"][1]["clip_id"])
    assert told["clips"][0]["file"] == str(moved)
    assert "moved inside the library" in told["notice"]
    assert not file.exists()
    moved.rename(file)
    assert (await facts(client, song["clips"][1]["clip_id"]))["clips"][0]["file"] == str(file)


async def test_a_deleted_wav_comes_back_from_the_answer_that_was_paid_for(
    client: Client, song: dict[str, Any], place: World
) -> None:
    (wav,) = [
        Path(entry["file"]) for entry in said(await client.call_tool("get_wav", {"clip_id": first(song)}))["files"]
    ]
    charges = place.charges()
    for bring_back in (("get_wav", {"clip_id": first(song)}), ("get_song", {"id": first(song)})):
        wav.unlink()
        told = said(await client.call_tool(*bring_back))
        assert wav.read_bytes()[:4] == b"RIFF", told
        assert "fetched again, free" in told["notice"]
    assert place.charges() == charges


async def test_deleted_timed_lyrics_are_written_again_from_their_times(
    client: Client, song: dict[str, Any], place: World
) -> None:
    answer = said(await client.call_tool("get_lyrics_timeline", {"clip_id": first(song)}))
    said(await client.call_tool("get_bpm", {"clip_id": first(song)}))  # a newer answer, which has no file
    charges, files = place.charges(), [Path(entry["file"]) for entry in answer["files"]]
    assert files
    for file in files:
        file.unlink()
    Path(song["clips"][0]["file"]).unlink()
    told = await facts(client, first(song))
    assert all(file.exists() for file in files), told
    assert ID3(song["clips"][0]["file"]).getall("SYLT")
    assert place.charges() == charges


async def test_an_album_orders_songs_and_writes_its_list_beside_the_persons_own(
    client: Client, song: dict[str, Any], place: World
) -> None:
    own = place.library / "Albums" / "Night Boats.m3u8"
    own.parent.mkdir()
    own.write_text("mine")
    one, two = (clip["clip_id"] for clip in song["clips"])
    asked = {"name": "Night Boats", "clip_ids": [two, one], "artist": "Harbour"}
    album = said(await client.call_tool("make_album", asked))
    assert [track["clip_id"] for track in album["tracks"]] == [two, one]
    assert album["next_track"]["style"] == "folk, warm, harp"
    assert f'create_persona with clip_id "{two}"' in album["next_track"]["singer"]
    tags = [read_tags(Path(track["file"])) for track in album["tracks"]]
    assert [(tag.album, tag.album_artist, tag.artist, tag.track, tag.tracks) for tag in tags if tag] == [
        ("Night Boats", "Harbour", "Harbour", 1, 2),
        ("Night Boats", "Harbour", "Harbour", 2, 2),
    ]
    assert [tag.title for tag in tags if tag] == [f"{PERSIAN} (take 2)", f"{PERSIAN} (take 1)"]
    playlist = Path(album["playlist"])
    assert (playlist.name, own.read_text()) == ("Night Boats 2.m3u8", "mine")
    assert listed(playlist) == [Path(track["file"]) for track in album["tracks"]]
    again = said(await client.call_tool("make_album", {"name": "night  boats", "clip_ids": [one, two]}))
    assert (again["playlist"], again["artist"]) == (album["playlist"], "Harbour")
    assert listed(playlist) == [Path(track["file"]) for track in reversed(album["tracks"])]
    alone = said(await client.call_tool("make_album", {"name": "Night Boats", "clip_ids": [one]}))
    assert f"No longer on it: {two}" in alone["notice"]
    left = read_tags(Path(song["clips"][1]["file"]))
    assert left is not None
    assert (left.album, left.track, left.tracks, left.title) == (PERSIAN, 2, None, PERSIAN)
    shown = said(await client.call_tool("make_album", {"name": "Night Boats"}))
    assert [track["title"] for track in shown["tracks"]] == [PERSIAN]


async def test_an_album_of_unknown_clips_changes_nothing(client: Client, place: World) -> None:
    for asked in ({"name": "Another", "clip_ids": ["nobody"]}, {"name": "Another"}):
        refused = await client.call_tool("make_album", asked)
        assert refused.is_error
        assert "Nothing was changed" in said(refused)["notice"]
    assert not (place.library / "Albums" / "Another.m3u8").exists()


def listed(playlist: Path) -> list[Path]:
    """What a player finds: the paths of a list are relative to it."""
    lines = playlist.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    return [(playlist.parent / line).resolve() for line in lines if not line.startswith("#")]


async def test_stems_come_as_wav_in_the_same_order_and_only_those_that_came_are_charged(
    client: Client, song: dict[str, Any], place: World
) -> None:
    before = len(place.charges())
    answer = said(await client.call_tool("separate_stems", {"clip_id": first(song), "format": "wav"}))
    assert answer["status"] == "done", answer
    folder = Path(song["clips"][0]["file"]).with_suffix("")
    whose = {file["clip_id"]: Path(file["file"]) for file in answer["files"] if file["kind"] == "wav"}
    assert whose == {clip["clip_id"]: Path(clip["file"]).with_suffix(".wav") for clip in answer["clips"]}
    waves = set(whose.values())
    assert {wave.parent for wave in waves} == {folder}
    assert all(wave.read_bytes()[:4] == b"RIFF" for wave in waves)
    assert answer["credits"]["cost"] == 20 + len(waves)
    charged = [line["operation"] for line in place.charges()[before:]]
    assert sorted(charged) == ["stems_basic", *["wav"] * len(waves)]


async def test_a_dead_link_is_replaced_by_the_services_fresh_one(
    client: Client, song: dict[str, Any], place: World
) -> None:
    file = Path(song["clips"][0]["file"])
    file.unlink()
    place.fault("file", "dead_link")
    assert (await facts(client, first(song)))["clips"][0]["file"] == str(file)
    assert file.exists()


async def test_what_the_service_has_no_more_is_said_with_the_price_of_another_way(
    client: Client, song: dict[str, Any], place: World
) -> None:
    """The order stays fulfilled and the rest stays here; once the service has the file again, it comes back."""
    file, charges = Path(song["clips"][0]["file"]), place.charges()
    file.unlink()
    place.fault("file", "dead_link", times=None)
    told = await facts(client, first(song))
    assert (told["status"], told["clips"][0]["missing"]) == ("done", str(file))
    assert "the service does not give it again at present" in told["notice"]
    assert "download_clip buys it for 2 credits." in told["notice"]
    place.may_end()
    assert (await facts(client, first(song)))["clips"][0]["file"] == str(file)
    assert place.charges() == charges
