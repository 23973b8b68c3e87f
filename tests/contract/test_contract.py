"""The contract as a document: its form, its sources, its examples, its paths.

Where no docstring says otherwise, an expectation comes from the service's public pages: the document itself names them,
field by field, in `x-source`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from declared import beside
from jsonschema import Draft202012Validator

from songwright.server import contract
from songwright.server.contract import fragments

DOCUMENT = contract.document()
OPERATIONS = contract.operations()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
CALLS = [
    (path, method, stated)
    for path, item in DOCUMENT["paths"].items()
    for method, stated in item.items()
    if method in fragments.METHODS
]
SOURCES = "server/contract/shared.json"
HOOKS = [(name, hook["post"]) for name, hook in DOCUMENT["webhooks"].items()]

# The keywords of JSON Schema 2020-12 that the contract uses. A misspelt one would silently allow everything.
KEYWORDS = {
    *("$ref", "type", "enum", "const", "properties", "required", "dependentRequired", "items"),
    *("allOf", "anyOf", "oneOf", "not", "if", "then", "else"),
    *("minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum"),
    *("minItems", "maxItems", "uniqueItems", "default", "description", "deprecated"),
    *("x-window", "x-total", "x-says", "x-field", "x-source", "x-evidence", "x-note"),
}


def schemas_in(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """This schema and every schema inside it."""
    yield node
    children = [node[key] for key in ("items", "not", "if", "then", "else") if key in node]
    children += [child for key in ("allOf", "anyOf", "oneOf") for child in node.get(key, [])]
    for child in [*children, *node.get("properties", {}).values()]:
        yield from schemas_in(child)


def references_in(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from references_in(child)


def stated(node: dict[str, Any]) -> dict[str, Any]:
    return fragments.resolve(node["$ref"]) if "$ref" in node else node


def examples(holder: dict[str, Any]) -> list[Any]:
    return [example["value"] for example in holder["content"]["application/json"].get("examples", {}).values()]


def written(name: str) -> str:
    """The fragment, and the line, of a path, a field of its body, a component or a webhook; else the folder."""
    places = [beside(contract, fragment, f'"{name.split()[0]}": {{') for fragment in fragments.FRAGMENTS]
    return next((place for place in places if ":" in place), "server/contract")


def test_the_document_is_openapi_3_1_by_its_structure() -> None:
    """OpenAPI 3.1: what a reader of the document relies on to be there."""
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    names = [name for kind in DOCUMENT["components"].values() for name in kind]
    assert all(re.fullmatch(r"[a-zA-Z0-9._-]+", name) for name in names)
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    ids = [call["operationId"] for _, _, call in CALLS] + [hook["operationId"] for _, hook in HOOKS]
    assert len(ids) == len(set(ids))
    for path, _, call in CALLS:
        declared = {stated(parameter)["name"] for parameter in call.get("parameters", [])}
        assert set(re.findall(r"{(\w+)}", path)) <= declared, path
        assert path.startswith("/api/v1/")
        assert set(call["tags"]) <= tags
        assert all(stated(answer)["description"] for answer in call["responses"].values())


def test_every_schema_is_json_schema_2020_12_without_a_misspelt_keyword() -> None:
    assert DOCUMENT["jsonSchemaDialect"] == Draft202012Validator.META_SCHEMA["$id"]
    for name, schema in SCHEMAS.items():
        Draft202012Validator.check_schema(schema)
        for part in schemas_in(schema):
            assert part.keys() <= KEYWORDS, f"{name}: {part.keys() - KEYWORDS}"


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    used = set(references_in(DOCUMENT))
    for reference in used:
        assert fragments.resolve(reference)
    for kind in ("schemas", "responses", "parameters"):
        unused = {f"#/components/{kind}/{name}" for name in DOCUMENT["components"][kind]} - used
        assert not unused


def test_every_statement_names_a_listed_source_and_how_sure_it_is() -> None:
    calls = [(path, call) for path, _, call in CALLS] + HOOKS
    components = [entry for kind in DOCUMENT["components"].values() for entry in kind.items()]
    fields = [
        (f"{operation.path} {name}", stated(field))
        for operation in OPERATIONS.values()
        if operation.request_schema
        for name, field in stated(dict(operation.request_schema)).get("properties", {}).items()
    ]
    assert len(fields) > 100
    listed, levels = DOCUMENT["x-sources"], DOCUMENT["x-evidence-levels"]
    for name, statement in [*calls, *components, *fields]:
        place = written(name)
        assert statement.get("x-source"), f"{place}: {name} has no x-source"
        for source in statement["x-source"]:
            assert source in listed, f'{SOURCES}: add "{source}" to x-sources ({name} names it, {place})'
        assert statement.get("x-evidence"), f"{place}: {name} has no x-evidence"
        for level in statement["x-evidence"]:
            assert level in levels, f'{place}: {name} has the x-evidence "{level}"; there are {", ".join(levels)}'


def test_the_sources_are_those_that_are_named_anywhere() -> None:
    """Brands, limits and webhooks name theirs too."""
    lists = re.findall(r'"x-source": \[(.*?)\]', json.dumps(DOCUMENT))
    named, listed = {name for names in lists for name in json.loads(f"[{names}]")}, DOCUMENT["x-sources"].keys()
    assert named <= listed, f'{SOURCES}: add "{min(named - listed)}" to x-sources'
    assert listed <= named, f'{SOURCES}: nothing names "{min(listed - named)}"; take it out of x-sources'


def test_no_fragment_says_the_same_thing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second key of the same name would silently win; our choice is to refuse it, inside a file and between files."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    for name in fragments.FRAGMENTS:
        json.loads((files(contract) / name).read_text(encoding="utf-8"), object_pairs_hook=once)
    monkeypatch.setattr(fragments, "FRAGMENTS", ("shared.json", "nuro.json", "nuro.json"))
    with pytest.raises(ValueError, match="defined in two fragments: /api/v1/nuro/create"):
        fragments.document.__wrapped__()


def test_every_operation_is_of_the_family_whose_path_it_has_and_is_named_once() -> None:
    families = {tag["name"] for tag in DOCUMENT["tags"]}
    for operation in OPERATIONS.values():
        assert operation.family in families
        assert operation.family == "account" or f"/{operation.family}/" in operation.path
    whole = [operation.id for operation in OPERATIONS.values() if contract.match(operation.method, operation.path)]
    assert whole == list(OPERATIONS)


def test_what_nobody_has_documented_is_marked_as_not_offered_with_the_reason() -> None:
    calls = [call for _, _, call in CALLS]
    marked = [*calls, *(variant for call in calls for variant in call.get("x-variants", {}).values())]
    assert all(("x-reason" in call) is (call.get("x-offered") is False) for call in marked)
    assert any("x-reason" in call for call in marked)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.id)
def test_every_operation_has_its_answers_its_price_and_its_fields(operation: contract.Contracted) -> None:
    assert {"200", "400", "401", "403", "429", "500", "504", "default"} <= operation.responses.keys()
    assert operation.credits
    if operation.request_schema:
        schema = stated(dict(operation.request_schema))
        parts = [schema, *(stated(rule["then"]) for rule in schema.get("allOf", []) if "then" in rule)]
        assert set(operation.known_fields) == {name for part in parts for name in part.get("properties", {})}
    else:
        assert not operation.known_fields


@pytest.mark.parametrize(("path", "method", "call"), CALLS, ids=[call["operationId"] for _, _, call in CALLS])
def test_the_examples_of_every_operation_hold(path: str, method: str, call: dict[str, Any]) -> None:
    name = call["operationId"]
    for body in examples(call["requestBody"]) if "requestBody" in call else []:
        assert contract.check_request(name, body) == []
        assert body.keys() <= set(OPERATIONS[name].known_fields)
    for status, answer in call["responses"].items():
        assert examples(stated(answer))
        for body in examples(stated(answer)):
            assert contract.check_response(name, 405 if status == "default" else int(status), body) == []


@pytest.mark.parametrize(("name", "hook"), DOCUMENT["webhooks"].items(), ids=list(DOCUMENT["webhooks"]))
def test_the_examples_of_every_webhook_hold_for_every_platform(name: str, hook: dict[str, Any]) -> None:
    for body in examples(hook["post"]["requestBody"]):
        for platform in hook["x-platforms"]:
            assert contract.check_webhook(hook["x-event"], {**body, "platform": platform}) == []


@pytest.mark.parametrize(
    ("method", "path", "operation", "parameters"),
    [
        ("POST", "/api/v1/sonic/create", "create", {}),
        ("POST", "/api/v1/suno/create", "create", {}),
        ("post", "/api/v1/suno/stems/full", "stems_full", {}),
        ("GET", "/api/v1/sonic/task/ab-1", "task", {"task_id": "ab-1"}),
        ("GET", "/api/v1/get-credits", "get_credits", {}),
        ("POST", "/api/v1/sonic/lyrics", "lyrics", {}),
        ("GET", "/api/v1/sonic/batch", "batch_state", {}),
        ("POST", "/api/v1/nuro/create", "nuro_create", {}),
        ("GET", "/api/v1/producer/task/ab-1", "producer_task", {"task_id": "ab-1"}),
    ],
)
def test_a_request_finds_its_operation(method: str, path: str, operation: str, parameters: dict[str, str]) -> None:
    assert contract.match(method, path) == (OPERATIONS[operation], parameters)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/sonic/create"),
        ("POST", "/api/v1/sonic/task/ab-1"),
        ("GET", "/api/v1/sonic/task/"),
        ("GET", "/api/v1/sonic/task/a/b"),
        ("GET", "/api/v1/credits"),
        ("GET", "/api/v1/sonic/feed"),
        ("POST", "/api/v1/sonic/export-midi"),
        ("POST", "/api/v2/sonic/create"),
        ("POST", "/api/v1/suno"),
    ],
)
def test_what_the_service_does_not_have_is_not_found(method: str, path: str) -> None:
    """Among them two addresses old clients use, which answer 404."""
    assert contract.match(method, path) is None


def test_the_brands_tell_where_they_live_and_how_they_spell_models() -> None:
    spelling = {name: (brand["host"], brand["prefix"], brand["models"]) for name, brand in DOCUMENT["x-brands"].items()}
    assert spelling == {
        "aimusicapi.ai": ("https://api.aimusicapi.ai", "/sonic", "sonic-"),
        "musicapi.ai": ("https://api.musicapi.ai", "/sonic", "sonic-"),
        "sunoapi.com": ("https://api.sunoapi.com", "/suno", "chirp-"),
    }


def test_reading_the_contract_loads_no_validator() -> None:
    """Our own bound: a person with a key never pays for JSON Schema."""
    code = (
        "import sys; from songwright.server import contract as c; c.operations(); sys.exit('jsonschema' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
