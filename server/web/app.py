"""The composition root of a hosted server: many tenants, any number of replicas, one journal.

The token of a request identifies the caller. The tenant's own key pays if there is one, otherwise the operator's. A
replica holds a key only while it is in use.
"""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from mcp.server.auth.middleware.auth_context import get_access_token

from ..app import fingerprint, operation_named, program_version
from ..core.addresses import loopback
from ..core.errors import AccessRefused, KeyMissing, SealBroken, SongwrightError
from ..core.jobs import LOCAL_TENANT, Account, Job
from ..core.sealing import sealer_of
from ..core.settings import Settings
from ..core.threads import SEARCH, in_lane, in_thread
from ..files.downloads import Fetcher
from ..files.library import Library
from ..journal.pruning import prune
from ..journal.sqlite import SqliteStore, Store
from ..journal.write import Journal
from ..orders.caller import Caller, Front, Limits
from ..orders.runner import Runner
from ..service.callbacks import hooks_of
from ..service.catalogue import SANDBOX, Catalogue
from ..service.offline import KEY, LOGICAL_URL, SandboxTransport, sandbox_transport
from ..service.upstream import Upstream
from .auth import bearer_of
from .tenants import Tenant, Tenants

if TYPE_CHECKING:
    from ..files.objects import Bucket

log = logging.getLogger(__name__)

LOOK_FOR_WORK = 5.0
"""How often, in seconds, a replica looks for keys with work that it was not notified of."""
PAUSE = 0.25
TIDY_EVERY = 3600.0
LINK_SECONDS = 7 * 86_400.0
"""How long a link to a file works; asking again makes a fresh one."""
PUBLIC_SECONDS = 3600.0
"""How long the service can fetch a recording from the bucket."""
KEYS_HELD = 5_000
NO_KEY = ""
"""Stands in for the key of a caller who has none; nothing is ever ordered with it."""
DRAIN_SECONDS = 5.0
"""How long a stopping replica waits for orders being sent: a supervisor gives it ten seconds."""

given_key: ContextVar[str | None] = ContextVar("songwright_given_key", default=None)
"""The service key from a header of the current request."""


def open_store(settings: Settings) -> Store:
    """The journal's database: PostgreSQL if configured, else a file on this machine."""
    if settings.database_url is None:
        return SqliteStore(settings.state_dir / "journal.sqlite3")
    from ..journal.postgres import PostgresStore

    return PostgresStore(settings.database_url.get_secret_value())


def bucket_of(settings: Settings) -> Bucket | None:
    """The bucket, when replicas share no folder; None for a folder. Raises `SettingRefused`."""
    if settings.files_url is None:
        return None
    from ..files.objects import Bucket

    return Bucket(settings.files_url)


class Hosted:
    """Songwright for many people. Raises `SettingRefused` when its settings are too incomplete to be safe."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.catalogue = Catalogue.load(settings.catalogue_override)
        self._people = open_store(settings)
        """Who may call; also used in a trial, whose orders are kept apart."""
        self.store = SqliteStore(settings.state_dir / "sandbox" / "journal.sqlite3") if self.sandbox else self._people
        self.clock = self.store.clock()
        self.journal = Journal(self.store, self.clock)
        self.sealer = sealer_of(settings, self.clock.now)
        self.tenants = Tenants(self._people, self.clock, self.sealer)
        self.bearer = bearer_of(settings, self.tenants, self.clock)
        self.runner = Runner(
            self.journal, self.catalogue, self.clock, operation_named, works=settings.role != "web", resident=False
        )
        self.runner.hooks = None if self.sandbox else hooks_of(settings, self.sealer)
        self.address = settings.public_url or f"http://{settings.host}:{settings.port}"
        """The address in links to files; corrected once a free port is bound."""
        self._base_url = LOGICAL_URL if self.sandbox else settings.base_url
        self._brand = self._brand_of(self._base_url)
        self._fetcher = Fetcher(loopback_ok=self.sandbox or loopback(settings.base_url))
        self._transport: SandboxTransport | None = None
        self._libraries: dict[str, Library] = {}
        self._bucket = None if self.sandbox else bucket_of(settings)
        self._held: OrderedDict[str, None] = OrderedDict()
        self._salt = ""

    @property
    def sandbox(self) -> bool:
        """Whether songs come from the offline service. That happens only on request: without a key there are no
        songs.
        """
        return self.settings.offline

    def _brand_of(self, base_url: str) -> str:
        return SANDBOX if self.sandbox else self.catalogue.brand_of(base_url)

    # -- who calls ------------------------------------------------------------------------------------------------

    async def caller(self) -> Caller:
        """The current caller, for what is free even without a key. Raises `AccessRefused`."""
        token = get_access_token()
        if token is None:
            raise AccessRefused("This request does not say who is calling. Nothing was sent or spent.")
        tenant = await self.bearer.caller_of(token)
        missing: KeyMissing | None = None
        try:
            account = await self._account(tenant)
        except KeyMissing as error:
            account, missing = Account(tenant.id, self._base_url, NO_KEY, self._brand, sandbox=False), error
        settings = self.settings
        limits = Limits(
            settings.wait_seconds,
            settings.confirm_above,
            settings.daily_credits if tenant.daily_credits is None else tenant.daily_credits,
            settings.model,
            monthly_credits=tenant.monthly_credits,
            c2pa_certificate=settings.c2pa_certificate,
            c2pa_key=settings.c2pa_key,
            soundfont=settings.sandbox_soundfont,
        )
        front = Front(lambda path: {"url": self._link(tenant.id, path)}, lambda path: self._public(tenant.id, path))
        return Caller(self.runner, self.library_of(tenant.id), account, limits, front, missing=missing)

    async def _account(self, tenant: Tenant) -> Account:
        """Whose credits this caller spends: the request's key, else the stored one, else the operator's."""
        base_url = self._base_url
        if self.sandbox:
            return self._playing(tenant.id)
        if (key := given_key.get()) is not None:
            key_id = fingerprint(self._salt, base_url, key)
            await in_thread(self.tenants.keep_key, tenant.id, base_url, key_id, key)
            return self._hold(Account(tenant.id, base_url, key_id, self._brand, sandbox=False), key)
        stored = await in_thread(self.tenants.stored_key, tenant.id, base_url)
        if stored is not None:
            shared = await in_thread(self._spent_by_others, tenant, stored.key_id)
            own = Account(tenant.id, base_url, stored.key_id, self._brand, sandbox=False, shared=shared)
            # Decrypted at every call, even if the key is held: a row moved to another tenant cannot be decrypted.
            key = await in_thread(self.tenants.key_of, tenant.id, stored.key_id, base_url)
            if key is not None:
                return self._hold(own, key)
        if not (key := await in_thread(self.settings.key)):
            raise KeyMissing(
                "There is no key of the music service to pay with. Send yours in the header Songwright-Service-Key, "
                "or ask the operator of this server to store it or to lend theirs. Nothing was sent or spent."
            )
        shared = tenant.id != LOCAL_TENANT
        key_id = fingerprint(self._salt, base_url, key)
        return self._hold(Account(tenant.id, base_url, key_id, self._brand, sandbox=False, shared=shared), key)

    def _playing(self, tenant: str) -> Account:
        """An account of play credits for each tenant; keys sent with requests are not used."""
        key = f"{KEY}-{tenant}"
        key_id = fingerprint(self._salt, LOGICAL_URL, key)
        return self._hold(Account(tenant, LOGICAL_URL, key_id, self._brand, sandbox=True), key)

    def _spent_by_others(self, tenant: Tenant, key_id: str) -> bool:
        """Whether a stored key is the operator's, or another tenant's too."""
        if self._operators(key_id):
            return True
        (row,) = self._people.rows("others_with_key", key_id=key_id, tenant=tenant.id)
        return bool(row["n"])

    async def account_of(self, job: Job) -> Account:
        """The account that pays for a job; its key is held here when others spend from it too. Raises `KeyMissing`."""
        shared = await in_thread(self._shares, job)
        account = Account(
            job.tenant, job.base_url, job.key_id, self.catalogue.brand_of(job.base_url), sandbox=False, shared=shared
        )
        if shared and not self.runner.holds(job.key_id):
            key = await self._key_of(account)
            if key is None:
                raise KeyMissing("The key that this was ordered with is no longer stored here.")
            self._hold(account, key)
        return account

    def _shares(self, job: Job) -> bool:
        """Whether a job was paid with the operator's key, or with a key that other tenants have used."""
        return (job.tenant != LOCAL_TENANT and self._operators(job.key_id)) or self.journal.shared_key(job)

    def _operators(self, key_id: str) -> bool:
        """Whether a key is the operator's; while the keychain does not give that one, it could be any. Blocks."""
        try:
            key = self.settings.key()
        except KeyMissing:
            return True
        return bool(key) and fingerprint(self._salt, self.settings.base_url, key) == key_id

    def _hold(self, account: Account, key: str) -> Account:
        if not self.runner.holds(account.key_id):
            if account.sandbox and self._transport is None:
                here = self.settings
                self._transport = sandbox_transport(
                    here.state_dir, pace=here.sandbox_pace, fast=here.sandbox_fast, soundfont=here.sandbox_soundfont
                )
            agent = f"songwright/{program_version()}"
            upstream = Upstream(account.base_url, key, user_agent=agent, transport=self._transport)
            self.runner.hold(account, upstream, self.library_of)
        self._held[account.key_id] = None
        self._held.move_to_end(account.key_id)
        return account

    # -- files ----------------------------------------------------------------------------------------------------

    def library_of(self, tenant: str) -> Library:
        """A tenant's own folder, here or in the bucket; the person at this machine has the library itself."""
        if (library := self._libraries.get(tenant)) is None:
            root = self.settings.library if tenant == LOCAL_TENANT else self.settings.library / "tenants" / tenant
            library = self._libraries[tenant] = self._library(root, tenant)
        return library

    def _library(self, root: Path, tenant: str) -> Library:
        if self._bucket is None:
            return Library(root, self._fetcher, sandbox=self.sandbox, private=tenant != LOCAL_TENANT)
        from ..files.objects import StoredLibrary

        return StoredLibrary(root, self._fetcher, self._bucket, tenant)

    def _link(self, tenant: str, path: Path) -> str:
        relative = path.relative_to(self.library_of(tenant).root).as_posix()
        return f"{self.address}/files/{self.sealer.link({'tenant': tenant, 'path': relative}, LINK_SECONDS)}"

    def listener(self, tenant: str, path: str, link: str) -> tuple[Caller, str] | None:
        """Whoever has a link to a saved song, as a caller who can listen and nothing else, and the song's clip; None
        for a link to another file. Other files than the one of `link` have no address. Blocks.
        """
        found = self.journal.clip_of_file(tenant, path)
        if found is None:
            return None
        key_id, clip_id = found
        account = Account(
            tenant, LOGICAL_URL if self.sandbox else self._base_url, key_id, self._brand, self.sandbox, shared=True
        )
        library = self.library_of(tenant)
        own = library.locate(path)
        front = Front(lambda place: {"url": link} if place == own else {}, lambda _: None)
        missing = KeyMissing("A link to a song pays for nothing.")
        return Caller(self.runner, library, account, Limits(0.0, 0, 0, None), front, missing=missing), clip_id

    def _public(self, tenant: str, path: Path) -> str | None:
        """A link that the service can fetch: needs a public address, or the service on this machine."""
        library = self.library_of(tenant)
        if (elsewhere := library.signed(path.relative_to(library.root).as_posix(), PUBLIC_SECONDS)) is not None:
            return elsewhere
        reachable = self.sandbox or not loopback(self.address) or loopback(self.settings.base_url)
        return self._link(tenant, path) if reachable else None

    # -- running --------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Hosted]:
        """Work while the block lasts; at its end, orders being sent get a moment to arrive."""
        await in_thread(self.store.open)
        if self._people is not self.store:
            await in_thread(self._people.open)
        self._salt = await in_thread(self.journal.fact, "salt", secrets.token_hex(16))
        await self.runner.listen()
        try:
            async with anyio.create_task_group() as group:
                await group.start(self.runner.run)
                group.start_soon(self._tend)
                group.start_soon(self._tidy)
                group.start_soon(self._index)
                try:
                    yield self
                finally:
                    await self.runner.drain(DRAIN_SECONDS)
                    group.cancel_scope.cancel()
        finally:
            await self._fetcher.aclose()
            await self.bearer.aclose()
            if self._transport is not None:
                await self._transport.aclose()
            self.store.close()
            if self._people is not self.store:
                self._people.close()

    async def _tidy(self) -> None:
        """Every hour, remove what crashed downloads left in the libraries, and useless rows."""
        while not self.runner.stopping:
            try:
                for root in await in_thread(lambda: [self.settings.library, *self.settings.library.glob("tenants/*")]):
                    await Library(root, self._fetcher, sandbox=False).tidy()
                if self.settings.role != "web":
                    await in_thread(self.tenants.tidy_keys)
                    await in_thread(prune, self.store, self.clock.now())
            except SongwrightError as error:
                log.error("%s", error)
            except Exception:
                log.exception("tidying up failed because of a bug")
            await self.clock.sleep(TIDY_EVERY)

    async def _index(self) -> None:
        """Make songs searchable that were made before words were stored for searching."""
        try:
            while self.settings.role != "web" and await in_lane(SEARCH, LOCAL_TENANT, self.journal.index_old):
                pass
        except SongwrightError as error:
            log.error("not all older songs can be found by their words yet: %s", error)

    async def _tend(self) -> None:
        """Make sure that every key with unfinished jobs has a runner here, whichever replica took the orders."""
        while not self.runner.stopping:
            try:
                if self.settings.role != "web":
                    await self._take_up()
                while len(self._held) > KEYS_HELD:
                    key_id, _ = self._held.popitem(last=False)
                    if not self.runner.release(key_id):
                        self._held[key_id] = None
                        break
            except SongwrightError as error:
                log.error("%s", error)
            except Exception:
                log.exception("looking for work failed because of a bug")
            await self.clock.sleep(PAUSE)  # notifications about many keys at once are one reason to look, not many
            await self.runner.strange(LOOK_FOR_WORK)

    async def _take_up(self) -> None:
        for tenant, key_id, base_url in await in_thread(self.journal.live_accounts):
            if self.sandbox:
                account = self._playing(tenant)
            else:
                account = Account(tenant, base_url, key_id, self._brand_of(base_url), sandbox=False)
            if not self.runner.holds(key_id):
                key = await self._key_of(account)
                if key is None:
                    continue
                self._hold(account, key)
            if not self.runner.attends(key_id):
                self.runner.hint(account)

    async def _key_of(self, account: Account) -> str | None:
        """The key of an order that another replica took; None, with a log line, when it is not stored here."""
        settings = self.settings
        mine, why = account.base_url == settings.base_url, "the key they were made with is no longer stored here"
        try:
            key = await in_thread(settings.key)
            if key and mine and fingerprint(self._salt, account.base_url, key) == account.key_id:
                return key
        except KeyMissing as error:
            why = str(error)  # the tenant's own key is stored elsewhere
        try:
            found = await in_thread(self.tenants.key_of, account.tenant, account.key_id, account.base_url)
        except SealBroken as error:
            found, why = None, str(error)
        if found is None:
            log.error("orders of tenant %s wait for their key: %s", account.tenant, why)
        return found
