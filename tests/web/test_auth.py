"""Who is behind a bearer token, as a client over HTTP sees it and as the server then knows it."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio
import httpx2
import pytest
from issuer import IssuerServer, Pair, unsigned
from mcp.server.auth.middleware.bearer_auth import RequireAuthMiddleware
from mcp.server.auth.provider import AccessToken, principal_components
from orders.clock import ProcessClock, SimClock
from starlette.applications import Starlette
from starlette.authentication import AuthenticationBackend
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from waiting import PATIENCE

from songwright.server.core.errors import AccessRefused, JournalUnavailable
from songwright.server.core.jobs import LOCAL_TENANT
from songwright.server.core.sealing import Sealer, new_key
from songwright.server.core.settings import Settings
from songwright.server.journal.sqlite import SqliteStore, Tx
from songwright.server.web import auth
from songwright.server.web.auth import Backend, Bearer, bearer_of, loopback_token, unavailable
from songwright.server.web.oauth import Issuer
from songwright.server.web.tenants import Tenant, Tenants, new_token

RESOURCE = "https://songs.example.org/mcp"
pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("alone")]


class WatchedStore(SqliteStore):
    """The real one, which also counts how many look at it at the same time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.looks = self.at_once = self.most_at_once = 0
        self._counting = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        with self._counting:
            self.looks += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            with super().reading() as tx:
                yield tx
        finally:
            with self._counting:
                self.at_once -= 1


class Door:
    """A server that lets in whom the verifier knows, and says who it is."""

    def __init__(self, folder: Path, issuer_url: str) -> None:
        self.store = WatchedStore(folder / "state" / "journal.sqlite3")
        self.store.open()
        self.time = SimClock()
        self.tenants = Tenants(self.store, ProcessClock(self.time), Sealer([new_key()]))
        self.issuer = Issuer(issuer_url, audiences=[RESOURCE], clock=ProcessClock(self.time))
        self.local = loopback_token(folder / "state")
        self.bearer = Bearer(
            self.tenants, scopes=["songwright"], resource=RESOURCE, loopback_token=self.local, issuer=self.issuer
        )

    async def knock(self, authorization: str | None, **more: str) -> httpx2.Response:
        async def who(request: Request) -> PlainTextResponse:
            tenant = await self.bearer.caller_of(request.user.access_token)
            return PlainTextResponse(tenant.name)

        inside = Starlette(routes=[Route("/mcp", who)])
        backend: AuthenticationBackend = Backend(self.bearer)
        app = Starlette(
            routes=[Route("/mcp", RequireAuthMiddleware(inside, ["songwright"]))],
            middleware=[Middleware(AuthenticationMiddleware, backend=backend, on_error=unavailable)],
        )
        headers = more if authorization is None else {"Authorization": authorization, **more}
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1:8787") as client:
            return await client.get("/mcp", headers=headers)


@pytest.fixture(scope="module")
def running() -> Iterator[IssuerServer]:
    with IssuerServer() as server:
        yield server


@pytest.fixture
def server(running: IssuerServer) -> IssuerServer:
    running.reset()
    return running


@pytest.fixture
async def door(tmp_path: Path, server: IssuerServer) -> AsyncIterator[Door]:
    made = Door(tmp_path, server.url)
    yield made
    await made.bearer.aclose()
    made.store.close()


# -- over HTTP ----------------------------------------------------------------------------------------------------


async def test_every_kind_of_good_token_opens_the_door(door: Door, server: IssuerServer) -> None:
    _, token = door.tenants.add("Ana")
    for good, name in [(door.local, LOCAL_TENANT), (token, "Ana"), (server.token(), "oauth:user-42")]:
        for word in ("Bearer", "bearer"):
            answer = await door.knock(f"{word} {good}")
            assert (answer.status_code, answer.text) == (200, name)


async def test_a_wrong_a_withdrawn_and_a_revoked_token_look_alike_from_outside(
    door: Door, server: IssuerServer
) -> None:
    ana, withdrawn = door.tenants.add("Ana")
    door.tenants.revoke_token(ana.id, door.tenants.tokens(ana.id)[0].id)
    ben, revoked = door.tenants.add("Ben")
    door.tenants.revoke(ben.id)
    carl = door.tenants.by_subject(server.url, "carl")
    assert carl is not None
    door.tenants.revoke(carl.id)
    wrong = [
        None,
        "",
        "Bearer ",
        "Basic c3c6",
        "Bearer nonsense",
        f"Bearer {new_token()}",
        f"Bearer {door.local[:-1]}",
        f"Bearer {withdrawn}",
        f"Bearer {revoked}",
        f"Bearer {server.token(sub='carl')}",
        f"Bearer {server.token(aud='https://other.example.org/mcp')}",
        f"Bearer {server.token(exp=1)}",
        f"Bearer {server.token(Pair.make('first'))}",
        f"Bearer {unsigned(server.token())}",
    ]
    answers = [await door.knock(authorization) for authorization in wrong]
    assert {answer.status_code for answer in answers} == {401}
    assert len({(answer.text, answer.headers["www-authenticate"]) for answer in answers}) == 1


async def test_a_genuine_token_without_the_scope_is_told_which_and_makes_no_tenant(
    door: Door, server: IssuerServer
) -> None:
    """RFC 6750 §3.1: 403 `insufficient_scope`, so that a client can ask its person for more."""
    answer = await door.knock(f"Bearer {server.token(scope='openid')}")
    assert answer.status_code == 403
    assert "insufficient_scope" in answer.headers["www-authenticate"]
    assert "songwright" in answer.text
    assert door.tenants.all() == []


async def test_when_the_oauth_server_is_off_the_answer_is_to_come_back(door: Door, server: IssuerServer) -> None:
    server.answer = lambda: PlainTextResponse("busy", status_code=503)
    answer = await door.knock(f"Bearer {server.token()}")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "Nothing was sent or spent" in answer.json()["error_description"]
    _, token = door.tenants.add("Ana")
    assert (await door.knock(f"Bearer {token}")).status_code == 200


async def test_when_the_database_is_away_the_answer_is_to_come_back_without_its_address(door: Door) -> None:
    door.store.close()
    folder = door.store.path.parent
    folder.rename(folder.with_name("elsewhere"))
    answer = await door.knock(f"Bearer {new_token()}")
    assert answer.status_code == 503
    assert str(folder) not in answer.text


# -- what the server knows then -----------------------------------------------------------------------------------


async def test_what_travels_with_a_request_is_not_the_token(door: Door, server: IssuerServer) -> None:
    _, token = door.tenants.add("Ana")
    for secret in (token, door.local, server.token()):
        accepted = await door.bearer.verify_token(secret)
        assert accepted is not None
        assert secret not in repr(accepted)
        assert secret not in accepted.model_dump_json()


async def test_a_tenant_revoked_during_a_call_is_refused_at_the_next_step(door: Door) -> None:
    ana, token = door.tenants.add("Ana")
    accepted = await door.bearer.verify_token(token)
    assert accepted is not None
    assert (await door.bearer.caller_of(accepted)).id == ana.id
    door.tenants.revoke(ana.id)
    with pytest.raises(AccessRefused, match="still fetched"):
        await door.bearer.caller_of(accepted)


async def test_a_token_that_lacks_the_scope_is_nobodys_even_if_it_gets_past_the_door(
    door: Door, server: IssuerServer
) -> None:
    accepted = await door.bearer.verify_token(server.token(scope="openid"))
    assert accepted is not None
    with pytest.raises(AccessRefused):
        await door.bearer.caller_of(accepted)


async def test_the_caller_follows_from_the_verified_id_alone(door: Door) -> None:
    with pytest.raises(AccessRefused):
        await door.bearer.caller_of(AccessToken(token="x", client_id="somebody", scopes=["songwright"]))


async def test_two_tokens_of_one_tenant_are_one_principal_and_two_tenants_are_two(
    door: Door, server: IssuerServer
) -> None:
    """The SDK binds a question to a person to the principal that it was asked of."""
    ana, first = door.tenants.add("Ana")
    second = door.tenants.issue(ana.id)
    _, other = door.tenants.add("Ben")
    tokens = (first, second, other, server.token(), server.token(sub=ana.id))
    accepted = [await door.bearer.verify_token(token) for token in tokens]
    assert all(accepted)
    principals = [principal_components(token) for token in accepted if token]
    assert principals[0] == principals[1]
    assert len(set(principals)) == 4


async def test_an_accepted_token_ends_when_the_oauth_server_says_so(door: Door, server: IssuerServer) -> None:
    token = server.token()
    accepted = await door.bearer.verify_token(token)
    assert accepted is not None
    assert accepted.expires_at is not None
    assert accepted.resource == RESOURCE


# -- floods -------------------------------------------------------------------------------------------------------


async def test_strings_that_cannot_be_tokens_of_ours_never_reach_the_database(door: Door) -> None:
    for nonsense in ("", "x", "sw_", "sw_" + "ü" * 43, "sw_" + "A" * 42, "sw_" + "A" * 44, "A" * 100_000, "\ud800"):
        assert await door.bearer.verify_token(nonsense) is None
    assert door.store.looks == 0


async def test_a_flood_of_made_up_tokens_leaves_the_journal_its_threads(door: Door) -> None:
    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(door.bearer.verify_token, new_token())
    assert door.store.looks == 100
    assert door.store.most_at_once == 1


async def test_behind_a_look_up_that_never_ends_everybody_is_told_to_come_back(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database may take a question and never answer; one after the other would wait for it without end."""
    monkeypatch.setattr(auth, "TURN_SECONDS", 0.05)
    hold = threading.Event()
    by_token = door.tenants.by_token

    def slow(token: str) -> Tenant | None:
        hold.wait(PATIENCE)
        return by_token(token)

    monkeypatch.setattr(door.tenants, "by_token", slow)
    _, token = door.tenants.add("Ana")
    statuses: list[int] = []

    async def knock() -> None:
        statuses.append((await door.knock(f"Bearer {token}")).status_code)
        if len(statuses) == 7:
            hold.set()

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(knock)
    assert statuses == [503] * 7 + [200]


# -- this machine's own token -------------------------------------------------------------------------------------


def test_the_token_of_a_machine_stays_the_same_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    assert loopback_token(tmp_path / "state") == loopback_token(tmp_path / "state")
    assert (tmp_path / "state" / "http-token").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "told",
    [
        {"Host": "songs.example.org"},
        {"Host": "songs.example.org:443"},
        {"Host": "127.0.0.1.example.org"},
        {"Host": "["},
        {"Host": ""},
        {"X-Forwarded-For": "203.0.113.7"},
        {"Forwarded": "for=203.0.113.7"},
        {"X-Real-IP": "203.0.113.7"},
        {"Via": "1.1 proxy"},
    ],
    ids=str,
)
async def test_the_token_of_the_machine_opens_nothing_for_what_a_proxy_on_it_passes_on(
    door: Door, told: dict[str, str]
) -> None:
    """It stands in a file that programs of this machine can read; through the public name anybody could use it."""
    _, token = door.tenants.add("Ana")
    for host in ("127.0.0.1:8787", "localhost", "[::1]:8787"):
        assert (await door.knock(f"Bearer {door.local}", Host=host)).status_code == 200
    assert (await door.knock(f"Bearer {door.local}", **told)).status_code == 401
    assert (await door.knock(f"Bearer {token}", **told)).status_code == 200


@asynccontextmanager
async def _bearer(folder: Path, host: str) -> AsyncIterator[Bearer]:
    store = SqliteStore(folder / "journal.sqlite3")
    store.open()
    clock = ProcessClock(SimClock())
    settings = Settings(state_dir=folder, host=host)
    made = bearer_of(settings, Tenants(store, clock, Sealer([new_key()])), clock)
    yield made
    await made.aclose()
    store.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
async def test_on_loopback_the_token_of_the_machine_opens(tmp_path: Path, host: str) -> None:
    async with _bearer(tmp_path, host) as made:
        accepted = await made.verify_token(loopback_token(tmp_path))
        assert accepted is not None
        assert (await made.caller_of(accepted)).id == LOCAL_TENANT
        assert accepted.scopes == ["songwright"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
async def test_where_others_can_reach_the_server_the_token_of_the_machine_is_none(tmp_path: Path, host: str) -> None:
    token = loopback_token(tmp_path)
    async with _bearer(tmp_path, host) as made:
        assert await made.verify_token(token) is None


async def test_a_database_that_is_away_is_not_taken_for_a_wrong_token(tmp_path: Path) -> None:
    """Else every client would throw its good token away."""
    (tmp_path / "journal.sqlite3").write_bytes(b"this is no database" * 100)
    tenants = Tenants(SqliteStore(tmp_path / "journal.sqlite3"), ProcessClock(SimClock()), Sealer([new_key()]))
    with pytest.raises(JournalUnavailable):
        await Bearer(tenants, scopes=[]).verify_token(new_token())
