"""Performs tools: all purchases in one way, and each local tool by a function of its own name.

Nothing here knows MCP or the terminal. Who talks to the person is handed in as a `Talk`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, cast

from .... import tools
from ...core.errors import StorageError
from ...core.jobs import Job
from ...core.operation import Effect, Operation, Purchase
from ...core.threads import CRAFT, in_lane, in_thread
from ...journal.recipes import use_of
from .. import preflight
from ..caller import Call, Caller
from ..results import Result
from ..talk import Talk
from .buying import buy

Handler = Callable[[Call, Any], Awaitable[Result]]


async def perform(caller: Caller, operation: Operation, talk: Talk, *, started: float | None = None) -> Result:
    """Perform an operation and answer. Raises `SongwrightError` with a sentence for every refusal.

    `started` is when the call came, on the steady clock, if that was earlier than now: its client waits since then.
    """
    call = Call(caller, talk, caller.runner.clock.monotonic() if started is None else started)
    needs_key = operation.effect in (Effect.READS, Effect.SPENDS) or operation.may_spend
    if caller.missing is not None and needs_key:
        raise caller.missing
    if isinstance(operation, Purchase):
        order, taken = await in_thread(operation.completed, caller.facts())
        warnings = await in_lane(CRAFT, caller.account.tenant, preflight.preflight, order)
        result = await buy(call, order, quote=order.quote)
        if taken is not None:
            result = await in_thread(_noted, caller, result, taken)
        return preflight.with_warnings(result, warnings)
    return await handler_of(operation.tool_name())(call, operation)


def _noted(caller: Caller, result: Result, taken: str) -> Result:
    """The result with what the order took from a recipe, which later looks at the order tell as well."""
    ordered = result.data["status"] != "needs_confirmation" and "replayed" not in result.data
    for job_id in result.orders if ordered else ():
        with suppress(StorageError):  # the order is on record; that it stands without this note is no failure
            caller.journal.fact(use_of(job_id), taken)
    return result.noting(taken)


def handler_of(tool: str) -> Handler:
    """The function that performs a local tool: it has the tool's name, in the module of the tool's folder."""
    module = import_module(f".{tools.folder(tool)}", __package__)
    return cast("Handler", getattr(module, tool))


async def answer_of(caller: Caller, job: Job) -> Result:
    """What the call that ordered a job answers now: what became of it, with the warnings about its texts."""
    result = await caller.results.of_job(job)
    operation = caller.runner.operation_of(job) if job.settled else None
    if operation is None:
        return result
    warnings = await in_lane(CRAFT, caller.account.tenant, preflight.warnings_of, operation)
    return preflight.with_warnings(result, warnings)
