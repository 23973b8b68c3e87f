"""The key in the system's keychain: whose address it goes to, and what happens when the keychain asks the person."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import homes
import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeychain

from songwright.server.core import keychain
from songwright.server.core.errors import KeychainSilent, KeyMissing, SettingRefused
from songwright.server.core.settings import SERVICE_URL, load

pytestmark = pytest.mark.usefixtures("alone")


class Locked(homes.Memory):
    """A keychain that answers when its person has unlocked it."""

    def __init__(self) -> None:
        super().__init__()
        self.unlocked = threading.Event()
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        self.unlocked.wait()
        return super().get_password(service, username)


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Locked]:
    kept = Locked()
    kept.kept["songwright", SERVICE_URL] = "k"
    keyring.set_keyring(kept)
    keychain._desk.cache_clear()
    monkeypatch.setattr(keychain, "PATIENCE", 0.0)
    monkeypatch.setenv("SONGWRIGHT_KEYCHAIN", "true")
    yield kept
    kept.unlocked.set()
    keyring.set_keyring(NoKeychain())  # type: ignore[no-untyped-call]


def test_a_keychain_that_asks_the_person_holds_nobody_up_and_is_asked_once(
    locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load()
    for _ in range(2):
        with pytest.raises(KeychainSilent, match="unlock"):
            settings.key()
    locked.unlocked.set()
    monkeypatch.setattr(keychain, "PATIENCE", 60.0)
    assert settings.key() == "k"
    assert settings.key() == "k"
    assert locked.asked == 1


def test_a_key_in_the_keychain_is_no_sandbox_even_while_it_cannot_be_read(locked: Locked) -> None:
    """Somebody who has paid for songs must not get toys without a word."""
    assert not load().sandbox
    assert load(offline=True).sandbox
    assert locked.asked == 0


def test_a_key_that_is_gone_is_named_with_what_to_do(locked: Locked, monkeypatch: pytest.MonkeyPatch) -> None:
    locked.kept.clear()
    locked.unlocked.set()
    monkeypatch.setattr(keychain, "PATIENCE", 60.0)
    with pytest.raises(KeyMissing, match="--new-key"):
        load().key()


def test_a_key_of_the_keychain_goes_only_to_the_address_it_was_stored_for(
    locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked.unlocked.set()
    monkeypatch.setattr(keychain, "PATIENCE", 60.0)
    monkeypatch.setenv("SONGWRIGHT_BASE_URL", "https://evil.example")
    with pytest.raises(SettingRefused, match="only"):
        load()
    with pytest.raises(KeyMissing):
        keychain.key_for("https://evil.example")
    monkeypatch.setenv("SONGWRIGHT_API_KEY", "mine")
    assert load().key() == "mine"


def test_a_backend_that_keeps_passwords_nowhere_safe_is_no_keychain() -> None:
    kept = homes.Memory()
    kept.priority = 0
    keyring.set_keyring(kept)
    try:
        assert not keychain.available()
        assert not keychain.store(SERVICE_URL, "k")
        assert kept.kept == {}
    finally:
        keyring.set_keyring(NoKeychain())  # type: ignore[no-untyped-call]


def test_a_server_loads_nothing_that_only_install_needs() -> None:
    code = (
        "import sys; from songwright.server.cli import main; from songwright.server.protocol import build, stdio; "
        "main.parser(); print({'keyring', 'tomlkit', 'ruamel', 'getpass'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
