"""Who is behind a bearer token: the person at this machine, one of the operator's tenants, or a user of the OAuth
server. A token that is unknown, withdrawn, expired or meant for another server always gets the same answer: None.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Sequence
from pathlib import Path

import anyio
import anyio.to_thread
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser, BearerAuthBackend
from mcp.server.auth.provider import AccessToken
from starlette.authentication import AuthCredentials, AuthenticationError
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from ..core.addresses import loopback
from ..core.clock import Clock
from ..core.errors import AccessRefused, IssuerUnavailable, JournalUnavailable
from ..core.jobs import LOCAL_TENANT
from ..core.sealing import kept_secret
from ..core.settings import Settings
from ..core.threads import in_thread
from .oauth import LEEWAY_SECONDS, Issuer, issuer_of, resource_url, scopes_of
from .tenants import Tenant, Tenants, looks_like_token, new_token

NOBODY = ""
"""The client id for a genuine token that lacks a scope; no tenant has this id."""
RETRY_SECONDS = 10
"""When a client should ask again after its identity could not be checked."""

TURN_SECONDS = 5.0
"""How long a look-up waits for earlier ones."""

log = logging.getLogger(__name__)


class Bearer:
    """The SDK's token verifier.

    The `client_id` of an accepted token is the tenant's id, and `caller_of` gives the tenant. `scopes` are those that
    an OAuth token must carry; our own tokens carry them all. `resource` is the address that accepted tokens are for.
    """

    def __init__(
        self,
        tenants: Tenants,
        *,
        scopes: Sequence[str],
        resource: str | None = None,
        loopback_token: str | None = None,
        issuer: Issuer | None = None,
    ) -> None:
        self._tenants = tenants
        self._scopes = list(scopes)
        self._resource = resource
        self._loopback_token = loopback_token
        self._issuer = issuer
        # One look-up at a time: a flood of invented tokens waits here and does not use up the journal's threads.
        self._one_by_one = anyio.CapacityLimiter(1)

    async def aclose(self) -> None:
        """Close the connections to the OAuth server."""
        if self._issuer is not None:
            await self._issuer.aclose()

    async def verify_token(self, token: str) -> AccessToken | None:
        """What a token allows; None for a token that allows nothing.

        Raises `IssuerUnavailable` or `JournalUnavailable` when that cannot be determined at present.
        """
        if self._loopback_token is not None and _same(token, self._loopback_token):
            return self._ours(LOCAL_TENANT)
        if looks_like_token(token):
            try:
                # This ends the wait for a turn, not a look-up that has begun: all callers behind one that never ends
                # are told at the same time.
                with anyio.fail_after(TURN_SECONDS):
                    tenant = await anyio.to_thread.run_sync(self._tenants.by_token, token, limiter=self._one_by_one)
            except TimeoutError:
                raise JournalUnavailable(_CLOSED) from None
            return None if tenant is None else self._ours(tenant.id)
        if self._issuer is not None:
            return await self._signed_elsewhere(self._issuer, token)
        return None

    async def caller_of(self, token: AccessToken) -> Tenant:
        """The tenant of an accepted token, as it is now. Raises `AccessRefused` when it was revoked meanwhile."""
        tenant = await in_thread(self._tenants.of_id, token.client_id)
        if tenant is None or tenant.revoked:
            raise AccessRefused(
                "Your access to this server was withdrawn or is not sufficient. Nothing was sent or spent. Songs you "
                "have paid for are still fetched. Ask the operator of this server."
            )
        return tenant

    def _ours(self, tenant_id: str) -> AccessToken:
        # The tenant's id instead of the token: anything attached to a request may get logged.
        return AccessToken(
            token=tenant_id, client_id=tenant_id, subject=tenant_id, scopes=self._scopes, resource=self._resource
        )

    async def _signed_elsewhere(self, issuer: Issuer, token: str) -> AccessToken | None:
        claims = await issuer.claims(token)
        if claims is None:
            return None
        scopes, subject = scopes_of(claims), str(claims["sub"])
        tenant_id = NOBODY  # refused later for the missing scope, which tells the client what to ask for
        if set(self._scopes) <= set(scopes):
            tenant = await in_thread(self._tenants.by_subject, issuer.url, subject)
            if tenant is None:
                return None
            tenant_id = tenant.id
        return AccessToken(
            token=tenant_id,
            client_id=tenant_id,
            subject=subject,
            scopes=scopes,
            expires_at=int(claims["exp"]) + LEEWAY_SECONDS,
            resource=self._resource,
            claims={"iss": issuer.url},
        )


class Backend(BearerAuthBackend):
    """The SDK's reading of the Authorization header; an identity that cannot be checked now becomes an answer, not a
    crash.
    """

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, AuthenticatedUser] | None:
        """The caller, or None. Raises `AuthenticationError`, which `unavailable` answers."""
        try:
            who: tuple[AuthCredentials, AuthenticatedUser] | None = await super().authenticate(conn)
        except (IssuerUnavailable, JournalUnavailable) as error:
            log.warning("cannot check who is calling: %s", error)
            raise AuthenticationError(str(error) if isinstance(error, IssuerUnavailable) else _CLOSED) from error
        if who is not None and who[1].access_token.client_id == LOCAL_TENANT and not _from_here(conn):
            log.warning("refused this machine's token, because it came from elsewhere")
            return None
        return who


def _from_here(conn: HTTPConnection) -> bool:
    """Whether the request was made on this machine, and not passed on by a proxy here."""
    try:
        return loopback(f"http://{conn.headers.get('host', '')}") and not _PASSED_ON & set(conn.headers)
    except ValueError:
        return False


_PASSED_ON = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"})
"""Headers that proxies add to the requests they pass on."""
_CLOSED = "This server cannot check who is calling at present. Nothing was sent or spent. Try again in a minute."


def unavailable(conn: HTTPConnection, error: Exception) -> Response:
    """The answer when the caller cannot be checked: 503, and when to ask again."""
    del conn
    body = {"error": "temporarily_unavailable", "error_description": str(error)}
    return JSONResponse(body, status_code=503, headers={"Retry-After": str(RETRY_SECONDS)})


def loopback_token(state_dir: Path) -> str:
    """The token of this machine's person, created at the first start. Raises `SettingRefused`."""
    return kept_secret(state_dir / "http-token", new_token)


def bearer_of(settings: Settings, tenants: Tenants, clock: Clock) -> Bearer:
    """The verifier of this server. The machine's own token is valid only while the server listens to that machine
    alone.

    Raises `SettingRefused`.
    """
    issuer = issuer_of(settings, clock)
    return Bearer(
        tenants,
        scopes=settings.oauth_scopes,
        resource=None if issuer is None else resource_url(settings),
        loopback_token=loopback_token(settings.state_dir) if settings.alone else None,
        issuer=issuer,
    )


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())
