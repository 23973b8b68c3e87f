"""One fast sandbox per module, a fresh account per test, and every answer held against the published contract."""

from __future__ import annotations

import http.server
import io
import itertools
import math
import struct
import threading
import wave
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from sandbox_process import SandboxProcess
from waiting import PATIENCE

from songwright.server import contract

_numbers = itertools.count(1)


class Account:
    """A bearer key of its own: `post`, `poll`, `credits`. Answers are checked against the contract."""

    def __init__(self, sandbox: SandboxProcess, key: str | None = None, prefix: str = "/api/v1/sonic") -> None:
        self.sandbox = sandbox
        self.key = key or f"account-{next(_numbers)}"
        self.prefix = prefix
        self.http = httpx2.Client(
            base_url=sandbox.base_url,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=PATIENCE,
            trust_env=False,
            verify=False,
        )

    def ask(self, method: str, path: str, body: object = None, *, as_published: bool = True) -> httpx2.Response:
        answer = self.http.request(method, path, json=body) if body is not None else self.http.request(method, path)
        found = contract.match(method, path)
        if as_published and found is not None:
            problems = contract.check_response(found[0].id, answer.status_code, answer.json())
            assert not problems, f"{method} {path} -> {answer.status_code} {answer.text}: {problems}"
        return answer

    def post(self, path: str, *, as_published: bool = True, **body: Any) -> httpx2.Response:
        return self.ask("POST", f"{self.prefix}/{path}", body, as_published=as_published)

    def sell(self, path: str, **body: Any) -> dict[str, Any]:
        """POST something that must be accepted; its answer."""
        answer = self.post(path, **body)
        assert answer.status_code == 200, answer.text
        accepted: dict[str, Any] = answer.json()
        return accepted

    def create(self, **body: Any) -> str:
        """Buy a small song; its task id."""
        return str(self.sell("create", **{**SONG, **body})["task_id"])

    def poll(self, task_id: str, *, as_published: bool = True) -> httpx2.Response:
        return self.ask("GET", f"{self.prefix}/task/{task_id}", as_published=as_published)

    def clips(self, task_id: str) -> list[dict[str, Any]]:
        answer = self.poll(task_id)
        assert answer.status_code == 200, answer.text
        clips: list[dict[str, Any]] = answer.json()["data"]
        return clips

    def song(self, **body: Any) -> dict[str, Any]:
        """The first clip of a new song."""
        return self.clips(self.create(**body))[0]

    def credits(self) -> int:
        told = self.ask("GET", "/api/v1/get-credits").json()
        return int(told["credits"] + told["extra_credits"])

    def cost(self, action: Callable[[], object]) -> int:
        """Credits that an action took."""
        before = self.credits()
        action()
        return before - self.credits()

    def fault(self, operation: str, do: str, **details: Any) -> None:
        self.sandbox.fault(self.key, operation, do, **details)

    def books(self) -> dict[str, Any]:
        return self.sandbox.books(self.key)


SONG: dict[str, Any] = {
    "task_type": "create_music",
    "custom_mode": True,
    "mv": "sonic-v6",
    "use_suno_cdn": False,
    "prompt": "[Verse]\nRain upon the tin roof\n\n[Chorus]\nStay a while with me",
    "title": "Tin Roof",
    "tags": "folk, 92 BPM",
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox"), fast=True) as process:
        yield process


@pytest.fixture
def account(sandbox: SandboxProcess) -> Iterator[Account]:
    owner = Account(sandbox)
    with owner.http:
        yield owner


def tone(seconds: float, rate: int = 8000) -> bytes:
    """A small WAV file with a tone in it."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        second = b"".join(struct.pack("<h", int(9000 * math.sin(math.tau * 220 * i / rate))) for i in range(rate))
        out.writeframes((second * math.ceil(seconds))[: 2 * int(seconds * rate)])
    return file.getvalue()


class Web:
    """A web server on loopback: serves `files`, records what is posted to it, answers POSTs with `statuses` in turn."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.posted: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.arrived = threading.Condition()
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                data = web.files.get(self.path)
                self.send_response(404 if data is None else 200)
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(data or b"")

            do_HEAD = do_GET  # noqa: N815 - the library's name

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with web.arrived:
                    web.posted.append(({name.lower(): value for name, value in self.headers.items()}, body))
                    self.send_response(web.statuses.pop(0) if web.statuses else 200)
                    web.arrived.notify_all()
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def put(self, name: str, data: bytes) -> str:
        self.files[f"/{name}"] = data
        return f"{self.base_url}/{name}"

    def wait_posted(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.posted) >= count, PATIENCE), f"{len(self.posted)} of {count}"
            return list(self.posted)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web()
    yield server
    server.close()


@pytest.fixture(scope="module")
def recording_bytes() -> bytes:
    return tone(12)


@pytest.fixture
def upload(account: Account, web: Web, recording_bytes: bytes) -> Callable[[], str]:
    """Upload a 12-second recording; its clip id."""
    return lambda: account.sell("upload", url=web.put("voice.wav", recording_bytes))["clip_id"]
