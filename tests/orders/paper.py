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
    fails: str
    """Empty for one that will be made; "task" for one whose refund is told, "untold" for one whose is not."""


@dataclass
class Paper:
    """The service. `script` says how the next orders are answered, `file_script` the next downloads; then all is well.

    Orders: ok, refused, no_credits, too_fast, not_sent, lose_before, error_before, html (nothing is charged);
    lose_after, error_after, html_after, garbage, no_task (charged, and the answer is lost); fail_task (charged, given
    back, and the looks say so); fail_untold (the same, and nobody says so). Looks: ok, lost, unreachable, html, and the
    answers of `LOOKS`. Files: ok, dead, forbidden, cut, error. An `outage` is what every look meets until it is over.
    """

    script: deque[str] = field(default_factory=deque)
    look_script: deque[str] = field(default_factory=deque)
    file_script: deque[str] = field(default_factory=deque)
    outage: str | None = None
    file_outage: str | None = None
    first_take_outage: str | None = None
    """What the file of every first take meets, and no other."""
    looks: int = 0
    """How often anybody has asked for a task."""
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
        fails = mode.removeprefix("fail_") if mode.startswith("fail_") else ""
        self.tasks[task_id] = Task(task_id, title, self.looks_needed, fails)
        self.charges.append(Charge(order_id, task_id, refunded=bool(fails)))
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
        self.looks += 1
        mode = self.look_script.popleft() if self.look_script else self.outage or "ok"
        match mode:
            case "lost":
                raise httpx2.ReadTimeout("silence", request=request)
            case "unreachable":
                raise httpx2.ConnectError("refused", request=request)
            case "html":
                return httpx2.Response(200, html="<html>Bad gateway</html>")
            case "gone_page":
                return httpx2.Response(404, html="<html>Not found</html>")
        if mode in LOOKS:
            status, body = LOOKS[mode]
            return httpx2.Response(status, json=body)
        task = self.tasks.get(task_id)
        if task is None:
            return _refusal(404, "not_found")
        task.looks_left -= 1
        state = "running" if task.looks_left > 0 else "failed" if task.fails else "succeeded"
        if state == "failed" and task.fails == "task":
            told = {"type": "api_error", "message": "it failed", "already_refunded": True}
            return httpx2.Response(500, json=told)
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
        outage = (request.url.path.endswith("-1.mp3") and self.first_take_outage) or self.file_outage
        match (self.file_script.popleft() if self.file_script else outage or "ok") if audio else "ok":
            case "dead":
                return httpx2.Response(404)
            case "forbidden":
                return httpx2.Response(403)
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
LOOKS: dict[str, tuple[int, dict[str, Any]]] = {
    "error": (503, {"type": "unavailable", "message": "no"}),
    "api_error": (503, {"type": "api_error", "message": "try again later"}),
    "api_error_500": (500, {"type": "api_error", "message": "system error", "refund_processed": False}),
    "timeout": (504, {"type": "timeout", "message": "timed out"}),
    "forbidden": (403, {"type": "forbidden", "message": "no"}),
    "key_refused": (401, {"message": "unknown key"}),
    "too_fast": (429, {"type": "forbidden", "message": "slower"}),
    "not_ready": (202, {"type": "not_ready", "message": "task is not ready"}),
    "gone": (404, {"type": "not_found", "message": "task not found"}),
    "unknown_task": (400, {"type": "bad_request", "message": "task not found"}),
    "error_inside": (200, {"code": 500, "message": "internal error"}),
    "empty": (200, {}),
}
"""Answers to a look that say nothing of the song."""
UNSEEN = ("lost", "unreachable", "html", "gone_page", *LOOKS)
"""Everything that a look can meet beside the truth."""
NOTHING_CHARGED = frozenset({*_REFUSALS, "not_sent", "lose_before"})
LOST_CHARGED = frozenset({"lose_after", "error_after", "html_after", "garbage", "no_task"})
