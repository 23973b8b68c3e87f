"""Events posted to the address a request named: signed, repeated until heard, and spoiled on command."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from pathlib import Path

import httpx2
import pytest
from sandbox_process import SandboxProcess

from songwright.server import contract

from .conftest import SONG, Account, Web


def _hooked(web: Web) -> dict[str, str]:
    return {"webhook_url": f"{web.base_url}/hooks/1", "webhook_secret": "s3cret"}


def _signature(secret: str, headers: dict[str, str], body: bytes) -> str:
    """The documented scheme: HMAC-SHA256 over timestamp, a dot and the raw body."""
    signed = headers["x-webhook-timestamp"].encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def test_a_finished_song_is_told_once_signed_and_as_a_poll_shows_it(account: Account, web: Web) -> None:
    task_id = account.create(**_hooked(web))
    ((headers, body),) = web.wait_posted(1)
    told = json.loads(body)
    assert headers["x-webhook-signature"] == _signature("s3cret", headers, body)
    assert headers["x-webhook-id"] == headers["idempotency-key"]
    assert headers["x-webhook-event"] == told["event"] == "song.completed"
    assert not contract.check_webhook("song.completed", told)
    assert told["task_id"] == task_id
    assert told["data"] == account.clips(task_id)


def test_a_failed_song_is_told_with_its_refund(account: Account, web: Web) -> None:
    account.fault("create", "fail_task")
    task_id = account.create(**_hooked(web))
    ((headers, body),) = web.wait_posted(1)
    told = json.loads(body)
    assert headers["x-webhook-event"] == "song.failed"
    assert not contract.check_webhook("song.failed", told)
    assert (told["task_id"], told["refund_processed"]) == (task_id, True)


def test_an_event_is_told_again_until_it_is_heard_with_the_same_id(account: Account, web: Web) -> None:
    web.statuses = [500]
    account.create(**_hooked(web))
    first, second = web.wait_posted(2)
    assert first[0]["x-webhook-id"] == second[0]["x-webhook-id"]
    assert first[1] == second[1]


def test_on_command_an_event_comes_twice_or_with_a_wrong_signature(account: Account, web: Web) -> None:
    account.fault("webhook", "duplicate")
    account.create(**_hooked(web))
    first, second = web.wait_posted(2)
    assert first[0]["x-webhook-id"] == second[0]["x-webhook-id"]
    account.fault("webhook", "forge")
    account.create(**_hooked(web))
    headers, body = web.wait_posted(3)[2]
    assert headers["x-webhook-signature"] != _signature("s3cret", headers, body)


def test_on_command_an_event_is_sent_again_exactly_as_it_was(account: Account, web: Web) -> None:
    account.fault("webhook", "replay")
    account.create(**_hooked(web))
    first, second = web.wait_posted(2)
    assert first == second


def test_on_command_an_event_was_signed_long_ago(account: Account, web: Web) -> None:
    account.fault("webhook", "stale")
    account.create(**_hooked(web))
    ((headers, body),) = web.wait_posted(1)
    assert int(headers["x-webhook-timestamp"]) < time.time() - 300
    assert headers["x-webhook-signature"] == _signature("s3cret", headers, body)


def test_on_command_an_event_is_not_signed(account: Account, web: Web) -> None:
    account.fault("webhook", "unsigned")
    account.create(**_hooked(web))
    ((headers, _),) = web.wait_posted(1)
    assert not [name for name in headers if "signature" in name]


def test_on_command_an_event_comes_before_the_order_is_answered(account: Account, web: Web) -> None:
    account.fault("create", "slow_after", seconds=0.5)
    task_id = account.create(**_hooked(web))
    ((_, body),) = web.posted
    assert json.loads(body)["task_id"] == task_id


def test_an_event_is_told_although_the_answer_to_the_order_was_lost(account: Account, web: Web) -> None:
    account.fault("create", "lose_after")
    with pytest.raises(httpx2.RemoteProtocolError):
        account.create(**_hooked(web))
    ((_, body),) = web.wait_posted(1)
    assert account.clips(json.loads(body)["task_id"])


def test_on_command_an_event_never_comes(account: Account, web: Web) -> None:
    account.fault("webhook", "drop")
    dropped = account.create(**_hooked(web))
    told = account.create(**_hooked(web))
    ((_, body),) = web.wait_posted(1)
    assert json.loads(body)["task_id"] == told != dropped


def test_a_song_in_work_is_told_as_soon_as_it_streams(tmp_path: Path, web: Web) -> None:
    with SandboxProcess(tmp_path, fast=True, pace="quick") as sandbox:
        account = Account(sandbox)
        with account.http:
            account.create(**_hooked(web))
            streaming, completed = (json.loads(body) for _, body in web.wait_posted(2))
    assert (streaming["event"], streaming["message"]) == ("song.streaming", "streaming")
    assert not contract.check_webhook("song.streaming", streaming)
    assert [clip["state"] for clip in streaming["data"]] == ["running", "running"]
    assert completed["event"] == "song.completed"


def test_the_oldest_brand_signs_the_raw_body_too(tmp_path: Path, web: Web) -> None:
    """The scheme of sunoapi.com in 2025: one header, HMAC over the body alone."""
    with SandboxProcess(tmp_path, fast=True, brand="sunoapi") as sandbox:
        account = Account(sandbox, prefix="/api/v1/suno")
        with account.http:
            account.sell("create", **{**SONG, "mv": "chirp-v5"}, **_hooked(web))
            ((headers, body),) = web.wait_posted(1)
    assert headers["x-signature"] == hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()


def test_an_address_inside_the_local_network_is_never_spoken_to(account: Account, web: Web) -> None:
    refused = account.post("create", **SONG, webhook_url="http://192.168.0.1/hook")
    assert refused.status_code == 400
