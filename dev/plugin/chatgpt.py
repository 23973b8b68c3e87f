"""The file that fills in the form for an app in ChatGPT: what every tool may do and why, and what a reviewer tries."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from songwright import tools
from songwright.server.protocol import schema

from ..tables import summary
from .facts import Facts, dumps

SCHEMA = "https://developers.openai.com/apps-sdk/schemas/chatgpt-app-submission.v1.json"
CASES = Path(__file__).with_name("chatgpt.toml")
HINTS = ("readOnlyHint", "openWorldHint", "destructiveHint")


def files(facts: Facts) -> Iterator[tuple[str, str]]:
    """The one file, by its path in the plugin."""
    yield "chatgpt-app-submission.json", dumps(submission(facts))


def submission(facts: Facts) -> dict[str, Any]:
    """What a server with the default tools is submitted with."""
    cases = tomllib.loads(CASES.read_text(encoding="utf-8"))
    return {
        "$schema": SCHEMA,
        "schema_version": 1,
        "app_info": {
            "display_name": facts.manifest["display_name"],
            "subtitle": cases["subtitle"],
            "description": " ".join(facts.manifest["long_description"].split()),
            "category": cases["category"],
        },
        "tools": {name: tool(name) for name in tools.chosen(tools.DEFAULT_TOOLSETS)},
        "test_cases": [case(row, ", ".join(row["tools"])) for row in cases["positive"]],
        "negative_test_cases": [case(row, None) for row in cases["negative"]],
    }


def case(row: Mapping[str, Any], triggered: str | None) -> dict[str, Any]:
    """A test case; none needs a file."""
    return {
        "description": row["description"],
        "user_prompt": row["prompt"],
        "file_attachment_urls": None,
        "tools_triggered": triggered,
        "expected_output": row["expected"],
        "expected_output_url": None,
    }


def tool(name: str) -> dict[str, Any]:
    """A tool's hints, as the server lists them, each with its reason."""
    stated = schema.derive(tools.load(name))["annotations"]
    price = tools.load(name).price_note
    reads, outside, final = (bool(stated[hint]) for hint in HINTS)
    return {
        "annotations": {hint: stated[hint] for hint in HINTS},
        "justifications": {
            "read_only_justification": f"{summary(name).rstrip('.')}; {_effect(reads, price)}",
            "open_world_justification": _reach(outside, price),
            "destructive_justification": _finality(final, price, tools.folder(name)),
        },
    }


def _effect(reads: bool, price: str) -> str:
    if reads:
        return "it orders, changes and deletes nothing."
    if price:
        return f"this is an order at the AI Music API, which takes credits from the person's account ({price})."
    return "it changes the person's own record of orders or their own files."


def _reach(outside: bool, price: str) -> str:
    if not outside:
        return "Works on the person's own orders, files and words, and reaches no outside system."
    if price:
        return (
            "Sends an order to the AI Music API, an outside service, with the person's own key; nothing is published."
        )
    return "Asks the AI Music API, an outside service, about the person's own account; nothing is published."


def _finality(final: bool, price: str, toolset: str) -> str:
    if not final:
        return "Deletes and overwrites nothing and spends nothing."
    if price:
        return (
            "Credits that are spent do not come back; an order above the person's limit is confirmed first, and a "
            "repeated call does not buy again."
        )
    if toolset == "studio":
        return "It may replace a song's tags or a file that it wrote itself before; no recording is deleted."
    return "It settles, cancels or replaces what stands on the person's own record; no file is deleted."
