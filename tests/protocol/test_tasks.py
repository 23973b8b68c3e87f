"""Orders as tasks: what a client of the extension `io.modelcontextprotocol/tasks` (SEP-2663) sees of a song.

Spoken in raw JSON lines, so that what is on the wire is what is tested; once with the SDK's own client.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp_types import CallToolResult, Request, RequestParams, Result
from pydantic import Field
from world import World

from songwright.server.core.jobs import SENTENCES, State

TASKS = "io.modelcontextprotocol/tasks"
PROTOCOL = "io.modelcontextprotocol/"
SONG = {"lyrics": "[Verse]\nThe kettle hums a quiet tune", "style": "folk", "title": "Kettle"}
INVALID_PARAMS, METHOD_NOT_FOUND, MISSING_CAPABILITY = -32602, -32601, -32021


class Line:
    """One server process and a client that writes JSON lines; requests are answered one after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._number = 0

    def ask(self, method: str, params: dict[str, Any] | None = None, **capabilities: Any) -> dict[str, Any]:
        """A request of the newest revision: its result, or `{"error": …}`. Follows tasks unless `extensions={}`."""
        declared = {"extensions": {TASKS: {}}, **capabilities}
        meta = {
            f"{PROTOCOL}protocolVersion": "2026-07-28",
            f"{PROTOCOL}clientInfo": {"name": "raw", "version": "0"},
            f"{PROTOCOL}clientCapabilities": declared,
        }
        return self.send(method, {**(params or {}), "_meta": meta})

    def call(self, tool: str, arguments: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """`tools/call`; a name in `more` that is no capability travels beside the arguments."""
        beside: dict[str, Any] = {name: more.pop(name) for name in ("inputResponses", "requestState") if name in more}
        return self.ask("tools/call", {"name": tool, "arguments": arguments or {}, **beside}, **more)

    def get(self, task_id: str) -> dict[str, Any]:
        """`tasks/get`."""
        return self.ask("tasks/get", {"taskId": task_id})

    def finished(self, task_id: str) -> dict[str, Any]:
        """The task once it has ended, however long that takes."""
        while (task := self.get(task_id))["status"] == "working":
            time.sleep(0.01)
        return task

    def send(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request exactly as given."""
        self._number += 1
        self.write({"id": self._number, "method": method, "params": params or {}})
        assert self._process.stdout is not None
        while True:
            line = json.loads(self._process.stdout.readline())
            if line.get("id") == self._number:
                answer: dict[str, Any] = line.get("result", line)
                return answer

    def write(self, message: dict[str, Any]) -> None:
        """One line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        self._process.kill()
        self._process.wait()


@contextmanager
def server(world: World, **settings: object) -> Iterator[Line]:
    """A server of this world; the wait for an early refusal is left out unless a test asks for it."""
    with subprocess.Popen(
        [sys.executable, "-m", "songwright.server"], env=world.environment(**{"wait_seconds": 0, **settings}),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        yield Line(process)


def correct(world: World, old: str, new: str) -> None:
    """Change a line of the person's catalogue."""
    place = world.config / "catalogue.toml"
    text = place.read_text()
    assert old in text
    place.write_text(text.replace(old, new))


def test_a_song_is_handed_over_as_a_task_and_ends_with_its_files(world: World) -> None:
    """The task is the job, so every other tool takes its id too; the result is what the call would have said."""
    world.stays_in_work()
    with server(world) as line:
        task = line.call("create_song", SONG)
        assert (task["resultType"], task["status"]) == ("task", "working")
        assert task["pollIntervalMs"] > 0
        assert task["ttlMs"] > 86_400_000
        assert task["createdAt"].endswith("Z")
        assert "result" not in task
        world.may_end()
        ended = line.finished(task["taskId"])
        shown = line.call("get_song", {"id": task["taskId"]})["structuredContent"]
    assert (ended["resultType"], ended["status"]) == ("complete", "completed")
    song = ended["result"]["structuredContent"]
    assert song["status"] == "done"
    assert song["job_id"] == task["taskId"]
    assert all(Path(clip["file"]).exists() for clip in song["clips"])
    assert song["clips"] == shown["clips"]
    (block,) = ended["result"]["content"]
    assert json.loads(block["text"]) == song
    assert len(world.charges()) == 1


def test_the_warnings_about_the_words_come_with_the_finished_task(world: World) -> None:
    """The task's result is the call's own answer, so a client that follows tasks reads what any other would."""
    world.stays_in_work()
    order = {**SONG, "lyrics": "[Verse]\nThe kettle hums at 9 o'clock"}
    with server(world) as line:
        task = line.call("create_song", order)
        world.may_end()
        song = line.finished(task["taskId"])["result"]["structuredContent"]
        told_at_once = line.call("create_song", order, extensions={})["structuredContent"]
        asked_later = line.call("wait_for_song", {"job_id": task["taskId"]}, extensions={})["structuredContent"]
    assert song["status"] == "done"
    assert song["preflight"][0].startswith("lyrics, line 2: ")
    assert song["preflight"] == told_at_once["preflight"]
    assert "preflight" not in asked_later


def test_a_task_says_how_it_is_going(world: World) -> None:
    world.stays_in_work()
    with server(world) as line:
        task = line.call("create_song", SONG)
        said = line.get(task["taskId"])["statusMessage"]
    assert said
    assert "Traceback" not in said


def test_a_task_is_on_disk_before_anybody_hears_of_it(world: World) -> None:
    """SIGKILL the moment the task is known: another server knows it too."""
    world.stays_in_work()
    with server(world) as line:
        task = line.call("create_song", SONG)
        line.kill()
    with server(world) as line:
        assert line.get(task["taskId"])["createdAt"] == task["createdAt"]
    assert len(world.charges()) <= 1


def test_a_task_outlives_the_server_that_gave_it(world: World) -> None:
    """SIGKILL while the song is being made: another server brings it to its end, and it was bought once."""
    world.stays_in_work()
    with server(world) as line:
        task = line.call("create_song", SONG)
        while line.get(task["taskId"])["statusMessage"] != SENTENCES[State.RUNNING]:
            pass
        line.kill()
    world.end_leases()
    world.may_end()
    with server(world) as line:
        ended = line.finished(task["taskId"])
    assert ended["result"]["structuredContent"]["status"] == "done"
    assert len(world.charges()) == 1


def test_two_servers_answer_for_the_same_task(world: World) -> None:
    """Desktop clients start a server twice and ask whichever they like."""
    world.stays_in_work()
    with server(world) as left, server(world) as right:
        task = left.call("create_song", SONG)
        world.may_end()
        ended = right.finished(task["taskId"])
    assert ended["status"] == "completed"


def test_there_is_no_task_for_an_order_that_could_not_be_written_down(world: World) -> None:
    """A task that nothing remembers would be a promise; a state folder that is a file cannot remember."""
    world.state.write_text("in the way")
    with server(world) as line:
        refused = line.call("create_song", SONG)
        unanswered = line.get("0123456789abcdef")
    assert refused["resultType"] == "complete"
    assert refused["isError"] is True
    assert "journal" in refused["structuredContent"]["notice"]
    assert "journal" in unanswered["error"]["message"]
    assert world.charges() == []


def test_an_early_refusal_is_the_answer_itself(world: World) -> None:
    """Within the first seconds there may be news; a task that has failed already would only cost a round trip."""
    world.service.set_credits(world.key, 0)
    with server(world, wait_seconds=45) as line:
        refused = line.call("create_song", SONG)
    assert refused["resultType"] == "complete"
    assert refused["isError"] is True
    assert refused["structuredContent"]["status"] == "failed"
    assert world.charges() == []


def test_wrong_arguments_never_become_a_task(world: World) -> None:
    with server(world) as line:
        refused = line.call("create_song", {**SONG, "title": "x" * 81})
    assert refused["resultType"] == "complete"
    assert "limit is 80" in refused["structuredContent"]["notice"]


def test_a_song_that_fails_later_ends_its_task_with_the_sentence(world: World) -> None:
    """An error of the tool is a completed task with an error result; `failed` is for errors of the protocol."""
    world.stays_in_work()
    world.fault("create", "fail_task")
    with server(world) as line:
        task = line.call("create_song", SONG)
        while line.get(task["taskId"])["statusMessage"] != SENTENCES[State.RUNNING]:
            pass
        world.may_end()
        ended = line.finished(task["taskId"])
    assert ended["status"] == "completed"
    assert ended["result"]["isError"] is True
    assert ended["result"]["structuredContent"]["notice"]


def test_the_same_call_again_is_the_same_task(world: World) -> None:
    world.stays_in_work()
    with server(world) as line:
        first, second = line.call("create_song", SONG), line.call("create_song", SONG)
        world.may_end()
        line.finished(first["taskId"])
    assert (first["resultType"], second["resultType"]) == ("task", "task")
    assert first["taskId"] == second["taskId"]
    assert len(world.charges()) == 1


def test_waiting_for_a_song_is_a_task_too_and_looking_at_one_is_not(world: World) -> None:
    """Only a call that would wait is handed over; what shows how things stand says so at once."""
    world.stays_in_work()
    with server(world) as line:
        task = line.call("create_song", SONG)
        waiting = line.call("wait_for_song")
        looking = line.call("get_song", {"id": task["taskId"]})
        listing = line.call("list_songs")
    assert (waiting["resultType"], waiting["taskId"]) == ("task", task["taskId"])
    assert looking["resultType"] == "complete"
    assert looking["structuredContent"]["status"] in ("working", "streaming")
    assert listing["resultType"] == "complete"


def test_a_client_that_does_not_follow_tasks_gets_the_bounded_wait(world: World) -> None:
    """The extension is the client's choice, request by request; without it nothing of it shows."""
    world.stays_in_work()
    with server(world) as line:
        plain = line.call("create_song", SONG, extensions={})
        job_id = plain["structuredContent"]["job_id"]
        refused = line.ask("tasks/get", {"taskId": job_id}, extensions={})
        followed = line.get(job_id)
    assert plain["resultType"] == "complete"
    assert plain["structuredContent"]["status"] in ("working", "streaming")
    assert refused["error"]["code"] == MISSING_CAPABILITY
    assert TASKS in refused["error"]["data"]["requiredCapabilities"]["extensions"]
    assert followed["taskId"] == job_id


def test_older_revisions_never_see_a_task(world: World) -> None:
    """The extension belongs to 2026-07-28; a handshake client that names it all the same is served as ever."""
    world.stays_in_work()
    with server(world) as line:
        line.send(
            "initialize",
            {
                "protocolVersion": "2025-11-25",
                "capabilities": {"extensions": {TASKS: {}}},
                "clientInfo": {"name": "raw", "version": "0"},
            },
        )
        line.write({"method": "notifications/initialized"})
        plain = line.send("tools/call", {"name": "create_song", "arguments": SONG})
        refused = line.send("tasks/get", {"taskId": plain["structuredContent"]["job_id"]})
    assert "resultType" not in plain
    assert plain["structuredContent"]["status"] in ("working", "streaming")
    assert refused["error"]["code"] == METHOD_NOT_FOUND


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
def test_an_unknown_task_and_one_of_another_key_are_answered_alike(world: World, method: str) -> None:
    """Whether somebody else's task exists is nobody's business."""
    world.stays_in_work()
    with server(world) as line:
        task = line.call("create_song", SONG)
        unknown = line.ask(method, {"taskId": "0123456789abcdef", "inputResponses": {}})
    with server(world, api_key="somebody-else") as line:
        foreign = line.ask(method, {"taskId": task["taskId"], "inputResponses": {}})
    assert unknown["error"]["code"] == INVALID_PARAMS
    assert foreign["error"] == unknown["error"]


def test_the_person_agrees_first_and_then_there_is_a_task(world: World) -> None:
    """The question travels in the call's own result; nothing is bought, and nothing is a task, before the yes."""
    world.stays_in_work()
    with server(world, confirm_above=10) as line:
        asked = line.call("create_song", SONG, elicitation={})
        assert asked["resultType"] == "input_required"
        (name,) = asked["inputRequests"]
        assert "14 credits" in asked["inputRequests"][name]["params"]["message"]
        assert world.charges() == []
        answer = {name: {"action": "accept", "content": {"proceed": True}}}
        task = line.call("create_song", SONG, elicitation={}, inputResponses=answer, requestState=asked["requestState"])
        assert task["resultType"] == "task"
        world.may_end()
        ended = line.finished(task["taskId"])
    assert ended["result"]["structuredContent"]["status"] == "done"
    assert len(world.charges()) == 1


def test_a_person_who_declines_gets_an_answer_and_no_task(world: World) -> None:
    with server(world, confirm_above=10) as line:
        asked = line.call("create_song", SONG, elicitation={})
        answer = {name: {"action": "decline"} for name in asked["inputRequests"]}
        declined = line.call(
            "create_song", SONG, elicitation={}, inputResponses=answer, requestState=asked["requestState"]
        )
    assert declined["resultType"] == "complete"
    assert declined["structuredContent"]["status"] == "cancelled"
    assert world.charges() == []


def test_cancelling_a_paid_song_leaves_it_out_of_lists_and_saves_it(world: World) -> None:
    """The credits are gone: throwing the song away would be the only thing that helps nobody."""
    world.stays_in_work()
    with server(world) as line:
        task = line.call("create_song", SONG)
        while not world.charges():
            line.get(task["taskId"])
        acknowledged = line.ask("tasks/cancel", {"taskId": task["taskId"]})
        world.may_end()
        ended = line.finished(task["taskId"])
        listed = line.call("list_songs")["structuredContent"]
    assert acknowledged["resultType"] == "complete"
    assert ended["status"] == "completed"
    assert all(Path(clip["file"]).exists() for clip in ended["result"]["structuredContent"]["clips"])
    assert listed["total"] == 0
    assert len(world.charges()) == 1


def test_cancelling_an_order_that_was_not_sent_withdraws_it(world: World) -> None:
    """While the key's rate slot is taken an order waits, and costs nothing yet."""
    correct(world, "gap = 0.02", "gap = 600")
    with server(world) as line:
        first = line.call("create_song", SONG)
        while not world.charges():
            line.get(first["taskId"])
        second = line.call("create_song", {**SONG, "title": "Second"})
        line.ask("tasks/cancel", {"taskId": second["taskId"]})
        assert line.get(second["taskId"])["status"] == "cancelled"
        assert line.get(first["taskId"])["status"] == "working"
    assert len(world.charges()) == 1


class TaskHandle(Result):
    """A task as the result of a call."""

    result_type: Literal["task"] = Field("task", alias="resultType")
    task_id: str = Field(alias="taskId")


class TaskParams(RequestParams):
    """Which task."""

    task_id: str = Field(alias="taskId")


class TaskState(Result):
    """What `tasks/get` says."""

    status: str
    result: dict[str, Any] | None = None


class Follows(ClientExtension):
    """The extension in the SDK's own client: follows a task to its end."""

    identifier = TASKS

    def __init__(self, heard: Callable[[], None]) -> None:
        self.seen: list[str] = []
        self._heard = heard

    def claims(self) -> list[ResultClaim[Any]]:
        """The task result of a call."""
        return [ResultClaim(result_type="task", model=TaskHandle, resolve=self._followed)]

    async def _followed(self, task: TaskHandle, context: ClaimContext) -> CallToolResult:
        while True:
            request = Request[TaskParams, Literal["tasks/get"]](
                method="tasks/get", params=TaskParams(taskId=task.task_id)
            )
            now = await context.session.send_request(request, TaskState)
            self.seen.append(now.status)
            self._heard()
            if now.status != "working":
                return CallToolResult.model_validate(now.result)


@pytest.mark.anyio
async def test_the_sdk_s_client_follows_a_song_to_its_end(world: World) -> None:
    """A program that writes `await client.call_tool(...)` never learns that there was a task."""
    world.stays_in_work()
    place = StdioServerParameters(
        command=sys.executable, args=["-m", "songwright.server"], env=world.environment(wait_seconds=0)
    )
    follows = Follows(heard=world.may_end)
    async with Client(place, extensions=[follows]) as client:
        result = await client.call_tool("create_song", SONG)
    assert (result.structured_content or {})["status"] == "done"
    assert follows.seen[0] == "working"
    assert follows.seen[-1] == "completed"
