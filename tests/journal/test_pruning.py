"""What a journal of many people forgets, and what it never does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from journals import GAP, account, order
from orders.clock import ProcessClock, SimClock

from songwright.server.core.errors import ConfirmationMissing
from songwright.server.core.jobs import Asked, Job, State
from songwright.server.journal.postgres import PostgresStore
from songwright.server.journal.pruning import KEPT_SECONDS, prune
from songwright.server.journal.sqlite import SqliteStore, Store, Tx
from songwright.server.journal.write import Callback, Journal

TABLES = ("jobs", "limiter", "turns", "balances", "quotes", "search_texts")


class Desk:
    """One database and its time."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.time = SimClock()
        self.journal = Journal(store, ProcessClock(self.time))

    def prune(self) -> int:
        return prune(self.store, self.time.wall)

    def sent(self, key_id: str = "bad", title: str = "Rain") -> Job:
        """An order on the wire."""
        self.journal.ask(order(title, key_id))
        job = self.journal.claim(key_id, GAP, 15.0)
        assert job is not None
        self.time.move(GAP)
        return job

    def refused(self, key_id: str = "bad", title: str = "Rain", problem: str = "key_refused") -> Job:
        """An order that the service did not take."""
        job = self.journal.refused(self.sent(key_id, title), problem, "Refused.", None)
        assert job is not None
        return job

    def knows(self, key_id: str) -> bool:
        """Whether anything is kept of a key."""
        with self.store.transaction(key_id) as tx:
            return tx.one("slot_free_at", key_id=key_id) is not None

    def job(self, job: Job) -> Job | None:
        return self.journal.any_job(job.id)


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def test_a_key_that_the_service_never_accepted_is_forgotten_with_its_orders(desk: Desk) -> None:
    """Anybody who may call can send any number of them."""
    jobs = [desk.refused(title=f"Rain {n}") for n in range(3)]
    desk.journal.put_balance(account("bad"), 0, 0, desk.time.wall)
    assert desk.prune() == 0
    assert desk.knows("bad")
    desk.time.move(KEPT_SECONDS + 1)
    assert desk.prune() == 1
    assert not desk.knows("bad")
    assert [desk.job(job) for job in jobs] == [None] * 3
    assert desk.journal.balance(account("bad")) is None
    assert desk.journal.ask(order("Rain", "bad")).asked is Asked.NEW
    assert desk.journal.claim("bad", GAP, 15.0) is not None


def test_a_key_that_was_only_asked_about_is_forgotten(desk: Desk) -> None:
    desk.journal.take_slot("curious", GAP)
    desk.time.move(KEPT_SECONDS + GAP + 1)
    assert desk.prune() == 1
    assert not desk.knows("curious")


def paid(desk: Desk) -> Job:
    job = desk.journal.bought(desk.sent().id, "task-1", 0.0, "answer")
    assert job is not None
    return job


def called_back(desk: Desk) -> Job:
    """Refused, and yet the service has told of a task for it."""
    job = desk.refused()
    desk.journal.called_back(job, Callback("e", "d", "song.completed", "task-1"), GAP)
    return job


def waiting(desk: Desk) -> Job:
    job = desk.journal.ask(order("Rain", "bad")).job
    assert job is not None
    return job


def in_doubt(desk: Desk) -> Job:
    job = desk.sent()
    desk.time.move(600)
    assert desk.journal.sweep("bad") == [job.id]
    return job


@pytest.mark.parametrize(
    "made", [paid, called_back, waiting, in_doubt, lambda desk: desk.refused(problem="words_refused"), Desk.sent]
)
def test_one_order_that_was_anything_else_keeps_the_key_and_all_its_orders(desk: Desk, made: Any) -> None:
    refused, other = desk.refused(title="Snow"), made(desk)
    desk.time.move(KEPT_SECONDS + 1)
    assert desk.prune() == 0
    assert desk.knows("bad")
    assert desk.job(refused) is not None
    assert desk.job(other) is not None


def test_a_key_that_somebody_has_stored_is_kept(desk: Desk) -> None:
    desk.refused("stored")
    with desk.store.transaction() as tx:
        tx.do(
            "put_service_key", tenant="ana", key_id="stored", base_url="https://x", sealed="…", stored=1,
            now=desk.time.wall,
        )  # fmt: skip
    desk.time.move(KEPT_SECONDS + 1)
    assert desk.prune() == 0
    assert desk.knows("stored")


def test_an_order_that_comes_while_it_is_tidied_keeps_its_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the row of its key an order would never be sent."""
    desk.refused()
    desk.time.move(KEPT_SECONDS + 1)
    transaction = desk.store.transaction

    @contextmanager
    def late(key_id: str | None = None) -> Iterator[Tx]:
        if key_id == "bad":
            monkeypatch.undo()
            desk.journal.ask(order("Snow", "bad"))
        with transaction(key_id) as tx:
            yield tx

    monkeypatch.setattr(desk.store, "transaction", late)
    assert desk.prune() == 0
    job = desk.journal.claim("bad", GAP, 15.0)
    assert job is not None
    assert job.state is State.SENDING


def test_a_quote_is_forgotten_a_day_after_its_end_and_not_before(desk: Desk) -> None:
    dear = replace(order("Rain"), confirm_above=1)
    quote = desk.journal.ask(dear).quote
    desk.time.move(KEPT_SECONDS)
    desk.prune()
    assert rows(desk, "quotes") == 1
    desk.time.move(601)
    desk.prune()
    assert rows(desk, "quotes") == 0
    with pytest.raises(ConfirmationMissing, match="Nothing was spent"):
        desk.journal.ask(replace(dear, quote=quote))


def rows(desk: Desk, table: str) -> int:
    """How many rows are in a table, past all named queries."""
    assert table in TABLES
    if isinstance(desk.store, SqliteStore):
        with closing(sqlite3.connect(desk.store.path)) as reader:
            return int(reader.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])
    assert isinstance(desk.store, PostgresStore)
    with desk.store._connect() as connection:
        row = connection.execute(f"SELECT COUNT(*) AS n FROM {table}").fetchone()
        assert row is not None
        return int(row["n"])
