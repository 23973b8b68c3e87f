"""Tenants who spend from one key share its rate: whoever orders much delays the others by a slot or two, not more."""

from __future__ import annotations

from dataclasses import replace

from journals import account, order

from songwright.server.core.jobs import Job, State
from songwright.server.journal.write import Journal

NO_GAP = 0.0
MANY = 100


def ask(journal: Journal, tenant: str, title: str) -> Job:
    job = journal.ask(replace(order(title), account=replace(account(), tenant=tenant))).job
    assert job is not None
    return job


def next_call(journal: Journal) -> Job:
    job = journal.claim("key", NO_GAP, 15.0)
    assert job is not None
    return job


def calls(journal: Journal, number: int) -> list[tuple[str, str]]:
    """Whose calls leave next, and whether they are orders or looks."""
    return [(job.tenant, str(job.state)) for job in (next_call(journal) for _ in range(number))]


def test_a_hundred_orders_of_one_tenant_delay_anothers_first_by_two_slots_at_most(journal: Journal) -> None:
    for number in range(MANY):
        ask(journal, "busy", f"Song {number}")
    assert calls(journal, 3) == [("busy", "sending")] * 3
    ask(journal, "other", "The first")
    ask(journal, "other", "The second")
    assert calls(journal, 5) == [
        ("other", "sending"), ("busy", "sending"), ("other", "sending"), ("busy", "sending"), ("busy", "sending"),
    ]  # fmt: skip


def test_looks_take_turns_with_orders_of_others_and_come_after_ones_own(journal: Journal) -> None:
    """A song that is nearly there does not wait for all that somebody else has ordered since."""
    bought = [ask(journal, tenant, "Bought") for tenant in ("one", "other")]
    for _ in bought:
        job = next_call(journal)
        assert journal.bought(job.id, f"task {job.tenant}", 0.0, "answer") is not None
    for number in range(3):
        ask(journal, "one", f"Song {number}")
    assert calls(journal, 5) == [
        ("one", "sending"), ("other", "running"), ("one", "sending"), ("one", "sending"), ("one", "running"),
    ]  # fmt: skip


def test_three_tenants_go_round(journal: Journal) -> None:
    for tenant in ("a", "b", "c"):
        for number in range(3):
            ask(journal, tenant, f"Song {number}")
    assert [tenant for tenant, _ in calls(journal, 9)] == ["a", "b", "c"] * 3


def test_a_turn_in_the_future_of_a_clock_that_was_set_back_is_none(journal: Journal) -> None:
    with journal.store.transaction("key") as tx:
        tx.do("take_turn", key_id="key", tenant="early", now=journal._clock.now() + 90_000.0)
    ask(journal, "early", "Song")
    for number in range(3):
        ask(journal, "other", f"Song {number}")
    assert ("early", "sending") in calls(journal, 2)


def test_one_tenant_alone_is_served_as_ever(journal: Journal) -> None:
    """Orders before looks, and of each what waited longest."""
    first = ask(journal, "one", "First")
    assert next_call(journal).id == first.id
    assert journal.bought(first.id, "task", 0.0, "answer") is not None
    later = [ask(journal, "one", f"Song {number}").id for number in range(3)]
    found = [next_call(journal) for _ in range(4)]
    assert [job.id for job in found] == [*later, first.id]
    assert found[-1].state is State.RUNNING
