"""What a person hears back when they ask which take is better."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from desk import ACCOUNT, Desk, client
from world import said

from songwright.sandbox import music
from songwright.server.core.jobs import Job, State
from songwright.server.core.operation import Request
from songwright.server.files.studio.sound import Samples, encode
from songwright.server.journal.write import Change, Order
from songwright.server.orders.unsung import compared
from songwright.tools.sonic.get_lyrics_timeline import GetLyricsTimeline

pytestmark = pytest.mark.anyio

LYRICS = "[Verse]\nStars are falling over the harbour\nI walk along the water\n\n[Chorus]\nOh, carry me over the sea"


@pytest.fixture(scope="module")
def song() -> Samples:
    brief = music.Brief(lyrics=LYRICS, style="pop", seconds=10, seed=3)
    return music.render(music.compose(brief)).samples


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    place = Desk(tmp_path, wait_seconds=60)
    yield place
    place.store.close()


def kept(desk: Desk, takes: list[Samples]) -> Job:
    """A finished order whose takes sound like this."""
    job = desk.put("create_song", "done")
    for number, sound in enumerate(takes, 1):
        place = desk.settings.library / f"Song (take {number}).mp3"
        place.parent.mkdir(exist_ok=True)
        encode(place, "wav", [sound], music.RATE, 2)
    return job


async def compare(desk: Desk, **arguments: Any) -> dict[str, Any]:
    async with client(desk, name="vscode") as connected:
        return said(await connected.call_tool("compare_takes", arguments))


def faults(take: dict[str, Any]) -> set[str]:
    return {row["name"] for row in take["measures"] if row["fault"]}


async def test_the_take_that_is_cut_off_loses_and_the_reason_is_said(desk: Desk, song: Samples) -> None:
    job = kept(desk, [song[: int(len(song) * 0.9)], song])
    answer = await compare(desk, ids=[job.id])
    first, second = answer["takes"]
    assert answer["best"] == [second["clip_id"]] == [f"{job.id}-2"]
    assert "ending" in faults(first)
    assert faults(second) == set()
    assert answer["recommendation"].startswith("Keep Song (take 2). Nothing measured speaks against it.")
    assert "Song (take 1): Its end is cut off: it stops at once while it is still loud." in answer["recommendation"]
    assert answer["summary"] == answer["recommendation"]


async def test_one_take_is_listened_to_on_its_own_by_any_of_its_names(desk: Desk, song: Samples) -> None:
    job = kept(desk, [song])
    clip_id = f"{job.id}-1"
    names = ({"ids": [clip_id]}, {"ids": clip_id}, {"clip_id": clip_id}, {"id": f"song://clips/{clip_id}"})
    async with client(desk, name="vscode") as connected:
        for arguments in names:
            answer = said(await connected.call_tool("compare_takes", arguments))
            assert answer["recommendation"] == "Nothing measured speaks against Song (take 1). Taste is not measured."
    measures = {row["name"]: row for row in answer["takes"][0]["measures"]}
    assert measures["length"]["value"] == pytest.approx(10, abs=1)
    assert -20 < measures["loudness"]["value"] < -10
    assert {"true_peak", "loudness_range", "clipping", "silence_inside", "noise", "brightness", "tempo_drift"} <= set(
        measures
    )


async def test_nothing_is_preferred_where_nothing_decides(desk: Desk, song: Samples) -> None:
    job = kept(desk, [song, song * np.float32(0.9)])
    answer = await compare(desk, ids=[job.id])
    assert len(answer["best"]) == 2
    assert answer["recommendation"] == (
        "Nothing measured speaks against any of them, so choose by ear. Taste is not measured."
    )


async def test_a_file_that_was_moved_away_is_named(desk: Desk, song: Samples) -> None:
    job = kept(desk, [song, song])
    (desk.settings.library / "Song (take 2).mp3").unlink()
    answer = await compare(desk, ids=[job.id])
    assert answer["status"] == "failed"
    assert "The file of Song (take 2) was moved or deleted: it was saved as Song (take 2).mp3." in answer["notice"]


async def test_an_unknown_id_and_an_order_without_sound_are_told_apart(desk: Desk) -> None:
    failed, unfinished = desk.put("create_song", "failed"), desk.put("create_song", "working")
    assert "There is no clip or order 'nobody'" in (await compare(desk, ids=["nobody"]))["notice"]
    assert f"Order {failed.id} has no finished audio" in (await compare(desk, ids=[failed.id]))["notice"]
    assert f"Order {unfinished.id} is not finished. Call wait" in (await compare(desk, ids=[unfinished.id]))["notice"]


async def test_too_few_and_too_many_ids_are_counted_in_plain_words(desk: Desk) -> None:
    for count, said_ in ((0, "ids has 0 entries; it takes at least 1"), (9, "ids has 9 entries; it takes at most 8")):
        answer = await compare(desk, ids=[f"id-{number}" for number in range(count)])
        assert answer["notice"] == f"{said_}. Nothing was sent or spent."


async def test_without_the_extra_it_says_what_to_install(
    desk: Desk, song: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = kept(desk, [song])
    before = sorted(path.name for path in desk.settings.library.iterdir())
    monkeypatch.setitem(sys.modules, "av", None)
    answer = await compare(desk, ids=[job.id])
    assert 'pip install "songwright[studio]"' in answer["notice"]
    assert sorted(path.name for path in desk.settings.library.iterdir()) == before
    assert len(desk.orders()) == 1


async def test_words_are_held_against_a_timeline_that_was_paid_for_and_none_is_bought(
    desk: Desk, song: Samples
) -> None:
    job = kept(desk, [song])
    clip_id = f"{job.id}-1"
    answer = await compare(desk, ids=[clip_id])
    assert "words_not_sung" not in {row["name"] for row in answer["takes"][0]["measures"]}
    assert [order.operation for order in desk.orders()] == ["create_song"]
    asked = GetLyricsTimeline(clip_id=clip_id)
    order = Order(ACCOUNT, asked, Request("POST", "/x", {}), 1, asked.search_words(), None)
    desk.journal.ask(order)
    sent = desk.journal.claim(ACCOUNT.key_id, 0.0, 0.0)
    assert sent is not None
    got = desk.journal.bought_at_once(sent.id, alignment("[Verse] Snow"))
    assert got is not None
    desk.journal.move(got, Change(State.DONE, answer=alignment("[Verse] Snow")), [])
    answer = await compare(desk, ids=[clip_id])
    assert answer["recommendation"] == "Song (take 1): 1 of 1 words are not sung, such as “Rain”."


def alignment(text: str, **more: Any) -> dict[str, Any]:
    rows = [{"word": f"{word} ", "start_s": n, "end_s": n + 1, "success": True} for n, word in enumerate(text.split())]
    return {"data": {"alignment": rows}} | more


def test_a_line_that_was_left_out_is_counted_and_named() -> None:
    missing = compared(
        LYRICS, alignment("[Verse] Stars are falling over the harbour [Chorus] oh carry me over the SEA")
    )
    assert missing is not None
    assert (missing.words, missing.missing, missing.longest) == (17, 5, 5)
    assert missing.passage == "I walk along the water"


def test_words_that_the_service_could_not_find_are_not_sung() -> None:
    answer = alignment("Stars are falling over the harbour I walk along the water Oh, carry me over the sea")
    answer["data"]["alignment"][2]["success"] = False
    missing = compared(LYRICS, answer)
    assert missing is not None
    assert (missing.missing, missing.passage) == (1, "falling")


def test_a_script_without_blanks_is_compared_by_its_letters() -> None:
    rows = [{"word": letter, "start_s": 0, "end_s": 1} for letter in "月が綺麗"]
    missing = compared("[Verse]\n月が綺麗ですね", {"data": {"alignment": rows}})
    assert missing is not None
    assert (missing.words, missing.missing, missing.passage) == (7, 3, "ですね")
