"""A hosted service under load, and one replica killed in the middle of it.

A thousand songs of a hundred keys, ordered over HTTP at two replicas in turn, on one PostgreSQL, with the sandbox at
the service's own pace. When half is bought, one replica is killed (SIGKILL) and never comes back. Told are what was
charged and delivered, memory, processor time, and what a tool call costs beside the bare HTTP round trip.
`python -m bench.service [songs]`.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx2

from .common import ROOT, line, memory, processor, rounds, title

KEYS = 100
SECRET = "a secret of this measurement that is long enough"
ORDERING = 16
"""Calls at the same time."""
ALONE = 50
"""Songs that are ordered one after the other, when the rest is."""
PATIENCE = 900.0
EMPTY: dict[str, Any] = {"io.modelcontextprotocol/clientCapabilities": {}}


@dataclass
class Replica:
    """One process of the service."""

    process: subprocess.Popen[bytes]
    url: str

    @property
    def pid(self) -> int:
        return self.process.pid


@contextmanager
def replica(folder: Path, database: str, service: str, port: int) -> Iterator[Replica]:
    own = {
        "BASE_URL": service,
        "DATABASE_URL": database,
        "SECRET_KEYS": SECRET,
        "LIBRARY": str(folder / "library"),
        "STATE_DIR": str(folder / "state"),
        "CONFIG": str(folder / "config" / "config.toml"),
        "PORT": str(port),
        "DAILY_CREDITS": "100000",
        "WAIT_SECONDS": "0",
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SONGWRIGHT_")}
    environment |= {f"SONGWRIGHT_{name}": value for name, value in own.items()}
    command = [sys.executable, "-m", "songwright.server", "serve", "--http"]
    with (folder / f"replica-{port}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stderr=log)
    try:
        until = time.monotonic() + 30
        url = f"http://127.0.0.1:{port}"
        while True:
            try:
                if httpx2.get(f"{url}/ready", trust_env=False).status_code == 200:
                    break
            except httpx2.HTTPError:
                pass
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((folder / f"replica-{port}.log").read_text()[-2000:])
            time.sleep(0.05)
        yield Replica(process, url)
    finally:
        process.kill()
        process.wait()


def tenants(database: str, number: int) -> list[str]:
    """Tokens of this many new tenants."""
    from songwright.server.core.sealing import Sealer
    from songwright.server.journal.postgres import PostgresStore
    from songwright.server.web.tenants import Tenants

    store = PostgresStore(database)
    store.open()
    known = Tenants(store, store.clock(), Sealer([SECRET]))
    tokens = [known.add(f"tenant {n}")[1] for n in range(number)]
    store.close()
    return tokens


@dataclass
class Caller:
    """Somebody with a token and a key, who speaks the protocol's newest revision."""

    token: str
    key: str

    async def call(self, http: httpx2.AsyncClient, url: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a tool; its structured answer. Plain HTTP, so that no client's overhead is measured."""
        message = {
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": tool, "arguments": arguments, "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28", **EMPTY,
                "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
            }},
        }  # fmt: skip
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Songwright-Service-Key": self.key,
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": "tools/call",
            "Mcp-Name": tool,
        }
        answer = await http.post(f"{url}/mcp", json=message, headers=headers)
        return said(answer)


def said(answer: httpx2.Response) -> dict[str, Any]:
    import json

    text = answer.text
    if answer.headers["content-type"].startswith("text/event-stream"):
        events = [row[5:] for row in text.splitlines() if row.startswith("data:") and len(row) > 7]
        text = events[-1]
    body = json.loads(text)
    if "result" not in body:
        raise RuntimeError(text[:500])
    data: dict[str, Any] = body["result"]["structuredContent"]
    return data


async def load(folder: Path, songs: int) -> None:
    import postgres
    from sandbox_process import SandboxProcess

    (folder / "config").mkdir()
    with (
        postgres.running() as server,
        SandboxProcess(folder / "service", pace="real", credits=100_000) as service,
        server.bare_database() as database,
    ):
        brand = '[brands.aimusicapi]\nhosts = ["127.0.0.1"]\n'
        (folder / "config" / "catalogue.toml").write_text(brand)
        with (
            replica(folder, database.url, service.base_url, 18471) as one,
            replica(folder, database.url, service.base_url, 18472) as two,
        ):
            callers = [Caller(token, f"key-{n}") for n, token in enumerate(tenants(database.url, KEYS))]
            await measured(callers, songs, one, two, database, service)


async def measured(
    callers: Sequence[Caller], songs: int, one: Replica, two: Replica, database: Any, service: Any
) -> None:
    async with httpx2.AsyncClient(timeout=60, trust_env=False) as http:
        before = {r.pid: (memory(r.pid), processor(r.pid)) for r in (one, two)}
        ordering = await ordered(http, callers, range(ALONE, songs), one, two, at_once=ORDERING)
        alone = await ordered(http, callers, range(ALONE), one, two, at_once=1)
        bare, free = await compared(http, callers, one)
        peak = {r.pid: memory(r.pid) for r in (one, two)}
        states = await until(database, lambda found: found["queued"] < songs / 2)
        dying = songs - states["done"]
        bought = states["running"] + states["fetching"]
        bill = processor(one.pid) - before[one.pid][1]
        os.kill(one.pid, signal.SIGKILL)
        killed = time.monotonic()
        states = await until(database, lambda found: sum(found.values()) - found["done"] - found["unknown"] == 0)
        took = time.monotonic() - killed
        peak[two.pid] = max(peak[two.pid], memory(two.pid))
    bill += processor(two.pid) - before[two.pid][1]
    charges = [len(service.books(caller.key)["charges"]) for caller in callers]
    files = Tally(row["kind"] for row in database.reader.execute("SELECT kind FROM files").fetchall())
    title(f"service: {songs} songs of {KEYS} keys, two replicas, one PostgreSQL, one replica killed")
    line("unfinished when one was killed", f"{dying}, {bought} of them bought")
    line("done, of all", f"{states['done']} / {songs}", "all")
    line("unsettled", str(states["unknown"]), "0")
    line("charges, at most one a song", f"{sum(charges)} / {songs}", "equal")
    line("audio files on record, two a song", f"{files['audio']} / {2 * songs}", "equal")
    line("seconds from the kill to the last song", f"{took:.0f} s")
    for name, found in (("killed", one), ("surviving", two)):
        line(f"more memory, {name} replica", f"{peak[found.pid] - before[found.pid][0]:+.1f} MiB")
    line("processor time a song, both replicas", f"{bill * 1000 / songs:.0f} ms")
    line(f"an order, {ORDERING} at a time, p50 / p95", spread(ordering))
    line("an order, one at a time, p50 / p95", spread(alone))
    line("a free tool call, p50 / p95", spread(free))
    line("a bare request (/health), p50 / p95", spread(bare))


async def ordered(
    http: httpx2.AsyncClient, callers: Sequence[Caller], songs: range, one: Replica, two: Replica, *, at_once: int
) -> list[float]:
    """Order these, at both replicas in turn; how long each call took."""
    times: list[float] = []
    gate = anyio.CapacityLimiter(at_once)

    async def order(number: int) -> None:
        words = {"lyrics": f"[Verse]\nSong number {number}", "style": "folk", "title": f"Song {number}"}
        async with gate:
            began = time.monotonic()
            answer = await callers[number % KEYS].call(http, (one, two)[number % 2].url, "create_song", words)
            times.append(time.monotonic() - began)
        assert answer["status"] in ("working", "streaming", "done"), answer

    async with anyio.create_task_group() as group:
        for number in songs:
            group.start_soon(order, number)
    return times


async def compared(
    http: httpx2.AsyncClient, callers: Sequence[Caller], one: Replica
) -> tuple[list[float], list[float]]:
    """One after the other: a request that does nothing, and a tool that only reads the journal."""
    bare, free = [], []
    for caller in callers:
        began = time.monotonic()
        await http.get(f"{one.url}/health")
        bare.append(time.monotonic() - began)
        began = time.monotonic()
        await caller.call(http, one.url, "list_songs", {"limit": 1})
        free.append(time.monotonic() - began)
    return bare, free


async def until(database: Any, reached: Any) -> Tally[str]:
    """Wait for the journal; how many jobs are in each state."""
    end = time.monotonic() + PATIENCE
    while True:
        rows = database.reader.execute("SELECT state, count(*) AS n FROM jobs GROUP BY state").fetchall()
        found = Tally({row["state"]: row["n"] for row in rows})
        if reached(found) or time.monotonic() > end:
            return found
        await anyio.sleep(0.5)


def spread(times: Sequence[float]) -> str:
    steps = statistics.quantiles(times, n=20)
    return f"{statistics.median(times) * 1000:.0f} / {steps[-1] * 1000:.0f} ms"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(load, Path(folder), rounds(sys.argv[1:], 1000))


if __name__ == "__main__":
    main()
