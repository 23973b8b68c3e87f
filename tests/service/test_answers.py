"""What an answer of the service means for the money."""

from __future__ import annotations

from typing import Any

import pytest

from songwright.server.service import answers
from songwright.server.service.answers import Kind, Reply, meaning


def verdict(method: str, status: int, body: dict[str, Any] | None, family: str = "sonic") -> tuple[Kind, str]:
    found = meaning(family, method, Reply(status, body))
    return found.kind, found.problem


@pytest.mark.parametrize("status", [408, 409, 418, 500, 502, 503, 504, 520])
def test_an_order_answered_with_an_unclear_error_is_doubt(status: int) -> None:
    """Nobody can tell whether it was charged, so it must never be sent again."""
    assert verdict("POST", status, {"message": "oops"})[0] is Kind.DOUBT


@pytest.mark.parametrize("status", [200, 201, 302, 500, 502])
def test_an_order_answered_with_a_web_page_is_doubt(status: int) -> None:
    assert verdict("POST", status, None) == (Kind.DOUBT, "answer_lost")


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (400, {"type": "bad_request", "error": "title too long"}, "request_refused"),
        (401, {"message": "Authorization header is missing"}, "key_refused"),
        (402, {}, "no_credits"),
        (403, {"error": "Not enough credits"}, "no_credits"),
        (403, {"error": "you have no active subscription"}, "no_credits"),
        (403, {"error": "lyrics contain inappropriate text"}, "words_refused"),
        (404, {"detail": "clip not found"}, "request_refused"),
        (405, None, "retired"),
        (410, {"type": "endpoint_retired"}, "retired"),
        (422, {"detail": [{"msg": "field required"}]}, "request_refused"),
    ],
)
def test_a_certain_refusal_says_that_nothing_was_charged(status: int, body: Any, problem: str) -> None:
    assert verdict("POST", status, body) == (Kind.REFUSED, problem)
    assert "Nothing was charged" in meaning("sonic", "POST", Reply(status, body)).sentence


@pytest.mark.parametrize("body", [None, {}, {"type": "forbidden"}, {"message": "  \u200b "}, {"code": 403}])
@pytest.mark.parametrize("family", ["sonic", "producer", "nuro", "riffusion"])
def test_no_sentence_speaks_of_words_that_the_service_has_not_said(body: Any, family: str) -> None:
    for method in ("GET", "POST"):
        for status in range(200, 600):
            assert "service_said" not in meaning(family, method, Reply(status, body)).sentence


def test_a_refusal_with_words_points_to_them() -> None:
    for status in (400, 403, 404, 422):
        assert "`service_said`" in meaning("sonic", "POST", Reply(status, {"message": "not like this"})).sentence


def test_too_fast_may_be_sent_again() -> None:
    assert verdict("POST", 429, None) == (Kind.HASTE, "too_fast")
    assert meaning("sonic", "POST", Reply(429, {}, retry_after=7.0)).wait == 7.0


def test_nuros_full_queue_is_haste_and_not_poverty() -> None:
    """The same platform answers 403 for three different things."""
    assert verdict("POST", 403, {"message": "queue is full"}, family="nuro")[0] is Kind.HASTE
    assert verdict("POST", 403, {"message": "quota exceeded"}, family="nuro")[1] == "no_credits"


@pytest.mark.parametrize("status", [200, 202])
def test_a_task_that_is_not_ready_is_asked_again(status: int) -> None:
    assert verdict("GET", status, {"type": "not_ready"})[0] is Kind.NOT_READY


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"type": "api_error", "message": "…", "already_refunded": True}),
        (400, {"type": "bad_request", "already_refunded": True}),
        (200, {"type": "failed", "refund_processed": True}),
        (200, {"code": 500, "message": "…", "already_refunded": True}),
    ],
)
def test_a_task_has_ended_when_the_service_says_that_it_gave_the_credits_back(status: int, body: Any) -> None:
    assert verdict("GET", status, body) == (Kind.ENDED, "refunded")


@pytest.mark.parametrize("family", ["sonic", "producer", "nuro", "riffusion"])
@pytest.mark.parametrize("kind", ["api_error", "timeout", "forbidden", "bad_request", "failed", ""])
@pytest.mark.parametrize("status", [401, 402, 403, 405, 410, 500, 502, 503, 504])
def test_no_error_without_a_refund_ends_a_task(status: int, kind: str, family: str) -> None:
    """An outage of reads says nothing about the song, whatever it calls itself."""
    for told in ({}, {"already_refunded": False}, {"refund_processed": False}, {"already_refunded": "true"}):
        assert verdict("GET", status, {"type": kind, "message": "…", **told}, family)[0] not in (
            Kind.ENDED,
            Kind.ANSWERED,
        )


@pytest.mark.parametrize("body", [{"code": 500, "message": "internal error"}, {"code": "503"}, {"code": 400}])
def test_a_success_that_carries_an_error_is_none(body: Any) -> None:
    assert verdict("POST", 200, body) == (Kind.DOUBT, "answer_lost")
    assert verdict("GET", 200, body)[0] is Kind.TROUBLE


def test_a_web_page_says_nothing_about_a_task() -> None:
    """Not even one that says "not found": it may be anything on the way that does."""
    for status in (400, 403, 404, 410, 500):
        assert verdict("GET", status, None) == (Kind.TROUBLE, "garbled")


@pytest.mark.parametrize(("status", "body"), [(500, {"message": "oops"}), (502, None), (200, None), (503, {})])
def test_a_passing_trouble_of_a_free_look_is_tried_again(status: int, body: Any) -> None:
    assert verdict("GET", status, body)[0] is Kind.TROUBLE


def test_every_row_of_the_table_can_be_reached() -> None:
    """A row that an earlier one always shadows would be a promise nobody keeps."""
    reached = set()
    texts: list[dict[str, Any]] = [
        {},
        {"message": "queue full"},
        {"message": "usage limit"},
        {"message": "credits"},
        {"already_refunded": True},
        {"type": "not_ready"},
    ]
    texts += [{"type": name} for name in ("api_error", "failed", "timeout")]
    for family in ("sonic", "nuro"):
        for method in ("GET", "POST"):
            for status in (200, 202, 400, 401, 402, 403, 404, 405, 410, 422, 429, 500, 503, 504):
                for body in texts:
                    found = meaning(family, method, Reply(status, body))
                    reached |= {
                        index
                        for index, line in enumerate(answers.TABLE)
                        if (line.kind, line.problem, line.what) == (found.kind, found.problem, found.what)
                    }
    assert reached == set(range(len(answers.TABLE)))


def test_the_services_words_are_kept_short_and_harmless() -> None:
    """They are data: no line breaks, no control characters, at most 200 characters."""
    said = Reply(403, {"detail": "bad\x1b[31m\nword\u202e " + "x" * 500}).words
    assert said is not None
    assert said.startswith("bad[31m word")
    assert len(said) == 200
    assert "\n" not in said


def test_words_are_found_wherever_the_service_puts_them() -> None:
    assert Reply(400, {"steps": {"upload": {"error": "not audio"}}}).words == "not audio"
    assert Reply(422, {"detail": [{"msg": "field required"}]}).words == '[{"msg": "field required"}]'
    assert Reply(500, None).words is None


def test_the_services_words_keep_every_script() -> None:
    assert Reply(400, {"detail": "Lucía 子守唄"}).words == "Lucía 子守唄"
