"""Which tokens of an OAuth server are believed. The server is a real one, on loopback."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from issuer import IssuerServer, Pair, unsigned
from orders.clock import ProcessClock, SimClock
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from songwright.server.core.errors import IssuerUnavailable, SettingRefused
from songwright.server.core.settings import Settings
from songwright.server.web import oauth
from songwright.server.web.oauth import (
    FRESH_SECONDS,
    MAX_BODY,
    MOST_KEYS,
    PAUSE_SECONDS,
    STALE_SECONDS,
    Issuer,
    auth_settings,
    issuer_of,
    resource_url,
    scopes_of,
)

RESOURCE = "https://songs.example.org/mcp"
pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("alone")]


@pytest.fixture(scope="module")
def running() -> Iterator[IssuerServer]:
    with IssuerServer() as server:
        yield server


@pytest.fixture
def server(running: IssuerServer) -> IssuerServer:
    running.reset()
    return running


@pytest.fixture
def time_() -> SimClock:
    return SimClock()


@pytest.fixture
async def issuer(server: IssuerServer, time_: SimClock) -> AsyncIterator[Issuer]:
    made = Issuer(server.url, audiences=[RESOURCE, f"{RESOURCE}/"], clock=ProcessClock(time_))
    yield made
    await made.aclose()


# -- tokens -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_a_good_token_is_believed(server: IssuerServer, issuer: Issuer, algorithm: str) -> None:
    server.pairs = [Pair.make("other"), Pair.make("signer", algorithm)]
    claims = await issuer.claims(server.token(server.pairs[1]))
    assert claims is not None
    assert claims["sub"] == "user-42"


@pytest.mark.parametrize("audience", [f"{RESOURCE}/", ["https://other.example.org", RESOURCE]])
async def test_a_token_may_name_us_among_others_or_with_a_slash(
    server: IssuerServer, issuer: Issuer, audience: Any
) -> None:
    assert await issuer.claims(server.token(aud=audience)) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "https://other.example.org/mcp"},
        {"aud": "https://songs.example.org"},
        {"aud": []},
        {"aud": None},
        {"iss": "https://evil.example.org"},
        {"iss": None},
        {"exp": "an hour ago"},
        {"exp": None},
        {"nbf": "in an hour"},
        {"iat": "in an hour"},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": "ana\n\x1b[2J"},
        {"sub": "nul\x00"},
    ],
    ids=str,
)
async def test_a_token_for_others_out_of_time_or_about_nobody_is_refused(
    server: IssuerServer, issuer: Issuer, wrong: dict[str, Any]
) -> None:
    """The hour is counted when the test runs, so that two processes that collect it call it the same."""
    now = int(time.time())
    hours = {"an hour ago": now - 3600, "in an hour": now + 3600}
    claims: dict[str, Any] = {
        name: hours.get(value, value) if isinstance(value, str) else value for name, value in wrong.items()
    }
    assert await issuer.claims(server.token()) is not None
    assert await issuer.claims(server.token(**claims)) is None


async def test_clocks_may_be_half_a_minute_apart(server: IssuerServer, issuer: Issuer) -> None:
    now = int(time.time())
    assert await issuer.claims(server.token(exp=now - 15)) is not None
    assert await issuer.claims(server.token(nbf=now + 15)) is not None
    assert await issuer.claims(server.token(exp=now - 45)) is None


async def test_a_token_without_signature_is_refused(server: IssuerServer, issuer: Issuer) -> None:
    good = server.token()
    for algorithm in ("none", "None", "HS256", ""):
        assert await issuer.claims(unsigned(good, algorithm)) is None
    assert server.asked == []
    assert await issuer.claims(unsigned(good, "ES256")) is None
    assert await issuer.claims(good) is not None


async def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused(
    server: IssuerServer, issuer: Issuer
) -> None:
    """Everybody can read the public key; who trusts the header's HS256 lets everybody write tokens."""
    server.pairs = [Pair.make("first", "RS256")]
    public = server.pairs[0].private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = jwt.decode(server.token(), options={"verify_signature": False})
    for secret in (public, json.dumps(server.pairs[0].published()).encode()):
        text = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'first'})}.{part(claims)}"
        signature = hmac.new(secret, text.encode(), hashlib.sha256).digest()
        forged = f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
        assert await issuer.claims(forged) is None
    assert await issuer.claims(server.token()) is not None


async def test_a_changed_token_is_refused(server: IssuerServer, issuer: Issuer) -> None:
    head, claims, signature = server.token().split(".")
    other = server.token(sub="somebody-else").split(".")[1]
    for changed in (f"{head}.{other}.{signature}", f"{head}.{claims}.{signature[:-4]}", f"{head}.{claims}"):
        assert await issuer.claims(changed) is None


async def test_a_token_of_a_stranger_under_a_known_key_name_is_refused(server: IssuerServer, issuer: Issuer) -> None:
    assert await issuer.claims(server.token(Pair.make("first"))) is None


async def test_a_key_is_used_with_its_own_algorithm_only(server: IssuerServer, issuer: Issuer) -> None:
    server.pairs = [Pair.make("first", "RS256")]
    longer = Pair("first", "RS512", server.pairs[0].private)
    assert await issuer.claims(server.token(longer)) is None
    assert await issuer.claims(server.token()) is not None


async def test_a_key_too_short_to_be_safe_is_not_believed(server: IssuerServer, issuer: Issuer) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    server.pairs = [Pair("first", "RS256", short)]
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = server.token()
    assert await issuer.claims(token) is None


async def test_keys_for_encryption_and_shared_secrets_of_a_key_set_are_left_out(
    server: IssuerServer, issuer: Issuer
) -> None:
    pair = server.pairs[0]
    secret = {"kty": "oct", "k": "c2VjcmV0" * 8, "kid": "shared", "alg": "HS256"}
    keys = [secret, {**pair.published(), "use": "enc"}, "nonsense", {"kty": "strange"}]
    documents = [
        {"issuer": server.url, "jwks_uri": f"{server.url}/keys"},
        {"keys": keys},
    ]
    server.answer = lambda: JSONResponse(documents.pop(0))
    assert await issuer.claims(server.token()) is None


async def test_a_token_that_names_no_key_is_checked_with_the_only_one_that_fits(
    server: IssuerServer, issuer: Issuer, time_: SimClock
) -> None:
    def nameless() -> str:
        token = server.token()
        claims = jwt.decode(token, options={"verify_signature": False})
        return jwt.encode(claims, server.pairs[0].private, algorithm="ES256")

    assert await issuer.claims(nameless()) is not None
    server.pairs = [*server.pairs, Pair.make("second")]
    time_.move(FRESH_SECONDS)
    assert await issuer.claims(nameless()) is None


@pytest.mark.parametrize(
    "nonsense",
    ["", "..", "a.b.c", "ü.ü.ü", "\ud800", "x" * 100_000, "." * 50, f"{base64.b64encode(b'[' * 9000).decode()}.e30.x"],
    ids=lambda text: text[:10].encode("utf-8", "replace").hex(),
)
async def test_nonsense_is_refused_without_a_question_to_the_oauth_server(
    server: IssuerServer, issuer: Issuer, nonsense: str
) -> None:
    assert await issuer.claims(nonsense) is None
    assert server.asked == []


async def test_a_token_of_another_oauth_server_makes_no_question_either(server: IssuerServer, issuer: Issuer) -> None:
    assert await issuer.claims(server.token(iss="https://evil.example.org")) is None
    assert server.asked == []


WRONG: tuple[object, ...] = (
    None, [], {}, ["RS256"], {"a": 1}, 5, -1, 1.5, True, "", "x", float("inf"), float("nan"), 10**400,
)  # fmt: skip


def forged(server: IssuerServer, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token with anything in it, signed by the right key."""
    facts = {"alg": "ES256", "typ": "JWT", "kid": "first", **header}
    told = jwt.decode(server.token(), options={"verify_signature": False}) | claims
    signer = jwt.get_algorithm_by_name("ES256")
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (facts, told)]
    signature = signer.sign(".".join(parts).encode(), server.pairs[0].private)
    return ".".join([*parts, base64.urlsafe_b64encode(signature).decode().rstrip("=")])


@pytest.mark.parametrize("name", ["alg", "kid", "typ", "cty", "crit", "b64", "jku", "x5c"])
async def test_a_header_of_a_wrong_type_makes_a_token_that_is_refused_and_nothing_worse(
    server: IssuerServer, issuer: Issuer, name: str
) -> None:
    assert await issuer.claims(forged(server, {}, {})) is not None
    texts: dict[str, tuple[object, ...]] = {"typ": ("", "x"), "cty": ("", "x"), "kid": ("",), "crit": ([],)}
    for value in WRONG:
        believed = await issuer.claims(forged(server, {name: value}, {}))
        harmless = value in texts.get(name, ()) and type(value) in (str, list)
        assert believed is None or harmless or name in ("b64", "jku", "x5c"), value


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "scp"])
async def test_a_claim_of_a_wrong_type_makes_a_token_that_is_refused_and_nothing_worse(
    server: IssuerServer, issuer: Issuer, name: str
) -> None:
    scopes: tuple[object, ...] = ("", "x", [], ["RS256"])
    texts: dict[str, tuple[object, ...]] = {"sub": ("x",), "jti": ("", "x"), "scope": scopes, "scp": scopes}
    times = {"nbf": (5, -1, 1.5), "iat": (5, -1, 1.5)}
    for value in WRONG:
        believed = await issuer.claims(forged(server, {}, {name: value}))
        fine = [*texts.get(name, ()), *times.get(name, ())]
        assert (believed is not None) == any(value == good and type(value) is type(good) for good in fine), value


@pytest.mark.parametrize("exp", ["9999999999", "٩٩٩٩٩٩٩٩٩٩", [9999999999], True, 10**12])
async def test_a_time_is_a_number_of_our_days(server: IssuerServer, issuer: Issuer, exp: object) -> None:
    assert await issuer.claims(forged(server, {}, {"exp": exp})) is None


# -- keys ---------------------------------------------------------------------------------------------------------


async def test_keys_are_asked_for_once_an_hour(server: IssuerServer, issuer: Issuer, time_: SimClock) -> None:
    for _ in range(5):
        assert await issuer.claims(server.token()) is not None
    assert server.asked.count("/keys") == 1
    time_.move(FRESH_SECONDS)
    assert await issuer.claims(server.token()) is not None
    assert server.asked.count("/keys") == 2


async def test_a_new_key_is_found_when_the_first_token_names_it(
    server: IssuerServer, issuer: Issuer, time_: SimClock
) -> None:
    assert await issuer.claims(server.token()) is not None
    server.pairs = [Pair.make("second"), *server.pairs]
    time_.move(PAUSE_SECONDS)
    assert await issuer.claims(server.token()) is not None
    assert server.asked.count("/keys") == 2


async def test_a_withdrawn_key_is_forgotten_within_the_hour(
    server: IssuerServer, issuer: Issuer, time_: SimClock
) -> None:
    old = server.pairs[0]
    assert await issuer.claims(server.token(old)) is not None
    server.pairs = [Pair.make("second")]
    time_.move(FRESH_SECONDS)
    assert await issuer.claims(server.token(old)) is None


async def test_a_new_key_under_the_name_of_the_old_one_is_asked_for(
    server: IssuerServer, issuer: Issuer, time_: SimClock
) -> None:
    """Some OAuth servers name their only key always the same, or not at all."""
    old = server.token()
    assert await issuer.claims(old) is not None
    server.pairs = [Pair.make("first")]
    time_.move(PAUSE_SECONDS)
    assert await issuer.claims(server.token()) is not None
    assert await issuer.claims(old) is None
    assert server.asked.count("/keys") == 2


async def test_a_storm_of_wrong_signatures_makes_one_question(
    server: IssuerServer, issuer: Issuer, time_: SimClock
) -> None:
    good, stranger = server.token(), Pair.make("first")
    assert await issuer.claims(good) is not None
    time_.move(PAUSE_SECONDS)
    async with anyio.create_task_group() as group:
        for n in range(50):
            group.start_soon(issuer.claims, server.token(stranger, sub=f"user-{n}"))
    assert server.asked.count("/keys") == 2
    assert await issuer.claims(good) is not None


async def test_a_storm_of_unknown_keys_makes_one_question(
    server: IssuerServer, issuer: Issuer, time_: SimClock
) -> None:
    good = server.token()
    assert await issuer.claims(good) is not None
    time_.move(PAUSE_SECONDS)
    storm = [server.token(Pair("kid", "ES256", server.pairs[0].private), header={"kid": f"k{n}"}) for n in range(100)]
    async with anyio.create_task_group() as group:
        for token in storm:
            group.start_soon(issuer.claims, token)
    assert server.asked.count("/keys") == 2
    assert await issuer.claims(good) is not None


async def test_callers_that_come_at_once_make_one_question(server: IssuerServer, issuer: Issuer) -> None:
    found: list[object] = []

    async def call() -> None:
        found.append(await issuer.claims(server.token()))

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(call)
    assert len(found) == 20
    assert None not in found
    assert server.asked.count("/keys") == 1


async def test_a_caller_who_hangs_up_does_not_keep_the_keys_from_the_next(server: IssuerServer, issuer: Issuer) -> None:
    """Else one who hangs up in time, again and again, could lock everybody out."""
    loop, scope = asyncio.get_running_loop(), anyio.CancelScope()

    def hang_up() -> None:
        loop.call_soon_threadsafe(scope.cancel)

    server.answer = hang_up
    with scope:
        await issuer.claims(server.token())
        await anyio.sleep(0)
    assert scope.cancelled_caught
    assert await issuer.claims(server.token()) is not None
    assert server.asked.count("/keys") == 1


# -- an OAuth server in trouble -----------------------------------------------------------------------------------


def _moods() -> dict[str, Response]:
    return {
        "busy": PlainTextResponse("busy", status_code=503),
        "web page": PlainTextResponse("<html>"),
        "a list": JSONResponse([]),
        "no keys": JSONResponse({"keys": []}),
        "nested": PlainTextResponse("[" * 50_000),
    }


@pytest.mark.parametrize("mood", _moods())
async def test_when_the_keys_cannot_be_had_the_answer_is_a_sentence(
    server: IssuerServer, issuer: Issuer, mood: str
) -> None:
    server.answer = lambda: _moods()[mood]
    with pytest.raises(IssuerUnavailable, match="Nothing was sent or spent"):
        await issuer.claims(server.token())


async def test_an_oauth_server_that_is_off_is_not_asked_at_every_call(time_: SimClock) -> None:
    with IssuerServer() as server:
        token = server.token()
    issuer = Issuer(server.url, audiences=[RESOURCE], clock=ProcessClock(time_))
    for _ in range(3):
        with pytest.raises(IssuerUnavailable):
            await issuer.claims(token)
    await issuer.aclose()


async def test_after_trouble_it_is_asked_again_and_believed(
    server: IssuerServer, issuer: Issuer, time_: SimClock
) -> None:
    server.answer = lambda: PlainTextResponse("busy", status_code=503)
    for _ in range(3):
        with pytest.raises(IssuerUnavailable):
            await issuer.claims(server.token())
    assert len(server.asked) == 1
    server.answer = None
    time_.move(PAUSE_SECONDS)
    assert await issuer.claims(server.token()) is not None


async def test_known_keys_work_for_a_day_while_the_oauth_server_is_off(
    server: IssuerServer, issuer: Issuer, time_: SimClock
) -> None:
    assert await issuer.claims(server.token()) is not None
    server.answer = lambda: PlainTextResponse("busy", status_code=503)
    time_.move(STALE_SECONDS - 1)
    assert await issuer.claims(server.token()) is not None
    with pytest.raises(IssuerUnavailable):
        await issuer.claims(server.token(Pair.make("new")))
    time_.move(2)
    with pytest.raises(IssuerUnavailable):
        await issuer.claims(server.token())


# -- where it is found --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", "/.well-known/oauth-authorization-server"),
        ("", "/.well-known/openid-configuration"),
        ("/realms/songs", "/.well-known/oauth-authorization-server{path}"),
        ("/realms/songs", "/.well-known/openid-configuration{path}"),
        ("/realms/songs", "{path}/.well-known/openid-configuration"),
        ("/", "/.well-known/openid-configuration"),
    ],
)
async def test_its_metadata_is_found_at_every_well_known_place(path: str, place: str, time_: SimClock) -> None:
    """RFC 8414 §3.1 and §5, OpenID Connect Discovery §4.1."""
    with IssuerServer(path=path, place=place) as server:
        issuer = Issuer(server.url, audiences=[RESOURCE], clock=ProcessClock(time_))
        assert await issuer.claims(server.token()) is not None
        await issuer.aclose()


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example.org"},
        {"jwks_uri": "http://evil.example.org/keys"},
        {"jwks_uri": "file:///etc/keys"},
        {"jwks_uri": "http://["},
        {"jwks_uri": "https://["},
        {"jwks_uri": ["https://login.example.org/keys"]},
        {"jwks_uri": "https://user:password@login.example.org/keys"},
        {"jwks_uri": "https://10.0.0.7/keys"},
        {"jwks_uri": "https://[fd00::7]/keys"},
        {"jwks_uri": "https://2130706433/keys"},
        {"jwks_uri": "https://0x7f.1/keys"},
        {"jwks_uri": "https://database/keys"},
        {"jwks_uri": "https://metadata.google.internal/keys"},
        {"jwks_uri": "https://login.example.org:8443/keys"},
        {"issuer": ["https://evil.example.org"]},
        {"jwks_uri": None},
        {"padding": "x" * MAX_BODY},
    ],
    ids=lambda metadata: str(metadata)[:40],
)
async def test_metadata_that_is_not_its_own_or_leads_astray_is_not_followed(
    server: IssuerServer, issuer: Issuer, metadata: dict[str, Any]
) -> None:
    server.metadata = metadata
    with pytest.raises(IssuerUnavailable):
        await issuer.claims(server.token())


async def test_keys_are_fetched_in_clear_from_this_machine_only(server: IssuerServer, issuer: Issuer) -> None:
    server.metadata = {"jwks_uri": f"http://0.0.0.0:{server.port}/keys"}
    with pytest.raises(IssuerUnavailable):
        await issuer.claims(server.token())
    assert "/keys" not in server.asked


async def test_a_redirect_is_not_followed(server: IssuerServer, issuer: Issuer) -> None:
    moved = [RedirectResponse(server.url + server.place.format(path=""))]
    server.answer = lambda: moved.pop() if moved else None
    with pytest.raises(IssuerUnavailable):
        await issuer.claims(server.token())
    assert len(server.asked) == 1


async def test_keys_that_were_moved_elsewhere_are_not_followed(server: IssuerServer, issuer: Issuer) -> None:
    def moved() -> Response | None:
        return RedirectResponse(f"{server.url}/elsewhere") if server.asked[-1] == "/keys" else None

    server.answer = moved
    with pytest.raises(IssuerUnavailable):
        await issuer.claims(server.token())
    assert server.asked[-1] == "/keys"


@pytest.mark.parametrize(
    "keys",
    [
        PlainTextResponse('{"keys": [' + " " * MAX_BODY + "]}"),
        JSONResponse({"keys": "many"}),
        JSONResponse({"keys": {"kid": "first"}}),
        Response(gzip.compress(b" " * 100_000_000, 1), headers={"Content-Encoding": "gzip"}),
    ],
    ids=["endless", "a text", "an object", "inflating"],
)
async def test_a_key_set_that_is_none_is_not_believed(server: IssuerServer, issuer: Issuer, keys: Response) -> None:
    server.answer = lambda: keys if server.asked[-1] == "/keys" else None
    with pytest.raises(IssuerUnavailable):
        await issuer.claims(server.token())


async def test_more_keys_than_anybody_needs_are_not_looked_at(server: IssuerServer, issuer: Issuer) -> None:
    good = server.pairs[0].published()
    for number, believed in ((MOST_KEYS, True), (MOST_KEYS + 1, False)):
        issuer = Issuer(server.url, audiences=[RESOURCE], clock=ProcessClock(SimClock()))
        keys = JSONResponse({"keys": [*({**good, "kid": str(n)} for n in range(number - 1)), good]})
        server.answer = lambda keys=keys: keys if server.asked[-1] == "/keys" else None
        if believed:
            assert await issuer.claims(server.token()) is not None
        else:
            with pytest.raises(IssuerUnavailable):
                await issuer.claims(server.token())
        await issuer.aclose()


@pytest.mark.parametrize(
    "broken",
    [
        "nonsense",
        5,
        None,
        [],
        {},
        {"kty": ["EC"]},
        {"kty": "EC", "crv": 5, "x": [], "y": {}},
        {"kty": "RSA", "n": 5, "e": None},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "x"},
        {"kid": ["first"]},
        {"kid": 5},
        {"alg": {"a": 1}},
        {"use": []},
    ],
    ids=str,
)
async def test_a_broken_key_does_not_spoil_the_good_ones(server: IssuerServer, issuer: Issuer, broken: object) -> None:
    good = server.pairs[0].published()
    one = {**good, **broken} if isinstance(broken, dict) and "kty" not in broken and broken else broken
    server.answer = lambda: JSONResponse({"keys": [one, good]}) if server.asked[-1] == "/keys" else None
    assert await issuer.claims(server.token()) is not None


@pytest.mark.parametrize(
    ("issuer", "keys"),
    [
        ("https://accounts.google.com", "https://www.googleapis.com/oauth2/v3/certs"),
        ("https://login.internal", "https://login.internal/keys"),
        ("https://10.0.0.7:8443/realm", "https://10.0.0.7:8443/realm/keys"),
        ("http://127.0.0.1:8080", "http://localhost:8080/keys"),
    ],
)
def test_keys_may_be_on_the_host_of_the_oauth_server_or_on_a_public_one(issuer: str, keys: str) -> None:
    assert oauth._safe(keys, issuer)
    assert not oauth._safe(keys, "https://other.example.org") or "googleapis" in keys


# -- settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["http://login.example.org", "ftp://login.example.org", "https://", "https://a@b", "https://h/?x", "h", "http://["],
)
def test_an_oauth_server_that_cannot_be_trusted_is_refused_by_name(url: str) -> None:
    with pytest.raises(SettingRefused, match="SONGWRIGHT_OAUTH_ISSUER"):
        issuer_of(Settings(oauth_issuer=url), ProcessClock(SimClock()))


def test_without_an_oauth_server_nothing_is_announced() -> None:
    assert issuer_of(Settings(), ProcessClock(SimClock())) is None
    assert auth_settings(Settings()) is None


def test_clients_are_told_the_oauth_server_exactly_as_its_tokens_name_it() -> None:
    """RFC 8414 §3.3 compares issuers as strings, so a slash more would be another one."""
    told = auth_settings(Settings(oauth_issuer="https://login.example.org", public_url="https://songs.example.org/"))
    assert told is not None
    assert str(told.issuer_url) == "https://login.example.org"
    assert str(told.resource_server_url) == RESOURCE
    assert told.required_scopes == ["songwright"]


def test_a_server_for_others_must_know_its_own_address() -> None:
    with pytest.raises(SettingRefused, match="SONGWRIGHT_PUBLIC_URL"):
        resource_url(Settings(host="0.0.0.0"))
    assert resource_url(Settings(host="::1", port=80)) == "http://[::1]:80/mcp"


async def test_an_audience_of_ones_own_takes_the_place_of_the_address(server: IssuerServer) -> None:
    issuer = issuer_of(Settings(oauth_issuer=server.url, oauth_audience="api://songs"), ProcessClock(SimClock()))
    assert issuer is not None
    assert await issuer.claims(server.token(aud="api://songs")) is not None
    assert await issuer.claims(server.token(aud="http://127.0.0.1:8787/mcp")) is None
    await issuer.aclose()


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "openid songwright"}, ["openid", "songwright"]),
        ({"scp": ["songwright", 3]}, ["songwright"]),
        ({"scp": "songwright"}, ["songwright"]),
        ({"scope": 5}, []),
        ({}, []),
    ],
)
def test_scopes_are_read_as_the_makers_of_oauth_servers_write_them(claims: dict[str, Any], scopes: list[str]) -> None:
    assert scopes_of(claims) == scopes
