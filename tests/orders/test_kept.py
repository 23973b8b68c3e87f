"""What was paid is kept and told of: orders that belong together, tools that are not known, ends in between."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from declared import documented, plain
from desk import ACCOUNT, Desk, Flow, clip
from desk import client as connected
from pages_on_loopback import Site, page
from waiting import PATIENCE

from songwright.server.core.errors import Blocked, JournalUnavailable, LinkDead, Unreachable
from songwright.server.core.jobs import Job, State
from songwright.server.core.operation import Operation, Outcome, Purchase, Request
from songwright.server.files.delivery import Delivery
from songwright.server.files.downloads import Fetcher
from songwright.server.files.library import Library
from songwright.server.journal.write import Change, Journal, Order
from songwright.server.orders import looks, saving
from songwright.server.orders.handlers import perform
from songwright.server.orders.results import Result
from songwright.server.orders.steps import StepContext
from songwright.server.orders.talk import Agreed
from songwright.server.protocol import tasks, tools_server
from songwright.server.service.upstream import Upstream
from songwright.tools.library.get_song import GetSong
from songwright.tools.library.resolve_job import ResolveJob
from songwright.tools.library.wait_for_song import WaitForSong
from songwright.tools.sonic.concat_song import ConcatSong
from songwright.tools.sonic.download_clip import DownloadClip
from songwright.tools.sonic.extend_song import ExtendSong
from songwright.tools.sonic.get_midi import GetMidi
from songwright.tools.sonic.get_wav import GetWav
from songwright.tools.sonic.separate_stems import SeparateStems

pytestmark = pytest.mark.anyio


class Silent:
    """A client that can ask nobody and waits for nothing."""

    async def agree(self, question: str, quote: str) -> Agreed:
        return Agreed.CANNOT_ASK

    def agreed_quote(self) -> str | None:
        return None

    def patience(self, seconds: float) -> float:
        return 0.0

    async def unheard(self) -> str | None:
        return None

    async def ordered(self, job_id: str) -> None: ...

    async def progress(self, job: Job, elapsed: float, expected: float) -> None: ...

    async def working(self, sentence: str, share: float) -> None: ...


class Service:
    """What the service was asked, and what it answers to everything."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200
        self.body: dict[str, Any] = {}

    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._answer)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        return httpx2.Response(self.status, json=self.body)


class Shop:
    """A desk whose key is held, so that its orders can be asked after."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder, Flow(), confirm_above=100)
        self.service = Service()
        self.journal = self.desk.journal
        self.caller = self.desk._caller
        upstream = Upstream(ACCOUNT.base_url, "key", user_agent="test", transport=self.service.transport())
        self.held = self.caller.runner.hold(ACCOUNT, upstream, lambda _: self.caller.library)

    async def call(self, operation: Operation) -> dict[str, Any]:
        result: Result = await perform(self.caller, operation, Silent())
        return result.told

    def context(self, job: Job) -> StepContext:
        return self.held.context_of(job)

    def again(self, job: Job) -> Job:
        found = self.journal.any_job(job.id)
        assert found is not None
        return found

    def ask(self, operation: Purchase, **more: Any) -> Job:
        request = Request("POST", "/api/v1/sonic/x", {})
        order = Order(ACCOUNT, operation, request, 10, operation.search_words(), None, **more)
        job = self.journal.ask(order).job
        assert job is not None
        return job

    def claimed(self) -> Job:
        """The order, or look, that is next."""
        assert isinstance(self.desk.clock, Flow)
        self.desk.clock.at += 1.0
        job = self.journal.claim(ACCOUNT.key_id, 0.0, 60.0)
        assert job is not None
        return job

    def taken(self, operation: Purchase, **more: Any) -> Job:
        """An order that has become a task."""
        job = self.ask(operation, **more)
        self.claimed()
        bought = self.journal.bought(job.id, f"task-{job.id}", 0.0, "answer")
        assert bought is not None
        return bought

    def moved(self, job: Job, change: Change, *args: Any) -> Job:
        now = self.journal.move(job, change, *args)
        assert now is not None
        return now

    def whole_song(self) -> tuple[Job, list[Job]]:
        """An extension that is done, and the two orders that join its takes."""
        operation = ExtendSong(source="clip-1", continue_at=1.0, whole_song=True, lyrics="[Verse]\nStay")
        fetching = self.moved(self.taken(operation), Change(State.FETCHING))
        takes = [clip(fetching, take) for take in (1, 2)]
        joins = [
            Order(
                ACCOUNT, ConcatSong(clip_id=t.clip_id), Request("POST", "/y", {}), 2, "w", None, parent_id=fetching.id
            )
            for t in takes
        ]
        done = self.moved(fetching, Change(State.DONE), takes, joins)
        return done, self.journal.children(done.id)

    def running(self) -> Job:
        """The next order that waits has become a task."""
        claimed = self.claimed()
        bought = self.journal.bought(claimed.id, f"task-{claimed.id}", 0.0, "answer")
        assert bought is not None
        return bought


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    made = Shop(tmp_path)
    yield made
    await made.held.upstream.close()
    made.desk.store.close()


# -- orders that belong together --------------------------------------------------------------------------------------


async def test_a_song_whose_joins_were_cancelled_is_done_and_paid_for_and_says_so(shop: Shop) -> None:
    parent, joins = shop.whole_song()
    for join in joins:
        assert shop.journal.withdraw(ACCOUNT, join.id) is not None
    told = await shop.call(WaitForSong(job_id=parent.id))
    assert told["status"] == "done"
    assert len(told["clips"]) == 2
    assert told["credits"]["cost"] == 10
    assert (
        "2 of 2 follow-up orders were cancelled and were not charged. The rest is here and paid for." in told["notice"]
    )
    assert "nothing was spent" not in told["notice"]


async def test_who_asks_for_a_song_asks_for_its_joins_that_are_not_saved_too(shop: Shop) -> None:
    parent, joins = shop.whole_song()
    for _ in joins:
        join = shop.running()
        made = replace(clip(join, 0), clip_id=f"joined-{join.id}")
        fetching = shop.moved(join, Change(State.FETCHING), [made])
        shop.moved(
            fetching, Change(State.DONE, problem="not_saved", sentence="Its link is dead. get_song tries again.")
        )
    shop.service.status, shop.service.body = 503, {"message": "later"}
    told = await shop.call(GetSong(id=parent.id))
    assert "Its link is dead. get_song tries again." in told["notice"]
    assert {path for path in shop.service.asked if "/task/" in path} == {
        f"GET /api/v1/sonic/task/task-{join.id}" for join in joins
    }


async def test_who_waits_for_a_song_has_its_joins_looked_at(shop: Shop) -> None:
    parent, joins = shop.whole_song()
    later = shop.desk.clock.now() + 3600
    trouble = Change(State.RUNNING, later, troubles=9, trouble_since=1.0, problem="trouble", sentence="It is paid.")
    for _ in joins:
        shop.moved(shop.running(), trouble)
    assert isinstance(shop.desk.clock, Flow)
    shop.desk.clock.at += 600
    await shop.call(WaitForSong(job_id=parent.id))
    assert all(shop.again(join).next_at <= shop.desk.clock.now() for join in joins)


async def test_a_wav_that_was_ordered_before_its_stems_were_done_is_not_bought_again_with_them(shop: Shop) -> None:
    order = SeparateStems(clip_id="clip-1", format="wav")
    fetching = shop.moved(shop.taken(order), Change(State.FETCHING))
    stems = [replace(clip(fetching, take), part=part) for take, part in ((1, "vocals"), (2, "instrumental"))]
    shop.journal.put_clips(fetching, stems)
    ordered = shop.ask(GetWav(clip_id=stems[0].clip_id))  # its id is told while the stems are still being saved
    follow_ups = saving._follow_ups(shop.context(fetching), fetching, order)
    shop.moved(fetching, Change(State.DONE), (), follow_ups)
    children = shop.journal.children(fetching.id)
    assert [child.arguments["clip_id"] for child in children] == [stem.clip_id for stem in stems]
    assert children[0].id == ordered.id
    assert [job.id for job in shop.desk.orders() if job.arguments == ordered.arguments] == [ordered.id]


async def test_a_stem_that_the_service_calls_by_the_id_of_its_song_does_not_lead_round_in_a_circle(shop: Shop) -> None:
    fetching = shop.moved(shop.taken(SeparateStems(clip_id="clip-1")), Change(State.FETCHING))
    shop.journal.put_clips(fetching, [replace(clip(fetching, 1), clip_id="clip-1", part="vocals")])
    shop.journal.put_lineage(fetching, "clip-1", {"stem of": ["clip-1"]})
    assert (await Delivery(shop.journal, shop.caller.library, ACCOUNT).clip("clip-1")).title == "Song"


@pytest.mark.parametrize(("status", "met"), [(404, LinkDead), (503, Unreachable)])
async def test_a_file_that_does_not_come_holds_back_no_other_of_its_order(
    shop: Shop, tmp_path: Path, status: int, met: type[Exception]
) -> None:
    order = DownloadClip(clip_id="clip-1", formats=("mp3", "wav"))
    with closing(Site()) as site:
        site.pages |= {"/a.mp3": page(b"", status), "/a.wav": page(b"RIFF\x24\0\0\0WAVEfmt " + bytes(28))}
        files = [{"format": kind, "file_url": site.url(f"/a.{kind}")} for kind in order.formats]
        shop.ask(order)
        job = shop.journal.bought_at_once(shop.claimed().id, {"data": {"files": files}})
        assert job is not None
        library = Library(tmp_path / "Music", Fetcher(loopback_ok=True), sandbox=False)
        with pytest.raises(met):
            await Delivery(shop.journal, library, ACCOUNT).keep(job, order)
    assert [file.kind for file in shop.journal.files(ACCOUNT, "clip-1")] == ["wav"]


# -- a tool that is not known here ------------------------------------------------------------------------------------


@pytest.fixture
def strange(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes every tool unknown; whoever calls it again makes them known."""
    known = shop.caller.runner._written._named
    named: list[Callable[[str], type[Operation] | None]] = [lambda _: None, known]

    def change() -> None:
        shop.caller.runner._written._at_hand.clear()
        monkeypatch.setattr(shop.caller.runner._written, "_named", named.pop(0))

    return change


async def test_an_order_of_a_tool_that_is_not_known_here_is_not_sent(shop: Shop, strange: Callable[[], None]) -> None:
    job = shop.ask(plain("get_wav"))
    strange()
    await shop.caller.runner.turn(shop.held, lambda step: step())
    assert shop.again(job).state is State.QUEUED
    assert [line for line in shop.service.asked if line.startswith("POST")] == []


async def test_the_answer_of_a_tool_that_is_not_known_here_waits_for_one_who_knows_it(
    shop: Shop, strange: Callable[[], None]
) -> None:
    operation = plain("get_wav")
    job = shop.ask(operation)
    shop.claimed()
    shop.journal.bought_at_once(job.id, documented(operation))
    fetching = shop.journal.claim_fetch(ACCOUNT.key_id, 60.0)
    assert fetching is not None
    strange()
    await saving.fetch(shop.context(fetching), fetching)
    now = shop.again(job)
    assert (now.state, now.problem) == (State.FETCHING, "defect")
    assert "does not have the tool get_wav" in (now.sentence or "")
    assert "paid and not lost" in (now.sentence or "")


async def test_a_file_that_is_asked_for_again_is_not_looked_for_as_a_task(
    shop: Shop, strange: Callable[[], None]
) -> None:
    operation = plain("get_midi")
    job = shop.ask(operation)
    shop.claimed()
    waiting = shop.journal.bought_at_once(job.id, {}, again_at=1.0)
    assert waiting is not None
    shop.service.status = 404
    strange()
    await looks.look(shop.context(waiting), waiting)
    assert shop.again(job).state is State.RUNNING
    assert shop.service.asked == []


# -- a last word, and a decision --------------------------------------------------------------------------------------


async def test_a_song_whose_lost_file_finds_no_place_on_the_disk_is_told_of_all_the_same(shop: Shop) -> None:
    """An error in its stead would hide the take that is here, and an order that is done would look failed."""
    job = shop.desk.put("create_song", "done")
    library = shop.desk.settings.library
    lost = library / "Song (take 1).mp3"
    lost.unlink()
    library.rename(library.with_name("elsewhere"))
    library.write_bytes(b"")  # nothing can be put in there
    told = await shop.call(GetSong(id=job.id))
    assert (told["status"], told["job_id"]) == ("done", job.id)
    assert told["clips"][0]["missing"] == str(lost)
    assert "could not be put back. A file could not be saved in" in told["notice"]


async def test_a_song_that_is_there_comes_home_although_credits_came_back(shop: Shop) -> None:
    job = shop.taken(plain("create_song"))
    shop.moved(job, Change(State.DONE, problem="not_saved", sentence="Its link is dead."), [clip(job, 1)])
    good = {"clip_id": "c1", "state": "succeeded", "title": "S", "audio_url": "https://x.example/a.mp3", "duration": 60}
    shop.service.body = {"code": 200, "refund_processed": True, "data": [good, {"clip_id": "c2", "state": "failed"}]}
    await shop.call(GetSong(id=job.id))
    assert shop.again(job).state is State.RUNNING


async def test_an_order_whose_task_is_not_known_can_be_bought_again(shop: Shop) -> None:
    job = shop.taken(plain("create_song"))
    shop.moved(job, Change(State.FAILED, problem="task_unknown", sentence="The service does not know this task."))
    told = await shop.call(ResolveJob(job_id=job.id, action="buy_again"))
    assert told["status"] == "needs_confirmation"
    bought = await shop.call(ResolveJob(job_id=job.id, action="buy_again", quote=told["quote"]))
    assert bought["status"] == "working"
    assert bought["job_id"] != job.id


async def test_buying_again_what_is_on_its_way_does_not_pass_the_stop_at_three_unsettled_orders(shop: Shop) -> None:
    under_way = shop.taken(plain("create_song", title="Under way"))
    for number in range(3):
        shop.ask(plain("create_song", title=f"Lost {number}"))
        shop.moved(shop.claimed(), Change(State.UNKNOWN, problem="answer_lost", sentence="Lost."))
    with pytest.raises(Blocked):
        await shop.call(ResolveJob(job_id=under_way.id, action="buy_again"))
    lost = next(job for job in shop.desk.orders() if job.state is State.UNKNOWN)
    told = await shop.call(ResolveJob(job_id=lost.id, action="buy_again"))
    assert told["status"] == "needs_confirmation", "one of the three is given up for it"


# -- ends in between --------------------------------------------------------------------------------------------------


async def test_a_further_answer_that_we_fail_to_read_is_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call is paid and its file is in there, whatever our reading of it is worth today."""
    job = shop.ask(plain("get_midi"))
    shop.claimed()
    shop.journal.bought_at_once(job.id, {}, again_at=0.0)
    claimed = shop.claimed()
    shop.service.body = {"data": {"midi": "strange"}}

    def unreadable(self: GetMidi, body: object) -> Outcome:
        raise TypeError("a shape that nobody has seen")

    monkeypatch.setattr(GetMidi, "outcome", unreadable)
    await looks.look(shop.context(claimed), claimed)
    now = shop.again(job)
    assert (now.state, now.answer) == (State.FETCHING, shop.service.body)


async def test_an_order_that_is_claimed_while_the_process_ends_is_put_back_and_not_sent(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = shop.ask(plain("create_song"))
    claiming, go_on = threading.Event(), threading.Event()
    claim = Journal.claim

    def slow(journal: Journal, *args: Any) -> Job | None:
        claiming.set()
        go_on.wait(PATIENCE)
        return claim(journal, *args)

    monkeypatch.setattr(Journal, "claim", slow)
    runner = shop.caller.runner
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as group:
            await group.start(runner.run)
            await anyio.to_thread.run_sync(claiming.wait)
            drained = anyio.Event()

            async def drain() -> None:
                await runner.drain(PATIENCE)
                drained.set()

            group.start_soon(drain)
            await anyio.wait_all_tasks_blocked()
            assert not drained.is_set(), "an order may be on its way"
            go_on.set()
            await drained.wait()
            group.cancel_scope.cancel()
    assert shop.again(job).state is State.QUEUED
    assert shop.service.asked == []


async def test_an_answer_that_cannot_become_a_task_is_given_as_it_is(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise nobody would hear the order's id, and the next call in other words would buy a second song."""

    async def unreadable(*_: object) -> None:
        raise JournalUnavailable("The journal cannot be read.")

    monkeypatch.setattr(tools_server.JobBook, "find", unreadable)
    monkeypatch.setattr(tasks, "declared", lambda _: True)
    async with connected(shop.desk) as caller:
        result = await caller.call_tool("create_song", plain("create_song").arguments())
    (job,) = shop.desk.orders()
    assert result.structured_content is not None
    assert result.structured_content["job_id"] == job.id
