"""Serves operations as MCP tools: listed from committed schemas, called through the caller, answered in one shape.

`tools/list` never imports an operation; a tool's model is built when it is first called.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

import anyio
from mcp.server import MCPServer
from mcp.server.caching import CacheHint
from mcp.server.context import HandlerResult
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolResult,
    GetPromptResult,
    InputRequiredResult,
    ListResourcesResult,
    ListToolsResult,
    PaginatedRequestParams,
    Prompt,
    PromptArgument,
    PromptMessage,
    TextContent,
    Tool,
)
from pydantic import AnyUrl, ValidationError

from ... import prompts, tools
from ..core import logs, telemetry
from ..core.clock import Clock, SystemClock
from ..core.errors import ArgumentRefused, NotFound, SongwrightError
from ..core.jobs import SENTENCES
from ..core.operation import Effect, Operation
from ..core.threads import ANYBODY, CRAFT, in_lane, in_thread
from ..core.written import compact
from ..orders.caller import Caller
from ..orders.envelope import LOST, whole
from ..orders.handlers import answer_of, perform
from ..orders.handlers.library import cancel
from ..orders.results import Result, failure
from ..orders.songcraft import companion
from . import apps
from .patience import HALVINGS, Known, Session, Sessions
from .schema import PLAYER, admits, published, validator, without_page
from .talk import OWN_CLIENT, AskFirst, McpTalk
from .tasks import Ctx, TaskView, followed
from .unheard import Unheard

log = logging.getLogger(__name__)

STRUCTURED = "2025-06-18"
"""The first revision with structured content."""


FAULT = (
    "Songwright failed because of a bug; the log on standard error says more. No order is lost: list_songs shows "
    "every order and its state. Look there before you order the same again."
)


CallerOf = Callable[[], Awaitable[Caller]]


class JobBook:
    """Tasks kept by the journal: a task is a job."""

    def __init__(self, caller_of: CallerOf) -> None:
        self._caller_of = caller_of

    async def find(self, ctx: Ctx, task_id: str) -> TaskView | None:
        """The job of this caller, as a task with its result once it is settled."""
        caller = await self._open()
        job = await in_thread(caller.journal.job, caller.account, task_id)
        if job is None:
            return None
        result = await answer_of(caller, job)
        status = result.data["status"]
        if status in ("working", "streaming"):
            return TaskView(job.id, "working", job.created_at, job.updated_at, SENTENCES[job.state])
        if status == "cancelled":
            return TaskView(job.id, "cancelled", job.created_at, job.updated_at, result.summary)
        said = render(result, job.operation, ctx.protocol_version)
        answer = said.model_dump(by_alias=True, mode="json", exclude_none=True)
        return TaskView(job.id, "completed", job.created_at, job.updated_at, result.summary, answer)

    async def became(self, ctx: Ctx, outcome: HandlerResult) -> TaskView | None:
        """An answer that says "working" stands for its job."""
        data = outcome.structured_content if isinstance(outcome, CallToolResult) else None
        if not data or data.get("status") not in ("working", "streaming"):
            return None
        task = await self.find(ctx, data["job_id"])
        # Just settled: the client learns that from its first look.
        return task if task is None or task.status == "working" else replace(task, status="working")

    async def cancel(self, ctx: Ctx, task_id: str) -> None:
        """Withdraw what was not sent; what is paid is still finished and saved."""
        del ctx
        caller = await self._open()
        job = await in_thread(caller.journal.job, caller.account, task_id)
        if job is not None:
            await cancel(caller, job)

    async def answer(self, ctx: Ctx, task_id: str, answers: Mapping[str, Any]) -> None:
        """Our tasks ask nothing: a price is agreed to before there is a task."""

    async def _open(self) -> Caller:
        try:
            return await self._caller_of()
        except SongwrightError as error:
            raise MCPError(INTERNAL_ERROR, error.sentence) from None


class Elsewhere(str):
    """What a resource answers instead of a file: JSON that says where the file is."""

    __slots__ = ()


class SongwrightServer(MCPServer[Any]):
    """The SDK's server with our tools: listed from files, called through the caller."""

    def __init__(
        self,
        caller_of: CallerOf,
        names: tuple[str, ...],
        *,
        clock: Clock | None = None,
        sandbox: bool = False,
        sandbox_notice: str = "",
        **options: Any,
    ) -> None:
        super().__init__(
            cache_hints={"tools/list": CacheHint(ttl_ms=300_000, scope="public")},
            subscriptions=False,
            **options,
        )
        self._caller_of = caller_of
        self._names = names
        self._clock = clock or SystemClock()
        self._sessions = Sessions(self._clock.monotonic)
        self._mark = secrets.token_hex(8)
        self._sandbox = sandbox
        self._sandbox_notice = sandbox_notice
        self._listed: dict[bool, list[Tool]] = {}

    async def list_tools(self) -> list[Tool]:
        """Every chosen tool, from the committed schemas, always in the same order."""
        return self._tools(pages=False)

    def _tools(self, *, pages: bool) -> list[Tool]:
        """The same, and, for a host that renders pages of tools, which tool has one and what only the page calls."""
        if pages not in self._listed:
            found = [published(name) for name in self._names]
            listed = [Tool.model_validate(form if pages else without_page(form)) for form in found]
            self._listed[pages] = [*listed, *(apps.forms() if pages else ())]
        return self._listed[pages]

    # The SDK tells only its own handlers who asks; tests/protocol/test_apps.py guards these two.
    async def _handle_list_tools(self, ctx: Ctx, params: PaginatedRequestParams | None) -> ListToolsResult:
        if not self._has_pages(ctx):
            return await super()._handle_list_tools(ctx, params)
        # What is listed depends on the client, so nobody else may be given this list.
        return ListToolsResult(tools=self._tools(pages=True), cache_scope="private")

    async def _handle_list_resources(self, ctx: Ctx, params: PaginatedRequestParams | None) -> ListResourcesResult:
        found = await super()._handle_list_resources(ctx, params)
        if not self._has_pages(ctx):
            found.resources = [resource for resource in found.resources if str(resource.uri) != PLAYER]
        return found

    def _has_pages(self, ctx: Ctx) -> bool:
        return McpTalk(Context(request_context=ctx, mcp_server=self)).pages

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Perform an operation; every refusal is a result with a sentence, never a protocol error."""
        mine = name in self._names or name in apps.NAMES
        with telemetry.tool_call(name if mine else "unknown") as call, ExitStack() as known:
            work = self._for_page if name in apps.NAMES else self._performed
            result = await work(name, arguments, context, known)
            if isinstance(result, InputRequiredResult):
                call.outcome = "asked"
            else:
                call.outcome = "refused" if result.is_error else "answered"
            return result

    async def _performed(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None, known: ExitStack
    ) -> CallToolResult | InputRequiredResult:
        started = self._clock.monotonic()
        talk = McpTalk(context if context is not None else Context(mcp_server=self))
        try:
            if name not in self._names:
                raise NotFound(f"There is no tool {name!r} here. tools/list shows the tools.")
            operation = parse(tools.load(name), arguments)
            await in_thread(validator, name)  # slow to load: not when the wait is over and the client's patience too
            caller = await self._caller_of()
            telemetry.caller(caller.account.tenant)
            known.enter_context(logs.about(tenant=caller.account.tenant))
            result = await self._heard(caller, operation, talk, started)
        except AskFirst as question:
            return question.result
        except SongwrightError as error:
            log.info("%s: %s", name, type(error).__name__)
            result = failure(error)
        except Exception:
            # The crash itself goes to the log only: it may contain paths or foreign text.
            log.exception("%s: an unexpected fault", name)
            result = failure(SongwrightError(FAULT))
        if self._sandbox:
            result = replace(result, data={**result.data, "sandbox": True})
        return render(result, name, talk.revision)

    async def _for_page(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None, known: ExitStack
    ) -> CallToolResult:
        """What the player asks. No model hears the answer, so it counts neither as heard nor as waited for."""
        talk = McpTalk(context if context is not None else Context(mcp_server=self))
        try:
            caller = await self._caller_of()
            telemetry.caller(caller.account.tenant)
            known.enter_context(logs.about(tenant=caller.account.tenant))
        except SongwrightError as error:
            told, refused = apps.refusal(error), True
        else:
            told, refused = await apps.answered(caller, name, arguments)
        return apps.rendered(told, refused=refused, structured=(talk.revision or "") >= STRUCTURED)

    async def _heard(self, caller: Caller, operation: Operation, talk: McpTalk, started: float) -> Result:
        """Perform an operation, and remember what its client has heard of, and how long it waited."""
        tool = operation.tool_name()
        session = await self._session(caller, talk)
        before = session.halvings
        call = session.begin(f"{tool} {operation.identity()}")
        # The one client of a pipe is a session of its own each time; over HTTP any replica may get the next call.
        mark = self._mark if talk.piped else talk.mark
        unheard = Unheard(caller.journal.store, caller.account.tenant, f"{talk.client} {mark}")
        spends = operation.effect is Effect.SPENDS or operation.may_spend
        talk.within(session, spends=spends, known_as=unheard, clock=self._clock, tool=tool)
        cut_short = False
        try:
            if session.client is not None and session.halvings > before:
                with suppress(SongwrightError):  # still known for this session
                    name = _gave_up(caller, session.client, session.halvings)
                    await in_thread(caller.journal.fact, name, "gave up")
            result = await perform(caller, operation, talk, started=started)
        except anyio.get_cancelled_exc_class():
            cut_short = True
            await talk.cut_short()
            raise
        finally:
            session.ended(call, cut_short=cut_short)
        await talk.answered(result.orders)
        if result.waited and (followed_call := followed.get()) is not None:
            followed_call.waited = True  # what is said here may be replaced by a task
        elif self._sandbox_notice and not (session.noticed or result.error or talk.client == OWN_CLIENT):
            said = f"{result.data['notice']} " if result.data.get("notice") else ""
            result = replace(result, data={**result.data, "notice": said + self._sandbox_notice})
            session.noticed = True  # a model that has read it need not read it with every song
        return result

    async def _session(self, caller: Caller, talk: McpTalk) -> Session:
        """The caller's session, with what its client has shown before."""
        session = self._sessions.of(caller.account.tenant, talk.client, talk.mark)
        if session.client is not None and session.fresh:
            with suppress(SongwrightError):  # what is free works without a journal
                for times in range(1, HALVINGS + 1):
                    name = _gave_up(caller, session.client, times)
                    if await in_thread(caller.journal.known_fact, name) is not None:
                        session.halvings = max(session.halvings, times)
        session.fresh = False
        return session

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Any, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """A resource. One that only says where a file is does not have the file's type."""
        found = await super().read_resource(uri, context)
        if isinstance(found, InputRequiredResult):
            return found
        return [
            replace(part, mime_type="application/json") if isinstance(part.content, Elsewhere) else part
            for part in found
        ]

    async def list_prompts(self) -> list[Prompt]:
        """Every prompt; all arguments are optional."""
        return [
            Prompt(
                name=text.name,
                title=text.title,
                description=text.description,
                arguments=[
                    PromptArgument(name=a.name, description=a.description, required=False) for a in text.arguments
                ],
            )
            for text in map(prompts.load, prompts.names())
        ]

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Any, Any] | None = None
    ) -> GetPromptResult:
        """A prompt with what the person filled in."""
        del context
        try:
            text = prompts.load(name)
        except KeyError:
            raise MCPError(INVALID_PARAMS, f"There is no prompt {name!r}.") from None
        given = {key: str(value) for key, value in (arguments or {}).items()}
        said = [text.render(given), await in_lane(CRAFT, ANYBODY, companion, text, given)]
        messages = [PromptMessage(role="user", content=TextContent(text=part)) for part in said if part]
        return GetPromptResult(description=text.description, messages=messages)


def _gave_up(caller: Caller, client: Known, times: int) -> str:
    """The name of the fact that says how often a client of this tenant has given up."""
    return f"gave up {times}: {caller.account.tenant} {client.name}"


def parse(kind: type[Operation], arguments: Mapping[str, Any]) -> Operation:
    """Arguments as a value. Raises `ArgumentRefused` that names the field and the limit.

    What is null, or a text in which nothing can be seen, was left out: strict function schemas make a model fill in
    everything.
    """
    for name, value in arguments.items():
        if LOST in whole(str(value)):
            raise ArgumentRefused(
                f"{whole(name)} contains a letter that was lost on the way here ({LOST}). Nothing was sent or spent. "
                f"Send the words again.",
                field=name,
            )
    given = {name: value for name, value in arguments.items() if not _left_out(value)}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise ArgumentRefused(_sentence(kind, error), field=_field(error)) from None


def _left_out(value: object) -> bool:
    return value is None or (isinstance(value, str) and not any(c.isprintable() and not c.isspace() for c in value))


def _problems(error: ValidationError) -> list[Any]:
    """What is wrong, unknown arguments first: a name that was guessed is often why another one is missing."""
    return sorted(error.errors(include_url=False), key=lambda problem: problem["type"] != "extra_forbidden")


def _field(error: ValidationError) -> str:
    return ".".join(str(part) for part in _problems(error)[0]["loc"])


def _sentence(kind: type[Operation], error: ValidationError) -> str:
    problems = _problems(error)
    said = []
    for problem in problems[:3]:
        name = ".".join(str(part) for part in problem["loc"])
        context = problem.get("ctx", {})
        if problem["type"] == "string_too_long":
            said.append(f"{name} has {len(str(problem['input']))} characters; the limit is {context['max_length']}")
        elif problem["type"] in ("too_long", "too_short"):
            least = problem["type"] == "too_short"
            limit = context["min_length" if least else "max_length"]
            count = len(problem["input"]) if isinstance(problem["input"], list | dict) else context["actual_length"]
            said.append(f"{name} has {count} entries; it takes at {'least' if least else 'most'} {limit}")
        elif problem["type"] == "missing":
            said.append(f"{name} is missing")
        elif problem["type"] == "extra_forbidden":
            known = ", ".join(kind.model_fields)
            said.append(f"{name[:60]} is not an argument of {kind.tool_name()}, which takes {known}")
        else:
            said.append(f"{name}: {problem['msg'][:1].lower()}{problem['msg'][1:]}")
    return f"{'; '.join(said)}. Nothing was sent or spent."


def render(result: Result, tool: str, revision: str | None) -> CallToolResult:
    """A result as MCP content: one text block that is complete, and the same as structured content.

    Most frameworks show their model only text, some only the first block, and old clients fail on blocks that they do
    not know. Structured content is for revisions that have it, where it is what the tool's schema promises.
    """
    told = result.told
    text = compact(told)
    if text != (text := whole(text)):
        told = json.loads(text)
    structured = (revision or "") >= STRUCTURED
    if structured and tool in tools.names() and not admits(tool, told):
        log.error("%s: this result does not fit its schema: %s", tool, ", ".join(told))
        structured = False
    return CallToolResult(
        content=[TextContent(text=text)], structured_content=told if structured else None, is_error=result.error
    )
