"""What a hosted server keeps from others: sealed texts, signed links, and the tokens and secrets of callbacks.

All of it derives from one ring of secrets. The first seals, all of them open, so a secret can be changed without
downtime: put the new one first, wait until everything sealed by the old one has expired or been sealed again, then
remove the old one. Each purpose has its own key (HKDF), so that nothing made for one works for another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import SealBroken, SettingRefused
from .settings import PREFIX, Settings

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

SHORTEST_KEY = 32
"""Characters; a secret invented by a person is rarely this long."""

log = logging.getLogger(__name__)


def new_key() -> str:
    """A secret for the ring: 256 random bits."""
    return secrets.token_urlsafe(32)


class Sealer:
    """Seals and opens with a ring of secrets. Has no side effects and is safe in any thread.

    Raises `SettingRefused` when there is no secret or one is shorter than 32 characters. `now` is in seconds since the
    epoch.
    """

    def __init__(self, keys: Sequence[str], now: Callable[[], float] = time.time) -> None:
        if not keys or any(len(key) < SHORTEST_KEY for key in keys):
            raise SettingRefused(
                f"{PREFIX}SECRET_KEYS needs at least one secret, each of {SHORTEST_KEY} characters or more. "
                "`openssl rand -base64 32` makes one. Separate several with commas, the newest first."
            )
        self._keys = tuple(keys)
        self._now = now
        self._derived: dict[str, list[bytes]] = {}

    # -- texts ----------------------------------------------------------------------------------------------------

    def seal(self, text: str) -> str:
        """The text, encrypted so that only the ring can open it."""
        return self._fernet("text").encrypt(text.encode()).decode()

    def unseal(self, token: str) -> str:
        """The text that was sealed. Raises `SealBroken`."""
        return self._open("text", token)

    def current(self, token: str) -> bool:
        """Whether the newest secret sealed it. If not, it must be sealed again before an older secret is removed."""
        from cryptography.fernet import Fernet, InvalidToken

        try:
            Fernet(base64.urlsafe_b64encode(self._ring("text")[0])).decrypt(token)
        except (InvalidToken, ValueError):
            return False
        return True

    # -- links ----------------------------------------------------------------------------------------------------

    def link(self, facts: Mapping[str, str], seconds: float) -> str:
        """A token for the path of an address. It carries the facts encrypted and is valid for that many seconds."""
        text = json.dumps({"facts": dict(facts), "until": self._now() + seconds}, separators=(",", ":"))
        return self._fernet("link").encrypt(text.encode()).decode().rstrip("=")

    def open_link(self, token: str) -> Mapping[str, str]:
        """The facts of a link. Raises `SealBroken` when any character was changed or the time is up."""
        padded = token + "=" * (-len(token) % 4)
        try:
            exact = base64.urlsafe_b64encode(base64.urlsafe_b64decode(padded)).decode().rstrip("=") == token
        except ValueError:
            exact = False
        if not exact:  # base64 has several spellings of one text; a link has one
            raise SealBroken("This link was not made by this server.")
        carried = json.loads(self._open("link", padded))
        if carried["until"] <= self._now():
            raise SealBroken("The link has expired; ask for the song again to get a fresh one.")
        facts: Mapping[str, str] = carried["facts"]
        return facts

    # -- callbacks ------------------------------------------------------------------------------------------------

    def hook_token(self, job_id: str) -> str:
        """What makes the callback address of a job unguessable."""
        return self._signed("hook address", job_id)[0]

    def hook_token_fits(self, job_id: str, token: str) -> bool:
        """Whether it is the job's token under any secret of the ring; takes equally long for any wrong token."""
        given = token.encode("utf-8", "replace")
        fits = [hmac.compare_digest(right.encode(), given) for right in self.hook_tokens(job_id)]
        return any(fits)

    def hook_tokens(self, job_id: str) -> list[str]:
        """That token under each secret of the ring, the newest first."""
        return self._signed("hook address", job_id)

    def hook_secret(self, job_id: str) -> str:
        """The secret with which the service signs the callbacks of a job."""
        return self._signed("hook secret", job_id)[0]

    def hook_secrets(self, job_id: str) -> list[str]:
        """That secret under each secret of the ring, the newest first: a job may be older than the newest."""
        return self._signed("hook secret", job_id)

    def state_keys(self) -> list[bytes]:
        """Keys for the state that a client holds between two rounds of a call, the newest first."""
        return list(self._ring("request state"))

    # -- keys -----------------------------------------------------------------------------------------------------

    def _ring(self, purpose: str) -> list[bytes]:
        """A key of 32 bytes for this purpose from each secret."""
        if purpose not in self._derived:
            from cryptography.hazmat.primitives.hashes import SHA256
            from cryptography.hazmat.primitives.kdf.hkdf import HKDF

            info = f"songwright/1/{purpose}".encode()
            self._derived[purpose] = [
                HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key.encode()) for key in self._keys
            ]
        return self._derived[purpose]

    def _signed(self, purpose: str, job_id: str) -> list[str]:
        digests = (hmac.digest(key, job_id.encode("utf-8", "replace"), hashlib.sha256) for key in self._ring(purpose))
        return [base64.urlsafe_b64encode(digest).decode().rstrip("=") for digest in digests]

    def _fernet(self, purpose: str) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet

        return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in self._ring(purpose)])

    def _open(self, purpose: str, token: str) -> str:
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet(purpose).decrypt(token).decode()
        except (InvalidToken, ValueError):
            raise SealBroken(
                "A sealed text cannot be opened: it was changed, or its secret is no longer in "
                f"{PREFIX}SECRET_KEYS. Nothing was sent."
            ) from None


def sealer_of(settings: Settings, now: Callable[[], float] = time.time) -> Sealer:
    """The sealer of this server.

    If no secrets are set, a single machine keeps its own secret in the state directory. Raises `SettingRefused` where
    several machines share a database and no secret is set: each would have its own.
    """
    if settings.secret_keys:
        return Sealer([key.get_secret_value() for key in settings.secret_keys], now)
    if settings.database_url is not None:
        return Sealer((), now)
    return Sealer([kept_secret(settings.state_dir / "secret-key", new_key)], now)


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """The secret in a file that only its owner can read.

    If there is none, exactly one of many processes creates it. Raises `SettingRefused` when the file cannot be read or
    created, or is empty.
    """
    try:
        if not path.exists():
            _place(path, make())
        if os.name == "posix" and path.stat().st_mode & 0o077:
            path.chmod(0o600)
            log.warning("other users could read %s; it is private now", path)
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingRefused(f"The secret file {path} cannot be read or created: {error}.") from None
    if len(text) < SHORTEST_KEY:
        raise SettingRefused(f"The secret file {path} is damaged. Delete it; Songwright then makes a new one.")
    return text


def _place(path: Path, secret: str) -> None:
    """Write a whole secret in one step, unless another process was faster."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    whole = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    whole.touch(mode=0o600, exist_ok=False)
    try:
        whole.write_text(secret + "\n", encoding="utf-8")
        os.link(whole, path)  # unlike a rename, it never replaces an existing file
    except FileExistsError:
        log.info("another process has just created %s", path)
    finally:
        whole.unlink()
