"""What reaches a model, whatever the tool: one text block that is complete, and what the tool's schema promises.

Every tool, and every tool that passes another one's result on, for every operation and every way it can stand. The
stock client validates what it is given; old revisions are spoken by name.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from test_laws import KINDS, NAMES, REQUIRED, SPENDING, parts, plain
from world import said

from songwright import tools
from songwright.server import contract, schema
from songwright.server.catalogue import Catalogue
from songwright.server.clock import SystemClock
from songwright.server.counter import Counter, Limits
from songwright.server.downloads import Fetcher
from songwright.server.engine import Engine
from songwright.server.envelope import MOST_BYTES, fitted, fitting, size
from songwright.server.errors import SongwrightError
from songwright.server.jobs import LOCAL_TENANT, Account, Clip, Job, SavedFile, State
from songwright.server.journal import Change, Journal, Order
from songwright.server.library import Library
from songwright.server.mcp_server import build
from songwright.server.operation import Effect, Finish, Operation, Request
from songwright.server.publish import parse, render
from songwright.server.results import Result, failure
from songwright.server.settings import Settings
from songwright.server.store import SqliteStore
from songwright.tools.shapes import SongAnswer, ToolAnswer

pytestmark = pytest.mark.anyio

ACCOUNT = Account(LOCAL_TENANT, "https://api.example.test", "key", "aimusicapi", sandbox=False)
RELAYING = [name for name in NAMES if issubclass(KINDS[name].answer, SongAnswer) and name not in SPENDING]
"""Tools whose result is that of another one."""
STATES = ("working", "failed", "done", "unknown")


class Desk:
    """A counter over a real journal in which nothing moves by itself, and where every price is asked about."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(toolsets=("all",), state_dir=folder, library=folder / "library")
        self.sandbox = False
        self.store = SqliteStore(folder / "journal.sqlite3")
        self.store.open()
        clock, catalogue = SystemClock(), Catalogue.load()
        self.journal = Journal(self.store, clock)
        engine = Engine(self.journal, catalogue, clock, tools.load)
        limits = Limits(0.0, 0, 10_000, None)
        self._counter = Counter(engine, Library(folder / "library", Fetcher(), sandbox=False), ACCOUNT, limits)

    async def counter(self) -> Counter:
        return self._counter

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield

    def put(self, name: str, state: str) -> Job:
        """A plain order of a tool, brought to a state through the journal as the engine would."""
        order = plain(name)
        asked = Order(ACCOUNT, order, Request("POST", "/x", {}), 1, order.search_words(), None, again=True)
        job = self.journal.ask(asked).job
        assert job is not None
        if state == "working":
            return job
        sent = self.journal.claim(ACCOUNT.key_id, 0.0, 0.0)
        assert sent is not None
        assert sent.id == job.id
        if state == "unknown":
            return self._moved(sent, State.UNKNOWN)
        if state == "failed":
            return self._moved(sent, State.FAILED)
        answer = documented(order)
        got = (
            self.journal.bought(job.id, f"task-{job.id}", 0.0, "test")
            if order.finish is Finish.POLLED
            else self.journal.bought_at_once(job.id, answer)
        )
        assert got is not None
        clips = [clip(got, take) for take in (1, 2)] if order.finish is Finish.POLLED else []
        done = self.journal.move(got, Change(State.DONE, answer=answer), clips)
        assert done is not None
        for made in clips:
            self.journal.put_file(done, SavedFile(made.clip_id, "audio", f"Song (take {made.take}).mp3", 9, "00"))
        return done

    def _moved(self, job: Job, state: State) -> Job:
        moved = self.journal.move(job, Change(state, problem="test", sentence="It went wrong.", service_said="no"))
        assert moved is not None
        return moved


def documented(order: Operation) -> dict[str, Any]:
    """The answer of the service as its contract shows it."""
    found: dict[str, Any] = {}
    for op_id in order.contract:
        operation = contract.operations()[op_id]
        stated = contract.document()["paths"][operation.path][operation.method.lower()]["responses"]["200"]
        stated = contract.fragments.resolve(stated["$ref"]) if "$ref" in stated else stated
        for example in stated["content"]["application/json"].get("examples", {}).values():
            found = example.get("value", {})
            if order.outcome(found).ready:
                return found
    return found


def clip(job: Job, take: int) -> Clip:
    return Clip(
        clip_id=f"{job.id}-{take}", job_id=job.id, take=take, part=None, label=None, state="succeeded", title="Song",
        style="folk", lyrics="[Verse]\nRain", prompt="", model="sonic-v6", seconds=60.0, bpm=None,
        audio_url="https://files.example/1.mp3", image_url=None, uploaded=False, reason=None, created_at=0.0,
    )  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


@asynccontextmanager
async def client(desk: Desk, mode: Any = "auto") -> AsyncIterator[Client]:
    async with Client(build(desk), mode=mode) as connected:
        await connected.list_tools()  # with these schemas it validates what comes
        yield connected


def steps(name: str, job: Job) -> dict[str, Any]:
    """Arguments with which a tool passes an order's result on."""
    fields = KINDS[name].model_fields
    choice = {"action": "buy_again"} if "action" in fields else {}
    return {field: job.id for field in ("job_id", "id") if field in fields} | choice


def test_a_result_is_passed_on_by_these() -> None:
    assert set(RELAYING) == {"wait_for_song", "get_song", "resolve_job", "cancel_job"}


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
            assert f"nonsense is no argument of {name}" in told["summary"]


@pytest.mark.parametrize("name", [n for n in NAMES if KINDS[n].effect is Effect.LOCAL])
async def test_what_is_computed_here_is_whole_in_the_text(desk: Desk, name: str) -> None:
    fields = KINDS[name].model_fields
    own = {"lyrics": "[Verse]\nRain", "genre": "folk", "seconds": 120, "topic": "start", "style": "folk"}
    needed = {n: own.get(n, REQUIRED.get(n)) for n, field in fields.items() if field.is_required()}
    async with client(desk) as caller:
        told = said(await caller.call_tool(name, needed))
    assert told["summary"]
    assert told.get("status") == ("failed" if name == "wait_for_song" else None)
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
    assert issubclass(KINDS[name].answer, ToolAnswer)
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
