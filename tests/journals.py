"""Small orders for tests of the journal and of the databases it may be in."""

from __future__ import annotations

import contextlib

from songwright.server.core.jobs import LOCAL_TENANT, Account
from songwright.server.core.operation import Request
from songwright.server.journal.sqlite import Store
from songwright.server.journal.write import Order
from songwright.tools.sonic.create_song import CreateSong

GAP = 3.3


def account(key_id: str = "key") -> Account:
    """The person of this machine, with that key."""
    return Account(LOCAL_TENANT, "https://api.example.test", key_id, "aimusicapi", sandbox=False)


def order(title: str = "Tin Roof", key_id: str = "key") -> Order:
    """A request for a song of 14 credits."""
    operation = CreateSong(lyrics="[Verse]\nRain", title=title, style="folk")
    return Order(account(key_id), operation, Request("POST", "/create", {"title": title}), 14, title, 100)


def fails_after(store: Store, key_id: str, query: str, /, **values: object) -> None:
    """A transaction that changes something and then meets an error of its own."""
    with contextlib.suppress(ZeroDivisionError), store.transaction(key_id) as tx:
        assert tx.do(query, **values) == 1
        raise ZeroDivisionError
