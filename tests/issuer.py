"""A small OAuth server on loopback for tests: metadata, keys that can be changed, tokens of every kind, moods."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

MAKERS: dict[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


@dataclass
class Pair:
    """A private key, under the name and for the algorithm that its public half is published with."""

    kid: str
    algorithm: str
    private: Any

    @classmethod
    def make(cls, kid: str, algorithm: str = "ES256") -> Pair:
        return cls(kid, algorithm, MAKERS[algorithm]())

    def published(self) -> dict[str, Any]:
        """The public half, as a key set lists it."""
        maker = jwt.get_algorithm_by_name(self.algorithm)
        facts = maker.to_jwk(self.private.public_key(), as_dict=True)
        return {**facts, "kid": self.kid, "use": "sig", "alg": self.algorithm}


@dataclass
class IssuerServer:
    """Serves until the `with` block ends. `path` makes it one of several issuers on a host."""

    path: str = ""
    place: str = "/.well-known/oauth-authorization-server{path}"
    pairs: list[Pair] = field(default_factory=lambda: [Pair.make("first")])
    metadata: dict[str, Any] = field(default_factory=dict)
    answer: Callable[[], Response | None] | None = None
    """What every address answers instead, while it is set and has something to say."""
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{self.path}"
        app = Starlette(routes=[Route("/{rest:path}", self._serve)])
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

    def reset(self) -> None:
        """As new, for the next test: another key, no moods, nothing asked yet."""
        self.pairs, self.metadata, self.answer = [Pair.make("first")], {}, None
        self.asked.clear()

    async def _serve(self, request: Request) -> Response:
        path = request.url.path
        self.asked.append(path)
        if self.answer is not None and (instead := self.answer()) is not None:
            return instead
        if path == self.place.format(path=self.path):
            return JSONResponse({"issuer": self.url, "jwks_uri": f"http://127.0.0.1:{self.port}/keys", **self.metadata})
        if path == "/keys":
            return JSONResponse({"keys": [pair.published() for pair in self.pairs]})
        return PlainTextResponse("nothing here", status_code=404)

    def token(self, pair: Pair | None = None, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A good token for `https://songs.example.org/mcp`; changes of None leave a claim out."""
        pair = pair or self.pairs[0]
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "user-42",
            "aud": "https://songs.example.org/mcp",
            "iat": now,
            "exp": now + 300,
            "scope": "openid songwright",
            **changes,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, pair.private, algorithm=pair.algorithm, headers={"kid": pair.kid, **(header or {})})


def unsigned(token: str, algorithm: str = "none") -> str:
    """The same claims without a signature."""
    claims = token.split(".")[1]
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).decode().rstrip("=")
    return f"{header}.{claims}."
