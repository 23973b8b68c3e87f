"""What the tasks extension can say that Songwright's own tasks never do: questions, withdrawal, errors of the protocol.

The conformance suites ask for more (`make gates`), but they need Node; this needs nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest
from mcp import Client, MCPError
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp_types import CallToolResult, Request, RequestParams, Result
from pydantic import ConfigDict, Field
from tasks_fixture import server

pytestmark = pytest.mark.anyio

MISSING_CAPABILITY = -32021


class Handle(Result):
    result_type: Literal["task"] = Field("task", alias="resultType")
    task_id: str = Field(alias="taskId")


class Holds(ClientExtension):
    """Declares the extension and leaves every task to the test."""

    identifier = "io.modelcontextprotocol/tasks"

    def claims(self) -> Sequence[ResultClaim[Any]]:
        return [ResultClaim(result_type="task", model=Handle, resolve=self.never)]

    async def never(self, task: Handle, context: ClaimContext) -> CallToolResult:
        raise AssertionError("the test follows its tasks itself")


class Params(RequestParams):
    task_id: str = Field(alias="taskId")
    input_responses: dict[str, Any] = Field(default_factory=dict, alias="inputResponses")


class Said(Result):
    model_config = ConfigDict(extra="allow")


class Line:
    """A client that follows tasks by hand."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, tool: str, **arguments: Any) -> str:
        handle = await self._client.session.call_tool(tool, arguments, allow_claimed=True)
        assert isinstance(handle, Handle)
        return handle.task_id

    async def ask(self, method: str, task_id: str, **answers: Any) -> dict[str, Any]:
        params = Params(taskId=task_id, inputResponses=answers)
        said = await self._client.session.send_request(Request[Params, str](method=method, params=params), Said)
        return dict(said.model_extra or {})

    async def until(self, task_id: str, *statuses: str) -> dict[str, Any]:
        while (task := await self.ask("tasks/get", task_id))["status"] not in statuses:
            pass
        return task


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    async with Client(server(), mode="2026-07-28", extensions=[Holds()]) as client:
        yield Line(client)


async def test_a_task_asks_and_goes_on_when_everything_is_answered() -> None:
    """An answered question disappears from the task; an answer to a question nobody asked changes nothing."""
    async with line() as talk:
        task = await talk.start("multi_input")
        asked = (await talk.until(task, "input_required"))["inputRequests"]
        assert asked.keys() == {"name", "sure"}
        assert asked["name"]["method"] == "elicitation/create"
        await talk.ask("tasks/update", task, name={"action": "accept", "content": {"confirm": "Ana"}}, other={})
        left = await talk.ask("tasks/get", task)
        assert (left["status"], left["inputRequests"].keys()) == ("input_required", {"sure"})
        await talk.ask("tasks/update", task, sure={"action": "decline"})
        ended = await talk.until(task, "completed")
    assert ended["result"]["content"][0]["text"] == "answered: ['name', 'sure']"
    assert "inputRequests" not in ended


async def test_a_task_that_can_be_stopped_is_stopped() -> None:
    async with line() as talk:
        task = await talk.start("slow_compute", seconds=600)
        await talk.ask("tasks/cancel", task)
        ended = await talk.until(task, "cancelled", "completed", "failed")
        await talk.ask("tasks/cancel", task)
    assert ended["status"] == "cancelled"
    assert "result" not in ended


async def test_an_error_of_the_protocol_ends_a_task_as_failed() -> None:
    """An error of the tool would be a completed task with an error result."""
    async with line() as talk:
        ended = await talk.until(await talk.start("protocol_error_job"), "completed", "failed")
    assert ended["status"] == "failed"
    assert ended["error"]["code"] == -32603
    assert "result" not in ended


async def test_a_tool_that_is_only_there_as_a_task_says_what_it_needs() -> None:
    async with Client(server(), mode="2026-07-28") as client:
        with pytest.raises(MCPError) as refused:
            await client.call_tool("failing_job", {})
    assert refused.value.error.code == MISSING_CAPABILITY
