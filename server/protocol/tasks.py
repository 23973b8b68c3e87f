"""The extension `io.modelcontextprotocol/tasks` (SEP-2663): an order in work is handed to clients that can follow it.

A task is a job: its id is the job's, its record is the journal's, so it survives restarts and any process answers for
it. What keeps tasks is behind `TaskBook`; this module speaks the protocol and knows no jobs.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.extension import Extension, MethodBinding
from mcp.server.mcpserver import require_client_extension
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import MCP_NAME_HEADER, decode_header_value
from mcp_types import INVALID_PARAMS, CallToolRequestParams, RequestParams
from mcp_types.jsonrpc import HEADER_MISMATCH
from pydantic import Field

from ..core.written import moment

log = logging.getLogger(__name__)

ID = "io.modelcontextprotocol/tasks"
REVISIONS = frozenset({"2026-07-28"})
EARLY_SECONDS = 3.0
"""How long a call waits before it becomes a task: most refusals come sooner and need no task."""

Status = Literal["working", "input_required", "completed", "failed", "cancelled"]
Ctx = ServerRequestContext[Any, Any]


@dataclass
class Followed:
    """A call of a client that follows tasks."""

    waited: bool = False
    """Whether the answer is that of a call which waits for an end: only then it can become a task."""


followed: ContextVar[Followed | None] = ContextVar("songwright_followed", default=None)
"""The present call, where its client follows tasks, so that it need not wait for the end."""


@dataclass(frozen=True)
class TaskView:
    """A task as it stands; times in seconds since the epoch."""

    task_id: str
    status: Status
    created_at: float
    updated_at: float
    message: str = ""
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    questions: Mapping[str, Any] = field(default_factory=dict)


class TaskBook(Protocol):
    """Keeps the tasks. Another caller's task counts as absent."""

    async def find(self, ctx: Ctx, task_id: str) -> TaskView | None:
        """The task of this caller."""
        ...

    async def became(self, ctx: Ctx, outcome: HandlerResult) -> TaskView | None:
        """The task that a tool's answer stands for; None when the answer is final."""
        ...

    async def cancel(self, ctx: Ctx, task_id: str) -> None:
        """The caller no longer wants it; the book decides what that means."""
        ...

    async def answer(self, ctx: Ctx, task_id: str, answers: Mapping[str, Any]) -> None:
        """Answers to the questions of a task."""
        ...


class _Named(RequestParams):
    task_id: str


class _Answered(_Named):
    input_responses: dict[str, Any] = Field(default_factory=dict)


class Tasks(Extension):
    """Serves `tasks/get`, `tasks/update` and `tasks/cancel`, and turns unfinished answers into tasks."""

    identifier = ID

    def __init__(self, book: TaskBook, *, ttl_ms: int, poll_ms: int) -> None:
        self._book = book
        self._ttl_ms = ttl_ms
        self._poll_ms = poll_ms

    def methods(self) -> Sequence[MethodBinding]:
        """The extension's own requests; they exist in the revision that has tasks."""
        return [
            MethodBinding("tasks/get", _Named, self._get, REVISIONS),
            MethodBinding("tasks/update", _Answered, self._update, REVISIONS),
            MethodBinding("tasks/cancel", _Named, self._cancel, REVISIONS),
        ]

    async def intercept_tool_call(self, params: CallToolRequestParams, ctx: Ctx, call_next: CallNext) -> HandlerResult:
        """A client that follows tasks gets one instead of waiting, and a plain answer where nothing is waited for."""
        del params
        if not declared(ctx):
            return await call_next(ctx)
        call = Followed()
        token = followed.set(call)
        try:
            outcome = await call_next(ctx)
        finally:
            followed.reset(token)
        task = None
        if call.waited:
            try:
                task = await self._book.became(ctx, outcome)
            except Exception:
                # The answer is complete without a task, and its client may never have heard of the order otherwise.
                log.exception("an answer could not be handed over as a task")
        return outcome if task is None else {"resultType": "task", **self._wire(task)}

    async def _get(self, ctx: Ctx, params: _Named) -> HandlerResult:
        return {"resultType": "complete", **self._wire(await self._found(ctx, params), whole=True)}

    async def _update(self, ctx: Ctx, params: _Answered) -> HandlerResult:
        await self._found(ctx, params)
        await self._book.answer(ctx, params.task_id, params.input_responses)
        return {"resultType": "complete"}

    async def _cancel(self, ctx: Ctx, params: _Named) -> HandlerResult:
        await self._found(ctx, params)
        await self._book.cancel(ctx, params.task_id)
        return {"resultType": "complete"}

    async def _found(self, ctx: Ctx, params: _Named) -> TaskView:
        require_client_extension(ctx, ID)
        headers = getattr(ctx.request, "headers", None)
        if headers is not None and decode_header_value(headers.get(MCP_NAME_HEADER, "")) != params.task_id:
            raise MCPError(HEADER_MISMATCH, "The Mcp-Name header does not match params.taskId")
        task = await self._book.find(ctx, params.task_id)
        if task is None:
            raise MCPError(INVALID_PARAMS, "Failed to retrieve task: Task not found")
        return task

    def _wire(self, task: TaskView, *, whole: bool = False) -> dict[str, Any]:
        wire: dict[str, Any] = {
            "taskId": task.task_id,
            "status": task.status,
            "createdAt": _moment(task.created_at),
            "lastUpdatedAt": _moment(task.updated_at),
            "ttlMs": self._ttl_ms,
            "pollIntervalMs": self._poll_ms,
        }
        if task.message:
            wire["statusMessage"] = task.message
        if whole and task.result is not None:
            wire["result"] = task.result
        if whole and task.error is not None:
            wire["error"] = task.error
        if whole and task.status == "input_required":
            wire["inputRequests"] = task.questions
        return wire


def declared(ctx: Ctx) -> bool:
    """Whether this request's client follows tasks."""
    capabilities = ctx.session.client_capabilities
    extensions = capabilities.extensions if capabilities else None
    return ctx.protocol_version in REVISIONS and bool(extensions) and ID in (extensions or {})


def _moment(at: float) -> str:
    return moment(at, "milliseconds")
