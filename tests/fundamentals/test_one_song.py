"""One song's life, in order. Read this first: a real client, a real server over stdio, a service with its own books."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import av
import pytest
from mcp_types import TextContent
from mutagen.id3 import ID3
from sandbox_process import SandboxProcess
from world import World, said

pytestmark = pytest.mark.anyio

LULLABY = {
    "lyrics": "[Verse]\nSleep, Lucía, the boats are home\nthe lamp has closed its eye\n[Outro]\nsleep",
    "style": "lullaby, soft female voice, music box, 70 BPM",
    "title": "Lucía's Lullaby",
}


async def test_01_an_assistant_meets_tools_that_say_what_they_cost(world: World) -> None:
    """Spending must never look harmless: nothing that costs credits is announced as read-only."""
    async with world.client() as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    create = tools["create_song"]
    assert create.annotations is not None
    assert create.annotations.read_only_hint is False
    assert "Costs 14" in (create.description or "")
    assert tools["wait_for_song"].annotations is not None
    assert tools["wait_for_song"].annotations.read_only_hint is True


async def test_02_words_become_two_takes_in_the_library(world: World) -> None:
    """Files are where the person looks, playable, tagged, with a cover; the model reads where they are."""
    async with world.client() as client:
        song = said(await client.call_tool("create_song", LULLABY))
    assert song["status"] == "done"
    files = [Path(clip["file"]) for clip in song["clips"]]
    assert [file.name for file in files] == ["Lucía's Lullaby (take 1).mp3", "Lucía's Lullaby (take 2).mp3"]
    assert all(file.parent == world.library for file in files)
    for file, clip in zip(files, song["clips"], strict=True):
        with av.open(str(file)) as audio:
            stream = audio.streams.audio[0]
            assert (stream.rate, stream.channels) == (48_000, 2)
        tags = ID3(file)
        assert str(tags["TIT2"]) == "Lucía's Lullaby"
        assert str(tags["TXXX:SONGWRIGHT_CLIP_ID"]) == clip["clip_id"]
        assert tags.getall("USLT")[0].text.startswith("[Verse]")
        assert tags.getall("APIC")[0].data[:2] == b"\xff\xd8"


async def test_03_it_says_what_it_cost_and_what_is_left(world: World) -> None:
    """The figures are the service's own: its books show one charge, and the balance it told."""
    async with world.client() as client:
        before = said(await client.call_tool("check_credits", {}))
        song = said(await client.call_tool("create_song", LULLABY))
        left = said(await client.call_tool("check_credits", {}))
    assert before["left"] == 1000
    assert song["credits"]["cost"] == 14
    assert song["credits"].get("left", 986) == 986, "a balance that was read before the song is not what is left"
    assert [charge["credits"] for charge in world.charges()] == [14]
    assert left["left"] == 1000 - 14
    assert (left["spent_24h"], left["spent_7d"]) == (14, 14)
    assert left["spent_30d"] == [{"operation": "create_song", "times": 1, "credits": 14}]


async def test_04_it_tells_how_it_is_going(world: World) -> None:
    """A client that asked for progress hears phases, and numbers that only grow."""
    world.stays_in_work()
    heard: list[tuple[float, str]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, message or ""))
        if "making it" in (message or ""):
            world.may_end()

    async with world.client() as client:
        song = said(await client.call_tool("create_song", LULLABY, progress_callback=hear))
        looked: list[str] = []

        async def look(progress: float, total: float | None, message: str | None) -> None:
            looked.append(message or "")

        await client.call_tool("get_song", {"id": song["job_id"]}, progress_callback=look)
    assert set(looked) == {"Done; the files are in the library."}, "its age would be told as waiting"
    values = [value for value, _ in heard]
    assert values == sorted(values)
    assert len(set(values)) == len(values)
    assert any("making it" in message for _, message in heard)


async def test_05_a_slow_song_is_handed_out_and_picked_up(world: World) -> None:
    """Clients give up after a minute; the call answers before that, and any later call finds the song."""
    world.stays_in_work()
    async with world.client(wait_seconds=0) as client:
        early = said(await client.call_tool("create_song", LULLABY))
    assert early["status"] in ("working", "streaming")
    assert early["job_id"] in early["next"]
    world.may_end()
    async with world.client() as client:
        song = said(await client.call_tool("wait_for_song", {}))
    assert song["status"] == "done"
    assert song["job_id"] == early["job_id"]
    assert len(world.charges()) == 1


async def test_06_the_same_call_again_costs_nothing(world: World) -> None:
    """Assistants and protocols repeat calls; only `again` buys another."""
    async with world.client() as client:
        first = said(await client.call_tool("create_song", LULLABY))
        repeat = said(await client.call_tool("create_song", LULLABY))
        assert repeat["replayed"] is True
        assert repeat["clips"] == first["clips"]
        assert len(world.charges()) == 1
        another = said(await client.call_tool("create_song", {**LULLABY, "again": True}))
    assert another["job_id"] != first["job_id"]
    assert len(world.charges()) == 2


async def test_07_wrong_arguments_cost_nothing(world: World) -> None:
    """A limit is named before anything is sent; the service never hears of it."""
    async with world.client() as client:
        result = await client.call_tool("create_song", {**LULLABY, "title": "x" * 81})
        assert result.is_error
        assert "title has 81 characters; the limit is 80" in said(result)["notice"]
        both = await client.call_tool("create_song", {**LULLABY, "idea": "a boat"})
        assert "not both" in said(both)["notice"]
    assert world.charges() == []


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_08_a_dear_call_asks_the_person_first(world: World, mode: Any) -> None:
    """Above the person's own limit nothing is bought without a yes, in both protocol eras."""
    asked: list[str] = []
    async with world.client(agree=False, mode=mode, asked=asked, confirm_above=10) as client:
        declined = said(await client.call_tool("create_song", LULLABY))
    assert declined["status"] == "cancelled"
    assert asked == ["Spend 14 credits on Lucía's Lullaby?"]
    assert world.charges() == []
    async with world.client(agree=True, mode=mode, confirm_above=10) as client:
        assert said(await client.call_tool("create_song", LULLABY))["status"] == "done"
    assert len(world.charges()) == 1


async def test_08b_without_a_dialogue_a_quote_carries_the_yes(world: World) -> None:
    """A client that cannot ask gets a quote: for this request and price, once."""
    async with world.client(confirm_above=10) as client:
        offer = said(await client.call_tool("create_song", LULLABY))
        assert offer["status"] == "needs_confirmation"
        assert offer["credits"]["cost"] == 14
        other = await client.call_tool("create_song", {**LULLABY, "title": "Other", "quote": offer["quote"]})
        assert other.is_error
        assert world.charges() == []
        song = said(await client.call_tool("create_song", {**LULLABY, "quote": offer["quote"]}))
        assert song["status"] == "done"
        reused = await client.call_tool("create_song", {**LULLABY, "again": True, "quote": offer["quote"]})
        assert reused.is_error
    assert len(world.charges()) == 1


async def test_09_a_lost_answer_is_never_bought_twice(world: World) -> None:
    """The service charged and the line broke: the order is shown as unknown until a person settles it."""
    world.fault("create", "lose_after")
    async with world.client() as client:
        lost = said(await client.call_tool("create_song", LULLABY))
        assert lost["status"] == "unknown"
        again = said(await client.call_tool("create_song", {**LULLABY, "again": True}))
        assert again["job_id"] == lost["job_id"]
        assert len(world.charges()) == 1
        task_id = world.charges()[0]["task_id"]
        found = {"job_id": lost["job_id"], "action": "attach", "task_id": task_id}
        song = said(await client.call_tool("resolve_job", found))
    assert song["status"] == "done"
    assert all(Path(clip["file"]).exists() for clip in song["clips"])
    assert len(world.charges()) == 1


async def test_10_a_killed_server_loses_nothing(world: World) -> None:
    """SIGKILL while the song is being made: the next server finds it, and it was bought once."""
    world.stays_in_work()

    async def order_and_die() -> None:
        async with world.client(wait_seconds=0) as client:
            early = said(await client.call_tool("create_song", LULLABY))
            while not world.charges():
                await client.call_tool("get_song", {"id": early["job_id"]})
            world.kill()
            await client.call_tool("wait_for_song", {})

    with pytest.raises(Exception):  # noqa: B017, PT011 — however the client notices that its server is gone
        await order_and_die()
    world.end_leases()
    world.may_end()
    async with world.client() as client:
        song = said(await client.call_tool("wait_for_song", {}))
    assert song["status"] == "done"
    assert len(world.charges()) == 1


async def test_11_it_is_found_again_and_can_be_heard(world: World) -> None:
    """A new conversation finds the song by its words and reads its audio as a resource."""
    async with world.client() as client:
        song = said(await client.call_tool("create_song", LULLABY))
    async with world.client() as client:
        listed = said(await client.call_tool("list_songs", {"words": "boats home"}))
        assert [row["job_id"] for row in listed["songs"]] == [song["job_id"]]
        resource = song["clips"][0]["resource"]
        content = (await client.read_resource(resource)).contents[0]
        with av.open(BytesIO(b64decode(content.blob))) as audio:  # type: ignore[union-attr]
            assert audio.streams.audio
        lyrics = (await client.read_resource(resource.replace("/audio", "/lyrics"))).contents[0]
        assert "Lucía" in lyrics.text  # type: ignore[union-attr]


async def test_12_a_prompt_leads_from_an_idea_to_the_tool(world: World) -> None:
    """What a person starts from a menu names the call it ends in, and restates what was understood."""
    async with world.client() as client:
        prompt = await client.get_prompt("write_song", {"genre": "folk", "idea": "a lullaby for Lucía", "seconds": "-"})
    text = prompt.messages[0].content
    assert isinstance(text, TextContent)
    assert "a lullaby for Lucía" in text.text
    assert "Genre: folk" in text.text
    assert "Length" not in text.text
    assert "`create_song`" in text.text


async def test_13_two_servers_share_one_library(world: World, service: SandboxProcess) -> None:
    """Desktop clients start a server twice; the same call in both is one purchase, and both see its end."""
    songs: list[dict[str, Any]] = []

    async def one(client: Any) -> None:
        songs.append(said(await client.call_tool("create_song", LULLABY)))

    async with world.client() as left, world.client() as right, anyio.create_task_group() as group:
        group.start_soon(one, left)
        group.start_soon(one, right)
    assert [song["status"] for song in songs] == ["done", "done"]
    assert songs[0]["clips"] == songs[1]["clips"]
    assert len(world.charges()) == 1
