"""The composition root: settings in, wired parts out. Nothing is created at import."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

import anyio

from .. import tools
from .core.addresses import loopback
from .core.clock import Clock, SystemClock
from .core.errors import SongwrightError
from .core.jobs import LOCAL_TENANT, Account
from .core.operation import Operation
from .core.settings import Settings
from .core.threads import SEARCH, in_lane, in_thread
from .files.downloads import Fetcher
from .files.library import Library
from .journal.sqlite import SqliteStore
from .journal.write import Journal
from .orders.caller import Caller, Limits
from .orders.runner import Runner
from .service.catalogue import SANDBOX, Catalogue
from .service.offline import KEY, LOGICAL_URL, sandbox_transport
from .service.upstream import Upstream

log = logging.getLogger(__name__)


def program_version() -> str:
    """This Songwright's version."""
    try:
        return version("songwright")
    except PackageNotFoundError:
        return "0+unknown"


class Songwright:
    """One person's Songwright on this machine: the journal, the library, the runner and the caller."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.catalogue = Catalogue.load(settings.catalogue_override)
        folder = settings.state_dir / "sandbox" if settings.sandbox else settings.state_dir
        self.store = SqliteStore(folder / "journal.sqlite3")
        self.journal = Journal(self.store, self.clock)
        self.runner = Runner(self.journal, self.catalogue, self.clock, operation_named)
        self._caller: Caller | None = None
        self._upstream: Upstream | None = None
        self._fetcher: Fetcher | None = None
        self._library: Library | None = None
        self._opening = anyio.Lock()

    @property
    def sandbox(self) -> bool:
        """Whether songs come from the offline service."""
        return self.settings.sandbox

    async def caller(self) -> Caller:
        """The caller, opened when it is first needed. Raises `SongwrightError` when the journal is out of reach."""
        async with self._opening:
            if self._caller is None:
                self._caller = await self._open()
            return self._caller

    async def _open(self) -> Caller:
        settings = self.settings
        key = KEY if settings.sandbox else await in_thread(settings.key)
        await in_thread(self.store.open)
        salt = await in_thread(self.journal.fact, "salt", secrets.token_hex(16))
        base_url = LOGICAL_URL if settings.sandbox else settings.base_url
        brand = SANDBOX if settings.sandbox else self.catalogue.brand_of(base_url)
        account = Account(LOCAL_TENANT, base_url, fingerprint(salt, base_url, key), brand, settings.sandbox)
        self._fetcher = Fetcher(loopback_ok=settings.sandbox or loopback(base_url))
        library = self._library = Library(settings.library, self._fetcher, sandbox=settings.sandbox)
        transport = None
        if settings.sandbox:
            transport = sandbox_transport(
                settings.state_dir,
                pace=settings.sandbox_pace,
                fast=settings.sandbox_fast,
                soundfont=settings.sandbox_soundfont,
            )
        self._upstream = Upstream(base_url, key, user_agent=f"songwright/{program_version()}", transport=transport)
        if not settings.sandbox and await in_thread(lambda: self.journal.empty() and library.holds_songs()):
            await in_thread(self.journal.lose_memory)
        self.runner.hold(account, self._upstream, lambda _: library)
        limits = Limits(
            settings.wait_seconds,
            settings.confirm_above,
            settings.daily_credits,
            settings.model,
            settings.upload_dir,
            c2pa_certificate=settings.c2pa_certificate,
            c2pa_key=settings.c2pa_key,
            soundfont=settings.sandbox_soundfont,
        )
        return Caller(self.runner, library, account, limits)

    async def _tidy(self) -> None:
        """Remove what crashed downloads have left in the library; let songs of an older Songwright be found."""
        if self._library is not None and self._library.root.exists():
            with contextlib.suppress(SongwrightError):
                await self._library.tidy()
        with contextlib.suppress(SongwrightError):
            while await in_lane(SEARCH, LOCAL_TENANT, self.journal.index_old):
                pass

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Songwright]:
        """Work for as long as the block lasts; orders on the wire get a moment to arrive at its end."""
        failure: Exception | None = None
        async with anyio.create_task_group() as group:
            await group.start(self.runner.run)
            try:
                await self.caller()
            except SongwrightError as error:
                # Every tool call says so in its own answer; a server that does not start says nothing to anybody.
                log.error("%s", error)
            group.start_soon(self._tidy)
            try:
                yield self
            except Exception as error:  # noqa: BLE001 — raised outside, or the task group would wrap it
                failure = error
            finally:
                await self.runner.drain()
                group.cancel_scope.cancel()
        if self._upstream is not None:
            await self._upstream.close()
        if self._fetcher is not None:
            await self._fetcher.aclose()
        self.store.close()
        if failure is not None:
            raise failure


def operation_named(name: str) -> type[Operation] | None:
    """The operation of a job; None for one that this Songwright does not know."""
    try:
        return tools.load(name)
    except KeyError:
        return None


def fingerprint(salt: str, base_url: str, key: str) -> str:
    """What stands for a key in the journal: tells two keys apart and gives neither away."""
    return hmac.new(bytes.fromhex(salt), f"{base_url}\n{key}".encode(), hashlib.sha256).hexdigest()[:16]
