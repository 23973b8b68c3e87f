"""One song over HTTP, in both protocol eras: ordered, followed, fetched through its link, played."""

from __future__ import annotations

import socket
from io import BytesIO

import httpx2
import mutagen
import pytest
from http_world import LULLABY, HttpWorld, Replica, ask
from mutagen.id3 import ID3
from world import said

pytestmark = pytest.mark.anyio
ERAS = pytest.mark.parametrize("mode", ["auto", "legacy"])


@ERAS
async def test_words_become_a_song_behind_a_link_that_plays(shared: HttpWorld, server: Replica, mode: str) -> None:
    """Progress arrives while the call waits; the link needs no token and gives the whole tagged file."""
    _, token = shared.tenant(f"singer {mode}")
    shared.fault("task", "slow", seconds=0.3)
    heard: list[tuple[float, str]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        del total
        heard.append((progress, message or ""))

    async with shared.calling(server, token, mode=mode) as client:
        song = said(await client.call_tool("create_song", LULLABY, progress_callback=hear))
    assert song["status"] == "done", song
    assert [value for value, _ in heard] == sorted(value for value, _ in heard)
    assert any("service is making it" in message for _, message in heard)
    for number, clip in enumerate(song["clips"], start=1):
        assert "file" not in clip
        assert clip["url"].startswith(f"{server.url}/files/")
        answer = httpx2.get(clip["url"])
        assert answer.status_code == 200
        audio = mutagen.File(BytesIO(answer.content))
        assert audio.info.length == pytest.approx(clip["seconds"], abs=0.2)
        assert str(ID3(BytesIO(answer.content))["TXXX:SONGWRIGHT_CLIP_ID"]) == clip["clip_id"]
        assert answer.headers["content-type"] == "audio/mpeg"
        assert answer.headers["content-length"] == str(len(answer.content))
        named = f"inline; filename*=utf-8''Luc%C3%ADa%27s%20Lullaby%20%28take%20{number}%29.mp3"
        assert answer.headers["content-disposition"] == named
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"].startswith("private")


async def test_a_player_can_ask_for_a_part_of_a_song(shared: HttpWorld, server: Replica) -> None:
    """Browsers seek with Range requests (RFC 9110 §14); without them `currentTime` stays where it is."""
    _, token = shared.tenant("player")
    async with shared.calling(server, token) as client:
        song = said(await client.call_tool("create_song", LULLABY))
    url = song["clips"][0]["url"]
    whole = httpx2.get(url).content
    part = httpx2.get(url, headers={"Range": "bytes=100-299"})
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes 100-299/{len(whole)}"
    assert part.content == whole[100:300]
    beyond = httpx2.get(url, headers={"Range": f"bytes={len(whole)}-"})
    assert beyond.status_code == 416
    head = httpx2.head(url)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(whole)), b"")


@ERAS
async def test_a_song_that_takes_longer_than_a_call_is_waited_for_again(
    shared: HttpWorld, server: Replica, place: HttpWorld, mode: str
) -> None:
    """The call answers in time with the order's id; wait_for_song goes on from there."""
    del shared, server
    place.look_first_after(2.0)
    with place.replica(wait_seconds=0.3) as running:
        async with place.calling(running, running.token, mode=mode) as client:
            first = said(await client.call_tool("create_song", LULLABY))
            assert first["status"] in ("working", "streaming")
            for _ in range(60):
                song = said(await client.call_tool("wait_for_song", {"job_id": first["job_id"]}))
                if song["status"] == "done":
                    break
    assert song["status"] == "done"
    assert len(place.charges()) == 1


async def test_a_caller_may_bring_the_key_that_is_spent(shared: HttpWorld, server: Replica) -> None:
    """The header is for this request; the operator's key is not touched, and the key is nowhere in the log."""
    _, token = shared.tenant("guest")
    before = len(shared.charges())
    own = "key-of-the-guest-0123456789"
    async with shared.calling(server, token, headers={"Songwright-Service-Key": own}) as client:
        song = said(await client.call_tool("create_song", LULLABY))
        credit = said(await client.call_tool("check_credits", {}))
    assert song["status"] == "done"
    assert credit["left"] == 1000 - 14
    assert len(shared.charges()) == before
    assert [charge["credits"] for charge in shared.service.books(own)["charges"]] == [14]
    assert own not in server.log()


async def test_a_key_that_a_client_has_not_filled_in_counts_as_none(shared: HttpWorld, server: Replica) -> None:
    """A literal `${…}` is what some clients send for a setting that was left empty."""
    _, token = shared.tenant("unfilled")
    async with shared.calling(server, token, headers={"Songwright-Service-Key": "${SERVICE_KEY}"}) as client:
        song = said(await client.call_tool("create_song", LULLABY))
    assert song["status"] == "done"
    assert shared.service.books("${SERVICE_KEY}")["charges"] == []


async def test_the_service_calls_back_and_nobody_has_to_look(place: HttpWorld) -> None:
    """The order told it where; its signed call comes through the same server, and one look fetches the song."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with place.replica("--port", str(port), public_url=f"http://127.0.0.1:{port}") as running:
        async with place.calling(running, running.token) as client:
            song = said(await client.call_tool("create_song", LULLABY))
        assert song["status"] == "done"
        assert running.tells(r"POST /hooks/\{job_id\}/\*\*\* 200 ")
    (task,) = place.service.books(place.key)["tasks"]
    assert task["polls"] <= 2


def test_what_nobody_has_priced_is_not_bought_from_the_operators_key(place: HttpWorld) -> None:
    """No allowance could be held against it; with a key of their own a tenant may agree to an unknown price."""
    (place.config / "catalogue.toml").unlink()
    _, token = place.tenant("somebody")
    with place.replica() as running:
        order = {"name": "create_song", "arguments": LULLABY}
        answer = ask(running.url, token, "tools/call", order, name="create_song")
    assert answer["isError"] is True
    assert "cannot check it against your allowance" in answer["structuredContent"]["notice"]
    assert place.charges() == []
