"""How long a client is kept waiting, and that nobody buys a second song before having heard of the first."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from desk import ACCOUNT, Desk, Flow, client
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp
from mcp_types import Implementation
from world import said

from songwright.server.core.jobs import State
from songwright.server.orders.caller import Caller
from songwright.server.protocol import patience
from songwright.server.protocol.build import build
from songwright.server.protocol.patience import Session, Sessions, known
from songwright.server.protocol.talk import marked, name_in
from songwright.server.web import middleware

pytestmark = pytest.mark.anyio

KETTLE = {"lyrics": "[Verse]\nThe kettle hums", "style": "folk", "title": "Kettle"}
TEAPOT = {**KETTLE, "title": "Teapot"}
SAUCER = {**KETTLE, "title": "Saucer"}


@pytest.fixture
def flow() -> Flow:
    return Flow()


def desk_at(folder: Path, flow: Flow, confirm_above: int = 100) -> Desk:
    return Desk(folder, flow, wait_seconds=45, confirm_above=confirm_above)


async def given_up(flow: Flow, caller: Client, tool: str, arguments: dict[str, Any], after: float) -> None:
    """A call that its client cancels after so many seconds, as one does whose time-out has passed."""
    flow.flows, flow.waited = False, anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(caller.call_tool, tool, arguments)
        await flow.waited.wait()
        flow.at += after
        group.cancel_scope.cancel()
    flow.flows = True


async def timed(flow: Flow, call: Callable[[], Awaitable[Any]]) -> tuple[float, dict[str, Any]]:
    began = flow.at
    told = said(await call())
    return flow.at - began, told


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("claude-ai", "claude-ai"),
        ("Claude-AI", "claude-ai"),
        ("claude-code", "claude-code"),
        ("Visual Studio Code - Insiders", "visual studio code"),
        ("gemini-cli-mcp-client-songwright", "gemini-cli-mcp-client"),
        ("claude-ai (via mcp-remote 0.1.37)", "claude-ai"),
        ("cursor-vscode", "cursor-vscode"),
        ("JetBrains-IU/copilot-intellij", "jetbrains-iu"),
        ("mcp", None),
        ("mcp-client", None),
        ("zedlike", None),
        ("", None),
        (None, None),
    ],
)
def test_a_client_is_known_by_the_name_it_announces(name: str | None, found: str | None) -> None:
    client = known(name)
    assert (client and client.name) == found


def test_every_row_of_the_table_names_its_source() -> None:
    place = Path(patience.__file__).with_name("clients.toml")
    rows = tomllib.loads(place.read_text(encoding="utf-8"))["clients"]
    names = [name for row in rows for name in row["names"]]
    assert len(names) == len(set(names))
    assert all(name == name.lower().strip() and name != "mcp" for name in names)
    assert all(row["limit"] >= 20 and len(row["source"]) > 20 for row in rows)


@pytest.mark.parametrize(
    ("name", "tool", "seconds"),
    [
        ("claude-ai", "create_song", 45),
        ("claude-ai", "wait_for_song", 45),
        ("@librechat/api-client", "create_song", 22.5),
        ("mcp", "create_song", 4),
        ("mcp", "wait_for_song", 20),
    ],
)
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_client_is_answered_before_it_gives_up(
    tmp_path: Path, flow: Flow, name: str, tool: str, seconds: float, mode: str
) -> None:
    """Whoever is not known to wait reads the order's id, and what to call, within seconds."""
    desk = desk_at(tmp_path, flow)
    if tool == "wait_for_song":
        desk.put("create_song", "working")
    async with client(desk, mode, name) as caller:
        took, told = await timed(flow, lambda: caller.call_tool(tool, KETTLE if tool == "create_song" else {}))
    assert took == pytest.approx(seconds, abs=0.5)
    assert told["status"] == "working"
    assert f'wait_for_song with job_id "{told["job_id"]}"' in told["next"]


class Sluggish(Desk):
    """Its first call has much to load before anything is performed."""

    def __init__(self, folder: Path, flow: Flow) -> None:
        super().__init__(folder, flow, wait_seconds=45, confirm_above=100)
        self.flow = flow

    async def caller(self) -> Caller:
        self.flow.at += 3.0
        return await super().caller()


async def test_a_client_waits_from_the_moment_it_calls(tmp_path: Path, flow: Flow) -> None:
    """What a busy machine needs to get ready is time that the client has waited too."""
    async with client(Sluggish(tmp_path, flow), "auto", "mcp") as caller:
        took, told = await timed(flow, lambda: caller.call_tool("create_song", KETTLE))
    assert told["status"] == "working"
    assert took == pytest.approx(4, abs=0.5)


async def test_a_stranger_who_asks_for_progress_hears_of_its_order_as_soon_as_any(tmp_path: Path, flow: Flow) -> None:
    """There are libraries that always ask and give up after ten seconds all the same.

    In one process the newest revision sends no token, so the older one is spoken.
    """

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        del progress, total, message

    async with client(desk_at(tmp_path, flow), "legacy") as caller:
        took, _ = await timed(flow, lambda: caller.call_tool("create_song", KETTLE, progress_callback=hear))
    assert took == pytest.approx(4, abs=0.5)


@pytest.mark.parametrize("name", ["mcp", "claude-ai"])
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_who_gave_up_hears_of_the_first_order_before_it_buys_another(
    tmp_path: Path, flow: Flow, name: str, mode: str
) -> None:
    """The model reads of an error, words its wish anew and calls again: that would be the second song."""
    desk = desk_at(tmp_path, flow)
    async with client(desk, mode, name) as caller:
        await given_up(flow, caller, "create_song", KETTLE, after=5)
        (first,) = desk.orders()
        told = said(await caller.call_tool("create_song", TEAPOT))
        assert (told["status"], told["job_id"]) == ("needs_confirmation", first.id)
        assert "Kettle" in told["summary"]
        assert first.id in told["next"]
        assert len(desk.orders()) == 1
        bought = said(await caller.call_tool("create_song", {**TEAPOT, "quote": told["quote"]}))
        assert bought["status"] == "working"
    assert len(desk.orders()) == 2


async def test_an_order_that_is_still_waited_for_may_be_given_up(tmp_path: Path, flow: Flow) -> None:
    """Most clients cancel nothing: their call still waits here when the next one comes."""
    desk = desk_at(tmp_path, flow)
    flow.flows = False
    async with client(desk, name="claude-ai") as caller, anyio.create_task_group() as group:
        group.start_soon(caller.call_tool, "create_song", KETTLE)
        await flow.waited.wait()
        flow.at += 5
        told = said(await caller.call_tool("create_song", TEAPOT))
        assert told["status"] == "needs_confirmation"
        assert len(desk.orders()) == 1
        group.cancel_scope.cancel()


async def test_songs_that_are_asked_for_together_are_all_meant(tmp_path: Path, flow: Flow) -> None:
    desk = desk_at(tmp_path, flow)
    flow.flows = False
    async with client(desk, name="claude-ai") as caller, anyio.create_task_group() as group:
        for song in (KETTLE, TEAPOT, SAUCER):
            flow.waited = anyio.Event()
            group.start_soon(caller.call_tool, "create_song", song)
            await flow.waited.wait()
            flow.at += 0.3
        assert len(desk.orders()) == 3
        group.cancel_scope.cancel()


async def test_another_tool_is_another_wish(tmp_path: Path, flow: Flow) -> None:
    desk = desk_at(tmp_path, flow)
    async with client(desk) as caller:
        await given_up(flow, caller, "create_song", KETTLE, after=5)
        told = said(await caller.call_tool("generate_lyrics", {"idea": "a teapot"}))
    assert told["status"] == "working"


@pytest.mark.parametrize(
    ("tool", "arguments"), [("wait_for_song", {}), ("list_songs", {}), ("get_song", {"id": "first"})]
)
async def test_who_has_read_of_an_order_is_not_asked_again(
    tmp_path: Path, flow: Flow, tool: str, arguments: dict[str, Any]
) -> None:
    desk = desk_at(tmp_path, flow)
    async with client(desk) as caller:
        await given_up(flow, caller, "create_song", KETTLE, after=5)
        (first,) = desk.orders()
        await caller.call_tool(tool, dict.fromkeys(arguments, first.id))
        told = said(await caller.call_tool("create_song", TEAPOT))
    assert told["status"] == "working"


async def test_an_order_that_came_to_nothing_is_no_reason_to_ask(tmp_path: Path, flow: Flow) -> None:
    desk = desk_at(tmp_path, flow)
    async with client(desk) as caller:
        await given_up(flow, caller, "create_song", KETTLE, after=5)
        desk.journal.withdraw(ACCOUNT, desk.orders()[0].id)
        told = said(await caller.call_tool("create_song", TEAPOT))
    assert told["status"] == "working"


async def test_another_session_is_not_asked(tmp_path: Path, flow: Flow) -> None:
    desk = desk_at(tmp_path, flow)
    async with client(desk) as caller:
        await given_up(flow, caller, "create_song", KETTLE, after=5)
    async with client(desk) as caller:
        told = said(await caller.call_tool("create_song", TEAPOT))
    assert told["status"] == "working"
    assert all(job.state is State.QUEUED for job in desk.orders())


async def test_who_cancels_is_answered_sooner_and_known_by_name(tmp_path: Path, flow: Flow) -> None:
    """A time-out that somebody has set shorter shows itself; it holds for the next conversation too."""
    desk = desk_at(tmp_path, flow)
    async with client(desk, name="claude-ai") as caller:
        await given_up(flow, caller, "create_song", KETTLE, after=30)
        took, _ = await timed(flow, lambda: caller.call_tool("wait_for_song", {}))
        assert took == pytest.approx(22.5, abs=0.5)
    async with client(desk, name="claude-ai") as caller:
        took, _ = await timed(flow, lambda: caller.call_tool("wait_for_song", {}))
        assert took == pytest.approx(22.5, abs=0.5)
    async with client(desk, name="cursor") as caller:
        took, _ = await timed(flow, lambda: caller.call_tool("wait_for_song", {}))
        assert took == pytest.approx(45, abs=0.5)


async def test_what_a_name_of_many_has_shown_is_forgotten(tmp_path: Path, flow: Flow) -> None:
    desk = desk_at(tmp_path, flow)
    async with client(desk) as caller:
        await given_up(flow, caller, "create_song", KETTLE, after=4)
        took, _ = await timed(flow, lambda: caller.call_tool("wait_for_song", {}))
        assert took == pytest.approx(10, abs=0.5)
    async with client(desk) as caller:
        took, _ = await timed(flow, lambda: caller.call_tool("wait_for_song", {}))
        assert took == pytest.approx(20, abs=0.5)


async def test_who_leaves_has_not_given_up(tmp_path: Path, flow: Flow) -> None:
    """A person who closes the program while a song is made must not be waited for less next time."""
    desk = desk_at(tmp_path, flow)
    async with client(desk, name="claude-ai") as caller:
        await given_up(flow, caller, "create_song", KETTLE, after=30)
    async with client(desk, name="claude-ai") as caller:
        took, _ = await timed(flow, lambda: caller.call_tool("wait_for_song", {}))
    assert took == pytest.approx(45, abs=0.5)


def test_a_session_ends_in_silence() -> None:
    at = [0.0]
    sessions = Sessions(lambda: at[0])
    first = sessions.of("ann", "mcp")
    first.halvings = 2
    waiting = first.begin("wait")
    at[0] = 4000.0
    assert sessions.of("ann", "mcp") is first
    first.ended(waiting, cut_short=False)
    at[0] = 7000.0
    assert sessions.of("ann", "mcp") is first
    assert sessions.of("bob", "mcp") is not first
    at[0] = 8000.0
    assert sessions.of("ann", "mcp").halvings == 0


def test_the_same_call_while_the_first_still_waits_shows_who_gave_up() -> None:
    at = [0.0]
    session = Session(lambda: at[0])
    session.begin("wait")
    at[0] = 0.5
    session.begin("wait")
    assert session.seconds(45, spends=False, progress=False) == 20
    at[0] = 6.0
    session.begin("wait")
    assert session.seconds(45, spends=False, progress=False) == 10
    for at[0] in (12.0, 18.0, 24.0, 30.0, 36.0):
        session.begin("wait")
    assert session.seconds(45, spends=False, progress=False) == 1.25
    assert session.seconds(45, spends=True, progress=False) == 1
    assert session.seconds(0, spends=True, progress=False) == 0


@asynccontextmanager
async def over_http(desk: Desk, mode: Any, name: str) -> AsyncIterator[Client]:
    """The same client over HTTP, where every request stands on its own."""
    server = build(desk)
    server.streamable_http_app(stateless_http=True)
    endpoint = middleware.ConcurrencyLimit(middleware.Named(StreamableHTTPASGIApp(server.session_manager)))
    async with server.session_manager.run():
        carrier = httpx2.AsyncClient(transport=httpx2.ASGITransport(endpoint), timeout=60)
        place = streamable_http_client("http://127.0.0.1:8000/mcp", http_client=carrier)
        async with carrier, Client(place, mode=mode, client_info=Implementation(name=name, version="1")) as connected:
            yield connected


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize(("name", "seconds"), [("claude-ai", 45), ("mcp", 4)])
async def test_over_http_a_client_is_known_too(
    tmp_path: Path, flow: Flow, name: str, seconds: float, mode: str
) -> None:
    """In the older era a client says its name once, and any replica may get the next request."""
    async with over_http(desk_at(tmp_path, flow), mode, name) as caller:
        took, _ = await timed(flow, lambda: caller.call_tool("create_song", KETTLE))
    assert took == pytest.approx(seconds, abs=0.5)


async def test_another_replica_knows_too_what_was_not_heard(tmp_path: Path, flow: Flow) -> None:
    """Behind a balancer without memory the second call arrives anywhere, also after the first replica has died."""
    desk = desk_at(tmp_path, flow)
    async with over_http(desk, "auto", "mcp") as caller:
        await given_up(flow, caller, "create_song", KETTLE, after=5)
    (first,) = desk.orders()
    async with over_http(desk, "auto", "mcp") as caller:
        told = said(await caller.call_tool("create_song", TEAPOT))
        assert (told["status"], told["job_id"]) == ("needs_confirmation", first.id)
        assert said(await caller.call_tool("create_song", SAUCER))["status"] == "working"
    flow.at += 86_400
    async with over_http(desk, "auto", "another client") as caller:
        assert said(await caller.call_tool("create_song", TEAPOT))["status"] == "working"


def test_a_name_comes_back_in_the_sessions_id() -> None:
    for name in ("claude-ai", "Ünïcode ☂ client", "x" * 300):
        mark = marked(name, "0123")
        assert all("!" <= letter <= "~" for letter in mark)
        assert name_in(mark) == name[:100]
    assert [name_in(mark) for mark in ("", "0123", "0123.", "0._w")] == [None, None, "", None]
