"""Every way to misbehave: what the client sees, and whether it was charged."""

from __future__ import annotations

import time

import httpx2
import pytest
from sandbox_process import SandboxProcess

from .conftest import SONG, Account


def _outcome(account: Account, **options: float) -> str:
    """Status of a purchase, or the name of what httpx2 raised."""
    try:
        answer = account.http.post("/api/v1/sonic/create", json=SONG, **options)
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


def _assert_equal(seen: str, expected: str) -> None:
    assert seen == expected


@pytest.mark.parametrize(("do", "charged"), [("hang_before", 0), ("hang_after", 14)])
def test_a_request_can_hang_until_the_client_gives_up(account: Account, do: str, charged: int) -> None:
    account.fault("create", do)
    assert account.cost(lambda: _assert_equal(_outcome(account, timeout=0.3), "ReadTimeout")) == charged


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


def test_slow_answers_come_late_and_do_not_hold_up_others(account: Account, sandbox: SandboxProcess) -> None:
    account.fault("get_credits", "slow", seconds=0.4)
    began = time.monotonic()
    account.credits()
    assert time.monotonic() - began > 0.4


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


def test_faults_can_be_given_at_the_start(tmp_path) -> None:
    faults = ["create:refuse:status=504:times=2", '{"operation": "task", "do": "error_before", "times": null}']
    with SandboxProcess(tmp_path, fast=True, faults=faults) as sandbox:
        account = Account(sandbox)
        with account.http:
            assert [_outcome(account) for _ in range(3)] == ["504", "504", "200"]
            assert account.poll("x").status_code == 500
            sandbox.clear_faults()
            assert account.poll("x").status_code == 400


def test_with_a_rate_the_second_task_in_the_gap_gets_429_and_a_refused_one_takes_no_slot(tmp_path) -> None:
    with SandboxProcess(tmp_path, fast=True, rate=30) as sandbox:
        account = Account(sandbox)
        with account.http:
            assert account.post("create", **{**SONG, "title": "x" * 81}).status_code == 400
            assert [_outcome(account), _outcome(account)] == ["200", "429"]
            assert account.books()["spent"] == 14
            other = Account(sandbox)
            with other.http:
                assert _outcome(other) == "200"
