"""A hosted Songwright in a test: real server processes over real HTTP, real clients, the sandbox as the service."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx2
import warm
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitRequestParams, ElicitResult
from sandbox_process import SandboxProcess
from waiting import PATIENCE
from world import PATIENT, World

from songwright.server.core.sealing import Sealer
from songwright.server.journal.postgres import PostgresStore
from songwright.server.journal.sqlite import SqliteStore, Store
from songwright.server.web.tenants import Tenants

SECRET = "a secret of these tests that is long enough"
MODERN = "2026-07-28"
TASKS = "io.modelcontextprotocol/tasks"
LULLABY = {
    "lyrics": "[Verse]\nSleep, Lucía, the boats are home\nthe lamp has closed its eye\n[Outro]\nsleep",
    "style": "lullaby, soft female voice, music box, 70 BPM",
    "title": "Lucía's Lullaby",
}


@dataclass
class Replica:
    """One server process. `log()` is what it has told so far on standard error."""

    process: subprocess.Popen[bytes]
    log_file: Path

    def tells(self, pattern: str) -> bool:
        """Whether a line of the log fits, now or soon: a request is told of after it was answered."""
        until = time.monotonic() + PATIENCE
        while re.search(pattern, self.log(), re.MULTILINE) is None:
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def started(self) -> bool:
        """Whether it has said that it answers."""
        return re.search(r"^(The )?Songwright (answers|worker)|\"answering on ", self.log(), re.MULTILINE) is not None

    @property
    def url(self) -> str:
        """Where it is reached on this machine."""
        found = re.search(r"answering on \S+ port (\d+)", self.log())
        assert found is not None, self.log()
        return f"http://127.0.0.1:{found[1]}"

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    @property
    def token(self) -> str:
        """The token of its machine, as it was shown at the start."""
        found = re.search(r"Its token, for this machine only: (\S+)", self.log())
        assert found is not None, self.log()
        return found[1]

    def send_signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def ended(self) -> int:
        """Its exit code; it ends soon, or the test fails."""
        return self.process.wait(PATIENCE)


class HttpWorld(World):
    """One deployment: a folder, the operator's key, tenants; `replica()` starts a server process.

    `database` is a PostgreSQL for all replicas; without one they share a file.
    """

    def __init__(self, service: SandboxProcess, folder: Path, database: str | None = None) -> None:
        super().__init__(service, folder)
        self._count = 0
        self._always = {"log_level": "INFO", "secret_keys": SECRET}
        if database is not None:
            self._always["database_url"] = database
        self.store: Store = SqliteStore(self.state / "journal.sqlite3") if database is None else PostgresStore(database)
        self.sealer = Sealer([SECRET])

    @property
    def tenants(self) -> Tenants:
        """What the operator does with them, on this machine."""
        if not self._open:
            self.store.open()
            self._open = True
        return Tenants(self.store, self.store.clock(), self.sealer)

    _open = False

    def end_leases(self) -> None:
        with self.store.transaction() as tx:
            tx._run("UPDATE jobs SET lease_until = 1", {})

    def close(self) -> None:
        """Give the database back."""
        self.store.close()

    def tenant(self, name: str, **allowances: int) -> tuple[str, str]:
        """A new tenant: id and token."""
        tenant, token = self.tenants.add(name, **allowances)
        return tenant.id, token

    @contextmanager
    def replica(self, *flags: str, **settings: object) -> Iterator[Replica]:
        """A server on a free port of loopback; killed when the block ends, if it lives then."""
        running = self.launched(*flags, **settings)
        try:
            until = time.monotonic() + PATIENCE
            while not running.started():
                if running.process.poll() is not None or time.monotonic() > until:
                    raise AssertionError(f"the server did not start:\n{running.log()}")
                time.sleep(0.02)
            yield running
        finally:
            warm.end(running.process)

    def launched(self, *flags: str, **settings: object) -> Replica:
        """A server process that may refuse to start."""
        self._count += 1
        log_file = self.folder / f"replica-{self._count}.log"
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "songwright.server", "serve", "--http", "--port", "0", *flags],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=self.environment(**{**self._always, **settings}),
            )
        return Replica(process, log_file)

    @asynccontextmanager
    async def calling(
        self,
        replicas: Replica | Sequence[Replica],
        token: str,
        *,
        mode: str = "auto",
        agree: bool | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Client]:
        """A connected client of one replica, or of several in turn, as a balancer without memory would do it."""

        async def answer(context: Any, params: ElicitRequestParams) -> ElicitResult:
            del context, params
            return ElicitResult(action="accept", content={"proceed": True}) if agree else ElicitResult(action="decline")

        several = [replicas] if isinstance(replicas, Replica) else list(replicas)
        given = {"Authorization": f"Bearer {token}", **(headers or {})}
        async with httpx2.AsyncClient(transport=InTurn(several), headers=given, timeout=PATIENCE) as carrier:
            place = streamable_http_client(f"{several[0].url}/mcp", http_client=carrier)
            asking = None if agree is None else answer
            async with Client(place, mode=mode, elicitation_callback=asking, client_info=PATIENT) as connected:
                yield connected


class InTurn(httpx2.AsyncBaseTransport):
    """Sends every request to the next replica, with the Host header that belongs to it."""

    def __init__(self, replicas: Sequence[Replica]) -> None:
        self._inner = httpx2.AsyncHTTPTransport()
        self._next = cycle([httpx2.URL(replica.url) for replica in replicas])

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request, to whoever's turn it is."""
        place = next(self._next)
        request.url = request.url.copy_with(host=place.host, port=place.port)
        request.headers["Host"] = place.netloc.decode()
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def ask(
    url: str, token: str, method: str, params: Mapping[str, Any], *, name: str = "", key: str | None = None
) -> dict[str, Any]:
    """One raw request of the newest revision, from a client that follows tasks: its result, or `{"error": …}`."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "0"},
        "io.modelcontextprotocol/clientCapabilities": {"extensions": {TASKS: {}}},
    }
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": MODERN,
        "Mcp-Method": method,
        **({"Mcp-Name": name} if name else {}),
        **({"Songwright-Service-Key": key} if key else {}),
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    answer = httpx2.post(f"{url}/mcp", json=body, headers=headers, timeout=PATIENCE)
    found = answer.json() if answer.headers["content-type"] == "application/json" else _event(answer.text)
    result: dict[str, Any] = found["result"] if "result" in found else {"error": found["error"]}
    return result


def _event(stream: str) -> dict[str, Any]:
    """The answer at the end of a stream of events."""
    import json

    last = [line for line in stream.splitlines() if line.startswith("data:")][-1]
    found: dict[str, Any] = json.loads(last.removeprefix("data:"))
    return found
