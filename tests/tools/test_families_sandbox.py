"""The sandbox plays the families by the published contract: every answer on the way is held against it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sandbox_process import SandboxProcess
from waiting import PATIENCE

from songwright.server import contract

LYRICS = "[verse]\n" + "the lanterns float along the river\n" * 10
VOCAL = {"type": "vocal", "lyrics": LYRICS, "duration": 30}
SONG = {"task_type": "create_music", "mv": "FUZZ-2.0", "sound": "dub", "lyrics": "[Verse]\nrain"}
OLD_SONG = {"custom_mode": True, "make_instrumental": False, "mv": "FUZZ-1.1 Pro", "sound": "surf", "lyrics": "la"}
OFFERED = [op for op in contract.operations().values() if op.path.split("/")[3] in ("producer", "nuro", "riffusion")]


class Account:
    """Talks to one sandbox and believes no answer that the contract does not allow."""

    def __init__(self, service: SandboxProcess, key: str) -> None:
        self.service, self.key = service, key

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        answer = httpx2.request(
            method, f"{self.service.base_url}/api/v1/{path}", json=body,
            headers={"Authorization": f"Bearer {self.key}"}, timeout=PATIENCE, trust_env=False, verify=False,
        )  # fmt: skip
        found = contract.match(method, f"/api/v1/{path}")
        assert found is not None
        problems = contract.check_response(found[0].id, answer.status_code, answer.json())
        assert not problems, f"{method} {path} -> {answer.status_code} {answer.text}: {problems}"
        return answer

    def buy(self, path: str, **body: Any) -> dict[str, Any]:
        """Order and look until nothing more comes; the last answer."""
        sold = self.ask("POST", path, body)
        assert sold.status_code == 200, sold.text
        place = f"{path.split('/')[0]}/task/{sold.json()['task_id']}"
        while (seen := self.ask("GET", place)).status_code == 202:
            pass
        return {"http": seen.status_code, **seen.json()}

    def clip(self, path: str, **body: Any) -> dict[str, Any]:
        clip: dict[str, Any] = self.buy(path, **body)["data"][0]
        return clip


@pytest.fixture(scope="module", params=["fuzz", "lyria", "slim"])
def edition(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def account(edition: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with SandboxProcess(tmp_path_factory.mktemp("service"), fast=True, edition=edition) as service:
        yield Account(service, "somebody")


def test_every_path_of_the_families_is_there(account: Account) -> None:
    for operation in OFFERED:
        if operation.offered and operation.method == "POST":
            assert account.ask("POST", operation.path.removeprefix("/api/v1/"), {}).status_code == 400


def test_a_producer_song_has_the_shape_of_its_edition(account: Account, edition: str) -> None:
    answer = account.buy("producer/create", **SONG)
    assert (answer.get("status") == "SUCCESS") is (edition == "slim")
    (clip,) = answer["data"]
    assert ("state" in clip) is (edition != "slim")
    assert clip["mv"] == ("Lyria 3 Pro" if edition == "lyria" else "FUZZ-2.0")
    audio = httpx2.get(clip["audio_url"])
    assert (audio.headers["content-type"], audio.content[4:8]) == ("audio/mp4", b"ftyp")


@pytest.mark.parametrize(
    ("task_type", "editions"),
    [
        ("extend_music", {"fuzz", "lyria"}),
        ("cover_music", {"fuzz", "lyria"}),
        ("replace_music", {"fuzz", "lyria"}),
        ("swap_music_vocals", {"fuzz"}),
        ("swap_music_sound", {"fuzz"}),
        ("music_variation", {"fuzz"}),
        ("cover_upload_music", {"lyria"}),
    ],
)
def test_a_task_type_is_played_in_its_eras_and_retired_in_others(
    account: Account, edition: str, task_type: str, editions: set[str]
) -> None:
    clip = account.clip("producer/create", **SONG)
    body = {**SONG, "task_type": task_type, "clip_id": clip["clip_id"], "starts_at": 0.5, "ends_at": 1.5}
    body["instruction"] = "brass"
    if edition in editions:
        assert account.buy("producer/create", **body)["data"][0]["audio_url"]
    else:
        charged = account.service.books(account.key)["spent"]
        assert account.ask("POST", "producer/create", body).json()["type"] == "endpoint_retired"
        assert account.service.books(account.key)["spent"] == charged


def test_what_lyria_needs_is_asked_for(account: Account, edition: str) -> None:
    clip = account.clip("producer/create", **SONG)
    body = {**SONG, "task_type": "cover_music", "clip_id": clip["clip_id"]}
    expected = {"fuzz": 200, "lyria": 400, "slim": 410}
    assert account.ask("POST", "producer/create", body).status_code == expected[edition]


def test_a_producer_upload_and_download_are_tasks(account: Account) -> None:
    song = account.clip("producer/create", **SONG)
    link = f"{account.service.base_url}/files/{song['clip_id']}.mp3"
    upload = account.clip("producer/upload", audio_url=link)
    assert upload["clip_id"] != song["clip_id"]
    for wanted, field in (("mp3", "audio_url"), ("wav", "wav_url")):
        file = account.clip("producer/download", clip_id=song["clip_id"], format=wanted)
        assert httpx2.get(file[field]).headers["content-type"] == {"mp3": "audio/mpeg", "wav": "audio/wav"}[wanted]


def test_a_failed_task_of_every_family_is_told_and_refunded(account: Account, edition: str) -> None:
    for operation, path, body in (
        ("producer_create", "producer/create", SONG),
        ("nuro_create", "nuro/create", VOCAL),
        ("riffusion_create", "riffusion/create", OLD_SONG),
    ):
        account.service.fault(account.key, operation, "fail_task")
        before = account.service.books(account.key)["spent"]
        answer = account.buy(path, **body)
        said = {"producer_create": "FAILED" if edition == "slim" else None, "nuro_create": "failed"}.get(operation)
        assert (answer["http"], answer.get("status")) == (200 if said else 500, said)
        assert account.service.books(account.key)["spent"] == before


def test_nuro_is_flat_and_riffusion_sings_twice(account: Account) -> None:
    song = account.buy("nuro/create", **VOCAL, gender="Male", genre="Folk")
    assert (song["status"], song["gender"], song["genre"]) == ("succeeded", "Male", "Folk")
    assert httpx2.get(song["audio_url"]).content.startswith(b"RIFF")
    assert len(account.buy("riffusion/create", **OLD_SONG)["data"]) == 2


def test_one_family_does_not_know_the_tasks_and_clips_of_another(account: Account) -> None:
    made = account.ask("POST", "nuro/create", VOCAL).json()["task_id"]
    assert account.ask("GET", f"producer/task/{made}").status_code == 404
    assert account.ask("GET", f"sonic/task/{made}").status_code == 400
    clip = account.clip("producer/create", **SONG)
    body = {**OLD_SONG, "task_type": "cover_music", "continue_clip_id": clip["clip_id"]}
    assert account.ask("POST", "riffusion/create", body).status_code == 400


def test_a_retired_family_answers_410_and_the_others_go_on(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, fast=True, retired="nuro") as service:
        account = Account(service, "somebody")
        assert account.ask("POST", "nuro/create", VOCAL).status_code == 410
        assert account.ask("GET", "nuro/task/11111111").status_code == 410
        assert account.buy("producer/create", **SONG)["data"]


@pytest.mark.parametrize(("brand", "price"), [("aimusicapi", 10), ("musicapi", 12), ("sunoapi", 10)])
def test_every_brand_has_its_price(tmp_path: Path, brand: str, price: int) -> None:
    with SandboxProcess(tmp_path, fast=True, brand=brand) as service:
        account = Account(service, "somebody")
        account.buy("producer/create", **SONG)
        assert service.books("somebody")["spent"] == price
