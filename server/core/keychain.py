"""The system's keychain: macOS Keychain, Windows Credential Locker, or the Secret Service of a Linux desktop.

A key is stored under the address of the service it is for, so a lookup for any other address finds nothing.

A keychain may ask the person to unlock it, and nobody knows how long that takes. So it is asked in a thread of its own:
whoever needs the key waits a moment, and whoever needs it later waits for the same answer instead of asking again.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

from .errors import KeychainSilent, KeyMissing

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "songwright"
PATIENCE = 3.0
"""Seconds for which a caller waits; a keychain that asks nobody answers in a fraction of one."""
_TRUSTED_FROM = 1
"""What keyring calls recommended. Backends below it keep passwords in plain files, or nowhere."""


class _Lookup:
    """One question to the keychain, and everybody who waits for the answer."""

    def __init__(self, address: str) -> None:
        self.key: str | None = None
        self.problem: Exception | None = None
        # A daemon: a server whose client has gone must not wait for somebody to type a password.
        self._thread = threading.Thread(target=self._ask, args=(address,), name="keychain", daemon=True)
        self._thread.start()

    def _ask(self, address: str) -> None:
        try:
            import keyring

            self.key = keyring.get_password(SERVICE, address)
        except Exception as error:  # noqa: BLE001 - backends raise what their systems do
            self.problem = error

    def answered(self, patience: float) -> bool:
        """Whether the keychain has answered within that time."""
        self._thread.join(patience)
        return not self._thread.is_alive()


class _Desk:
    """Where lookups are shared."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, _Lookup] = {}
        self._known: dict[str, str] = {}

    def key(self, address: str) -> str:
        with self._lock:
            if (known := self._known.get(address)) is not None:
                return known
            lookup = self._open.get(address) or _Lookup(address)
            self._open[address] = lookup
        if not lookup.answered(PATIENCE):
            raise KeychainSilent(
                "The system's keychain has not given the API key yet; it may be asking you to unlock it. Unlock it, "
                "then try again. Nothing was sent or spent."
            )
        with self._lock:
            self._open.pop(address, None)
            if lookup.key is not None:
                self._known[address] = lookup.key
        if lookup.problem is not None:
            raise KeychainSilent(
                f"The system's keychain did not give the API key ({type(lookup.problem).__name__}). Unlock it, or "
                "store the key again with `songwright install --new-key`. Nothing was sent or spent."
            ) from lookup.problem
        if lookup.key is None:
            raise KeyMissing(
                f"The system's keychain has no API key for {address}. Store it again with `songwright install "
                "--new-key`. Nothing was sent or spent."
            )
        return lookup.key


@cache
def _desk() -> _Desk:
    return _Desk()


def key_for(address: str) -> str:
    """The key that is stored for a service's address. Blocks. Raises `KeychainSilent` or `KeyMissing`."""
    return _desk().key(address)


def store(address: str, key: str) -> bool:
    """Store a key for a service's address. False when this system has no keychain, or it does not keep the key."""
    import keyring
    from keyring.errors import KeyringError

    try:
        if not _trusted(keyring.get_keyring()):
            return False
        keyring.set_password(SERVICE, address, key)
        return keyring.get_password(SERVICE, address) == key
    except (KeyringError, OSError, RuntimeError):
        return False


def forget(address: str) -> bool:
    """Remove the key for a service's address. False when it could not be removed; true when there is none."""
    import keyring
    from keyring.errors import KeyringError, PasswordDeleteError

    try:
        keyring.delete_password(SERVICE, address)
    except PasswordDeleteError:
        return _absent(address)
    except (KeyringError, OSError, RuntimeError):
        return False
    return True


def available() -> bool:
    """Whether this system has a keychain that keeps passwords safe."""
    import keyring

    try:
        return _trusted(keyring.get_keyring())
    except (OSError, RuntimeError):
        return False


def _absent(address: str) -> bool:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(SERVICE, address) is None
    except (KeyringError, OSError, RuntimeError):
        return False


def _trusted(backend: KeyringBackend) -> bool:
    """Whether what would keep the password is recommended; a chain of several gives it to its first."""
    chained: list[KeyringBackend] = getattr(backend, "backends", [])
    return (chained[0] if chained else backend).priority >= _TRUSTED_FROM
