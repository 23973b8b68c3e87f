"""The sandbox's own routes, for tests, the doctor and the next start: health, the store's contents, faults, stop.

    GET    /_sandbox/health    {"token", "version", "pace", "fast", "brand", "seed", "pid"}
    GET    /_sandbox/books     ?key=…  balance, charges, tasks with polls, clips with file fetches, answers by status
    POST   /_sandbox/credits   {"key", "credits", "extra_credits"}
    POST   /_sandbox/faults    a rule or a list of rules (see faults.py); DELETE clears all
    POST   /_sandbox/stop

They are for programs on this machine only: a request that a web page made (it carries an Origin) is refused.
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .executor import Executor
from .faults import BadRule, Faults, parse
from .options import Options
from .records import key_hash
from .router import Router
from .store import Store
from .version import version


class Control:
    """The routes under /_sandbox; `stop` is called when somebody asks the sandbox to end."""

    def __init__(
        self, options: Options, executor: Executor, router: Router, faults: Faults, stop: Callable[[], None]
    ) -> None:
        self._options = options
        self._desk = executor
        self._gate = router
        self._faults = faults
        self._stop = stop

    def routes(self) -> list[Route]:
        """All routes under /_sandbox."""
        return [
            Route("/_sandbox/health", self._health, methods=["GET"]),
            Route("/_sandbox/books", self._books, methods=["GET"]),
            Route("/_sandbox/credits", _private(self._credits), methods=["POST"]),
            Route("/_sandbox/faults", _private(self._set_faults), methods=["POST", "DELETE"]),
            Route("/_sandbox/stop", _private(self._end), methods=["POST"]),
        ]

    async def _health(self, _: Request) -> Response:
        options = self._options
        return JSONResponse(
            {
                "token": options.token,
                "version": version(),
                "pace": options.pace,
                "fast": options.fast,
                "brand": options.brand,
                "seed": options.seed,
                "pid": os.getpid(),
            }
        )

    async def _books(self, request: Request) -> Response:
        key = key_hash(request.query_params.get("key", ""))
        report = await self._desk(Store.report, key)
        return JSONResponse({**report, "answers": dict(self._gate.answers.get(key, {}))})

    async def _credits(self, request: Request) -> Response:
        told = await request.json()
        plan_credits, extra_credits = told.get("credits", 0), told.get("extra_credits", 0)
        if not all(isinstance(amount, int) and amount >= 0 for amount in (plan_credits, extra_credits)):
            return _wrong("credits and extra_credits must be whole numbers, 0 or more")
        await self._desk(Store.set_balance, key_hash(str(told.get("key", ""))), plan_credits, extra_credits)
        return JSONResponse({"credits": plan_credits, "extra_credits": extra_credits})

    async def _set_faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._faults.clear()
            return JSONResponse({"rules": 0})
        try:
            rules = parse(await request.json(), default_key=_bearer(request))
        except (BadRule, json.JSONDecodeError) as error:
            return _wrong(str(error))
        self._faults.add(rules)
        return JSONResponse({"rules": len(rules)})

    async def _end(self, _: Request) -> Response:
        self._stop()
        return JSONResponse({"stopping": True})


def _bearer(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ").strip() or "*"


def _wrong(message: str) -> Response:
    return JSONResponse({"type": "bad_request", "message": message}, 400)


def _private(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        if "origin" in request.headers:
            return JSONResponse({"type": "forbidden", "message": "not for web pages"}, 403)
        return await endpoint(request)

    return guarded
