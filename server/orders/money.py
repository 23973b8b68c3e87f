"""Price, budget and balance, in sentences: what something costs, why it is refused, what is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import Blocked, BudgetRefused, Garbled, SongwrightError
from ..core.jobs import Asked, Balance, Job, State
from ..core.written import moment
from ..journal.write import UNSETTLED_LIMIT, Verdict


def credits_in(body: Mapping[str, Any]) -> tuple[int, int]:
    """Subscription and extra credits in the service's answer. Raises `Garbled` when neither is there."""
    found = [_whole(body.get(name)) for name in ("credits", "extra_credits")]
    if found == [None, None]:
        raise Garbled("The service's answer about credits has no number in it. Try again in a minute.")
    return found[0] or 0, found[1] or 0


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(float(value))
    except (ValueError, OverflowError):
        return None


def refusal(verdict: Verdict, cost: int | None, *, hosted: bool, shared: bool) -> SongwrightError | None:
    """The error of an order that was not written down; None for one that was, or that waits for a yes.

    On a `hosted` server only its operator raises a limit, and the balance of a `shared` key is the operator's affair.
    """
    if verdict.asked is Asked.OVER_BUDGET:
        assert verdict.limit is not None, "the limit comes with the refusal"
        span = span_words(verdict.limit.seconds)
        raised = (
            "ask the operator of this server for more" if hosted else "ask the person to raise SONGWRIGHT_DAILY_CREDITS"
        )
        would = f"This would cost {cost} credits" if cost is not None else "Songwright does not know what this costs"
        return BudgetRefused(
            f"{would}, and {verdict.spent} of the {verdict.limit.credits} credits allowed in {span} are spent. "
            f"Nothing was sent. Wait, or {raised}."
        )
    if verdict.asked is Asked.TOO_POOR and shared:
        return BudgetRefused(
            f"This would cost {cost} credits, more than the operator of this server has left. Nothing was sent. Tell "
            "the operator, and try again later."
        )
    if verdict.asked is Asked.TOO_POOR:
        return BudgetRefused(
            f"This would cost {cost} credits, but only {verdict.spent} are left after the orders under way. "
            "Nothing was sent. check_credits shows the balance. Buy credits on the service's website."
        )
    if verdict.asked is Asked.BLOCKED:
        return Blocked(
            f"{UNSETTLED_LIMIT} orders are unsettled: Songwright does not know whether they were bought. It buys "
            'nothing more until they are settled. list_songs with state "unknown" shows them; resolve_job settles one.'
        )
    return None


def span_words(seconds: float) -> str:
    """A stretch of time in words: "24 hours", "30 days"."""
    hours = round(seconds / 3600)
    return f"{hours} hours" if hours <= 48 else f"{round(hours / 24)} days"


FORGETFUL = (
    "Songwright's journal is new, but the library holds songs that are not in it. Earlier purchases, and orders "
    "still under way, are not on record and count towards no limit. `songwright doctor` says how to restore the old "
    "journal."
)


def confirmation_question(subject: str, cost: int | None, *reasons: str) -> str:
    """The question to a person before money moves, with the reasons first; the same words in every round."""
    price = "an unknown number of credits" if cost is None else f"{cost} credits"
    return " ".join(filter(None, (*reasons, f"Spend {price} on {subject}?")))


def credits_note(cost: int | None, balance: Balance | None) -> dict[str, Any]:
    """The `credits` part of a result: the expected cost, and what is left as last read."""
    note: dict[str, Any] = {}
    if cost is not None:
        note["cost"] = cost
    if balance is not None:
        note["left"] = balance.total
        note["as_of"] = moment(balance.read_at)
    return note


def trouble(job: Job, what: str, since: float) -> str:
    """What is wrong, and since when, if a song cannot be looked at or saved at the moment."""
    safe = "It is paid and not lost" if job.sent_at is not None else "It is not lost"
    return (
        f"{what} This has been so since {moment(since)}. {safe}: Songwright tries again less and less often, at "
        f"every start, and whenever you ask."
    )


def not_given_back(job: Job) -> str:
    """What is said of the money of an order that came to nothing, where the service has not said a word about it.

    Nothing of a task that was made elsewhere, whose money is nobody's business here.
    """
    if job.sent_at is None:
        return ""
    # The cost of follow-up orders that never came was not spent.
    own = job.charge if job.cost is None or job.remote_id is None else min(job.charge, job.cost)
    price = "It was paid; Songwright does not know how much" if job.cost is None else f"{own} credits were paid"
    return f"{price}. Nothing says that they were returned; check_credits shows the balance."


def bought_before(job: Job) -> str:
    """Why a person is asked before an order is bought again, at any price."""
    if job.state is State.UNKNOWN:
        return f"Order {job.id} may have been bought already; this order replaces it."
    if job.settled:
        return f"Order {job.id} was paid and did not arrive; get_song checks it, free."
    return f"Order {job.id} is paid and still under way; this order replaces it."


def calls_so_far(job: Job, calls: int) -> str:
    """What an order for a file has cost so far, if every call of it was charged."""
    times = "one call" if calls == 1 else f"{calls} calls"
    counted = f"{job.charge} credits are counted" if job.charge else "The price is counted"
    return f"{counted} for {times}, because each may have been charged."


def disagreement(job: Job, alone: bool) -> str | None:
    """A sentence if the balance clearly contradicts the expected price; None otherwise."""
    if job.balance_before is None or job.balance_after is None or job.cost is None or not alone:
        return None
    moved = job.balance_before - job.balance_after
    if moved == job.charge:
        return None
    return f"The balance fell by {moved} credits; {job.charge} were expected."


def evidence(job: Job) -> str | None:
    """What the balance says about an unsettled order. It is shown and never decides."""
    if job.balance_before is None or job.balance_after is None:
        return None
    return f"The balance was {job.balance_before} before and {job.balance_after} after."
