"""The API's router: whose request it is, which operation, and whether a fault applies."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NoReturn

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from ..server import contract
from .answers import Refusal, refusal
from .asks import Ask, check
from .connections import Lost
from .families import gone
from .faults import AFTER, BEFORE, FATES, MONEY, Faults, Rule
from .options import Options
from .records import Facts, key_hash
from .service import Reply, Service, makes_task, plays

_MOST_BODY_BYTES = 1024 * 1024
_PREFIXES = {
    "aimusicapi": ("/api/v1/sonic/", "/api/v1/suno/"),
    "musicapi": ("/api/v1/sonic/",),
    "sunoapi": ("/api/v1/suno/",),
}
_METHODS = ("GET", "POST")
PAGE = "<!doctype html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>"


class Router:
    """Answers every request under /api; counts the answers per key and operation."""

    def __init__(self, options: Options, service: Service, faults: Faults) -> None:
        self._options = options
        self._service = service
        self._faults = faults
        self._rate = Rate(options.rate)
        self.answers: dict[str, Counter[str]] = {}

    async def serve(self, request: Request) -> Response:
        """Serve one request; raises Lost when a fault closes the connection instead."""
        try:
            key = _key(request)
            operation, params = self._operation(request)
            body = await _body(request)
        except Refusal as refused:
            return _json(refused.status, refused.body, refused.headers)
        ask = Ask(operation, key, body, params)
        try:
            response = await self._misbehave(ask)
        except Lost:
            self._count(ask, "lost")
            raise
        self._count(ask, str(response.status_code))
        return response

    def _count(self, ask: Ask, outcome: str) -> None:
        self.answers.setdefault(ask.key, Counter())[f"{ask.name} {outcome}"] += 1

    def _operation(self, request: Request) -> tuple[str, dict[str, str]]:
        path = request.url.path
        if path.startswith(tuple(f"/api/v1/{family}/" for family in self._options.retired)):
            raise gone("this product has been retired")
        if path.rstrip("/").endswith("/task"):
            return "task", {}
        found = contract.match(request.method, path)
        family = path.startswith(("/api/v1/sonic/", "/api/v1/suno/"))
        if found is not None and plays(found[0].id):
            if not family or path.startswith(_PREFIXES[self._options.brand]):
                return found[0].id, found[1]
        elif any(contract.match(method, path) for method in _METHODS if method != request.method):
            raise refusal(405, "bad_request", f"{request.method} is not allowed here")
        raise refusal(404, "not_found", f"no such path: {path}")

    async def _misbehave(self, ask: Ask) -> Response:
        names = {ask.operation, ask.name, *_looked_at(ask)}
        for rule in self._faults.draw(ask.key, names, BEFORE):
            if rule.do != "slow":
                return await _BEFORE[rule.do](rule)
            await self._faults.hold_back(rule)
        after = self._faults.draw(ask.key, names, AFTER)
        try:
            status, body = await self._serve(ask, names)
        except Refusal as refused:
            return _json(refused.status, refused.body, refused.headers)
        if after and after[0].do == "slow_after":
            await self._faults.hold_back(after[0])
            return _json(status, body)
        return await _after(after[0], status, body) if after else _json(status, body)

    async def _serve(self, ask: Ask, names: set[str]) -> Reply:
        if not makes_task(ask):
            check(ask)
            again = bool(self._faults.draw(ask.key, names, MONEY))
            return await self._service.answer(ask, charge_again=again)
        with self._rate.slot(ask.key):
            check(ask)
            fates = self._faults.draw(ask.key, names, FATES)
            return await self._service.answer(ask, fate=fates[0].fate if fates else None)


class Rate:
    """At most one accepted task per key in a number of seconds; 0 = no limit."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last: dict[str, float] = {}

    @contextlib.contextmanager
    def slot(self, key: str) -> Iterator[None]:
        """Take the key's slot, or raise Refusal (429); a request refused for another reason returns it."""
        now = time.monotonic()
        before = self._last.get(key, float("-inf"))
        if before + self._seconds > now:
            raise refusal(429, "forbidden", f"too many requests: one every {self._seconds:g} seconds")
        self._last[key] = now
        try:
            yield
        except Refusal:
            self._last[key] = before
            raise


def _looked_at(ask: Ask) -> tuple[str, ...]:
    """The names by which a rule may refer to a look at a task, of any family."""
    return ("look", ask.params["task_id"]) if "task_id" in ask.params else ()


def _key(request: Request) -> str:
    """The hash of the bearer key; raises Refusal (401)."""
    header = request.headers.get("authorization")
    if header is None:
        raise refusal(401, "unauthorized", "Authorization header is missing")
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise refusal(401, "unauthorized", "Authorization header format is invalid: expected Bearer <key>")
    if key.strip().startswith("unknown"):
        raise refusal(401, "unauthorized", "the API key is unknown")
    return key_hash(key.strip())


async def _body(request: Request) -> Facts:
    if request.method != "POST":
        return {}
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > _MOST_BODY_BYTES:
            raise refusal(413, "bad_request", "the request body is too large")
    try:
        body = json.loads(data, parse_constant=_no_number)
        json.dumps(body, ensure_ascii=False).encode()  # half of a surrogate pair is not text
    except (ValueError, RecursionError) as error:
        raise refusal(400, "bad_request", "the request body is not JSON") from error
    if not isinstance(body, dict):
        raise refusal(400, "bad_request", "the request body must be a JSON object")
    return body


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _json(status: int, body: Facts, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(body, status, headers)


async def _lose(_: Rule) -> Response:
    raise Lost


async def _hang(_: Rule) -> Response:
    raise Lost(silent=True)


async def _refuse(rule: Rule) -> Response:
    words = "refused on command"
    return _chosen(rule, 503, {"type": "api_error", "error": words, "message": words})


def _chosen(rule: Rule, status: int, body: object) -> Response:
    """The status and body that a rule names, or else these."""
    told, code = rule.details.get("body", body), int(rule.number("status", status))
    if told is None:
        return Response(status_code=code)
    return HTMLResponse(told, code) if isinstance(told, str) else JSONResponse(told, code)


async def _error(_: Rule) -> Response:
    return _json(500, {"type": "api_error", "error": "internal error", "message": "internal error"})


async def _too_fast(rule: Rule) -> Response:
    headers = {"Retry-After": f"{rule.number('retry_after', 0):g}"} if "retry_after" in rule.details else {}
    refused = refusal(429, "forbidden", "too many requests")
    return _json(429, refused.body, headers)


async def _html(rule: Rule) -> Response:
    return HTMLResponse(PAGE, int(rule.number("status", 502)))


async def _no_credits(_: Rule) -> Response:
    return _json(403, refusal(403, "forbidden", "not enough credits").body)


async def _retired(_: Rule) -> Response:
    return _json(410, refusal(410, "gone", "this operation has been retired").body)


_BEFORE: dict[str, Callable[[Rule], Awaitable[Response]]] = {
    "refuse": _refuse,
    "lose_before": _lose,
    "hang_before": _hang,
    "error_before": _error,
    "too_fast": _too_fast,
    "html": _html,
    "no_credits": _no_credits,
    "retired": _retired,
}


async def _after(rule: Rule, status: int, body: Facts) -> Response:
    match rule.do:
        case "garbage":
            text = json.dumps(body)
            return Response(text[: len(text) // 2], status, media_type="application/json")
        case "unknown_fields":
            return _json(status, changed_shape(body))
        case "answer":
            return _chosen(rule, status, {})
        case "error_after":
            return await _error(rule)
        case "html_after":
            return await _html(rule)
        case "hang_after":
            return await _hang(rule)
        case _:
            return await _lose(rule)


_OPTIONAL = frozenset(
    {"code", "message", "video_url", "image_url", "negative_tags", "style_weight", "created_at", "mv"}
)


def changed_shape(value: Any) -> Any:
    """The answer of a newer service: it has unknown fields and lacks optional ones."""
    if isinstance(value, dict):
        kept = {name: changed_shape(inner) for name, inner in value.items() if name not in _OPTIONAL}
        return {**kept, "x_since_2027": {"of": ["another", "version"]}}
    if isinstance(value, list):
        return [changed_shape(inner) for inner in value]
    return value
