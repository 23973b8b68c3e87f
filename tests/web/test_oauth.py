"""Tokens of an OAuth server at a real server: what is wrong with one is the caller's affair, never a fault of ours."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from http_world import HttpWorld, Replica, ask
from issuer import IssuerServer

AUDIENCE = "api://songs"


@pytest.fixture(scope="module")
def issuer() -> Iterator[IssuerServer]:
    with IssuerServer() as running:
        yield running


@pytest.fixture(scope="module")
def server(shared: HttpWorld, issuer: IssuerServer) -> Iterator[Replica]:
    with shared.replica(oauth_issuer=issuer.url, oauth_audience=AUDIENCE) as running:
        yield running


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_person_who_signed_in_elsewhere_is_let_in(server: Replica, issuer: IssuerServer) -> None:
    answer = ask(server.url, issuer.token(aud=AUDIENCE), "tools/list", {})
    assert any(tool["name"] == "create_song" for tool in answer["tools"])


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"alg": ["RS256"]}, {}),
        ({"alg": {"a": []}}, {}),
        ({"alg": None}, {}),
        ({"kid": ["first"]}, {}),
        ({"crit": 5}, {}),
        ({"crit": [[]]}, {}),
        ({}, {"iss": ["x"]}),
        ({}, {"aud": {"a": 1}}),
        ({}, {"aud": [5]}),
        ({}, {"exp": "9999999999"}),
        ({}, {"exp": 1e400}),
        ({}, {"sub": ["x"]}),
        ({}, {"scope": 5}),
        ([], {}),
        ({}, []),
    ],
    ids=str,
)
def test_a_token_of_wrong_types_is_refused_without_a_traceback(
    server: Replica, issuer: IssuerServer, header: Any, claims: Any
) -> None:
    """Anybody can send one, as often as they like."""
    head, body, signature = issuer.token(aud=AUDIENCE).split(".")
    if header or header == []:
        head = part({"alg": "ES256", "typ": "JWT", "kid": "first", **header} if header else header)
    if claims or claims == []:
        told = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        body = part({**told, **claims} if claims else claims)
    answer = httpx2.post(f"{server.url}/mcp", headers={"Authorization": f"Bearer {head}.{body}.{signature}"}, json={})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer error=")
    assert "Traceback" not in server.log()
