"""A purchase: prepared, confirmed where that is asked for, written down, and waited for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import anyio

from ...core.jobs import Asked, Job, State
from ...core.operation import Purchase
from ...core.threads import in_thread
from ...journal.write import Order, Verdict
from .. import money, recovery
from ..caller import Call
from ..prepare import prepare
from ..results import Result
from ..talk import Agreed
from .waiting import asked_after, waited

ALWAYS = -1
"""With this limit a person is asked at every price."""


async def buy(call: Call, operation: Purchase, *, quote: str | None, instead_of: Job | None = None) -> Result:
    """Order it and wait. `instead_of` is an order that a person wants again; they are asked at any price."""
    caller, talk = call.caller, call.talk
    # Only an open order is given up for it; one that has ended stays as it ended.
    over = instead_of is not None and instead_of.settled and instead_of.state is not State.UNKNOWN
    replaces = None if instead_of is None or over else instead_of.id
    reason = "" if instead_of is None else money.bought_before(instead_of)
    given = quote or talk.agreed_quote()
    order = await in_thread(partial(prepare, caller, operation, quote=given, replaces=replaces, must_ask=bool(reason)))
    if over:
        order = replace(order, again=True)  # neither that order nor one like it may answer for the new one
    earlier = None if instead_of is not None else await _unheard(call)
    if earlier is not None:
        # A person who has not heard of the last order may be repeating it in other words.
        order = replace(order, confirm_above=ALWAYS)
    verdict = await _placed(call, order)
    if verdict.asked is Asked.NEEDS_CONFIRMATION:
        assert verdict.quote is not None, "a quote comes with the question"
        subject, forgetful = order.operation.subject(), money.FORGETFUL if verdict.forgetful else ""
        question = money.confirmation_question(subject, order.cost, forgetful, operation.asks_first, reason)
        tool = operation.tool_name() if instead_of is None else "resolve_job"
        ask = partial(caller.results.of_quote, verdict, order.cost, subject, question, again=tool)
        if earlier is not None:
            return await ask(earlier=earlier)
        answer = await talk.agree(question, verdict.quote)
        if answer is Agreed.NO:
            return caller.results.declined(subject)
        if answer is Agreed.CANNOT_ASK:
            return await ask()
        verdict = await _placed(call, replace(order, quote=verdict.quote))
    return await _ordered(call, verdict, order.cost)


async def _placed(call: Call, order: Order) -> Verdict:
    """Record an order. If its caller leaves meanwhile, the order stays."""
    with anyio.CancelScope(shield=True):
        verdict = await call.caller.runner.order(order)
        if verdict.job is not None and verdict.asked in (Asked.NEW, Asked.JOINED):
            await call.talk.ordered(verdict.job.id)
    return verdict


async def _unheard(call: Call) -> Job | None:
    """An order of this session that is, or may be, a song, and whose answer may not have arrived."""
    job_id = await call.talk.unheard()
    if job_id is None:
        return None
    job = await in_thread(call.caller.journal.job, call.caller.account, job_id)
    return None if job is None or job.state in (State.FAILED, State.CANCELLED) else job


async def _ordered(call: Call, verdict: Verdict, cost: int | None) -> Result:
    caller = call.caller
    refused = money.refusal(verdict, cost, hosted=caller.hosted, shared=caller.account.shared)
    if refused is not None:
        raise refused
    assert verdict.job is not None, "every other verdict has a job"
    if verdict.asked is Asked.NEW:
        return await waited(call, verdict.job)
    back = await recovery.brought_back(call, verdict.job) if verdict.asked is Asked.REPLAYED else None
    return (await asked_after(call, verdict.job, verdict.asked)).noting(back)
