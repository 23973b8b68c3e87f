"""What one tenant can make expensive for everybody: rows, files, answers that nobody reads. Each has a bound."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from http_world import LULLABY, MODERN, HttpWorld, Replica, ask

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")

MIB = 1024 * 1024
MOST_MEMORY = 50
"""MiB that one tenant may add to a process, whatever it does."""
ROWS = 4_000
LYRICS = " ".join(f"word{n:05}" for n in range(480))


@pytest.fixture(scope="module")
def singer(shared: HttpWorld, server: Replica) -> tuple[str, str, dict[str, Any]]:
    """A tenant with a song: id, token, and the song."""
    tenant, token = shared.tenant("singer")
    song = ask(server.url, token, "tools/call", {"name": "create_song", "arguments": LULLABY}, name="create_song")
    for _ in range(500):
        found = call(server, token, "list_songs")
        if found["songs"] and found["songs"][0]["status"] == "done":
            return tenant, token, found["songs"][0]
    raise AssertionError(song)


@pytest.fixture(scope="module")
def large(shared: HttpWorld, singer: tuple[str, str, dict[str, Any]]) -> Iterator[str]:
    """The id of a clip whose file has 5 MB."""
    tenant, _, song = singer
    (path,) = (shared.library / "tenants" / tenant).glob("*take 1*.mp3")
    was = path.read_bytes()
    path.write_bytes(was + bytes(5_000_000 - len(was)))
    yield song["clips"][0]
    path.write_bytes(was)


def call(server: Replica, token: str, tool: str, **arguments: Any) -> dict[str, Any]:
    found = ask(server.url, token, "tools/call", {"name": tool, "arguments": arguments}, name=tool)
    data: dict[str, Any] = found.get("structuredContent", found)
    return data


def resident(server: Replica) -> float:
    """MiB of a server that are in memory, at their most since its start."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


def test_many_rows_of_one_tenant_are_listed_without_being_loaded(
    shared: HttpWorld, server: Replica, singer: tuple[str, str, dict[str, Any]]
) -> None:
    """Ways to make a list work: every page, every word, the resource, all at once."""
    _, token, song = singer
    _multiply(shared, song["job_id"])
    before = resident(server)
    asked: list[dict[str, Any]] = [{}, {"words": "word00001 word00479"}, {"words": "nothing"}, {"offset": 10**30}]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: call(server, token, "list_songs", **asked[number % 4]), range(16)))
    whole = ask(server.url, token, "resources/read", {"uri": "song://library"}, name="song://library")
    assert answers[0]["total"] == answers[1]["total"] + 1 == ROWS + 1
    assert (answers[2]["total"], answers[3]["songs"]) == (0, [])
    assert len(json.loads(whole["contents"][0]["text"])["songs"]) == 50
    assert resident(server) - before < MOST_MEMORY


def test_a_large_file_is_answered_as_a_link_that_opens_it(
    server: Replica, singer: tuple[str, str, dict[str, Any]], large: str
) -> None:
    _, token, _ = singer
    uri = f"song://clips/{large}/audio"
    with ExitStack() as unread:
        unread.enter_context(_unread(server, token, uri))
        until = 200
        while "blob" in (content := _read(server, token, uri)):  # the other request may be on its way yet
            until -= 1
            assert until
    told = json.loads(content["text"])
    assert content["mimeType"] == "application/json"
    assert told["bytes"] == 5_000_000
    assert "5.0 MB" in told["notice"]
    assert "`url`" in told["notice"]
    answer = httpx2.get(told["url"])
    assert (answer.status_code, len(answer.content)) == (200, 5_000_000)


def test_answers_that_nobody_reads_take_little_memory_and_room_comes_back(
    server: Replica, singer: tuple[str, str, dict[str, Any]], large: str
) -> None:
    """Half a hundred readings of one song, none of them taken from its connection."""
    _, token, _ = singer
    uri = f"song://clips/{large}/audio"
    before = resident(server)
    with ExitStack() as unread:
        for _ in range(50):
            unread.enter_context(_unread(server, token, uri))
        assert call(server, token, "list_songs", limit=1)["songs"], "others, and other calls, go on"
        assert resident(server) - before < MOST_MEMORY
    for _ in range(500):
        if "blob" in _read(server, token, uri):
            return
    raise AssertionError("nothing is on the way any more, and there is still no room")


def _read(server: Replica, token: str, uri: str) -> dict[str, Any]:
    content: dict[str, Any] = ask(server.url, token, "resources/read", {"uri": uri}, name=uri)["contents"][0]
    return content


def _unread(server: Replica, token: str, uri: str) -> socket.socket:
    """A connection that has asked for a resource, has seen that an answer begins, and takes nothing of it."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "0"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": uri, "_meta": meta}})
    place = urlsplit(server.url)
    head = "\r\n".join(
        [
            "POST /mcp HTTP/1.1", f"Host: {place.netloc}", f"Authorization: Bearer {token}", f"Mcp-Name: {uri}",
            "Accept: application/json, text/event-stream", "Content-Type: application/json",
            f"MCP-Protocol-Version: {MODERN}", "Mcp-Method: resources/read", f"Content-Length: {len(body)}", "", "",
        ]
    )  # fmt: skip
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(20)
    line.connect((place.hostname, place.port))
    line.sendall((head + body).encode())
    assert line.recv(12, socket.MSG_PEEK).startswith(b"HTTP/1.1 200")
    return line


def _multiply(place: HttpWorld, job_id: str) -> None:
    """So many finished orders with long lyrics, like one that is there."""
    assert place.tenants is not None
    with place.store.transaction() as tx:
        names = [
            name for name in tx._run("SELECT * FROM jobs", {})[0][0] if name not in ("id", "state", "body", "words")
        ]
        tx._run(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :rows) "
            f"INSERT INTO jobs (id, state, body, words, {', '.join(names)}) "
            f"SELECT 'job' || n, 'cancelled', :text, :text, {', '.join(names)} FROM jobs, n WHERE id = :id",
            {"rows": ROWS, "text": json.dumps({"prompt": LYRICS}), "id": job_id},
        )
        own = "tenant, key_id, created_at"
        tx._run(
            f"INSERT INTO search_texts (job_id, {own}, text) SELECT id, {own}, :text FROM jobs WHERE id LIKE 'job%'",
            {"text": LYRICS},
        )
