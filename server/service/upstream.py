"""The only module that talks to the service: one call out, one reply back, and what is known about a call without a
reply.
"""

from __future__ import annotations

import json
import logging
import math
import ssl
from collections.abc import Mapping, Sequence
from functools import cache
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx2

from ..core.errors import SongwrightError, Unreachable
from ..core.foreign import json_object
from ..core.logs import HIDDEN
from ..core.operation import Request
from ..core.telemetry import called, elsewhere
from .answers import Reply

log = logging.getLogger(__name__)

READ_SECONDS = 30.0
MAX_BODY = 8 * 1024 * 1024
KEY_LENGTH = 8
"""The service has no shorter keys, and a shorter one could occur in an answer by accident."""
MOST_PATIENCE = 300.0
"""The longest `Retry-After` to accept, in seconds; a rate slot further ahead means that a clock was set back."""

_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
"""Raised before any byte of the request was sent. After any other transport error the service may have received it."""


class AnswerLost(Exception):
    """The request was sent and no complete answer came back; what the service did is unknown."""


class Upstream:
    """A connection to one service with one key. The key leaves this object only in the header."""

    def __init__(
        self, base_url: str, key: str, *, user_agent: str, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._key = key
        self._user_agent = user_agent
        self._transport = transport
        self._made: httpx2.AsyncClient | None = None

    @property
    def _client(self) -> httpx2.AsyncClient:
        """Created at the first call: it reads the machine's certificates, which are not needed to list the tools."""
        if self._made is None:
            # A new connection for every call: on a stale one, a closing connection and a lost answer look alike.
            self._made = httpx2.AsyncClient(
                headers={
                    "Authorization": f"Bearer {self._key}",
                    "User-Agent": self._user_agent,
                    "Accept": "application/json",
                },
                limits=httpx2.Limits(max_keepalive_connections=0, max_connections=64),
                transport=self._transport,
                # A custom transport (the sandbox on loopback) ignores this.
                verify=_certificates() if self._transport is None else False,
                follow_redirects=False,
                trust_env=True,
            )
        return self._made

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; the key is gone with the object."""
        if self._made is not None:
            await self._made.aclose()

    @elsewhere
    async def call(self, request: Request, *, seconds: float = READ_SECONDS, order_id: str | None = None) -> Reply:
        """Send one request and return the reply, whatever its status.

        Raises `Unreachable` when nothing left this machine, and `AnswerLost` when the request left and no whole answer
        came back; `seconds` is the longest wait for a part of it. Retries nothing.
        """
        headers = {} if order_id is None else {"Idempotency-Key": order_id}
        content = None
        if request.body is not None:
            content = json.dumps(request.body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        timeout = httpx2.Timeout(seconds, connect=10.0, pool=10.0)
        try:
            async with self._client.stream(
                request.method, self.base_url + request.path, content=content, headers=headers, timeout=timeout
            ) as response:
                raw = bytearray()
                async for chunk in response.aiter_bytes():
                    raw += chunk
                    if len(raw) > MAX_BODY:
                        called(order_id is not None, "lost")
                        raise AnswerLost("the answer is larger than any answer should be")
        except _NOT_SENT as error:
            log.info("%s %s: not sent (%s)", request.method, request.path, type(error).__name__)
            called(order_id is not None, "not_sent")
            if isinstance(error.__cause__, SongwrightError):
                raise Unreachable(error.__cause__.sentence) from error
            raise Unreachable(
                f"The service at {self.base_url} cannot be reached ({type(error).__name__}). Nothing was sent or "
                "charged. Check the network and SONGWRIGHT_BASE_URL, then try again."
            ) from error
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            log.info("%s %s: answer lost (%s)", request.method, request.path, type(error).__name__)
            called(order_id is not None, "lost")
            raise AnswerLost(type(error).__name__) from error
        log.info("%s %s: %s", request.method, request.path, response.status_code)
        called(order_id is not None, response.status_code)
        secrets = (*request.secrets, *([self._key] if len(self._key) >= KEY_LENGTH else []))
        return Reply(response.status_code, _object(raw, secrets), _seconds(response.headers.get("Retry-After")))


@cache
def _certificates() -> ssl.SSLContext:
    """The certificates that the machine trusts: about a megabyte, so all keys of a process share them."""
    return httpx2.create_ssl_context()


def _object(raw: bytes | bytearray, secrets: Sequence[str]) -> Mapping[str, Any] | None:
    """The answer without its secrets: it may repeat what it refuses, and goes into records and results."""
    hidden = sorted(_spellings(secrets), key=len, reverse=True)
    try:
        answer: Mapping[str, Any] | None = _masked(json_object(raw), hidden)
    except RecursionError:
        return None
    return answer


def _spellings(secrets: Sequence[str]) -> set[str]:
    """Each secret as it is, as encoded in an address, and as in JSON that an answer quotes as text."""
    found: set[str] = set()
    for secret in secrets:
        quoted = json.dumps(secret)[1:-1]
        found |= {secret, quote(secret, safe=""), quoted, quoted.replace("/", "\\/")}
    return found


def _masked(value: Any, secrets: Sequence[str]) -> Any:
    """A parsed answer in which no text and no field name contains one of these."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, HIDDEN)
        return value
    if isinstance(value, list):
        return [_masked(part, secrets) for part in value]
    if isinstance(value, dict):
        return {_masked(name, secrets): _masked(part, secrets) for name, part in value.items()}
    return value


def _seconds(text: str | None) -> float | None:
    """`Retry-After` in seconds; anything but a number, such as a date, is taken as "a minute"."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        return 60.0
    return min(max(seconds, 0.0), MOST_PATIENCE) if math.isfinite(seconds) else 60.0
