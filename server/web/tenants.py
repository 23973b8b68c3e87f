"""Who may call a hosted server and whose money is spent: tenants, their tokens, and their stored service keys.

A tenant is identified by a token from the operator or by an OAuth server. All methods of `Tenants` block; call them
from a worker thread.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.clock import Clock
from ..core.errors import ArgumentRefused, JournalUnavailable, NotFound, SealBroken
from ..core.jobs import LOCAL_TENANT
from ..core.sealing import Sealer
from ..journal.sqlite import Store, Tx
from ..journal.write import DAY

TOUCH_SECONDS = 60.0
"""The shortest time between two records of a token's or key's last use."""
KEY_SECONDS = 3600.0
"""How long an unused key that came with a call is kept when no job needs it."""
MONTH = 30 * DAY
MOST_CREDITS = 1_000_000_000
LONGEST_NAME = 60
OAUTH_PREFIX = "oauth:"

_TOKEN = re.compile(r"sw_[A-Za-z0-9_-]{43}")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tenant:
    """One caller, whose jobs, clips and files nobody else sees. An allowance of None is the operator's default."""

    id: str
    name: str
    daily_credits: int | None = None
    """Credits in any 24 hours."""
    monthly_credits: int | None = None
    """Credits in any 30 days."""
    issuer: str | None = None
    subject: str | None = None
    created_at: float = 0.0
    revoked_at: float | None = None

    @property
    def revoked(self) -> bool:
        """Whether its new requests are refused; what it has paid for is still fetched."""
        return self.revoked_at is not None


@dataclass(frozen=True)
class TokenInfo:
    """What is known about a token, but never the token itself."""

    id: str
    created_at: float
    last_used_at: float | None
    revoked_at: float | None


@dataclass(frozen=True)
class ServiceKey:
    """A stored key of the service, without the key itself, which `key_of` gives."""

    tenant: str
    key_id: str
    base_url: str
    stored: bool
    """Whether the operator stored it, for all calls of the tenant; else it came with a call."""
    used_at: float


def new_token() -> str:
    """A token: 256 random bits after a prefix that secret scanners and our own look-up recognise."""
    return "sw_" + secrets.token_urlsafe(32)


def looks_like_token(text: str) -> bool:
    """Whether it could be one of our tokens; anything else is not looked up."""
    return _TOKEN.fullmatch(text) is not None


class Tenants:
    """The tenants, in the journal's database."""

    def __init__(self, store: Store, clock: Clock, sealer: Sealer) -> None:
        self._store = store
        self._clock = clock
        self._sealer = sealer

    # -- tenants --------------------------------------------------------------------------------------------------

    def add(
        self, name: str, *, daily_credits: int | None = None, monthly_credits: int | None = None
    ) -> tuple[Tenant, str]:
        """A new tenant and its first token, which cannot be shown again. Raises `ArgumentRefused`."""
        _check_name(name)
        _check_credits(daily_credits, monthly_credits)
        tenant_id = secrets.token_hex(8)
        with self._store.transaction() as tx:
            allowances = {"daily_credits": daily_credits, "monthly_credits": monthly_credits}
            tenant = self._insert(tx, tenant_id, name, **allowances)
            if tenant is None:
                raise ArgumentRefused(
                    f"There is already a tenant called {name!r}, perhaps a revoked one, and its songs stay its own. "
                    f"Choose another name.",
                    field="name",
                )
            return tenant, self._issue(tx, tenant_id)

    def all(self) -> list[Tenant]:
        """Every tenant, revoked ones too, the oldest first."""
        with self._store.reading() as tx:
            return [_tenant_of(row) for row in tx.all("tenants")]

    def any_active(self) -> bool:
        """Whether anyone may call."""
        with self._store.reading() as tx:
            return tx.one("active_tenant") is not None

    def named(self, name: str) -> Tenant:
        """The tenant of that name or id. Raises `NotFound`."""
        with self._store.reading() as tx:
            row = tx.one("tenant_named", name=name)
        if row is None:
            raise NotFound(f"There is no tenant {name!r}. `songwright tenants list` shows them.", field="name")
        return _tenant_of(row)

    def of_id(self, tenant_id: str) -> Tenant | None:
        """The tenant with that id, as it is now; `local` is the person of this machine and is in no table."""
        if tenant_id == LOCAL_TENANT:
            return Tenant(LOCAL_TENANT, LOCAL_TENANT)
        with self._store.reading() as tx:
            row = tx.one("tenant", id=tenant_id)
        return None if row is None else _tenant_of(row)

    def limit(self, tenant_id: str, daily_credits: int | None, monthly_credits: int | None) -> None:
        """Set both allowances; None is the operator's default."""
        _check_credits(daily_credits, monthly_credits)
        with self._store.transaction() as tx:
            tx.do("limit_tenant", id=tenant_id, daily_credits=daily_credits, monthly_credits=monthly_credits)

    def revoke(self, tenant_id: str) -> None:
        """Revoke a tenant for good. What it has paid for is still fetched, with its key."""
        with self._store.transaction() as tx:
            tx.do("revoke_tenant", id=tenant_id, now=self._clock.now())
            tx.do("unstore_service_keys", tenant=tenant_id)

    def spending(self) -> Mapping[str, tuple[int, int]]:
        """Credits of each tenant in the last 24 hours and 30 days, all its keys together."""
        now = self._clock.now()
        with self._store.reading() as tx:
            rows = tx.all("spending_of_tenants", day_ago=now - DAY, month_ago=now - MONTH)
        return {row["tenant"]: (int(row["day"]), int(row["month"])) for row in rows}

    # -- who calls ------------------------------------------------------------------------------------------------

    def by_token(self, token: str) -> Tenant | None:
        """Whose token it is; None for a token that is unknown, withdrawn, or of a revoked tenant, without distinction.

        The hash needs no salt and need not be slow: nobody can guess 256 random bits. The time of the look-up reveals
        nothing either: it depends on the hash, which nobody can steer towards a stored one.
        """
        now = self._clock.now()
        with self._store.reading() as tx:
            row = tx.one("tenant_of_token", hash=_hash(token))
        if row is None:
            return None
        used_at = row["token_used_at"]
        if used_at is None or now - used_at >= TOUCH_SECONDS:
            try:
                with self._store.transaction() as tx:
                    tx.do("token_used", id=row["token_id"], now=now)
            except JournalUnavailable as error:  # information for the operator, not worth a refusal
                log.warning("the use of a token was not noted: %s", error)
        return _tenant_of(row)

    def by_subject(self, issuer: str, subject: str) -> Tenant | None:
        """The tenant of an OAuth user; created at the first call, None when revoked. The token is already verified."""
        with self._store.reading() as tx:
            row = tx.one("tenant_of_subject", issuer=issuer, subject=subject)
        tenant = self._welcome(issuer, subject) if row is None else _tenant_of(row)
        return None if tenant.revoked else tenant

    def _welcome(self, issuer: str, subject: str) -> Tenant:
        tenant_id = secrets.token_hex(8)
        name = OAUTH_PREFIX + subject
        who = {"issuer": issuer, "subject": subject}
        with self._store.transaction() as tx:
            # Another replica may have been faster, or another issuer may use the same subject.
            for shown in (name, f"{name} {tenant_id}"):
                tenant = self._insert(tx, tenant_id, shown, **who)
                if tenant is not None:
                    log.info("tenant %s is new", tenant_id)
                    return tenant
                if (row := tx.one("tenant_of_subject", **who)) is not None:
                    return _tenant_of(row)
        raise AssertionError("the name with the fresh id is free")

    def _insert(self, tx: Tx, tenant_id: str, name: str, **more: Any) -> Tenant | None:
        values = {"daily_credits": None, "monthly_credits": None, "issuer": None, "subject": None, **more}
        if tx.one("insert_tenant", id=tenant_id, name=name, now=self._clock.now(), **values) is None:
            return None
        row = tx.one("tenant", id=tenant_id)
        return None if row is None else _tenant_of(row)

    # -- tokens ---------------------------------------------------------------------------------------------------

    def issue(self, tenant_id: str) -> str:
        """Another token, which cannot be shown again; earlier tokens stay valid. Raises `ArgumentRefused`."""
        with self._store.transaction() as tx:
            row = tx.one("tenant", id=tenant_id)
            if row is None or _tenant_of(row).revoked:
                raise ArgumentRefused("That tenant was revoked for good. Add another one.", field="name")
            return self._issue(tx, tenant_id)

    def _issue(self, tx: Tx, tenant_id: str) -> str:
        token = new_token()
        tx.do("insert_token", id=secrets.token_hex(4), hash=_hash(token), tenant=tenant_id, now=self._clock.now())
        return token

    def tokens(self, tenant_id: str) -> list[TokenInfo]:
        """The tokens of a tenant, withdrawn ones too, the oldest first."""
        with self._store.reading() as tx:
            return [TokenInfo(**row) for row in tx.all("tokens_of_tenant", tenant=tenant_id)]

    def revoke_token(self, tenant_id: str, token_id: str) -> None:
        """Withdraw one token. Raises `NotFound`."""
        with self._store.transaction() as tx:
            if not tx.do("revoke_token", id=token_id, tenant=tenant_id, now=self._clock.now()):
                raise NotFound(
                    f"That tenant has no token {token_id!r}. `songwright tenants list --json` shows its tokens.",
                    field="token",
                )

    # -- service keys ---------------------------------------------------------------------------------------------

    def keep_key(self, tenant_id: str, base_url: str, key_id: str, key: str, *, stored: bool = False) -> None:
        """Store a key of the service, sealed, so that jobs outlive this process and the call that brought the key.

        Call it before recording an order with the key, at every call: it writes at most once a minute. A key stored by
        the operator replaces the tenant's earlier one.
        """
        now = self._clock.now()
        with self._store.reading() as tx:
            row = tx.one("service_key", tenant=tenant_id, key_id=key_id)
        if row is not None and now - row["used_at"] < TOUCH_SECONDS and not stored and self._is(row, base_url, key):
            return
        sealed = self._seal(tenant_id, base_url, key)
        with self._store.transaction() as tx:
            if stored:
                tx.do("unstore_service_keys", tenant=tenant_id)
            tx.do(
                "put_service_key", tenant=tenant_id, key_id=key_id, base_url=base_url, sealed=sealed,
                stored=int(stored), now=now,
            )  # fmt: skip

    def key_of(self, tenant_id: str, key_id: str, base_url: str) -> str | None:
        """A stored key as plain text, only for the upstream; None when there is none.

        Raises `SealBroken` when the secrets have changed, or when the row was made for another tenant or address:
        changing an address in the database never sends a key there.
        """
        with self._store.reading() as tx:
            row = tx.one("service_key", tenant=tenant_id, key_id=key_id)
        return None if row is None else self._unseal(row, base_url)

    def stored_key(self, tenant_id: str, base_url: str) -> ServiceKey | None:
        """The key that the operator stored for all calls of a tenant to this address."""
        with self._store.reading() as tx:
            row = tx.one("stored_service_key", tenant=tenant_id, base_url=base_url)
        return None if row is None else _service_key_of(row)

    def drop_stored_key(self, tenant_id: str) -> bool:
        """Stop using the stored key for new orders; it is removed when no job needs it. Returns whether there was
        one.
        """
        with self._store.transaction() as tx:
            return tx.do("unstore_service_keys", tenant=tenant_id) > 0

    def kept_keys(self) -> list[ServiceKey]:
        """Every stored key."""
        with self._store.reading() as tx:
            return [_service_key_of(row) for row in tx.all("service_keys")]

    def tidy_keys(self) -> int:
        """Remove keys that came with a call, were unused for an hour and are needed by no job.

        Returns how many. Keys sealed by an older secret are sealed again by the newest, so that the older one can be
        removed.
        """
        with self._store.transaction() as tx:
            gone = tx.do("tidy_service_keys", before=self._clock.now() - KEY_SECONDS)
            rows = tx.all("service_keys")
        for row in rows:
            if self._sealer.current(row["sealed"]):
                continue
            try:
                again = self._sealer.seal(self._sealer.unseal(row["sealed"]))
            except SealBroken:
                log.warning("the stored key %s of tenant %s can no longer be decrypted", row["key_id"], row["tenant"])
                continue
            with self._store.transaction() as tx:
                tx.do("reseal_service_key", tenant=row["tenant"], key_id=row["key_id"], was=row["sealed"], sealed=again)
        return gone

    def _seal(self, tenant_id: str, base_url: str, key: str) -> str:
        return self._sealer.seal(json.dumps({"tenant": tenant_id, "base_url": base_url, "key": key}))

    def _unseal(self, row: Mapping[str, Any], base_url: str) -> str:
        sentence = (
            "The stored service key can no longer be decrypted, so nothing was sent with it. Store it again; its "
            "orders then continue."
        )
        try:
            inside = json.loads(self._sealer.unseal(row["sealed"]))
        except SealBroken:
            raise SealBroken(sentence) from None
        if (inside["tenant"], inside["base_url"]) != (row["tenant"], base_url):
            log.error("the stored key %s was sealed for another tenant or address", row["key_id"])
            raise SealBroken(sentence)
        key: str = inside["key"]
        return key

    def _is(self, row: Mapping[str, Any], base_url: str, key: str) -> bool:
        try:
            return self._unseal(row, base_url) == key
        except SealBroken:
            return False


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _tenant_of(row: Mapping[str, Any]) -> Tenant:
    return Tenant(**{name: row[name] for name in Tenant.__dataclass_fields__})


def _service_key_of(row: Mapping[str, Any]) -> ServiceKey:
    return ServiceKey(row["tenant"], row["key_id"], row["base_url"], bool(row["stored"]), row["used_at"])


def _check_name(name: str) -> None:
    fine = 0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()
    if not fine or name.startswith(("-", OAUTH_PREFIX)) or name == LOCAL_TENANT:
        raise ArgumentRefused(
            f"A tenant's name has 1 to {LONGEST_NAME} visible characters. It must not begin with a dash or with "
            f"{OAUTH_PREFIX!r}, and must not be {LOCAL_TENANT!r}.",
            field="name",
        )


def _check_credits(*allowances: int | None) -> None:
    if any(allowed is not None and not 0 <= allowed <= MOST_CREDITS for allowed in allowances):
        raise ArgumentRefused(f"An allowance is between 0 and {MOST_CREDITS} credits.", field="credits")
