"""What goes into a project, and what is said of the rest: in this process, over records of what was bought."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from desk import ACCOUNT, Desk, client
from world import said

from songwright import tools
from songwright.server.core.jobs import Clip, Job, SavedFile, State
from songwright.server.core.operation import Finish, Purchase, Request
from songwright.server.files.studio.sound import decode, encode
from songwright.server.journal.write import Change, Order
from songwright.server.orders.caller import Caller, Front

pytestmark = pytest.mark.anyio
WORDS = {
    "alignment": [
        {"word": "[Verse]\nla ", "start_s": 0.0, "end_s": 0.05},
        {"word": "la", "start_s": 0.05, "end_s": 0.1},
    ]
}


class Shelf:
    """A desk with songs that sound: each clip of an order is a tenth of a second of noise in the library."""

    def __init__(self, folder: Path, wait_seconds: float = 60.0) -> None:
        self.desk = Desk(folder, wait_seconds=wait_seconds)
        self.library = folder / "library"
        self.library.mkdir()

    def bought(self, tool: str, *names: str, answer: Any = None, **arguments: Any) -> Job:
        """A finished order with a clip of each name, or with this answer."""
        order = tools.load(tool).model_validate(arguments)
        assert isinstance(order, Purchase)
        asked = Order(ACCOUNT, order, Request("POST", "/x", {}), 1, order.search_words(), None, again=True)
        job = self.desk.journal.ask(asked).job
        assert job is not None
        assert self.desk.journal.claim(ACCOUNT.key_id, 0.0, 0.0) is not None
        if order.finish is Finish.POLLED:
            got = self.desk.journal.bought(job.id, f"task-{job.id}", 0.0, "test")
        else:
            got = self.desk.journal.bought_at_once(job.id, {"data": answer or {}})
        assert got is not None
        clips = [
            Clip(f"{job.id}-{at}", job.id, at, part=name or None, title="Boats", lyrics="[Verse]\nla", seconds=0.1)
            for at, name in enumerate(names, 1)
        ]
        done = self.desk.journal.move(got, Change(State.DONE, answer={"data": answer or {}}), clips)
        assert done is not None
        for clip in clips:
            path = self.library / f"{clip.clip_id}.wav"
            encode(path, "wav", [np.zeros((800, 1), np.float32)], 8000, 1)
            self.desk.journal.put_file(done, SavedFile(clip.clip_id, "audio", path.name, 9, "00"))
            if sources := order.sources():
                self.desk.journal.put_lineage(done, clip.clip_id, sources)
        return done

    async def export(self, clip_id: str) -> dict[str, Any]:
        async with client(self.desk) as connected:
            return said(await connected.call_tool("export_project", {"clip_id": clip_id}))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
def song(shelf: Shelf) -> str:
    return f"{shelf.bought('create_song', '', idea='boats').id}-1"


def heard(answer: dict[str, Any]) -> dict[str, bool]:
    return {row["name"]: "muted" not in row for row in answer["tracks"] if row["holds"] == "audio"}


async def test_one_set_of_the_finest_split_is_heard_and_the_rest_is_there_to_compare(shelf: Shelf, song: str) -> None:
    shelf.bought("separate_stems", "vocals", "instrumental", clip_id=song)
    shelf.bought("separate_stems", "old drums", clip_id=song, parts="full")
    shelf.bought("separate_stems", "set 1, drums", "set 1, bass", "set 2, drums", clip_id=song, parts="full")
    answer = await shelf.export(song)
    assert heard(answer) == {
        "Mix": False,
        "Drums": True,
        "Bass": True,
        "Set 2, drums": False,
        "Basic split, vocals": False,
        "Basic split, instrumental": False,
    }
    assert "separate_stems" not in str(answer["missing"])


async def test_stems_that_make_the_song_still_make_it_in_the_project(shelf: Shelf, song: str) -> None:
    """To the last of 24 bits: sound from WAV files goes through unchanged."""
    stems = shelf.bought("separate_stems", "vocals", "instrumental", clip_id=song)
    noise = np.random.default_rng(1)
    voice, band = (noise.uniform(-0.4, 0.4, (44_100, 2)).astype(np.float32) for _ in range(2))
    for name, sound in ((song, voice + band), (f"{stems.id}-1", voice), (f"{stems.id}-2", band)):
        encode(shelf.library / f"{name}.wav", "wav", [sound], 44_100, 2)
    audio = Path((await shelf.export(song))["folder"]) / "audio"
    mix, one, two = (decode(audio / f"{name}.wav")[0] for name in ("mix", "vocals", "instrumental"))
    assert mix.shape == voice.shape
    assert float(np.abs(mix - one - two).max()) < 3 / (1 << 23)


async def test_without_all_of_its_stems_the_song_itself_is_heard(shelf: Shelf, song: str) -> None:
    stems = shelf.bought("separate_stems", "vocals", "instrumental", clip_id=song)
    (shelf.library / f"{stems.id}-2.wav").unlink()
    answer = await shelf.export(song)
    assert heard(answer) == {"Mix": True, "Vocals": False}
    assert "stem instrumental" in answer["notice"]


async def test_a_stem_leads_to_the_project_of_its_song_and_nothing_is_offered_twice(shelf: Shelf, song: str) -> None:
    stems = shelf.bought("separate_stems", "vocals", "instrumental", clip_id=song)
    answer = await shelf.export(f"{stems.id}-1")
    assert heard(answer) == {"Mix": False, "Vocals": True, "Instrumental": True}
    assert f"{stems.id}" not in str(answer["missing"])
    assert answer["folder"] == (await shelf.export(song))["folder"]


async def test_who_gets_links_is_told_which_project_opens_without_its_folder(shelf: Shelf, song: str) -> None:
    mine = await shelf.desk.caller()
    front = Front(lambda path: {"url": f"https://songs.example/{path.suffix}"}, lambda _: None)
    shelf.desk._caller = Caller(mine.runner, mine.library, mine.account, mine.limits, front)
    answer = await shelf.export(song)
    assert [file["kind"] for file in answer["files"]] == ["dawproject", "reaper", "text"]
    assert "folder" not in answer
    assert "Open the dawproject: everything is inside." in answer["notice"]


async def test_notes_that_cannot_be_read_are_named(shelf: Shelf, song: str) -> None:
    (shelf.library / "a.mid").write_bytes(b"MThd, or so it says")
    job = shelf.bought("get_midi", clip_id=song)
    shelf.desk.journal.put_file(job, SavedFile(song, "midi", "a.mid", 9, "00"))
    answer = await shelf.export(song)
    assert "MIDI of the song" in answer["notice"]
    assert answer["tracks"] == [{"name": "Mix", "holds": "audio"}]


async def test_the_tempo_is_called_an_average_with_how_far_the_song_strays(shelf: Shelf, song: str) -> None:
    shelf.bought("get_bpm", clip_id=song, answer={"avg_bpm": 98.5, "min_bpm": 92.0, "max_bpm": 104.0})
    shelf.desk.journal.set_bpm(ACCOUNT, song, 98.5)
    answer = await shelf.export(song)
    assert answer["bpm"] == 98.5
    assert answer["averages"][0] == (
        "One tempo for the whole song: 98.5 beats per minute is its average. It was measured between 92 and 104, so "
        "bars drift from the music."
    )


async def test_what_is_bought_while_a_project_is_made_is_in_the_next_answer(tmp_path: Path) -> None:
    """An assistant that would not wait calls again, and is not told of what there was before."""
    shelf = Shelf(tmp_path, wait_seconds=0.0)
    song = f"{shelf.bought('create_song', '', idea='boats').id}-1"
    assert (await shelf.export(song))["status"] == "working"
    shelf.bought("get_bpm", clip_id=song, answer={"avg_bpm": 98.5})
    shelf.desk.journal.set_bpm(ACCOUNT, song, 98.5)
    answer = await shelf.export(song)
    while answer["status"] == "working":
        answer = await shelf.export(song)
    assert answer["bpm"] == 98.5
    assert "get_bpm" not in str(answer["missing"])


async def test_timed_lyrics_bought_from_an_older_songwright_get_the_formats_they_lack(shelf: Shelf, song: str) -> None:
    job = shelf.bought("get_lyrics_timeline", clip_id=song, answer=WORDS)
    (shelf.library / "Boats.lrc").write_text("[00:00.00]la la\n")
    shelf.desk.journal.put_file(job, SavedFile(song, "lyrics", "Boats.lrc", 9, "00"))
    answer = await shelf.export(song)
    assert "get_lyrics_timeline" not in str(answer["missing"])
    kinds = {file.kind for file in shelf.desk.journal.files(ACCOUNT, song)}
    assert kinds == {"audio", "lyrics", "srt", "subtitles", "karaoke"}
    assert (shelf.library / "Boats.lrc").read_text() == "[00:00.00]la la\n"
    assert {"name": "Lyrics", "holds": "lyrics"} in answer["tracks"]


async def test_nothing_is_offered_that_the_engine_of_a_song_does_not_have(shelf: Shelf) -> None:
    job = shelf.bought("riffusion_create_song", "", lyrics="[Verse]\nla", style="folk")
    answer = await shelf.export(f"{job.id}-1")
    assert answer["status"] == "done"
    assert "missing" not in answer
    assert "no stems" in answer["notice"]


async def test_the_missing_extra_is_named_before_anything_is_made(
    shelf: Shelf, song: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mido", None)
    answer = await shelf.export(song)
    assert answer["status"] == "failed"
    assert 'pip install "songwright[studio]"' in answer["notice"]
    assert [path.suffix for path in shelf.library.iterdir()] == [".wav"]


async def test_a_song_that_was_moved_away_is_told_and_nothing_is_left_behind(shelf: Shelf, song: str) -> None:
    (shelf.library / f"{song}.wav").unlink()
    answer = await shelf.export(song)
    assert answer["status"] == "failed"
    assert "moved or deleted" in answer["notice"]
    assert list(shelf.library.iterdir()) == []


async def test_takes_of_a_long_title_keep_apart(shelf: Shelf) -> None:
    title = "Night after night " * 8
    job = shelf.bought("create_song", "", "", idea="boats")
    clips = [replace(clip, title=title, label=f"take {clip.take}") for clip in shelf.desk.journal.clips(job.id)]
    shelf.desk.journal.put_clips(job, clips)
    folders = [Path((await shelf.export(clip.clip_id))["folder"]).name for clip in clips]
    assert [name[-17:] for name in folders] == [" (take 1) project", " (take 2) project"]


async def test_a_project_that_would_fill_the_disk_is_refused_with_its_size(
    shelf: Shelf, song: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(100, 99, 1))
    answer = await shelf.export(song)
    assert answer["status"] == "failed"
    assert "MB are free" in answer["notice"]
    assert [path.suffix for path in shelf.library.iterdir()] == [".wav"]
