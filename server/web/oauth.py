"""Tokens of an OAuth server: fetching keys, checking signatures, and reading the claims of tokens meant for us.

Songwright is only a resource server (RFC 9728): people sign in elsewhere. Before its signature is checked, a token's
content is used only to choose the key for that check.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import anyio
import httpx2
from pydantic import BaseModel, ConfigDict, Field

from ..core.addresses import address_of, loopback
from ..core.clock import Clock
from ..core.errors import IssuerUnavailable, SettingRefused
from ..core.foreign import json_object
from ..core.settings import PREFIX, Settings

if TYPE_CHECKING:
    from jwt import PyJWK
    from mcp.server.auth.settings import AuthSettings

ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA"})
"""Signatures by a key pair. With a shared secret, or no signature, anyone who can read a public key could write
tokens.
"""
LEEWAY_SECONDS = 30
"""How far the clocks of the two servers may differ."""
FRESH_SECONDS = 3600.0
"""After this the keys are fetched again, and a withdrawn key is forgotten."""
STALE_SECONDS = 86_400.0
"""How long known keys stay valid while the OAuth server does not answer."""
PAUSE_SECONDS = 10.0
"""The minimum between two requests to the OAuth server, whatever unknown tokens arrive meanwhile."""
FETCH_SECONDS = 5.0
MAX_BODY = 256 * 1024
MOST_KEYS = 64
"""An OAuth server publishes a handful; each is checked for every token."""
LATEST = 100_000_000_000
"""Seconds since the epoch; a later time is not valid."""
LONGEST_TOKEN = 16 * 1024
LONGEST_SUBJECT = 255
"""Characters; the most that OpenID Connect allows."""

_INSIDE = frozenset({"alt", "arpa", "internal", "invalid", "lan", "local", "localdomain", "localhost", "onion", "test"})
"""Endings of names that lead nowhere or into a private network (RFC 6761, 6762, 8375 and custom)."""

log = logging.getLogger(__name__)


class _NotGiven(Exception):
    """The OAuth server did not give what was requested; the text is for the log."""


_Moment = Annotated[int | float, Field(gt=-LATEST, lt=LATEST, allow_inf_nan=False)]


class _Typed(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Header(_Typed):
    """The fields of a token's header that are read, each of its own type; null counts as absent."""

    alg: str
    kid: str = ""
    typ: str = ""
    cty: str = ""
    crit: list[str] = []


class _Claims(_Typed):
    """The same for its claims."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: _Moment
    nbf: _Moment = 0
    iat: _Moment = 0
    jti: str = ""
    scope: str | list[str] = ""
    scp: str | list[str] = ""


class Issuer:
    """One OAuth server and its keys. `audiences` are the names that a token may use for this server."""

    def __init__(self, url: str, *, audiences: Sequence[str], clock: Clock) -> None:
        self.url = url
        self._audiences = list(audiences)
        self._clock = clock
        self._keys: list[PyJWK] = []
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._down = False
        self._fetching = anyio.Lock()
        self._made: httpx2.AsyncClient | None = None

    async def aclose(self) -> None:
        """Close the connections."""
        if self._made is not None:
            await self._made.aclose()

    async def claims(self, token: str) -> Mapping[str, Any] | None:
        """A token's claims if it is genuine, in force and meant for us; else None.

        Raises `IssuerUnavailable` when this cannot be checked because the OAuth server does not give its keys.
        """
        import jwt

        named = self._names(token)
        if named is None or (key := await self._key(*named)) is None:
            return None
        known_since = self._fetched_at
        try:
            return self._verified(token, key)
        except jwt.InvalidSignatureError:
            # Signed by somebody else, or the OAuth server has a new key under the same name.
            await self._refresh()
        key = self._find(*named) if self._fetched_at != known_since else None
        with suppress(jwt.InvalidSignatureError):
            return None if key is None else self._verified(token, key)
        return None

    def _verified(self, token: str, key: PyJWK) -> Mapping[str, Any] | None:
        """The claims of a token that this key signed and that is in force; else None.

        Raises `InvalidSignatureError` when another key signed it.
        """
        import jwt

        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self._audiences,
                issuer=self.url,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "sub", "aud", "exp"], "enforce_minimum_key_length": True},
            )
            subject = _Claims.model_validate(claims).sub
        except jwt.InvalidSignatureError:
            raise
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
            log.info("an OAuth token was refused: %s", type(error).__name__)
            return None
        return claims if subject.isprintable() and 0 < len(subject) <= LONGEST_SUBJECT else None

    def _names(self, token: str) -> tuple[str, str | None] | None:
        """The algorithm and key that a token names; None for one that cannot come from this OAuth server."""
        import jwt

        if len(token) > LONGEST_TOKEN or token.count(".") != 2:
            return None
        try:
            header = _Header.model_validate(jwt.get_unverified_header(token))
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return None
        return (header.alg, header.kid or None) if header.alg in ALGORITHMS and issuer == self.url else None

    # -- keys -----------------------------------------------------------------------------------------------------

    async def _key(self, algorithm: str, kid: str | None) -> PyJWK | None:
        key = self._find(algorithm, kid)
        if key is not None and self._age() < FRESH_SECONDS:
            return key
        if (
            key is None or not self._fetching.locked()
        ):  # a caller whose key is known does not wait for another's request
            await self._refresh()
            key = self._find(algorithm, kid)
        if key is None and self._down:
            raise IssuerUnavailable(
                "This server cannot check who is calling, because the sign-in server does not answer. Nothing was "
                "sent or "
                "spent. Try again in a minute."
            )
        return key

    def _find(self, algorithm: str, kid: str | None) -> PyJWK | None:
        if self._age() > STALE_SECONDS:
            return None
        fitting = [key for key in self._keys if key.algorithm_name == algorithm and kid in (None, key.key_id)]
        return fitting[0] if len(fitting) == 1 or (fitting and kid is not None) else None

    def _age(self) -> float:
        return self._clock.monotonic() - self._fetched_at

    async def _refresh(self) -> None:
        """Fetch the keys, unless somebody has just done so."""
        async with self._fetching:
            if self._clock.monotonic() - self._tried_at < PAUSE_SECONDS:
                return
            self._tried_at = self._clock.monotonic()
            try:
                # A caller who hangs up does not cancel the request: the next caller would have to wait before asking
                # again.
                with anyio.CancelScope(shield=True), anyio.fail_after(FETCH_SECONDS):
                    self._keys = await self._fetch()
            except (_NotGiven, TimeoutError, httpx2.HTTPError, httpx2.InvalidURL) as error:
                self._down = True
                log.warning("the OAuth server %s gave no keys: %s", self.url, error or type(error).__name__)
            else:
                self._down = False
                self._fetched_at = self._clock.monotonic()

    async def _fetch(self) -> list[PyJWK]:
        address = (await self._metadata()).get("jwks_uri")
        if not isinstance(address, str) or not _safe(address, self.url):
            raise _NotGiven("its metadata gives no https address for its keys")
        answer = await self._get(address)
        if answer is None:
            raise _NotGiven(f"there is nothing at {address}")
        listed = answer.get("keys")
        if not isinstance(listed, list) or not 0 < len(listed) <= MOST_KEYS:
            raise _NotGiven(f"it lists no keys, or more than {MOST_KEYS}")
        return [key for one in listed if (key := _key_of(one)) is not None]

    async def _metadata(self) -> Mapping[str, Any]:
        """The OAuth server's metadata (RFC 8414), also at OpenID Connect's addresses for it."""
        parts = urlsplit(self.url)
        root, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
        places = [f"{root}/.well-known/{name}{path}" for name in ("oauth-authorization-server", "openid-configuration")]
        for place in dict.fromkeys([*places, f"{root}{path}/.well-known/openid-configuration"]):
            found = await self._get(place)
            if found is None:
                continue
            if found.get("issuer") != self.url:
                raise _NotGiven(
                    f"it calls itself {str(found.get('issuer'))[:200]!r}: {PREFIX}OAUTH_ISSUER must be exactly that"
                )
            return found
        raise _NotGiven("it has no metadata at any well-known address")

    async def _get(self, address: str) -> Mapping[str, Any] | None:
        """A JSON object; None when there is nothing at the address."""
        if self._made is None:
            self._made = httpx2.AsyncClient(
                follow_redirects=False,
                headers={"Accept-Encoding": "identity"},
                # A server without https is on this machine: it needs no certificate, so none is loaded.
                verify=self.url.startswith("https:") or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            )
        async with self._made.stream("GET", address) as answer:
            if answer.status_code in (404, 405, 410):
                return None
            if answer.status_code != 200:
                raise _NotGiven(f"{address} answered {answer.status_code}")
            raw = b""
            async for part in answer.aiter_raw():
                raw += part
                if len(raw) > MAX_BODY:
                    raise _NotGiven(f"{address} answered more than {MAX_BODY} bytes")
        if (value := json_object(raw)) is None:
            raise _NotGiven(f"{address} did not answer with a JSON object")
        return value


def _key_of(published: object) -> PyJWK | None:
    """A published key; None for one that is not for signatures or is invalid: it must not affect the others."""
    import jwt

    if not isinstance(published, dict) or published.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(published)
    except Exception as error:  # noqa: BLE001 — anything that cannot be parsed is not a key
        log.info("a key of the OAuth server is invalid (%s)", type(error).__name__)
        return None
    named = isinstance(published.get("kid", ""), str)
    return key if named and key.algorithm_name in ALGORITHMS else None


def scopes_of(claims: Mapping[str, Any]) -> list[str]:
    """The scopes of a token: `scope` as RFC 9068 has it, or the `scp` of several makers, a list or words."""
    found = claims.get("scope", claims.get("scp", []))
    words = found.split() if isinstance(found, str) else found
    return [word for word in words if isinstance(word, str)] if isinstance(words, list) else []


def resource_url(settings: Settings) -> str:
    """The address of our endpoint, which tokens and clients use as this server's name.

    Raises `SettingRefused` when it is unknown, because the server listens for others and has no public address.
    """
    if settings.public_url is not None:
        return f"{settings.public_url.rstrip('/')}/mcp"
    if not settings.alone:
        raise SettingRefused(
            f"{PREFIX}PUBLIC_URL must be the public address of this server, so that tokens can name it."
        )
    return f"{address_of(settings.host, settings.port)}/mcp"


def issuer_of(settings: Settings, clock: Clock) -> Issuer | None:
    """The OAuth server whose tokens are accepted; None when there is none. Raises `SettingRefused`."""
    url = settings.oauth_issuer
    if url is None:
        return None
    if not _safe(url, url) or not urlsplit(url).hostname or any(mark in url for mark in "@?#"):
        raise SettingRefused(
            f"{PREFIX}OAUTH_ISSUER must be the plain https address of an OAuth server, exactly as its tokens name it."
        )
    if settings.oauth_audience is not None:
        audiences = [settings.oauth_audience]
    else:
        resource = resource_url(settings)
        audiences = [resource, f"{resource}/"]
    return Issuer(url, audiences=audiences, clock=clock)


def auth_settings(settings: Settings) -> AuthSettings | None:
    """What the SDK tells clients about the OAuth server, at the well-known address; None when there is none."""
    if settings.oauth_issuer is None:
        return None
    from mcp.server.auth.settings import AuthSettings

    return AuthSettings.model_validate(  # from text, so that an address without a path gets no slash added
        {
            "issuer_url": settings.oauth_issuer,
            "resource_server_url": resource_url(settings),
            "required_scopes": list(settings.oauth_scopes),
            "validate_token_resource": False,  # the verifier does it, and accepts audiences that are not addresses
        }
    )


def _safe(address: str, issuer: str) -> bool:
    """Whether keys from this address can be trusted: https, or this machine when the OAuth server itself is on it.

    Keys may be on another host, as with large providers, but then on one with a public name: an OAuth server's answer
    must not make this server send requests into its own network.
    """
    try:
        place, home = urlsplit(address), urlsplit(issuer)
        host, port = place.hostname or "", place.port
    except ValueError:
        return False
    if "@" in place.netloc:
        return False
    if loopback(address):
        return place.scheme in ("https", "http") and loopback(issuer)
    if place.scheme != "https":
        return False
    return host == home.hostname or (port in (None, 443) and _public_name(host))


def _public_name(host: str) -> bool:
    """Whether a host has a public name, and is not a bare IP address."""
    last = host.rpartition(".")[2]
    return "." in host.strip(".") and last.isascii() and last.isalpha() and last not in _INSIDE
