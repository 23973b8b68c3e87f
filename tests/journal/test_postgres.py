"""What only PostgreSQL has to promise: opening beside others, locks, lost connections, news, one time for all."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from journals import GAP, account, fails_after, order
from postgres import Database, Server
from waiting import until

from songwright.server.core.errors import JournalTooNew, JournalUnavailable, SettingRefused
from songwright.server.core.jobs import Asked, State
from songwright.server.journal.postgres import PostgresStore, lock_of, translated
from songwright.server.journal.sqlite import migrations
from songwright.server.journal.write import Journal

PASSWORD = "hush-hush"


@pytest.fixture
def bare(postgres_server: Server) -> Iterator[Database]:
    with postgres_server.bare_database() as lent:
        yield lent


@pytest.fixture
def store(database: Database) -> Iterator[PostgresStore]:
    opened = PostgresStore(database.url)
    opened.open()
    yield opened
    opened.close()


# -- opening ----------------------------------------------------------------------------------------------


def test_two_servers_that_open_an_empty_database_at_once_make_its_tables_once(bare: Database) -> None:
    barrier = threading.Barrier(4)

    def open_one(_: int) -> None:
        store = PostgresStore(bare.url)
        barrier.wait()
        store.open()
        store.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(open_one, range(4)))
    applied = [row["name"] for row in bare.reader.execute("SELECT name FROM migrations ORDER BY name")]
    assert applied == [name for name, _ in migrations()]


def test_a_database_of_a_newer_songwright_is_left_alone_and_said_so(bare: Database) -> None:
    bare.reader.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY, major INTEGER NOT NULL)")
    bare.reader.execute("INSERT INTO migrations VALUES ('9999_far_ahead.sql', 99)")
    with pytest.raises(JournalTooNew, match=r"newer Songwright.*SONGWRIGHT_DATABASE_URL"):
        PostgresStore(bare.url).open()
    tables = bare.reader.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert [row["tablename"] for row in tables] == ["migrations"]


def test_a_database_that_cannot_hold_every_script_is_refused(postgres_server: Server, bare: Database) -> None:
    name = f"{bare.name}_latin"
    bare.reader.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    try:
        with pytest.raises(JournalUnavailable, match=r"UTF8.*Nothing was sent or spent"):
            PostgresStore(bare.url.replace(bare.name, name)).open()
    finally:
        bare.reader.execute(f"DROP DATABASE {name}")


def test_without_its_packages_it_says_what_to_install() -> None:
    """In a process of its own: here the packages are loaded already."""
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from songwright.server.journal.postgres import PostgresStore\n"
        "from songwright.server.core.errors import SettingRefused\n"
        "try: PostgresStore('postgresql://h/d')\n"
        "except SettingRefused as e: print(e)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "songwright[postgres]" in done.stdout


# -- the password -----------------------------------------------------------------------------------------


def test_a_wrong_address_is_refused_without_its_password() -> None:
    with pytest.raises(SettingRefused) as refused:
        PostgresStore(f"postgresql//me:{PASSWORD}@db.example/songs")
    assert PASSWORD not in f"{refused.value!r} {refused.value.__cause__} {refused.value.__suppress_context__ or ''}"
    assert "SONGWRIGHT_DATABASE_URL" in str(refused.value)


def test_a_database_out_of_reach_is_named_without_its_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    store = PostgresStore(f"postgresql://me:{PASSWORD}@127.0.0.1:1/songs?connect_timeout=2")
    with pytest.raises(JournalUnavailable) as unavailable:
        store.open()
    assert "songs at 127.0.0.1" in str(unavailable.value)
    assert PASSWORD not in f"{unavailable.value!r} {unavailable.value.__cause__!r} {caplog.text} {store!r}"


def test_a_password_in_the_words_of_the_database_is_taken_out() -> None:
    store = PostgresStore(f"postgresql://me:{PASSWORD}@db.example/songs")
    with pytest.raises(JournalUnavailable) as unavailable, store._trouble("read"):
        raise psycopg.OperationalError(f"could not use {PASSWORD} there\nand more lines")
    assert "could not use … there" in str(unavailable.value)
    assert "and more lines" not in str(unavailable.value)


# -- transactions -----------------------------------------------------------------------------------------


def test_another_key_is_not_held_up(store: PostgresStore, database: Database) -> None:
    with database.connect() as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(%s)", (lock_of("busy"),))
        assert Journal(store, store.clock()).ask(order(key_id="free")).asked is Asked.NEW


def test_whoever_waits_too_long_for_a_key_is_told_and_the_next_one_is_served(database: Database) -> None:
    store = PostgresStore(database.url, busy_seconds=0.05)
    store.open()
    with database.connect() as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(%s)", (lock_of("key"),))
        with pytest.raises(JournalUnavailable, match="Songwright sends no new order until it can record one"):
            Journal(store, store.clock()).ask(order())
    assert Journal(store, store.clock()).ask(order()).asked is Asked.NEW
    store.close()


def test_a_replica_that_stands_still_while_it_writes_does_not_hold_up_the_others(
    store: PostgresStore, database: Database
) -> None:
    """A paused machine keeps its connection, and with it the lock of the key, until the database ends it."""
    paused = PostgresStore(database.url, paused_seconds=0.2)
    paused.open()
    with pytest.raises(JournalUnavailable, match="cannot be written"), paused.transaction("key") as tx:  # noqa: PT012 — where it fails is the point
        tx.do("insert_limiter", key_id="paused")
        assert Journal(store, store.clock()).ask(order()).asked is Asked.NEW
        tx.one("fact", name="anything")
    assert [row["key_id"] for row in database.rows("limiter")] == ["key"]
    paused.close()


def test_connections_that_were_cut_while_nobody_used_them_are_noticed_by_nobody(
    store: PostgresStore, database: Database
) -> None:
    barrier = threading.Barrier(4)

    def use(_: int) -> None:
        with store.reading() as tx:
            tx.one("fact", name="x")
            barrier.wait()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(use, range(4)))
    cut = database.reader.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()"
    ).fetchall()
    assert len(cut) == 4
    assert Journal(store, store.clock()).ask(order()).asked is Asked.NEW


class Cut(PostgresStore):
    """Loses the connection at the moment of writing: after it was done, or before."""

    def __init__(self, url: str, database: Database, done: bool) -> None:
        super().__init__(url)
        self._database = database
        self._done = done

    def _commit(self, connection: psycopg.Connection[dict[str, object]], transaction_id: str) -> None:
        if self._done:
            connection.execute("COMMIT")
        self._database.reader.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
        super()._commit(connection, transaction_id)


@pytest.mark.parametrize("done", [True, False])
def test_when_the_connection_breaks_at_the_moment_of_writing_the_database_is_asked(
    database: Database, done: bool
) -> None:
    """The answer to a commit may be lost like any other; PostgreSQL remembers what became of a transaction."""
    store = Cut(database.url, database, done)
    store.open()
    journal = Journal(store, store.clock())
    if done:
        assert journal.ask(order()).asked is Asked.NEW
    else:
        with pytest.raises(JournalUnavailable, match="Songwright sends no new order until it can record one"):
            journal.ask(order())
    assert len(database.rows("jobs")) == int(done)
    store.close()


class Lost(Cut):
    """Finds nobody to ask afterwards."""

    def _connect(self) -> psycopg.Connection[dict[str, object]]:
        if self._pool is not None:
            raise psycopg.OperationalError("no route to host")
        return super()._connect()


def test_when_nobody_can_tell_what_became_of_a_transaction_that_is_said(database: Database) -> None:
    store = Lost(database.url, database, done=True)
    store.open()
    store._busy = 0.1
    with pytest.raises(JournalUnavailable, match=r"may or may not be on record.*joins it and buys nothing"):
        Journal(store, store.clock()).ask(order())
    store.close()


def test_a_whole_number_beyond_32_bits_is_kept(store: PostgresStore) -> None:
    """As SQLite does: a balance or a file may be large."""
    journal = Journal(store, store.clock())
    journal.put_balance(account(), 10**12, 1, 0.0)
    balance = journal.balance(account())
    assert balance is not None
    assert balance.total == 10**12 + 1


def test_sums_come_back_as_whole_numbers(store: PostgresStore) -> None:
    journal = Journal(store, store.clock())
    journal.ask(order())
    spent = journal.spent(account(), 100.0)
    assert (spent, type(spent)) == (14, int)
    assert journal.spent_by_operation(account(), 100.0) == [("create_song", 1, 14)]


def test_a_query_keeps_its_casts_and_its_quoted_words() -> None:
    query = "SELECT :a::text, 'it is 5:o 100%', \":q\" FROM t WHERE x LIKE '%' ESCAPE '\\' AND y % 2 = :b_2 AND z = :a"
    assert translated(query) == (
        "SELECT %(a)s::text, 'it is 5:o 100%%', \":q\" FROM t "
        "WHERE x LIKE '%%' ESCAPE '\\' AND y %% 2 = %(b_2)s AND z = %(a)s"
    )


# -- a database that is away -------------------------------------------------------------------------------


def test_whoever_waits_for_a_connection_in_use_is_not_told_that_the_database_is_away(database: Database) -> None:
    store = PostgresStore(database.url, away_seconds=0.02, connections=1)
    store.open()
    with ThreadPoolExecutor(1) as pool:
        with store.reading():
            waiting = pool.submit(store.rows, "fact", name="x")
            until(lambda: store._pool and store._pool.get_stats().get("requests_errors", 0) >= 2, "it has waited")
            assert not waiting.done()
        assert waiting.result(10) == []
    store.close()


def test_nobody_waits_for_a_database_that_was_found_to_be_away_a_moment_ago(database: Database) -> None:
    store = PostgresStore(database.url, away_seconds=0.02)
    store.open()
    assert store._pool is not None
    assert isinstance(store._pool.kwargs, dict)
    store._pool.kwargs["host"] = "/nowhere"
    for _ in range(3):
        with pytest.raises(JournalUnavailable, match="Songwright sends no new order until"):
            store.rows("fact", name="x")
    assert store._pool.get_stats()["requests_errors"] == 1
    store._away_until = float("-inf")
    store._pool.kwargs["host"] = str(database.server.folder)
    until(lambda: answers(store), "it answers again")
    store.close()


def answers(store: PostgresStore) -> bool:
    store._away_until = float("-inf")
    try:
        return store.rows("fact", name="x") == []
    except JournalUnavailable:
        return False


# -- news and time ----------------------------------------------------------------------------------------


@pytest.fixture
def other(database: Database) -> Iterator[PostgresStore]:
    """Another replica's store."""
    store = PostgresStore(database.url)
    store.open()
    yield store
    store.close()


def test_what_one_replica_writes_another_one_hears(
    store: PostgresStore, other: PostgresStore, database: Database
) -> None:
    heard: list[str] = []
    assert other.listen(heard.append)
    until(lambda: _listening(database), "the other one listens")
    Journal(store, store.clock()).ask(order())
    until(lambda: "key" in heard, "the news came")
    assert set(heard) == {"key"}


def test_a_replica_is_not_told_what_it_has_written_itself(
    store: PostgresStore, other: PostgresStore, database: Database
) -> None:
    """It knows, and would only look again at what it has just done."""
    heard: list[str] = []
    store.listen(heard.append)
    until(lambda: _listening(database), "it listens")
    Journal(store, store.clock()).ask(order())
    Journal(other, other.clock()).ask(order(key_id="of others"))
    until(lambda: heard, "the news came")
    assert set(heard) == {"of others"}


def test_nothing_is_told_where_nothing_was_changed(
    store: PostgresStore, other: PostgresStore, database: Database
) -> None:
    """Or two idle replicas would keep each other awake."""
    journal = Journal(store, store.clock())
    heard: list[str] = []
    other.listen(heard.append)
    until(lambda: _listening(database), "it listens")
    assert journal.claim("idle", GAP, 15.0) is None
    fails_after(store, "broken", "insert_limiter", key_id="broken")
    journal.ask(order())
    until(lambda: heard, "the news came")
    assert set(heard) == {"key"}


def test_news_go_on_after_the_connection_for_them_was_lost(
    store: PostgresStore, other: PostgresStore, database: Database
) -> None:
    heard: list[str] = []
    other.listen(heard.append)
    until(lambda: _listening(database), "it listens")
    database.reader.execute("SELECT pg_terminate_backend(%s, 5000)", (_listening(database)[0]["pid"],))
    until(lambda: _listening(database), "it listens again")
    Journal(store, store.clock()).ask(order())
    until(lambda: heard, "the news came")


@pytest.mark.parametrize("skew", [-7200.0, 7200.0])
def test_replicas_whose_clocks_are_hours_apart_agree_on_the_time(database: Database, skew: float) -> None:
    right, wrong = PostgresStore(database.url), PostgresStore(database.url, local_time=lambda: time.time() + skew)
    for store in (right, wrong):
        store.open()
    assert wrong.clock().now() == pytest.approx(right.clock().now(), abs=1.0)
    assert right.clock().now() == pytest.approx(time.time(), abs=1.0)
    job = Journal(right, right.clock()).ask(order()).job
    assert job is not None
    claimed = Journal(wrong, wrong.clock()).claim("key", GAP, 15.0)
    assert claimed is not None
    assert claimed.state is State.SENDING
    assert 0 < Journal(right, right.clock()).take_slot("key", GAP) <= GAP
    assert Journal(right, right.clock()).sweep("key") == [], "a lease of another replica has hours left, or minus hours"
    for store in (right, wrong):
        store.close()


def _listening(database: Database) -> list[dict[str, object]]:
    return database.reader.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        "AND query LIKE 'LISTEN%' AND state = 'idle'"  # it has taken effect
    ).fetchall()
