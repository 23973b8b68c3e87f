"""The player behind a signed link: a browser sees the song that the link belongs to, and nothing else of anybody."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from http_world import HttpWorld, Replica
from stage import Songs, tone
from waiting import PATIENCE

from songwright.server.core.jobs import Account, Job
from songwright.server.journal.write import Journal

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}


@dataclass
class Shelf:
    """A tenant's songs, and links to them."""

    place: HttpWorld
    server: Replica
    tenant: str
    songs: Songs

    def link(self, path: str, seconds: float = 60) -> str:
        return self.place.sealer.link({"tenant": self.tenant, "path": path}, seconds)

    def get(self, link: str, query: str = "", **headers: str) -> httpx2.Response:
        return httpx2.get(f"{self.server.url}/files/{link}{query}", headers=headers, timeout=PATIENCE)

    def ask(self, link: str, what: str, asked: Any, *, token: str | None = None) -> httpx2.Response:
        body = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
        headers = {"Authorization": f"Bearer {link if token is None else token}", "Origin": self.server.url}
        return httpx2.post(f"{self.server.url}/files/{link}/{what}", content=body, headers=headers, timeout=PATIENCE)


def shelf_of(place: HttpWorld, server: Replica, name: str) -> Shelf:
    tenant = place.tenant(name)[0]
    account = Account(tenant, server.url, f"key of {tenant}", "aimusicapi", sandbox=False)
    clock = place.store.clock()
    songs = Songs(Journal(place.store, clock), account, place.library / "tenants" / tenant, clock)
    return Shelf(place, server, tenant, songs)


@pytest.fixture
def shelf(shared: HttpWorld, server: Replica, request: pytest.FixtureRequest) -> Shelf:
    return shelf_of(shared, server, request.node.name[:60])


def saved(shelf: Shelf, title: str = "Kettle") -> tuple[Job, str, str]:
    """A song, the link to its first take, and that clip."""
    job = shelf.songs.song(title)
    first = shelf.songs.clips(job)[0].clip_id
    return job, shelf.link(f"{first}.wav"), first


def test_a_browser_gets_the_player_and_everybody_else_the_file(shelf: Shelf) -> None:
    _, link, first = saved(shelf)
    page = shelf.get(link, **BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Accept" in page.headers["vary"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    found = re.search(r'id="place">(.*?)</script>', page.text)
    assert found is not None
    assert json.loads(found[1]) == {"base": f"./{link}", "token": link, "id": first, "keep": False}
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "audio/*;q=0.9, */*;q=0.1"}, {"Range": "bytes=0-9"}):
        answer = shelf.get(link, **headers)
        assert answer.headers["content-type"] == "audio/wav"
        assert answer.content == tone(3.0)[: len(answer.content)]
        assert "Accept" in answer.headers["vary"]
    assert shelf.get(link, "?file", **BROWSER).content == tone(3.0)


def test_the_player_shows_the_takes_of_that_song_without_its_price(shelf: Shelf) -> None:
    job, link, first = saved(shelf)
    shelf.songs.timed(first)
    shelf.songs.apart(first)
    told = shelf.ask(link, "sheet", {"id": "whatever it says"}).json()
    assert (told["job_id"], told["clip_id"], told["status"]) == (job.id, first, "done")
    assert (told["cost"], "credits" in told["sentence"]) == (None, False)
    one, two = told["takes"]
    assert one["url"] == f"./{link}?file"
    assert two["url"] is None, "a link that is about to expire must not make new ones"
    assert str(shelf.place.library) not in json.dumps(told)
    for clip_id, part, whole in (
        (first, None, tone(3.0)),
        (first, "vocals", tone(1.0, 220.0)),
        (two["clip_id"], None, tone(4.0)),
    ):
        got = shelf.ask(link, "audio", {"clip_id": clip_id, "part": part, "offset": 44, "length": 1_000}).json()
        assert base64.b64decode(got["data"]) == whole[44:1_044]


def test_a_link_leads_to_no_other_song(shelf: Shelf) -> None:
    _, link, first = saved(shelf)
    _, _, other = saved(shelf, "Another")
    neighbour = shelf_of(shelf.place, shelf.server, f"{shelf.tenant} next door")
    _, their_link, theirs = saved(neighbour, "Theirs")
    foreign: list[Any] = [other, theirs, "nobody's", "../x", None, 7, [], {"a": 1}]
    for clip_id in foreign:
        answer = shelf.ask(link, "audio", {"clip_id": clip_id})
        assert (answer.status_code, "data" in answer.json()) == (404, False), clip_id
    assert shelf.ask(link, "audio", {"clip_id": first}, token=their_link).status_code == 403
    for token in ("x", link[:-1], "songs"):
        assert shelf.ask(link, "sheet", {}, token=token).status_code == 403


@pytest.mark.anyio
async def test_another_tenants_player_finds_nothing_of_it(shelf: Shelf) -> None:
    """Though it knows the ids."""
    job, _, first = saved(shelf)
    apart = shelf.songs.apart(first)
    _, token = shelf.place.tenant(f"{shelf.tenant} across the road")
    async with shelf.place.calling(shelf.server, token) as client:
        for tool, arguments in (
            ("song_sheet", {"id": job.id}), ("song_sheet", {"id": f"{apart.id}-vocals"}), ("play_song", {"id": first}),
            ("song_audio", {"clip_id": first}), ("song_audio", {"clip_id": first, "part": "vocals"}),
            ("keep_take", {"clip_id": first}),
        ):  # fmt: skip
            result = await client.call_tool(tool, arguments)
            assert result.is_error, tool
            assert "Kettle" not in str(result.content)


def test_what_opens_no_file_opens_no_player(shelf: Shelf) -> None:
    _, link, first = saved(shelf)
    old = shelf.link(f"{first}.wav", seconds=-1)
    (shelf.songs.root / "words.lrc").write_text("[00:01.00]words")
    lyrics = shelf.link("words.lrc")
    assert shelf.get(lyrics, **BROWSER).text == "[00:01.00]words"
    for bad in (old, link[:-2] + "AA", "x"):
        assert shelf.get(bad, **BROWSER).status_code == 404
        assert shelf.ask(bad, "sheet", {}).status_code == 404
    assert shelf.ask(lyrics, "sheet", {}).status_code == 404
    assert shelf.ask(link, "keep", {"clip_id": first}).status_code == 404
    for body in (b"", b"[]", b"{", b"x" * 5_000):
        assert shelf.ask(link, "sheet", body).status_code == 404
    shelf.place.tenants.revoke(shelf.tenant)
    assert shelf.get(link, **BROWSER).status_code == 404
    assert shelf.ask(link, "audio", {"clip_id": first}).status_code == 404
    assert "Traceback" not in shelf.server.log()


def test_a_database_in_trouble_is_not_named_to_whoever_has_a_link(shelf: Shelf) -> None:
    _, link, first = saved(shelf)
    with closing(sqlite3.connect(shelf.place.state / "journal.sqlite3")) as operator:
        operator.execute("ALTER TABLE files RENAME TO elsewhere")
        try:
            answers = [shelf.ask(link, "sheet", {}), shelf.ask(link, "audio", {"clip_id": first})]
        finally:
            operator.execute("ALTER TABLE elsewhere RENAME TO files")
    assert [answer.status_code for answer in answers] == [503, 503]
    assert "sqlite3" not in "".join(answer.text for answer in answers)
    assert shelf.ask(link, "sheet", {}).status_code == 200, "the link is as good as before"


def test_no_other_page_can_ask(shelf: Shelf) -> None:
    _, link, _ = saved(shelf)
    answer = httpx2.post(
        f"{shelf.server.url}/files/{link}/sheet",
        json={},
        headers={"Authorization": f"Bearer {link}", "Origin": "https://evil.example"},
        timeout=PATIENCE,
    )
    assert answer.status_code == 403
