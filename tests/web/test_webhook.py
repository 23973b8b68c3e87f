"""Who may call back, what is believed of a call, and what it moves: the route itself, with real signatures.

The schemes are those of docs.musicapi.ai webhook-guide, and of docs.sunoapi.com webhook guide for the older one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from facts import KnownFacts
from starlette.applications import Starlette
from starlette.routing import Route

from songwright.server.app import operation_named
from songwright.server.core.errors import JournalUnavailable
from songwright.server.core.jobs import Account, Job, State
from songwright.server.core.sealing import Sealer
from songwright.server.journal.sqlite import SqliteStore
from songwright.server.journal.write import Callback, Change, Journal, Order
from songwright.server.orders.runner import Runner
from songwright.server.service.callbacks import PATH
from songwright.server.service.catalogue import Catalogue
from songwright.server.service.upstream import Upstream
from songwright.server.web.webhook import endpoint
from songwright.tools.sonic.create_song import CreateSong

pytestmark = pytest.mark.anyio

OLD, NEW = "the secret of last year, long enough", "the secret of this year, long enough"
GAP, SAFETY = 3.3, 120.0
MOST_BYTES = 64 * 1024
START = 1_800_000_000.0
WORDS = "[Verse]\nRain upon the tin roof"
EVENT = {"code": 200, "task_id": "task-1", "platform": "suno", "event": "song.completed", "data": []}


class StillClock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds

    async def wait(self, event: anyio.Event, seconds: float) -> bool:
        self.at += seconds
        return event.is_set()


class Server:
    """What the route asks of a hosted server, and jobs in every state to call back about."""

    def __init__(self, path: Path, *keys: str) -> None:
        self.clock = StillClock()
        self.catalogue = Catalogue.load()
        self.store = SqliteStore(path)
        self.store.open()
        self.journal = Journal(self.store, self.clock)
        self.runner = Runner(self.journal, self.catalogue, self.clock, operation_named)
        self.sealer = Sealer(keys)
        self.account = Account("person", "https://api.aimusicapi.ai", "key-1", "aimusicapi", sandbox=False)
        self.songs = 0
        self.web = Starlette(routes=[Route(PATH, endpoint(self), methods=["POST"])])  # type: ignore[arg-type]

    async def account_of(self, job: Job) -> Account:
        """Who spends on a job, and whether others spend from the same key."""
        return replace(self.account, tenant=job.tenant)

    def shared(self, answer: Callable[[httpx2.Request], httpx2.Response]) -> None:
        """From now on the key is one that several tenants spend from; this is what the service shows of a task."""
        self.account = replace(self.account, shared=True)
        upstream = Upstream(self.account.base_url, "k", user_agent="t", transport=httpx2.MockTransport(answer))
        self.runner.hold(self.account, upstream, lambda _: None)  # type: ignore[arg-type,return-value]

    def asked(self, tenant: str | None = None) -> Job:
        """An order that waits for its turn, each for another song."""
        self.songs += 1
        song = CreateSong(lyrics=f"{WORDS}\n{self.songs}", title=f"Rain {self.songs}", style="folk")
        account = replace(self.account, tenant=tenant or self.account.tenant)
        job = self.journal.ask(Order(account, song, song.request(KnownFacts()), 14, "rain", confirm_above=None)).job
        assert job is not None
        return job

    def sending(self, tenant: str | None = None) -> Job:
        """An order on the wire."""
        self.asked(tenant)
        job = self.journal.claim(self.account.key_id, 0.0, 15.0)
        assert job is not None
        return job

    def running(self, task: str = "task-1", tenant: str | None = None) -> Job:
        """An order that was answered; its safety look is two minutes away."""
        job = self.journal.bought(self.sending(tenant).id, task, START + SAFETY, "answer")
        assert job is not None
        return job

    def looked(self) -> None:
        """The look that a call has brought found the song still in work."""
        self.clock.at += GAP
        look = self.journal.claim(self.account.key_id, GAP, 15.0)
        assert look is not None
        assert self.journal.move(look, Change(State.RUNNING, START + SAFETY)) is not None
        self.clock.at += GAP

    def unknown(self) -> Job:
        """An order whose answer was lost."""
        job = self.journal.move(self.sending(), Change(State.UNKNOWN, problem="answer_lost", sentence="Lost."))
        assert job is not None
        return job

    def job(self, job: Job) -> Job:
        """As it stands now."""
        found = self.journal.any_job(job.id)
        assert found is not None
        return found

    def noted(self, job: Job) -> int:
        """How many calls about a job are on record."""
        with self.store.reading() as tx:
            row = tx.one("last_hook", job_id=job.id)
            return 0 if row is None or row["at"] is None else 1

    def receipts(self, job: Job) -> list[tuple[str, str]]:
        """Every task on record for a job, and how it was learned."""
        with self.store.reading() as tx:
            return [(row["remote_id"], row["via"]) for row in tx.all("receipts_of", job_id=job.id)]

    async def call(self, job_id: str, body: bytes, headers: dict[str, Any], token: str | None = None) -> int:
        """What a call is answered with."""
        path = PATH.format(job_id=job_id, token=self.sealer.hook_token(job_id) if token is None else token)
        transport = httpx2.ASGITransport(app=self.web)
        async with httpx2.AsyncClient(transport=transport, base_url="https://songs.example.org") as client:
            answer = await client.post(path, content=body, headers=headers)
        assert answer.content == b""
        return answer.status_code

    async def tell(self, job: Job, event_id: str = "event-1", **event: Any) -> int:
        """A call that is right in every respect."""
        body = json.dumps(EVENT | event).encode()
        headers = signed(body, self.sealer.hook_secret(job.id), self.clock.at, event_id)
        return await self.call(job.id, body, headers)


def signed(body: bytes, secret: str, at: float | str, event_id: str = "event-1") -> dict[str, Any]:
    """The headers of today's scheme: HMAC-SHA256 over timestamp, a dot and the raw body."""
    timestamp = at if isinstance(at, str) else str(int(at))
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {
        "X-Webhook-Id": event_id,
        "X-Webhook-Timestamp": timestamp,
        "X-Webhook-Signature": f"sha256={digest}",
    }


def signed_of_old(body: bytes, secret: str) -> dict[str, str]:
    """The header of the scheme before: HMAC-SHA256 over the raw body alone."""
    return {"X-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "journal.sqlite3", OLD)
    yield made
    made.store.close()


# -- what a call moves ------------------------------------------------------------------------------------------------


async def test_a_call_makes_a_song_be_looked_at_now(server: Server) -> None:
    job = server.running()
    assert await server.tell(job) == 200
    after = server.job(job)
    assert (after.state, after.next_at) == (State.RUNNING, server.clock.at)


async def test_an_order_whose_answer_was_lost_is_bought_by_the_task_that_a_call_names(server: Server) -> None:
    job = server.unknown()
    assert await server.tell(job) == 200
    after = server.job(job)
    assert (after.state, after.remote_id, after.next_at) == (State.RUNNING, "task-1", server.clock.at)
    assert server.receipts(job) == [("task-1", "webhook")]


async def test_an_order_on_the_wire_is_bought_before_its_answer_comes(server: Server) -> None:
    job = server.sending()
    assert await server.tell(job) == 200
    assert server.job(job).state is State.RUNNING
    assert server.journal.bought(job.id, "task-1", server.clock.at, "answer") is None
    assert server.receipts(job) == [("task-1", "webhook")]


async def test_an_order_that_was_given_up_comes_home_by_a_call(server: Server) -> None:
    """It is paid; like a late answer, the call is true whenever it comes."""
    job = server.unknown()
    server.journal.give_up(server.account, job.id, "Given up.")
    assert await server.tell(job) == 200
    assert server.job(job).state is State.RUNNING


async def test_an_order_that_was_taken_for_refused_comes_home_when_the_service_names_its_task(server: Server) -> None:
    """What the service signs about an order's own task is proof of purchase, whatever its answer had been."""
    job = server.sending()
    server.journal.refused(job, "forbidden_words", "Refused.", None)
    assert server.job(job).charge == 0
    assert await server.tell(job) == 200
    told = server.job(job)
    assert told.state is State.RUNNING
    assert told.remote_id is not None
    assert told.charge == told.cost


async def test_a_second_task_for_an_order_is_kept_and_changes_nothing(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    job = server.running()
    assert await server.tell(job, task_id="task-2") == 200
    assert server.job(job).remote_id == "task-1"
    assert sorted(server.receipts(job)) == [("task-1", "answer"), ("task-2", "webhook")]
    assert "a second receipt, task-2" in caplog.text


async def test_a_call_that_names_no_task_brings_a_look_and_buys_nothing(server: Server) -> None:
    running, lost = server.running(), server.unknown()
    for job in (running, lost):
        body = json.dumps({"event": "song.completed"}).encode()
        secret = server.sealer.hook_secret(job.id)
        assert await server.call(job.id, body, signed(body, secret, server.clock.at)) == 200
    assert server.job(running).next_at == server.clock.at
    assert (server.job(lost).state, server.receipts(lost)) == (State.UNKNOWN, [])


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b"[" * 9000, b'{"task_id": {"a": 1}, "event": 7}'])
async def test_words_that_make_no_sense_are_still_a_sign_of_life(server: Server, body: bytes) -> None:
    job = server.running()
    headers = signed(body, server.sealer.hook_secret(job.id), server.clock.at)
    assert await server.call(job.id, body, headers) == 200
    assert server.job(job).next_at == server.clock.at


@pytest.mark.parametrize("task", ["../../x", "a\x00b", "x" * 201, "a b", "\ud800"])
async def test_a_task_whose_name_is_no_id_is_not_believed(server: Server, task: str) -> None:
    job = server.unknown()
    assert await server.tell(job, task_id=task) == 200
    assert (server.job(job).state, server.receipts(job)) == (State.UNKNOWN, [])


async def test_many_calls_bring_one_look_in_the_pause_between_two_requests(server: Server) -> None:
    job = server.running()
    for n in range(5):
        await server.tell(job, f"event-{n}", n=n)
        server.clock.at += 0.1
    look = server.journal.claim(server.account.key_id, GAP, 15.0)
    assert look is not None
    assert server.journal.move(look, Change(State.RUNNING, START + SAFETY)) is not None
    await server.tell(job, "event-5", n=5)
    assert server.job(job).next_at == pytest.approx(START + 0.4 + GAP)


async def test_a_call_during_a_look_is_not_overlooked(server: Server) -> None:
    """The look was answered before the end; the next one would be a minute away."""
    job = server.running()
    server.clock.at += SAFETY
    look = server.journal.claim(server.account.key_id, GAP, 15.0)
    assert look is not None
    server.clock.at += 1
    await server.tell(job)
    moved = server.journal.move(look, Change(State.RUNNING, server.clock.at + 60))
    assert moved is not None
    assert moved.next_at == server.clock.at


async def test_a_call_under_the_secret_of_last_year_still_counts(server: Server, tmp_path: Path) -> None:
    job = server.running()
    rotated = Server(tmp_path / "journal.sqlite3", NEW, OLD)
    body = json.dumps(EVENT).encode()
    headers = signed(body, server.sealer.hook_secret(job.id), START)
    assert await rotated.call(job.id, body, headers, server.sealer.hook_token(job.id)) == 200
    assert rotated.job(job).next_at == START
    rotated.store.close()


# -- what is told twice -----------------------------------------------------------------------------------------------


async def test_the_same_event_again_is_answered_kindly_and_moves_nothing(server: Server) -> None:
    job = server.running()
    assert await server.tell(job) == 200
    server.looked()
    assert await server.tell(job) == 200
    assert server.job(job).next_at == START + SAFETY


async def test_the_same_words_under_another_id_are_the_same_event(server: Server) -> None:
    """An event id is not signed, so whoever repeats a call may change it."""
    job = server.running()
    assert await server.tell(job, "event-1") == 200
    server.looked()
    assert await server.tell(job, "event-2") == 200
    assert server.job(job).next_at == START + SAFETY


# -- the scheme before ------------------------------------------------------------------------------------------------


async def test_the_older_signature_brings_one_look_for_the_same_words(server: Server) -> None:
    job = server.running()
    body = json.dumps(EVENT).encode()
    headers = signed_of_old(body, server.sealer.hook_secret(job.id))
    assert await server.call(job.id, body, headers) == 200
    assert server.job(job).next_at == START
    server.looked()
    assert await server.call(job.id, body, headers | {"X-Webhook-Id": "another"}) == 200
    assert server.job(job).next_at == START + SAFETY


async def test_the_older_signature_never_names_a_task(server: Server) -> None:
    """It has no time in it: a call of any age would pass."""
    job = server.unknown()
    body = json.dumps(EVENT).encode()
    assert await server.call(job.id, body, signed_of_old(body, server.sealer.hook_secret(job.id))) == 200
    assert (server.job(job).state, server.receipts(job)) == (State.UNKNOWN, [])


# -- who is turned away -----------------------------------------------------------------------------------------------

Forgery = Callable[[Server, Job, bytes], tuple[bytes, dict[str, Any]]]


def _right(server: Server, job: Job, body: bytes, at: float = START) -> dict[str, Any]:
    return signed(body, server.sealer.hook_secret(job.id), at)


FORGERIES: dict[str, Forgery] = {
    "unsigned": lambda server, job, body: (body, {}),
    "signed by somebody else": lambda server, job, body: (body, signed(body, "guess", START)),
    "signed with another job's secret": lambda server, job, body: (
        body,
        signed(body, server.sealer.hook_secret("0123456789abcdef"), START),
    ),
    "signed with the address's token": lambda server, job, body: (
        body,
        signed(body, server.sealer.hook_token(job.id), START),
    ),
    "other words than were signed": lambda server, job, body: (body + b" ", _right(server, job, body)),
    "another time than was signed": lambda server, job, body: (
        body,
        _right(server, job, body) | {"X-Webhook-Timestamp": str(int(START) + 1)},
    ),
    "five minutes old": lambda server, job, body: (body, _right(server, job, body, START - 301)),
    "from the future": lambda server, job, body: (body, _right(server, job, body, START + 301)),
    "without a time": lambda server, job, body: (
        body,
        {k: v for k, v in _right(server, job, body).items() if k != "X-Webhook-Timestamp"},
    ),
    "a time that is no number": lambda server, job, body: (
        body,
        signed(body, server.sealer.hook_secret(job.id), "nan"),
    ),
    "a signature that is no text": lambda server, job, body: (
        body,
        _right(server, job, body) | {"X-Webhook-Signature": b"sha256=\xff\xfe"},
    ),
    "a signature without its prefix": lambda server, job, body: (
        body,
        _right(server, job, body)
        | {"X-Webhook-Signature": _right(server, job, body)["X-Webhook-Signature"].removeprefix("sha256=")},
    ),
    "half a signature": lambda server, job, body: (
        body,
        _right(server, job, body) | {"X-Webhook-Signature": _right(server, job, body)["X-Webhook-Signature"][:40]},
    ),
    "an old call in the older scheme's clothes": lambda server, job, body: (
        body,
        _right(server, job, body, START - 301) | signed_of_old(body, server.sealer.hook_secret(job.id)),
    ),
    "an older signature by somebody else": lambda server, job, body: (body, signed_of_old(body, "guess")),
}


@pytest.mark.parametrize("how", FORGERIES)
async def test_a_call_that_is_not_signed_rightly_is_refused_and_nothing_moves(server: Server, how: str) -> None:
    running, lost = server.running(), server.unknown()
    for job in (running, lost):
        before = server.job(job)
        body, headers = FORGERIES[how](server, job, json.dumps(EVENT).encode())
        assert await server.call(job.id, body, headers) == 401
        assert server.job(job) == before
        assert server.noted(job) == 0
    assert server.receipts(lost) == []


async def test_a_wrong_address_is_like_none_at_all(server: Server) -> None:
    """Unknown jobs, wrong tokens and the tokens of other jobs get one answer, whatever they bring along."""
    job, other = server.running(), server.running()
    body = json.dumps(EVENT).encode()
    right = _right(server, job, body)
    wrong = {
        (job.id, "x" * 43),
        (job.id, server.sealer.hook_token(other.id)),
        (job.id, server.sealer.hook_token(job.id)[:-1]),
        (job.id, server.sealer.hook_secret(job.id)),
        ("0123456789abcdef", server.sealer.hook_token(job.id)),
        ("0123456789abcdef", server.sealer.hook_token("0123456789abcdef")),
        ("nothing%20of%20the%20kind%00", "%F0%9F%8E%B5"),
    }
    for job_id, token in wrong:
        headers = signed(body, server.sealer.hook_secret(job_id), START) if len(job_id) == 16 else right
        assert await server.call(job_id, body, headers, token) == 404
        assert await server.call(job_id, b"x" * (MOST_BYTES + 1), {}, token) in (404, 413)
    assert server.job(job).next_at == START + SAFETY


async def test_a_call_of_one_job_is_none_of_another(server: Server) -> None:
    job, other = server.running(), server.unknown()
    body = json.dumps(EVENT).encode()
    assert await server.call(other.id, body, _right(server, job, body)) == 401
    assert server.job(other).state is State.UNKNOWN


async def test_a_body_over_the_limit_is_refused_before_it_is_read_whole(server: Server) -> None:
    job = server.running()
    body = b"x" * (MOST_BYTES + 1)
    assert await server.call(job.id, body, _right(server, job, body)) == 413
    assert await server.call(job.id, body[:-1], _right(server, job, body[:-1])) == 200


async def test_a_call_is_not_acknowledged_while_the_journal_cannot_be_written(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the service tells it again."""

    def full(*_: object) -> None:
        raise JournalUnavailable("The disk is full.")

    job = server.running()
    with monkeypatch.context() as broken:
        broken.setattr(server.journal, "called_back", full)
        assert await server.tell(job) == 503
    assert await server.tell(job) == 200
    assert server.job(job).next_at == START


# -- which task a call may name ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("owner", ["person", "somebody-else"])
async def test_a_call_that_names_the_task_of_another_order_is_only_a_hint(
    server: Server, owner: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A secret may leak; what is signed with it must not lead to a song that somebody else has paid."""
    other = server.running("task-of-another", owner)
    lost = server.unknown()
    assert await server.tell(lost, task_id="task-of-another") == 200
    assert (server.job(lost).state, server.receipts(lost)) == (State.UNKNOWN, [])
    assert server.receipts(other) == [("task-of-another", "answer")]
    assert "another order has it" in caplog.text


async def test_a_second_receipt_is_no_task_of_another_order(server: Server) -> None:
    server.running("task-of-another", "somebody-else")
    job = server.running("task-1")
    assert await server.tell(job, task_id="task-of-another") == 200
    assert server.receipts(job) == [("task-1", "answer")]


async def test_a_task_that_its_tenant_follows_already_still_brings_its_order_home(server: Server) -> None:
    """The person has asked for the lost song by the id that the website shows; it is that order's all the same."""
    lost = server.unknown()
    server.journal.adopt(server.account, CreateSong(idea="x"), "task-1", "")
    assert await server.tell(lost) == 200
    assert server.job(lost).state is State.RUNNING


async def test_an_order_that_was_never_sent_has_no_task(server: Server) -> None:
    job = server.asked()
    assert await server.tell(job) == 200
    assert (server.job(job).state, server.receipts(job)) == (State.QUEUED, [])


def test_two_calls_that_name_one_task_at_once_do_not_both_get_it(server: Server) -> None:
    """What was found before the transaction may have changed by then."""
    one, other = server.unknown(), server.unknown()
    for job in (one, other):
        server.journal.called_back(job, Callback(job.id, job.id, "other", "task-1"), GAP)
    assert [server.job(job).state for job in (one, other)] == [State.RUNNING, State.UNKNOWN]


def shows(lyrics: object, **more: Any) -> Callable[[httpx2.Request], httpx2.Response]:
    """A service that shows every task with these words."""
    body = {"code": 200, "data": [{"clip_id": "clip-1", "state": "running", "lyrics": lyrics, **more}]}
    return lambda _: httpx2.Response(200, json=body)


async def test_under_a_shared_key_a_lost_order_comes_home_when_the_service_shows_its_words(server: Server) -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(f"{request.method} {request.url.path}")
        return shows(f"{WORDS}\n1", title="Rain 1")(request)

    server.shared(answer)
    job = server.unknown()
    assert await server.tell(job) == 200
    assert server.job(job).state is State.RUNNING
    assert asked == ["GET /api/v1/sonic/task/task-1"]


@pytest.mark.parametrize(
    "answer",
    [
        shows("Somebody else's words"),
        shows("", title="Rain 1"),
        shows("Somebody else's words", title="Rain 1", tags="folk"),
        lambda _: httpx2.Response(202, json={"type": "not_ready"}),
        lambda _: httpx2.Response(404, json={"message": "no such task"}),
        lambda _: httpx2.Response(500, json={"type": "api_error", "message": "failed"}),
    ],
    ids=["other words", "only the title", "only title and style", "not ready", "unknown", "failed"],
)
async def test_under_a_shared_key_a_task_that_is_not_shown_for_the_order_is_only_a_hint(
    server: Server, answer: Callable[[httpx2.Request], httpx2.Response]
) -> None:
    server.shared(answer)
    job = server.unknown()
    assert await server.tell(job) == 200
    assert (server.job(job).state, server.receipts(job)) == (State.UNKNOWN, [])
    assert server.noted(job)


async def test_under_a_shared_key_an_order_gets_no_second_task_and_the_service_is_not_asked(server: Server) -> None:
    server.shared(lambda _: pytest.fail("asked"))
    job = server.running()
    assert await server.tell(job, task_id="task-2") == 200
    assert server.receipts(job) == [("task-1", "answer")]


async def test_while_the_service_cannot_be_asked_a_call_is_not_acknowledged(server: Server) -> None:
    """So it is told again, and brings the order home then."""

    def away(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    answers = [away, shows(f"{WORDS}\n1", title="Rain 1")]
    server.shared(lambda request: answers[0](request))
    job = server.unknown()
    assert await server.tell(job) == 503
    assert not server.noted(job)
    del answers[0]
    assert await server.tell(job) == 200
    assert server.job(job).state is State.RUNNING


# -- on record ---------------------------------------------------------------------------------------------------------


def test_an_event_is_kept_once_under_its_id_and_once_under_its_words(server: Server) -> None:
    job, call = server.running(), Callback("event-1", "digest-1", "song.streaming", None)
    assert server.journal.called_back(job, call, GAP) is not None
    assert server.journal.called_back(job, replace(call, digest="digest-2"), GAP) is None
    assert server.journal.called_back(job, replace(call, event_id="event-2"), GAP) is None
    assert server.journal.called_back(job, Callback("event-2", "digest-2", "song.completed", None), GAP) is not None
    assert server.journal.end_told(job.id)
