"""Real servers over stdio, killed, stopped, doubled and cut off; the sandbox's books tell what was charged."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from waiting import PATIENCE, soon
from world import World, said

from songwright.server.journal.write import UNSETTLED_LIMIT

pytestmark = pytest.mark.anyio

CHAOS_SEED = int(os.environ.get("CHAOS_SEED", "1"))


def song(title: str = "Tin Roof") -> dict[str, str]:
    return {"lyrics": "[Verse]\nRain upon the tin roof", "style": "folk", "title": title}


def jobs(world: World) -> list[dict[str, Any]]:
    """The journal's rows, read past the server; none where it has not begun to write."""
    if not (world.state / "journal.sqlite3").exists():
        return []
    with closing(sqlite3.connect(world.state / "journal.sqlite3", timeout=10)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM jobs ORDER BY created_at")]


async def settled(client: Client, job_id: str | None = None) -> dict[str, Any]:
    """Wait for a song as an assistant does."""
    with anyio.fail_after(PATIENCE):
        while True:
            told = said(await client.call_tool("wait_for_song", {"job_id": job_id} if job_id else {}))
            if told["status"] not in ("working", "streaming"):
                return told


async def is_killed_in(world: World, happens: Callable[[], object]) -> None:
    """Order a song, and kill the server with SIGKILL at the moment that something has happened."""
    with suppress(Exception):  # the client meets the end of its server in many ways; what counts comes after
        async with world.client(wait_seconds=0) as client:
            await client.call_tool("create_song", song())
            await soon(happens, "the moment to be killed")
            world.kill()
            await client.call_tool("check_credits", {})


def check_delivered(world: World, told: dict[str, Any]) -> None:
    """Both takes on disk, and one charge in the service's books."""
    assert told["status"] == "done", told
    assert len(told["clips"]) == 2
    assert all(Path(clip["file"]).is_file() for clip in told["clips"])
    assert [charge["credits"] for charge in world.charges()] == [14]


def asked(world: World, what: str) -> bool:
    """Whether the service has heard of the order."""
    return bool(world.service.books(world.key)[what])


@pytest.mark.parametrize("operation", ["task", "file"])
async def test_a_server_killed_while_the_song_is_made_or_saved_delivers_it_after_a_restart(
    world: World, operation: str
) -> None:
    world.fault(operation, "slow", seconds=3600)
    await is_killed_in(world, lambda: jobs(world)[0]["state"] == ("running" if operation == "task" else "fetching"))
    world.may_end()
    world.end_leases()
    async with world.client() as client:
        check_delivered(world, await settled(client))


async def test_a_server_killed_with_an_order_on_the_wire_never_sends_it_again(world: World) -> None:
    """It was charged, the answer died with the server: the order is `unknown` until the person finds the task."""
    world.fault("create", "hang_after")
    await is_killed_in(world, lambda: asked(world, "charges"))
    async with world.client(wait_seconds=0.2) as client:
        repeated = said(await client.call_tool("create_song", song()))
        assert repeated["status"] == "working"
        world.end_leases()
        await client.call_tool("create_song", song())  # a call lets the server look at once, not in five seconds
        told = await settled(client, repeated["job_id"])
        assert told["status"] == "unknown"
        again = said(await client.call_tool("create_song", song()))
        assert (again["status"], again["job_id"]) == ("unknown", told["job_id"])
        assert len(world.charges()) == 1
        found = {"job_id": told["job_id"], "action": "attach", "task_id": world.charges()[0]["task_id"]}
        await client.call_tool("resolve_job", found)
        check_delivered(world, await settled(client, told["job_id"]))


async def test_a_client_that_gives_up_in_the_middle_of_an_order_finds_the_song_later(world: World) -> None:
    world.fault("create", "slow", seconds=3600)
    async with world.client() as client:
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "create_song", song())
            await soon(lambda: [job for job in jobs(world) if job["sent_at"]], "the order is on its way")
            group.cancel_scope.cancel()
        world.may_end()
        check_delivered(world, await settled(client))


async def test_a_client_that_closes_its_end_in_the_middle_of_an_order_loses_nothing(world: World) -> None:
    """Clients close standard input and wait two seconds; an answer within that time is still written down."""
    world.fault("create", "slow", seconds=0.8)
    async with world.client(wait_seconds=0) as client:
        await client.call_tool("create_song", song())
        await soon(lambda: jobs(world)[0]["state"] == "sending", "the order is on the wire")
    assert jobs(world)[0]["state"] in ("running", "fetching", "done")
    async with world.client() as client:
        check_delivered(world, await settled(client))


@pytest.mark.chaos
async def test_an_order_that_outlives_its_server_is_unknown_and_not_bought_twice(world: World) -> None:
    """The answer takes longer than a client lets a closed server live."""
    world.fault("create", "slow", seconds=6)
    async with world.client(wait_seconds=0) as client:
        await client.call_tool("create_song", song())
        await soon(lambda: jobs(world)[0]["state"] == "sending", "the order is on the wire")
    world.end_leases()
    async with world.client() as client:
        assert (await settled(client))["status"] == "unknown"
        assert said(await client.call_tool("create_song", song()))["status"] == "unknown"
    assert len(world.charges()) <= 1


async def test_two_servers_asked_for_the_same_song_buy_it_once(world: World) -> None:
    """Some desktop clients start every server twice."""
    answers: list[dict[str, Any]] = []

    async def ask(client: Client) -> None:
        answers.append(said(await client.call_tool("create_song", song())))

    async with world.client() as one, world.client() as two, anyio.create_task_group() as group:
        group.start_soon(ask, one)
        group.start_soon(ask, two)
    assert answers[0]["job_id"] == answers[1]["job_id"]
    check_delivered(world, answers[0])


async def test_two_servers_asked_for_different_songs_of_one_name_keep_all_takes(world: World) -> None:
    answers: list[dict[str, Any]] = []

    async def ask(client: Client, style: str) -> None:
        answers.append(said(await client.call_tool("create_song", {**song(), "style": style})))

    async with world.client() as one, world.client() as two, anyio.create_task_group() as group:
        group.start_soon(ask, one, "folk")
        group.start_soon(ask, two, "jazz")
    files = {clip["file"] for answer in answers for clip in answer["clips"]}
    assert len(files) == 4
    assert all(Path(file).is_file() for file in files)
    assert len(world.charges()) == 2


async def test_a_server_that_slept_past_its_lease_repairs_the_guess_of_the_other(world: World) -> None:
    """SIGSTOP with the order on the wire: the other server says `unknown`; SIGCONT brings the answer and the song."""
    world.fault("create", "slow", seconds=3600)
    async with world.client(wait_seconds=0) as sleeper:
        job_id = said(await sleeper.call_tool("create_song", song()))["job_id"]
        await soon(lambda: jobs(world)[0]["state"] == "sending", "the order is on the wire")
        pid = int((world.folder / "server.pid").read_text())
        os.kill(pid, signal.SIGSTOP)
        try:
            async with world.client(wait_seconds=0.2) as other:
                world.end_leases()
                await other.call_tool("create_song", song())  # a call lets the server look at once
                assert (await settled(other, job_id))["status"] == "unknown"
                os.kill(pid, signal.SIGCONT)
                world.may_end()
                await soon(lambda: jobs(world)[0]["state"] == "done", "the song is delivered")
                check_delivered(world, await settled(other, job_id))
        finally:
            os.kill(pid, signal.SIGCONT)


async def test_a_song_that_cannot_be_saved_waits_with_a_sentence_and_is_saved_later(world: World) -> None:
    """Nothing is lost with it: the order is paid, so it stays `fetching` until there is room."""
    world.library.write_text("a file where the folder should be")
    async with world.client(wait_seconds=0.5) as client:
        told = said(await client.call_tool("create_song", song()))
        await soon(
            lambda: jobs(world)[0]["state"] == "fetching" and jobs(world)[0]["sentence"], "it says why it cannot save"
        )
        assert str(world.library) in jobs(world)[0]["sentence"]
        world.library.unlink()
        check_delivered(world, await settled(client, told["job_id"]))


@pytest.mark.skipif(sys.platform != "linux", reason="small file systems are made the Linux way")
async def test_a_song_for_a_full_disk_waits_and_is_saved_when_there_is_room(world: World) -> None:
    world.library.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32k", "none", str(world.library)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this account may not mount a small file system")
    try:
        async with world.client(wait_seconds=0.5) as client:
            told = said(await client.call_tool("create_song", song()))
            await soon(lambda: "full" in (jobs(world)[0]["sentence"] or ""), "it says that the disk is full")
            assert jobs(world)[0]["state"] == "fetching"
            subprocess.run(["mount", "-o", "remount,size=8m", str(world.library)], check=True)
            check_delivered(world, await settled(client, told["job_id"]))
    finally:
        subprocess.run(["umount", "-l", str(world.library)], check=True)


async def test_a_journal_of_a_newer_songwright_is_left_alone_and_said_so(world: World) -> None:
    world.state.mkdir()
    with closing(sqlite3.connect(world.state / "journal.sqlite3")) as connection:
        connection.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY, major INTEGER NOT NULL)")
        connection.execute("INSERT INTO migrations VALUES ('9999_far_ahead.sql', 99)")
        connection.commit()
    async with world.client() as client:
        refused = await client.call_tool("create_song", song())
    assert refused.is_error
    assert "newer Songwright" in str(refused.content)
    assert world.charges() == []


async def _ask_for(client: Client, titles: list[str]) -> None:
    for title in titles:
        await client.call_tool("create_song", song(title))


async def random_kills(world: World, seed: int, titles: int, lives: int) -> None:
    """Servers die at random moments while songs are ordered; then everything must be delivered, or open and once."""
    dice = random.Random(seed)
    wanted = [f"Song {number}" for number in range(titles)]
    for _ in range(lives):
        with suppress(Exception):  # the client meets the end of its server in many ways; what counts comes after
            async with world.client(wait_seconds=0, daily_credits=100_000) as client:
                moment = dice.uniform(0.0, 0.6)
                order = dice.sample(wanted, len(wanted))
                async with anyio.create_task_group() as group:
                    group.start_soon(_ask_for, client, order)
                    await anyio.sleep(moment)
                    world.kill()
    world.end_leases()
    async with world.client(daily_credits=100_000) as client:
        await _ask_for(client, wanted)
        await soon(lambda: all(job["state"] in ("done", "unknown") for job in jobs(world)), "everything is settled")
    rows = jobs(world)
    bought = [row["subject"] for row in rows]
    unknown = [row for row in rows if row["state"] == "unknown"]
    assert len(set(bought)) == len(bought), "a title was bought twice"
    # With three orders unsettled nothing more is sold until the person has decided.
    assert set(bought) == set(wanted) or len(unknown) >= UNSETTLED_LIMIT, "a title was never bought"
    charged = [charge["task_id"] for charge in world.charges()]
    done = {row["remote_id"] for row in rows if row["state"] == "done"}
    assert done <= set(charged)
    assert len(charged) - len(done) <= len(unknown), "charged and forgotten"
    saved = {path.name for path in world.library.glob("*.mp3")} if world.library.exists() else set()
    assert len(saved) == 2 * len(done)


async def test_servers_killed_at_random_moments_lose_nothing(world: World) -> None:
    await random_kills(world, CHAOS_SEED, titles=2, lives=4)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(10))
async def test_servers_killed_at_very_many_random_moments_lose_nothing(world: World, part: int) -> None:
    await random_kills(world, CHAOS_SEED * 1000 + part, titles=6, lives=25)
