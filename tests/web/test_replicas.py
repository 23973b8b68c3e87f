"""Several replicas behind a balancer that remembers nobody: on one file of one machine, and on PostgreSQL."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import httpx2
import postgres
import pytest
from http_world import LULLABY, SECRET, HttpWorld, Replica, ask
from sandbox_process import SandboxProcess
from waiting import PATIENCE, soon
from world import said

from songwright.server.journal.postgres import AWAY_SECONDS

pytestmark = pytest.mark.anyio
NEWER = "a newer secret of these tests that is long enough"


@contextmanager
def deployment(service: SandboxProcess, folder: Path, request: pytest.FixtureRequest) -> Iterator[HttpWorld]:
    """One on the database that the test is run with."""
    if request.param == "sqlite":
        place = HttpWorld(service, folder)
        yield place
        place.close()
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    with server.database() as database:
        place = HttpWorld(service, folder, database.url)
        yield place
        place.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(
    service: SandboxProcess, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[HttpWorld]:
    """A deployment for all tests of this module."""
    with deployment(service, tmp_path_factory.mktemp("deployment"), request) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def place(service: SandboxProcess, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[HttpWorld]:
    """A deployment for one test, where no other replica helps."""
    with deployment(service, tmp_path, request) as found:
        yield found


@pytest.fixture(scope="module")
def pair(shared: HttpWorld) -> Iterator[tuple[Replica, Replica]]:
    """Two replicas of it, where every song is asked about first."""
    with shared.replica(confirm_above=10) as one, shared.replica(confirm_above=10) as other:
        yield one, other


def bought(place: HttpWorld, job_id: str) -> bool:
    """Whether the service's id is on record."""
    with place.store.reading() as tx:
        return bool(tx.all("receipts_of", job_id=job_id))


async def test_a_song_is_agreed_to_at_one_replica_and_bought_at_another(
    shared: HttpWorld, pair: tuple[Replica, Replica]
) -> None:
    """Modern clients carry the sealed question from one to the other."""
    tenant, token = shared.tenant("modern")
    before = len(shared.charges())
    async with shared.calling(pair, token, agree=True) as client:
        song = said(await client.call_tool("create_song", LULLABY))
        assert song["status"] == "done", song
        found = said(await client.call_tool("list_songs", {}))
    assert [row["job_id"] for row in found["songs"]] == [song["job_id"]]
    assert len(shared.charges()) == before + 1
    assert all(replica.tells(rf"POST /mcp 200 \d+ ms {tenant}$") for replica in pair)


async def test_an_older_client_gets_a_quote_at_one_replica_and_uses_it_at_another(
    shared: HttpWorld, pair: tuple[Replica, Replica]
) -> None:
    """It has no line on which a server could ask it, so the price comes back as an answer."""
    _, token = shared.tenant("legacy")
    before = len(shared.charges())
    async with shared.calling(pair[0], token, mode="legacy", agree=True) as client:
        asked = said(await client.call_tool("create_song", LULLABY))
    assert asked["status"] == "needs_confirmation"
    async with shared.calling(pair[1], token, mode="legacy") as client:
        song = said(await client.call_tool("create_song", {**LULLABY, "quote": asked["quote"]}))
        assert song["status"] == "done", song
    async with shared.calling(pair, token, mode="legacy") as client:
        for _ in range(4):  # no session binds it to either of them
            assert said(await client.call_tool("list_songs", {}))["total"] == 1
    assert len(shared.charges()) == before + 1


async def test_the_same_call_at_two_replicas_at_once_is_one_order(
    shared: HttpWorld, pair: tuple[Replica, Replica]
) -> None:
    _, token = shared.tenant("impatient")
    before = len(shared.charges())
    async with shared.calling(pair[0], token) as client:
        asked = {**LULLABY, "quote": said(await client.call_tool("create_song", LULLABY))["quote"]}
    songs: list[str] = []

    async def create(replica: Replica) -> None:
        async with shared.calling(replica, token) as client:
            songs.append(said(await client.call_tool("create_song", asked)).get("job_id", ""))

    async with anyio.create_task_group() as group:
        for replica in pair:
            group.start_soon(create, replica)
    assert len(shared.charges()) == before + 1
    assert songs[0] == songs[1]


async def test_a_link_that_one_replica_has_made_is_opened_by_the_other(
    shared: HttpWorld, pair: tuple[Replica, Replica]
) -> None:
    _, token = shared.tenant("listener")
    async with shared.calling(pair[0], token, agree=True) as client:
        song = said(await client.call_tool("create_song", LULLABY))
    link = urlsplit(song["clips"][0]["url"])
    assert httpx2.get(pair[1].url + link.path).content == httpx2.get(pair[0].url + link.path).content


async def test_after_a_change_of_secrets_old_links_and_questions_still_hold(
    shared: HttpWorld, pair: tuple[Replica, Replica]
) -> None:
    """The newest secret comes first; the older one opens what it has sealed for as long as it is in the list."""
    tenant, token = shared.tenant("patient")
    folder = shared.library / "tenants" / tenant
    folder.mkdir(parents=True)
    (folder / "Song.txt").write_text("la")
    link = shared.sealer.link({"tenant": tenant, "path": "Song.txt"}, 60)
    with shared.replica(secret_keys=f"{NEWER},{SECRET}", confirm_above=10) as turned:
        assert httpx2.get(f"{turned.url}/files/{link}").text == "la"
        async with shared.calling([turned, pair[0]], token, agree=True) as client:
            await client.list_tools()
    with shared.replica(secret_keys=NEWER) as without:
        assert httpx2.get(f"{without.url}/files/{link}").status_code == 404


async def test_when_a_replica_is_killed_the_other_one_finishes_its_song(place: HttpWorld) -> None:
    """SIGKILL while the song is being made: nothing is lost, and it is paid once."""
    _, token = place.tenant("survivor")
    place.stays_in_work()
    with place.replica(wait_seconds=0.2) as first, place.replica() as second:
        async with place.calling(first, token) as client:
            begun = said(await client.call_tool("create_song", LULLABY))
            await soon(lambda: bought(place, begun["job_id"]), "it was bought")
        first.send_signal(signal.SIGKILL)
        first.ended()
        place.end_leases()
        place.may_end()
        async with place.calling(second, token) as client:
            song = said(await client.call_tool("wait_for_song", {"job_id": begun["job_id"]}))
    assert song["status"] == "done", song
    assert len(place.charges()) == 1


async def test_what_is_ordered_at_a_web_replica_is_done_by_a_worker(place: HttpWorld) -> None:
    """The web replica sends nothing to the service: without a worker the order waits, written down."""
    _, token = place.tenant("divided")
    with place.replica("--role", "web", wait_seconds=1) as web:
        order = {"name": "create_song", "arguments": LULLABY}
        waiting = ask(web.url, token, "tools/call", order, name="create_song")
        assert waiting["resultType"] == "task", waiting
        assert place.charges() == []
        with place.replica("--role", "worker"):
            async with place.calling(web, token) as client:
                for _ in range(60):
                    song = said(await client.call_tool("wait_for_song", {"job_id": waiting["taskId"]}))
                    if song["status"] == "done":
                        break
    assert song["status"] == "done", song
    assert len(place.charges()) == 1


async def refused_at_once(running: Replica, tokens: list[str]) -> list[float]:
    """How long each of these callers, who come together, waits to be told that the database is away."""
    waited: list[float] = []

    async def call(client: httpx2.AsyncClient, token: str) -> None:
        began = time.monotonic()
        answer = await client.post("/mcp", headers={"Authorization": f"Bearer {token}"}, json={})
        waited.append(time.monotonic() - began)
        assert answer.status_code == 503
        assert "Nothing was sent or spent" in answer.json()["error_description"]

    async with httpx2.AsyncClient(base_url=running.url, timeout=PATIENCE) as client, anyio.create_task_group() as group:
        for token in tokens:
            group.start_soon(call, client, token)
    return waited


async def test_a_replica_whose_database_is_gone_says_that_it_is_not_ready(
    tmp_path: Path, service: SandboxProcess
) -> None:
    """Balancers then leave it alone; it is alive all the same, and ready again when the database is."""
    with postgres.running() as server, server.bare_database() as database:
        place = HttpWorld(service, tmp_path, database.url)
        tokens = [place.tenant(f"tenant {n}")[1] for n in range(12)]
        with place.replica() as running:
            assert httpx2.get(f"{running.url}/ready").text == "ready\n"
            ask(running.url, tokens[0], "tools/list", {})
            server.stop()
            waited = await refused_at_once(running, tokens)
            # One after the other they would have waited from three seconds to half a minute.
            assert max(waited) < len(tokens) * AWAY_SECONDS / 2, waited
            answer = httpx2.get(f"{running.url}/ready", timeout=PATIENCE)
            assert (answer.status_code, answer.text) == (503, "database\n")
            assert httpx2.get(f"{running.url}/health").status_code == 200
            bearer = {"Authorization": "Bearer sw_" + "A" * 43}
            called = httpx2.post(f"{running.url}/mcp", headers=bearer, timeout=PATIENCE)
            assert (called.status_code, called.headers["retry-after"]) == (503, "10")
            server.start()
            url = f"{running.url}/ready"
            await soon(lambda: httpx2.get(url, timeout=PATIENCE).status_code == 200, "it is ready again")
