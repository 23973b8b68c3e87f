"""The service's HTTP contract: what it accepts, what it answers, what it calls back with.

The contract is data: JSON fragments, one per family, which merge into one OpenAPI 3.1 document. Every statement in it
names its public source and its certainty. The sandbox checks what it is sent with `check_request`; tests check our own
requests and the sandbox's answers against it, so that client and sandbox cannot share a mistake. Nothing here uses the
network, and nothing is loaded before it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from .fragments import METHODS, document, resolve
from .problems import Problem, check

__all__ = [
    "Contracted",
    "Problem",
    "check_request",
    "check_response",
    "check_webhook",
    "document",
    "match",
    "operations",
]

_PREFIX: Final = "/api/v1/sonic/"
_OLD_PREFIX: Final = "/api/v1/suno/"
_FIRST_REFUSAL: Final = 400


@dataclass(frozen=True, slots=True)
class Contracted:
    """One operation of the service.

    `request_schema` is a `$ref` into the document, or None for a call without a body; `responses` maps a status (as
    text, or `default` for every refusal not listed) to a `$ref`. `known_fields` are the body fields that mean
    something, in the document's order: others are tolerated, but are probably typing errors. `offered` is False where
    too little is known to call it; `makes_task` says that its answer is always a task to poll; `credits` says in words
    what a call costs. `family` is the engine, or `account`.
    """

    id: str
    family: str
    method: str
    path: str
    request_schema: Mapping[str, str] | None
    responses: Mapping[str, Mapping[str, str]]
    known_fields: tuple[str, ...]
    offered: bool
    makes_task: bool
    credits: str


@cache
def operations() -> Mapping[str, Contracted]:
    """Give every operation by its id, in the document's order.

    A path that takes quite different bodies has an entry of its own and, after it, one per `x-variants`: the same
    method, path and answers with a sharper schema. `match` only ever gives the former.
    """
    found: dict[str, Contracted] = {}
    for path, item in document()["paths"].items():
        for method, stated in item.items():
            if method in METHODS:
                whole = _contracted(method.upper(), path, stated)
                variants = stated.get("x-variants", {})
                found |= {whole.id: whole} | {name: _variant(whole, name, part) for name, part in variants.items()}
    return MappingProxyType(found)


def match(method: str, path: str) -> tuple[Contracted, dict[str, str]] | None:
    """Find the operation a request means, and its path parameters; None when the service has no such path.

    `path` comes without query, percent-decoded. The older prefix `/api/v1/suno` means the same as `/api/v1/sonic`.
    """
    if path.startswith(_OLD_PREFIX):
        path = _PREFIX + path.removeprefix(_OLD_PREFIX)
    for pattern, operation in _routes():
        if operation.method == method.upper() and (hit := pattern.fullmatch(path)):
            return operation, hit.groupdict()
    return None


def check_request(op_id: str, body: object) -> list[Problem]:
    """Say what is wrong with a request body, in the order of the operation's `known_fields`; empty when nothing is.

    Fields that the contract does not know are not a problem. Raises KeyError for an unknown operation and ValueError
    for one that takes no body.
    """
    operation = operations()[op_id]
    if operation.request_schema is None:
        raise ValueError(f"{op_id} takes no body")
    return check(operation.request_schema["$ref"], body, operation.known_fields)


def check_response(op_id: str, status: int, body: object) -> list[Problem]:
    """Say what is wrong with an answer of the service; empty when nothing is.

    A status below 400 that the contract does not list is itself a problem; any other refusal has the shape of an error.
    Raises KeyError for an unknown operation.
    """
    responses = operations()[op_id].responses
    if str(status) in responses:
        return check(responses[str(status)]["$ref"], body)
    if status < _FIRST_REFUSAL:
        return [Problem("", "status", f"{op_id} does not answer with status {status}")]
    return check(responses["default"]["$ref"], body)


def check_webhook(event: str, body: object) -> list[Problem]:
    """Say what is wrong with a callback for `event` (`song.completed` …); empty when nothing is.

    The body's `platform` decides which shape it must have; a body without one is taken for sonic's. Raises KeyError for
    an event the service does not send.
    """
    hooks = [hook for hook in document()["webhooks"].values() if hook["x-event"] == event]
    if not hooks:
        raise KeyError(event)
    platform = body.get("platform") if isinstance(body, dict) else None
    hook = next((hook for hook in hooks if platform in hook["x-platforms"]), hooks[0])
    return check(_schema(hook["post"]["requestBody"])["$ref"], body)


def _contracted(method: str, path: str, stated: dict[str, Any]) -> Contracted:
    responses = {status: _schema(answer) for status, answer in stated["responses"].items()}
    return Contracted(
        id=stated["operationId"],
        family=stated["tags"][0],
        method=method,
        path=path,
        request_schema=_schema(stated["requestBody"]) if "requestBody" in stated else None,
        responses=MappingProxyType(responses),
        known_fields=tuple(stated["x-known-fields"]),
        offered=stated.get("x-offered", True),
        makes_task=method == "POST" and "task_id" in resolve(responses["200"]["$ref"]).get("required", ()),
        credits=stated["x-credits"],
    )


def _variant(whole: Contracted, name: str, stated: dict[str, Any]) -> Contracted:
    return replace(
        whole,
        id=name,
        request_schema={"$ref": stated["$ref"]},
        known_fields=tuple(stated["x-known-fields"]),
        offered=stated.get("x-offered", True),
    )


def _schema(holder: dict[str, Any]) -> dict[str, str]:
    """The JSON schema of a body or an answer, which may itself be a `$ref` to a component."""
    if "$ref" in holder:
        holder = resolve(holder["$ref"])
    schema: dict[str, str] = holder["content"]["application/json"]["schema"]
    return schema


@cache
def _routes() -> tuple[tuple[re.Pattern[str], Contracted], ...]:
    return tuple((_pattern(operation.path), operation) for operation in operations().values())


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))
