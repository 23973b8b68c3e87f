"""The lives of a process: the real runner on real files, driven turn by turn until nothing is left to do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from songwright.server.app import operation_named
from songwright.server.core.jobs import Account, Job, State, job_of
from songwright.server.core.operation import Purchase
from songwright.server.files.downloads import Fetcher
from songwright.server.journal.write import Journal, Order, Verdict
from songwright.server.orders.lookup import CallFacts
from songwright.server.orders.runner import Runner, Step
from songwright.server.service.catalogue import Catalogue
from songwright.server.service.upstream import Upstream
from songwright.tools.sonic.create_song import CreateSong

from .clock import ProcessClock, SimClock
from .fate import Blow, Death, Fate
from .places import Place
from .seams import FatefulLibrary, FatefulTransport, Sent

CATALOGUE = Catalogue.load()
GAP = CATALOGUE.brand("aimusicapi").gap
PRICE = 14
MOST_TURNS = 600
LONG_STALL = 200.0
"""Seconds: longer than the longest lease, which is an order's 75 plus 15."""


class Stuck(AssertionError):
    """Something is unfinished and nothing is due: it would stay so for ever."""


@dataclass
class Service:
    """How to reach a service: where, with what key, over what, and who fetches files from it."""

    base_url: str
    key: str
    transport: Callable[[], httpx2.AsyncBaseTransport]
    fetcher: Callable[[], Fetcher]


TITLES = ("Tin Roof", "Low Tide")


def song(title: str = TITLES[0]) -> CreateSong:
    """A small song to order."""
    return CreateSong(lyrics="[Verse]\nRain upon the tin roof", title=title, style="folk")


def songs_of(number: int) -> list[CreateSong]:
    """So many different ones."""
    return [song(title) for title in TITLES[:number]]


@dataclass
class Home:
    """One person's machine: files and clock that outlive every process, and what was seen on the wire."""

    place: Place
    service: Service
    clock: SimClock = field(default_factory=SimClock)
    log: list[Sent] = field(default_factory=list)
    journal_type: type[Journal] = Journal

    @property
    def account(self) -> Account:
        return Account("person", self.service.base_url, f"id-of-{self.service.key}", "aimusicapi", sandbox=False)

    @property
    def library(self) -> Path:
        return self.place.folder / "library"

    def rows(self, table: str) -> list[dict[str, Any]]:
        """What is on disk, read past all of our own code."""
        return self.place.rows(table)

    def jobs(self) -> list[Job]:
        return [job_of(row) for row in self.rows("jobs")]


class Process:
    """One life of one process: everything in memory is gone at its end, everything on disk stays."""

    def __init__(self, home: Home, fate: Fate | None = None, busy_seconds: float = 15.0) -> None:
        self.home = home
        self.fate = fate or Fate()
        self.fate.meanwhile = self._meanwhile
        with contextlib.suppress(RuntimeError):
            self.fate.loop = asyncio.get_running_loop()
        self.clock = ProcessClock(home.clock)
        self.store = home.place.store(self.fate, busy_seconds)
        self.store.open()
        self.journal = home.journal_type(self.store, self.clock)
        self.runner = Runner(self.journal, CATALOGUE, self.clock, operation_named)
        transport = FatefulTransport(home.service.transport(), self.fate, home.log, self.clock.now)
        self.upstream = Upstream(home.service.base_url, home.service.key, user_agent="proof", transport=transport)
        library = FatefulLibrary(home.library, home.service.fetcher(), self.fate)
        self.held = self.runner.hold(home.account, self.upstream, lambda _: library)

    async def end(self) -> None:
        """Give file descriptors back; an operating system does it at a death."""
        await self.upstream.close()
        self.store.close()

    def order_of(self, operation: Purchase, **more: Any) -> Order:
        facts = CallFacts(CATALOGUE, self.journal, self.home.account, self.clock.now())
        price, later = operation.price(facts), operation.follow_up_price(facts)
        own = None if price is None or later is None else price - later
        values = {"confirm_above": 100, "own_cost": own, **more}
        return Order(
            self.home.account, operation, operation.request(facts), price, operation.search_words(),
            **values,
        )  # fmt: skip

    async def ask(self, operation: Purchase, **more: Any) -> Verdict:
        return await self.runner.order(self.order_of(operation, **more))

    async def work(self) -> None:
        """Go on until nothing is left to do; time passes only while nothing is due. Raises `Stuck`."""
        rests = 0
        for _ in range(MOST_TURNS):
            while await self.runner.turn(self.held, _at_once):
                rests = 0
            at = self.journal.agenda(self.held.key_id)
            if at is None:
                rests += 1
                if rests > 2:
                    return
                self.home.clock.move(GAP)  # a reading of the balance may wait for its slot
            else:
                self.home.clock.move(max(at - self.clock.now(), 0.25) + 0.001)
        raise Stuck(f"not settled after {MOST_TURNS} turns: {[(j.state, j.next_at) for j in self.home.jobs()]}")

    async def _meanwhile(self, blow: Blow) -> None:
        """This process stands still, or is slower than another one, which starts now and does what is due."""
        other = Process(self.home)
        self.clock.stopped = True
        try:
            if blow == "stall":
                self.home.clock.move(LONG_STALL)
                await other.work()
            else:
                while await other.runner.turn(other.held, _at_once):
                    pass
        finally:
            self.clock.stopped = False
            self.home.clock.move(0.0)
            await other.end()


async def _at_once(step: Step) -> None:
    await step()


async def until_death(life: Callable[[], Awaitable[None]]) -> bool:
    """Run a life; whether it ended in death."""
    died = False
    try:
        await life()
    except* Death:
        died = True
    return died


async def live_through(home: Home, fate: Fate, wanted: Sequence[Purchase], lives: int = 4) -> None:
    """A person asks for something, and asks again in every life of the process, until everything is settled."""
    for _ in range(lives):

        async def life() -> None:
            process = Process(home, fate)
            try:
                failed = {job.dedupe for job in home.jobs() if job.state is State.FAILED}
                for operation in wanted:
                    if operation.identity() not in failed:
                        await process.ask(operation)
                await process.work()
            finally:
                await process.end()

        if not await until_death(life):
            return
    raise Stuck(f"died in every one of {lives} lives: {fate.told()}")
