"""What one tenant of a hosted server can make expensive: many rows, unread files, words that are slow to check.

One replica on SQLite, the sandbox as the service. For each attack: memory before, at its peak and half a minute's calm
after, how long the attacker's calls took, and what another tenant's call took meanwhile. Linux only.
`python -m bench.burdens [rows]`.
"""

from __future__ import annotations

import json
import random
import socket
import statistics
import string
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

from .common import line, memory, rounds, title

AT_ONCE = 8
UNREAD = 100
FILE_BYTES = 5_000_000
CALM = 10.0
LYRICS = " ".join(f"word{n:05}" for n in range(480))
SONG = {"lyrics": "[Verse]\nthe boats are home", "style": "folk", "title": "Boats"}


@dataclass
class Target:
    """A replica, its attacker and another tenant."""

    place: Any
    replica: Any
    attacker: str
    token: str
    other: str

    def call(self, token: str, tool: str, **arguments: Any) -> dict[str, Any]:
        return self.ask(token, "tools/call", tool, {"name": tool, "arguments": arguments})

    def ask(self, token: str, method: str, name: str, params: dict[str, Any]) -> dict[str, Any]:
        from http_world import ask

        return ask(self.replica.url, token, method, params, name=name)

    @property
    def pid(self) -> int:
        pid: int = self.replica.process.pid
        return pid


def most(pid: int) -> float:
    """The most MiB that a process has had in memory since this was last reset."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(row.split()[1]) / 1024 for row in status.splitlines() if row.startswith("VmHWM:"))


@contextmanager
def told(name: str, target: Target) -> Iterator[list[float]]:
    """Watches memory, and how long another tenant's `check_credits` takes; the block records how long its calls
    took.
    """
    Path(f"/proc/{target.pid}/clear_refs").write_text("5")
    before, took, others, over = memory(target.pid), list[float](), list[float](), Event()

    def live() -> None:
        while not over.is_set():
            began = time.monotonic()
            target.call(target.other, "check_credits")
            others.append(time.monotonic() - began)
            over.wait(0.1)

    somebody = Thread(target=live)
    somebody.start()
    began = time.monotonic()
    try:
        yield took
    finally:
        over.set()
        somebody.join()
    lasted, peak = time.monotonic() - began, most(target.pid)
    time.sleep(CALM)
    title(name)
    line("memory before, at the peak, after", f"{before:.0f} / {peak:.0f} / {memory(target.pid):.0f} MiB")
    line("more at the peak", f"{peak - before:+.0f} MiB", "≤ +50 MiB")
    line("the attack took", f"{lasted:.1f} s")
    if took:
        line("a call of it, median / longest", f"{statistics.median(took):.2f} / {max(took):.2f} s")
    line("another tenant's call, median / longest", f"{statistics.median(others):.2f} / {max(others):.2f} s")


def timed(work: Callable[[], Any], took: list[float]) -> None:
    began = time.monotonic()
    work()
    took.append(time.monotonic() - began)


def rows(target: Target, number: int) -> None:
    """One call of list_songs, then eight at once, on this many orders with 4.8 KB of lyrics."""
    job_id = target.call(target.token, "list_songs")["structuredContent"]["songs"][0]["job_id"]
    multiply(target.place, job_id, number)
    asked: list[dict[str, Any]] = [{}, {"words": "word00001 word00479"}, {"words": "nothing at all"}, {"limit": 50}]
    with told(f"1. list_songs over {number} orders, one call", target) as took:
        timed(lambda: target.call(target.token, "list_songs", words="word00001"), took)
    with told(f"1. the same, {AT_ONCE} at once, 32 calls", target) as took, ThreadPoolExecutor(AT_ONCE) as pool:

        def search(number: int) -> None:
            timed(lambda: target.call(target.token, "list_songs", **asked[number % 4]), took)

        list(pool.map(search, range(32)))


def files(target: Target) -> None:
    """A hundred requests for a file of 5 MB whose answers nobody reads."""
    song = target.call(target.token, "get_song", id=next(iter(clips(target))))["structuredContent"]
    clip_id = song["clips"][0]["clip_id"]
    for path in (target.place.library / "tenants" / target.attacker).glob("*.mp3"):
        path.write_bytes(path.read_bytes().ljust(FILE_BYTES, b"\0"))
    uri = f"song://clips/{clip_id}/audio"
    with told(f"2. {UNREAD} unread readings of a file of 5 MB", target), ExitStack() as lines:
        for asked in [lines.enter_context(unread(target, uri)) for _ in range(UNREAD)]:
            asked.recv(1, socket.MSG_PEEK)  # its answer has begun


def clips(target: Target) -> list[str]:
    songs = target.call(target.token, "list_songs", words="boats")["structuredContent"]["songs"]
    found: list[str] = next(song["clips"] for song in songs if song.get("clips"))
    return found


def words(target: Target) -> None:
    """Eight loops of check_lyrics with one long word, and with words that are always new."""
    dice = random.Random(1)

    def new() -> str:
        return " ".join("".join(dice.choices(string.ascii_lowercase, k=8)) for _ in range(2_000))

    for what, text in (('"hm" ten thousand times', lambda: "hm" * 10_000), ("new nonsense each time", new)):
        with (
            told(f"3. check_lyrics, {AT_ONCE} loops of 8 calls: {what}", target) as took,
            ThreadPoolExecutor(AT_ONCE) as pool,
        ):

            def check(text: Callable[[], str] = text, took: list[float] = took) -> None:
                timed(lambda: target.call(target.token, "check_lyrics", lyrics=text()), took)

            for done in [pool.submit(check) for _ in range(AT_ONCE * 8)]:
                done.result()


def multiply(place: Any, job_id: str, number: int) -> None:
    """This many orders with long lyrics, copies of an existing one."""
    assert place.tenants is not None
    own = ("id", "body", "words")
    with place.store.transaction() as tx:
        names = ", ".join(name for name in tx._run("SELECT * FROM jobs", {})[0][0] if name not in own)
        tx._run(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :rows) "
            f"INSERT INTO jobs (id, body, words, {names}) SELECT 'job' || n, :body, :text, {names} "
            "FROM jobs, n WHERE id = :id",
            {"rows": number, "text": LYRICS, "body": json.dumps({"prompt": LYRICS}), "id": job_id},
        )
        kept = tx._run("SELECT 1 FROM sqlite_master WHERE name = 'search_texts'", {})[0]
        if kept:
            added = "SELECT id, tenant, key_id, created_at, :text FROM jobs WHERE id LIKE 'job%'"
            tx._run(f"INSERT INTO search_texts (job_id, tenant, key_id, created_at, text) {added}", {"text": LYRICS})
        tx._run("UPDATE jobs SET state = 'cancelled' WHERE id LIKE 'job%'", {})


def unread(target: Target, uri: str) -> socket.socket:
    from http_world import MODERN

    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "0"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": uri, "_meta": meta}})
    place = urlsplit(target.replica.url)
    head = [
        "POST /mcp HTTP/1.1", f"Host: {place.netloc}", f"Authorization: Bearer {target.token}", f"Mcp-Name: {uri}",
        "Accept: application/json, text/event-stream", "Content-Type: application/json",
        f"MCP-Protocol-Version: {MODERN}", "Mcp-Method: resources/read", f"Content-Length: {len(body)}", "", "",
    ]  # fmt: skip
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    found.connect((place.hostname, place.port))
    found.sendall(("\r\n".join(head) + body).encode())
    return found


def attack(folder: Path, number: int) -> None:
    from http_world import HttpWorld
    from sandbox_process import SandboxProcess

    with SandboxProcess(folder / "service", fast=True) as service:
        place = HttpWorld(service, folder)
        with place.replica(daily_credits=10_000) as replica:
            attacker, token = place.tenant("attacker")
            _, other = place.tenant("other")
            target = Target(place, replica, attacker, token, other)
            target.call(token, "create_song", **SONG)
            while (
                not (songs := target.call(token, "list_songs")["structuredContent"]["songs"])
                or songs[0]["status"] != "done"
            ):
                time.sleep(0.1)
            words(target)
            files(target)
            rows(target, number)
        place.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        attack(Path(folder), rounds(sys.argv[1:], 20_000))


if __name__ == "__main__":
    main()
