"""Links to files behave like a CDN's: ranges, HEAD, links that die, bodies that are cut."""

from __future__ import annotations

import httpx2
import pytest

from .conftest import Account


def test_a_song_can_be_fetched_whole_in_parts_and_by_head_without_a_key(account: Account) -> None:
    url = account.song()["audio_url"]
    whole = httpx2.get(url)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/mpeg")
    assert whole.content[:3] == b"ID3" or whole.content[0] == 0xFF
    part = httpx2.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    head = httpx2.head(url)
    assert (head.headers["content-length"], head.content) == (str(len(whole.content)), b"")


def test_the_cover_is_a_jpeg(account: Account) -> None:
    cover = httpx2.get(account.song()["image_url"])
    assert (cover.headers["content-type"], cover.content[:2]) == ("image/jpeg", b"\xff\xd8")


@pytest.mark.parametrize("name", ["x.mp3", "../books.sqlite", "11111111-2222-4333-8444-555555555555.mp3", "door.json"])
def test_what_is_no_file_of_a_clip_is_not_there(account: Account, name: str) -> None:
    assert account.http.get(f"/files/{name}").status_code == 404


@pytest.mark.parametrize("status", [403, 404])
def test_a_dead_link_stays_dead_until_a_poll_gives_a_fresh_one(account: Account, status: int) -> None:
    task_id = account.create()
    old = account.clips(task_id)[0]["audio_url"]
    account.fault("file", "dead_link", status=status)
    assert [httpx2.get(old).status_code, httpx2.get(old).status_code] == [status, 403]
    fresh = account.clips(task_id)[0]["audio_url"]
    assert fresh != old
    assert httpx2.get(fresh).status_code == 200


def test_a_file_can_be_cut_in_the_middle(account: Account) -> None:
    url = account.song()["audio_url"]
    account.fault("file", "truncate")
    with httpx2.stream("GET", url) as answer:
        announced = int(answer.headers["content-length"])
        with pytest.raises(httpx2.RemoteProtocolError):
            answer.read()
    assert len(httpx2.get(url).content) == announced


def test_a_file_can_be_a_web_page_instead(account: Account) -> None:
    url = account.song()["audio_url"]
    account.fault("file", "html_file")
    answer = httpx2.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert httpx2.get(url).headers["content-type"] == "audio/mpeg"


def test_a_download_can_be_refused_or_lost(account: Account) -> None:
    url = account.song()["audio_url"]
    account.fault("file", "refuse", status=503)
    assert httpx2.get(url).status_code == 503
    account.fault("file", "lose_before")
    with pytest.raises(httpx2.RemoteProtocolError):
        httpx2.get(url)
