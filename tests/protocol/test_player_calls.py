"""What the player asks of the server: the sheet of a song, its sound in stretches, and what it is refused."""

from __future__ import annotations

import base64
import io
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from desk import Flow
from hosts import WAYS, asked, host, refused, shown, told
from mcp.shared.exceptions import MCPError
from pages_on_loopback import MP3, Site
from pages_on_loopback import page as page_of_site
from stage import Stage, tone

from songwright.server.core.jobs import SENTENCES, State
from songwright.server.files.downloads import Fetcher
from songwright.server.journal.write import Change
from songwright.server.orders import allowance, sheet
from songwright.server.orders.caller import Caller
from songwright.server.protocol.apps import page

pytestmark = pytest.mark.anyio

NASTY = "</script><img src=x onerror=alert(1)> {{7*7}} ../../etc/passwd \u202e\"'`"


# -- what the player shows -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [WAYS[0], WAYS[3]])
async def test_the_sheet_of_a_song_has_all_that_a_player_shows(stage: Stage, way: tuple[str, str]) -> None:
    job = stage.song()
    first, second = stage.clips(job)
    stage.timed(first.clip_id)
    stage.apart(first.clip_id)
    stage.journal.keep(stage.account, job, second.clip_id)
    async with host(stage, way) as client:
        told = shown(await asked(client, "song_sheet", id=job.id))
    assert {name: told[name] for name in ("job_id", "status", "title", "style", "cost", "kept", "sandbox")} == {
        "job_id": job.id, "status": "done", "title": "Kettle", "style": "folk", "cost": 14, "kept": second.clip_id,
        "sandbox": False,
    }  # fmt: skip
    one, two = told["takes"]
    assert (one["take"], two["take"], one["kept"], two["kept"]) == (1, 2, False, True)
    assert one["audio"] == {"bytes": len(tone(3.0)), "mime": "audio/wav"}
    assert one["sections"] == [
        {"name": "Verse", "start": 0.2, "end": 1.4},
        {"name": "Chorus", "start": 1.6, "end": 2.5},
    ]
    assert [(line["text"], line["start"], line["section"]) for line in one["lines"]] == [
        ("Verse", None, True), ("The kettle hums a tune", 0.2, False), ("Chorus", None, True),
        ("Sing it, sing it", 1.6, False),
    ]  # fmt: skip
    assert one["lines"][1]["words"][1] == {"start": 0.4, "end": 0.8, "text": "kettle "}
    assert [(line["text"], line["words"]) for line in two["lines"]] == [
        ("Verse", None), ("The kettle hums a tune", None), ("Chorus", None), ("Sing it, sing it", None),
    ]  # fmt: skip
    assert [(stem["part"], stem["label"]) for stem in one["stems"]] == [
        ("vocals", "Vocals"), ("instrumental", "Instrumental"),
    ]  # fmt: skip
    assert len(one["peaks"]) == 400
    assert one["peaks"][0] < 0.05
    assert max(one["peaks"]) == 1.0
    assert two["stems"] == []
    assert one["file"] == f"{first.clip_id}.wav"
    assert str(stage.root) not in json.dumps(told)


async def test_a_part_or_its_order_leads_to_the_song_it_belongs_to(stage: Stage) -> None:
    job = stage.song()
    second = stage.clips(job)[1]
    apart = stage.apart(second.clip_id)
    async with host(stage) as client:
        for named in (apart.id, f"{apart.id}-vocals", second.clip_id):
            told = shown(await asked(client, "song_sheet", id=named))
            assert (told["job_id"], told["clip_id"], len(told["takes"])) == (job.id, second.clip_id, 2)


async def test_of_several_sets_of_stems_those_that_were_split_farthest_are_shown(stage: Stage) -> None:
    """Two sets would not add up to the mix."""
    first = stage.clips(stage.song())[0].clip_id
    stage.apart(first, ["vocals", "drums", "bass"])
    stage.apart(first, ["vocals", "instrumental"])
    async with host(stage) as client:
        told = shown(await asked(client, "song_sheet", id=first))
    assert [stem["part"] for stem in told["takes"][0]["stems"]] == ["vocals", "drums", "bass"]


async def test_a_song_in_the_making_says_how_far_it_is(stage: Stage) -> None:
    job = stage.working(stream="https://files.example/growing.mp3")
    async with host(stage) as client:
        told = shown(await asked(client, "song_sheet", id=job.id))
    assert told["status"] == "streaming"
    assert told["expected"] > 0
    assert told["elapsed"] >= 0
    assert told["sentence"]
    (take,) = told["takes"]
    assert (take["audio"], take["stream"]) == (None, True)


async def test_a_disk_in_trouble_is_not_named_to_a_page(stage: Stage) -> None:
    job = stage.working()
    sentence = f"A file could not be saved in {stage.root}: the disk is full."
    stage.journal.move(job, Change(State.FETCHING, sentence=sentence))
    async with host(stage) as client:
        said = shown(await asked(client, "song_sheet", id=job.id))["sentence"]
        assert sentence in told(await asked(client, "play_song", id=job.id))["notice"]
    assert said == SENTENCES[State.FETCHING]


async def test_records_that_cannot_be_read_are_not_named_to_a_page(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    job = stage.song(saved=False)
    (records,) = stage.root.parent.rglob("*.sqlite3")
    with closing(sqlite3.connect(records)) as broken:
        broken.execute("ALTER TABLE clips RENAME TO elsewhere")
    async with host(stage) as client:
        for tool, arguments in (("song_sheet", {"id": job.id}), ("song_audio", {"clip_id": "x"})):
            said = refused(await asked(client, tool, **arguments))["sentence"]
            assert "The song is safe." in said
            assert records.name not in said
    assert str(records) in caplog.text


async def test_a_song_in_the_making_is_heard_as_far_as_it_goes(stage: Stage) -> None:
    site = Site()
    site.pages["/growing.mp3"] = page_of_site(MP3)
    job = stage.working(stream=site.url("/growing.mp3"))
    caller = await stage.caller()
    caller.library._fetcher = Fetcher(loopback_ok=True)
    (clip,) = stage.clips(job)
    try:
        async with host(stage) as client:
            got = shown(
                await asked(client, "song_audio", clip_id=clip.clip_id, part="stream", offset=2_000, length=1_000)
            )
            assert base64.b64decode(got["data"]) == MP3[2_000:3_000]
            assert (got["offset"], got["mime"], got["done"]) == (2_000, "audio/mpeg", False)
            refused(await asked(client, "song_audio", clip_id=clip.clip_id))
            site.pages["/growing.mp3"] = page_of_site(b"<html>", 403)
            said = refused(await asked(client, "song_audio", clip_id=clip.clip_id, part="stream"))
            assert "growing.mp3" not in said["sentence"]
    finally:
        site.close()
        await caller.library._fetcher.aclose()


async def test_a_file_that_was_moved_away_is_no_sound(stage: Stage) -> None:
    job = stage.song()
    first, second = stage.clips(job)
    (stage.root / f"{first.clip_id}.wav").unlink()
    async with host(stage) as client:
        one, two = shown(await asked(client, "song_sheet", id=job.id))["takes"]
        assert (one["audio"], one["peaks"], one["stream"]) == (None, None, False)
        assert two["audio"] is not None
        assert "no longer" in refused(await asked(client, "song_audio", clip_id=first.clip_id))["sentence"]
    assert second.good


async def test_texts_of_strangers_travel_as_they_are_and_nowhere_else(stage: Stage) -> None:
    job = stage.song(NASTY, lyrics=f"[{NASTY[:9]}]\n{NASTY}")
    async with host(stage) as client:
        told = shown(await asked(client, "song_sheet", id=job.id))
        heard = await asked(client, "play_song", id=job.id)
    assert told["title"] == NASTY
    assert told["takes"][0]["lines"][1]["text"] == NASTY
    assert NASTY not in page()
    assert shown(heard)["clips"][0]["title"] == NASTY


async def test_without_the_packages_a_player_draws_for_itself(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("av", "PIL"):
        monkeypatch.setitem(sys.modules, name, None)
    job = stage.song()
    first = stage.clips(job)[0].clip_id
    stage.save(job, first, "cover", "cover.jpg", b"\xff\xd8\xff" + bytes(1_000))
    async with host(stage) as client:
        one = shown(await asked(client, "song_sheet", id=job.id))["takes"][0]
    assert one["peaks"] is None
    assert one["cover"].startswith("data:image/jpeg;base64,")
    assert one["audio"] is not None


async def test_a_cover_is_small_enough_to_travel(stage: Stage) -> None:
    from PIL import Image

    noise = Image.effect_noise((450, 450), 80).convert("RGB")
    noise.save(made := io.BytesIO(), "PNG")
    big = made.getvalue()
    job = stage.song()
    stage.save(job, stage.clips(job)[0].clip_id, "cover", "cover.png", big)
    async with host(stage) as client:
        one, two = shown(await asked(client, "song_sheet", id=job.id))["takes"]
    assert len(big) > 400_000
    assert one["cover"].startswith("data:image/jpeg;base64,")
    assert len(one["cover"]) <= 40_000
    assert two["cover"] is None


# -- what it plays ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [WAYS[0], WAYS[3]])
async def test_a_recording_comes_in_stretches_and_is_whole(stage: Stage, way: tuple[str, str]) -> None:
    first = stage.clips(stage.song())[0].clip_id
    stage.apart(first)
    async with host(stage, way) as client:
        for part, whole in ((None, tone(3.0)), ("vocals", tone(1.0, 220.0))):
            taken, done = b"", False
            while not done:
                got = shown(
                    await asked(client, "song_audio", clip_id=first, part=part, offset=len(taken), length=20_000)
                )
                assert (got["bytes"], got["offset"], got["mime"]) == (len(whole), len(taken), "audio/wav")
                taken += base64.b64decode(got["data"])
                done = got["done"]
            assert taken == whole
        beyond = shown(await asked(client, "song_audio", clip_id=first, offset=10**9))
        assert (beyond["data"], beyond["done"]) == ("", True)


async def test_nothing_else_comes_out_and_the_refusal_is_a_sentence(stage: Stage) -> None:
    first = stage.clips(stage.song())[0].clip_id
    wrong: list[dict[str, Any]] = [
        {"length": sheet.CHUNK + 1}, {"length": 0}, {"offset": -1}, {"offset": 2**70}, {"offset": "x"},
        {"clip_id": ""}, {"clip_id": "x" * 500}, {"path": "/etc/passwd"}, {"part": "../../journal.sqlite3"},
        {"part": "audio"}, {"part": ""}, {"clip_id": "../state"}, {"clip_id": None},
    ]  # fmt: skip
    async with host(stage) as client:
        for arguments in wrong:
            said = refused(await asked(client, "song_audio", **{"clip_id": first, **arguments}))
            assert said["sentence"].endswith((".", "…")), arguments
            assert str(stage.root) not in str(said), arguments


async def test_somebody_elses_song_does_not_exist(stage: Stage) -> None:
    job = stage.song()
    first = stage.clips(job)[0].clip_id
    stage.apart(first)
    caller = stage.neighbour()

    async def theirs() -> Caller:
        return caller

    stage.caller = theirs  # type: ignore[method-assign]
    async with host(stage) as client:
        for named in (job.id, first):
            refused(await asked(client, "song_sheet", id=named))
        for part in (None, "vocals", "stream"):
            refused(await asked(client, "song_audio", clip_id=first, part=part))
        for tool, arguments in (("play_song", {"id": first}), ("keep_take", {"clip_id": first})):
            assert (await asked(client, tool, **arguments)).is_error
        assert (await asked(client, "play_song")).is_error
        with pytest.raises(MCPError):
            await client.read_resource(f"song://clips/{first}/audio")
    assert not stage.journal.kept(stage.account, first)


async def test_a_player_gets_so_much_within_a_minute_and_then_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowance, "BYTES_A_MINUTE", 60_000)
    flow = Flow()
    stage = Stage(tmp_path, flow)
    first = stage.clips(stage.song())[0].clip_id
    async with host(stage) as client:
        for _ in range(3):
            shown(await asked(client, "song_audio", clip_id=first, length=20_000))
        said = refused(await asked(client, "song_audio", clip_id=first, length=20_000))
        assert said["retry_after"] == pytest.approx(20.0)
        flow.at += said["retry_after"]
        shown(await asked(client, "song_audio", clip_id=first, length=20_000))
        refused(await asked(client, "song_audio", clip_id=first, length=20_000))


async def test_a_player_that_asks_for_single_bytes_does_not_ask_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowance, "BYTES_A_MINUTE", 3 * allowance.LEAST)
    stage = Stage(tmp_path, Flow())
    first = stage.clips(stage.song())[0].clip_id
    async with host(stage) as client:
        for _ in range(3):
            shown(await asked(client, "song_audio", clip_id=first, length=1))
        refused(await asked(client, "song_audio", clip_id=first, length=1))


async def test_looks_are_counted_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance, "SHEETS_A_MINUTE", 2)
    stage = Stage(tmp_path, Flow())
    job = stage.song(saved=False)
    async with host(stage) as client:
        for _ in range(2):
            shown(await asked(client, "song_sheet", id=job.id))
        assert refused(await asked(client, "song_sheet", id=job.id))["retry_after"] == pytest.approx(30.0)


def test_an_allowance_is_enough_for_the_longest_song_with_every_stem() -> None:
    """Eight minutes at 320 kbit/s, two takes and twelve stems."""
    assert allowance.BYTES_A_MINUTE >= 14 * 8 * 60 * 40_000
