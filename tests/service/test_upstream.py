"""One call out, one reply back, and what may be said about its fate."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable

import httpx2
import pytest

from songwright.server.core.errors import Unreachable
from songwright.server.core.operation import Request
from songwright.server.service.upstream import AnswerLost, Upstream

pytestmark = pytest.mark.anyio

SECRET = "sk-very-secret"
ORDER = Request("POST", "/api/v1/sonic/create", {"prompt": "Lucía"})


def upstream(answer: Callable[[httpx2.Request], httpx2.Response]) -> Upstream:
    return Upstream("https://service.example", SECRET, user_agent="test", transport=httpx2.MockTransport(answer))


async def test_a_reply_comes_back_whatever_its_status() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["Authorization"] == f"Bearer {SECRET}"
        assert request.headers["Idempotency-Key"] == "job-1"
        assert "Lucía".encode() in request.content
        return httpx2.Response(429, json={"message": "slow down"}, headers={"Retry-After": "7"})

    async with upstream(answer) as service:
        reply = await service.call(ORDER, order_id="job-1")
    assert (reply.status, reply.words, reply.retry_after) == (429, "slow down", 7.0)


@pytest.mark.parametrize("content", [b"<html>hello</html>", b'{"task_id": "abc', b"[1, 2]", b"\xff\xfe", b""])
async def test_what_is_no_json_object_has_no_body(content: bytes) -> None:
    async with upstream(lambda _: httpx2.Response(200, content=content)) as service:
        assert (await service.call(ORDER)).body is None


@pytest.mark.parametrize("error", [httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout])
async def test_what_did_not_leave_is_told_apart(error: type[httpx2.TransportError]) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise error("no way", request=request)

    async with upstream(answer) as service:
        with pytest.raises(Unreachable, match="Nothing was sent or charged"):
            await service.call(ORDER)


@pytest.mark.parametrize(
    "error", [httpx2.ReadTimeout, httpx2.WriteError, httpx2.ReadError, httpx2.RemoteProtocolError, httpx2.WriteTimeout]
)
async def test_what_may_have_been_heard_is_a_lost_answer(error: type[httpx2.TransportError]) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise error("gone", request=request)

    async with upstream(answer) as service:
        with pytest.raises(AnswerLost):
            await service.call(ORDER)


async def test_no_redirect_is_followed() -> None:
    """A key must not travel to wherever an answer points."""
    seen: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(str(request.url))
        return httpx2.Response(307, headers={"Location": "https://evil.example/steal"})

    async with upstream(answer) as service:
        assert (await service.call(ORDER)).status == 307
    assert seen == ["https://service.example/api/v1/sonic/create"]


async def test_an_endless_answer_is_cut_off() -> None:
    async with upstream(lambda _: httpx2.Response(200, content=b"x" * (9 * 1024 * 1024))) as service:
        with pytest.raises(AnswerLost):
            await service.call(ORDER)


async def test_a_closed_port_is_unreachable_over_real_tcp() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with Upstream(f"http://127.0.0.1:{port}", SECRET, user_agent="test") as service:
        with pytest.raises(Unreachable):
            await service.call(ORDER)


async def test_the_key_is_in_no_log_and_no_error(caplog: pytest.LogCaptureFixture) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    with caplog.at_level(logging.DEBUG):
        async with upstream(answer) as service:
            with pytest.raises(Unreachable) as caught:
                await service.call(ORDER)
    assert SECRET not in caplog.text
    assert SECRET not in str(caught.value)
