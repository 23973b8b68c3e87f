"""Who is let in, with what, how much of it and how slowly: one line of defence a test."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import httpx2
import pytest
import uvicorn
from http_world import MODERN, HttpWorld, Replica, ask
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from waiting import PATIENCE

from songwright.server.web import middleware

TOO_MUCH = 1024 * 1024 + 1


@pytest.fixture(scope="module")
def token(shared: HttpWorld) -> str:
    return shared.tenant("somebody")[1]


def post(server: Replica, headers: dict[str, str] | None = None, body: bytes = b"{}", path: str = "/mcp") -> int:
    """The status that a request is answered with."""
    given = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **(headers or {})}
    return httpx2.post(server.url + path, headers=given, content=body).status_code


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "MCP-Protocol-Version": MODERN}


# -- tokens ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer sw_" + "A" * 43, "Bearer nonsense", "Basic c29tZWJvZHk6dG9rZW4=", "Bearer a.b.c"],
)
def test_without_a_right_token_nothing_is_answered(server: Replica, authorization: str) -> None:
    answer = httpx2.post(f"{server.url}/mcp", json={}, headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer error=")
    assert answer.json() == {"error": "invalid_token", "error_description": "Authentication required"}


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
def test_other_methods_ask_for_the_token_first_and_then_say_what_is_allowed(
    server: Replica, token: str, method: str
) -> None:
    """OAuth clients look for the 401 with a GET; there is no stream to open and no session to end afterwards."""
    assert httpx2.request(method, f"{server.url}/mcp").status_code == 401
    answer = httpx2.request(method, f"{server.url}/mcp", headers=bearer(token))
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_withdrawn_token_opens_nothing_any_more(shared: HttpWorld, server: Replica) -> None:
    tenant_id, token = shared.tenant("guest for a day")
    assert post(server, bearer(token)) != 401
    shared.tenants.revoke(tenant_id)
    assert post(server, bearer(token)) == 401


def test_the_token_of_the_machine_is_not_shown_once_there_are_tenants(shared: HttpWorld) -> None:
    """It still works for whoever reads the state directory; there is no need to show it to everybody."""
    shared.tenant("the first")
    with shared.replica() as running:
        assert "Its token" not in running.log()


def test_whoever_looks_for_other_addresses_finds_nothing(server: Replica, token: str) -> None:
    for path in ("/", "/mcp/", "/files", "/files/", "/files/a/b", "/hooks/a", "/docs", "/.env", "/%2e%2e/etc/passwd"):
        assert httpx2.get(server.url + path, headers=bearer(token)).status_code == 404


# -- host and origin -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/mcp", "/files/anything", "/hooks/job/token", "/nowhere"])
def test_a_foreign_host_name_is_refused_everywhere(server: Replica, token: str, path: str) -> None:
    """A page can make any name of its own mean this machine (DNS rebinding); the name then gives it away."""
    for host in (
        "evil.example",
        "127.0.0.1:1",
        "localhost.evil.example:80",
        "songs.internal.evil.example",
        "localhost",
    ):
        assert post(server, {**bearer(token), "Host": host}, path=path) == 421


@pytest.mark.parametrize("path", ["/mcp", "/files/anything", "/hooks/job/token"])
def test_a_foreign_web_page_is_refused_everywhere(server: Replica, token: str, path: str) -> None:
    for origin in ("https://evil.example", "null", "http://localhost:1", "https://chat.example.org.evil.example"):
        assert post(server, {**bearer(token), "Origin": origin}, path=path) == 403


def test_our_own_names_and_those_of_the_operator_are_answered(server: Replica, token: str) -> None:
    port = urlsplit(server.url).port
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", "songs.internal", "songs.internal:8080",
                 "other.internal:99"):  # fmt: skip
        assert post(server, {**bearer(token), "Host": host}) == 400
    for origin in (f"http://localhost:{port}", "https://chat.example.org"):
        assert post(server, {**bearer(token), "Origin": origin}) == 400


def test_a_page_of_the_operator_may_ask_first_as_browsers_do(server: Replica) -> None:
    """A browser asks without a token whether it may send one (fetch standard, CORS preflight)."""
    wanted = {
        "Origin": "https://chat.example.org",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,mcp-protocol-version",
    }
    answer = httpx2.options(f"{server.url}/mcp", headers=wanted)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://chat.example.org"
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert httpx2.options(f"{server.url}/mcp", headers={**wanted, "Origin": "https://evil.example"}).status_code == 403


def test_balancers_may_ask_how_it_is_by_number(server: Replica) -> None:
    """They probe by address and know no names; there is nothing secret in the answer."""
    for path, said in (("/health", "alive\n"), ("/ready", "ready\n")):
        answer = httpx2.get(server.url + path, headers={"Host": "10.0.0.7:8787"})
        assert (answer.status_code, answer.text) == (200, said)


# -- sizes and times -------------------------------------------------------------------------------------------------


def test_a_request_that_is_too_large_is_refused(server: Replica, token: str) -> None:
    assert post(server, bearer(token), body=b" " * TOO_MUCH) == 413


def test_a_request_that_does_not_say_how_large_it_is_is_refused_when_it_is(server: Replica, token: str) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(17):
            yield b" " * 65_536

    answer = httpx2.post(f"{server.url}/mcp", headers=bearer(token), content=pieces())
    assert answer.status_code == 413


def test_headers_without_end_are_refused(server: Replica) -> None:
    where = urlsplit(server.url)
    with line_to((str(where.hostname), where.port or 0)) as line:
        line.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\nX-Much: " + b"a" * 40_000)
        assert line.recv(1000).startswith(b"HTTP/1.1 400")


def test_a_callback_that_is_too_large_is_refused_without_its_token(server: Replica) -> None:
    """A stranger learns nothing from the size: the address is looked at first."""
    assert post(server, body=b" " * (64 * 1024 + 1), path="/hooks/job/token") == 404


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'"text"', b'{"jsonrpc":"2.0"}', b"[" * 100_000, b"\xff"])
def test_what_is_no_request_is_refused_and_the_server_lives(server: Replica, token: str, body: bytes) -> None:
    assert post(server, bearer(token), body=body) == 400
    assert httpx2.get(f"{server.url}/health").status_code == 200
    assert "Traceback" not in server.log()


@pytest.mark.parametrize("key", ["a b", "tab\tkey", "k" * 513])
def test_a_service_key_that_can_be_none_is_refused(server: Replica, token: str, key: str) -> None:
    assert post(server, {**bearer(token), "Songwright-Service-Key": key}) == 400
    answer = httpx2.post(f"{server.url}/mcp", headers={**bearer(token), "Songwright-Service-Key": key}, json={})
    assert answer.json()["error"] == "bad_key"


@contextlib.contextmanager
def inside(app: Starlette, most: int | None = None) -> Iterator[tuple[str, int]]:
    """An application behind our protocol class, in this process, so that its patience can be shortened."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app, http=middleware.HeaderTimeout, lifespan="off", ws="none", log_config=None, limit_concurrency=most
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join()


def line_to(place: tuple[str, int]) -> socket.socket:
    """A connection on which a test may wait."""
    return socket.create_connection(place, timeout=PATIENCE)


async def read(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n"])
def test_a_connection_that_brings_no_request_together_is_closed(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    """Thousands of half requests would keep everybody else out (slowloris)."""
    monkeypatch.setattr(middleware, "HEAD_SECONDS", 0.2)
    with inside(Starlette(routes=[Route("/", read)])) as place, line_to(place) as line:
        line.sendall(begun)
        assert line.recv(100) == b""


def test_a_second_request_that_stays_half_is_closed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "HEAD_SECONDS", 0.2)
    with inside(Starlette(routes=[Route("/", read)])) as place, line_to(place) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = b""
        while not answer.endswith(b"\r\n\r\n0"):
            answer += line.recv(1000)
        line.sendall(b"GET / HT")
        assert line.recv(1000) == b""


def test_a_body_that_does_not_arrive_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "BODY_SECONDS", 0.2)
    app = Starlette(routes=[Route("/", read, methods=["POST"])], middleware=[Middleware(middleware.BodyTimeout)])
    with inside(app) as place, line_to(place) as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        assert line.recv(1000).startswith(b"HTTP/1.1 408")
        assert line.recv(1000) == b""


def test_whoever_hangs_up_in_the_middle_of_a_body_is_no_fault_of_the_server(server: Replica, token: str) -> None:
    where = urlsplit(server.url)
    head = f"POST /mcp HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {token}\r\n"
    head += "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
    head += f"MCP-Protocol-Version: {MODERN}\r\n"
    with line_to((str(where.hostname), where.port or 0)) as line:
        line.sendall((head + "Content-Length: 100\r\nExpect: 100-continue\r\n\r\n").encode())
        assert line.recv(100).startswith(b"HTTP/1.1 100")  # it has begun to read the body
        line.sendall(b'{"jsonrpc":')
    assert server.tells(r"POST /mcp - ")
    assert " ERROR " not in server.log()
    assert "Traceback" not in server.log()


@pytest.mark.parametrize("path", ["/mcp", "/hooks/job/token", "/health", "/nowhere"])
def test_a_body_whose_length_is_told_twice_ends_the_connection(server: Replica, path: str) -> None:
    """A proxy that believes the other length sees a second request in the rest of the first (smuggling)."""
    where = urlsplit(server.url)
    smuggled = f"GET /health HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n"
    request = f"POST {path} HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    with line_to((str(where.hostname), where.port or 0)) as line:
        line.sendall(f"{request}2\r\n{{}}\r\n0\r\n\r\n{smuggled}".encode())
        answers = b""
        while piece := line.recv(10_000):
            answers += piece
    assert answers.startswith(b"HTTP/1.1 400")
    assert b"\r\nconnection: close\r\n" in answers.lower()
    assert answers.count(b"HTTP/1.1 ") == 1


def test_an_answer_may_take_longer_than_a_body(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool call waits most of a minute for its song; only the request has to be here soon."""
    monkeypatch.setattr(middleware, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(middleware, "HEAD_SECONDS", 0.2)

    async def slow(request: Request) -> Response:
        await request.body()
        with anyio.move_on_after(0.6):
            await request.receive()
        return PlainTextResponse("done")

    app = Starlette(routes=[Route("/", slow, methods=["POST"])], middleware=[Middleware(middleware.BodyTimeout)])
    with inside(app) as (host, port):
        assert httpx2.post(f"http://{host}:{port}/", content=b"abc").text == "done"


# -- connections -----------------------------------------------------------------------------------------------------


def idle_lines(stack: contextlib.ExitStack, place: tuple[str, int], number: int) -> list[socket.socket]:
    """Connections that want nothing."""
    return [stack.enter_context(line_to(place)) for _ in range(number)]


@contextlib.contextmanager
def limited(descriptors: int) -> Iterator[None]:
    """This process, and what it starts, may have so many descriptors only."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def read_all(line: socket.socket) -> None:
    """Take whatever comes, until there is an end to it."""
    while line.recv(1_000_000):
        pass


def is_closed(line: socket.socket) -> bool:
    """Whether the other side has hung up by now; does not wait for it."""
    line.setblocking(False)
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False


def test_who_comes_takes_the_place_of_who_has_been_idle_for_longest() -> None:
    app = Starlette(routes=[Route("/", read, methods=["GET"])])
    with inside(app, most=10) as place, contextlib.ExitStack() as stack:
        lines = idle_lines(stack, place, 40)
        for _ in range(3):
            assert httpx2.get("http://{}:{}/".format(*place)).text == "0"
        assert [is_closed(line) for line in lines] == [True] * 32 + [False] * 8


def test_a_connection_that_was_used_is_idle_from_its_last_answer_on() -> None:
    app = Starlette(routes=[Route("/", read, methods=["GET"])])
    with inside(app, most=6) as place, contextlib.ExitStack() as stack, httpx2.Client() as client:
        first, *others = idle_lines(stack, place, 4)
        assert client.get("http://{}:{}/".format(*place)).text == "0"  # by now all of them were accepted
        first.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert first.recv(1000).startswith(b"HTTP/1.1 200")
        idle_lines(stack, place, 3)
        assert client.get("http://{}:{}/".format(*place)).text == "0"
        assert [is_closed(line) for line in (*others, first)] == [True] * 3 + [False]


def test_those_that_are_being_answered_are_not_hung_up_on_and_the_next_request_is_told() -> None:
    begun, hold = threading.Barrier(4), threading.Event()

    def slow(request: Request) -> Response:
        begun.wait(PATIENCE)
        hold.wait(10)
        return PlainTextResponse("done")

    app = Starlette(routes=[Route("/slow", slow), Route("/", read, methods=["GET"])])
    with inside(app, most=4) as place, contextlib.ExitStack() as stack:
        lines = idle_lines(stack, place, 3)
        for line in lines:
            line.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        begun.wait(PATIENCE)
        assert httpx2.get("http://{}:{}/".format(*place)).status_code == 503
        hold.set()
        assert all(line.recv(1000).startswith(b"HTTP/1.1 200") for line in lines)


def test_an_answer_that_nobody_takes_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one link to a song would be enough to hold any number of connections."""
    monkeypatch.setattr(middleware, "TAKE_SECONDS", 0.2)
    ended = threading.Event()

    async def much(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b" " * 1_000_000
                    await anyio.lowlevel.checkpoint()
            finally:
                ended.set()

        return StreamingResponse(pieces())

    with inside(Starlette(routes=[Route("/", much)])) as place, line_to(place) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert ended.wait(PATIENCE)
        read_all(line)


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
@pytest.mark.parametrize(("descriptors", "connections"), [(1_024, 496), (700, 175), (256, 64)])
def test_there_are_never_more_connections_than_the_process_has_descriptors_for(
    descriptors: int, connections: int
) -> None:
    with limited(descriptors):
        assert middleware.most_connections() == connections


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of another process can be set on Linux only")
def test_without_a_descriptor_left_idle_connections_are_closed_and_the_log_stays_short(shared: HttpWorld) -> None:
    import resource

    with contextlib.ExitStack() as stack:
        with limited(1_024):
            running = stack.enter_context(shared.replica())
        assert running.tells("there is room for only 496 connections")
        where = urlsplit(running.url)
        place = (str(where.hostname), where.port or 0)
        httpx2.get(f"{running.url}/health")
        used = len(list(Path(f"/proc/{running.process.pid}/fd").iterdir()))
        resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE, (used + 20, used + 20))
        before = len(running.log())
        idle_lines(stack, place, 30)
        assert httpx2.get(f"{running.url}/health", timeout=PATIENCE).status_code == 200
        assert running.tells("no descriptor is left for a new connection")
        assert len(running.log()) - before < 5_000
        assert "Traceback" not in running.log()


# -- how much at once ------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_one_tenant_cannot_keep_all_others_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hundred-and-first call of a tenant is told to come back; another tenant is served."""
    monkeypatch.setattr(middleware, "CALLS_AT_ONCE", 2)
    served: list[str] = []
    hold = anyio.Event()

    async def endpoint(scope: object, receive: object, send: object) -> None:
        served.append(middleware.tenant_of(scope))  # type: ignore[arg-type]
        await hold.wait()

    callers = middleware.ConcurrencyLimit(endpoint)

    async def call(tenant: str) -> int:
        said: list[dict[str, int]] = []

        async def send(message: dict[str, int]) -> None:
            said.append(message)

        scope = {"type": "http", "method": "POST", "headers": [], "state": {"tenant": tenant}}
        await callers(scope, None, send)  # type: ignore[arg-type]
        return said[0]["status"] if said else 0

    async with anyio.create_task_group() as group:
        for tenant in ("a", "a", "b"):
            group.start_soon(call, tenant)
        await anyio.wait_all_tasks_blocked()
        assert await call("a") == 429
        hold.set()
    assert served == ["a", "a", "b"]
    assert await call("a") == 0


# -- what is told ----------------------------------------------------------------------------------------------------


def test_the_log_tells_every_request_and_no_secret(shared: HttpWorld, server: Replica) -> None:
    tenant_id, token = shared.tenant("the told one")
    link = "gAAAAA" + "x" * 60
    ask(server.url, token, "tools/list", {}, key="a-key-that-nobody-must-see")
    httpx2.get(f"{server.url}/files/{link}")
    httpx2.post(f"{server.url}/hooks/job-1/secret-hook-token", content=b"{}")
    assert server.tells(rf"POST /mcp 200 \d+ ms {tenant_id}$")
    assert server.tells(r"GET /files/\{token\} 404 ")
    assert server.tells(r"POST /hooks/\{job_id\}/\*\*\* 404 ")
    told = server.log()
    for secret in (token, link, "secret-hook-token", "a-key-that-nobody-must-see"):
        assert secret not in told
