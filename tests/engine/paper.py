"""An honest service on paper: no network, its own books, and every way to lose an answer. Also serves the files."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2

PRICE = 14
BALANCE = 100_000
_FRAME = b"\xff\xfb\x10\x00" + bytes(100)  # MPEG-1 Layer III, 32 kbit/s, 44.1 kHz: 26 ms of silence
MP3 = _FRAME * 20
JPEG = b"\xff\xd8\xff\xe0" + bytes(60) + b"\xff\xd9"
PUBLIC_ADDRESS = "93.184.216.34"


@dataclass
class Charge:
    """Credits taken once."""

    order_id: str | None
    task_id: str
    refunded: bool = False


@dataclass
class Task:
    """A song in work: how many looks it takes, and whether it fails."""

    task_id: str
    title: str
    looks_left: int
    fails: bool


@dataclass
class Paper:
    """The service. `script` says how the next orders are answered, `file_script` the next downloads; then all is well.

    Orders: ok, refused, no_credits, too_fast, not_sent, lose_before, error_before, html (nothing is charged);
    lose_after, error_after, html_after, garbage, no_task (charged, and the answer is lost); fail_task (charged, given
    back). Looks: ok, lost, error, html, too_fast. Files: ok, dead, cut, error.
    """

    script: deque[str] = field(default_factory=deque)
    look_script: deque[str] = field(default_factory=deque)
    file_script: deque[str] = field(default_factory=deque)
    looks_needed: int = 1
    covers: bool = True
    retry_after: str | None = None
    """What it sends along when it refuses an order for haste."""
    charges: list[Charge] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)
    arrived: list[tuple[str | None, str]] = field(default_factory=list)
    """Every order that reached the service: its id and what it met."""

    def transport(self) -> httpx2.MockTransport:
        """The way to the service and to its files."""
        return httpx2.MockTransport(self._serve)

    async def resolve(self, host: str, port: int) -> list[str]:
        """Every name is the same public address."""
        del host, port
        return [PUBLIC_ADDRESS]

    def _serve(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if path.startswith("/files/"):
            return self._file(request)
        if request.method == "POST":
            return self._order(request)
        if path.endswith("/get-credits"):
            left = BALANCE - PRICE * sum(not charge.refunded for charge in self.charges)
            return httpx2.Response(200, json={"credits": left, "extra_credits": 0})
        return self._look(request, path.rsplit("/", 1)[-1])

    def _order(self, request: httpx2.Request) -> httpx2.Response:
        mode = self.script.popleft() if self.script else "ok"
        if mode == "not_sent":
            raise httpx2.ConnectError("refused", request=request)
        order_id = request.headers.get("Idempotency-Key")
        self.arrived.append((order_id, mode))
        if mode == "lose_before":
            raise httpx2.RemoteProtocolError("closed", request=request)
        if mode in _REFUSALS:
            refused = _REFUSALS[mode]()
            if self.retry_after is not None:
                refused.headers["Retry-After"] = self.retry_after
            return refused
        task_id = f"task-{len(self.charges) + 1}"
        title = str(json.loads(request.content).get("title", "Untitled"))
        self.tasks[task_id] = Task(task_id, title, self.looks_needed, mode == "fail_task")
        self.charges.append(Charge(order_id, task_id, refunded=mode == "fail_task"))
        if mode == "lose_after":
            raise httpx2.ReadTimeout("silence", request=request)
        match mode:
            case "error_after":
                return _refusal(500, "api_error")
            case "html_after":
                return httpx2.Response(200, html="<html>Bad gateway</html>")
            case "garbage":
                return httpx2.Response(200, content=b'{"message": "succ')
            case "no_task":
                return httpx2.Response(200, json={"message": "success"})
        return httpx2.Response(200, json={"message": "success", "task_id": task_id})

    def _look(self, request: httpx2.Request, task_id: str) -> httpx2.Response:
        match self.look_script.popleft() if self.look_script else "ok":
            case "lost":
                raise httpx2.ReadTimeout("silence", request=request)
            case "error":
                return _refusal(503, "unavailable")
            case "html":
                return httpx2.Response(200, html="<html>Bad gateway</html>")
            case "too_fast":
                return _refusal(429, "forbidden")
        task = self.tasks.get(task_id)
        if task is None:
            return _refusal(404, "not_found")
        task.looks_left -= 1
        state = "running" if task.looks_left > 0 else "failed" if task.fails else "succeeded"
        return httpx2.Response(200, json={"code": 200, "data": [self._clip(task, take, state) for take in (1, 2)]})

    def _clip(self, task: Task, take: int, state: str) -> dict[str, Any]:
        made = state == "succeeded"
        base = f"https://files.paper.test/files/{task.task_id}-{take}"
        return {
            "clip_id": f"clip-{task.task_id}-{take}",
            "state": state,
            "title": task.title,
            "tags": "folk",
            "lyrics": "Rain",
            "mv": "sonic-v6",
            "audio_url": f"{base}.mp3" if made else None,
            "image_url": f"{base}.jpeg" if made and self.covers else None,
            "duration": "0.52" if made else None,
        }

    def _file(self, request: httpx2.Request) -> httpx2.Response:
        audio = request.url.path.endswith(".mp3")
        match self.file_script.popleft() if audio and self.file_script else "ok":
            case "dead":
                return httpx2.Response(404)
            case "error":
                return httpx2.Response(503)
            case "cut":
                raise httpx2.RemoteProtocolError("closed", request=request)
        # Every clip has bytes of its own, so that a file taken for another clip's is noticed.
        name = request.url.path.encode()
        data = MP3 + b"\xff\xfb\x10\x00" + name[:100].ljust(100, b"\0") if audio else JPEG[:-2] + name + JPEG[-2:]
        return httpx2.Response(200, content=_streamed(data))


async def _streamed(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _refusal(status: int, kind: str) -> httpx2.Response:
    return httpx2.Response(status, json={"type": kind, "error": "no", "message": f"{kind} on paper"})


_REFUSALS = {
    "refused": lambda: httpx2.Response(403, json={"type": "forbidden", "message": "these words are not allowed"}),
    "no_credits": lambda: httpx2.Response(403, json={"type": "forbidden", "message": "not enough credits"}),
    "too_fast": lambda: _refusal(429, "forbidden"),
    "error_before": lambda: _refusal(500, "api_error"),
    "html": lambda: httpx2.Response(502, html="<html>Bad gateway</html>"),
}
NOTHING_CHARGED = frozenset({*_REFUSALS, "not_sent", "lose_before"})
CERTAIN_REFUSALS = frozenset({"refused", "no_credits"})
LOST_CHARGED = frozenset({"lose_after", "error_after", "html_after", "garbage", "no_task"})
