"""What one tenant can find out about another, or do with their things: nothing, whatever kind of thing it is.

Both spend from the operator's key, so the service itself would not keep them apart. An id of somebody else is answered
word for word like one that does not exist.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from http_world import LULLABY, MODERN, HttpWorld, Replica, ask
from waiting import PATIENCE

DAILY = 100


@dataclass
class Caller:
    """A tenant with a client that follows tasks."""

    url: str
    tenant: str
    token: str
    things: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, header: str = "", /, **params: Any) -> dict[str, Any]:
        """A request; `header` is what its Mcp-Name says."""
        return ask(self.url, self.token, method, params, name=header)

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """A tool's answer: the structured part, or the task that it became."""
        answer = self.ask("tools/call", tool, name=tool, arguments=arguments)
        found: dict[str, Any] = answer.get("structuredContent", answer)
        return found

    def finished(self, task_id: str) -> dict[str, Any]:
        """The result of a task, however long it takes."""
        for _ in range(2000):
            task = self.ask("tasks/get", task_id, taskId=task_id)
            if task["status"] != "working":
                break
        assert task["status"] == "completed", task
        found: dict[str, Any] = task["result"]["structuredContent"]
        return found


@pytest.fixture(scope="module")
def server(shared: HttpWorld) -> Iterator[Replica]:
    """A server where every song is asked about first."""
    with shared.replica(confirm_above=10) as running:
        yield running


@pytest.fixture(scope="module")
def owner(shared: HttpWorld, server: Replica) -> Caller:
    """Somebody with a song, and a quote for another one."""
    caller = Caller(server.url, *shared.tenant("owner", daily_credits=DAILY))
    quote = caller.call("create_song", **LULLABY)["quote"]
    song = caller.call("create_song", **LULLABY, quote=quote)
    done = caller.finished(song["taskId"]) if "taskId" in song else song
    assert done["status"] == "done", done
    open_quote = caller.call("create_song", **LULLABY, again=True)["quote"]
    caller.things = {
        "job": done["job_id"],
        "clip": done["clips"][0]["clip_id"],
        "link": done["clips"][0]["url"],
        "quote": open_quote,
        "remote": shared.service.books(shared.key)["tasks"][0]["task_id"],
    }
    return caller


@pytest.fixture(scope="module")
def stranger(shared: HttpWorld, server: Replica) -> Caller:
    return Caller(server.url, *shared.tenant("stranger", daily_credits=DAILY))


def unlike(thing: str) -> str:
    """An id of the same shape that nobody has."""
    turned = thing.translate(str.maketrans("0123456789abcdef", "1032547698badcfe"))
    assert turned != thing
    return turned


def same_answer(stranger: Caller, thing: str, method: str, header: str = "", /, **params: Any) -> dict[str, Any]:
    """Ask for somebody's thing and for nothing's; the answers must not differ but in the id that was asked for."""
    foreign = stranger.ask(method, header.replace("<it>", thing), **_filled(params, thing))
    absent = stranger.ask(method, header.replace("<it>", unlike(thing)), **_filled(params, unlike(thing)))
    assert json.dumps(foreign).replace(thing, "ID") == json.dumps(absent).replace(unlike(thing), "ID")
    return foreign


def _filled(params: dict[str, Any], thing: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(params).replace("<it>", thing))
    return found


TOOLS: list[tuple[str, str, dict[str, Any]]] = [
    ("job", "wait_for_song", {"job_id": "<it>"}),
    ("job", "cancel_job", {"job_id": "<it>"}),
    ("job", "resolve_job", {"job_id": "<it>", "action": "give_up"}),
    ("job", "get_song", {"id": "<it>"}),
    ("remote", "get_song", {"id": "<it>"}),
    ("clip", "get_song", {"id": "<it>"}),
    ("clip", "extend_song", {"source": "<it>", "continue_at": 1, "lyrics": "more"}),
    ("clip", "cover_song", {"source": "<it>", "style": "brass"}),
    ("clip", "remaster_song", {"clip_id": "<it>"}),
    ("clip", "separate_stems", {"clip_id": "<it>"}),
    ("clip", "get_midi", {"clip_id": "<it>"}),
    ("clip", "get_lyrics_timeline", {"clip_id": "<it>"}),
    ("clip", "download_clip", {"clip_id": "<it>"}),
    ("clip", "export_project", {"clip_id": "<it>"}),
    ("job", "export_project", {"clip_id": "<it>"}),
    ("clip", "create_persona", {"clip_id": "<it>", "name": "Anna"}),
    ("clip", "create_song", {"lyrics": "la", "style": "folk", "persona_id": "<it>"}),
]


@pytest.mark.parametrize(("kind", "tool", "arguments"), TOOLS, ids=[f"{tool}-{kind}" for kind, tool, _ in TOOLS])
def test_a_tool_answers_a_foreign_id_like_an_absent_one_and_spends_nothing(
    shared: HttpWorld, owner: Caller, stranger: Caller, kind: str, tool: str, arguments: dict[str, Any]
) -> None:
    before = len(shared.charges())
    answer = same_answer(stranger, owner.things[kind], "tools/call", tool, name=tool, arguments=arguments)
    assert answer["isError"] is True
    assert "no" in answer["structuredContent"]["notice"].casefold()
    assert len(shared.charges()) == before


def test_lists_and_sums_show_only_what_is_ones_own(owner: Caller, stranger: Caller) -> None:
    assert stranger.call("list_songs", everything=True) == {"summary": "0 of 0 songs.", "songs": [], "total": 0}
    assert owner.call("list_songs")["total"] == 1
    money = stranger.call("check_credits")
    assert (money["spent_24h"], money["spent_7d"], money["spent_30d"], money["left"]) == (0, 0, [], DAILY)
    assert owner.call("check_credits")["left"] == DAILY - 14
    answer = stranger.ask("tools/call", "wait_for_song", name="wait_for_song", arguments={})
    assert "Nothing has been ordered yet" in answer["structuredContent"]["notice"]


@pytest.mark.parametrize(
    ("kind", "uri"),
    [("clip", f"song://clips/<it>{part}") for part in ("", "/audio", "/cover", "/lyrics", "/timeline", "/midi")]
    + [("job", "song://jobs/<it>")],
)
def test_a_resource_of_somebody_else_is_not_there(owner: Caller, stranger: Caller, kind: str, uri: str) -> None:
    answer = same_answer(stranger, owner.things[kind], "resources/read", uri, uri=uri)
    assert "error" in answer
    if not uri.endswith(("timeline", "midi")):
        name = uri.replace("<it>", owner.things[kind])
        assert "contents" in owner.ask("resources/read", name, uri=name)


def test_the_library_resource_lists_only_what_is_ones_own(owner: Caller, stranger: Caller) -> None:
    def library(caller: Caller) -> dict[str, Any]:
        answer = caller.ask("resources/read", "song://library", uri="song://library")
        found: dict[str, Any] = json.loads(answer["contents"][0]["text"])
        return found

    assert library(stranger)["songs"] == []
    assert [song["job_id"] for song in library(owner)["songs"]] == [owner.things["job"]]


@pytest.mark.parametrize(("kind", "uri"), [("clip", "song://clips/{clip_id}"), ("job", "song://jobs/{job_id}")])
def test_completions_offer_only_what_is_ones_own(owner: Caller, stranger: Caller, kind: str, uri: str) -> None:
    params = {"ref": {"type": "ref/resource", "uri": uri}, "argument": {"name": f"{kind}_id", "value": ""}}
    assert stranger.ask("completion/complete", **params)["completion"]["values"] == []
    assert owner.things[kind] in owner.ask("completion/complete", **params)["completion"]["values"]


@pytest.mark.parametrize("method", ["tasks/get", "tasks/cancel", "tasks/update"])
def test_a_task_of_somebody_else_is_not_there(owner: Caller, stranger: Caller, method: str) -> None:
    answer = same_answer(stranger, owner.things["job"], method, "<it>", taskId="<it>", inputResponses={})
    assert answer["error"]["message"] == "Failed to retrieve task: Task not found"
    assert owner.ask("tasks/get", owner.things["job"], taskId=owner.things["job"])["status"] == "completed"


def test_a_quote_of_somebody_else_confirms_nothing(shared: HttpWorld, owner: Caller, stranger: Caller) -> None:
    """The price was told to another person; here it is a quote that was never given."""
    before = len(shared.charges())
    asked = {**LULLABY, "again": True}
    foreign = stranger.call("create_song", **asked, quote=owner.things["quote"])
    absent = stranger.call("create_song", **asked, quote="neverquoted1")
    assert foreign == absent
    assert foreign["status"] == "failed"
    assert len(shared.charges()) == before


def test_an_agreement_of_somebody_else_confirms_nothing(shared: HttpWorld, owner: Caller, stranger: Caller) -> None:
    """What the client keeps between question and answer is sealed for the caller that was asked."""
    before = len(shared.charges())
    params = {"name": "create_song", "arguments": {**LULLABY, "title": "Another"}}
    question = asking(owner, params)
    answers = {"inputResponses": {"confirm": {"action": "accept", "content": {"proceed": True}}}}
    stolen = asking(stranger, {**params, **answers, "requestState": question["result"]["requestState"]})
    assert "Invalid or expired requestState" in stolen["error"]["message"]
    assert len(shared.charges()) == before


def asking(caller: Caller, params: dict[str, Any]) -> dict[str, Any]:
    """A tool call of a client that can ask its person."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "0"},
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
    }
    headers = {
        "Authorization": f"Bearer {caller.token}",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": MODERN,
        "Mcp-Method": "tools/call",
        "Mcp-Name": params["name"],
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {**params, "_meta": meta}}
    found: dict[str, Any] = httpx2.post(f"{caller.url}/mcp", json=body, headers=headers, timeout=PATIENCE).json()
    return found


def test_the_same_song_asked_for_by_two_tenants_is_bought_for_each(
    shared: HttpWorld, owner: Caller, stranger: Caller
) -> None:
    """A repeated call returns the earlier order; never somebody else's."""
    before = len(shared.charges())
    quote = stranger.call("create_song", **LULLABY)["quote"]
    song = stranger.call("create_song", **LULLABY, quote=quote)
    done = stranger.finished(song["taskId"]) if "taskId" in song else song
    assert done["job_id"] != owner.things["job"]
    assert done["clips"][0]["url"] != owner.things["link"]
    assert len(shared.charges()) == before + 1
