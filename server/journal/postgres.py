"""PostgreSQL as the journal's database, shared by any number of replicas. Version 13 or newer, in UTF-8.

Like `BEGIN IMMEDIATE` for a file, an advisory lock here puts the transactions of one key in sequence; those of other
keys run in parallel. Replicas must reach the database directly or through a pooler in session mode.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

from ..core.clock import Clock, SystemClock
from ..core.errors import JournalUnavailable, SettingRefused
from .sqlite import BUSY_SECONDS, MAJOR, MIGRATIONS_TABLE, Ran, Row, Run, Tx, missing

if TYPE_CHECKING:
    import psycopg
    import psycopg_pool

    Connection = psycopg.Connection[dict[str, Any]]

CONNECTIONS = 6
"""As many as there are threads that use it: the journal's, and those for search and craft."""
OLDEST = 130_000
CONNECT_SECONDS = 3
AWAY_SECONDS = 3.0
"""How long to wait for a connection while none works; then the database counts as unreachable."""
AWAY_PAUSE = 2.0
"""For this long after that nobody waits again: every caller gets the error at once."""
DOUBT_SECONDS = 6.0
"""How long to ask the database what became of a transaction whose outcome was not received."""
UNHEARD_MILLISECONDS = 5_000
"""After this time a network that drops everything counts as a broken connection."""
PAUSED_SECONDS = 10.0
"""After this time the database frees the locks of a stalled replica; shorter than others wait for them."""
STATEMENT_SECONDS = 30
MEASURE_SECONDS = 30.0
"""How often a process compares its clock with the database's."""
RECONNECT_SECONDS = 5.0
ASK_AGAIN_SECONDS = 0.2
LISTEN_PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts to listen again; the last value repeats."""
NEWS = "songwright"

PARAMETERS: Mapping[str, str | int] = {
    "connect_timeout": CONNECT_SECONDS,
    "application_name": "songwright",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": UNHEARD_MILLISECONDS,
}
"""Defaults that the address may override: a replica that is cut off is noticed within a minute."""

log = logging.getLogger(__name__)

T = TypeVar("T")


@cache
def translated(query: str) -> str:
    """A named query with psycopg's parameters for ours: `:name` outside of quotes becomes `%(name)s`."""

    def word(found: re.Match[str]) -> str:
        name: str | None = found[1]
        return found[0].replace("%", "%%") if name is None else f"%({name})s"

    return re.sub(r"'[^']*'|\"[^\"]*\"|::|:([a-z]\w*)|%", word, query)


def lock_of(name: str) -> int:
    """The number of the advisory lock that stands for a key."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


class DatabaseClock(SystemClock):
    """This machine's time, corrected to the database's, so that all replicas agree on what is due, whatever their
    clocks say.

    `local` gives seconds from an arbitrary start. On Linux it is the time since the machine booted, including sleep:
    setting the machine's clock does not change it.
    """

    def __init__(self, local: Callable[[], float] | None = None) -> None:
        boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
        self._local = local or (time.time if boot is None else partial(time.clock_gettime, boot))
        self._ahead = time.time() - self._local()
        self._measured_at = float("-inf")

    def now(self) -> float:
        """Seconds since the epoch by the database's clock; by this machine's until the store is open."""
        return self._local() + self._ahead

    def measure(self, connection: Connection) -> None:
        """Ask the database for its time, unless that happened recently."""
        if time.monotonic() - self._measured_at < MEASURE_SECONDS:
            return
        asked = self._local()
        row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8 AS at").fetchone()
        assert row is not None, "a SELECT of one row"
        self._ahead = row["at"] - (asked + self._local()) / 2
        self._measured_at = time.monotonic()


class PostgresStore:
    """A PostgreSQL database, shared by every replica. Raises `SettingRefused` where the address or a package is wrong.

    The address contains a password, so it never appears in a message or log; the names of host and database may.
    """

    def __init__(
        self,
        url: str,
        *,
        busy_seconds: float = BUSY_SECONDS,
        paused_seconds: float = PAUSED_SECONDS,
        away_seconds: float = AWAY_SECONDS,
        connections: int = CONNECTIONS,
        local_time: Callable[[], float] | None = None,
    ) -> None:
        self._parameters = {**PARAMETERS, **_parameters(url)}
        self._busy = busy_seconds
        self._paused = paused_seconds
        self._away = away_seconds
        self._away_until = float("-inf")
        self._connections = connections
        self._counting = threading.Lock()
        self._in_use = 0
        """Connections in use that have answered: one of them may become free."""
        self._clock = DatabaseClock(local_time)
        self._pool: psycopg_pool.ConnectionPool[Connection] | None = None
        self._name = secrets.token_hex(4)
        """Distinguishes our own notifications from those of others."""
        self._closing = threading.Event()
        self._listener: threading.Thread | None = None

    @property
    def place(self) -> str:
        """Where the journal is, for messages."""
        return f"{self._parameters.get('dbname', 'database')} at {self._parameters.get('host', 'this machine')}"

    def open(self) -> None:
        """Create or migrate the tables. Raises `JournalTooNew` or `JournalUnavailable`."""
        from psycopg_pool import ConnectionPool

        with self._trouble("opened"):
            with self._connect() as connection:
                self._check(connection)
                self._migrate(connection)
                self._clock.measure(connection)
            self._pool = ConnectionPool(
                connection_class=type(connection), kwargs=self._arguments(), configure=self._configure, min_size=0,
                max_size=self._connections, timeout=self._away, open=True, num_workers=1,
                reconnect_timeout=RECONNECT_SECONDS, name="songwright",
            )  # fmt: skip

    def close(self) -> None:
        """Close every idle connection; one in use is closed when it comes back."""
        self._closing.set()
        if self._pool is not None:
            self._pool.close()
        if self._listener is not None:
            self._listener.join(timeout=5.0)

    @contextlib.contextmanager
    def transaction(self, key_id: str | None = None) -> Iterator[Tx]:
        """A write transaction under the lock of its key; without a key, in parallel with all others."""
        lock = "" if key_id is None else f", pg_advisory_xact_lock({lock_of(key_id)})"
        # Each statement sees what was committed before it; with the lock, everything written for the key.
        begin = f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_current_xact_id()::text AS id{lock}"
        with self._trouble("written"), self._begun(begin) as (connection, transaction_id):
            changes: list[int] = []
            try:
                yield Tx(_runner(connection, changes))
                self._commit(connection, transaction_id)
            except BaseException:
                _roll_back(connection)
                raise
            if key_id is not None and any(changes):
                _tell(connection, f"{self._name} {key_id}")

    @contextlib.contextmanager
    def reading(self) -> Iterator[Tx]:
        """One consistent view; nothing can be written."""
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        with self._trouble("read"), self._begun(begin) as (connection, _):
            try:
                yield Tx(_runner(connection, []))
            finally:
                _roll_back(connection)

    def rows(self, query: str, /, **values: Any) -> list[Row]:
        """The answer to one named query, in one round trip instead of three."""

        def ask(connection: Connection) -> list[Row]:
            return Tx(_runner(connection, [])).all(query, **values)

        with self._trouble("read"), self._ready(ask) as (_, rows):
            return rows

    def listen(self, heard: Callable[[str], None]) -> bool:
        """Hear, from a thread, of every commit that another process makes for a key; True."""
        self._listener = threading.Thread(target=self._listen, args=(heard,), name="songwright-news", daemon=True)
        self._listener.start()
        return True

    def clock(self) -> Clock:
        """The database's time."""
        return self._clock

    # -- transactions ---------------------------------------------------------------------------------------------

    def _begun(self, begin: str) -> contextlib.AbstractContextManager[tuple[Connection, str]]:
        """A connection with an open transaction, and the transaction's id if requested."""

        def ask(connection: Connection) -> str:
            cursor = connection.execute(begin)
            row = cursor.fetchone() if cursor.nextset() else None
            return "" if row is None else str(row["id"])

        return self._ready(ask)

    @contextlib.contextmanager
    def _ready(self, ask: Callable[[Connection], T]) -> Iterator[tuple[Connection, T]]:
        """A connection and its answer to a first query; skips connections that broke while idle."""
        import psycopg

        pool = self._pool
        if pool is None:
            raise psycopg.OperationalError("it was not opened")
        for attempt in range(self._connections + 1):
            connection = self._borrowed(pool)
            try:
                self._clock.measure(connection)
                answer = ask(connection)
                break
            except BaseException as error:
                broken = connection.closed
                _roll_back(connection)
                pool.putconn(connection)
                if not (broken and isinstance(error, psycopg.OperationalError) and attempt < self._connections):
                    raise
        with self._counting:
            self._in_use += 1
        try:
            yield connection, answer
        finally:
            with self._counting:
                self._in_use -= 1
            pool.putconn(connection)

    def _borrowed(self, pool: psycopg_pool.ConnectionPool[Connection]) -> Connection:
        """A connection, when one becomes free in time.

        When none works, the first callers get the error soon and later ones at once. Raises `OperationalError`.
        """
        from psycopg import OperationalError
        from psycopg_pool import PoolTimeout

        until, failed = time.monotonic() + self._busy, _failed(pool)
        while True:
            if time.monotonic() < self._away_until:
                raise OperationalError("it does not answer")
            try:
                return pool.getconn(self._away)
            except PoolTimeout:
                # A machine that is just slow to connect has not failed.
                if not self._in_use and _failed(pool) > failed:
                    self._away_until = time.monotonic() + AWAY_PAUSE
                elif time.monotonic() > until:
                    raise

    def _commit(self, connection: Connection, transaction_id: str) -> None:
        import psycopg

        try:
            connection.execute("COMMIT")
        except psycopg.OperationalError:
            if not connection.closed:
                raise
            # The connection broke before the answer came. Only the database knows the outcome, so ask it.
            if not self._was_committed(transaction_id):
                raise

    def _was_committed(self, transaction_id: str) -> bool:
        """The outcome of a transaction whose end was not received. Raises `JournalUnavailable` when it cannot be
        determined.
        """
        driver, until = _driver(), time.monotonic() + min(self._busy, DOUBT_SECONDS)
        while True:
            # Not a connection of the pool: they may all be waiting here.
            with contextlib.suppress(driver.Error), self._connect() as connection:
                row = connection.execute(
                    "SELECT pg_xact_status(%s::text::xid8) AS status", (transaction_id,)
                ).fetchone()
                if row is not None and row["status"] != "in progress":
                    return bool(row["status"] == "committed")
            if time.monotonic() > until:
                raise JournalUnavailable(
                    f"The connection to the journal {self.place} was lost during a write, so the order may or may "
                    f"not be on record. Make the same call again in a minute: if the order is on record, the call "
                    f"joins it and buys nothing. If the call has again: true, look at list_songs first."
                )
            time.sleep(ASK_AGAIN_SECONDS)

    @contextlib.contextmanager
    def _trouble(self, what: str) -> Iterator[None]:
        import psycopg

        try:
            yield
        except (
            psycopg.OperationalError,
            psycopg.InterfaceError,
            psycopg.InternalError,
            psycopg.errors.InsufficientPrivilege,
        ) as error:
            raise JournalUnavailable(
                f"The journal {self.place} cannot be {what} ({self._said(error)}). Songwright sends no new order "
                f"until it can record one. Existing records are safe. Try again in a minute; if this lasts, the "
                f"operator of this server must check the database."
            ) from error

    def _said(self, error: psycopg.Error) -> str:
        """The first line of what the driver or the database says, without the password."""
        lines = (error.diag.message_primary or str(error)).splitlines()
        password = str(self._parameters.get("password") or "")
        said = lines[0] if lines else type(error).__name__
        return said.replace(password, "…") if password else said

    # -- connecting -----------------------------------------------------------------------------------------------

    def _arguments(self) -> dict[str, Any]:
        from psycopg.rows import dict_row

        # Never prepared: a newer Songwright may add a column meanwhile, and a cached plan for `SELECT *` would then
        # fail.
        return {**self._parameters, "autocommit": True, "row_factory": dict_row, "prepare_threshold": None}

    def _connect(self) -> Connection:
        connection: Connection = _driver().connect(**self._arguments())
        self._configure(connection)
        return connection

    def _configure(self, connection: Connection) -> None:
        connection.execute(
            f"SET synchronous_commit = on; SET lock_timeout = {int(self._busy * 1000)};"
            f"SET statement_timeout = '{STATEMENT_SECONDS}s';"
            f"SET idle_in_transaction_session_timeout = {int(self._paused * 1000)}"
        )

    def _check(self, connection: Connection) -> None:
        encoding = connection.info.parameter_status("server_encoding")
        if connection.info.server_version < OLDEST or encoding != "UTF8":
            raise JournalUnavailable(
                f"The journal {self.place} needs PostgreSQL 13 or newer and a database in UTF8; this one is "
                f"{connection.info.server_version // 10_000} and {encoding}. Nothing was sent or spent."
            )

    def _migrate(self, connection: Connection) -> None:
        with connection.transaction():
            connection.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
            connection.execute(f"SELECT pg_advisory_xact_lock({lock_of('migrations')})")
            connection.execute(MIGRATIONS_TABLE)
            rows = connection.execute("SELECT name, major FROM migrations").fetchall()
            applied = {row["name"]: row["major"] for row in rows}
            for name, statements in missing(applied, self.place, "SONGWRIGHT_DATABASE_URL at another database"):
                for statement in statements:
                    # An integer in SQLite has 64 bits.
                    connection.execute(re.sub(r"\bINTEGER\b", "BIGINT", statement))
                connection.execute("INSERT INTO migrations (name, major) VALUES (%s, %s)", (name, MAJOR))

    # -- news -----------------------------------------------------------------------------------------------------

    def _listen(self, heard: Callable[[str], None]) -> None:
        import psycopg

        failures = 0
        while not self._closing.is_set():
            try:
                with self._connect() as connection:
                    connection.execute(f"LISTEN {NEWS}")
                    failures = 0
                    while not self._closing.is_set():
                        for news in connection.notifies(timeout=0.5):
                            teller, _, key_id = news.payload.partition(" ")
                            if teller != self._name:
                                heard(key_id)
            except psycopg.Error as error:
                log.info("not notified of changes in the journal %s for now: %s", self.place, self._said(error))
                self._closing.wait(LISTEN_PAUSES[min(failures, len(LISTEN_PAUSES) - 1)])
                failures += 1


def _failed(pool: psycopg_pool.ConnectionPool[Connection]) -> int:
    """How many attempts to connect have failed so far."""
    return pool.get_stats().get("connections_errors", 0)


def _runner(connection: Connection, changes: list[int]) -> Run:
    """What runs queries on a connection, and notes how many rows each change has touched."""

    def run(query: str, values: Mapping[str, Any]) -> Ran:
        cursor = connection.execute(translated(query), {name: _plain(value) for name, value in values.items()})
        if not (cursor.statusmessage or "").startswith("SELECT"):
            changes.append(cursor.rowcount)
        rows = cursor.fetchall() if cursor.description else []
        return [{name: _number(value) for name, value in row.items()} for row in rows], cursor.rowcount

    return run


def _plain(value: object) -> object:
    """A state is stored as its value; the driver would send the name of the enumeration's member."""
    return str(value) if isinstance(value, str) else value


def _number(value: object) -> object:
    """Sums of whole numbers come as decimals."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def _roll_back(connection: Connection) -> None:
    """Roll a transaction back; a lost connection has already done so."""
    from psycopg.pq import TransactionStatus

    if not connection.closed and connection.pgconn.transaction_status != TransactionStatus.IDLE:
        with contextlib.suppress(_driver().Error):
            connection.execute("ROLLBACK")


def _tell(connection: Connection, news: str) -> None:
    """Notify others after the commit: notifying within it would queue all commits behind each other's disk writes.

    A lost notification only means a delay: a regular look comes anyway.
    """
    with contextlib.suppress(_driver().Error):
        connection.execute("SELECT pg_notify(%s, %s)", (NEWS, news))


def _parameters(url: str) -> dict[str, Any]:
    """The parts of an address. The driver's own message repeats the password, so it is not passed on."""
    driver = _driver()
    try:
        parts: dict[str, Any] = driver.conninfo.conninfo_to_dict(url)
    except driver.Error:
        raise SettingRefused(
            "SONGWRIGHT_DATABASE_URL is not the address of a PostgreSQL database. It must look like "
            "postgresql://user:password@host/name."
        ) from None
    return parts


def _driver() -> Any:
    """The packages that only a PostgreSQL journal needs. Raises `SettingRefused` when they are not there."""
    try:
        import psycopg
        import psycopg_pool
    except ImportError as error:
        raise SettingRefused(
            "A journal in PostgreSQL needs packages that are not installed: pip install 'songwright[postgres]'."
        ) from error
    del psycopg_pool
    return psycopg
