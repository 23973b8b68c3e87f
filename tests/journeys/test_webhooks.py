"""Songs whose end is told by the service itself: a real server, the sandbox calling it over real HTTP."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from http_world import LULLABY, SECRET, HttpWorld
from postgres import Database, Server
from replica import KEYS, Listener, Replica, listening, song
from sandbox_process import SandboxProcess
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from waiting import PATIENCE, soon
from world import NOT_READY, said

from songwright.sandbox.hooks import sign
from songwright.server.core.jobs import Job, State
from songwright.server.core.sealing import Sealer
from songwright.server.service.callbacks import PATH
from songwright.tools.sonic.separate_stems import SeparateStems

pytestmark = pytest.mark.anyio

MOST_LOOKS = 2
"""A song: one look when it can be listened to, one at the end."""


@pytest.fixture
def key() -> str:
    return f"key-{secrets.token_hex(6)}"


@pytest.fixture
def replica(service: SandboxProcess, key: str, tmp_path: Path) -> Replica:
    return Replica(tmp_path, service, key)


def looks(service: SandboxProcess, key: str) -> int:
    """How often the service was asked about all tasks of a key."""
    return sum(task["polls"] for task in service.books(key)["tasks"])


def charges(service: SandboxProcess, key: str) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = service.books(key)["charges"]
    return made


async def test_a_finished_song_is_fetched_when_the_service_calls_and_is_asked_about_once(
    replica: Replica, service: SandboxProcess, key: str
) -> None:
    async with replica.running():
        job = await replica.ended(await replica.order())
        assert job.state is State.DONE
        assert len(replica.rows("files")) >= 2
    assert looks(service, key) == job.looks == 1
    assert len(charges(service, key)) == 1


async def test_a_song_can_be_heard_early_and_takes_two_looks(tmp_path: Path, key: str) -> None:
    """The quick pace tells when there is a link to listen to, and then that it is done."""
    with SandboxProcess(tmp_path / "service", fast=True, pace="quick") as service:
        folder = tmp_path / "home"
        folder.mkdir()
        replica = Replica(folder, service, key)
        async with replica.running():
            job = await replica.order()
            await soon(lambda: replica.rows("clips"), "a link to listen to")
            assert (await replica.ended(job)).state is State.DONE
        assert looks(service, key) <= MOST_LOOKS
        assert {row["event"] for row in replica.rows("hooks")} == {"song.streaming", "song.completed"}


async def test_an_order_whose_answer_was_lost_comes_home_by_the_call_and_is_charged_once(
    replica: Replica, service: SandboxProcess, key: str
) -> None:
    service.fault(key, "create", "lose_after")
    async with replica.running():
        ordered = await replica.order()
        await soon(lambda: replica.rows("receipts"), "the call")
        job = await replica.ended(ordered)
        if job.state is State.UNKNOWN:  # seen for a moment, when the loss was noticed before the call came
            job = await replica.ended(ordered)
        (receipt,) = replica.rows("receipts")
    assert job.state is State.DONE
    assert (receipt["via"], receipt["remote_id"]) == ("webhook", job.remote_id)
    assert len(charges(service, key)) == 1
    assert looks(service, key) <= MOST_LOOKS


async def test_a_call_that_overtakes_the_answer_to_the_order_is_no_second_purchase(
    replica: Replica, service: SandboxProcess, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    service.fault(key, "create", "slow_after", seconds=1.0)
    with caplog.at_level(logging.INFO):
        async with replica.running():
            job = await replica.ended(await replica.order())
            assert job.state is State.DONE
            (receipt,) = replica.rows("receipts")
            assert receipt["via"] == "webhook"
    assert "second receipt" not in caplog.text
    assert len(charges(service, key)) == 1


async def test_a_failed_song_is_noticed_when_the_service_calls(
    replica: Replica, service: SandboxProcess, key: str
) -> None:
    service.fault(key, "create", "fail_task")
    async with replica.running():
        job = await replica.ended(await replica.order())
    assert job.state is State.FAILED
    assert looks(service, key) <= MOST_LOOKS


async def test_a_call_that_never_comes_costs_a_minute_and_no_song(
    service: SandboxProcess, key: str, tmp_path: Path
) -> None:
    """Here the minute is half a second."""
    replica = Replica(tmp_path, service, key, looks=0.5)
    service.fault(key, "webhook", "drop", times=None)
    async with replica.running():
        assert (await replica.ended(await replica.order())).state is State.DONE
        assert replica.rows("hooks") == []


async def test_a_look_that_meets_trouble_after_the_call_is_made_again_soon(
    replica: Replica, service: SandboxProcess, key: str
) -> None:
    service.fault(key, "task", "refuse", status=503, times=2)
    async with replica.running():
        assert (await replica.ended(await replica.order())).state is State.DONE


async def test_a_song_that_is_told_finished_too_early_is_looked_at_as_ever(
    replica: Replica, service: SandboxProcess, key: str
) -> None:
    """The call is used up then: nothing else would bring another look for minutes."""
    service.fault(key, "webhook", "drop", times=None)
    service.fault(key, "look", "answer", status=202, body=NOT_READY, times=MOST_LOOKS)
    async with replica.running():
        job = await replica.order()
        await soon(lambda: replica.rows("receipts"), "the answer to the order")
        fields = replica.runner.hooks.fields(job.id)  # type: ignore[union-attr]
        body, now = b'{"event": "song.completed"}', str(int(time.time()))
        signature = sign(fields["webhook_secret"], now, body)
        headers = {"X-Webhook-Timestamp": now, "X-Webhook-Signature": signature}
        async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
            answer = await client.post(fields["webhook_url"], content=body, headers=headers)
        assert answer.status_code == 200
        assert (await replica.ended(job)).state is State.DONE
    assert looks(service, key) > MOST_LOOKS


async def test_what_is_not_documented_to_call_back_is_looked_at_as_ever(
    replica: Replica, service: SandboxProcess, key: str
) -> None:
    """Stems: only a client claims that they call."""
    async with replica.running():
        await replica.ended(await replica.order())
        clip_id = replica.rows("clips")[0]["clip_id"]
        stems = await replica.ended(await replica.order(SeparateStems(clip_id=clip_id)))
        assert stems.state is State.DONE
        assert {row["job_id"] for row in replica.rows("hooks")} != {stems.id}
        assert len(replica.rows("hooks")) == 1


@pytest.mark.parametrize("do", ["duplicate", "replay"])
async def test_a_call_that_comes_twice_counts_once(
    replica: Replica, service: SandboxProcess, key: str, do: str
) -> None:
    service.fault(key, "webhook", do)
    async with replica.running() as here:
        job = await replica.ended(await replica.order())
        await soon(lambda: len(here.answers) >= 2, "the second call")
        assert [status for _, status in here.answers] == [200, 200]
        assert len(replica.rows("hooks")) == 1
    assert job.state is State.DONE
    assert looks(service, key) == 1


@pytest.mark.parametrize("do", ["forge", "stale", "unsigned"])
async def test_a_call_that_nobody_can_vouch_for_moves_nothing(
    replica: Replica, service: SandboxProcess, key: str, do: str
) -> None:
    service.fault(key, "webhook", do)
    async with replica.running() as here:
        job = await replica.order()
        await soon(lambda: here.answers, "the call")
        assert {status for _, status in here.answers} == {401}
        await soon(lambda: replica.rows("receipts"), "the answer to the order")
        assert replica.journal.any_job(job.id).state is State.RUNNING  # type: ignore[union-attr]
        assert replica.rows("hooks") == []
    assert looks(service, key) == 0


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Database | None]:
    """Where replicas keep their journal; None for a file."""
    if request.param == "sqlite":
        yield None
        return
    server: Server = request.getfixturevalue("postgres_server")
    with server.database() as lent:
        yield lent


async def test_two_replicas_that_hear_the_same_call_look_once(
    service: SandboxProcess, key: str, tmp_path: Path, database: Database | None
) -> None:
    """They share a journal and a ring of secrets; behind one address every call reaches both."""
    one, other = [Replica(tmp_path, service, key, database=database) for _ in range(2)]
    replicas: list[Listener] = []

    async def to_both(request: Request) -> Response:
        body = await request.body()
        headers = {name: value for name, value in request.headers.items() if name.startswith("x-")}
        async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
            addresses = [replica.base_url + request.url.path for replica in replicas]
            answers = await asyncio.gather(*(client.post(url, content=body, headers=headers) for url in addresses))
        return Response(status_code=max(answer.status_code for answer in answers))

    async with (
        listening(Starlette(routes=[Route(PATH, to_both, methods=["POST"])])) as front,
        one.running(front.base_url) as first,
        other.running(front.base_url) as second,
    ):
        replicas += [first, second]
        job = await one.ended(await one.order())
        assert job.state is State.DONE
        await soon(lambda: first.answers and second.answers, "the call at both")
        assert [status for _, status in first.answers + second.answers] == [200, 200]
        assert len(one.rows("hooks")) == 1
    assert looks(service, key) == 1
    assert len(charges(service, key)) == 1


async def test_a_server_that_answers_is_called_and_one_that_works_brings_the_lost_song_home(
    service: SandboxProcess, tmp_path: Path, postgres_server: Server
) -> None:
    """Two real processes on one database: the order leaves the worker, the call reaches the other one."""
    home = HttpWorld(service, tmp_path)
    service.fault(home.key, "create", "lose_after")
    with postgres_server.database() as database, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        known = {"public_url": f"http://127.0.0.1:{port}", "database_url": database.url}
        with (
            home.replica("--role", "worker", **known),
            home.replica("--role", "web", "--port", str(port), **known) as web,
        ):
            async with home.calling(web, web.token) as client:
                answer = said(await client.call_tool("create_song", LULLABY))
                with anyio.fail_after(PATIENCE):
                    while answer["status"] == "unknown":  # until the call comes, when the loss was noticed before it
                        answer = said(await client.call_tool("wait_for_song", {"job_id": answer["job_id"]}))
            assert answer["status"] == "done", answer
            assert re.search(r"POST /hooks/\S+ 200", web.log())
            assert Sealer([SECRET]).hook_token(answer["job_id"]) not in web.log()
    assert looks(service, home.key) == 1
    assert len(charges(service, home.key)) == 1


async def test_neither_the_secret_nor_the_address_of_a_call_is_written_or_logged(
    replica: Replica, service: SandboxProcess, key: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def hidden(job: Job) -> list[bytes]:
        return [replica.sealer.hook_token(job.id).encode(), replica.sealer.hook_secret(job.id).encode()]

    with caplog.at_level(logging.DEBUG):
        async with replica.running():
            job = await replica.ended(await replica.order(song("Low Tide")))
            on_disk = (tmp_path / "journal.sqlite3").read_bytes()
    ours = "".join(record.getMessage() for record in caplog.records if record.name.startswith("songwright"))
    assert job.state is State.DONE
    assert not [secret for secret in hidden(job) if secret in on_disk or secret.decode() in ours]
    assert KEYS[0] not in ours


@pytest.fixture(autouse=True)
def _quiet_end(service: SandboxProcess) -> Iterator[None]:
    """No fault is left for the next test of this service."""
    yield
    service.clear_faults()
