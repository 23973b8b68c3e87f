"""One journey per operation of the sonic family: a real client, a real server, the sandbox really composing.

Songs are short, so that the whole file is quick; lengths, counts, ids, states, files and lineage are looked at, not
the music itself.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import mido
import pytest
from family_world import Family, facts_of, first, seconds_of
from mcp import Client
from mutagen.id3 import ID3
from world import World, said

pytestmark = pytest.mark.anyio
FAMILY = Family("all", fast=False, person=World)

WORDS = "[Verse]\nthe boats come home tonight\nthe harbour holds its light\n[Chorus]\nhome, come home\n"
SONG = {"lyrics": WORDS, "style": "folk, 100 BPM, female voice", "title": "Boats", "seconds": 12}


@pytest.fixture(scope="module")
async def song(client: Client) -> dict[str, Any]:
    """The song that everything else is done to."""
    return said(await client.call_tool("create_song", SONG))


@pytest.fixture(scope="module")
async def upload(client: Client, song: dict[str, Any], place: World) -> str:
    """A recording of the person's own, uploaded from a public link: here the first take's own file."""
    link = await _link_of(place, song["clips"][0]["clip_id"])
    uploaded = said(await client.call_tool("upload_audio", {"source": link}))
    clip_id: str = uploaded["clips"][0]["clip_id"]
    return clip_id


async def _link_of(place: World, clip_id: str) -> str:
    return f"{place.service.base_url}/files/{clip_id}.mp3"


@contextmanager
def served(file: Path) -> Iterator[str]:
    """A link to a recording that stands somewhere else than at the service."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(file.parent))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/{quote(file.name)}"
        finally:
            server.shutdown()
            thread.join()


def is_done(answer: dict[str, Any], clips: int) -> None:
    assert answer["status"] == "done", answer
    assert len(answer["clips"]) == clips
    for clip in answer["clips"]:
        assert Path(clip["file"]).exists()
        assert seconds_of(clip["file"]) == pytest.approx(clip["seconds"], abs=0.3)
        assert str(ID3(clip["file"])["TXXX:SONGWRIGHT_CLIP_ID"]) == clip["clip_id"]


async def test_create_song_keeps_near_the_asked_length(song: dict[str, Any]) -> None:
    is_done(song, 2)
    assert song["clips"][0]["seconds"] == pytest.approx(12, abs=1)


async def test_extend_song_alone_is_only_the_new_part(client: Client, song: dict[str, Any]) -> None:
    asked = {"source": first(song), "lyrics": "[Verse]\nmore of the sea", "seconds": 10}
    answer = said(await client.call_tool("extend_song", asked))
    is_done(answer, 2)
    assert answer["clips"][0]["seconds"] == pytest.approx(10, abs=1)
    assert answer["credits"]["cost"] == 10
    assert "extension" in Path(answer["clips"][0]["file"]).name
    assert (await facts_of(client, first(answer)))["sources"] == {"extends": [first(song)]}


async def test_extend_song_as_a_whole_joins_both_takes_for_the_sum(client: Client, song: dict[str, Any]) -> None:
    asked = {"source": first(song), "lyrics": "[Outro]\ngood night", "seconds": 10, "whole_song": True}
    answer = said(await client.call_tool("extend_song", asked))
    is_done(answer, 2)
    for clip in answer["clips"]:
        assert clip["seconds"] == pytest.approx(22, abs=2)
    assert answer["credits"]["cost"] == 10 + 2 * 2
    names = [Path(clip["file"]).name for clip in answer["clips"]]
    assert ["take 1" in names[0], "take 2" in names[1]] == [True, True]


async def test_concat_song_joins_an_extension_with_its_source(client: Client, song: dict[str, Any]) -> None:
    part = said(await client.call_tool("extend_song", {"source": first(song), "idea": "the sea", "seconds": 11}))
    answer = said(await client.call_tool("concat_song", {"clip_id": first(part)}))
    is_done(answer, 1)
    assert answer["clips"][0]["seconds"] == pytest.approx(23, abs=2)
    assert answer["credits"]["cost"] == 2


async def test_cover_song_keeps_the_song_and_changes_the_band(client: Client, song: dict[str, Any]) -> None:
    answer = said(await client.call_tool("cover_song", {"source": first(song), "style": "jazz trio", "lyrics": WORDS}))
    is_done(answer, 2)
    assert answer["clips"][0]["style"] == "jazz trio"
    assert (await facts_of(client, first(answer)))["sources"] == {"covers": [first(song)]}


async def test_cover_song_of_a_link_uploads_on_the_way(client: Client, song: dict[str, Any]) -> None:
    with served(Path(song["clips"][1]["file"])) as link:
        answer = said(await client.call_tool("cover_song", {"source": link, "style": "synthwave", "idea": "night"}))
    assert answer["status"] == "done"
    songs = [clip for clip in answer["clips"] if clip.get("part") != "upload"]
    assert len(songs) == 2
    assert len(answer["clips"]) == 3


async def test_cover_song_of_the_link_of_ones_own_clip_uploads_nothing(
    client: Client, song: dict[str, Any], place: World
) -> None:
    own = song["clips"][1]["clip_id"]
    link = await _link_of(place, own)
    answer = said(await client.call_tool("cover_song", {"source": link, "style": "synthwave", "idea": "night"}))
    is_done(answer, 2)
    assert (await facts_of(client, first(answer)))["sources"] == {"covers": [own]}


async def test_upload_audio_makes_a_clip_that_takes_the_upload_variants(
    client: Client, upload: str, place: World
) -> None:
    """The person never has to say that it was uploaded: the plain task would be refused."""
    answer = said(await client.call_tool("extend_song", {"source": upload, "idea": "the sea", "seconds": 10}))
    is_done(answer, 2)
    bodies = [task["body"] for task in place.service.books(place.key)["tasks"]]
    assert {"extend_upload_music", "create_music"} <= {body.get("task_type") for body in bodies}


async def test_create_persona_and_a_song_in_its_voice(client: Client, song: dict[str, Any]) -> None:
    persona = said(await client.call_tool("create_persona", {"name": "Ana", "clip_id": first(song)}))
    assert persona["status"] == "done"
    assert persona["credits"]["cost"] == 1
    asked = {**SONG, "title": "Ana sings", "persona_id": persona["persona_id"]}
    answer = said(await client.call_tool("create_song", asked))
    is_done(answer, 2)
    assert answer["credits"]["cost"] == 10


async def test_create_voice_from_a_recording(client: Client, song: dict[str, Any], place: World) -> None:
    answer = said(await client.call_tool("create_voice", {"source": await _link_of(place, first(song))}))
    assert answer["status"] == "done"
    assert answer["persona_id"]


async def test_sample_song_builds_on_a_stretch(client: Client, song: dict[str, Any]) -> None:
    asked = {"source": first(song), "start_seconds": 4, "end_seconds": 10, "style": "hip-hop", "lyrics": WORDS}
    is_done(said(await client.call_tool("sample_song", asked)), 2)


async def test_mashup_songs_mixes_two(client: Client, song: dict[str, Any]) -> None:
    ids = [clip["clip_id"] for clip in song["clips"]]
    answer = said(await client.call_tool("mashup_songs", {"clip_ids": ids, "idea": "both at once"}))
    is_done(answer, 2)
    assert (await facts_of(client, first(answer)))["sources"] == {"mixes": ids}


async def test_remaster_song_keeps_the_length(client: Client, song: dict[str, Any]) -> None:
    answer = said(await client.call_tool("remaster_song", {"clip_id": first(song), "strength": "high"}))
    assert answer["status"] == "done"
    assert answer["clips"][0]["seconds"] == pytest.approx(song["clips"][0]["seconds"], abs=0.2)


async def test_replace_section_gives_the_new_part_or_the_whole_song(client: Client, song: dict[str, Any]) -> None:
    asked = {"clip_id": first(song), "start_seconds": 4, "end_seconds": 8, "lyrics": "the ships are gone"}
    part = said(await client.call_tool("replace_section", asked))
    assert part["status"] == "done"
    whole = said(await client.call_tool("replace_section", {**asked, "whole_song": True}))
    assert whole["status"] == "done"
    assert "part" not in whole["clips"][0]
    assert whole["clips"][0]["seconds"] == pytest.approx(song["clips"][0]["seconds"], abs=0.3)


async def test_add_vocals_sings_over_an_upload(client: Client, upload: str) -> None:
    answer = said(await client.call_tool("add_vocals", {"clip_id": upload, "lyrics": WORDS, "style": "folk"}))
    assert answer["status"] == "done"
    assert answer["clips"]


async def test_add_instrumental_accompanies_an_upload(client: Client, upload: str) -> None:
    answer = said(await client.call_tool("add_instrumental", {"clip_id": upload, "style": "string quartet"}))
    assert answer["status"] == "done"
    assert answer["clips"]


@pytest.mark.parametrize(("parts", "least", "cost"), [("basic", 2, 20), ("full", 3, 50)])
async def test_separate_stems_go_into_a_folder_named_after_song_and_take(
    client: Client, song: dict[str, Any], parts: str, least: int, cost: int
) -> None:
    answer = said(await client.call_tool("separate_stems", {"clip_id": first(song), "parts": parts}))
    assert answer["status"] == "done"
    assert len(answer["clips"]) >= least
    assert answer["credits"]["cost"] == cost
    for clip in answer["clips"]:
        assert Path(clip["file"]).parent.name == Path(song["clips"][0]["file"]).stem == "Boats (take 1)"
        assert Path(clip["file"]).name.startswith(f"Boats (take 1, {clip['part']})")
    assert (await facts_of(client, first(answer)))["sources"] == {"stem of": [first(song)]}


async def test_two_candidate_sets_of_stems_are_named_and_saved_apart(
    client: Client, song: dict[str, Any], place: World
) -> None:
    """A full separation of the service's may bring 24 files: twice the same parts, which do not add up together."""
    place.fault("stems_full", "two_sets")
    asked = {"clip_id": song["clips"][1]["clip_id"], "parts": "full"}
    answer = said(await client.call_tool("separate_stems", asked))
    parts = {clip["part"]: Path(clip["file"]).name for clip in answer["clips"]}
    assert len(parts) == len(answer["clips"])
    names = [part.removeprefix("set 1, ") for part in parts if part.startswith("set 1, ")]
    assert set(parts) == {f"set {number}, {name}" for number in (1, 2) for name in names}
    assert all(file.startswith(f"Boats (take 2, {part})") for part, file in parts.items())


async def test_get_wav_puts_a_wav_beside_the_take(client: Client, song: dict[str, Any]) -> None:
    answer = said(await client.call_tool("get_wav", {"clip_id": first(song)}))
    (file,) = [Path(entry["file"]) for entry in answer["files"]]
    assert file.read_bytes()[:4] == b"RIFF"
    assert file.with_suffix(".mp3").exists()
    assert seconds_of(str(file)) == pytest.approx(song["clips"][0]["seconds"], abs=0.1)


async def test_get_midi_asks_until_the_file_is_there(client: Client, song: dict[str, Any], place: World) -> None:
    """The service answers the first calls with "not ready"; they are free here, and the person waits once."""
    answer = said(await client.call_tool("get_midi", {"clip_id": first(song)}))
    (file,) = [entry["file"] for entry in answer["files"]]
    assert sum(message.type == "note_on" for track in mido.MidiFile(file).tracks for message in track) > 10
    charges = [line for line in place.charges() if line["operation"] == "midi"]
    assert len(charges) == 1


async def test_get_bpm_is_told_and_kept_in_the_tags(client: Client, song: dict[str, Any], place: World) -> None:
    answer = said(await client.call_tool("get_bpm", {"clip_id": first(song)}))
    assert answer["bpm"] == pytest.approx(100, abs=1)
    assert str(ID3(song["clips"][0]["file"])["TBPM"]) == "100"
    again = said(await client.call_tool("get_bpm", {"clip_id": first(song)}))
    assert again["replayed"] is True
    assert again["bpm"] == answer["bpm"]
    assert len([line for line in place.charges() if line["operation"] == "bpm"]) == 1


async def test_get_vox_names_a_stretch_of_voice(client: Client, song: dict[str, Any]) -> None:
    asked = {"clip_id": first(song), "start_seconds": 2, "end_seconds": 10}
    assert said(await client.call_tool("get_vox", asked))["vox_audio_id"]


async def test_get_lyrics_timeline_writes_timed_lyrics(client: Client, song: dict[str, Any]) -> None:
    answer = said(await client.call_tool("get_lyrics_timeline", {"clip_id": first(song)}))
    files = {entry["kind"]: Path(entry["file"]) for entry in answer["files"]}
    assert {path.suffix for path in files.values()} == {".ass", ".lrc", ".srt", ".vtt"}
    assert {path.stem for path in files.values()} == {Path(song["clips"][0]["file"]).stem}
    assert re.search(r"the .*<\d\d:\d\d:\d\d\.\d{3}>boats", files["subtitles"].read_text(encoding="utf-8"))
    lines = files["lyrics"].read_text(encoding="utf-8").splitlines()
    assert any(
        re.fullmatch(r"\[\d\d:\d\d\.\d\d\]<.*>the <.*>boats <.*>come <.*>home <.*>tonight<.*>", line) for line in lines
    )
    assert "[ti:Boats]" in lines
    assert ID3(song["clips"][0]["file"]).getall("SYLT")


async def test_what_was_added_to_a_clip_can_be_read(client: Client, song: dict[str, Any]) -> None:
    """Timed lyrics and notes are resources beside the audio."""
    clip_id = song["clips"][1]["clip_id"]
    await client.call_tool("get_lyrics_timeline", {"clip_id": clip_id})
    await client.call_tool("get_midi", {"clip_id": clip_id})
    timed = (await client.read_resource(f"song://clips/{clip_id}/timeline")).contents[0]
    assert "boats" in timed.text  # type: ignore[union-attr]
    notes = (await client.read_resource(f"song://clips/{clip_id}/midi")).contents[0]
    assert b64decode(notes.blob)[:4] == b"MThd"  # type: ignore[union-attr]


async def test_a_file_too_large_for_an_answer_is_read_as_the_place_where_it_is(
    client: Client, song: dict[str, Any]
) -> None:
    clip = song["clips"][1]
    path = Path(clip["file"])
    was = path.read_bytes()
    path.write_bytes(was.ljust(9_000_000, b"\0"))
    try:
        found = (await client.read_resource(clip["resource"])).contents[0]
    finally:
        path.write_bytes(was)
    assert found.mime_type == "application/json"
    told = json.loads(found.text)  # type: ignore[union-attr]
    assert told == {"notice": told["notice"], "bytes": 9_000_000, "file": clip["file"]}
    assert "9.0 MB, more than an answer holds" in told["notice"]


async def test_enhance_style_returns_a_richer_style(client: Client) -> None:
    answer = said(await client.call_tool("enhance_style", {"style": "folk, sad"}))
    assert len(answer["style"]) > len("folk, sad")


async def test_download_clip_brings_every_asked_format(client: Client, song: dict[str, Any]) -> None:
    asked = {"clip_id": song["clips"][1]["clip_id"], "formats": ["m4a", "wav"]}
    answer = said(await client.call_tool("download_clip", asked))
    assert {entry["kind"] for entry in answer["files"]} == {"m4a", "wav"}
    for entry in answer["files"]:
        assert seconds_of(entry["file"]) == pytest.approx(song["clips"][1]["seconds"], abs=0.3)


async def test_an_mp3_that_was_bought_lies_beside_the_songs_own_mp3(client: Client, song: dict[str, Any]) -> None:
    clip = song["clips"][0]
    own = Path(clip["file"])
    before = own.read_bytes()
    answer = said(await client.call_tool("download_clip", {"clip_id": clip["clip_id"], "formats": ["mp3"]}))
    (bought,) = answer["files"]
    assert Path(bought["file"]).name == f"{own.stem[:-1]}, download).mp3"
    assert own.read_bytes() == before


async def test_generate_lyrics_returns_two_versions(client: Client) -> None:
    answer = said(await client.call_tool("generate_lyrics", {"idea": "a boat that comes home"}))
    assert len(answer["versions"]) == 2
    assert all(version["lyrics"] for version in answer["versions"])


async def test_an_order_and_each_of_its_takes_say_which_model_made_them(client: Client, song: dict[str, Any]) -> None:
    for wanted in (song["job_id"], first(song)):
        told = said(await client.call_tool("get_song", {"id": wanted}))
        assert (told["operation"], told["model"]) == ("create_song", "sonic-v6")
        assert all(row["seconds"] > 0 for row in told["clips"])


async def test_a_singer_is_found_again(client: Client, song: dict[str, Any]) -> None:
    """In another chat nobody has the id any more."""
    made = said(await client.call_tool("create_persona", {"name": "Odessa", "clip_id": first(song)}))
    (row,) = said(await client.call_tool("list_songs", {"words": "Odessa", "everything": True}))["songs"]
    assert (row["operation"], row["cost"]) == ("create_persona", 1)
    again = said(await client.call_tool("get_song", {"id": row["job_id"]}))
    assert (again["persona_id"], again["name"]) == (made["persona_id"], "Odessa")


async def test_get_song_tells_what_is_sung_when_asked(client: Client, song: dict[str, Any]) -> None:
    """Words that the service wrote are nowhere else for an assistant that reads no resources."""
    plain = said(await client.call_tool("get_song", {"id": song["job_id"]}))
    assert not any("lyrics" in row for row in plain["clips"])
    one, two = said(await client.call_tool("get_song", {"id": song["job_id"], "lyrics": True}))["clips"]
    assert "boats come home tonight" in one["lyrics"]
    assert "lyrics" not in two  # the takes share them


async def test_get_song_adopts_a_task_made_elsewhere(client: Client, place: World) -> None:
    """Somebody ordered with the same key on the website: its id is enough, and costs nothing here."""
    import httpx2

    body = {"custom_mode": False, "mv": "sonic-v6", "gpt_description_prompt": "a march", "duration": 10}
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {place.key}"}) as outside:
        made = (await outside.post(f"{place.service.base_url}/api/v1/sonic/create", json=body)).json()
    answer = said(await client.call_tool("get_song", {"id": made["task_id"]}))
    is_done(answer, 2)
    assert answer["credits"]["cost"] == 0
    nothing = await client.call_tool("get_song", {"id": "no-such-thing"})
    assert nothing.is_error
    assert "list_songs" in said(nothing)["notice"]


async def test_resources_show_what_was_made_and_ids_complete(client: Client, song: dict[str, Any]) -> None:
    from mcp_types import ResourceTemplateReference

    complete = partial(client.complete, ResourceTemplateReference(uri="song://clips/{clip_id}"))
    found = await complete({"name": "clip_id", "value": first(song)[:6]})
    assert first(song) in found.completion.values
    page = (await client.read_resource("song://library")).contents[0]
    assert "Boats" in page.text  # type: ignore[union-attr]
