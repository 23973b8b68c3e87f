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

HOW: Mapping[str, tuple[str, str]] = {
    "create/create_music": ("create_song", ""),
    "create/persona_music": ("create_song", "with `persona_id`"),
    "create/extend_music": ("extend_song", ""),
    "create/extend_upload_music": ("extend_song", "where `source` came from a recording"),
    "create/cover_music": ("cover_song", ""),
    "create/cover_upload_music": ("cover_song", "where `source` came from a recording"),
    "create/concat_music": ("concat_song", ""),
    "create/remaster": ("remaster_song", ""),
    "create/add_vocals": ("add_vocals", ""),
    "create/add_instrumental": ("add_instrumental", ""),
    "upload_extend": ("extend_song", "where `source` is a link"),
    "upload_cover": ("cover_song", "where `source` is a link"),
    "stems_basic": ("separate_stems", 'with `parts: "basic"`'),
    "stems_full": ("separate_stems", 'with `parts: "full"`'),
    "task": ("get_song", "for a task made elsewhere; our own tasks are looked at without a call"),
    "producer_create/create_music": ("producer_create_song", ""),
    "producer_create/extend_music": ("producer_extend_song", ""),
    "producer_create/cover_music": ("producer_cover_song", ""),
    "producer_create/cover_upload_music": ("producer_cover_song", "of an upload, at musicapi.ai"),
    "producer_create/replace_music": ("producer_replace_section", ""),
    "producer_create/swap_music_vocals": ("producer_swap_vocals", ""),
    "producer_create/swap_music_sound": ("producer_swap_instrumental", ""),
    "producer_create/music_variation": ("producer_vary_song", ""),
    "producer_task": ("wait_for_song", "only waits: tasks are looked at without a call"),
    "nuro_create/vocal": ("nuro_create_song", ""),
    "nuro_create/bgm": ("nuro_create_instrumental", ""),
    "nuro_task": ("wait_for_song", "only waits: tasks are looked at without a call"),
    "riffusion_create/create_music": ("riffusion_create_song", "or riffusion_describe_song"),
    "riffusion_create/extend_music": ("riffusion_extend_song", ""),
    "riffusion_create/cover_music": ("riffusion_cover_song", ""),
    "riffusion_create/replace_music": (
        "riffusion_replace_section",
        "always asks first: the window's names are inferred",
    ),
    "riffusion_create/swap_music_sound": ("riffusion_swap_sound", ""),
    "riffusion_create/swap_music_vocals": ("riffusion_swap_vocals", ""),
    "riffusion_replace_section": ("riffusion_replace_section", "always asks first: the window's names are inferred"),
    "riffusion_task": ("wait_for_song", "only waits: tasks are looked at without a call"),
}
"""For operations that several tools perform, or one by an argument: the tool and the words after it.

The key is the operation's id in the contract, and its task type where `create` is told by one what to make.
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
        for operation in operations().values():
            # `create` is told by a task type what to make; it is split up where tools know the types.
            types = [key for key in HOW if key.startswith(f"{operation.id}/")]
            for key in types or [operation.id]:
                shown = f"`{operation.id}`" + (f" `{key.split('/')[1]}`" if types else "")
                yield shown, f"`{operation.method} {operation.path}`", performer(key, operation)

    def together() -> Iterator[tuple[str, ...]]:
        for performed, group in groupby(rows(), key=lambda row: row[2]):
            names, requests, _ = zip(*group, strict=True)
            yield ", ".join(names), ", ".join(dict.fromkeys(requests)), performed

    return table(("operation", "request", "performed by"), together())


def performer(key: str, operation: Contracted) -> str:
    """The tool for an operation of the service, and how it is asked for; else the reason why there is none."""
    if not operation.offered:
        return f"not offered: {_reason(operation)}"
    tool, words = HOW.get(key, ("", ""))
    if tool in tools.names():
        return f"`{tool}` {words}".strip()
    found = [name for name in tools.names() if operation.id in tools.load(name).contract and not tool]
    return (
        ", ".join(f"`{name}`" for name in found)
        or f"not offered: no tool for {operation.path.split('/')[3]} in this version"
    )


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
