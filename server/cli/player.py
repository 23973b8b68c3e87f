"""`songwright play`: the player in the browser, served on loopback to one page, for as long as it is open."""

from __future__ import annotations

import json
import os
import secrets
import select
import sys
import threading
import webbrowser
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anyio
from anyio.from_thread import BlockingPortal

from ..app import Songwright
from ..core import settings as settings_module
from ..core.errors import NotFound, SongwrightError
from ..core.foreign import one_line
from ..core.jobs import Job
from ..core.logs import set_up
from ..orders import player
from ..orders.caller import Caller
from ..protocol import apps
from ..protocol.place import MOST_QUESTION, placed, question

HOST = "127.0.0.1"
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
UNOPENED_SECONDS = 600.0
"""How long the server waits for its page to be opened."""
READ_SECONDS = 30.0
AT_ONCE = 32
"""Requests that are served at the same time; a browser has six connections to a server."""
_HOLD = """
(() => {
  const place = JSON.parse(document.getElementById("place").textContent);
  window.held = fetch(`${place.base}/hold`, { method: "POST", headers: { Authorization: `Bearer ${place.token}` } })
    .then((answer) => answer.text()).catch(() => "");
})();
"""
"""Keeps a connection open while the page is; its end is the end of the server."""

Answer = tuple[dict[str, Any], bool]


def play(flags: Mapping[str, Any], wanted: str, *, browser: bool) -> int:
    """Serve the player of a song until its page is closed."""
    settings = settings_module.load(**flags)
    set_up(settings)
    app = Songwright(settings)

    async def work() -> None:
        async with app.running():
            caller = await app.caller()
            job, clip_id = await chosen(caller, wanted)
            await _served(caller, job, clip_id, browser=browser)

    anyio.run(work)
    return 0


async def chosen(caller: Caller, wanted: str) -> tuple[Job, str | None]:
    """The song that an id, words of a title, or nothing, means. Raises `NotFound`."""
    if not wanted:
        return await player.wanted(caller, None)
    try:
        return await player.wanted(caller, wanted)
    except NotFound:
        return await player.titled(caller, wanted)


async def _served(caller: Caller, job: Job, clip_id: str | None, *, browser: bool) -> None:
    async with BlockingPortal() as portal:
        server = PageServer(portal, Page(caller, clip_id or job.id))
        thread = threading.Thread(target=server.serve_forever, args=(0.2,), daemon=True)
        thread.start()
        try:
            print(f"{one_line(job.subject, 80)}: the player is at {server.address}")
            print("The address opens once. Closing the page ends it, and so does Ctrl-C.", flush=True)
            if browser:
                threading.Thread(target=_open, args=(server.address,), daemon=True).start()
            await server.over()
        finally:
            server.shutdown()
            server.server_close()


def _open(address: str) -> None:
    # Without a screen a browser of the terminal would take the terminal over, and could play nothing.
    screen = sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in _SCREENS)
    try:
        opened = screen and webbrowser.open(address)
    except webbrowser.Error:
        opened = False
    if not opened:
        print("No browser could be opened: open the address yourself.", file=sys.stderr)


class Page:
    """What the page may ask about: the songs of the person at this machine."""

    def __init__(self, caller: Caller, song: str) -> None:
        self._caller = caller
        self.song = song

    async def sheet(self, asked: Mapping[str, Any]) -> Answer:
        """What the player shows."""
        return await apps.answered(self._caller, apps.SHEET, asked)

    async def audio(self, asked: Mapping[str, Any]) -> Answer:
        """What it plays."""
        return await apps.answered(self._caller, apps.AUDIO, asked)

    async def keep(self, asked: Mapping[str, Any]) -> Answer:
        """The take that the person has chosen."""
        clip_id = asked.get("clip_id")
        try:
            await player.keep(self._caller, clip_id if isinstance(clip_id, str) else "")
        except SongwrightError as error:
            return apps.refusal(error), True
        return {"kept": clip_id}, False


class PageServer(ThreadingHTTPServer):
    """One page on a free port of loopback. Its address works once; what the page asks needs the token inside it."""

    daemon_threads = True
    allow_reuse_address = False
    request_queue_size = AT_ONCE

    def __init__(self, portal: BlockingPortal, page: Page) -> None:
        super().__init__((HOST, 0), _Handler)
        self.portal, self.page = portal, page
        self.token = secrets.token_urlsafe(32)
        self._once: str | None = secrets.token_urlsafe(32)
        self.places = frozenset(f"{name}:{self.server_port}" for name in (HOST, "localhost"))
        self.address = f"http://{HOST}:{self.server_port}/{self._once}"
        self.room = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._held = 0
        self._opened, self._over = anyio.Event(), anyio.Event()

    def used(self, once: str) -> bool:
        """Whether this opens the page; it does so once."""
        with self._lock:
            right = self._once is not None and secrets.compare_digest(once.encode(), self._once.encode())
            if right:
                self._once = None
            return right

    def hold(self, by: int) -> None:
        """A page has come, or gone; with the last one the server ends."""
        with self._lock:
            self._held += by
            event = self._opened if self._held else self._over
        self.portal.call(event.set)

    async def over(self) -> None:
        """Return when the page was closed, or never came."""
        with anyio.move_on_after(UNOPENED_SECONDS):
            await self._opened.wait()
        if self._opened.is_set():
            await self._over.wait()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "songwright", ""
    timeout = READ_SECONDS

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the library's name for it
        """The terminal is the person's."""

    def do_GET(self) -> None:
        """The page, once."""
        if not self._from_here():
            return
        if not self.server.used(self.path.removeprefix("/")):
            self._say(
                HTTPStatus.NOT_FOUND, "text/plain", b"This address was opened already. Run songwright play again.\n"
            )
            return
        place = {"base": ".", "token": self.server.token, "id": self.server.page.song, "keep": True}
        text, headers = placed(place, _HOLD)
        self._say(HTTPStatus.OK, "text/html; charset=utf-8", text.encode(), headers)

    def do_POST(self) -> None:
        """What the page asks."""
        size = self.headers.get("Content-Length", "0")
        body = (
            self.rfile.read(int(size)) if size.isascii() and size.isdecimal() and int(size) <= MOST_QUESTION else None
        )
        if body is None or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # what follows on this connection is not the next request
        if not self._from_here():
            return
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(given.encode(), self.server.token.encode()):
            self._refuse(HTTPStatus.FORBIDDEN, "This page may not ask that.")
            return
        page = self.server.page
        ways: Mapping[str, Callable[[Mapping[str, Any]], Awaitable[Answer]]] = {
            "/sheet": page.sheet, "/audio": page.audio, "/keep": page.keep,
        }  # fmt: skip
        if self.path == "/hold":
            self._hold()
        elif (way := ways.get(self.path)) is None:
            self._refuse(HTTPStatus.NOT_FOUND, "There is nothing here.")
        elif body is None or (asked := question(body)) is None:
            self._refuse(HTTPStatus.BAD_REQUEST, "This is no question of the player.")
        elif not self.server.room.acquire(blocking=False):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "Too much at once.")
        else:
            try:
                told, refused = self.server.portal.call(way, asked)
            finally:
                self.server.room.release()
            self._tell(HTTPStatus.BAD_REQUEST if refused else HTTPStatus.OK, told)

    def _hold(self) -> None:
        """Answer without an end, until the page is gone."""
        self.close_connection = True
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Connection", "close")
        self.end_headers()
        self.server.hold(1)
        try:
            while not select.select([self.connection], [], [], READ_SECONDS)[0]:
                pass
        finally:
            self.server.hold(-1)

    def _from_here(self) -> bool:
        """Whether a browser of this machine asks under this server's own name; else it is told nothing."""
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        if host in self.server.places and origin in (None, f"http://{host}"):
            return True
        self._refuse(HTTPStatus.FORBIDDEN, "This server answers only to its own page.")
        return False

    def _refuse(self, status: HTTPStatus, sentence: str) -> None:
        self._tell(status, {"status": "failed", "sentence": sentence})

    def _tell(self, status: HTTPStatus, told: Mapping[str, Any]) -> None:
        self._say(status, "application/json", json.dumps(told).encode())

    def _say(self, status: HTTPStatus, kind: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        fixed = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})}
        for name, value in {**fixed, "Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
