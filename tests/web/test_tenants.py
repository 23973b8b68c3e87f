"""Who may call a hosted server: tenants, tokens, allowances, and the service keys kept for them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from orders.clock import ProcessClock, SimClock
from postgres import Server

from songwright.server.core.errors import ArgumentRefused, NotFound, SealBroken
from songwright.server.core.jobs import LOCAL_TENANT
from songwright.server.core.sealing import Sealer, new_key
from songwright.server.journal.postgres import PostgresStore
from songwright.server.journal.sqlite import SqliteStore, Store
from songwright.server.journal.write import DAY
from songwright.server.web.tenants import KEY_SECONDS, TOUCH_SECONDS, Tenants, looks_like_token, new_token

SERVICE = "https://api.example.org"
ISSUER = "https://login.example.org"
SECRET = new_key()


class Desk:
    """One database, its time, and the tenants in it."""

    def __init__(self, store: Store, contents: Callable[[], bytes]) -> None:
        self.time = SimClock()
        self.store = store
        self.contents = contents
        """Everything that the database keeps."""
        store.open()
        self.tenants = self.with_secrets(SECRET)

    def with_secrets(self, *secrets: str) -> Tenants:
        return Tenants(self.store, ProcessClock(self.time), Sealer(secrets))

    def job(self, tenant: str, key_id: str, state: str, cost: int = 10) -> str:
        """A row as the journal leaves it."""
        job_id = secrets.token_hex(8)
        with self.store.transaction() as tx:
            tx.do(
                "insert_job", id=job_id, tenant=tenant, key_id=key_id, base_url=SERVICE, operation="create_song",
                arguments="{}", method="POST", path="/", body=None, dedupe=job_id, parent_id=None, cost=cost,
                charge=0 if state == "failed" else cost, most=cost,
                subject="", words="", state=state, remote_id=None, timeout=75.0, next_at=0.0, now=self.time.wall,
                running_at=None,
            )  # fmt: skip
        return job_id


@pytest.fixture(params=["sqlite", "postgres"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    if request.param == "sqlite":
        path = tmp_path / "journal.sqlite3"
        made = Desk(SqliteStore(path), path.read_bytes)
        yield made
        made.store.close()
        return
    server: Server = request.getfixturevalue("postgres_server")
    with server.database() as database:
        made = Desk(
            PostgresStore(database.url),
            lambda: str([database.rows(table) for table in ("tenants", "tokens", "service_keys")]).encode(),
        )
        yield made
        made.store.close()


# -- tenants ------------------------------------------------------------------------------------------------------


def test_a_new_tenant_is_known_by_its_token_by_name_and_by_id(desk: Desk) -> None:
    ana, token = desk.tenants.add("Ana's band", daily_credits=50)
    assert desk.tenants.by_token(token) == desk.tenants.named("Ana's band") == desk.tenants.named(ana.id) == ana
    assert (ana.daily_credits, ana.monthly_credits, ana.revoked) == (50, None, False)
    assert desk.tenants.all() == [ana]
    assert desk.tenants.any_active()


def test_without_tenants_nobody_may_call(desk: Desk) -> None:
    assert not desk.tenants.any_active()
    assert desk.tenants.by_token(new_token()) is None


def test_a_name_stands_for_one_tenant_even_when_that_one_was_revoked(desk: Desk) -> None:
    """Else the newcomer would seem to have made the songs of the one before."""
    ana, _ = desk.tenants.add("Ana")
    with pytest.raises(ArgumentRefused, match="Ana"):
        desk.tenants.add("Ana")
    desk.tenants.revoke(ana.id)
    with pytest.raises(ArgumentRefused, match="revoked"):
        desk.tenants.add("Ana")


@pytest.mark.parametrize("name", ["", " ", "Ana ", "a\nb", "a\x00b", "a\x1b[2J", "x" * 61, "-rf", "oauth:ana", "local"])
def test_a_name_that_could_mislead_or_break_a_terminal_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(ArgumentRefused):
        desk.tenants.add(name)
    assert desk.tenants.all() == []


def test_allowances_are_changed_and_taken_back_to_the_default(desk: Desk) -> None:
    ana, _ = desk.tenants.add("Ana", daily_credits=5, monthly_credits=50)
    desk.tenants.limit(ana.id, 7, None)
    assert desk.tenants.named("Ana") == replace(ana, daily_credits=7, monthly_credits=None)
    for wrong in (-1, 10**12):
        with pytest.raises(ArgumentRefused):
            desk.tenants.limit(ana.id, wrong, None)


def test_an_unknown_tenant_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound, match="tenants list"):
        desk.tenants.named("nobody")
    assert desk.tenants.of_id("nobody") is None


def test_the_person_of_this_machine_is_a_tenant_without_being_added(desk: Desk) -> None:
    local = desk.tenants.of_id(LOCAL_TENANT)
    assert local is not None
    assert not local.revoked
    assert desk.tenants.all() == []


def test_spending_is_counted_by_tenant_over_a_day_and_a_month(desk: Desk) -> None:
    ana, _ = desk.tenants.add("Ana")
    desk.job(ana.id, "key1", "done", 10)
    desk.job(ana.id, "key1", "failed", 10)
    desk.time.move(DAY + 1)
    desk.job(ana.id, "key2", "unknown", 3)
    assert desk.tenants.spending() == {ana.id: (3, 13)}
    desk.time.move(30 * DAY)
    assert desk.tenants.spending() == {}


# -- tokens -------------------------------------------------------------------------------------------------------


def test_a_token_is_long_random_and_of_a_shape_that_scanners_know(desk: Desk) -> None:
    tokens = {new_token() for _ in range(100)} | {desk.tenants.add("Ana")[1]}
    assert len(tokens) == 101
    assert all(looks_like_token(token) and token.startswith("sw_") and len(token) == 46 for token in tokens)


def test_a_wrong_token_is_nobodys(desk: Desk) -> None:
    _, token = desk.tenants.add("Ana")
    for wrong in (token[:-1], token + "A", token.swapcase(), "", "sw_", "ü", "\ud800", token.removeprefix("sw_")):
        assert desk.tenants.by_token(wrong) is None


def test_no_token_and_no_key_is_in_the_database_in_clear(desk: Desk) -> None:
    ana, token = desk.tenants.add("Ana")
    desk.tenants.keep_key(ana.id, SERVICE, "key1", "the-service-key-of-ana")
    kept = desk.contents()
    assert b"Ana" in kept
    for secret in (token, token.removeprefix("sw_"), "the-service-key-of-ana", SECRET):
        assert secret.encode() not in kept


def test_every_token_of_a_tenant_is_good_until_it_is_withdrawn(desk: Desk) -> None:
    ana, first = desk.tenants.add("Ana")
    desk.time.move(1)
    second = desk.tenants.issue(ana.id)
    assert desk.tenants.by_token(first) == desk.tenants.by_token(second) == ana
    desk.tenants.revoke_token(ana.id, desk.tenants.tokens(ana.id)[0].id)
    assert desk.tenants.by_token(first) is None
    assert desk.tenants.by_token(second) == ana
    assert [token.revoked_at is None for token in desk.tenants.tokens(ana.id)] == [False, True]


def test_a_token_is_withdrawn_only_from_its_own_tenant(desk: Desk) -> None:
    ana, token = desk.tenants.add("Ana")
    ben, _ = desk.tenants.add("Ben")
    with pytest.raises(NotFound):
        desk.tenants.revoke_token(ben.id, desk.tenants.tokens(ana.id)[0].id)
    assert desk.tenants.by_token(token) == ana


def test_a_revoked_tenant_has_no_good_token_and_gets_no_new_one(desk: Desk) -> None:
    ana, token = desk.tenants.add("Ana")
    ben, other = desk.tenants.add("Ben")
    desk.tenants.revoke(ana.id)
    assert desk.tenants.by_token(token) is None
    assert desk.tenants.by_token(other) == ben
    with pytest.raises(ArgumentRefused, match="revoked"):
        desk.tenants.issue(ana.id)
    found = desk.tenants.of_id(ana.id)
    assert found is not None
    assert found.revoked


def test_the_last_use_of_a_token_is_noted_at_most_once_a_minute(desk: Desk) -> None:
    ana, token = desk.tenants.add("Ana")

    def used() -> float | None:
        desk.tenants.by_token(token)
        return desk.tenants.tokens(ana.id)[0].last_used_at

    first = used()
    assert first == desk.time.wall
    desk.time.move(TOUCH_SECONDS - 1)
    assert used() == first
    desk.time.move(1)
    assert used() == desk.time.wall


# -- callers of an OAuth server -----------------------------------------------------------------------------------


def test_a_caller_of_the_oauth_server_becomes_a_tenant_once(desk: Desk) -> None:
    first = desk.tenants.by_subject(ISSUER, "user|42")
    assert first is not None
    assert first.name == "oauth:user|42"
    assert desk.tenants.by_subject(ISSUER, "user|42") == first
    assert len(desk.tenants.all()) == 1


def test_replicas_that_meet_a_newcomer_at_once_make_one_tenant(desk: Desk) -> None:
    start, found = threading.Barrier(4), []

    def meet() -> None:
        start.wait()
        found.append(desk.tenants.by_subject(ISSUER, "42"))

    threads = [threading.Thread(target=meet) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == desk.tenants.all() * 4


def test_the_same_subject_of_another_oauth_server_is_another_tenant(desk: Desk) -> None:
    one = desk.tenants.by_subject(ISSUER, "42")
    other = desk.tenants.by_subject("https://elsewhere.example.org", "42")
    assert one is not None
    assert other is not None
    assert one.id != other.id
    assert one.name != other.name


def test_a_revoked_caller_of_the_oauth_server_does_not_come_back_as_a_new_tenant(desk: Desk) -> None:
    tenant = desk.tenants.by_subject(ISSUER, "42")
    assert tenant is not None
    desk.tenants.revoke(tenant.id)
    assert desk.tenants.by_subject(ISSUER, "42") is None
    assert len(desk.tenants.all()) == 1


def test_an_oauth_caller_cannot_pass_for_a_tenant_of_the_operator(desk: Desk) -> None:
    ana, _ = desk.tenants.add("Ana")
    for subject in ("Ana", ana.id, LOCAL_TENANT):
        tenant = desk.tenants.by_subject(ISSUER, subject)
        assert tenant is not None
        assert tenant.id not in (ana.id, LOCAL_TENANT)
    assert desk.tenants.named("Ana") == ana


# -- service keys -------------------------------------------------------------------------------------------------


def test_a_kept_key_is_given_to_its_tenant_only(desk: Desk) -> None:
    ana, ben = desk.tenants.add("Ana")[0], desk.tenants.add("Ben")[0]
    desk.tenants.keep_key(ana.id, SERVICE, "key1", "secret")
    assert desk.tenants.key_of(ana.id, "key1", SERVICE) == "secret"
    assert desk.tenants.key_of(ben.id, "key1", SERVICE) is None
    assert desk.tenants.key_of(ana.id, "key2", SERVICE) is None
    assert desk.tenants.stored_key(ana.id, SERVICE) is None


def _spoil(desk: Desk, change: Callable[[dict[str, object]], None]) -> None:
    """Write to the database as somebody would who has got at it."""
    with desk.store.transaction() as tx:
        row = dict(tx.all("service_keys")[0])
        change(row)
        values = {name: row[name] for name in ("tenant", "key_id", "base_url", "sealed", "stored")}
        tx.do("put_service_key", now=desk.time.wall, **values)


@pytest.mark.parametrize("changed", [{"base_url": "https://evil.example"}, {"tenant": "mallory"}, {"sealed": "x"}])
def test_a_key_moved_to_another_tenant_or_address_in_the_database_does_not_open(
    desk: Desk, changed: dict[str, object]
) -> None:
    """Else write access to the database would be enough to have keys sent to an address of one's own."""
    ana, _ = desk.tenants.add("Ana")
    desk.tenants.keep_key(ana.id, SERVICE, "key1", "secret")
    _spoil(desk, lambda row: row.update(changed))
    tenant, base_url = str(changed.get("tenant", ana.id)), str(changed.get("base_url", SERVICE))
    with pytest.raises(SealBroken, match="nothing was sent"):
        desk.tenants.key_of(tenant, "key1", base_url)


def test_a_key_whose_secret_is_gone_is_asked_for_again_and_then_works(desk: Desk) -> None:
    ana, _ = desk.tenants.add("Ana")
    desk.tenants.keep_key(ana.id, SERVICE, "key1", "secret")
    later = desk.with_secrets(new_key())
    with pytest.raises(SealBroken, match="Store it again"):
        later.key_of(ana.id, "key1", SERVICE)
    later.keep_key(ana.id, SERVICE, "key1", "secret")
    assert later.key_of(ana.id, "key1", SERVICE) == "secret"


def test_a_key_that_comes_with_every_call_is_written_at_most_once_a_minute(desk: Desk) -> None:
    ana, _ = desk.tenants.add("Ana")

    def kept() -> bytes:
        desk.tenants.keep_key(ana.id, SERVICE, "key1", "secret")
        with desk.store.reading() as tx:
            return str(tx.all("service_keys")).encode()

    first = kept()
    desk.time.move(TOUCH_SECONDS - 1)
    assert kept() == first
    desk.time.move(1)
    assert kept() != first


def test_a_stored_key_is_the_tenants_until_another_takes_its_place(desk: Desk) -> None:
    ana, _ = desk.tenants.add("Ana")
    desk.tenants.keep_key(ana.id, SERVICE, "key1", "first", stored=True)
    desk.tenants.keep_key(ana.id, SERVICE, "key1", "first")
    found = desk.tenants.stored_key(ana.id, SERVICE)
    assert found is not None
    assert found.key_id == "key1"
    desk.tenants.keep_key(ana.id, SERVICE, "key2", "second", stored=True)
    found = desk.tenants.stored_key(ana.id, SERVICE)
    assert found is not None
    assert found.key_id == "key2"
    assert desk.tenants.stored_key(ana.id, "https://elsewhere.example") is None
    assert desk.tenants.drop_stored_key(ana.id)
    assert desk.tenants.stored_key(ana.id, SERVICE) is None
    assert not desk.tenants.drop_stored_key(ana.id)


@pytest.mark.parametrize("state", ["queued", "sending", "running", "fetching", "unknown"])
def test_a_key_is_kept_for_as_long_as_a_job_needs_it(desk: Desk, state: str) -> None:
    ana, ben = desk.tenants.add("Ana")[0], desk.tenants.add("Ben")[0]
    for tenant in (ana, ben):
        desk.tenants.keep_key(tenant.id, SERVICE, "key1", "secret")
    desk.job(ana.id, "key1", state)
    desk.job(ben.id, "key2", state)
    desk.time.move(KEY_SECONDS + 1)
    assert desk.tenants.tidy_keys() == 1
    assert [key.tenant for key in desk.tenants.kept_keys()] == [ana.id]


def test_a_key_that_rested_for_an_hour_after_its_last_job_is_removed(desk: Desk) -> None:
    ana, _ = desk.tenants.add("Ana")
    desk.tenants.keep_key(ana.id, SERVICE, "key1", "secret")
    desk.tenants.keep_key(ana.id, SERVICE, "key2", "stored", stored=True)
    desk.job(ana.id, "key1", "done")
    desk.time.move(KEY_SECONDS - 1)
    assert desk.tenants.tidy_keys() == 0
    desk.time.move(2)
    assert desk.tenants.tidy_keys() == 1
    assert [key.key_id for key in desk.tenants.kept_keys()] == ["key2"]


def test_the_key_of_a_revoked_tenant_still_serves_what_was_paid_and_then_goes(desk: Desk) -> None:
    ana, _ = desk.tenants.add("Ana")
    desk.tenants.keep_key(ana.id, SERVICE, "key1", "secret", stored=True)
    job_id = desk.job(ana.id, "key1", "queued")
    desk.tenants.revoke(ana.id)
    desk.time.move(KEY_SECONDS + 1)
    assert desk.tenants.tidy_keys() == 0
    assert desk.tenants.key_of(ana.id, "key1", SERVICE) == "secret"
    with desk.store.transaction() as tx:
        tx.do("withdraw", id=job_id, tenant=ana.id, key_id="key1", now=desk.time.wall)
    assert desk.tenants.tidy_keys() == 1
    assert desk.tenants.key_of(ana.id, "key1", SERVICE) is None


def test_after_tidying_the_old_secret_may_be_left_out(desk: Desk) -> None:
    ana, _ = desk.tenants.add("Ana")
    desk.tenants.keep_key(ana.id, SERVICE, "key1", "secret", stored=True)
    new = new_key()
    desk.with_secrets(new, SECRET).tidy_keys()
    assert desk.with_secrets(new).key_of(ana.id, "key1", SERVICE) == "secret"


def test_a_key_that_no_secret_opens_does_not_keep_the_others_from_being_tidied(desk: Desk) -> None:
    ana, _ = desk.tenants.add("Ana")
    desk.with_secrets(new_key()).keep_key(ana.id, SERVICE, "key1", "lost", stored=True)
    desk.tenants.keep_key(ana.id, SERVICE, "key2", "secret")
    new = new_key()
    desk.with_secrets(new, SECRET).tidy_keys()
    assert desk.with_secrets(new).key_of(ana.id, "key2", SERVICE) == "secret"
