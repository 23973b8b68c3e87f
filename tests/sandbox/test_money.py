"""The books are the truth about money: what was taken, for what, and what came back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx2
import pytest
from sandbox_process import SandboxProcess

from .conftest import SONG, Account


def test_a_new_key_finds_its_opening_credits(account: Account) -> None:
    assert account.ask("GET", "/api/v1/get-credits").json() == {"credits": 1000, "extra_credits": 0}


def test_the_price_is_taken_when_the_song_is_bought_and_polling_is_free(account: Account) -> None:
    assert account.cost(account.create) == 14
    task_id = account.create()
    assert account.cost(lambda: [account.poll(task_id) for _ in range(3)]) == 0


def test_an_older_model_with_own_lyrics_is_cheaper_but_not_with_a_description(account: Account) -> None:
    assert account.cost(lambda: account.create(mv="sonic-v4")) == 10
    assert (
        account.cost(lambda: account.create(mv="sonic-v4", custom_mode=False, gpt_description_prompt="a waltz")) == 14
    )


def test_extra_credits_are_spent_first(account: Account, sandbox: SandboxProcess) -> None:
    sandbox.set_credits(account.key, 20, 5)
    account.create()
    assert account.ask("GET", "/api/v1/get-credits").json() == {"credits": 11, "extra_credits": 0}


def test_a_failed_task_gives_its_credits_back_where_they_came_from(account: Account, sandbox: SandboxProcess) -> None:
    sandbox.set_credits(account.key, 20, 5)
    account.fault("create", "fail_task")
    answer = account.poll(account.create())
    assert answer.status_code == 500
    assert (answer.json()["type"], answer.json()["already_refunded"]) == ("api_error", True)
    assert account.ask("GET", "/api/v1/get-credits").json() == {"credits": 20, "extra_credits": 5}
    charges = account.books()["charges"]
    assert [(charge["credits"], charge["refunded"]) for charge in charges] == [(14, True), (-14, False)]


def test_one_failed_take_is_not_refunded(account: Account) -> None:
    account.fault("create", "fail_take")
    task_id = account.create()
    assert [clip["state"] for clip in account.clips(task_id)] == ["failed", "succeeded"]
    assert account.books()["spent"] == 14


@pytest.mark.parametrize(
    ("details", "refunded", "told"),
    [
        ({}, True, True),
        ({"says": False}, True, False),
        ({"refund": False}, False, False),
        ({"refund": False, "status": 504, "body": {"type": "timeout", "message": "took too long"}}, False, False),
    ],
)
def test_a_failed_task_may_keep_its_credits_or_be_silent_about_them(
    account: Account, details: dict[str, object], refunded: bool, told: bool
) -> None:
    account.fault("create", "fail_task", **details)
    answer = account.poll(account.create())
    assert answer.status_code == details.get("status", 500)
    assert ("already_refunded" in answer.json()) is told
    assert account.books()["spent"] == (0 if refunded else 14)


@pytest.mark.parametrize(("refund", "spent"), [(False, 14), (True, 0)])
def test_every_take_may_fail_in_a_task_that_is_done(account: Account, refund: bool, spent: int) -> None:
    account.fault("create", "fail_takes", refund=refund)
    task_id = account.create()
    assert [clip["state"] for clip in account.clips(task_id)] == ["failed", "failed"]
    assert account.books()["spent"] == spent


def test_the_only_clip_of_a_producer_task_may_fail_without_a_refund(account: Account) -> None:
    account.fault("producer_create", "fail_take")
    order = {"task_type": "create_music", "mv": "FUZZ-2.0", "sound": "slow dub with a melodica"}
    task_id = account.http.post("/api/v1/producer/create", json=order).json()["task_id"]
    (clip,) = account.http.get(f"/api/v1/producer/task/{task_id}").json()["data"]
    assert (clip["state"], clip["audio_url"]) == ("failed", None)
    assert account.books()["spent"] == 10


@pytest.mark.parametrize(("path", "body"), [("midi", {}), ("download", {"formats": ["mp3"]})])
@pytest.mark.parametrize("do", ["lose_after", "answer"])
def test_asking_again_may_be_charged_each_time_and_never_answered(
    account: Account, path: str, body: dict[str, object], do: str
) -> None:
    clip_id = account.song()["clip_id"]
    account.fault(path, "charge_again", times=None)
    account.fault(path, do, after=1, times=None)
    outcomes = [_asked(account, path, {"clip_id": clip_id, **body}) for _ in range(4)]
    assert outcomes[0] in (200, 202)
    assert outcomes[1:] == ["lost" if do == "lose_after" else {}] * 3
    price = 1 if path == "midi" else 2
    assert [charge["credits"] for charge in account.books()["charges"]] == [14] + [price] * 4


def _asked(account: Account, path: str, body: dict[str, object]) -> object:
    """Status of the first answer; afterwards what came instead of one."""
    try:
        answer = account.http.post(f"/api/v1/sonic/{path}", json=body)
    except httpx2.TransportError:
        return "lost"
    return answer.status_code if answer.json() else {}


def test_the_books_say_what_was_bought_polled_and_fetched(account: Account) -> None:
    task_id = account.create(title="Counted")
    for _ in range(3):
        clips = account.clips(task_id)
    account.http.get(clips[0]["audio_url"])
    account.http.head(clips[0]["audio_url"])
    books = account.books()
    (task,) = books["tasks"]
    assert (task["task_id"], task["operation"], task["task_type"]) == (task_id, "create", "create_music")
    assert (task["state"], task["polls"], task["body"]["title"]) == ("done", 3, "Counted")
    assert [clip["fetches"] for clip in task["clips"]] == [1, 0]
    assert books["answers"] == {"create_music 200": 1, "task 200": 3}


def test_an_argument_changes_the_price(account: Account) -> None:
    """What a plain order of every tool costs is tried in `test_every_tool`."""
    clip_id = account.song()["clip_id"]
    assert account.cost(lambda: account.post("stems/full", clip_id=clip_id)) == 50
    assert account.cost(lambda: account.post("download", clip_id=clip_id, formats=["wav", "mp3"])) == 2


def test_timeline_and_midi_of_a_clip_are_paid_once(account: Account) -> None:
    clip_id = account.song()["clip_id"]
    for path in ("aligned-lyrics", "midi"):
        assert [account.cost(partial(account.sell, path, clip_id=clip_id)) for _ in range(3)] == [1, 0, 0]


def test_a_repeated_ask_can_be_made_to_cost_again(account: Account) -> None:
    """What a client must notice by the balance falling twice."""
    clip_id = account.song()["clip_id"]
    account.fault("midi", "charge_again", after=1)
    assert [account.cost(lambda: account.sell("midi", clip_id=clip_id)) for _ in range(3)] == [1, 1, 0]


def test_asking_for_a_download_again_before_it_is_there_is_free_and_afterwards_is_not(account: Account) -> None:
    clip_id = account.song()["clip_id"]
    ask: Callable[[], int] = lambda: account.cost(  # noqa: E731 - three times the same ask
        lambda: account.post("download", clip_id=clip_id, formats=["m4a"])
    )
    assert [ask(), ask(), ask()] == [2, 0, 2]


@pytest.mark.parametrize(("brand", "prefix", "price"), [("musicapi", "sonic", 20), ("sunoapi", "suno", 10)])
def test_each_brand_has_its_prefix_its_spelling_and_its_prices(
    tmp_path: Path, brand: str, prefix: str, price: int
) -> None:
    with SandboxProcess(tmp_path, fast=True, brand=brand) as sandbox:
        account = Account(sandbox, prefix=f"/api/v1/{prefix}")
        with account.http:
            assert account.cost(account.create) == price
            spelling = account.clips(account.create(**SONG))[0]["mv"].partition("-")[0]
            assert spelling == ("chirp" if brand == "sunoapi" else "sonic")
            other = "suno" if prefix == "sonic" else "sonic"
            assert account.http.post(f"/api/v1/{other}/create", json=SONG).status_code == 404
