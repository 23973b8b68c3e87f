"""A song becomes a project that other programs open at bar one: the sandbox composes, real readers look at it."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pysubs2
import pytest
import rpp
from family_world import Family, first
from lxml import etree
from mcp import Client
from numpy.typing import NDArray
from world import World, said

from songwright.server.files.studio.sound import decode

pytestmark = pytest.mark.anyio
FAMILY = Family("all", fast=False, person=World)

WORDS = "[Verse]\nthe boats come home tonight\nthe harbour holds its light\n[Chorus]\nhome, come home\n"
SONG = {"lyrics": WORDS, "style": "folk, 100 BPM, female voice", "title": "Boats", "seconds": 10}
SCHEMAS = Path(__file__).parent.parent / "files" / "studio" / "dawproject"


@pytest.fixture(scope="module")
async def song(client: Client) -> dict[str, Any]:
    return said(await client.call_tool("create_song", SONG))


@pytest.fixture(scope="module")
async def early(client: Client, song: dict[str, Any], place: World) -> dict[str, Any]:
    """The project before anything was bought for the song."""
    before = len(place.charges())
    answer = said(await client.call_tool("export_project", {"clip_id": first(song)}))
    assert len(place.charges()) == before
    return answer


@pytest.fixture(scope="module")
async def stems(client: Client, song: dict[str, Any], early: dict[str, Any]) -> dict[str, Any]:
    del early
    clip_id = first(song)
    stems = said(await client.call_tool("separate_stems", {"clip_id": clip_id}))
    for tool in ("get_midi", "get_bpm", "get_lyrics_timeline"):
        assert said(await client.call_tool(tool, {"clip_id": clip_id}))["status"] == "done"
    voice = next(clip["clip_id"] for clip in stems["clips"] if clip["part"] == "vocals")
    await client.call_tool("get_midi", {"clip_id": voice})
    return stems


@pytest.fixture(scope="module")
async def whole(client: Client, song: dict[str, Any], stems: dict[str, Any]) -> dict[str, Any]:
    """The project with everything that can be bought for it."""
    del stems
    return said(await client.call_tool("export_project", {"clip_id": first(song)}))


def xml_of(folder: Path) -> Any:
    """The project's XML, valid by the format's own schema."""
    (path,) = folder.glob("*.dawproject")
    with zipfile.ZipFile(path) as bundle:
        assert bundle.testzip() is None
        root = etree.parse(BytesIO(bundle.read("project.xml")))
        etree.XMLSchema(file=str(SCHEMAS / "Project.xsd")).assertValid(root)
        meta = etree.parse(BytesIO(bundle.read("metadata.xml")))
        etree.XMLSchema(file=str(SCHEMAS / "MetaData.xsd")).assertValid(meta)
        names = set(bundle.namelist())
    assert {file.get("path") for file in root.iter("File")} <= names
    return root


def sound_of(path: Path) -> NDArray[np.float32]:
    return decode(path, rate=44_100, channels=2)[0]


async def test_the_mix_alone_is_a_project_and_what_is_missing_has_a_price(early: dict[str, Any]) -> None:
    folder = Path(early["folder"])
    assert early["status"] == "done"
    assert [(track["name"], track.get("muted", False)) for track in early["tracks"]] == [("Mix", False)]
    calls = {row["call"].split("(")[0]: row["credits"] for row in early["missing"]}
    assert set(calls) == {"separate_stems", "get_midi", "get_bpm", "get_lyrics_timeline"}
    assert calls["get_bpm"] == 1
    assert "placeholder" in early["averages"][0]
    assert "placeholder" in (folder / "README.txt").read_text(encoding="utf-8")
    assert [clip.get("time") for clip in xml_of(folder).iter("Clip")] == ["0"]
    assert (folder / "lyrics").exists()


async def test_both_projects_hold_every_track_at_bar_one(whole: dict[str, Any]) -> None:
    folder = Path(whole["folder"])
    root = xml_of(folder)
    names = [track.get("name") for track in root.iter("Track")]
    assert names[:3] == ["Mix", "Vocals", "Instrumental"]
    assert names[-2:] == ["Lyrics", "Master"]
    assert root.find("Transport/Tempo").get("value") == "100"
    for audio in root.iter("Audio"):
        assert audio.getparent().get("time") == "0"
    project = rpp.loads((folder / "Boats (take 1).rpp").read_text(encoding="utf-8"))
    tracks = project.findall("TRACK")
    assert [track.find("NAME")[1] for track in tracks] == names[:-1]
    files = [Path(source.find("FILE")[1]) for source in project.findall(".//SOURCE") if source.attrib == ["WAVE"]]
    assert len(files) == 3
    for file in files:
        assert not file.is_absolute()
        assert (folder / file).is_file()
    assert {item.find("POSITION")[1] for track in tracks[:-1] for item in track.findall("ITEM")} == {"0"}
    assert [track.find("MUTESOLO")[1] for track in tracks[:3]] == ["1", "0", "0"]
    assert project.find("TEMPO")[1:] == ["100", "4", "4"]


async def test_markers_and_words_stand_at_the_seconds_of_the_timeline(
    client: Client, song: dict[str, Any], whole: dict[str, Any]
) -> None:
    told = said(await client.call_tool("get_lyrics_timeline", {"clip_id": first(song)}))
    folder = Path(whole["folder"])
    markers = [(marker.get("name"), float(marker.get("time"))) for marker in xml_of(folder).iter("Marker")]
    sections = [(section["section"], section["start"] * 100 / 60) for section in told["sections"]]
    assert [name for name, _ in markers] == [name for name, _ in sections]
    assert [at for _, at in markers] == pytest.approx([at for _, at in sections], abs=0.1)
    project = rpp.loads((folder / "Boats (take 1).rpp").read_text(encoding="utf-8"))
    rows = project.findall("MARKER")
    assert [row[3] for row in rows] == [name for name, _ in markers]
    assert [float(row[2]) * 100 / 60 for row in rows] == pytest.approx([at for _, at in markers], abs=0.001)
    lines = project.findall("TRACK")[-1].findall("ITEM")
    assert [float(line.find("POSITION")[1]) for line in lines] == pytest.approx(told["line_starts"], abs=0.06)
    assert lines[0].find("NOTES").children == ["|the boats come home tonight"]
    for ending in (".srt", ".ass", ".vtt"):
        (path,) = (folder / "lyrics").glob(f"*{ending}")
        assert len([event for event in pysubs2.load(str(path)) if not event.is_comment]) == told["lines"]


def remainder(mix: Path, *parts: Path) -> float:
    """What is left of a mix when its parts are taken away, in dB below the mix."""
    whole, *others = [decode(path, rate=44_100, channels=2)[0] for path in (mix, *parts)]
    length = min(map(len, [whole, *others]))
    assert max(map(len, [whole, *others])) - length < 64
    left = whole[:length] - sum(other[:length] for other in others)
    return float(10 * np.log10(np.mean(left**2) / np.mean(whole**2)))


async def test_stems_from_mp3_sum_to_the_mix_as_exactly_as_the_files_themselves(
    song: dict[str, Any], stems: dict[str, Any], whole: dict[str, Any]
) -> None:
    """MP3 codes the mix and each stem on its own, which leaves about -26 dB here."""
    audio = Path(whole["folder"]) / "audio"
    written = remainder(audio / "mix.wav", audio / "vocals.wav", audio / "instrumental.wav")
    bought = remainder(Path(song["clips"][0]["file"]), *(Path(clip["file"]) for clip in stems["clips"]))
    assert written == pytest.approx(bought, abs=0.1)
    assert written < -23
    assert any("Decoded from compressed files: Mix, Vocals, Instrumental" in said for said in whole["averages"])


async def test_midi_begins_with_bar_one_and_its_notes_are_heard_when_it_says(whole: dict[str, Any]) -> None:
    folder = Path(whole["folder"])
    (path,) = (folder / "midi").glob("*.mid")
    file = mido.MidiFile(path)
    tempi = [message.tempo for message in file.tracks[0] if message.type == "set_tempo"]
    assert tempi == [600_000]
    assert [message.text for message in file.tracks[0] if message.type == "marker"] == ["Verse", "Chorus"]
    assert file.length == pytest.approx(10, abs=2)
    voice = next(track for track in file.tracks if track.name == "Vocals (MIDI)")
    ticks = np.cumsum([message.time for message in voice])
    onsets = [
        float(tick) / file.ticks_per_beat * 0.6
        for tick, message in zip(ticks, voice, strict=True)
        if message.type == "note_on"
    ]
    sound = np.abs(sound_of(folder / "audio" / "vocals.wav")).max(axis=1)
    heard = int(np.argmax(sound > 0.05 * sound.max())) / 44_100
    assert onsets[0] == pytest.approx(heard, abs=0.15)
    root = xml_of(folder)
    (key,) = [track.get("id") for track in root.iter("Track") if track.get("name") == voice.name]
    in_project = [
        float(note.get("time")) * 0.6 for note in root.find(f"Arrangement/Lanes/Lanes[@track='{key}']").iter("Note")
    ]
    assert sorted(in_project) == pytest.approx(sorted(onsets), abs=0.002)


async def test_what_is_an_average_is_said_in_the_result_and_in_the_folder(whole: dict[str, Any]) -> None:
    assert "missing" not in whole
    assert any(re.search("One tempo for the whole song: 100 beats per minute", said) for said in whole["averages"])
    text = (Path(whole["folder"]) / "README.txt").read_text(encoding="utf-8")
    assert all(said in text for said in whole["averages"])


async def test_the_same_export_is_the_same_folder_and_work_in_it_is_never_touched(
    client: Client, song: dict[str, Any], early: dict[str, Any], whole: dict[str, Any]
) -> None:
    assert Path(early["folder"]).name == "Boats (take 1) project"
    assert Path(whole["folder"]).name == "Boats (take 1) project 2"
    assert (Path(early["folder"]) / "audio" / "mix.wav").exists()
    again = said(await client.call_tool("export_project", {"clip_id": first(song)}))
    assert again["folder"] == whole["folder"]
    assert "earlier export" in again["notice"]
    work = Path(whole["folder"]) / "Boats (take 1).rpp"
    work.write_text(work.read_text(encoding="utf-8").replace("MUTESOLO 1", "MUTESOLO 0"), encoding="utf-8")
    third = said(await client.call_tool("export_project", {"clip_id": first(song)}))
    assert Path(third["folder"]).name == "Boats (take 1) project 3"
    assert "MUTESOLO 1" not in work.read_text(encoding="utf-8")


async def test_an_order_of_two_takes_is_asked_which_one(client: Client, song: dict[str, Any]) -> None:
    answer = said(await client.call_tool("export_project", {"clip_id": song["job_id"]}))
    assert answer["status"] == "failed"
    assert all(clip["clip_id"] in answer["notice"] for clip in song["clips"])


async def test_a_stem_that_was_moved_away_is_named_and_the_mix_is_heard(
    client: Client, song: dict[str, Any], stems: dict[str, Any], whole: dict[str, Any]
) -> None:
    """Half of the stems are no song: then they are muted."""
    del whole
    voice = next(clip for clip in stems["clips"] if clip["part"] == "vocals")
    path = Path(voice["file"])
    away = path.rename(path.with_name("away.mp3"))
    try:
        answer = said(await client.call_tool("export_project", {"clip_id": first(song)}))
    finally:
        away.rename(path)
    assert "stem vocals" in answer["notice"]
    heard = [track["name"] for track in answer["tracks"] if track["holds"] == "audio" and not track.get("muted")]
    assert heard == ["Mix"]
