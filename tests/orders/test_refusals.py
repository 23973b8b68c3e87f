"""Everything that can be refused, through a real client: what happened, what it cost, what to do next."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from world import World, said

pytestmark = pytest.mark.anyio

SONG = {"lyrics": "[Verse]\nthe boats come home", "style": "folk", "title": "Boats"}


@pytest.mark.parametrize(
    ("fault", "happened", "next_step"),
    [
        ({"do": "refuse", "status": 401, "body": {"message": "unknown key"}}, "does not accept the API key", "doctor"),
        ({"do": "no_credits"}, "not enough credits", "check_credits"),
        ({"do": "refuse", "status": 402, "body": {}}, "not enough credits", "check_credits"),
        ({"do": "retired"}, "no longer offers", "Nothing was charged"),
        (
            {"do": "refuse", "status": 400, "body": {"type": "bad_request", "error": "mv unknown"}},
            "does not take these arguments",
            "Correct them",
        ),
        ({"do": "html", "status": 403}, "did not say why", "check_credits"),
        ({"do": "refuse", "status": 404, "body": None}, "does not know one of these ids", "Check the ids"),
    ],
    ids=["bad key", "no credits", "payment required", "retired", "bad request", "forbidden by a page", "unknown path"],
)
async def test_a_refusal_costs_nothing_and_says_what_to_do(
    world: World, fault: dict[str, Any], happened: str, next_step: str
) -> None:
    world.fault("create", **fault)
    async with world.client() as client:
        result = await client.call_tool("create_song", SONG)
        song = said(result)
        assert result.is_error
        assert song["status"] == "failed"
        assert happened in song["notice"]
        assert "Nothing was charged" in song["notice"]
        assert next_step in song["notice"]
        assert world.charges() == []
        # The way is free: the same call may be made again at once, and is bought then.
        assert said(await client.call_tool("create_song", SONG))["status"] == "done"
    assert len(world.charges()) == 1


async def test_refused_words_come_with_the_services_own_words(world: World) -> None:
    """Moderation quotes what it dislikes; that is shown as data, apart from our sentence."""
    async with world.client() as client:
        song = said(await client.call_tool("create_song", {**SONG, "lyrics": "[Verse]\na forbiddenword here"}))
    assert "refused these words" in song["notice"]
    assert "forbiddenword" in song["service_said"]
    assert "forbiddenword" not in song["notice"]
    assert world.charges() == []


async def test_too_fast_is_waited_out_without_anybody_noticing(world: World) -> None:
    world.fault("create", "too_fast", times=2)
    async with world.client() as client:
        assert said(await client.call_tool("create_song", SONG))["status"] == "done"
    assert len(world.charges()) == 1


async def test_too_fast_for_too_long_is_told(world: World) -> None:
    world.fault("create", "too_fast", times=10)
    async with world.client() as client:
        song = said(await client.call_tool("create_song", SONG))
    assert "more than one order in three seconds" in song["notice"]
    assert "tried 6 times" in song["notice"]
    assert world.charges() == []


@pytest.mark.parametrize("do", ["lose_after", "error_after", "html", "garbage"])
async def test_an_unclear_answer_to_an_order_is_unknown_and_blocks_nothing_else(world: World, do: str) -> None:
    """Whatever the service did, the order is not sent again; another song may be ordered."""
    world.fault("create", do)
    async with world.client() as client:
        result = await client.call_tool("create_song", SONG)
        song = said(result)
        assert song["status"] == "unknown"
        assert not result.is_error
        assert "does not send it again by itself" in song["notice"]
        assert "resolve_job" in song["next"]
        assert said(await client.call_tool("create_song", {**SONG, "title": "Other"}))["status"] == "done"
    assert len(world.charges()) <= 2


async def test_three_unsettled_orders_stop_the_buying_until_they_are_settled(world: World) -> None:
    world.fault("create", "lose_before", times=3)
    async with world.client(agree=True) as client:
        lost = [said(await client.call_tool("create_song", {**SONG, "title": f"Song {n}"})) for n in range(3)]
        assert [song["status"] for song in lost] == ["unknown"] * 3
        blocked = await client.call_tool("create_song", SONG)
        assert blocked.is_error
        assert "3 orders are unsettled" in said(blocked)["notice"]
        give_up = {"job_id": lost[0]["job_id"], "action": "give_up"}
        assert said(await client.call_tool("resolve_job", give_up))["status"] == "failed"
        buy = {"job_id": lost[1]["job_id"], "action": "buy_again"}
        assert said(await client.call_tool("resolve_job", buy))["status"] == "done"
        assert said(await client.call_tool("create_song", SONG))["status"] == "done"
    assert len(world.charges()) == 2


async def test_buying_again_is_always_confirmed(world: World) -> None:
    """Even far below the person's limit: it may be the second payment for one song."""
    world.fault("create", "lose_before")
    async with world.client() as client:
        lost = said(await client.call_tool("create_song", SONG))
        again = {"job_id": lost["job_id"], "action": "buy_again"}
        offer = said(await client.call_tool("resolve_job", again))
        assert offer["status"] == "needs_confirmation"
        assert world.charges() == []
        song = said(await client.call_tool("resolve_job", {**again, "quote": offer["quote"]}))
        assert song["status"] == "done"
        old = said(await client.call_tool("get_song", {"id": lost["job_id"]}))
    assert old["status"] == "failed"
    assert song["job_id"] in old["notice"]


async def test_a_service_that_cannot_be_reached_is_told_apart(world: World) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{probe.getsockname()[1]}"
    async with world.client(base_url=nowhere) as client:
        song = said(await client.call_tool("create_song", SONG))
        assert "cannot be reached" in song["notice"]
        assert "Nothing was sent or charged" in song["notice"]
        left = await client.call_tool("check_credits", {})
        assert left.is_error
        assert "cannot be reached" in said(left)["notice"]


async def test_the_daily_limit_refuses_before_anything_is_sent(world: World) -> None:
    async with world.client(daily_credits=20) as client:
        assert said(await client.call_tool("create_song", SONG))["status"] == "done"
        refused = await client.call_tool("create_song", {**SONG, "title": "Second"})
    assert refused.is_error
    assert "14 of the 20 credits allowed" in said(refused)["notice"]
    assert "SONGWRIGHT_DAILY_CREDITS" in said(refused)["notice"]
    assert len(world.charges()) == 1


async def test_a_balance_known_to_be_too_low_refuses_before_anything_is_sent(world: World) -> None:
    world.service.set_credits(world.key, 5)
    async with world.client() as client:
        await client.call_tool("check_credits", {})
        refused = await client.call_tool("create_song", SONG)
    assert refused.is_error
    assert "only 5 are left" in said(refused)["notice"]
    assert world.service.books(world.key)["tasks"] == []


async def test_a_failed_song_is_told_with_its_refund(world: World) -> None:
    world.fault("create", "fail_task")
    async with world.client() as client:
        song = said(await client.call_tool("create_song", SONG))
    assert song["status"] == "failed"
    assert "credits" in song["notice"]
    assert world.charges() == []


async def test_one_failed_take_leaves_the_other(world: World) -> None:
    world.fault("create", "fail_take")
    async with world.client() as client:
        song = said(await client.call_tool("create_song", SONG))
    assert song["status"] == "done"
    assert song["failed_takes"] == 1
    assert len(song["clips"]) == 1
    assert Path(song["clips"][0]["file"]).exists()


@pytest.mark.parametrize("do", ["dead_link", "truncate", "html_file"])
async def test_a_bad_link_is_fetched_again_until_the_file_is_whole(world: World, do: str) -> None:
    world.fault("file", do)
    async with world.client() as client:
        song = said(await client.call_tool("create_song", SONG))
    assert song["status"] == "done"
    assert all(Path(clip["file"]).stat().st_size > 1000 for clip in song["clips"])
    assert not list(world.library.glob(".part-*"))


async def test_unknown_and_missing_fields_are_survived(world: World) -> None:
    world.fault("task", "unknown_fields")
    async with world.client() as client:
        assert said(await client.call_tool("create_song", SONG))["status"] == "done"


@pytest.mark.parametrize("do", ["error_before", "html", "garbage", "too_fast"])
async def test_a_trouble_while_looking_is_looked_past(world: World, do: str) -> None:
    world.fault("task", do, times=2)
    async with world.client() as client:
        assert said(await client.call_tool("create_song", SONG))["status"] == "done"
    assert len(world.charges()) == 1


async def test_without_a_key_it_is_the_sandbox_and_says_so(world: World) -> None:
    """No key must not mean no song, and must never look like the service."""
    settings: dict[str, Any] = {"api_key": "", "base_url": "", "sandbox_fast": True, "sandbox_pace": "instant"}
    settings["sandbox_soundfont"] = str(world.state / "nowhere.sf2")
    try:
        async with world.client(**settings) as client:
            song = said(await client.call_tool("create_song", {**SONG, "style": "progressive rock in 7/8"}))
    finally:
        door = json.loads((world.state / "sandbox" / "door.json").read_text())
        os.kill(door["pid"], signal.SIGTERM)
    assert song["sandbox"] is True
    assert "7/8 time: beyond this sandbox" in song["notice"]
    assert "The band plays the sandbox's own sounds" in song["notice"]
    assert song["status"] == "done"
    assert all(Path(clip["file"]).parent == world.library / "Sandbox" for clip in song["clips"])
    assert world.service.books(world.key)["tasks"] == []


async def test_an_unexpected_fault_tells_no_secrets(world: World) -> None:
    """A journal that is no database is the disk's trouble, in a sentence, on every call."""
    world.state.mkdir()
    (world.state / "journal.sqlite3").write_bytes(b"this is not a database at all" * 100)
    async with world.client() as client:
        result = await client.call_tool("create_song", SONG)
    assert result.is_error
    assert "journal" in said(result)["notice"]
    assert world.key not in str(result)
    assert world.charges() == []
