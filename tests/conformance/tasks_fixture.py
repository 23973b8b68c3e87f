"""The tasks extension over tasks in memory, with the tools that the suite's `tasks-*` scenarios call.

Songwright's own tasks are jobs: they ask nothing and end in a result. Here the extension is made to show the rest of
what it can say: questions, cancellation, errors of the protocol.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
from anyio.abc import TaskGroup
from mcp.server.context import HandlerResult
from mcp.server.mcpserver import Context, require_client_extension
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    TextContent,
    Tool,
)

from songwright.server.orders.caller import Caller
from songwright.server.protocol.tasks import ID, Ctx, Tasks, TaskView, followed
from songwright.server.protocol.tools_server import SongwrightServer

SECOND = 1.0


@dataclass
class Work:
    """One call that goes on after its answer, and how it can ask."""

    view: TaskView
    answers: dict[str, Any] = field(default_factory=dict)
    news: anyio.Event = field(default_factory=anyio.Event)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)

    def became(self, **changes: Any) -> None:
        """The task stands differently now."""
        self.view = replace(self.view, updated_at=time.time(), **changes)

    async def ask(self, **questions: str) -> dict[str, Any]:
        """Put questions to the person and wait until each is answered."""
        self.became(status="input_required", questions={name: form(text) for name, text in questions.items()})
        while self.view.questions:
            await self.news.wait()
        self.became(status="working")
        return self.answers


Body = Callable[[Work, Mapping[str, Any]], Awaitable[str]]


def form(text: str, name: str = "confirm") -> dict[str, Any]:
    """A question with one field, as it travels."""
    schema = {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}
    request = ElicitRequest(params=ElicitRequestFormParams(message=text, requested_schema=schema))
    return request.model_dump(by_alias=True, mode="json", exclude_none=True)


class MemoryBook:
    """Tasks of this process."""

    def __init__(self) -> None:
        self.group: TaskGroup | None = None
        self._works: dict[str, Work] = {}

    def start(self, body: Body, arguments: Mapping[str, Any]) -> Work:
        """Let a call go on by itself."""
        now = time.time()
        work = Work(TaskView(secrets.token_hex(8), "working", now, now))
        self._works[work.view.task_id] = work
        assert self.group is not None, "the server runs"
        self.group.start_soon(self._run, work, body, arguments)
        return work

    async def _run(self, work: Work, body: Body, arguments: Mapping[str, Any]) -> None:
        with work.scope:
            try:
                result = await performed(body, work, arguments)
            except MCPError as error:
                work.became(status="failed", error={"code": error.error.code, "message": error.error.message})
                return
            work.became(status="completed", result=result.model_dump(by_alias=True, mode="json", exclude_none=True))
        if work.scope.cancelled_caught:
            work.became(status="cancelled", questions={})

    async def find(self, ctx: Ctx, task_id: str) -> TaskView | None:
        """The task."""
        del ctx
        work = self._works.get(task_id)
        return None if work is None else work.view

    async def became(self, ctx: Ctx, outcome: HandlerResult) -> TaskView | None:
        """An answer that only names a task stands for it."""
        data = outcome.structured_content if isinstance(outcome, CallToolResult) else None
        return await self.find(ctx, data["task"]) if data and "task" in data else None

    async def cancel(self, ctx: Ctx, task_id: str) -> None:
        """Stop it."""
        del ctx
        self._works[task_id].scope.cancel()

    async def answer(self, ctx: Ctx, task_id: str, answers: Mapping[str, Any]) -> None:
        """Take the answers to questions that are open; the others stay."""
        del ctx
        work = self._works[task_id]
        known = {name: answer for name, answer in answers.items() if name in work.view.questions}
        work.answers |= known
        work.became(questions={name: q for name, q in work.view.questions.items() if name not in known})
        news, work.news = work.news, anyio.Event()
        news.set()


class Refused(Exception):
    """A tool's own error: an error result, which is a result all the same."""


async def performed(body: Body, work: Work, arguments: Mapping[str, Any]) -> CallToolResult:
    """What a tool says in the end."""
    try:
        text, wrong = await body(work, arguments), False
    except Refused as error:
        text, wrong = str(error), True
    return CallToolResult(content=[TextContent(text=text)], is_error=wrong)


async def slow_compute(work: Work, arguments: Mapping[str, Any]) -> str:
    """Takes as long as it is told to."""
    await anyio.sleep(float(arguments.get("seconds", 0)))
    return f"done: {arguments.get('label', '')}"


async def failing_job(work: Work, arguments: Mapping[str, Any]) -> str:
    """Always ends in an error of its own."""
    await anyio.sleep(SECOND)
    raise Refused("this job always fails")


async def protocol_error_job(work: Work, arguments: Mapping[str, Any]) -> str:
    """Always ends in an error of the protocol."""
    raise MCPError(INTERNAL_ERROR, "this job never answers")


async def confirm_delete(work: Work, arguments: Mapping[str, Any]) -> str:
    """Asks once."""
    said = await work.ask(confirm=f"Delete {arguments.get('filename')}?")
    return f"answered: {said['confirm'].get('action')}"


async def multi_input(work: Work, arguments: Mapping[str, Any]) -> str:
    """Asks two things at once."""
    said = await work.ask(name="What is your name?", sure="Are you sure?")
    return f"answered: {sorted(said)}"


async def test_tool_with_task(work: Work, arguments: Mapping[str, Any]) -> str:
    """Greets the person who was asked for a name before there was a task."""
    return f"Hello, {arguments['name']}!"


BODIES: Mapping[str, Body] = {
    body.__name__: body
    for body in (slow_compute, failing_job, protocol_error_job, confirm_delete, multi_input, test_tool_with_task)
}
ONLY_AS_TASK = frozenset({"failing_job", "test_tool_with_task"})
ASKS_FIRST = "test_tool_with_task"


class TaskTools(SongwrightServer):
    """A server whose only tools are those of the suite."""

    def __init__(self, book: MemoryBook) -> None:
        @asynccontextmanager
        async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
            async with anyio.create_task_group() as book.group:
                yield {}
                book.group.cancel_scope.cancel()

        super().__init__(
            no_caller, (), name="songwright-tasks", lifespan=lifespan, log_level="ERROR",
            extensions=[Tasks(book, ttl_ms=3_600_000, poll_ms=200)],
        )  # fmt: skip
        self._book = book

    async def list_tools(self) -> list[Tool]:
        """The suite's tools."""
        anything: dict[str, Any] = {"type": "object", "additionalProperties": True}
        texts = {"greet": "Says hello.", **{name: body.__doc__ or "" for name, body in BODIES.items()}}
        return [Tool(name=name, description=text, input_schema=anything) for name, text in texts.items()]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Answer at once, or start work that goes on where the client follows it."""
        assert context is not None
        if name == "greet":
            return CallToolResult(content=[TextContent(text=f"Hello, {arguments['name']}!")])
        call = followed.get()
        if name in ONLY_AS_TASK and call is None:
            require_client_extension(context.request_context, ID)
        if name == ASKS_FIRST:
            said = (context.input_responses or {}).get("user_name")
            if not isinstance(said, ElicitResult):
                question = ElicitRequest.model_validate(form("What is your name?", "name"))
                return InputRequiredResult(input_requests={"user_name": question})
            arguments = {"name": (said.content or {}).get("name")}
        if call is None:
            return await performed(BODIES[name], Work(TaskView("", "working", 0, 0)), arguments)
        call.waited = True
        task_id = self._book.start(BODIES[name], arguments).view.task_id
        return CallToolResult(content=[], structured_content={"task": task_id})


async def no_caller() -> Caller:
    """These tools buy nothing."""
    raise AssertionError("no tool of the suite buys anything")


def server() -> TaskTools:
    """The server of the `tasks-*` scenarios."""
    return TaskTools(MemoryBook())
