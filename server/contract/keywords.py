"""The validator behind the contract: JSON Schema 2020-12 and what it lacks.

Two keywords of our own compare fields: `x-window` (the end lies after the start, and the span may have a `maximum` or
stay `below` a length) and `x-total` (the sum of a field over a list). `required` and `dependentRequired` work as ever,
but their problems belong to the field that is missing instead of the object around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from .fragments import resolve

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

Json: TypeAlias = Any
"""A value that came out of a JSON parser."""


@cache
def validator(reference: str) -> Validator:
    """Give the validator of the schema at `reference` (`#/components/schemas/…`). Raises KeyError when it is not there.

    The library is imported here, because only a sandbox or a test has to pay for it.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    ours = {"required": _required, "dependentRequired": _go_together, "x-window": _window, "x-total": _total}
    kind: type[Validator] = extend(Draft202012Validator, ours)  # type: ignore[no-untyped-call]  # its stub has no types
    return kind(_inlined(resolve(reference)))


def _inlined(node: Json) -> Json:
    """Copy a schema with every `$ref` replaced by what it names: three times as fast to check against."""
    if isinstance(node, list):
        return [_inlined(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inlined(resolve(node["$ref"]))
    return {key: _inlined(value) for key, value in node.items()}


def _required(_: Validator, names: list[str], body: Json, __: Json) -> Iterator[ValidationError]:
    if isinstance(body, dict):
        yield from (_error(f"{name} is missing", name) for name in names if name not in body)


def _go_together(_: Validator, needs: dict[str, list[str]], body: Json, __: Json) -> Iterator[ValidationError]:
    if isinstance(body, dict):
        for given in needs.keys() & body.keys():
            missing = (name for name in needs[given] if name not in body)
            yield from (_error(f"{name} is missing: it goes with {given}", name) for name in missing)


def _window(_: Validator, window: dict[str, Json], body: Json, __: Json) -> Iterator[ValidationError]:
    start, end, most, below = window["start"], window["end"], window.get("maximum"), window.get("below")
    if not (isinstance(body, dict) and _is_number(body.get(start)) and _is_number(body.get(end))):
        return
    if body[end] <= body[start]:
        yield _error(f"{end} must be after {start}", end)
    elif most is not None and body[end] - most > body[start]:
        yield _error(f"{end} must be at most {most} seconds after {start}", end, limit=most)
    elif below is not None and body[end] - below >= body[start]:
        yield _error(f"{end} must be less than {below} seconds after {start}", end, limit=below)


def _total(_: Validator, total: dict[str, Json], items: Json, __: Json) -> Iterator[ValidationError]:
    name, least, most = total["of"], total["minimum"], total["maximum"]
    values = [item.get(name) for item in items if isinstance(item, dict)] if isinstance(items, list) else [None]
    whole = [value for value in values if isinstance(value, int)]
    if len(whole) < len(values):
        return  # then the type is the problem, and is reported
    if sum(whole) < least:
        yield _error(f"the sum of {name} must be at least {least}", limit=least)
    elif sum(whole) > most:
        yield _error(f"the sum of {name} must be at most {most}", limit=most)


def _error(message: str, *field: str, limit: float | None = None) -> ValidationError:
    from jsonschema import ValidationError

    error = ValidationError(message, path=field)
    if limit is not None:
        error.validator_value = limit
    return error


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
