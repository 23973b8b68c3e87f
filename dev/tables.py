"""The tables in docs/, made from the declarations they describe: tools, prompts, settings, the service's operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any

from songwright import prompts, tools
from songwright.server.contract import Contracted, document, operations
from songwright.server.core.settings import PREFIX, Settings

BLOCK = re.compile(r"(<!-- (\w+), written by `make update` -->\n).*?(<!-- end of \2 -->)", re.DOTALL)
"""A place for a table: its beginning, the table's name, its end."""

FOLDERS = {
    "library": "`Songwright` in your music folder",
    "state_dir": "`songwright` in your folder for programs' state",
}
"""Defaults that are another path on every machine, in words."""

WAITS = "only waits: tasks are looked at without a call"
HOW: Mapping[str, str] = {
    "create/persona_music": "with `persona_id`",
    "create/extend_upload_music": "where `source` came from a recording",
    "create/cover_upload_music": "where `source` came from a recording",
    "upload_extend": "where `source` is a link",
    "upload_cover": "where `source` is a link",
    "stems_basic": 'with `parts: "basic"`',
    "stems_full": 'with `parts: "full"`',
    "task": "for a task made elsewhere; our own tasks are looked at without a call",
    "producer_create/cover_upload_music": "of an upload, at musicapi.ai",
    "producer_task": WAITS,
    "nuro_task": WAITS,
    "riffusion_create/replace_music": "always asks first: the window's names are inferred",
    "riffusion_replace_section": "always asks first: the window's names are inferred",
    "riffusion_task": WAITS,
}
"""For what a tool performs by an argument, or in its own way: the words after it, by an entry of its `contract`.

Everything else in the table follows from the declarations.
"""


def filled(text: str) -> str:
    """The text with every table in its place. Raises `KeyError` for a place whose table does not exist."""
    return BLOCK.sub(lambda block: block[1] + TABLES[block[2]]() + block[3], text)


def summary(name: str) -> str:
    """The first paragraph of a tool's description: what it is, without when to use it."""
    return tools.load(name).description().split("\n", 1)[0]


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def tool_table() -> str:
    """Every tool: what it does, what it costs, how long it takes."""

    def rows() -> Iterator[tuple[str, ...]]:
        for toolset, names in tools.TOOLSETS.items():
            for name in names:
                tool = tools.load(name)
                yield toolset, f"`{name}`", summary(name), tool.price_note or "free", tool.minutes or "at once"

    return table(("toolset", "tool", "what it does", "credits", "takes"), rows())


def prompt_table() -> str:
    """Every prompt with its arguments."""
    found = [prompts.load(name) for name in prompts.names()]
    rows = ((f"`{p.name}`", p.description, ", ".join(f"`{a.name}`" for a in p.arguments)) for p in found)
    return table(("prompt", "what it does", "arguments, all optional"), rows)


def setting_table() -> str:
    """Every setting: its variable, its default, a sentence."""

    def default(name: str, value: Any) -> str:
        if name in FOLDERS:
            return FOLDERS[name]
        if isinstance(value, tuple):
            return f"`{','.join(value)}`"
        if isinstance(value, bool):
            return f"`{str(value).lower()}`"
        return "none" if value is None else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"

    fields = Settings.model_fields.items()
    rows = ((f"`{PREFIX}{n.upper()}`", default(n, field.default), field.description or "") for n, field in fields)
    return table(("variable", "default", "what it decides"), rows)


def operation_table() -> str:
    """Every operation of the service: the tool and argument that perform it, or why none does."""

    def rows() -> Iterator[tuple[str, str, str]]:
        declared = dict.fromkeys(entry for name in tools.names() for entry in tools.load(name).contract)
        for operation in operations().values():
            kinds = [entry for entry in declared if entry.startswith(f"{operation.id}/")]
            for entry in kinds or [operation.id]:
                shown = f"`{operation.id}`" + (f" `{entry.partition('/')[2]}`" if kinds else "")
                yield shown, f"`{operation.method} {operation.path}`", performer(entry, operation)

    def together() -> Iterator[tuple[str, ...]]:
        for performed, group in groupby(rows(), key=lambda row: row[2]):
            names, requests, _ = zip(*group, strict=True)
            yield ", ".join(names), ", ".join(dict.fromkeys(requests)), performed

    return table(("operation", "request", "performed by"), together())


def performer(entry: str, operation: Contracted) -> str:
    """The tools for an operation of the service, and how they are asked for; else the reason why there is none."""
    if not operation.offered:
        return f"not offered: {_reason(operation)}"
    found = ", ".join(f"`{name}`" for name in tools.names() if entry in tools.load(name).contract)
    return f"{found} {HOW.get(entry, '')}".strip() if found else f"not offered: no tool for {operation.id}"


def _reason(operation: Contracted) -> str:
    stated = document()["paths"][operation.path][operation.method.lower()]
    reason = stated.get("x-variants", {}).get(operation.id, stated)["x-reason"]
    return str(reason[0].lower() + reason[1:]).rstrip(".")


TABLES: Mapping[str, Callable[[], str]] = {
    "tools": tool_table,
    "prompts": prompt_table,
    "settings": setting_table,
    "operations": operation_table,
}
