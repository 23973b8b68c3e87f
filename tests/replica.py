"""One replica of a hosted Songwright in a test: runner, journal and the route for callbacks, over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import uvicorn
from postgres import Database
from sandbox_process import SandboxProcess
from starlette.applications import Starlette
from starlette.routing import Route
from waiting import PATIENCE

from songwright.server.app import operation_named
from songwright.server.core.jobs import Account, Job
from songwright.server.core.operation import Purchase
from songwright.server.core.sealing import Sealer
from songwright.server.files.downloads import Fetcher
from songwright.server.files.library import Library
from songwright.server.journal.postgres import PostgresStore
from songwright.server.journal.sqlite import SqliteStore, Store
from songwright.server.journal.write import Journal, Order, Verdict
from songwright.server.orders.lookup import CallFacts
from songwright.server.orders.runner import Runner
from songwright.server.service.callbacks import PATH, Hooks
from songwright.server.service.catalogue import Catalogue
from songwright.server.service.upstream import Upstream
from songwright.server.web.webhook import endpoint
from songwright.tools.sonic.create_song import CreateSong

CATALOGUE = """
[brands.aimusicapi]
hosts = ["127.0.0.1"]
gap = 0.02
schedule = {{ looks = [0.05], every = 0.1 }}
[hooked]
looks = [{looks}]
every = {looks}
"""
"""Without a call a song is looked at every moment; with one expected, nearly never."""
KEYS = ("the first secret of this test, long enough",)


def song(title: str = "Tin Roof") -> CreateSong:
    """A small song to order."""
    return CreateSong(lyrics="[Verse]\nRain upon the tin roof", title=title, style="folk")


@dataclass
class Listener:
    """An ASGI application on a free port of loopback."""

    base_url: str
    answers: list[tuple[str, int]]
    """Path and status of everything it has answered."""


@contextlib.asynccontextmanager
async def listening(app: Any) -> AsyncIterator[Listener]:
    """Serve an application for as long as the block lasts."""
    answers: list[tuple[str, int]] = []

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        async def noted(message: Any) -> None:
            if message["type"] == "http.response.start":
                answers.append((scope["path"], message["status"]))
            await send(message)

        await app(scope, receive, noted)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(noting, lifespan="off", ws="none", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield Listener(f"http://127.0.0.1:{listener.getsockname()[1]}", answers)
        finally:
            server.should_exit = True
            await serving


class Replica:
    """Everything that `webhook.endpoint` asks of a hosted server, with one account at the sandbox."""

    def __init__(
        self, folder: Path, service: SandboxProcess, key: str, *, looks: float = 120, database: Database | None = None
    ) -> None:
        override = folder / "catalogue.toml"
        override.write_text(CATALOGUE.format(looks=looks))
        self.catalogue = Catalogue.load(override)
        self.path = folder / "journal.sqlite3"
        self.database = database
        self.store: Store = SqliteStore(self.path) if database is None else PostgresStore(database.url)
        self.store.open()
        self.clock = self.store.clock()
        self.journal = Journal(self.store, self.clock)
        self.sealer = Sealer(KEYS)
        self.runner = Runner(self.journal, self.catalogue, self.clock, operation_named)
        self.account = Account("person", service.base_url, f"id-of-{key}", "aimusicapi", sandbox=False)
        self.web = Starlette(routes=[Route(PATH, endpoint(self), methods=["POST"])])  # type: ignore[arg-type]
        self._fetcher = Fetcher(loopback_ok=True)
        self._library = Library(folder / "library", self._fetcher, sandbox=False)
        self._upstream = Upstream(service.base_url, key, user_agent="test")

    @contextlib.asynccontextmanager
    async def running(self, public_url: str | None = None) -> AsyncIterator[Listener]:
        """Work, and be called back: at an address of its own, or behind another one."""
        async with listening(self.web) as here, anyio.create_task_group() as group:
            self.runner.hooks = Hooks(public_url or here.base_url, self.sealer)
            self.runner.hold(self.account, self._upstream, lambda _: self._library)
            await self.runner.listen()
            await group.start(self.runner.run)
            try:
                yield here
            finally:
                await self.runner.drain()
                group.cancel_scope.cancel()
        await self._upstream.close()
        await self._fetcher.aclose()
        self.store.close()

    async def account_of(self, job: Job) -> Account:
        """Who spends on a job: always the same."""
        del job
        return self.account

    def order_of(self, operation: Purchase) -> Order:
        """An order at its price, with no limits."""
        facts = CallFacts(self.catalogue, self.journal, self.account, self.clock.now())
        return Order(
            self.account, operation, operation.request(facts), operation.price(facts), operation.search_words(),
            confirm_above=100,
        )  # fmt: skip

    async def order(self, operation: Purchase | None = None) -> Job:
        """Order a song; the job as it was written."""
        verdict: Verdict = await self.runner.order(self.order_of(operation or song()))
        assert verdict.job is not None
        return verdict.job

    async def ended(self, job: Job, seconds: float = PATIENCE) -> Job:
        """The job when nothing more happens to it by itself."""
        return await self.runner.wait(self.account, job.id, seconds)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """What is on disk, read past all of our own code."""
        if self.database is not None:
            return self.database.rows(table)
        with contextlib.closing(sqlite3.connect(self.path)) as reader:
            reader.row_factory = sqlite3.Row
            return [dict(row) for row in reader.execute(f"SELECT * FROM {table}")]
