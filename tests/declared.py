"""Every tool as tests go through them, the least that each can be asked for, and where things are written."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import AfterValidator, ValidationError

from songwright import tools
from songwright.server import contract
from songwright.server.contract import fragments
from songwright.server.core.errors import ArgumentRefused
from songwright.server.core.jobs import Job, State
from songwright.server.core.operation import Effect, Finish, Purchase
from songwright.server.protocol import schema
from songwright.server.protocol.tools_server import parse
from songwright.server.service.clips import TaskReport, report
from songwright.tools.shapes import ClipId

ROOT = Path(__file__).resolve().parents[1]
LINK = "https://files.example/demo.mp3"
NAMES = tools.names()
KINDS = {name: tools.load(name) for name in NAMES}
SPENDING = [name for name in NAMES if KINDS[name].effect is Effect.SPENDS]
BOUGHT = {name: kind for name, kind in KINDS.items() if issubclass(kind, Purchase)}
WITHOUT_TASK = [name for name, kind in BOUGHT.items() if kind.finish is not Finish.POLLED]

ARGUMENTS: dict[str, Any] = {
    "source": LINK, "clip_id": "clip-1", "clip_ids": ["clip-1", "clip-2"], "start_seconds": 1, "end_seconds": 9,
    "continue_at": 9, "lyrics": "la " * 100, "style": "pop", "name": "Ana", "formats": ["wav"],
}  # fmt: skip
"""Plain values by the name of the argument, where its type alone does not say what it means."""
NEEDED_SOMEWHERE = ("lyrics", "continue_at")
"""What is given wherever a tool takes it: some calls are refused without it, though it may be left out of others."""

(IS_A_CLIP,) = (part for part in get_args(ClipId) if isinstance(part, AfterValidator))
"""What holds an argument to ids of clips."""


@cache
def arguments_of(name: str) -> dict[str, tuple[bool, Any]]:
    """Every argument of a tool: whether it must be given, and a plain value."""
    form = schema.input_schema(KINDS[name])
    needed = form.get("required", ())
    return {field: (field in needed, _plain(field, stated)) for field, stated in form["properties"].items()}


def plain_arguments(name: str) -> dict[str, Any]:
    """The least that a tool can be asked for, with words where it composes and an end where there is a start."""
    fields = arguments_of(name)
    given = {field: value for field, (needed, value) in fields.items() if needed or field in NEEDED_SOMEWHERE}
    if "start_seconds" in given and "end_seconds" in fields:
        given["end_seconds"] = ARGUMENTS["end_seconds"]
    return given


def ordered(name: str, arguments: Mapping[str, Any]) -> Purchase:
    """A purchase as a call with these arguments states it."""
    made = parse(KINDS[name], dict(arguments))
    assert isinstance(made, Purchase)
    return made


def plain(name: str, **more: Any) -> Purchase:
    """The least that can be bought with a tool; arguments of the test's own take the place of the plain ones."""
    given = {**plain_arguments(name), **more}
    try:
        made = KINDS[name].model_validate(given)
    except (ValidationError, ArgumentRefused) as error:
        place = line_of(Path(__file__), "ARGUMENTS: ")
        pytest.fail(f"{name} is not understood with {given}: {error}. Give its argument a plain value in {place}.")
    assert isinstance(made, Purchase), f"{where(KINDS[name])}: what costs credits is a Purchase"
    return made


def clip_arguments(name: str) -> dict[str, Any]:
    """Every argument that may name a clip, by its type or its words, with a value that names `clip-1`."""
    found: dict[str, Any] = {}
    for field, info in BOUGHT[name].model_fields.items():
        typed = any(part == IS_A_CLIP for part in (*info.metadata, *_parts(info.annotation)))
        if typed or "clip id" in (info.description or "").casefold():
            several = arguments_of(name)[field][1]
            found[field] = ["clip-1", *several[1:]] if isinstance(several, list) else "clip-1"
    return found


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def documented(order: Purchase) -> dict[str, Any]:
    """The answer that the contract shows, as an example, for an order that is answered without a task."""
    found: dict[str, Any] = {}
    for op_id in order.performs():
        operation = contract.operations()[op_id]
        stated = contract.document()["paths"][operation.path][operation.method.lower()]["responses"]["200"]
        stated = fragments.resolve(stated["$ref"]) if "$ref" in stated else stated
        for example in stated["content"]["application/json"].get("examples", {}).values():
            found = example.get("value", {})
            if order.outcome(found).ready:
                return found
    return found


def shown(order: Purchase, body: dict[str, Any]) -> TaskReport:
    """What a look at an order's task shows, as the runner reads it."""
    empty: dict[str, Any] = dict.fromkeys(Job.__dataclass_fields__)
    job = Job(**{**empty, "id": "job-1", "operation": order.tool_name(), "state": State.RUNNING, "subject": "x"})
    return report(job, order.reading(body), prompt="", now=0.0)


def _plain(field: str, stated: dict[str, Any]) -> Any:
    if field in ARGUMENTS:
        return ARGUMENTS[field]
    if "enum" in stated:
        return stated["enum"][0]
    kind = stated["type"]
    if kind in ("integer", "number"):
        return max(stated.get("minimum", 1), 1)
    if kind == "array":
        return [_plain("", stated["items"])] * max(stated.get("minItems", 1), 1)
    return False if kind == "boolean" else "la".ljust(stated.get("minLength", 0), "x")


# -- where things are written ---------------------------------------------------------------------------------------


def where(thing: Any) -> str:
    """File and line of a class or function, as they are told to a person: `tools/sonic/get_bpm.py:24`."""
    path, line = Path(inspect.getsourcefile(thing) or ""), inspect.getsourcelines(thing)[1]
    return f"{_told(path)}:{line}"


def line_of(path: Path, text: str) -> str:
    """File and line of the first line with a text; the file alone where no line has it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    number = next((number for number, line in enumerate(lines, 1) if text in line), None)
    return _told(path) + (f":{number}" if number else "")


def beside(thing: Any, name: str, text: str = "\0") -> str:
    """The data file that lies beside a module's source, and the line with a text in it."""
    return line_of(Path(inspect.getsourcefile(thing) or "").with_name(name), text)


def _told(path: Path) -> str:
    """A path from the top folder; a package may have been reached through a link."""
    return path.resolve().relative_to(ROOT).as_posix()
