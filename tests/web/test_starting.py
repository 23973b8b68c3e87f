"""What a server says when it starts, and when it refuses to: nobody serves strangers by mistake."""

from __future__ import annotations

import json
import os
import signal
import socket
from typing import Any

import anyio
import httpx2
import pytest
from http_world import LULLABY, SECRET, HttpWorld, Replica, ask

from songwright.server.core.errors import SettingRefused
from songwright.server.core.settings import load
from songwright.server.web.app import Hosted
from songwright.server.web.serve import serve

OUTSIDE = {"host": "0.0.0.0"}
PUBLIC = {**OUTSIDE, "public_url": "https://songs.example.org"}


def refusal(running: Replica) -> str:
    """What a server says that does not start."""
    assert running.ended() == 1
    assert "Traceback" not in running.log()
    return running.log()


def test_at_home_the_token_is_shown_with_a_line_that_adds_the_server_to_a_client(place: HttpWorld) -> None:
    with place.replica(secret_keys="") as running:
        told = running.log()
        assert f"claude mcp add --transport http songwright {running.url}/mcp" in told
        assert f'--header "Authorization: Bearer {running.token}"' in told
        names = [tool["name"] for tool in ask(running.url, running.token, "tools/list", {})["tools"]]
        assert "create_song" in names
        first = running.token
    kept = place.state / "http-token"
    assert kept.stat().st_mode & 0o077 == 0
    with place.replica() as again:
        assert again.token == first


def test_in_json_logs_every_line_is_an_object_and_none_has_the_token(place: HttpWorld) -> None:
    with place.replica(log_format="json") as running:
        told = running.log()
    assert all(line.startswith("{") for line in told.splitlines())
    assert (place.state / "http-token").read_text().strip() not in told


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({**PUBLIC, "secret_keys": ""}, "needs SONGWRIGHT_SECRET_KEYS"),
        ({**OUTSIDE, "secret_keys": SECRET}, "needs SONGWRIGHT_PUBLIC_URL"),
        ({"database_url": "postgresql://x/y", "secret_keys": ""}, "SONGWRIGHT_SECRET_KEYS"),
        ({"secret_keys": "too short"}, "SONGWRIGHT_SECRET_KEYS"),
        ({"public_url": "http://songs.example.org"}, "SONGWRIGHT_PUBLIC_URL must use https"),
        ({"oauth_issuer": "http://login.example.org"}, "SONGWRIGHT_OAUTH_ISSUER"),
    ],
)
def test_settings_that_would_leave_a_server_open_or_useless_are_refused(
    place: HttpWorld, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], says: str
) -> None:
    """Looked at before anything is listened on; the sentence names the setting."""
    for name, value in place.environment(**settings).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingRefused, match=says):
        anyio.run(serve, Hosted(load()))


def test_a_server_for_others_does_not_start_while_nobody_has_a_token(place: HttpWorld) -> None:
    said = refusal(place.launched(**PUBLIC))
    assert "Nobody can call this server: it has no tenants and no OAuth server" in said
    assert "songwright tenants add NAME" in said


def test_a_port_that_is_taken_is_named(place: HttpWorld) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refusal(place.launched("--port", str(port)))
    assert f"Songwright cannot listen on 127.0.0.1 port {port}" in said


def test_a_journal_that_cannot_be_opened_is_named(place: HttpWorld) -> None:
    place.state.write_text("a file where a folder should be")
    assert str(place.state) in refusal(place.launched())


def test_a_server_for_others_answers_to_its_public_name_only(place: HttpWorld) -> None:
    """A proxy passes the public name on; whoever comes by number has no business here."""
    _, token = place.tenant("somebody")
    with place.replica(**PUBLIC) as running:
        assert "Songwright answers at https://songs.example.org/mcp" in running.log()
        here = running.url
        assert httpx2.get(f"{here}/ready").status_code == 200
        assert httpx2.post(f"{here}/mcp").status_code == 421
        named = {"Host": "songs.example.org"}
        assert httpx2.post(f"{here}/mcp", headers=named).status_code == 401
        known = {**named, "Authorization": f"Bearer {token}"}
        assert httpx2.post(f"{here}/mcp", headers=known, content=b"{}").status_code == 400
        assert not (place.state / "http-token").exists()


def test_with_oauth_clients_are_told_where_people_sign_in(place: HttpWorld) -> None:
    """RFC 9728: the refusal names the metadata, and the metadata names the OAuth server."""
    with place.replica(**PUBLIC, oauth_issuer="https://login.example.org") as running:
        here, named = running.url, {"Host": "songs.example.org"}
        answer = httpx2.post(f"{here}/mcp", headers=named)
        where = "https://songs.example.org/.well-known/oauth-protected-resource/mcp"
        assert f'resource_metadata="{where}"' in answer.headers["www-authenticate"]
        told = httpx2.get(f"{here}/.well-known/oauth-protected-resource/mcp", headers=named).json()
        assert told["resource"] == "https://songs.example.org/mcp"
        assert told["authorization_servers"] == ["https://login.example.org"]
        assert told["scopes_supported"] == ["songwright"]


def test_a_worker_tells_how_it_is_and_nothing_else(place: HttpWorld) -> None:
    with place.replica("--role", "worker") as running:
        assert httpx2.get(f"{running.url}/health").text == "alive\n"
        assert httpx2.get(f"{running.url}/ready").text == "ready\n"
        assert httpx2.post(f"{running.url}/mcp").status_code == 404
        assert "Its token" not in running.log()


def test_without_a_key_nobody_hears_the_sandbox_play(place: HttpWorld) -> None:
    """A hosted server that falls back to toy songs would pass them off as the service's."""
    with place.replica(api_key="", base_url="") as running:
        assert (
            "SONGWRIGHT_API_KEY is not set, so this server makes songs only for callers with their own key"
            in running.log()
        )
        answer = ask(running.url, running.token, "tools/call", {"name": "check_credits", "arguments": {}},
                     name="check_credits")  # fmt: skip
        assert answer["isError"] is True
        assert "no key of the music service" in answer["structuredContent"]["notice"]


def test_free_tools_need_no_key(place: HttpWorld) -> None:
    """Whoever looks around without a key can plan, write and read; what is bought is refused, with a way out."""
    with place.replica(api_key="", base_url="") as running:

        def call(tool: str, arguments: dict[str, object]) -> dict[str, object]:
            answer = ask(running.url, running.token, "tools/call", {"name": tool, "arguments": arguments}, name=tool)
            return dict(answer["structuredContent"])

        assert call("plan_song", {"genre": "folk", "seconds": 120})["lines"]
        assert call("songwriting_guide", {"topic": "start"})["text"]
        assert call("list_songs", {})["songs"] == []
        assert "Nothing has been ordered" in str(call("wait_for_song", {})["summary"])
        assert "Songwright-Service-Key" in str(call("create_song", {"idea": "a boat", "instrumental": True})["summary"])
        assert "Songwright-Service-Key" in str(call("get_song", {"id": "0123"})["summary"])


def test_a_trial_plays_for_every_tenant_and_says_so_in_every_result(place: HttpWorld) -> None:
    """`--offline` is for people who try a server of their own: no key is needed, and none that comes is used."""
    (_, ann), (_, bob) = place.tenant("ann"), place.tenant("bob")
    try:
        trial(place, ann, bob)
    finally:
        door = json.loads((place.state / "sandbox" / "door.json").read_text())
        os.kill(door["pid"], signal.SIGTERM)
    assert list(place.library.glob("tenants/*/Sandbox/*.mp3"))
    assert (place.state / "sandbox" / "journal.sqlite3").exists()


def trial(place: HttpWorld, ann: str, bob: str) -> None:
    with place.replica("--offline", api_key="", base_url="", sandbox_fast=True, sandbox_pace="instant") as running:
        assert "This is a trial" in running.log()

        def call(token: str, tool: str, arguments: dict[str, object]) -> dict[str, Any]:
            answer = ask(running.url, token, "tools/call", {"name": tool, "arguments": arguments}, name=tool, key="k")
            assert answer["structuredContent"]["sandbox"] is True
            return dict(answer["structuredContent"])

        song = ask(running.url, ann, "tools/call", {"name": "create_song", "arguments": LULLABY}, name="create_song")
        job_id = song.get("taskId") or song["structuredContent"]["job_id"]
        while (task := ask(running.url, ann, "tasks/get", {"taskId": job_id}, name=job_id))["status"] == "working":
            pass
        made = task["result"]["structuredContent"]
        assert (made["status"], made["sandbox"]) == ("done", True)
        assert httpx2.get(made["clips"][0]["url"]).content[:3] == b"ID3"
        for token, left in ((ann, 1000 - 14), (bob, 1000)):
            told = [call(token, "check_credits", {}) for _ in range(2)]
            assert [answer["left"] for answer in told] == [left, left]
            assert ["toy synthesizer" in answer.get("notice", "") for answer in told] == [True, False], (
                "each is told once"
            )
        for tool, arguments in (("plan_song", {"genre": "folk", "seconds": 60}), ("list_songs", {}), ("get_bpm", {})):
            call(ann, tool, arguments)
