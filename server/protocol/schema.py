"""What is published of an operation, derived from its declaration: schemas, annotations, description.

The derived form is committed beside each operation and served from there; a test holds the two equal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ... import tools
from ..core.operation import CONTROLS, Effect, Operation

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

PLAYER = "ui://songwright/player.html"
"""The page that a host may show with a song."""
_READS = (Effect.READS, Effect.LOCAL)
_GIVEN = frozenset(
    {"id", "job_id", "task_id", "persona_id", "source", "model", "language", "genre", "words", "reference"}
)
"""Arguments whose limit only guards against abuse; nobody else reaches it."""


def published(name: str) -> dict[str, Any]:
    """The committed form of an operation, as `tools/list` sends it to a host that renders pages of tools."""
    place = files(tools).joinpath(tools.folder(name)).joinpath(f"{name}.json")
    found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return found


def derive(operation: type[Operation]) -> dict[str, Any]:
    """What should be committed for an operation."""
    form: dict[str, Any] = {
        "name": operation.tool_name(),
        "title": operation.label,
        "description": description(operation),
        "inputSchema": input_schema(operation),
        "outputSchema": output_schema(operation),
        "annotations": hints(operation),
    }
    meta: dict[str, Any] = {"anthropic/alwaysLoad": True} if operation.core else {}
    if operation.player:
        meta["ui"] = {"resourceUri": PLAYER}
    return form | ({"_meta": meta} if meta else {})


def without_page(form: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a host that renders no pages."""
    meta = {name: value for name, value in form.get("_meta", {}).items() if name != "ui"}
    return {name: value for name, value in form.items() if name != "_meta"} | ({"_meta": meta} if meta else {})


def description(operation: type[Operation]) -> str:
    """The docstring, and what it costs."""
    text = operation.description()
    return f"{text}\nCosts {operation.price_note}." if operation.price_note else text


def hints(operation: type[Operation]) -> dict[str, Any]:
    """Hints for clients, derived from the effect alone."""
    reads = operation.effect in _READS and not operation.may_spend
    return {
        "title": operation.label,
        "readOnlyHint": reads,
        "destructiveHint": not reads,
        "idempotentHint": reads,
        "openWorldHint": operation.effect in (Effect.READS, Effect.SPENDS) or operation.may_spend,
    }


def input_schema(operation: type[Operation]) -> dict[str, Any]:
    """The arguments: what must be given first, then an operation's own, shared ones, what steers a purchase last."""
    schema = compact(operation.model_json_schema())
    own = [n for n in operation.model_fields if n in operation.__annotations__ and n not in CONTROLS]
    shared = [n for n in operation.model_fields if n not in own and n not in CONTROLS]
    needed = [n for n in (*own, *shared) if operation.model_fields[n].is_required()]
    order = dict.fromkeys((*needed, *own, *shared, *operation.model_fields))
    properties = schema.get("properties", {})
    schema["properties"] = {n: properties[n] for n in order if n in properties}
    if getattr(operation, "keeps", False):
        properties.pop("again", None)  # the stored answer is the answer
    for name in (CONTROLS | _GIVEN) & properties.keys():
        properties[name].pop("maxLength", None)
    schema.pop("description", None)
    return schema


def output_schema(operation: type[Operation]) -> dict[str, Any]:
    """The result: only its sentence is always there.

    A refusal and a question about the price are results of the same tool and have nothing of what it promises; some
    clients validate those too, and show the person a complaint about the schema instead of our sentence.
    """
    schema = compact(operation.result.model_json_schema(mode="serialization"))
    schema["required"] = ["summary"]
    return schema


@cache
def validator(name: str) -> Validator:
    """What holds a tool's results against its published output schema."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(published(name)["outputSchema"])


def admits(name: str, told: Mapping[str, Any]) -> bool:
    """Whether the published output schema of a tool takes a result."""
    return validator(name).is_valid(told)


def compact(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema without titles, null branches, references, what goes without saying, and `additionalProperties: false`.

    A large vendor's converter dies of that last one; the server itself names arguments that it does not know.
    """
    definitions = schema.get("$defs", {})
    made = _compact(schema, definitions)
    made.pop("$defs", None)
    return made


def _compact(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        target = definitions[node["$ref"].rsplit("/", 1)[-1]]
        rest = {key: value for key, value in node.items() if key != "$ref"}
        # A description at the place of use wins over the definition's own, which is about the type.
        return _compact(
            {**{k: v for k, v in target.items() if k != "description" or k not in rest}, **rest}, definitions
        )
    branches = [b for b in node.get("anyOf", ()) if b.get("type") != "null"]
    if "anyOf" in node and len(branches) == 1:
        rest = {key: value for key, value in node.items() if key != "anyOf"}
        inner = _compact(branches[0], definitions)
        return {**inner, **_compact(rest, definitions)}
    made: dict[str, Any] = {}
    for key, value in node.items():
        if key == "title" and isinstance(value, str):
            continue
        if key == "default" and (value is None or value is False or value == []):
            continue
        if key in ("minimum", "exclusiveMinimum") and value == 0 and "maximum" not in node:
            continue
        if key == "minLength" and value == 1:
            continue  # an empty string is an argument left out
        if key == "additionalProperties" and value is False:
            continue
        if key == "properties":
            made[key] = {name: _compact(part, definitions) for name, part in value.items()}
        elif (key == "items" and isinstance(value, dict)) or (
            key == "additionalProperties" and isinstance(value, dict)
        ):
            made[key] = _compact(value, definitions)
            if key == "items" and "description" in node and value.get("type") != "object":
                made[key].pop("description", None)  # said of all of them together
        elif key != "$defs":
            made[key] = value
    return made


def size(form: Mapping[str, Any]) -> int:
    """Bytes of what a model reads of a tool: name, description and input schema."""
    parts = (form["name"], form["description"], json.dumps(form["inputSchema"], separators=(",", ":")))
    return sum(len(part.encode()) for part in parts)


def weight(names: Iterable[str]) -> int:
    """Tokens that a model reads for these tools: their bytes by four."""
    return sum(size(published(name)) for name in names) // 4


def dumps(form: Mapping[str, Any]) -> str:
    """The committed text of a derived form."""
    return json.dumps(form, ensure_ascii=False, indent=1) + "\n"
