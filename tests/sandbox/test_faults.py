"""Every way to misbehave: what the client sees, and whether it was charged."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sandbox_process import SandboxProcess
from waiting import PATIENCE, until

from .conftest import SONG, Account


def _outcome(account: Account, timeout: float = PATIENCE) -> str:
    """Status of a purchase, or the name of what httpx2 raised."""
    try:
        answer = account.http.post("/api/v1/sonic/create", json=SONG, timeout=timeout)
    except httpx2.TransportError as error:
        return type(error).__name__
    return str(answer.status_code)


@pytest.mark.parametrize(
    ("do", "outcome", "charged"),
    [
        ("lose_before", "RemoteProtocolError", 0),
        ("lose_after", "RemoteProtocolError", 14),
        ("error_before", "500", 0),
        ("error_after", "500", 14),
        ("too_fast", "429", 0),
        ("no_credits", "403", 0),
        ("retired", "410", 0),
        ("refuse", "503", 0),
        ("html", "502", 0),
        ("html_after", "502", 14),
        ("garbage", "200", 14),
        ("unknown_fields", "200", 14),
    ],
)
def test_a_purchase_meets_a_fault_once(account: Account, do: str, outcome: str, charged: int) -> None:
    account.fault("create", do)
    assert account.cost(lambda: _assert_equal(_outcome(account), outcome)) == charged
    assert len(account.books()["tasks"]) == (1 if charged else 0)
    assert _outcome(account) == "200"


def _assert_equal(seen: object, expected: object) -> None:
    assert seen == expected


@pytest.mark.parametrize(("do", "charged"), [("hang_before", 0), ("hang_after", 14)])
def test_a_request_can_hang_until_the_client_gives_up(account: Account, do: str, charged: int) -> None:
    account.fault("create", do)
    _assert_equal(_outcome(account, timeout=0.3), "ReadTimeout")
    until(lambda: account.books()["spent"] == charged, "the request was read, though nobody waited")


def test_what_was_lost_is_in_the_books_and_lives_on(account: Account) -> None:
    account.fault("create", "lose_after")
    _outcome(account)
    (task,) = account.books()["tasks"]
    assert [clip["state"] for clip in account.clips(task["task_id"])] == ["succeeded", "succeeded"]


def test_garbage_is_cut_json_and_html_is_a_page(account: Account) -> None:
    account.fault("create", "garbage")
    with pytest.raises(ValueError, match=r".+"):
        account.http.post("/api/v1/sonic/create", json=SONG).json()
    account.fault("task", "html", status=200)
    page = account.http.get("/api/v1/sonic/task/x")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_an_answer_of_a_newer_service_has_other_optional_fields(account: Account) -> None:
    task_id = account.create()
    account.fault("task", "unknown_fields")
    body = account.poll(task_id, as_published=False).json()
    assert "x_since_2027" in body
    assert "message" not in body
    assert "x_since_2027" in body["data"][0]
    assert {"clip_id", "state", "audio_url"} <= set(body["data"][0])


def test_too_fast_can_name_the_seconds_to_wait(account: Account) -> None:
    account.fault("create", "too_fast", retry_after=7)
    assert account.post("create", **SONG).headers["Retry-After"] == "7"


def test_refuse_answers_with_any_status_and_body(account: Account) -> None:
    account.fault("lyrics", "refuse", status=504, body={"type": "timeout", "message": "took too long"})
    answer = account.post("lyrics", description="a lighthouse")
    assert (answer.status_code, answer.json()) == (504, {"type": "timeout", "message": "took too long"})


OUTAGES: list[tuple[str, dict[str, Any], int, str | None]] = [
    ("refuse", {"status": 503, "body": {"type": "api_error", "message": "try again"}}, 503, "api_error"),
    ("refuse", {"status": 500, "body": {"type": "api_error", "message": "internal error"}}, 500, "api_error"),
    ("refuse", {"status": 504, "body": {"type": "timeout", "message": "took too long"}}, 504, "timeout"),
    ("refuse", {"status": 403, "body": {"type": "forbidden", "message": "no"}}, 403, "forbidden"),
    ("refuse", {"status": 404, "body": {"type": "not_found", "message": "task not found"}}, 404, "not_found"),
    ("refuse", {"status": 202, "body": {"type": "not_ready", "message": "later"}}, 202, "not_ready"),
    ("refuse", {"status": 502, "body": "<h1>Bad gateway</h1>"}, 502, None),
    ("refuse", {"status": 200, "body": None}, 200, None),
    ("too_fast", {}, 429, "forbidden"),
    ("answer", {"status": 200, "body": {"code": 500, "message": "internal error"}}, 200, None),
]
"""How looks at a task may be answered while it goes on: fault, details; status, type."""

ORDERS = {
    "sonic": ("/api/v1/sonic/create", SONG),
    "producer": (
        "/api/v1/producer/create", {"task_type": "create_music", "mv": "FUZZ-2.0", "sound": "slow dub with a melodica"},
    ),
    "nuro": (
        "/api/v1/nuro/create", {"type": "bgm", "description": "a calm piano piece for a rainy day", "duration": 30},
    ),
    "riffusion": (
        "/api/v1/riffusion/create",
        {"custom_mode": True, "make_instrumental": False, "mv": "FUZZ-1.1", "lyrics": "[Verse]\nHigh", "sound": "surf"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("family", ORDERS)
def test_looks_can_fail_for_a_time_while_the_task_of_any_family_goes_on(account: Account, family: str) -> None:
    path, body = ORDERS[family]
    bought = account.http.post(path, json=body)
    assert bought.status_code == 200, bought.text
    look = f"/api/v1/{family}/task/{bought.json()['task_id']}"
    for do, details, status, kind in OUTAGES:
        account.fault("look", do, times=2, **details)
        for _ in range(2):
            answer = account.http.get(look)
            assert (answer.status_code, _kind(answer)) == (status, kind)
    account.fault("look", "lose_before")
    with pytest.raises(httpx2.RemoteProtocolError):
        account.http.get(look)
    assert account.http.get(look).json()["code" if family != "nuro" else "progress"] in (200, 100)
    assert account.books()["tasks"][0]["state"] == "done"


def _kind(answer: httpx2.Response) -> str | None:
    try:
        kind: str | None = answer.json().get("type")
    except ValueError:
        return None
    return kind


def test_an_outage_lasts_until_the_faults_are_cleared_and_may_be_of_one_task_only(
    account: Account, sandbox: SandboxProcess
) -> None:
    ill, well = account.create(), account.create(title="Well")
    account.fault(ill, "refuse", status=503, times=None)
    assert [account.poll(ill, as_published=False).status_code for _ in range(5)] == [503] * 5
    assert account.poll(well).status_code == 200
    sandbox.clear_faults()
    assert account.poll(ill).status_code == 200


@pytest.mark.parametrize(("do", "charged"), [("refuse", 0), ("answer", 14)])
def test_a_success_can_hold_an_error_charged_or_not(account: Account, do: str, charged: int) -> None:
    error = {"code": 500, "message": "internal error"}
    account.fault("create", do, status=200, body=error)
    assert account.cost(lambda: _assert_equal(account.http.post("/api/v1/sonic/create", json=SONG).json(), error)) == (
        charged
    )


def test_downloads_can_be_refused_or_cut_any_number_of_times_and_for_one_format_only(account: Account) -> None:
    clip = account.song()
    account.fault("file", "refuse", status=403, times=2)
    assert [account.http.get(clip["audio_url"]).status_code for _ in range(3)] == [403, 403, 200]
    account.fault("file.mp3", "truncate", times=2)
    assert account.http.get(clip["image_url"]).status_code == 200
    for _ in range(2):
        with pytest.raises(httpx2.RemoteProtocolError):
            account.http.get(clip["audio_url"])
    assert account.http.get(clip["audio_url"]).status_code == 200


def test_the_balance_can_be_unreadable_while_orders_are_taken(account: Account) -> None:
    account.fault("get_credits", "refuse", status=500, times=2)
    assert account.http.get("/api/v1/get-credits").status_code == 500
    assert _outcome(account) == "200"
    assert account.http.get("/api/v1/get-credits").status_code == 500
    assert account.credits() == 1000 - 14


def test_slow_answers_come_late_and_do_not_hold_up_others(account: Account, sandbox: SandboxProcess) -> None:
    account.fault("get_credits", "slow", seconds=0.4)
    began = time.monotonic()
    account.credits()
    assert time.monotonic() - began > 0.4


def test_an_answer_that_is_held_back_goes_out_when_the_rules_are_cleared(
    account: Account, sandbox: SandboxProcess
) -> None:
    account.fault("get_credits", "slow", seconds=3600)
    account.fault("create", "slow_after", seconds=3600)
    with ThreadPoolExecutor() as pool:
        held = [pool.submit(account.post, "create", **SONG), pool.submit(account.http.get, "/api/v1/get-credits")]
        until(lambda: account.books()["spent"] == 14, "the order was read")
        until(lambda: sandbox.control("GET", "/_sandbox/health") and not any(one.done() for one in held), "both wait")
        sandbox.clear_faults()
        assert [one.result().status_code for one in held] == [200, 200]


def test_a_fault_can_skip_repeat_and_stay(account: Account) -> None:
    account.fault("get_credits", "refuse", after=1, times=2)
    statuses = [account.http.get("/api/v1/get-credits").status_code for _ in range(4)]
    assert statuses == [200, 503, 503, 200]
    account.fault("get_credits", "refuse", times=None)
    assert {account.http.get("/api/v1/get-credits").status_code for _ in range(4)} == {503}


def test_a_fault_meets_only_the_key_and_the_operation_it_names(account: Account, sandbox: SandboxProcess) -> None:
    account.fault("remaster", "refuse", times=None)
    other = Account(sandbox)
    with other.http:
        other.create()
    account.create()
    clip_id = account.song()["clip_id"]
    body = {"task_type": "remaster", "continue_clip_id": clip_id, "mv": "sonic-v6"}
    assert account.post("create", **body).status_code == 503


def test_a_fault_that_makes_no_sense_is_refused_with_the_part_named(sandbox: SandboxProcess) -> None:
    with pytest.raises(OSError, match="do must be one of"):
        sandbox.fault("key", "create", "explode")
    with pytest.raises(OSError, match="times must be"):
        sandbox.fault("key", "create", "slow", times=0)


def test_faults_can_be_given_at_the_start(tmp_path: Path) -> None:
    faults = ["create:refuse:status=504:times=2", '{"operation": "task", "do": "error_before", "times": null}']
    with SandboxProcess(tmp_path, fast=True, faults=faults) as sandbox:
        account = Account(sandbox)
        with account.http:
            assert [_outcome(account) for _ in range(3)] == ["504", "504", "200"]
            assert account.poll("x").status_code == 500
            sandbox.clear_faults()
            assert account.poll("x").status_code == 400


def test_with_a_rate_the_second_task_in_the_gap_gets_429_and_a_refused_one_takes_no_slot(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, fast=True, rate=30) as sandbox:
        account = Account(sandbox)
        with account.http:
            assert account.post("create", **{**SONG, "title": "x" * 81}).status_code == 400
            assert [_outcome(account), _outcome(account)] == ["200", "429"]
            assert account.books()["spent"] == 14
            other = Account(sandbox)
            with other.http:
                assert _outcome(other) == "200"
