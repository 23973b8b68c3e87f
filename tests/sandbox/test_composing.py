"""The normal mode really composes, in another process, while the door stays open."""

from __future__ import annotations

import io
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mutagen.mp3 import MP3
from sandbox_process import SandboxProcess
from waiting import PATIENCE, until

from .conftest import Account, Web

SHORT: dict[str, Any] = {
    "task_type": "create_music",
    "custom_mode": True,
    "mv": "sonic-v6",
    "use_suno_cdn": False,
    "prompt": "[Verse]\nRain upon the tin roof",
    "title": "Tin Roof",
    "tags": "folk, 100 BPM",
    "duration": 10,
}


def _wait(account: Account, task_id: str) -> list[httpx2.Response]:
    """Poll until nothing more comes; every answer on the way."""
    answers = []
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answers.append(account.poll(task_id))
        if answers[-1].status_code == 200 and all(state in ("succeeded", "failed") for state in _states(answers[-1])):
            return answers
        time.sleep(0.05)
    raise AssertionError(answers[-1].text)


def _states(answer: httpx2.Response) -> list[str]:
    return [clip["state"] for clip in answer.json()["data"]]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("studio"), fast=False, pace="quick", seed=7) as process:
        yield process


@pytest.fixture(scope="module")
def owner(studio: SandboxProcess) -> Iterator[Account]:
    account = Account(studio)
    with account.http:
        yield account


@pytest.fixture(scope="module")
def bought(owner: Account) -> tuple[list[httpx2.Response], list[float]]:
    """One short song: the answers of its polls, and how long each of them took."""
    task_id = owner.create(**SHORT)
    began = time.monotonic()
    answers = _wait(owner, task_id)
    return answers, [answer.elapsed.total_seconds() for answer in answers] + [time.monotonic() - began]


@pytest.fixture(scope="module")
def song(bought: tuple[list[httpx2.Response], list[float]]) -> dict[str, Any]:
    first: dict[str, Any] = bought[0][-1].json()["data"][0]
    return first


def test_a_song_comes_in_the_order_of_the_service(bought: tuple[list[httpx2.Response], list[float]]) -> None:
    """Not ready, then running with a stream to listen to, then finished one by one."""
    answers, _ = bought
    assert answers[0].status_code == 202
    shown = [answer for answer in answers if answer.status_code == 200]
    assert _states(shown[0])[-1] == "running"
    streams = [
        clip for answer in shown for clip in answer.json()["data"] if clip["state"] == "running" and clip["audio_url"]
    ]
    assert streams
    assert all(clip["duration"] is None for clip in streams)
    assert _states(shown[-1]) == ["succeeded", "succeeded"]


def test_the_door_stays_open_while_a_song_is_rendered(bought: tuple[list[httpx2.Response], list[float]]) -> None:
    """Rendering is work without a pause; no answer waits for the end of it."""
    *answers, whole = bought[1]
    assert max(answers) < whole / 2


def test_the_length_told_is_the_length_of_the_file(bought: tuple[list[httpx2.Response], list[float]]) -> None:
    for clip in bought[0][-1].json()["data"]:
        sound = MP3(io.BytesIO(httpx2.get(clip["audio_url"]).content)).info
        assert sound is not None
        assert sound.length == pytest.approx(float(clip["duration"]), abs=0.1)
        assert (sound.sample_rate, sound.channels) == (48_000, 2)


def test_the_two_takes_sound_different(bought: tuple[list[httpx2.Response], list[float]]) -> None:
    first, second = (httpx2.get(clip["audio_url"]).content for clip in bought[0][-1].json()["data"])
    assert first != second


def test_the_same_seed_key_and_request_give_the_same_song_elsewhere(
    tmp_path: Path, owner: Account, song: dict[str, Any]
) -> None:
    with SandboxProcess(tmp_path, fast=False, pace="instant", seed=7) as elsewhere:
        again = Account(elsewhere, owner.key)
        with again.http:
            twin = again.clips(again.create(**SHORT))[0]
            assert httpx2.get(twin["audio_url"]).content == httpx2.get(song["audio_url"]).content
            other = again.clips(again.create(**SHORT))[0]
            assert httpx2.get(other["audio_url"]).content != httpx2.get(song["audio_url"]).content


def test_a_file_that_was_let_go_is_made_again(studio: SandboxProcess, song: dict[str, Any]) -> None:
    before = httpx2.get(song["audio_url"]).content
    (studio.folder / "files" / f"{song['clip_id']}.mp3").unlink()
    assert httpx2.get(song["audio_url"], timeout=PATIENCE).content == before


def test_what_is_made_from_a_song_has_its_lengths(owner: Account, song: dict[str, Any]) -> None:
    whole = float(song["duration"])
    extension = owner.sell(
        "create", **SHORT | {"task_type": "extend_music", "continue_clip_id": song["clip_id"], "continue_at": 8}
    )
    part = _wait(owner, extension["task_id"])[-1].json()["data"][0]
    joined = owner.sell("create", task_type="concat_music", continue_clip_id=part["clip_id"])
    stems = owner.sell("stems/basic", clip_id=song["clip_id"])
    (full,) = _wait(owner, joined["task_id"])[-1].json()["data"]
    assert float(full["duration"]) == pytest.approx(8 + float(part["duration"]), abs=0.3)
    for stem in _wait(owner, stems["task_id"])[-1].json()["data"]:
        assert float(stem["duration"]) == pytest.approx(whole, abs=0.1)


def test_facts_of_a_song_are_those_of_its_score(owner: Account, song: dict[str, Any]) -> None:
    assert owner.sell("bpm", clip_id=song["clip_id"])["data"]["avg_bpm"] == pytest.approx(100, abs=1)
    words = owner.sell("aligned-lyrics", clip_id=song["clip_id"])["data"]["alignment"]
    assert "tin" in "".join(word["word"] for word in words)
    assert all(0 <= word["start_s"] < word["end_s"] <= float(song["duration"]) + 0.1 for word in words)
    owner.sell("midi", clip_id=song["clip_id"])
    instruments = owner.sell("midi", clip_id=song["clip_id"])["data"]["instruments"]
    assert any(instrument["notes"] for instrument in instruments)


def test_a_moment_behind_the_end_of_a_song_is_refused(owner: Account, song: dict[str, Any]) -> None:
    body = SHORT | {"task_type": "extend_music", "continue_clip_id": song["clip_id"], "continue_at": 500}
    refused = owner.post("create", **body)
    assert (refused.status_code, "continue_at" in refused.json()["message"]) == (400, True)


def test_vocals_are_sung_over_a_recording(owner: Account, web: Web, recording_bytes: bytes) -> None:
    clip_id = owner.sell("upload", url=web.put("hum.wav", recording_bytes))["clip_id"]
    body = {name: value for name, value in SHORT.items() if name != "duration"}
    task = owner.sell("create", **body | {"task_type": "add_vocals", "continue_clip_id": clip_id})
    assert float(_wait(owner, task["task_id"])[-1].json()["data"][0]["duration"]) == pytest.approx(12, abs=0.5)


def _workers(pid: int) -> list[int]:
    """The processes that render for a sandbox."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        pytest.skip("needs /proc to see the children of a process")
    found = [int(child) for child in children.read_text().split()]
    return [child for child in found if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_worker_that_dies_is_replaced_and_the_song_is_made(owner: Account, studio: SandboxProcess) -> None:
    task_id = owner.create(**SHORT)
    for worker in _workers(studio.pid):
        os.kill(worker, signal.SIGKILL)
    assert _states(_wait(owner, task_id)[-1]) == ["succeeded", "succeeded"]


def test_no_worker_outlives_a_sandbox_that_was_killed(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, fast=False) as sandbox:
        account = Account(sandbox)
        with account.http:
            account.create(**SHORT)
        workers = _workers(sandbox.pid)
    assert workers
    until(lambda: all(map(_gone, workers)), "the workers are gone")
