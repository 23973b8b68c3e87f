"""Turns a purchase into an order for the journal: checked, priced, made a request. Nothing is spent."""

from __future__ import annotations

from ..core.errors import BudgetRefused
from ..core.operation import Purchase
from ..journal.write import Order
from . import ownership
from .caller import Caller
from .lookup import CallFacts


def prepare(caller: Caller, operation: Purchase, *, quote: str | None, replaces: str | None, must_ask: bool) -> Order:
    """The order for a purchase. Blocks: it looks up clips and prices in the journal and the catalogue.

    `replaces` is an open order that is given up for this one. With `must_ask` a person is asked whatever it costs.
    Raises a `SongwrightError` for what the service would certainly refuse, and for what is not the caller's to name.
    """
    account, facts = caller.account, caller.facts()
    operation = operation.settled(facts)
    if account.shared:
        ownership.check(caller.journal, account, operation)
    ownership.check_engine(facts, operation)
    operation.check(facts)
    cost = operation.price(facts)
    if account.shared and cost is None:
        raise BudgetRefused(
            "Songwright does not know the price of this at the service, so it cannot check it against your "
            "allowance. Nothing was sent or spent. Ask the operator of this server, or send a key of your own."
        )
    later = operation.follow_up_price(facts)
    return Order(
        account=account,
        operation=operation,
        request=operation.request(facts),
        cost=cost,
        most=_most(caller, operation, facts, cost),
        own_cost=None if cost is None or later is None else cost - later,
        words=operation.search_words(),
        limits=caller.limits.of(account),
        confirm_above=caller.limits.confirm_above,
        again=operation.again,
        quote=quote,
        replaces=replaces,
        must_ask=must_ask or bool(operation.asks_first),
    )


def _most(caller: Caller, operation: Purchase, facts: CallFacts, cost: int | None) -> int:
    """What an order may come to, for the limits: the price of every call that it may need.

    Where nobody has priced this host, it is the highest price that is known elsewhere.
    """
    calls = caller.catalogue.asking(caller.account.brand, operation.tool_name()).calls
    if cost is None:
        prices = (operation.price(facts.at_brand(brand)) for brand in caller.catalogue.brands)
        cost = max((price for price in prices if price is not None), default=0)
    return cost * calls
