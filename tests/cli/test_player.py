"""`songwright play`: one page on loopback that only its own browser can ask, and that ends with its page."""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx2
import pytest
from anyio.from_thread import BlockingPortal
from stage import Stage, tone
from waiting import PATIENCE
from world import World

from songwright.server.cli import player
from songwright.server.cli.player import Page, PageServer, chosen
from songwright.server.core.errors import NotFound

pytestmark = pytest.mark.anyio


class Browser:
    """Asks the server as a page does, in a thread of its own, because the server's answers come from this loop."""

    def __init__(self, server: PageServer) -> None:
        self.server = server
        self.base = server.address.rpartition("/")[0]
        self.token = server.token

    async def get(self, address: str, **headers: str) -> httpx2.Response:
        return await anyio.to_thread.run_sync(lambda: httpx2.get(address, headers=headers, timeout=PATIENCE))

    async def ask(self, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        given = {"Authorization": f"Bearer {self.token}", **headers}
        data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        return await anyio.to_thread.run_sync(
            lambda: httpx2.post(f"{self.base}/{path}", content=data, headers=given, timeout=PATIENCE)
        )

    def hold(self) -> Callable[[], None]:
        """What an open page does; the result closes it."""
        line = socket.create_connection(("127.0.0.1", self.server.server_port), timeout=PATIENCE)
        line.sendall(
            f"POST /hold HTTP/1.1\r\nHost: 127.0.0.1:{self.server.server_port}\r\nContent-Length: 0\r\n"
            f"Authorization: Bearer {self.token}\r\n\r\n".encode()
        )
        assert b"200 OK" in line.recv(100)
        return line.close


@asynccontextmanager
async def served(stage: Stage, song: str) -> AsyncIterator[Browser]:
    async with BlockingPortal() as portal:
        server = PageServer(portal, Page(await stage.caller(), song))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield Browser(server)
        finally:
            await anyio.to_thread.run_sync(server.shutdown)
            server.server_close()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def place_in(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="place">(.*?)</script>', text)
    assert found is not None
    place: dict[str, Any] = json.loads(found[1])
    return place


async def test_the_page_opens_once_and_shows_the_song(stage: Stage) -> None:
    job = stage.song()
    first = stage.clips(job)[0].clip_id
    async with served(stage, job.id) as browser:
        page = await browser.get(browser.server.address)
        assert page.status_code == 200
        assert place_in(page.text) == {"base": ".", "token": browser.token, "id": job.id, "keep": True}
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "'unsafe-inline'" not in policy.partition("style-src")[0]
        assert page.headers["referrer-policy"] == "no-referrer"
        again = await browser.get(browser.server.address)
        assert (again.status_code, browser.token in again.text) == (404, False)
        sheet = (await browser.ask("sheet", {"id": job.id})).json()
        assert [take["audio"]["bytes"] for take in sheet["takes"]] == [len(tone(3.0)), len(tone(4.0))]
        part = (await browser.ask("audio", {"clip_id": first, "offset": 100, "length": 50})).json()
        assert base64.b64decode(part["data"]) == tone(3.0)[100:150]


async def test_every_script_of_the_page_is_one_that_its_policy_names(stage: Stage) -> None:
    import hashlib

    job = stage.song(saved=False)
    async with served(stage, job.id) as browser:
        page = await browser.get(browser.server.address)
    scripts = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert len(scripts) == 2
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page.headers["content-security-policy"]
    assert "<script" not in page.text.replace("<script>", "").replace('<script type="application/json"', "")


async def test_a_take_is_kept_from_the_page(stage: Stage) -> None:
    job = stage.song(saved=False)
    second = stage.clips(job)[1].clip_id
    async with served(stage, job.id) as browser:
        assert (await browser.ask("keep", {"clip_id": second})).json() == {"kept": second}
        for wrong in ("nobody's", None, 7):
            assert (await browser.ask("keep", {"clip_id": wrong})).status_code == 400
    assert stage.journal.kept(stage.account, second)


async def test_nobody_else_is_told_anything(stage: Stage) -> None:
    job = stage.song()
    first = stage.clips(job)[0].clip_id
    async with served(stage, job.id) as browser:
        base = browser.base
        for path in ("", "x", "sheet", "../../etc/passwd", f"{first}.wav", "..%2f..%2fetc%2fpasswd", "?"):
            assert (await browser.get(f"{base}/{path}")).status_code == 404, path
        for authorization in ("", "Bearer x", browser.token, f"Bearer {browser.server.address.rpartition('/')[2]}"):
            answer = await browser.ask("sheet", {"id": job.id}, Authorization=authorization)
            if authorization != browser.token:
                assert answer.status_code == 403, authorization
        for host in ("evil.example", f"evil.example:{browser.server.server_port}", "127.0.0.1", "[::1]"):
            assert (await browser.get(browser.server.address, Host=host)).status_code == 403
            assert (await browser.ask("sheet", {"id": job.id}, Host=host)).status_code == 403
        for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
            assert (await browser.ask("sheet", {"id": job.id}, Origin=origin)).status_code == 403
        assert (await browser.ask("sheet", {"id": job.id}, Origin=base)).status_code == 200
        assert (await browser.get(browser.server.address)).status_code == 200, "a stranger has not used it up"


async def test_what_is_no_question_is_refused(stage: Stage) -> None:
    job = stage.song(saved=False)
    first = stage.clips(job)[0].clip_id
    async with served(stage, job.id) as browser:
        for body in (b"", b"[]", b"{", b"\xff", b"[" * 4_000, b"x" * 10_000):
            assert (await browser.ask("sheet", body)).status_code == 400
        for asked in ({"clip_id": first, "part": "../../journal"}, {"clip_id": "../state"}, {"path": "/etc/passwd"}):
            answer = await browser.ask("audio", asked)
            assert (answer.status_code, str(stage.root) in answer.text) == (400, False)
        assert (await browser.ask("nothing")).status_code == 404


async def test_it_ends_when_its_page_is_closed_and_not_before(stage: Stage) -> None:
    job = stage.song(saved=False)
    async with served(stage, job.id) as browser, anyio.create_task_group() as group:
        over = anyio.Event()

        async def wait() -> None:
            await browser.server.over()
            over.set()

        group.start_soon(wait)
        first = await anyio.to_thread.run_sync(browser.hold)
        second = await anyio.to_thread.run_sync(browser.hold)
        first()
        assert (await browser.ask("sheet", {"id": job.id})).status_code == 200
        assert not over.is_set()
        second()
        with anyio.fail_after(PATIENCE):
            await over.wait()


async def test_it_does_not_wait_for_ever_for_its_page(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "UNOPENED_SECONDS", 0.01)
    async with served(stage, "x") as browser:
        with anyio.fail_after(PATIENCE):
            await browser.server.over()


def test_without_a_screen_no_browser_takes_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = list[str]()

    def browser(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(webbrowser, "open", browser)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    player._open("http://127.0.0.1:1/x")
    assert "open the address yourself" in capsys.readouterr().err
    monkeypatch.setenv("DISPLAY", ":0")
    player._open("http://127.0.0.1:1/x")
    assert (opened, capsys.readouterr().err) == (["http://127.0.0.1:1/x"], "")


async def test_a_song_is_found_by_id_by_title_and_as_the_newest(stage: Stage) -> None:
    kettle, rain = stage.song("Kettle"), stage.song("Rain on the kettle")
    caller = await stage.caller()
    second = stage.clips(kettle)[1].clip_id
    assert (await chosen(caller, "")) == (rain, None)
    assert (await chosen(caller, kettle.id)) == (kettle, None)
    assert (await chosen(caller, second)) == (kettle, second)
    assert (await chosen(caller, "kettle")) == (kettle, None), "exactly this title comes before a newer one"
    assert (await chosen(caller, "rain")) == (rain, None)
    with pytest.raises(NotFound, match="no song with the words"):
        await chosen(caller, "../../etc/passwd")


def test_the_command_says_where_the_page_is_and_ends_with_it(world: World) -> None:
    """A whole process: it finds the song, prints an address that works, and its status is 0 when the page closes."""
    environment = world.environment()
    words = [sys.executable, "-m", "songwright.server"]
    made = [*words, "compose", "--yes", "a lullaby"]
    assert subprocess.run(made, env=environment, capture_output=True, timeout=PATIENCE, check=False).returncode == 0
    with subprocess.Popen(
        [*words, "play", "lullaby", "--no-browser"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/\S+", line)
        assert address is not None, line
        page = httpx2.get(address[0], timeout=PATIENCE).text
        assert world.key not in page
        place = place_in(page)
        base = address[0].rpartition("/")[0]
        headers = {"Authorization": f"Bearer {place['token']}"}
        sheet = httpx2.post(f"{base}/sheet", json={"id": place["id"]}, headers=headers, timeout=PATIENCE).json()
        assert [take["audio"]["mime"] for take in sheet["takes"]] == ["audio/mpeg"] * 2
        assert world.key not in json.dumps(sheet)
        with httpx2.stream("POST", f"{base}/hold", headers=headers, timeout=PATIENCE) as held:
            assert held.status_code == 200
        assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == ""
