"""The proofs are worth something: each classic mistake, built in on purpose, is caught by them."""

from __future__ import annotations

import pytest

from songwright.server.core.jobs import Job, State, job_of
from songwright.server.journal import sqlite
from songwright.server.journal.write import Change, Journal
from songwright.server.orders import steps
from songwright.server.service import answers

from .fate import Blow
from .places import Place, Places
from .services import Case, on_paper
from .sweep import deadly, run, sweep, visible
from .test_machine import a_late_answer_meets_the_lease_of_another

pytestmark = pytest.mark.anyio


async def caught(
    places: Places, behaviour: str, blow: Blow | None, journal: type[Journal] = Journal, songs: int = 1
) -> str:
    """Run plans until one breaks a law; what it says. Fails when none does."""

    def new(place: Place) -> Case:
        case = on_paper(behaviour, place, looks_needed=2)
        case.home.journal_type = journal
        return case

    async def plans() -> None:
        if blow is None:
            await run(new, places(), {})
        else:
            await sweep(new, places, blow, deadly if blow == "die" else visible, songs)

    with pytest.raises(AssertionError) as broken:
        await plans()
    return str(broken.value)


def mutate(monkeypatch: pytest.MonkeyPatch, **changes: tuple[str, str]) -> None:
    """Named queries with a piece of each replaced."""
    queries = dict(sqlite.queries())
    for name, (old, new) in changes.items():
        assert old in queries[name], f"the mutant of {name} has gone stale"
        queries[name] = queries[name].replace(old, new)
    monkeypatch.setattr(sqlite, "queries", lambda: queries)


async def test_an_order_queued_again_in_doubt_is_caught(monkeypatch: pytest.MonkeyPatch, places: Places) -> None:
    async def doubt(context: steps.StepContext, job: Job, why: str, said: str | None = None) -> None:
        change = Change(State.QUEUED, context.clock.now() + 2.0, sentence=why, service_said=said)
        await steps.record(context, context.journal.move, job, change)

    monkeypatch.setattr(steps, "_doubt", doubt)
    assert "charged 2 times" in await caught(places, "lose_after", None)


async def test_an_order_sent_again_after_a_server_error_is_caught(
    monkeypatch: pytest.MonkeyPatch, places: Places
) -> None:
    retry = answers.Line("POST", range(500, 600), answers.Kind.HASTE, "trouble", "Try again.")
    monkeypatch.setattr(answers, "TABLE", (retry, *answers.TABLE))
    assert "charged 2 times" in await caught(places, "error_after", None)


@pytest.mark.usefixtures("without_threads")
async def test_a_sweep_that_queues_again_is_caught(monkeypatch: pytest.MonkeyPatch, places: Places) -> None:
    mutate(monkeypatch, sweep=("state = 'unknown'", "state = 'queued'"))
    assert "charged 2 times" in await caught(places, "ok", "die")


async def test_an_unknown_order_that_goes_back_to_the_queue_is_caught(
    monkeypatch: pytest.MonkeyPatch, places: Places
) -> None:
    mutate(
        monkeypatch,
        next_for_slot=("state IN ('queued', 'running')", "state IN ('queued', 'running', 'unknown')"),
        claim=("state = CASE WHEN state = 'queued'", "state = CASE WHEN state IN ('queued', 'unknown')"),
        agenda=("'queued', 'sending', 'running', 'fetching'", "'queued', 'sending', 'running', 'fetching', 'unknown'"),
    )
    await caught(places, "lose_after", None)


class LeavesFirst(Journal):
    """Sends an order that is still only queued on disk."""

    def claim(self, key_id: str, gap: float, lease: float) -> Job | None:
        job = super().claim(key_id, gap, lease)
        if job is not None and job.state is State.SENDING:
            with self.store.transaction(key_id) as tx:
                tx._run("UPDATE jobs SET state = 'queued', lease_until = 0 WHERE id = :id", {"id": job.id})
        return job


@pytest.mark.usefixtures("without_threads")
async def test_an_order_that_leaves_before_that_is_on_record_is_caught(places: Places) -> None:
    assert "charged 2 times" in await caught(places, "ok", "die", LeavesFirst)


class ReceiptLater(Journal):
    """Tells everybody of the task first, and writes the receipt in a transaction of its own."""

    def bought(self, job_id: str, remote_id: str, next_at: float, via: str) -> Job | None:
        now = self._clock.now()
        with self.store.transaction(self._key_of(job_id)) as tx:
            row = tx.one("bought", id=job_id, remote_id=remote_id, next_at=next_at, now=now)
        with self.store.transaction(self._key_of(job_id)) as tx:
            tx.do("receipt", job_id=job_id, remote_id=remote_id, now=now, via=via)
        return None if row is None else job_of(row)


@pytest.mark.usefixtures("without_threads")
async def test_a_receipt_written_after_the_announcement_is_caught(places: Places) -> None:
    assert "without a receipt" in await caught(places, "ok", "die", ReceiptLater)


class SlotApart(Journal):
    """Looks whether the rate slot is free, and takes it in another transaction."""

    def claim(self, key_id: str, gap: float, lease: float) -> Job | None:
        now = self._clock.now()
        with self.store.transaction(key_id) as tx:
            slot = tx.one("slot_free_at", key_id=key_id)
            if slot is None or slot["next_at"] > now:
                return None
        with self.store.transaction(key_id) as tx:
            row = tx.one("next_for_slot", key_id=key_id, now=now)
            claimed = row and tx.one("claim", id=row["id"], epoch=row["epoch"], lease_until=now + 75.0 + lease, now=now)
            tx.one("take_slot", key_id=key_id, now=now, until=now + gap, gap=gap)
        return job_of(claimed) if claimed else None


async def test_a_rate_slot_outside_the_transaction_is_caught(places: Places) -> None:
    assert "two calls of one key" in await caught(places, "ok", "meet", SlotApart, songs=2)


@pytest.mark.usefixtures("without_threads")
def test_a_change_without_a_look_at_the_epoch_is_caught(monkeypatch: pytest.MonkeyPatch, places: Places) -> None:
    mutate(monkeypatch, move=("AND epoch = :epoch AND state = :was", "AND state = :was"))
    with pytest.raises(AssertionError, match="within the first one's lease"):
        a_late_answer_meets_the_lease_of_another(places)
