"""A server in this process, over a real journal in which nothing moves by itself, and a stock client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
from declared import documented, plain
from mcp import Client
from mcp_types import Implementation

from songwright import tools
from songwright.server.core.clock import Clock, SystemClock
from songwright.server.core.jobs import LOCAL_TENANT, Account, Clip, Job, SavedFile, State
from songwright.server.core.operation import Finish, Request
from songwright.server.core.settings import Settings
from songwright.server.files.downloads import Fetcher
from songwright.server.files.library import Library
from songwright.server.journal.sqlite import SqliteStore
from songwright.server.journal.write import Change, Journal, Order
from songwright.server.orders.caller import Caller, Limits
from songwright.server.orders.runner import Runner
from songwright.server.protocol.build import build
from songwright.server.service.catalogue import Catalogue

ACCOUNT = Account(LOCAL_TENANT, "https://api.example.test", "key", "aimusicapi", sandbox=False)


class Flow:
    """Time that passes while somebody waits, or stands still until it is told to go on."""

    def __init__(self) -> None:
        self.at = 0.0
        self.flows = True
        self.waited = anyio.Event()

    def now(self) -> float:
        return 1_800_000_000.0 + self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        await self.wait(anyio.Event(), seconds)

    async def wait(self, event: anyio.Event, seconds: float) -> bool:
        if not self.flows:
            self.waited.set()
            await anyio.sleep_forever()
        self.at += seconds
        await anyio.lowlevel.checkpoint()
        return event.is_set()


class Desk:
    """A caller over a real journal in which nothing moves by itself. It asks about every price, unless told not to."""

    def __init__(
        self, folder: Path, clock: Clock | None = None, *, wait_seconds: float = 0.0, confirm_above: int = 0,
        shared: bool = False,
    ) -> None:  # fmt: skip
        self.settings = Settings(toolsets=("all",), state_dir=folder, library=folder / "library")
        self.sandbox = False
        self.store = SqliteStore(folder / "journal.sqlite3")
        self.store.open()
        self.clock = clock or SystemClock()
        self.journal = Journal(self.store, self.clock)
        runner = Runner(self.journal, Catalogue.load(), self.clock, tools.load)
        account = replace(ACCOUNT, shared=shared)
        limits = Limits(wait_seconds, confirm_above, 10_000, None)
        self._caller = Caller(runner, Library(folder / "library", Fetcher(), sandbox=False), account, limits)

    async def caller(self) -> Caller:
        return self._caller

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield

    def put(self, name: str, state: str, **more: Any) -> Job:
        """A plain order of a tool, brought to a state through the journal as the runner would."""
        order = plain(name, **more)
        asked = Order(ACCOUNT, order, Request("POST", "/x", {}), 1, order.search_words(), None, again=True)
        job = self.journal.ask(asked).job
        assert job is not None
        if state == "working":
            return job
        sent = self.journal.claim(ACCOUNT.key_id, 0.0, 0.0)
        assert sent is not None
        assert sent.id == job.id
        if state == "unknown":
            return self._moved(sent, State.UNKNOWN)
        if state == "failed":
            return self._moved(sent, State.FAILED)
        answer = documented(order)
        got = (
            self.journal.bought(job.id, f"task-{job.id}", 0.0, "test")
            if order.finish is Finish.POLLED
            else self.journal.bought_at_once(job.id, answer)
        )
        assert got is not None
        clips = [clip(got, take) for take in (1, 2)] if order.finish is Finish.POLLED else []
        done = self.journal.move(got, Change(State.DONE, answer=answer), clips)
        assert done is not None
        self.settings.library.mkdir(exist_ok=True)
        for made in clips:
            name = f"Song (take {made.take}).mp3"
            (self.settings.library / name).write_bytes(b"no sound.")
            self.journal.put_file(done, SavedFile(made.clip_id, "audio", name, 9, "00"))
        return done

    def orders(self) -> list[Job]:
        """Every order that was written down."""
        found = [self.journal.job(ACCOUNT, job_id) for job_id in self.journal.job_ids(ACCOUNT, 100)]
        return [job for job in found if job is not None]

    def _moved(self, job: Job, state: State) -> Job:
        moved = self.journal.move(job, Change(state, problem="test", sentence="It went wrong.", service_said="no"))
        assert moved is not None
        return moved


def clip(job: Job, take: int) -> Clip:
    return Clip(
        clip_id=f"{job.id}-{take}", job_id=job.id, take=take, part=None, label=None, state="succeeded", title="Song",
        style="folk", lyrics="[Verse]\nRain", prompt="", model="sonic-v6", seconds=60.0, bpm=None,
        audio_url="https://files.example/1.mp3", image_url=None, uploaded=False, reason=None, created_at=0.0,
    )  # fmt: skip


@asynccontextmanager
async def client(desk: Desk, mode: Any = "auto", name: str = "mcp") -> AsyncIterator[Client]:
    """A client that validates what comes, as it does once it has seen the tools."""
    about = Implementation(name=name, version="1")
    async with Client(build(desk), mode=mode, client_info=about, cache=None) as connected:  # it would copy the list
        await connected.list_tools()
        yield connected
