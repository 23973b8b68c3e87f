"""What a person is told, and what they pay, when the service misbehaves: outages, lost answers, wrong ids."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from mcp import Client
from sandbox_process import SandboxProcess
from waiting import PATIENCE
from world import World, said

pytestmark = pytest.mark.anyio

SONG = {
    "lyrics": "[Verse]\nthe boats come home tonight\nthe harbour holds its light",
    "style": "folk",
    "title": "Boats",
}
OUTAGE = {"status": 503, "body": {"type": "api_error", "message": "try again later"}}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("service"), fast=True, credits=5000) as running:
        yield running


@asynccontextmanager
async def clients(world: World, **settings: object) -> AsyncIterator[Client]:
    usual: dict[str, Any] = {"confirm_above": 1000, "daily_credits": 5000, "toolsets": "all", "wait_seconds": 10}
    async with world.client(**usual | settings) as connected:
        yield connected


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    return said(await client.call_tool(tool, arguments))


async def ended(client: Client, told: dict[str, Any]) -> dict[str, Any]:
    """What becomes of an order, as an assistant finds out."""
    with anyio.fail_after(PATIENCE):
        while told["status"] in ("working", "streaming"):
            told = await call(client, "wait_for_song", job_id=told["job_id"])
    return told


def charged(world: World) -> list[str]:
    return [line["operation"] for line in world.charges()]


async def first_clip(client: Client) -> str:
    told = await ended(client, await call(client, "create_song", **SONG))
    clip_id: str = told["clips"][0]["clip_id"]
    return clip_id


# -- outages of reads -------------------------------------------------------------------------------------------------

ORDERS = {
    "create_song": SONG,
    "producer_create_song": {"lyrics": SONG["lyrics"], "style": "folk", "title": "Boats"},
    "nuro_create_song": {"lyrics": SONG["lyrics"] * 8, "title": "Boats"},
    "riffusion_create_song": {"lyrics": SONG["lyrics"], "style": "folk"},
    "create_voice": {"source": "https://example.org/voice.mp3"},
}


@pytest.mark.parametrize("tool", ["create_song", "producer_create_song", "separate_stems"])
async def test_an_outage_of_looks_costs_no_song(world: World, tool: str) -> None:
    async with clients(world, wait_seconds=0.5) as client:
        order = {"clip_id": await first_clip(client), "parts": "basic"} if tool == "separate_stems" else ORDERS[tool]
        before = len(charged(world))
        world.fault("look", "refuse", times=4, **OUTAGE)
        told = await call(client, tool, **order)
        assert told["status"] in ("working", "streaming")
        assert "again" not in told.get("next", "")
        repeated = await call(client, tool, **order)
        assert repeated["job_id"] == told["job_id"]
        told = await ended(client, told)
        assert told["status"] == "done", told
        assert len(charged(world)) == before + 1
        assert told["credits"]["cost"] == world.charges()[-1]["credits"]


async def test_a_take_that_fails_without_a_refund_is_told_as_paid(world: World) -> None:
    world.fault("producer_create", "fail_takes", refund=False)
    async with clients(world) as client:
        told = await ended(client, await call(client, "producer_create_song", **ORDERS["producer_create_song"]))
        assert told["status"] == "failed"
        assert told["credits"]["cost"] == 10
        assert "Nothing says that they were returned" in told["notice"]
        assert (await call(client, "check_credits"))["spent_24h"] == 10


async def test_a_paid_order_that_failed_is_bought_again_only_with_a_yes(world: World) -> None:
    world.fault("producer_create", "fail_takes", refund=False)
    async with clients(world) as client:
        told = await ended(client, await call(client, "producer_create_song", **ORDERS["producer_create_song"]))
        asked = await call(client, "resolve_job", job_id=told["job_id"], action="buy_again")
        assert asked["status"] == "needs_confirmation"
        assert "was paid and did not arrive" in asked["notice"]
        assert charged(world).count("producer_create") == 1


async def test_an_extension_that_fails_counts_for_itself_and_not_for_joins_that_were_never_ordered(
    world: World,
) -> None:
    async with clients(world) as client:
        clip = await first_clip(client)
        world.fault("extend_music", "fail_takes", refund=False)
        told = await call(client, "extend_song", source=clip, continue_at=1.0, whole_song=True, lyrics="[Verse]\nStay")
        told = await ended(client, told)
        assert (told["status"], told["credits"]["cost"]) == ("failed", 10)
        assert "10 credits were paid" in told["notice"]
        assert (await call(client, "check_credits"))["spent_24h"] == 24


async def test_further_calls_for_a_file_stay_within_the_limit_of_the_day(world: World) -> None:
    """An order is held against the limit for every call that it may need."""
    async with clients(world, daily_credits=18) as client:
        clip = await first_clip(client)
        refused = await call(client, "get_midi", clip_id=clip)
        assert refused["status"] == "failed"
        assert charged(world).count("midi") == 0


# -- asking again -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", ["lose_after", "answer"])
async def test_a_further_paid_call_whose_answer_is_lost_is_not_made_again(world: World, lost: str) -> None:
    async with clients(world) as client:
        clip = await first_clip(client)
        details = {"status": 200, "body": {}} if lost == "answer" else {}
        world.fault("midi", "charge_again", times=None)
        world.fault("midi", lost, after=1, times=None, **details)
        told = await ended(client, await call(client, "get_midi", clip_id=clip))
        assert told["status"] == "unknown", told
        assert charged(world).count("midi") == 2
        assert told["credits"]["cost"] == 2
        assert "attach" not in told["next"]
        for tool, more in (
            ("wait_for_song", {}),
            ("get_midi", {"clip_id": clip}),
            ("get_song", {"id": told["job_id"]}),
        ):
            arguments = more or {"job_id": told["job_id"]}
            assert (await call(client, tool, **arguments))["status"] == "unknown"
        refused = await call(client, "resolve_job", job_id=told["job_id"], action="attach", task_id="task-1")
        assert refused["status"] == "failed"
        assert "has no task" in refused["notice"]
        assert charged(world).count("midi") == 2


async def test_a_refusal_of_a_later_call_is_not_told_of_the_whole_order(world: World) -> None:
    async with clients(world) as client:
        clip = await first_clip(client)
        world.fault("midi", "no_credits", after=1)
        told = await ended(client, await call(client, "get_midi", clip_id=clip))
        assert told["status"] == "failed"
        assert told["credits"]["cost"] == 1
        assert "Nothing was charged" not in told["notice"]
        assert "That last call was not charged" in told["notice"]
        assert charged(world).count("midi") == 1


async def test_every_call_for_a_file_is_counted(world: World) -> None:
    """Nobody has written down whether a repeated call costs again, so each one counts, and the answer says so."""
    async with clients(world) as client:
        clip = await first_clip(client)
        world.fault("midi", "charge_again", times=None)
        told = await ended(client, await call(client, "get_midi", clip_id=clip))
        assert told["status"] == "done", told
        paid = charged(world).count("midi")
        assert told["credits"]["cost"] == paid
        assert (await call(client, "check_credits"))["spent_24h"] == 14 + paid


# -- a success that carries an error ----------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [{"code": 500, "message": "internal error"}, {"code": 200, "message": "success"}, {}])
async def test_a_success_without_what_was_ordered_is_no_success(world: World, body: dict[str, Any]) -> None:
    async with clients(world) as client:
        clip = await first_clip(client)
        world.fault("persona", "answer", status=200, body=body)
        told = await call(client, "create_persona", name="Nan", clip_id=clip)
        assert told["status"] == "unknown", told
        assert "persona_id" not in told
        if body.get("code") == 500:
            assert told["service_said"] == "internal error"
        bought = await call(client, "resolve_job", job_id=told["job_id"], action="buy_again")
        done = await call(client, "resolve_job", job_id=told["job_id"], action="buy_again", quote=bought["quote"])
        assert done["persona_id"]


# -- attaching --------------------------------------------------------------------------------------------------------


async def lost_order(client: Client, world: World, title: str) -> dict[str, Any]:
    world.fault("create", "lose_after")
    told = await call(client, "create_song", **{**SONG, "title": title})
    assert told["status"] == "unknown"
    return told


async def test_attach_looks_before_it_believes(world: World) -> None:
    async with clients(world) as client:
        told = await lost_order(client, world, "Lost")
        task = world.charges()[-1]["task_id"]
        for wrong in ("no-such-task", "0" * 36):
            refused = await call(client, "resolve_job", job_id=told["job_id"], action="attach", task_id=wrong)
            assert refused["status"] == "failed"
            assert "has no task" in refused["notice"]
        world.fault("look", "refuse", times=4, **OUTAGE)
        unsure = await call(client, "resolve_job", job_id=told["job_id"], action="attach", task_id=task)
        assert unsure["status"] == "failed"
        home = await call(client, "resolve_job", job_id=told["job_id"], action="attach", task_id=f" {task} ")
        assert (await ended(client, home))["status"] == "done"
        other = await lost_order(client, world, "Other")
        refused = await call(client, "resolve_job", job_id=other["job_id"], action="attach", task_id=task)
        assert f"belongs to order {told['job_id']}" in refused["notice"]
        again = await call(client, "get_song", id=world.charges()[-1]["task_id"])
        assert (await ended(client, again))["status"] == "done"


async def test_a_lost_order_gets_the_song_that_was_asked_for_by_its_task_first(world: World) -> None:
    async with clients(world) as client:
        told = await lost_order(client, world, "Adopted")
        task = world.charges()[-1]["task_id"]
        assert (await ended(client, await call(client, "get_song", id=task)))["status"] == "done"
        home = await call(client, "resolve_job", job_id=told["job_id"], action="attach", task_id=task)
        home = await ended(client, home)
        assert (home["status"], len(home["clips"]), home["credits"]["cost"]) == ("done", 2, 14)
        assert all(clip["file"] for clip in home["clips"])
        assert [song["job_id"] for song in (await call(client, "list_songs"))["songs"]] == [told["job_id"]]


async def test_a_song_that_was_given_up_comes_home_when_its_task_is_found(world: World) -> None:
    async with clients(world) as client:
        told = await lost_order(client, world, "Given up")
        given_up = await call(client, "resolve_job", job_id=told["job_id"], action="give_up")
        assert given_up["status"] == "failed"
        assert given_up["credits"]["cost"] == 14
        assert (await call(client, "check_credits"))["spent_24h"] == 14
        task = world.charges()[-1]["task_id"]
        home = await call(client, "resolve_job", job_id=told["job_id"], action="attach", task_id=task)
        assert (await ended(client, home))["status"] == "done"


# -- joins ------------------------------------------------------------------------------------------------------------


async def test_a_join_that_is_refused_leaves_the_extension_and_names_the_cheap_way(world: World) -> None:
    async with clients(world) as client:
        clip = await first_clip(client)
        world.fault("concat_music", "no_credits", after=1)
        told = await call(client, "extend_song", source=clip, continue_at=1.0, whole_song=True, lyrics="[Verse]\nStay")
        told = await ended(client, told)
        assert told["status"] == "done", told
        assert told["credits"]["cost"] == sum(line["credits"] for line in world.charges()[1:])
        assert "Nothing was charged" not in told["notice"]
        assert len(told["clips"]) == 2
        assert "concat_song" in told["next"]
        left = next(c["clip_id"] for c in told["clips"] if c["clip_id"] in told["next"])
        world.service.clear_faults()
        joined = await ended(client, await call(client, "concat_song", clip_id=left))
        assert joined["status"] == "done"
        assert joined["credits"]["cost"] == 2
