"""The tool of toolset account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.threads import in_thread
from ...core.written import moment
from ...journal.write import DAY
from ..caller import MONTH, Call
from ..results import Result

if TYPE_CHECKING:
    from ....tools.account.check_credits import CheckCredits

WEEK = 7 * DAY


async def check_credits(call: Call, asked: CheckCredits) -> Result:
    """What is left, and what was spent; under a shared key, what this caller may still spend."""
    del asked
    caller = call.caller
    account, limits, journal = caller.account, caller.limits, caller.journal
    balance = None if account.shared else await caller.runner.balance(account)
    spent = await in_thread(journal.spent, account, DAY)
    week = await in_thread(journal.spent, account, WEEK)
    rows = await in_thread(journal.spent_by_operation, account, MONTH)
    unsettled = await in_thread(journal.unsettled, account)
    data: dict[str, Any] = {}
    if balance is not None:
        data |= {"left": balance.total, "extra": balance.extra, "subscription": balance.credits}
        data["as_of"] = moment(balance.read_at)
    data |= {"spent_24h": spent, "spent_7d": week, "daily_limit": limits.daily_credits}
    month = sum(cost for _, _, cost in rows)
    if limits.monthly_credits is not None:
        data["monthly_limit"] = limits.monthly_credits
    if balance is None:
        # The balance is the operator's; what counts for this caller is what may still be spent.
        left = limits.daily_credits - spent
        if limits.monthly_credits is not None:
            left = min(left, limits.monthly_credits - month)
        data |= {"left": max(left, 0), "as_of": moment(caller.runner.clock.now())}
    data["spent_30d"] = [{"operation": name, "times": times, "credits": cost} for name, times, cost in rows]
    if unsettled:
        data["unsettled"] = unsettled
    if account.sandbox:
        data["sandbox"] = True
    return Result(data, f"{data['left']} credits left, {spent} spent in 24 hours, {week} in 7 days.")
