"""What is wrong with a body, in one short sentence per field.

JSON Schema says it in its own words and in no fixed order; people, tests and the sandbox need the field, the limit and
the same order every time. A schema of the contract may carry `x-says`, the sentence for a broken pattern, requirement
or choice, and `x-field`, the field that sentence is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .keywords import Json, validator

if TYPE_CHECKING:
    from jsonschema import ValidationError

_TYPES: Final = {
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a body.

    `field` is the field as a client spells it (`title`, `data[0].state`), or empty when the whole body is meant. `rule`
    is the JSON Schema keyword that was broken (`required`, `maxLength` …), one of ours (`x-window`, `x-total`), or
    `status` for an answer whose status the contract does not know. `message` names the field and the limit and repeats
    no value of the body, so it is safe to show. `limit` is the number behind the rule, where there is one.
    """

    field: str
    rule: str
    message: str
    limit: int | float | None = None


def check(reference: str, body: Json, order: Sequence[str] = ()) -> list[Problem]:
    """Check `body` against the schema at `reference` (`#/components/schemas/…`) and say what is wrong with it.

    The problems come in the order of `order`, which names top-level fields; all others follow by name. The same body
    always gives the same list. For a field of the wrong type, only the type is reported.
    """
    found = {_problem(error) for error in validator(reference).iter_errors(body)}
    mistyped = {problem.field for problem in found if problem.rule == "type"}
    rank = {name: position for position, name in enumerate(order)}

    def place(problem: Problem) -> tuple[int, str, str, str]:
        top = problem.field.partition(".")[0].partition("[")[0]
        return rank.get(top, len(rank)), problem.field, problem.rule, problem.message

    return sorted((p for p in found if p.rule == "type" or p.field not in mistyped), key=place)


def _problem(error: ValidationError) -> Problem:
    schema = error.schema if isinstance(error.schema, dict) else {}
    rule, bound = str(error.validator), error.validator_value
    field = _spelled(error.absolute_path) or schema.get("x-field", "")
    if rule in _SPOKEN_FOR and "x-says" in schema:
        message = schema["x-says"]
    elif rule in _SENTENCES:
        message = _SENTENCES[rule](field or "the body", bound, error.instance)
    else:
        message = error.message  # one of our keywords, which has its own wording
    limit = bound if isinstance(bound, int | float) and not isinstance(bound, bool) else None
    return Problem(field, rule, message, limit)


def _spelled(path: Iterable[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _type(name: str, kinds: Json, _: Json) -> str:
    words = [_TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    return f"{name} must be {' or '.join(words)}"


def _too_short(name: str, least: Json, text: Json) -> str:
    return f"{name} is empty" if least == 1 else f"{name} is too short: {len(text)} of at least {least} characters"


# Where a schema's own sentence replaces the general one.
_SPOKEN_FOR: Final = frozenset({"pattern", "required", "not", "anyOf", "oneOf"})
# By keyword: a sentence from the field's name, the keyword's value and the body's value.
_SENTENCES: Final[dict[str, Callable[[str, Json, Json], str]]] = {
    "type": _type,
    "enum": lambda name, known, _: f"{name} must be one of: {', '.join(map(str, known))}",
    "const": lambda name, only, _: f"{name} must be {only}",
    "maxLength": lambda name, most, text: f"{name} is too long: {len(text)} of {most} characters",
    "minLength": _too_short,
    "minimum": lambda name, least, _: f"{name} must be at least {least}",
    "maximum": lambda name, most, _: f"{name} must be at most {most}",
    "exclusiveMinimum": lambda name, least, _: f"{name} must be more than {least}",
    "minItems": lambda name, least, items: f"{name} has too few items: {len(items)} of at least {least}",
    "maxItems": lambda name, most, items: f"{name} has too many items: {len(items)} of at most {most}",
    "uniqueItems": lambda name, _, __: f"{name} must not name the same thing twice",
    "pattern": lambda name, _, __: f"{name} has the wrong form",
    "not": lambda name, _, __: f"{name} is not accepted here",
}
