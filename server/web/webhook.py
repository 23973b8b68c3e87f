"""Callbacks of the service: `POST /hooks/{job_id}/{token}`, the one route open to strangers.

A callback is never more than a hint: Songwright looks the song up with its own key, at once instead of in a minute. It
only trusts the id of a task, and only under a fresh signature by the job's own secret: that is the receipt of an order
whose answer was lost. The task must be possible for the order: not one of another order, and where several tenants
share a key, only one that the service shows with this order's words. If anything is wrong with a callback, nothing
changes.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import anyio
from starlette.requests import ClientDisconnect
from starlette.requests import Request as Call
from starlette.responses import Response

from ..core.errors import Garbled, JournalUnavailable, KeyMissing, KeyRefused, ServiceError, TooFast, Unreachable
from ..core.foreign import json_object
from ..core.jobs import Job
from ..core.operation import Request
from ..core.threads import in_thread
from ..journal.write import Callback
from ..orders import ownership
from ..orders.steps import task_path
from ..service.answers import Reply
from ..service.catalogue import Brand
from ..service.clips import task_id
from .app import Hosted

MOST_BYTES = 64 * 1024
WINDOW_SECONDS = 300.0
"""How far the time in a callback may differ from ours."""
ASK_SECONDS = 20.0
"""How long the service may take to show a task named by a callback, including the wait for a rate slot."""
EVENTS = frozenset({"song.streaming", "song.completed", "song.failed"})

log = logging.getLogger(__name__)

_ID = re.compile(r"[\w.:-]{1,200}", re.ASCII)


def endpoint(app: Hosted) -> Callable[[Call], Awaitable[Response]]:
    """Answers the callback route: 404 for an address that is not ours, 413 for a body over 64 KiB, 401 for a call
    without a valid, recent signature, 503 while the journal cannot be written or the service cannot be asked, else 200
    with the call on record. Sends nothing except a free question to the service.
    """

    async def heard(request: Call) -> Response:
        job_id, token = str(request.path_params["job_id"]), str(request.path_params["token"])
        if not app.sealer.hook_token_fits(job_id, token):
            return Response(status_code=404)
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody receives it
        if body is None:
            return Response(status_code=413)
        call = verified(request.headers, body, app.sealer.hook_secrets(job_id), app.clock.now())
        if call is None:
            log.warning("job %s: refused a callback with a wrong or old signature", job_id)
            return Response(status_code=401)
        try:
            return Response(status_code=200 if await _keep(app, job_id, call) else 404)
        except JournalUnavailable as error:
            log.error("%s", error)
            return Response(status_code=503)
        except _AskAgain as error:
            log.warning("job %s: cannot check now whether a task belongs to this order: %s", job_id, error)
            return Response(status_code=503)  # so that the service sends it again

    return heard


async def _keep(app: Hosted, job_id: str, call: Callback) -> bool:
    """Record it and wake the job's runner; False when there is no such job."""
    job = await in_thread(app.journal.any_job, job_id)
    if job is None:
        return False
    brand = app.catalogue.brand(app.catalogue.brand_of(job.base_url))
    if call.remote_id is not None and call.remote_id != job.remote_id:
        refusal = await _refusal(app, brand, job, call.remote_id)
        if refusal:
            log.warning(
                "job %s: a callback named task %s, but %s; it only counts as a hint", job_id, call.remote_id, refusal
            )
            call = replace(call, remote_id=None)
    now = await in_thread(app.journal.called_back, job, call, brand.gap)
    if now is None:
        return True
    log.info("job %s: called back, %s", job_id, call.event)
    if call.remote_id is not None and now.remote_id != call.remote_id:
        log.warning("job %s: a second receipt, %s, arrived by callback; both are kept", job_id, call.remote_id)
    app.runner.heard(job.key_id)
    return True


class _AskAgain(Exception):
    """The service cannot show a task at present; the text is for the log."""


async def _refusal(app: Hosted, brand: Brand, job: Job, task: str) -> str:
    """Why a task cannot belong to this order; empty if it may. Raises `_AskAgain`."""
    operation = app.runner.operation_of(job)
    if job.sent_at is None or operation is None or not operation.hook:
        return "the order has none"
    if await in_thread(app.journal.held_elsewhere, job, task):
        return "another order has it"
    try:
        account = await app.account_of(job)
        if not account.shared:
            return ""
        if job.remote_id is not None:
            return "the order has another"
        path = task_path(brand, operation, task)
        with anyio.fail_after(ASK_SECONDS):
            shown = await app.runner.read(account, Request("GET", path))
    except (KeyMissing, KeyRefused, Unreachable, Garbled, TooFast, TimeoutError) as error:
        raise _AskAgain(str(error) or type(error).__name__) from error
    except ServiceError:
        shown = {}  # unknown to the service, or failed: it shows nothing
    return "" if ownership.shown_for(job, shown) else "the service does not show it for this order"


async def _body(request: Call) -> bytes | None:
    """The raw body, never more than the limit in memory; None when there is more."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > MOST_BYTES:
            return None
    return bytes(data)


def verified(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> Callback | None:
    """The content of a call signed with one of the secrets; None otherwise.

    Header names in lower case. The current scheme signs time and body. The earlier one signs only the body: an old call
    could pass for a new one, so it counts as a hint and names no task. A call with the current header must satisfy it.
    """
    signature = headers.get("x-webhook-signature")
    if signature is not None:
        timestamp = headers.get("x-webhook-timestamp", "")
        if not _recent(timestamp, now) or not _signed(secrets, f"{timestamp}.".encode() + body, "sha256=", signature):
            return None
    elif not _signed(secrets, body, "", headers.get("x-signature", "")):
        return None
    told = json_object(body) or {}
    digest = hashlib.sha256(body).hexdigest()
    event_id = headers.get("x-webhook-id") or headers.get("idempotency-key") or ""
    task = task_id(told) if signature is not None else None
    named = task if task is not None and _ID.fullmatch(task) else None
    return Callback(
        event_id=event_id if signature is not None and _ID.fullmatch(event_id) else digest,
        digest=digest,
        event=event if (event := told.get("event")) in EVENTS else "other",
        remote_id=named,
        refunded=named is not None and told.get("event") == "song.failed" and Reply(200, told).refunded,
    )


def _recent(timestamp: str, now: float) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,12}", timestamp)) and abs(now - int(timestamp)) <= WINDOW_SECONDS


def _signed(secrets: Sequence[str], message: bytes, prefix: str, signature: str) -> bool:
    """Whether one of the secrets signed it; takes equally long for every wrong signature."""
    given = signature.strip().lower().encode("utf-8", "replace")
    right = (prefix + hmac.digest(secret.encode(), message, "sha256").hex() for secret in secrets)
    fits = [hmac.compare_digest(signed.encode(), given) for signed in right]
    return any(fits)
