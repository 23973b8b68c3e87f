"""What reaches a model, whatever the tool: one text block that is complete, and what the tool's schema promises.

Every tool, and every tool that passes another one's result on, for every operation and every way it can stand. The
stock client validates what it is given; old revisions are spoken by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from declared import KINDS, NAMES, SPENDING, plain, plain_arguments
from desk import ACCOUNT, Desk, Flow, client
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp
from test_laws import parts
from world import said

from songwright.server.core.errors import SongwrightError
from songwright.server.core.jobs import Job
from songwright.server.core.operation import Effect
from songwright.server.orders.envelope import MOST_BYTES, fitted, fitting, size
from songwright.server.orders.results import Result, failure
from songwright.server.protocol import schema
from songwright.server.protocol.build import build
from songwright.server.protocol.tools_server import parse, render
from songwright.tools.shapes import SongResult, ToolResult

pytestmark = pytest.mark.anyio

RELAYING = [name for name in NAMES if issubclass(KINDS[name].result, SongResult) and name not in SPENDING]
"""Tools whose result is that of another one."""
STATES = ("working", "failed", "done", "unknown")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, Flow())  # nobody works on the orders, so there is nothing to wait for
    yield made
    made.store.close()


def steps(name: str, job: Job) -> dict[str, Any]:
    """Arguments with which a tool passes an order's result on."""
    fields = KINDS[name].model_fields
    choice = {"action": "buy_again"} if "action" in fields else {}
    return {field: job.id for field in ("job_id", "id") if field in fields} | choice


@pytest.mark.parametrize("name", SPENDING)
async def test_whatever_became_of_an_order_is_a_result_of_every_tool_that_tells_of_it(desk: Desk, name: str) -> None:
    """A paid result that breaks the schema is lost to clients that validate: they raise instead."""
    async with client(desk) as caller:
        for state in STATES:
            job = desk.put(name, state)
            for relay in RELAYING:
                told = said(result := await caller.call_tool(relay, steps(relay, job)))
                assert result.structured_content is not None
                if relay in ("wait_for_song", "get_song"):
                    assert told["status"] == state
                    assert told["job_id"] == job.id
                    assert result.is_error is (state == "failed")
            own = await caller.call_tool(name, plain(name).arguments())
            assert said(own)["status"] in (state, "needs_confirmation")
            if state == "unknown":
                offer = said(await caller.call_tool("resolve_job", {"job_id": job.id, "action": "buy_again"}))
                assert (offer["status"], bool(offer["quote"])) == ("needs_confirmation", True)
                await caller.call_tool("resolve_job", {"job_id": job.id, "action": "give_up"})
            elif state == "working":
                desk.journal.withdraw(ACCOUNT, job.id)


@pytest.mark.parametrize("name", SPENDING)
async def test_a_question_about_the_price_can_be_answered_from_the_text_alone(desk: Desk, name: str) -> None:
    """Two steps buy something even where a model sees nothing but the first text block."""
    async with client(desk) as caller:
        offer = said(await caller.call_tool(name, plain(name).arguments()))
    assert offer["status"] == "needs_confirmation"
    assert offer["credits"]["cost"] > 0
    assert offer["quote"]
    assert name in offer["next"]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_refusal_is_a_result_of_every_tool(desk: Desk, mode: str) -> None:
    """Some clients validate those too, and then show a complaint about the schema instead of our sentence."""
    async with client(desk, mode) as caller:
        for name in NAMES:
            result = await caller.call_tool(name, {"nonsense": True})
            told = said(result)
            assert result.is_error
            assert result.structured_content == told
            assert told["status"] == "failed"
            assert f"nonsense is not an argument of {name}" in told["summary"]


@pytest.mark.parametrize("name", [n for n in NAMES if KINDS[n].effect is Effect.LOCAL])
async def test_what_is_computed_here_is_whole_in_the_text(desk: Desk, name: str) -> None:
    async with client(desk) as caller:
        told = said(await caller.call_tool(name, plain_arguments(name)))
    assert told["summary"]
    nothing_yet = name in ("wait_for_song", "play_song", "compare_takes")
    assert told.get("status") == ("failed" if nothing_yet else None)
    if name == "songwriting_guide":
        assert "Verse" in told["text"] or len(told["text"]) > 500


def values(stated: Mapping[str, Any]) -> Any:
    """Something of every kind that a schema names."""
    if "enum" in stated:
        return stated["enum"][0]
    kind = stated["type"]
    if kind == "object":
        return {name: values(part) for name, part in stated.get("properties", {}).items()}
    if kind == "array":
        return [values(stated["items"])]
    return {"string": "x", "integer": 3, "number": 1.5, "boolean": True}[kind]


@pytest.mark.parametrize("name", SPENDING)
@pytest.mark.parametrize("relay", RELAYING)
def test_no_two_tools_mean_different_things_by_one_member(name: str, relay: str) -> None:
    """All that an operation may ever say, as whoever passes it on says it."""
    whole = values(schema.published(name)["outputSchema"])
    assert schema.admits(relay, whole)
    assert schema.admits(relay, values(schema.published(relay)["outputSchema"]) | whole)


@pytest.mark.parametrize("name", NAMES)
def test_a_published_schema_can_be_read_by_every_converter(name: str) -> None:
    form = schema.published(name)
    for part in parts([form["inputSchema"], form["outputSchema"]]):
        assert part.get("additionalProperties") is not False
    assert form["outputSchema"]["required"] == ["summary"]
    assert issubclass(KINDS[name].result, ToolResult)
    assert schema.admits(name, failure(SongwrightError("No.")).told)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("empty", [None, "", "  \n"])
def test_an_argument_that_holds_nothing_was_left_out(name: str, empty: str | None) -> None:
    """Strict function schemas make a model fill in everything: text, choices and numbers alike."""
    kind = KINDS[name]
    given = plain(name).arguments() if name in SPENDING else least(name)
    expected = parse(kind, given)
    for field, about in kind.model_fields.items():
        if not about.is_required() and field not in given:
            assert parse(kind, {**given, field: empty}) == expected, field
    everything = {f: empty for f, about in kind.model_fields.items() if not about.is_required()}
    assert parse(kind, {**everything, **given}) == expected


def least(name: str) -> dict[str, Any]:
    choices = {f: part["enum"][-1] for f, part in properties(name).items() if "enum" in part}
    return {
        f: choices.get(f, 60 if f == "seconds" else "x")
        for f in schema.published(name)["inputSchema"].get("required", ())
    }


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema.published(name)["inputSchema"].get("properties", {})
    return found


def test_old_revisions_get_text_and_nothing_that_they_do_not_know() -> None:
    result = Result({"status": "done"}, "Done.")
    for revision in ("2024-11-05", "2025-03-26", None):
        assert render(result, "create_song", revision).structured_content is None
    for revision in ("2025-06-18", "2025-11-25", "2026-07-28"):
        assert render(result, "create_song", revision).structured_content == result.told
    wrong = render(Result({"status": "sold"}, "Done."), "create_song", "2025-11-25")
    assert wrong.structured_content is None
    assert json.loads(wrong.content[0].text) == {"summary": "Done.", "status": "sold"}  # type: ignore[union-attr]


def test_no_answer_is_longer_than_a_model_can_take() -> None:
    rows = [{"title": "x" * 200, "n": n} for n in range(1000)]
    told = Result({"songs": rows, "few": [1, 2], "text": "ü" * 30_000, "none": None}, "Much.").told
    assert size(told) <= MOST_BYTES
    assert "none" not in told
    assert told["few"] == [1, 2][: len(told["few"])]
    assert f"songs: {1000 - len(told['songs'])} more" in told["left_out"]
    assert size(fitted({"text": '"' * 50_000})) <= MOST_BYTES
    assert fitted({"songs": rows[:3]}) == {"songs": rows[:3]}
    assert fitting(rows, 1) == rows[:1]


def test_half_a_letter_does_not_keep_an_answer_from_leaving() -> None:
    answer = render(failure(SongwrightError("No \ud800.")), "create_song", "2025-11-25")
    assert json.loads(answer.model_dump_json(by_alias=True))["content"][0]["text"]


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
async def test_half_a_letter_over_http_gets_an_answer(desk: Desk, revision: str) -> None:
    """JSON may hold half of a surrogate pair; nothing can write it down, so nothing is bought with it."""
    server = build(desk)
    server.streamable_http_app(stateless_http=True)
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": revision,
        "Mcp-Method": "tools/call",
        "Mcp-Name": "check_style",
    }
    meta = {
        "io.modelcontextprotocol/protocolVersion": revision,
        "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "0"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": "check_style", "arguments": {"style": "\ud800"}, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    endpoint = StreamableHTTPASGIApp(server.session_manager)
    async with server.session_manager.run(), httpx2.AsyncClient(transport=httpx2.ASGITransport(endpoint)) as carrier:
        answer = await carrier.post("http://127.0.0.1:8000/mcp", content=body.encode(), headers=headers)
    if revision == "2025-11-25":
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32700)
    else:
        assert "style contains a letter that was lost" in answer.text


async def test_what_was_spent_is_told_for_a_day_a_week_and_a_month(tmp_path: Path) -> None:
    flow = Flow()
    desk = Desk(tmp_path, flow, shared=True)  # whose balance nobody asks the service for
    for tool, days in (("get_wav", 0), ("get_midi", 17), ("get_vox", 20), ("get_bpm", 2.5)):
        flow.at += days * 86_400.0
        desk.put(tool, "working")
    async with client(desk) as connected:
        told = said(await connected.call_tool("check_credits", {}))
    desk.store.close()
    assert (told["spent_24h"], told["spent_7d"]) == (1, 2)
    assert [row["operation"] for row in told["spent_30d"]] == ["get_bpm", "get_midi", "get_vox"]
    assert "2 in 7 days" in told["summary"]
