"""What an operation needs besides its own file; each law names the file and the line to be written.

`docs/adding-an-operation.md` goes through them in this order.
"""

from __future__ import annotations

import inspect
import json
import tomllib
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from declared import BOUGHT, KINDS, NAMES, WITHOUT_TASK, beside, clip_arguments, documented, line_of, plain, where
from facts import KnownFacts, own_price

from songwright import tools
from songwright.sandbox import prices, service
from songwright.sandbox.asks import Ask
from songwright.sandbox.nuro import Nuro
from songwright.sandbox.orders import Orders
from songwright.sandbox.producer import Producer
from songwright.sandbox.riffusion import Riffusion
from songwright.server import contract
from songwright.server.contract import fragments
from songwright.server.core.operation import Family, Operation, Purchase
from songwright.server.orders import ownership
from songwright.server.service import catalogue
from songwright.tools.shapes import SongResult

DECLARED = ("label", "result")
DECLARED_OF_A_PURCHASE = ("family", "route", "row", "contract", "price_note", "minutes")
LISTED = Path(inspect.getsourcefile(tools) or "")
BRANDS: dict[str, dict[str, Any]] = tomllib.loads(
    Path(inspect.getsourcefile(catalogue) or "").with_name("catalogue.toml").read_text(encoding="utf-8")
)["brands"]


def written() -> list[tuple[str, str]]:
    """Every file of a toolset's folder: (toolset, name)."""
    folders = sorted(path for path in LISTED.parent.iterdir() if (path / "__init__.py").exists())
    return [(folder.name, path.stem) for folder in folders for path in sorted(folder.glob("[!_]*.py"))]


def operation_in(module: ModuleType) -> type[Operation] | None:
    """The operation that a file declares: the class that is named like it."""
    name = module.__name__.rpartition(".")[2]
    found = getattr(module, "".join(word.capitalize() for word in name.split("_")), None)
    return found if isinstance(found, type) and issubclass(found, Operation) else None


@pytest.mark.parametrize(("toolset", "name"), written())
def test_a_file_with_an_operation_is_listed(toolset: str, name: str) -> None:
    module = import_module(f"songwright.tools.{toolset}.{name}")
    if name in NAMES:
        assert operation_in(module) is not None, f"tools/{toolset}/{name}.py declares no class that is named like it"
        return
    stray = [
        kind.__name__
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, Operation)
        and kind.__module__ == module.__name__
        and kind.__doc__
        and "label" in vars(kind)
    ]
    assert not stray, f'list "{name}" under "{toolset}" in {line_of(LISTED, "TOOLSETS")} ({stray[0]} is declared)'


@pytest.mark.parametrize("name", NAMES)
def test_a_declaration_says_everything_that_has_no_default(name: str) -> None:
    kind = KINDS[name]
    expected = DECLARED + (DECLARED_OF_A_PURCHASE if issubclass(kind, Purchase) else ())
    missing = [fact for fact in expected if not getattr(kind, fact, None)]
    assert not missing, f"{where(kind)}: {kind.__name__} does not say its {', '.join(missing)}"
    if issubclass(kind, Purchase):
        assert isinstance(kind.family, Family)
        assert issubclass(kind.result, SongResult)
        assert "request" in {fact for owner in kind.__mro__[: kind.__mro__.index(Purchase)] for fact in vars(owner)}, (
            f"{where(kind)}: {kind.__name__} has no method `request`"
        )


@pytest.mark.parametrize("name", NAMES)
def test_what_a_declaration_performs_is_in_the_contract(name: str) -> None:
    kind, known = KINDS[name], contract.operations()
    for op_id in kind.performs():
        file = beside(contract, f"{getattr(kind, 'family', 'shared')}.json", '"paths"')
        assert op_id in known, f'no operation of the contract is called "{op_id}": describe it in {file}'
        assert known[op_id].offered, f"{file}: {op_id} is marked as not offered"


@pytest.mark.parametrize("name", BOUGHT)
def test_an_order_goes_where_its_declaration_says(name: str) -> None:
    kind, order, known = BOUGHT[name], plain(name), contract.operations()
    request = order.request(KnownFacts())
    found = contract.match(request.method, request.path)
    assert found is not None, f"{where(kind)}: the contract has no {request.method} {request.path}"
    assert found[0].family == kind.family, f"{where(kind)}: {request.path} is a path of {found[0].family}"
    assert kind.route.path in {known[op_id].path for op_id in kind.performs()}, f"{where(kind)}: route and contract"
    kinds = {entry.partition("/")[2] for entry in kind.contract if entry.startswith(f"{found[0].id}/")}
    body = dict(request.body or {})
    said = body.get("task_type") or body.get("type")
    needed = any(entry.startswith(f"{found[0].id}/") for other in KINDS.values() for entry in other.contract)
    if needed and said is not None:
        assert said in kinds, f'{where(kind)}: `contract` must name "{found[0].id}/{said}"'
    problems = contract.check_request(found[0].id, body)
    assert not problems, f"{where(kind)}: the contract does not take {body}: {problems}"
    strange = set(body) - set(found[0].known_fields)
    assert not strange, f"{where(kind)}: {strange} are no fields of {found[0].id} in the contract"


@pytest.mark.parametrize("name", BOUGHT)
def test_every_clip_in_an_order_is_held_against_its_owner(name: str) -> None:
    """Where tenants share a key, ownership looks at arguments whose names end in `_id` or `_ids`, and at `source`."""
    kind, clips = BOUGHT[name], clip_arguments(name)
    unseen = set(clips) - {field for field, _ in ownership.named(plain(name, **clips))}
    assert not unseen, f"{where(kind)}: {unseen} takes clips; call it `clip_id` or `clip_ids`, or let its name end so"


@pytest.mark.parametrize("name", BOUGHT)
def test_every_brand_has_a_price_or_is_said_to_have_none(name: str) -> None:
    row = BOUGHT[name].row
    missing = [
        beside(catalogue, "catalogue.toml", f"[brands.{brand}.prices]")
        for brand, stated in BRANDS.items()
        if "prices_like" not in stated and row not in stated["prices"] and row not in stated.get("unpriced", ())
    ]
    where_to = f"no price for the row {row!r} ({name}) in {', '.join(missing)}"
    assert not missing, f"{where_to}; a brand that has published none names it in `unpriced` above"


def asked(order: Purchase) -> Ask:
    """An order as it arrives at the sandbox."""
    request = order.request(KnownFacts())
    found = contract.match(request.method, request.path)
    assert found is not None, f"the contract has no {request.method} {request.path}"
    return Ask(found[0].id, "key", dict(request.body or {}), found[1])


@pytest.mark.parametrize("name", BOUGHT)
def test_the_sandbox_plays_whatever_can_be_bought(name: str) -> None:
    ask = asked(plain(name))
    families = {"producer": Producer, "nuro": Nuro, "riffusion": Riffusion}
    if not contract.operations()[ask.operation].makes_task:
        place = f"`at_once` of Service, {line_of(Path(inspect.getsourcefile(service) or ''), 'at_once: ')}"
    elif ask.family in families:
        place = f"`tasks` and `order` of {where(families[ask.family])}"
    else:
        place = f"`makers` of Orders, {line_of(Path(inspect.getsourcefile(Orders) or ''), 'makers: ')}"
    assert service.plays(ask.operation, ask.task_type), (
        f'the sandbox does not play "{ask.name}" ({name}): add it to {place}'
    )


@pytest.mark.parametrize("name", BOUGHT)
def test_the_sandbox_has_a_price_of_its_own(name: str) -> None:
    """Written down apart from the catalogue, so that a wrong quote is caught."""
    ask = asked(plain(name))
    try:
        charged = prices.Prices("aimusicapi").of(ask.name, ask.body)
    except KeyError:
        place = beside(prices, "prices.toml", "[aimusicapi]")
        pytest.fail(f'{place}: no price for "{ask.name}" ({name})')
    quoted = own_price(plain(name))
    assert charged == quoted, f"the sandbox takes {charged} for {name}, the catalogue says {quoted}"


@pytest.mark.parametrize("name", WITHOUT_TASK)
def test_the_answer_that_the_contract_shows_is_understood(name: str) -> None:
    """What is answered at once is its own receipt: it must hold what was bought."""
    order = plain(name)
    shown, place = documented(order), where(BOUGHT[name].outcome)
    assert shown, f"the contract shows no answer of {order.performs()[0]}: give its response 200 an example"
    outcome = order.outcome(shown)
    assert outcome.ready, f"{place}: `outcome` finds nothing in {shown}"
    order.result.model_validate({"status": "done", **outcome.facts})
    body = {key: value for key, value in shown.items() if key not in ("code", "message")}
    assert order.outcome({**body, "since": {"of": [1]}}) == outcome, f"{place}: depends on what it does not read"
    assert json.loads(json.dumps(outcome.facts)) == dict(outcome.facts)


def test_every_operation_that_is_offered_has_a_tool() -> None:
    performed = {op_id for kind in KINDS.values() for op_id in kind.performs()}
    missing = [op.id for op in contract.operations().values() if op.offered and op.id not in performed]
    assert not missing, f"no tool performs {', '.join(missing)}: declare one in tools/, with it in `contract`"


def test_every_kind_of_task_has_a_tool() -> None:
    """`create` of sonic is told what to make; whatever the contract lets it be told is bought with some tool."""
    kinds = fragments.resolve("#/components/schemas/sonic.field.task_type")["enum"]
    declared = {entry for kind in KINDS.values() for entry in kind.contract}
    missing = [f"create/{kind}" for kind in kinds if f"create/{kind}" not in declared]
    assert not missing, f"no tool performs {', '.join(missing)}: declare one in tools/, with it in `contract`"
