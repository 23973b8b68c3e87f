"""Videos as a person's assistant asks for them: what they show, what they say, and what stays when they are cut off."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from desk import ACCOUNT, Desk
from desk import client as connected
from mcp import Client
from waiting import PATIENCE, soon
from world import said

from songwright.server.core.jobs import SavedFile
from songwright.server.files.studio import sound
from songwright.server.orders import video
from songwright.server.orders.workshop import Stopped, Work
from songwright.tools.studio.make_video import MakeVideo

pytestmark = pytest.mark.anyio

SHORT = 0.6


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, wait_seconds=PATIENCE)


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[Client]:
    async with connected(desk, name="vscode") as found:
        yield found


def song(desk: Desk, tool: str = "create_song") -> str:
    """A finished song whose sound is in the library."""
    job = desk.put(tool, "done")
    place = desk.settings.library / "Songs"
    place.mkdir(parents=True)
    tone = (np.sin(np.arange(round(SHORT * 44_100)) / 50)[:, None] / 3).astype(np.float32)
    sound.encode(place / "Song (take 1).wav", "wav", [tone], 44_100, 1)
    desk.journal.put_file(job, SavedFile(f"{job.id}-1", "audio", "Songs/Song (take 1).wav", 9, "00"))
    return f"{job.id}-1"


async def made(client: Client, **arguments: Any) -> dict[str, Any]:
    """The result, however often it has to be asked for."""
    while (told := said(await client.call_tool("make_video", {"format": "1:1", **arguments})))["status"] == "working":
        assert "again, with the same arguments" in told["next"]
    return told


def left(desk: Desk) -> list[str]:
    return sorted(path.name for path in desk.settings.library.rglob("*") if path.is_file())


async def test_without_timed_words_it_says_what_they_cost_and_shows_them_once_they_are_there(
    desk: Desk, client: Client
) -> None:
    clip_id = song(desk)
    plain = await made(client, clip_id=clip_id)
    assert (plain["status"], plain["lines"], plain["width"], plain["height"]) == ("done", 0, 720, 720)
    assert f"get_lyrics_timeline(clip_id='{clip_id}') would time them for 1 credit." in plain["notice"]
    (first,) = plain["files"]
    assert Path(first["file"]).name == "Song (take 1) (lyric 1x1).mp4"
    assert Path(first["file"]).parent.name == "Songs", "beside the song"
    orders = len(desk.orders())
    again = await made(client, clip_id=clip_id)
    assert again["files"] == plain["files"], "the same video is one file"
    assert len(desk.orders()) == orders, "nothing is bought unasked"
    desk.put("get_lyrics_timeline", "done", clip_id=clip_id)
    sung = await made(client, clip_id=clip_id)
    assert sung["lines"] > 0
    assert "notice" not in sung
    assert Path(sung["files"][0]["file"]).name == "Song (take 1) (lyric 1x1) 2.mp4", "the older one stays"
    about = said(await client.call_tool("get_song", {"id": clip_id}))
    assert {"kind": "video lyric 1:1", "file": sung["files"][0]["file"]} in about["files"]


async def test_words_that_are_timed_while_a_video_is_made_are_in_the_next_answer(tmp_path: Path) -> None:
    """Or an assistant that would not wait is told to buy what it has just bought."""
    desk = Desk(tmp_path, wait_seconds=0.0)
    clip_id = song(desk)
    async with connected(desk) as client:
        assert said(await client.call_tool("make_video", {"clip_id": clip_id, "format": "1:1"}))["status"] == "working"
        await soon(lambda: any(name.endswith(".mp4") for name in left(desk)), "the first video is made")
        desk.put("get_lyrics_timeline", "done", clip_id=clip_id)
        told = await made(client, clip_id=clip_id)
    assert told["lines"] > 0
    assert "notice" not in told


async def test_a_stem_is_shown_with_the_words_of_its_song(desk: Desk, client: Client) -> None:
    """The band alone with the words filled in is what people sing to."""
    band, whole = song(desk), desk.put("create_song", "done", title="Another")
    desk.journal.put_lineage(whole, band, {"stem of": (f"{whole.id}-1",)})
    plain = await made(client, clip_id=band, kind="karaoke")
    assert f"get_lyrics_timeline(clip_id='{whole.id}-1') would time them" in plain["notice"]
    desk.put("get_lyrics_timeline", "done", clip_id=f"{whole.id}-1")
    assert (await made(client, clip_id=band, kind="karaoke"))["lines"] > 0


async def test_a_song_of_another_engine_is_not_offered_a_timeline_that_it_cannot_have(
    desk: Desk, client: Client
) -> None:
    told = await made(client, clip_id=song(desk, "producer_create_song"))
    assert "cannot be timed" in told["notice"]
    assert "next" not in told


async def test_a_song_whose_file_is_gone_is_told_where_it_was(desk: Desk, client: Client) -> None:
    clip_id = song(desk)
    (desk.settings.library / "Songs" / "Song (take 1).wav").unlink()
    before = left(desk)
    told = await made(client, clip_id=clip_id)
    assert told["status"] == "failed"
    assert "Songs/Song (take 1).wav" in told["notice"]
    assert left(desk) == before
    unknown = await made(client, clip_id="nobody-knows")
    assert "There is no clip or order 'nobody-knows'" in unknown["notice"]


async def test_without_its_packages_it_says_what_to_install(
    desk: Desk, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip_id = song(desk)
    for name in ("uharfbuzz", "bidi", "manimgx_fonts_cjk"):
        monkeypatch.setitem(sys.modules, name, None)
    told = await made(client, clip_id=clip_id)
    assert "uharfbuzz and python-bidi and manimgx-fonts-cjk" in told["notice"]
    assert 'pip install "songwright[studio]"' in told["notice"]


async def test_work_that_is_cut_off_leaves_no_half_of_a_video(desk: Desk) -> None:
    clip_id = song(desk)
    caller = await desk.caller()
    found = caller.journal.clip(ACCOUNT, clip_id)
    assert found is not None
    before = left(desk)

    class Ends(Work):
        """Somebody stops it when it is half done."""

        def done(self, share: float) -> None:
            if share > 0.5:
                self.stop()
            super().done(share)

    with pytest.raises(Stopped):
        video.make(caller, found.clip, MakeVideo(clip_id=clip_id, format="1:1"), Ends("the video"))
    assert left(desk) == before


async def test_a_video_of_the_sandbox_says_that_it_is_one(desk: Desk) -> None:
    clip_id = song(desk)
    caller = await desk.caller()
    caller.account = replace(ACCOUNT, sandbox=True)
    found = caller.journal.clip(ACCOUNT, clip_id)
    assert found is not None
    told = video.make(caller, found.clip, MakeVideo(clip_id=clip_id, format="1:1"), Work("the video")).data
    assert told["sandbox"] is True
    with av.open(told["files"][0]["file"]) as container:
        assert "sandbox" in container.metadata["comment"]
