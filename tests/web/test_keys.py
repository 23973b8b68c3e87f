"""Whose key pays, and what becomes of keys that somebody has tampered with in the database."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import homes
import keyring
import pytest
from http_world import LULLABY, HttpWorld, Replica, ask
from keyring.backends.fail import Keyring as NoKeychain

from songwright.server.core import keychain
from songwright.server.core.errors import KeyMissing
from songwright.server.core.settings import SERVICE_URL, load
from songwright.server.web.app import Hosted


@pytest.fixture(scope="module")
def server(shared: HttpWorld) -> Iterator[Replica]:
    with shared.replica(api_key="") as running:
        yield running


def call(server: Replica, token: str, tool: str, **arguments: Any) -> dict[str, Any]:
    answer = ask(server.url, token, "tools/call", {"name": tool, "arguments": arguments}, name=tool)
    found: dict[str, Any] = answer.get("structuredContent", answer)
    return found


def test_a_key_that_was_moved_to_another_tenant_opens_nothing_though_it_is_in_use(
    shared: HttpWorld, server: Replica
) -> None:
    """Who can write to the database must not be able to let one tenant spend another one's credits."""
    (ana, ana_token), (_, ben_token) = shared.tenant("ana"), shared.tenant("ben")
    shared.tenants.keep_key(ana, shared.service.base_url, key_id(shared), shared.key, stored=True)
    assert call(server, ana_token, "check_credits")["left"] > 0
    with closing(sqlite3.connect(shared.state / "journal.sqlite3")) as thief, thief:
        thief.execute(
            "INSERT INTO service_keys SELECT (SELECT id FROM tenants WHERE name = 'ben'), key_id, base_url, sealed, 1, "
            "used_at FROM service_keys WHERE tenant = ?",
            (ana,),
        )
    for tool, arguments in (("check_credits", {}), ("create_song", LULLABY)):
        answer = call(server, ben_token, tool, **arguments)
        assert "can no longer be decrypted" in answer["notice"]
    assert shared.charges() == []
    assert call(server, ana_token, "check_credits")["left"] > 0


def key_id(shared: HttpWorld) -> str:
    """The name that the running server gives to the key: it depends on the journal's salt."""
    from songwright.server.app import fingerprint

    with closing(sqlite3.connect(shared.state / "journal.sqlite3")) as reader:
        (salt,) = reader.execute("SELECT value FROM facts WHERE name = 'salt'").fetchone()
    return fingerprint(salt, shared.service.base_url, shared.key)


@pytest.mark.anyio
@pytest.mark.usefixtures("alone")
async def test_a_tenants_own_key_pays_and_finishes_while_the_keychain_does_not_give_the_operators(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keyring.set_keyring(homes.Memory())  # it has no key
    keychain._desk.cache_clear()
    monkeypatch.setenv("SONGWRIGHT_KEYCHAIN", "true")
    try:
        async with Hosted(load()).running() as app:
            ana, ben = (app.tenants.add(name)[0] for name in ("ana", "ben"))
            app.tenants.keep_key(ana.id, SERVICE_URL, "k1", "ana's own key", stored=True)
            account = await app._account(ana)
            assert (account.key_id, account.shared) == ("k1", True), "it may be the operator's, so it shows no balance"
            assert await app._key_of(account) == "ana's own key"
            with pytest.raises(KeyMissing, match="keychain"):
                await app._account(ben)
    finally:
        keyring.set_keyring(NoKeychain())  # type: ignore[no-untyped-call]
        keychain._desk.cache_clear()


def test_what_a_tenant_has_made_is_for_no_other_user_of_the_machine(shared: HttpWorld, server: Replica) -> None:
    tenant, token = shared.tenant("carla")
    answer = ask(
        server.url,
        token,
        "tools/call",
        {"name": "create_song", "arguments": LULLABY},
        name="create_song",
        key=shared.key,
    )
    assert "error" not in answer, answer
    while not list(shared.library.rglob("*.mp3")):
        ask(server.url, token, "tools/list", {})
    folders = [shared.library, shared.library / "tenants", shared.library / "tenants" / tenant]
    assert [readers(folder) for folder in folders] == [0, 0, 0]


def readers(folder: Path) -> int:
    """Who else may look into it."""
    return stat.S_IMODE(folder.stat().st_mode) & 0o077
