"""The end of a replica: calls are answered, balancers told, orders on the wire awaited; nothing is bought twice."""

from __future__ import annotations

import signal
import subprocess
import sys

import anyio
import anyio.to_thread
import httpx2
import pytest
from http_world import LULLABY, HttpWorld, ask
from waiting import soon
from world import said

from songwright.server.files import parts

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("number", "mode"), [(signal.SIGTERM, "auto"), (signal.SIGINT, "legacy")])
async def test_a_waiting_call_is_answered_at_once_and_the_song_comes_with_the_next_start(
    place: HttpWorld, number: signal.Signals, mode: str
) -> None:
    place.stays_in_work()
    answers: list[dict[str, object]] = []
    with place.replica() as running:

        async def create() -> None:
            async with place.calling(running, running.token, mode=mode) as client:
                answers.append(said(await client.call_tool("create_song", LULLABY)))

        async with anyio.create_task_group() as group:
            group.start_soon(create)
            await soon(place.charges, "the order reached the service")
            running.send_signal(number)
            await soon(lambda: httpx2.get(f"{running.url}/ready").text == "stopping\n", "balancers are told")
        assert answers[0]["status"] == "working"
        assert running.ended() == 0
        assert "Traceback" not in running.log()
    place.may_end()
    with place.replica() as again:
        async with place.calling(again, again.token, mode=mode) as client:
            song = said(await client.call_tool("wait_for_song", {"job_id": answers[0]["job_id"]}))
    assert song["status"] == "done"
    assert len(place.charges()) == 1


async def test_an_order_on_the_wire_is_awaited(place: HttpWorld) -> None:
    """The service has charged and answers late; a process that left would not know what it has bought."""
    place.fault("create", "slow_after", seconds=3600)
    with place.replica() as running:
        async with anyio.create_task_group() as group:

            async def create() -> None:
                async with place.calling(running, running.token) as client:
                    await client.call_tool("create_song", LULLABY)

            group.start_soon(create)
            await soon(place.charges, "the order reached the service")
            running.send_signal()
            await soon(lambda: "told to stop" in running.log(), "it stops")
            place.may_end()
        assert running.ended() == 0
    with place.replica() as again:
        async with place.calling(again, again.token) as client:
            song = said(await client.call_tool("wait_for_song", {}))
    assert song["status"] == "done", song
    assert len(place.charges()) == 1


async def test_a_second_signal_ends_it_at_once(place: HttpWorld) -> None:
    """Whoever presses Ctrl-C twice means it; what was written down before the order left settles the rest."""
    place.fault("create", "slow_after", seconds=3600)
    with place.replica() as running:
        order = {"name": "create_song", "arguments": LULLABY}
        ask(running.url, running.token, "tools/call", order, name="create_song")
        await soon(place.charges, "the order reached the service")
        running.send_signal()
        await soon(lambda: "told to stop" in running.log(), "it stops")
        running.send_signal()
        assert running.ended() == 128 + signal.SIGTERM
    assert len(place.charges()) == 1


async def test_an_order_that_comes_while_it_stops_is_written_down_and_sent_by_the_next(place: HttpWorld) -> None:
    """A balancer may send a last call after the signal; its answer says that the order waits."""
    with place.replica() as running:
        async with place.calling(running, running.token) as client:
            await client.list_tools()
            running.send_signal()
            await soon(lambda: "told to stop" in running.log(), "it stops")
            late = said(await client.call_tool("create_song", LULLABY))
        assert late["status"] == "working"
        assert running.ended() == 0
    assert place.charges() == []
    with place.replica() as again:
        async with place.calling(again, again.token) as client:
            song = said(await client.call_tool("wait_for_song", {"job_id": late["job_id"]}))
    assert song["status"] == "done"
    assert len(place.charges()) == 1


async def test_what_a_killed_replica_was_fetching_is_cleared_away_at_the_next_start(place: HttpWorld) -> None:
    machine = parts.part_name().split("-")[1]
    with subprocess.Popen([sys.executable, "-c", ""]) as died:
        died.wait()
    folders = [place.library, place.library / "tenants" / "ana", place.library / "tenants" / "ana" / "Boats"]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f".part-{machine}-{died.pid}-{'0' * 8}-{'0' * 16}").write_text("half a song")
    with place.replica():
        await soon(lambda: not list(place.library.rglob(".part-*")), "the part files are gone")
