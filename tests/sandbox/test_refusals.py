"""What the sandbox says no to, in the service's words; none of it costs anything."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from sandbox_process import SandboxProcess

from .conftest import SONG, Account


def test_every_answer_says_that_it_comes_from_the_sandbox(account: Account) -> None:
    answers = [account.post("create", **SONG), account.poll("unknown-task"), account.http.get("/nowhere")]
    assert [answer.headers["X-Songwright-Sandbox"] for answer in answers] == ["1"] * 3


@pytest.mark.parametrize(
    ("header", "said"),
    [(None, "missing"), ("Basic abc", "format"), ("Bearer", "format"), ("Bearer unknown-1", "unknown")],
)
def test_a_request_without_a_proper_key_gets_401(sandbox: SandboxProcess, header: str | None, said: str) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = httpx2.get(f"{sandbox.base_url}/api/v1/get-credits", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (401, "unauthorized")
    assert said in answer.json()["message"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "x" * 81}, "title"),
        ({"prompt": "x" * 5001}, "prompt"),
        ({"mv": "sonic-v3-5", "tags": "x" * 201}, "tags"),
        ({"duration": 9}, "duration"),
        ({"duration": 361}, "duration"),
        ({"style_weight": 1.01}, "style_weight"),
        ({"use_suno_cdn": "false"}, "use_suno_cdn"),
        ({"mv": "sonic-v99"}, "mv"),
        ({"mv": "sonic-v4-5-all"}, "mv"),
        ({"custom_mode": False}, "gpt_description_prompt"),
        ({"task_type": "persona_music"}, "persona_id"),
        ({"task_type": "extend_music", "continue_at": 10}, "continue_clip_id"),
    ],
)
def test_arguments_outside_the_contract_get_400_with_the_field_named(
    account: Account, change: dict[str, Any], field: str
) -> None:
    before = account.credits()
    answer = account.post("create", **{**SONG, **change})
    assert (answer.status_code, answer.json()["type"]) == (400, "bad_request")
    assert field in answer.json()["message"]
    assert answer.json()["message"] == answer.json()["error"] == answer.json()["detail"]
    assert account.credits() == before


NO_JSON_OBJECT = [
    '{"custom_mode": tr',
    "[1, 2]",
    "",
    '{"style_weight": NaN}',
    '{"title": "\\ud800"}',
    "[" * 100_000,
    b"\xff\xfe\x00",
]


@pytest.mark.parametrize("text", NO_JSON_OBJECT, ids=range(len(NO_JSON_OBJECT)))
def test_a_body_that_is_no_json_object_gets_400(account: Account, text: str | bytes) -> None:
    answer = account.http.post("/api/v1/sonic/create", content=text)
    assert (answer.status_code, answer.json()["type"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (
            "create",
            {**SONG, "task_type": "extend_music", "continue_clip_id": "nobody", "continue_at": 1},
            "continue_clip_id",
        ),
        ("create", {**SONG, "task_type": "persona_music", "persona_id": "nobody"}, "persona_id"),
        ("create", {"task_type": "concat_music", "continue_clip_id": "nobody"}, "continue_clip_id"),
        ("wav", {"clip_id": "nobody"}, "clip_id"),
        ("stems/full", {"clip_id": "nobody"}, "clip_id"),
    ],
)
def test_a_clip_or_persona_that_nobody_has_gets_400(
    account: Account, path: str, body: dict[str, Any], field: str
) -> None:
    answer = account.post(path, **body)
    assert answer.status_code == 400
    assert field in answer.json()["message"]


def test_somebody_elses_clip_and_task_answer_like_absent_ones(account: Account, sandbox: SandboxProcess) -> None:
    task_id = account.create()
    clip_id = account.clips(task_id)[0]["clip_id"]
    stranger = Account(sandbox)
    with stranger.http:
        assert stranger.post("bpm", clip_id=clip_id).json() == stranger.post("bpm", clip_id="nobody").json()
        assert stranger.poll(task_id).json() == stranger.poll("no-such-task").json()


def test_a_poll_for_an_unknown_task_gets_400(account: Account) -> None:
    answer = account.poll("11111111-2222-4333-8444-555555555555")
    assert (answer.status_code, answer.json()["message"]) == (400, "task not found")
    assert account.http.get("/api/v1/sonic/task/").status_code == 400


def test_unknown_paths_get_404_and_wrong_methods_405(account: Account) -> None:
    assert account.http.post("/api/v1/sonic/compose", json={}).status_code == 404
    assert account.http.get("/api/v1/credits").status_code == 404
    assert account.http.get("/api/v1/sonic/create").status_code == 405


def test_moderation_quotes_what_it_does_not_let_through(account: Account) -> None:
    lyrics = account.post("create", **{**SONG, "prompt": "[Verse]\nA ForbiddenWord in the rain"})
    artist = account.post(
        "create", custom_mode=False, mv="sonic-v6", gpt_description_prompt="a waltz like the velvet tractors"
    )
    assert [lyrics.status_code, artist.status_code] == [403, 403]
    assert "forbiddenword" in lyrics.json()["message"]
    assert "The Velvet Tractors" in artist.json()["message"]


def test_with_too_few_credits_everything_paid_gets_403_and_nothing_is_taken(
    account: Account, sandbox: SandboxProcess
) -> None:
    clip_id = account.song()["clip_id"]
    sandbox.set_credits(account.key, 0)
    answers = [
        account.post("create", **SONG),
        account.post("bpm", clip_id=clip_id),
        account.post("midi", clip_id=clip_id),
        account.post("persona", clip_id=clip_id, name="Ana"),
        account.post("lyrics", description="a lighthouse"),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert account.credits() == 0


def test_a_web_page_cannot_reach_the_sandbox(sandbox: SandboxProcess) -> None:
    """A browser names the page's origin on every POST, and the attacker's host name after DNS rebinding."""
    page = httpx2.post(f"{sandbox.base_url}/_sandbox/stop", headers={"Origin": "https://evil.example"})
    rebound = httpx2.get(f"{sandbox.base_url}/_sandbox/books?key=x", headers={"Host": "evil.example"})
    assert [page.status_code, rebound.status_code] == [403, 403]
    assert httpx2.get(f"{sandbox.base_url}/_sandbox/health").status_code == 200
