"""A home with clients in it, and a system without or with a keychain."""

from __future__ import annotations

from pathlib import Path

import homes
import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeychain

from songwright.server.core import keychain


@pytest.fixture
def no_keychain() -> None:
    """No test reaches the keychain of the person who runs it."""
    keyring.set_keyring(NoKeychain())  # type: ignore[no-untyped-call]
    keychain._desk.cache_clear()


@pytest.fixture
def memory(no_keychain: None) -> homes.Memory:
    """A system with a keychain."""
    kept = homes.Memory()
    keyring.set_keyring(kept)
    return kept


@pytest.fixture
def home(alone: Path, no_keychain: None, monkeypatch: pytest.MonkeyPatch) -> homes.Home:
    """A home on Linux, with nothing in it."""
    (alone / "home").mkdir()
    return homes.Home(alone / "home", monkeypatch)
