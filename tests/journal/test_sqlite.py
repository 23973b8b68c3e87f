"""What every database of the journal promises."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from journals import GAP, account, fails_after, order
from waiting import PATIENCE

from songwright.server.core.clock import SystemClock
from songwright.server.core.jobs import LOCAL_TENANT, Asked, State
from songwright.server.journal import sqlite as store_module
from songwright.server.journal.sqlite import SqliteStore, Store, Tx, migrations
from songwright.server.journal.write import Change, Journal
from songwright.server.protocol.unheard import Unheard


def test_what_one_process_has_written_the_next_one_reads(new_store: Callable[[], Store]) -> None:
    one, other = new_store(), new_store()
    written = Journal(one, one.clock()).ask(order())
    assert written.asked is Asked.NEW
    assert written.job is not None
    read = Journal(other, other.clock()).job(account(), written.job.id)
    assert read == written.job


def test_nothing_of_a_transaction_that_failed_stays(new_store: Callable[[], Store]) -> None:
    store = new_store()
    fails_after(store, "key", "put_fact", name="colour", value="blue")
    with store.reading() as tx:
        assert tx.one("fact", name="colour") is None


def test_orders_of_one_key_at_one_instant_are_bought_once(new_store: Callable[[], Store]) -> None:
    """More threads than connections, in two processes' worth of stores: they line up and none waits for ever."""
    stores = [new_store(), new_store()]

    def ask(number: int) -> Asked:
        mine = stores[number % 2]
        return Journal(mine, mine.clock()).ask(order()).asked

    with ThreadPoolExecutor(12) as pool:
        asked = list(pool.map(ask, range(24)))
    assert sorted(asked) == sorted([Asked.NEW, *[Asked.JOINED] * 23])


class Hand(SystemClock):
    """It is as late as the test says."""

    at = 1_000_000.0

    def now(self) -> float:
        return self.at


def test_a_call_that_waited_for_another_process_leaves_its_whole_gap_to_the_next(
    new_store: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slot counts from when the call leaves, not from when its process began to wait for the journal."""
    store, other, clock, comes = new_store(), new_store(), Hand(), threading.Event()
    journal, begin = Journal(store, clock), store.transaction
    journal.ask(order())

    def begun(key_id: str | None = None) -> AbstractContextManager[Tx]:
        comes.set()
        return begin(key_id)

    with ThreadPoolExecutor(1) as pool:
        with other.transaction("key"):
            monkeypatch.setattr(store, "transaction", begun)
            claimed = pool.submit(journal.claim, "key", GAP, 15.0)
            assert comes.wait(PATIENCE)
            clock.at += 1.0
        assert claimed.result() is not None
    assert journal.take_slot("key", GAP) == pytest.approx(GAP)


def test_what_follows_an_order_is_ordered_once_however_often_its_files_are_saved(
    new_store: Callable[[], Store],
) -> None:
    """Also long after the time in which a repeat is answered with what was bought before."""
    clock = Hand()
    journal = Journal(new_store(), clock)
    mine = replace(order(), limits=())
    journal.ask(mine)
    job = journal.claim("key", GAP, 15.0)
    assert job is not None
    follower = replace(order("Follower"), parent_id=job.id)
    got = journal.bought(job.id, "task", 0.0, "test")
    for _ in range(2):
        assert got is not None
        fetching = journal.move(got, Change(State.FETCHING))
        assert fetching is not None
        got = journal.move(fetching, Change(State.DONE), (), [follower])
        for child in journal.children(job.id):
            if child.state is State.QUEUED:
                journal.move(child, Change(State.DONE))
        clock.at += 86_400.0
    assert len(journal.children(job.id)) == 1


@pytest.mark.parametrize("title", ["No\0thing", "Half \ud83d an emoji", "Grüße 🎵 — 100 % :sure"])
def test_a_title_of_any_characters_is_kept_as_well_as_can_be(new_store: Callable[[], Store], title: str) -> None:
    """PostgreSQL has no place for NUL, no encoding one for half a surrogate pair: both databases answer alike."""
    store = new_store()
    journal = Journal(store, store.clock())
    job_id = journal.fact("a title", title)
    assert job_id == title.replace("\0", "\N{REPLACEMENT CHARACTER}").replace("\ud83d", "\N{REPLACEMENT CHARACTER}")
    assert journal.job(account(), title) is None


def test_sources_are_told_in_the_order_in_which_they_were_given(new_store: Callable[[], Store]) -> None:
    store = new_store()
    journal = Journal(store, store.clock())
    job = journal.ask(order()).job
    assert job is not None
    given = ("zebra", "ape", "mule")
    with store.transaction("key") as tx:
        tx.do(
            "put_clip", tenant=LOCAL_TENANT, key_id="key", clip_id="mix", job_id=job.id, take=1, part=None, label=None,
            state="succeeded", title="Mix", style="", lyrics="", prompt="", model="", seconds=None, bpm=None,
            audio_url=None, image_url=None, uploaded=0, reason=None, created_at=1.0,
        )  # fmt: skip
    journal.put_lineage(job, "mix", {"mashup of": given})
    found = journal.clip(account(), "mix")
    assert found is not None
    assert found.sources == {"mashup of": given}


def test_an_account_with_work_is_told_once_until_its_work_is_over(new_store: Callable[[], Store]) -> None:
    store = new_store()
    journal = Journal(store, store.clock())
    first = journal.ask(order("One")).job
    second = journal.ask(order("Two")).job
    assert first is not None
    assert second is not None
    assert journal.live_accounts() == [(LOCAL_TENANT, "key", "https://api.example.test")]
    for job in (first, second):
        journal.withdraw(account(), job.id)
    assert journal.live_accounts() == []


def test_a_journal_of_the_first_version_is_brought_up_to_date_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with sqlite3.connect(path) as old:
        old.executescript(migrations()[0][1])
        old.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY, major INTEGER NOT NULL)")
        old.execute("INSERT INTO migrations VALUES (?, 1)", (migrations()[0][0],))
        old.execute("INSERT INTO lineage VALUES ('local', 'key', 'mix', 'mashup of', 'ape')")
    old.close()
    store = SqliteStore(path)
    store.open()
    with store.reading() as tx:
        rows = tx.all("lineage_of", tenant="local", key_id="key", clip_id="mix")
    store.close()
    assert [row["source_id"] for row in rows] == ["ape"]


def test_two_queries_of_one_name_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.sql", "b.sql"):
        (tmp_path / name).write_text("-- name: twice\nSELECT 1;\n")
    monkeypatch.setattr(store_module, "files", lambda _: tmp_path)
    store_module.queries.cache_clear()
    try:
        with pytest.raises(ValueError, match="two queries are named twice"):
            store_module.queries()
    finally:
        store_module.queries.cache_clear()


def test_a_file_tells_nobody(tmp_path: Path) -> None:
    """So that waiters look by themselves."""
    assert not SqliteStore(tmp_path / "journal.sqlite3").listen(lambda _: None)


def test_a_refusal_of_an_earlier_attempt_does_not_end_a_later_one(new_store: Callable[[], Store]) -> None:
    """The first may be written down late, when another process has sent the order again: that one may be paid."""
    store = new_store()
    journal = Journal(store, store.clock())
    journal.ask(order())
    first = journal.claim("key", 0.0, 15.0)
    assert first is not None
    assert journal.move(first, Change(State.QUEUED, tries=1)) is not None
    second = journal.claim("key", 0.0, 15.0)
    assert second is not None
    assert journal.refused(first, "unreachable", "Nothing left.", None) is None
    bought = journal.bought(second.id, "task", 0.0, "answer")
    assert bought is not None
    assert bought.state is State.RUNNING


def test_what_a_client_has_not_heard_of_is_kept_for_its_session(new_store: Callable[[], Store]) -> None:
    """Calls that came together are meant; one that waits, or was cut short, may have been given up."""
    one, other = Unheard(new_store(), "ann", "app 1"), Unheard(new_store(), "ann", "app 1")
    one.ordered("first", "create_song", 100.0)
    assert other.last("create_song", 100.5, 100.5) is None
    assert other.last("create_song", 102.0, 102.0) is None
    assert other.last("create_song", 105.0, 105.0) == "first"
    assert other.last("cover_song", 105.0, 105.0) is None
    one.cut_short("first")
    assert other.last("create_song", 102.0, 102.0) == "first"
    assert Unheard(one.store, "bob", "app 1").last("create_song", 105.0, 105.0) is None
    assert Unheard(one.store, "ann", "app 2").last("create_song", 105.0, 105.0) is None
    other.heard(["something else", "first"])
    assert one.last("create_song", 105.0, 105.0) is None
    one.ordered("second", "create_song", 200.0)
    one.ordered("third", "create_song", 200.0 + 2 * 86_400)
    assert other.last("create_song", 3e5, 3e5) == "third"
    other.heard(["third"])
    assert one.last("create_song", 3e5, 3e5) is None
