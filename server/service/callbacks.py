"""What an order tells the service about callbacks: an address that names the job, and a secret to sign with.

Both are derived from the job's id, when the order is sent and again when a callback arrives, so neither is ever stored.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from ..core.addresses import loopback
from ..core.errors import SettingRefused
from ..core.sealing import Sealer
from ..core.settings import PREFIX, Settings

LONGEST_URL = 1024
"""Characters; the service refuses an order with a longer address."""
PATH = "/hooks/{job_id}/{token}"
"""Where callbacks arrive, as a route and as the end of every address."""


class Hooks:
    """Makes the fields of an order that ask the service to call back.

    `public_url` is where this server is reached from outside: https, or plain http on loopback, where only a service on
    the same machine can call. Raises `SettingRefused` for any other address, and for one so long that the service would
    refuse it.
    """

    def __init__(self, public_url: str, sealer: Sealer) -> None:
        self._base = public_url.rstrip("/")
        self._sealer = sealer
        if urlsplit(self._base).scheme != "https" and not loopback(self._base):
            raise SettingRefused(f"{PREFIX}PUBLIC_URL must use https: the service only calls back over https.")
        if len(self.fields("0" * 32)["webhook_url"]) > LONGEST_URL:
            raise SettingRefused(
                f"{PREFIX}PUBLIC_URL is too long: the service accepts callback addresses of up to 1024 characters."
            )

    def fields(self, job_id: str) -> dict[str, str]:
        """Address and secret for the body of an order. Secret: only send them, never store or log them."""
        path = PATH.format(job_id=job_id, token=self._sealer.hook_token(job_id))
        return {"webhook_url": self._base + path, "webhook_secret": self._sealer.hook_secret(job_id)}

    def secrets(self, job_id: str) -> tuple[str, ...]:
        """The secret parts of those fields, for every secret of the ring: an answer may belong to an older order."""
        return (*self._sealer.hook_tokens(job_id), *self._sealer.hook_secrets(job_id))


def hooks_of(settings: Settings, sealer: Sealer) -> Hooks | None:
    """What this server's orders say about callbacks; None where no callback could arrive: without a public address, or
    with one on loopback while the service is elsewhere.
    """
    public_url = settings.public_url
    if public_url is None or (loopback(public_url) and not loopback(settings.base_url)):
        return None
    return Hooks(public_url, sealer)
