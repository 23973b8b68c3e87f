"""`songwright tenants`: what an operator types, and what is then so."""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from songwright.server.app import fingerprint
from songwright.server.cli import tenants as operator
from songwright.server.core.clock import SystemClock
from songwright.server.core.errors import ArgumentRefused, NotFound, SettingRefused
from songwright.server.core.sealing import sealer_of
from songwright.server.core.settings import Settings
from songwright.server.journal.sqlite import SqliteStore
from songwright.server.journal.write import Journal
from songwright.server.web.tenants import Tenants

Type = Callable[..., str]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.setenv("SONGWRIGHT_CONFIG", str(tmp_path / "config.toml"))
    return Settings(state_dir=tmp_path / "state", public_url="https://songs.example.org", daily_credits=300)


@pytest.fixture
def type_(settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Type:
    """Type a command; what it prints."""

    def typed(*words: str, given: str = "", at: Settings = settings) -> str:
        parser = argparse.ArgumentParser()
        operator.add_commands(parser.add_subparsers())
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        assert operator.run(parser.parse_args(["tenants", *words]), at) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out

    return typed


@pytest.fixture
def tenants(settings: Settings) -> Iterator[Tenants]:
    """What a server of these settings sees."""
    store = SqliteStore(settings.state_dir / "journal.sqlite3")
    store.open()
    yield Tenants(store, SystemClock(), sealer_of(settings))
    store.close()


def token_in(text: str) -> str:
    found = re.search(r"^  (sw_\S+)$", text, flags=re.MULTILINE)
    assert found is not None
    return found[1]


def test_adding_somebody_prints_the_token_once_and_how_to_use_it(type_: Type, tenants: Tenants) -> None:
    said = type_("add", "Ana", "--daily", "50", "--monthly", "500")
    tenant = tenants.by_token(token_in(said))
    assert tenant is not None
    assert (tenant.name, tenant.daily_credits, tenant.monthly_credits) == ("Ana", 50, 500)
    assert "not shown again" in said
    assert "claude mcp add --transport http songwright https://songs.example.org/mcp" in said
    assert f'--header "Authorization: Bearer {token_in(said)}"' in said
    for later in (type_("list"), type_("list", "--json"), type_("limits", "Ana")):
        assert token_in(said) not in later


def test_the_list_shows_allowances_spending_keys_and_revocations(type_: Type) -> None:
    assert "No tenants yet" in type_("list")
    type_("add", "Ana", "--daily", "50")
    type_("add", "Ben")
    type_("key", "Ben", given="the-key-of-ben\n")
    type_("revoke", "Ana")
    said = type_("list")
    ana, ben = said.splitlines()[1:]
    assert "0/50" in ana
    assert "revoked" in ana
    assert "0/300" in ben
    assert "own" in ben
    rows = json.loads(type_("list", "--json"))
    assert [(row["name"], row["own_key"], row["daily_credits"]) for row in rows] == [
        ("Ana", False, 50),
        ("Ben", True, None),
    ]
    assert "the-key-of-ben" not in said + json.dumps(rows)


def test_limits_change_one_by_one_and_go_back_to_the_default(type_: Type, tenants: Tenants) -> None:
    type_("add", "Ana", "--daily", "50", "--monthly", "500")
    assert "70 credits in 24 hours, 500 credits in 30 days" in type_("limits", "Ana", "--daily", "70")
    assert "300 credits in 24 hours, 500 credits" in type_("limits", "Ana", "--daily", "default")
    tenant = tenants.named("Ana")
    assert (tenant.daily_credits, tenant.monthly_credits) == (None, 500)
    assert "no limit in 30 days" in type_("limits", tenant.id, "--monthly", "default")


@pytest.mark.parametrize("wrong", ["-1", "many", "1.5", "", "９"])
def test_an_allowance_is_a_number_or_the_default(type_: Type, capsys: pytest.CaptureFixture[str], wrong: str) -> None:
    with pytest.raises(SystemExit):
        type_("add", "Ana", f"--daily={wrong}")
    assert "a number of credits or `default`" in capsys.readouterr().err


def test_another_token_works_beside_the_first_until_one_is_withdrawn(type_: Type, tenants: Tenants) -> None:
    first = token_in(type_("add", "Ana"))
    second = token_in(type_("token", "Ana"))
    assert tenants.by_token(first) == tenants.by_token(second) == tenants.named("Ana")
    first_id = tenants.tokens(tenants.named("Ana").id)[0].id
    assert "withdrawn" in type_("token", "Ana", "--revoke", first_id)
    assert tenants.by_token(first) is None
    assert tenants.by_token(second) is not None


def test_a_revoked_tenant_is_refused_whatever_is_typed_next(type_: Type, tenants: Tenants) -> None:
    token = token_in(type_("add", "Ana"))
    assert "still fetched" in type_("revoke", "Ana")
    assert tenants.by_token(token) is None
    for words in (("token", "Ana"), ("key", "Ana"), ("add", "Ana")):
        with pytest.raises(ArgumentRefused):
            type_(*words, given="some-key")


def test_a_stored_key_is_what_the_server_then_spends_from(type_: Type, tenants: Tenants, settings: Settings) -> None:
    type_("add", "Ana")
    said = type_("key", "Ana", given="  the-key-of-ana\n")
    assert "the-key-of-ana" not in said
    ana = tenants.named("Ana")
    stored = tenants.stored_key(ana.id, settings.base_url)
    assert stored is not None
    assert tenants.key_of(ana.id, stored.key_id, settings.base_url) == "the-key-of-ana"
    store = SqliteStore(settings.state_dir / "journal.sqlite3")
    salt = Journal(store, SystemClock()).fact("salt", "")
    assert stored.key_id == fingerprint(salt, settings.base_url, "the-key-of-ana")
    assert "no longer used for new orders" in type_("key", "Ana", "--remove")
    assert tenants.stored_key(ana.id, settings.base_url) is None
    assert "no stored key" in type_("key", "Ana", "--remove")
    store.close()


@pytest.mark.parametrize("given", ["", "\n", "two words", "two\nlines", "ключ", "x" * 600])
def test_what_cannot_be_a_service_key_is_not_stored(type_: Type, tenants: Tenants, given: str) -> None:
    type_("add", "Ana")
    with pytest.raises(ArgumentRefused, match="Nothing was stored"):
        type_("key", "Ana", given=given)
    assert tenants.kept_keys() == []


def test_a_key_is_never_taken_from_the_command_line(type_: Type) -> None:
    """Arguments are seen by every user of the machine, and kept by shells."""
    with pytest.raises(SystemExit):
        type_("key", "Ana", "the-key-of-ana")


def test_an_unknown_name_is_said(type_: Type) -> None:
    for words in (("revoke", "Zoe"), ("limits", "Zoe"), ("token", "Zoe"), ("key", "Zoe")):
        with pytest.raises(NotFound, match="Zoe"):
            type_(*words)


def test_without_an_address_the_ready_command_leaves_it_open(type_: Type, settings: Settings) -> None:
    said = type_("add", "Ana", at=settings.model_copy(update={"public_url": None, "host": "0.0.0.0"}))
    assert "https://your-address/mcp" in said


def test_a_shared_database_needs_its_secrets_here_too(type_: Type, settings: Settings) -> None:
    """A key sealed with a secret of this machine could be opened by no replica."""
    from pydantic import SecretStr

    url = SecretStr("postgresql://nobody@127.0.0.1:1/songs")
    with pytest.raises(SettingRefused, match="SONGWRIGHT_SECRET_KEYS"):
        type_("list", at=settings.model_copy(update={"database_url": url}))
