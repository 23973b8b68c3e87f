"""Long work on this machine goes on without its caller, and is done once however often it is asked for."""

from __future__ import annotations

import threading
import time

import anyio
import pytest
from waiting import PATIENCE, soon

from songwright.server.core.clock import SystemClock
from songwright.server.core.errors import ArgumentRefused, Busy
from songwright.server.orders.results import Result
from songwright.server.orders.talk import Talk
from songwright.server.orders.workshop import AT_ONCE, Stopped, Work, Workshop

from .test_kept import Silent

pytestmark = pytest.mark.anyio

NOW, LATER = 0.0, time.monotonic() + 10 * PATIENCE
"""The caller waits for nothing, or as long as it takes."""


class Slow:
    """A piece of work that is finished when the test says so."""

    def __init__(self) -> None:
        self.begun = 0
        self.go = threading.Event()
        self.stopped = threading.Event()

    def __call__(self, work: Work) -> Result:
        self.begun += 1
        try:
            while not self.go.wait(0.01):
                work.done(0.5)
        except Stopped:
            self.stopped.set()
            raise
        return Result({"status": "done"}, f"Made {self.begun}.")


class Told(Silent):
    """It remembers what it is told, and then lets the work be finished."""

    def __init__(self, work: Slow) -> None:
        self.shares: list[float] = []
        self.work = work

    async def working(self, sentence: str, share: float) -> None:
        self.shares.append(share)
        self.work.go.set()


@pytest.fixture
def shop() -> Workshop:
    return Workshop(SystemClock())


async def asked(
    shop: Workshop, make: Slow, until: float, *, key: str = "video", tenant: str = "ana", talk: Talk | None = None
) -> Work:
    return await shop.work(tenant, key, "the video", make, talk or Silent(), until)


async def test_work_goes_on_when_its_caller_has_gone_and_the_same_call_gets_its_result(shop: Workshop) -> None:
    slow = Slow()
    assert not (await asked(shop, slow, NOW)).future.done()
    with anyio.CancelScope() as gone:
        async with anyio.create_task_group() as group:
            group.start_soon(asked, shop, slow, LATER)
            await soon(lambda: slow.begun, "it begins")
            gone.cancel()
    slow.go.set()
    assert (await asked(shop, slow, LATER)).future.result().summary == "Made 1."


async def test_what_was_fetched_is_made_anew_by_the_next_call(shop: Workshop) -> None:
    slow = Slow()
    slow.go.set()
    assert [(await asked(shop, slow, LATER)).future.result().summary for _ in range(2)] == ["Made 1.", "Made 2."]


async def test_who_waits_hears_how_far_it_is(shop: Workshop) -> None:
    slow = Slow()
    talk = Told(slow)
    work = await asked(shop, slow, NOW)
    await soon(lambda: work.share == 0.5, "half of it is done")
    await asked(shop, slow, LATER, talk=talk)
    assert talk.shares == [0.5]


async def test_a_caller_with_much_under_way_is_told_to_wait_and_another_is_served(shop: Workshop) -> None:
    slow = Slow()
    for number in range(AT_ONCE):
        await asked(shop, slow, NOW, key=f"video {number}")
    with pytest.raises(Busy, match=r"the video first\. Wait until one is finished"):
        await asked(shop, slow, NOW, key="one more")
    assert not (await asked(shop, slow, NOW, tenant="ben")).future.done()
    slow.go.set()


async def test_a_failure_is_told_once_and_the_next_call_tries_again(shop: Workshop) -> None:
    slow = Slow()
    slow.go.set()

    def fails(work: Work) -> Result:
        raise ArgumentRefused("There is no cover.")

    work = await shop.work("ana", "video", "the video", fails, Silent(), LATER)
    assert isinstance(work.future.exception(), ArgumentRefused)
    assert (await asked(shop, slow, LATER)).future.result().summary == "Made 1."


async def test_a_server_that_ends_stops_the_work(shop: Workshop) -> None:
    slow, waiting = Slow(), Slow()
    await asked(shop, slow, NOW)
    second = await asked(shop, waiting, NOW, key="another")
    await soon(lambda: slow.begun, "it begins")
    shop.close()
    assert slow.stopped.wait(PATIENCE)
    assert second.future.cancelled()
    assert not waiting.begun
