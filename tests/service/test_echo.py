"""A service that repeats what it was told: nothing secret of an order comes back into records, answers or logs."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from replica import Replica

from songwright.server.core.jobs import Job, State
from songwright.server.core.operation import Request
from songwright.server.service.answers import Reply
from songwright.server.service.upstream import Upstream

pytestmark = pytest.mark.anyio

KEY = 'sk/a"very\\secret+key'
PLACE = "http://127.0.0.1:9"


class Parrot:
    """A service that knows every order and quotes it in each of its answers."""

    def __init__(self, answer: Callable[[httpx2.Request, str], httpx2.Response]) -> None:
        self._answer = answer
        self.told = ""

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "POST":
            self.told = request.content.decode()
        fields = json.loads(self.told) if self.told else {}
        secret = f"{fields.get('webhook_secret')} {fields.get('webhook_url')} {request.headers['authorization']}"
        return self._answer(request, f"{secret} {self.told}")


def refused(request: httpx2.Request, told: str) -> httpx2.Response:
    return httpx2.Response(400, json={"message": f"not these: {told}", told: [{"why": told}]})


def in_doubt(request: httpx2.Request, told: str) -> httpx2.Response:
    return httpx2.Response(500, json={"error": {"request": told}})


def made(request: httpx2.Request, told: str) -> httpx2.Response:
    """Takes the order, and quotes it when it is asked how the song is doing."""
    if request.method == "POST":
        return httpx2.Response(200, json={"task_id": "task-1", "message": "success"})
    clips = [{"clip_id": f"clip-{n}", "state": "failed", "title": told, "error_message": told} for n in (1, 2)]
    return httpx2.Response(200, json={"code": 200, "data": clips, "webhook": told})


def secrets_of(replica: Replica, job: Job) -> list[str]:
    fields = replica.runner.hooks.fields(job.id)  # type: ignore[union-attr]
    return [fields["webhook_secret"], fields["webhook_url"], fields["webhook_url"].rsplit("/", 1)[1], KEY]


@pytest.mark.parametrize(
    ("answer", "state"),
    [(refused, State.FAILED), (in_doubt, State.UNKNOWN), (made, State.FAILED)],
    ids=["refused", "in doubt", "failed later"],
)
async def test_what_an_order_keeps_from_others_is_in_no_answer_no_record_and_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, answer: Callable[..., httpx2.Response], state: State
) -> None:
    replica = Replica(tmp_path, SimpleNamespace(base_url=PLACE), "one", looks=0.05)  # type: ignore[arg-type]
    service = Parrot(answer)
    replica._upstream = Upstream(PLACE, KEY, user_agent="test", transport=httpx2.MockTransport(service))
    with caplog.at_level(logging.DEBUG, logger="songwright"):
        async with replica.running():
            job = await replica.ended(await replica.order())
            kept = json.dumps([replica.rows("jobs"), replica.rows("clips")], default=str)
    hidden = secrets_of(replica, job)
    assert job.state is state
    assert hidden[0] in service.told
    assert hidden[1] in service.told
    assert "***" in str(job.service_said)
    told = kept + repr(job) + caplog.text
    assert [secret for secret in hidden if secret in told or json.dumps(secret)[1:-1] in told] == []


async def called(answer: bytes, *secrets: str) -> Reply:
    """What comes in when the service answers with these bytes."""
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=answer))
    async with Upstream("https://service.example", KEY, user_agent="test", transport=transport) as service:
        return await service.call(Request("POST", "/x", {}, secrets))


def spelled(secret: str) -> dict[str, bytes]:
    """The ways in which an answer may write one text."""
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in secret)
    return {
        "plain": json.dumps({"a": f"no {secret}."}).encode(),
        "letter by letter": f'{{"a": "{escaped}"}}'.encode(),
        "slashes escaped": json.dumps({"a": secret}).replace("/", "\\/").encode(),
        "in an address": json.dumps({"a": f"https://x/?k={quote(secret, safe='')}"}).encode(),
        "JSON in a text": json.dumps({"a": json.dumps({"b": secret})}).encode(),
        "the name of a field": json.dumps({secret: 1}).encode(),
        "deep inside": json.dumps({"a": [{"b": [secret]}]}).encode(),
    }


@pytest.mark.parametrize("how", spelled(""))
@pytest.mark.parametrize("secret", [KEY, "Zm9v-YmFy_" * 4])
async def test_a_secret_is_masked_however_an_answer_spells_it(secret: str, how: str) -> None:
    reply = await called(spelled(secret)[how], *([] if secret == KEY else [secret]))
    text = json.dumps(reply.body)
    assert "***" in text
    for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
        assert form not in text


async def test_what_is_no_secret_comes_in_untouched() -> None:
    body: dict[str, Any] = {"task_id": "t", "n": 1.5, "none": None, "list": [True, "Lucía ***"], "": {}}
    assert (await called(json.dumps(body).encode(), "the secret of this order")).body == body


async def test_an_answer_nested_without_end_is_none() -> None:
    assert (await called(b'{"a":' * 600 + b"1" + b"}" * 600, "the secret of this order")).body is None
