"""Webhooks: signed events sent to the address in a request, and sent again until they are accepted."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
import uuid
from collections.abc import Collection

from . import fetch
from .faults import HOOKS, Faults
from .options import Brand
from .records import Facts, Task

_log = logging.getLogger(__name__)

OWN_SECRET = "songwright-sandbox-webhooks"  # noqa: S105 - a signature that nobody can check, as from the service when no secret was given
_WAITS = (0.2, 1.0, 5.0, 20.0)
_LONG_AGO = 900
"""Seconds; receivers commonly refuse what is older than 300."""
_OK = range(200, 300)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature header's value: HMAC-SHA256 over timestamp, a dot and the raw body."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class Hooks:
    """Sends events in the background; events that are unsent when the sandbox ends are lost."""

    def __init__(self, brand: Brand, faults: Faults) -> None:
        self._brand = brand
        self._faults = faults
        self._running: set[asyncio.Task[None]] = set()

    def platform(self, family: str) -> str:
        """How the payload names a family."""
        if family != "sonic":
            return family
        return "sonic" if self._brand == "musicapi" else "suno"

    @property
    def busy(self) -> bool:
        """Whether an event is still being sent."""
        return bool(self._running)

    def tell(self, task: Task, event: str, payload: Facts) -> None:
        """Send an event if the task's request named an address."""
        url = task.body.get("webhook_url") or task.body.get("callback_url")
        if not url:
            return
        rules = self._faults.draw(task.key_hash, {"webhook"}, HOOKS)
        does = {rule.do for rule in rules}
        if "drop" in does:
            return
        told = {**payload, "task_id": task.task_id, "platform": self.platform(task.family), "event": event}
        secret = str(task.body.get("webhook_secret") or OWN_SECRET)
        delay = sum(rule.number("seconds", 2.0) for rule in rules if rule.do == "slow")
        running = asyncio.get_running_loop().create_task(self._deliver(url, secret, event, told, delay, does))
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def _deliver(
        self, url: str, secret: str, event: str, payload: Facts, delay: float, does: Collection[str]
    ) -> None:
        await asyncio.sleep(delay)
        body = json.dumps(payload, ensure_ascii=False).encode()
        event_id = str(uuid.uuid4())
        for _ in range(2 if "duplicate" in does else 1):
            for wait in (*_WAITS, None):
                headers = self._headers(secret, event, event_id, body, does)
                if await self._post(url, body, headers):
                    if "replay" in does:
                        await self._post(url, body, headers)
                    break
                if wait is not None:
                    await asyncio.sleep(wait)

    def _headers(self, secret: str, event: str, event_id: str, body: bytes, does: Collection[str]) -> dict[str, str]:
        timestamp = str(int(time.time()) - (_LONG_AGO if "stale" in does else 0))
        key = f"not {secret}" if "forge" in does else secret
        headers = {
            "Content-Type": "application/json",
            "X-Webhook-Id": event_id,
            "Idempotency-Key": event_id,
            "X-Webhook-Event": event,
            "X-Webhook-Timestamp": timestamp,
            "X-Webhook-Signature": sign(key, timestamp, body),
        }
        if self._brand == "sunoapi":
            headers["X-Signature"] = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
        return {name: value for name, value in headers.items() if "unsigned" not in does or "Signature" not in name}

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> bool:
        try:
            return await fetch.post(url, body, headers) in _OK
        except fetch.Unfetchable:
            _log.info("a webhook address does not answer; trying again later")
            return False

    async def close(self) -> None:
        """Stop sending."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
