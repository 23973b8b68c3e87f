"""Laws that every operation keeps; a new one is held to them by being listed."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from declared import BOUGHT, KINDS, NAMES, SPENDING, beside, plain, where
from facts import KnownFacts, own_price

from songwright import tools
from songwright.server import contract
from songwright.server.contract import fragments
from songwright.server.core.errors import ArgumentRefused
from songwright.server.core.operation import CONTROLS, Effect, Finish, Purchase
from songwright.server.orders import preflight
from songwright.server.orders.handlers import handler_of
from songwright.server.protocol import schema
from songwright.tools.shapes import Shape, SongResult

WEIGHTS = {"of the default toolsets": (tools.chosen(tools.DEFAULT_TOOLSETS), 9_500), "in all": (NAMES, 15_000)}
"""Which tools may weigh how many tokens, a token being four bytes."""
DESCRIPTION_LIMIT = 4096
WORDED = [
    (name, field)
    for name in SPENDING
    for field, declared in KINDS[name].model_fields.items()
    if "lyrics" in field and "str" in str(declared.annotation)
]
"""Every argument of a purchase that takes words to sing."""
_SONG = "[Verse]\nThe baker counts his paper bags again\nThe bread is warm, the wooden shutter sags\n" * 5
NO_LYRICS = {
    "a chord sheet": _SONG.replace("The baker", "G        Em        D\nThe baker"),
    "a chat answer": f"Sure! Here is your song:\n\n{_SONG}\nWould you like me to change the chorus?",
    "timed lines": "".join(f"[00:{n:02}.00]The baker counts his paper bags again\n" for n in range(9)),
    "a mail": "From: ana@example.com\nTo: bob@example.com\nSubject: Our song\n" + "Hi Bob, here is what I have.\n" * 11,
}
"""What nobody would want sung, long enough for every tool."""


@pytest.mark.parametrize("name", [name for name in NAMES if KINDS[name].effect is not Effect.SPENDS])
def test_a_tool_that_buys_nothing_has_a_function_of_its_name_that_takes_it(name: str) -> None:
    place = f"server/orders/handlers/{tools.folder(name)}.py"
    try:
        handler = handler_of(name)
    except (ImportError, AttributeError):
        pytest.fail(f"{place}: write `async def {name}(call: Call, asked: {KINDS[name].__name__}) -> Result`")
    assert inspect.signature(handler).parameters["asked"].annotation == KINDS[name].__name__, place


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """A schema and every schema inside it."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from parts(value)
    elif isinstance(node, list):
        for value in node:
            yield from parts(value)


VOCABULARY = {
    word
    for name in NAMES
    for form in (schema.derive(KINDS[name]),)
    for part in parts([form["inputSchema"], form["outputSchema"]])
    for word in (*part.get("enum", ()), *(part["properties"] if isinstance(part.get("properties"), dict) else ()))
}
"""Every argument, field and choice that some tool publishes."""


def committed(name: str) -> dict[str, Any] | None:
    """What is published of a tool; None for one that `make update` has not seen yet."""
    try:
        return schema.published(name)
    except FileNotFoundError:
        return None


@pytest.mark.parametrize("name", NAMES)
def test_file_class_and_tool_have_one_name(name: str) -> None:
    kind = KINDS[name]
    assert kind.tool_name() == name
    assert kind.__module__ == f"songwright.tools.{tools.folder(name)}.{name}"
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
    assert len(name) <= 64


def test_no_two_tools_have_the_same_name_or_label() -> None:
    assert len(set(NAMES)) == len(NAMES)
    labels = [kind.label for kind in KINDS.values()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("which", WEIGHTS)
def test_the_tools_are_light_enough_to_be_listed_always(which: str) -> None:
    """What a model reads before it does anything, taken from the declarations, so that `make update` may come later."""
    names, limit = WEIGHTS[which]
    sizes = {name: schema.size(schema.derive(KINDS[name])) for name in names}
    total, heaviest = sum(sizes.values()), sorted(sizes, key=lambda name: -sizes[name])[:10]
    new = [name for name in names if committed(name) is None]
    assert total <= 4 * limit, (
        f"the {len(names)} tools {which} weigh {total // 4} tokens, {limit} are allowed: {total - 4 * limit} bytes too "
        "many (a token is 4 bytes of name, description and input schema). "
        f"Heaviest: {_weighed(heaviest, sizes)}{'; new: ' * bool(new)}{_weighed(new, sizes)}. "
        "docs/adding-an-operation.md, section 3, says what may go"
    )


def _weighed(names: Iterable[str], sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {sizes[name] // 4}" for name in names)


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_schema_is_what_the_declaration_says(name: str) -> None:
    place = beside(KINDS[name], f"{name}.json") if committed(name) else f"{where(KINDS[name])} has no schema beside it"
    assert committed(name) == schema.derive(KINDS[name]), f"{place}: run `make update`"


@pytest.mark.parametrize("name", NAMES)
def test_a_tool_says_what_it_does_and_every_argument_what_it_is(name: str) -> None:
    form = schema.derive(KINDS[name])
    assert 20 <= len(form["description"]) < DESCRIPTION_LIMIT
    for argument, part in form["inputSchema"].get("properties", {}).items():
        assert part.get("description"), f"{where(KINDS[name])}: argument {argument} has no description"
    for part in parts(form["outputSchema"]):
        for field, stated in part.get("properties", {}).items() if isinstance(part.get("properties"), dict) else ():
            assert stated.get("description"), f"{where(KINDS[name].result)}: {field} of the answer has no description"


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_has_no_noise_that_clients_stumble_over(name: str) -> None:
    """Some clients refuse unions at the top, and every model pays for titles and null branches."""
    form = schema.derive(KINDS[name])
    assert form["inputSchema"]["type"] == "object"
    for part in parts(form["inputSchema"]):
        assert not {"anyOf", "oneOf", "allOf", "$ref", "$defs"} & part.keys()
        assert not isinstance(part.get("title"), str)
        assert part.get("type") != "null"
    assert not any("$ref" in part or "$defs" in part for part in parts(form["outputSchema"]))


@pytest.mark.parametrize("name", NAMES)
def test_annotations_follow_from_the_effect(name: str) -> None:
    kind, hints = KINDS[name], schema.derive(KINDS[name])["annotations"]
    reads = kind.effect in (Effect.READS, Effect.LOCAL) and not kind.may_spend
    assert hints["readOnlyHint"] is reads
    assert hints["readOnlyHint"] is not hints["destructiveHint"]
    if kind.effect is Effect.SPENDS:
        assert (hints["readOnlyHint"], hints["idempotentHint"], hints["openWorldHint"]) == (False, False, True)
        assert issubclass(kind, Purchase)


@pytest.mark.parametrize("name", NAMES)
def test_a_description_names_only_tools_fields_and_words_that_exist(name: str) -> None:
    form = schema.derive(KINDS[name])
    texts = [form["description"], *(part.get("description", "") for part in parts(form["inputSchema"]))]
    mentioned = {
        word for text in texts if isinstance(text, str) for word in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", text)
    }
    unknown = mentioned - {*NAMES, *VOCABULARY}
    assert not unknown, f"{where(KINDS[name])}: there is no tool, argument or word {unknown}"


@pytest.mark.parametrize("name", SPENDING)
def test_what_costs_says_what_and_how_long(name: str) -> None:
    kind = KINDS[name]
    assert f"Costs {kind.price_note}." in schema.derive(KINDS[name])["description"]
    told = schema.derive(kind)["description"].lower()
    assert kind.minutes.lower() in told, f"{where(kind)}: the docstring says nowhere that it takes {kind.minutes}"


@pytest.mark.parametrize("name", SPENDING)
def test_the_first_price_that_is_named_is_what_a_plain_call_costs(name: str) -> None:
    order, facts = plain(name), KnownFacts()
    order.check(facts)
    stated = re.search(r"\d+", KINDS[name].price_note)
    assert stated is not None
    price = order.price(facts)
    assert price == int(stated[0]), (
        f"{where(KINDS[name])}: `price_note` begins with {stated[0]}, the catalogue has {price}"
    )
    assert 0 <= own_price(order, facts) <= int(stated[0])


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SPENDING and not KINDS[name].may_spend])
def test_what_is_free_names_no_price(name: str) -> None:
    assert KINDS[name].price_note == ""


def hook_evidence(name: str) -> list[set[str]]:
    """How sure it is that a call back can be asked for, field by field, for every body that the tool may send."""
    known, ids = contract.operations(), KINDS[name].performs()
    sharpest = [op_id for op_id in ids if not any(other.startswith(f"{op_id}_") for other in ids)]
    bodies = [dict(known[op_id].request_schema or {}) for op_id in sharpest]
    properties = [fragments.resolve(body["$ref"]).get("properties", {}) for body in bodies]
    stated = [fields.get(field, {}) for fields in properties for field in ("webhook_url", "webhook_secret")]
    return [set(fragments.resolve(field["$ref"])["x-evidence"]) if field else set() for field in stated]


@pytest.mark.parametrize("name", SPENDING)
def test_a_call_back_is_asked_for_exactly_where_the_service_documents_it(name: str) -> None:
    kind = BOUGHT[name]
    documented = all("documented" in evidence for evidence in hook_evidence(name))
    assert kind.hook is documented, f"{where(kind)}: `hook` must be {documented}, as the contract has it"
    assert not kind.hook or kind.finish is Finish.POLLED


@pytest.mark.parametrize("name", SPENDING)
def test_a_declaration_never_asks_for_a_call_back_itself(name: str) -> None:
    """Address and secret are made when the order leaves, and the journal keeps the request without them."""
    body = plain(name).request(KnownFacts()).body or {}
    assert not [field for field in body if "webhook" in field or "callback" in field]


@pytest.mark.parametrize("name", SPENDING)
def test_a_purchase_can_be_steered_and_is_the_same_one_however_it_is(name: str) -> None:
    order = plain(name)
    assert set(KINDS[name].model_fields) >= CONTROLS - {"force"}
    steered = KINDS[name].model_validate({**order.arguments(), "again": True, "quote": "q"})
    assert steered.identity() == order.identity()


@pytest.mark.parametrize("text", NO_LYRICS)
@pytest.mark.parametrize(("name", "field"), WORDED)
def test_what_is_certainly_no_lyric_stops_every_purchase_that_takes_lyrics(name: str, field: str, text: str) -> None:
    given = {**plain(name).arguments(), field: NO_LYRICS[text]}
    with pytest.raises(ArgumentRefused, match=r"Nothing was sent or spent.*force: true") as refused:
        preflight.preflight(BOUGHT[name].model_validate(given))
    assert refused.value.field == field
    forced = preflight.preflight(BOUGHT[name].model_validate({**given, "force": True}))
    assert any(warning.startswith(field) for warning in forced)


@pytest.mark.parametrize("name", SPENDING)
def test_an_order_survives_the_journal(name: str) -> None:
    """It is written down as JSON and read back after a crash."""
    order = plain(name)
    again = KINDS[name].model_validate(json.loads(json.dumps(order.arguments())))
    assert again == order
    assert again.request(KnownFacts()) == order.request(KnownFacts())
    assert 0 < len(order.subject()) <= 100


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_can_be_said_with_the_least_there_is(name: str) -> None:
    answer = KINDS[name].result
    assert issubclass(answer, Shape)
    if issubclass(answer, SongResult):
        answer.model_validate({"status": "working"})
    else:
        assert answer.model_json_schema()["required"]
    assert KINDS[name].effect is not Effect.SPENDS or issubclass(answer, SongResult)


@pytest.mark.parametrize("name", SPENDING)
def test_only_what_is_answered_at_once_or_asked_again_is_kept_for_ever(name: str) -> None:
    """A song is made anew each time it is bought; a tempo or a file of a clip is not."""
    assert not BOUGHT[name].keeps or BOUGHT[name].finish in (Finish.AT_ONCE, Finish.ASK_AGAIN)


def test_spending_and_waiting_are_watched_whatever_is_listed() -> None:
    assert set(tools.chosen([SPENDING[0]])) == {SPENDING[0], *tools.ALWAYS}
    assert tools.strangers(["sonic", SPENDING[0], "all", "typo"]) == ("typo",)
    assert tools.chosen(["all"]) == NAMES
