"""Links that install Songwright with a click, as https: code hosts strip any other scheme from a page."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from .facts import COMMAND, FIRST_START, KEY, LONGEST_CALL, NAME, Facts, variable

BLOCK = re.compile(r"(<!-- one click: (\w+), by `make update` -->\n).*?(<!-- one click ends -->)", re.DOTALL)
INPUT = "songwright-key"


def filled(text: str, facts: Facts) -> str:
    """The page with every block in its place. Raises `KeyError` for a block that does not exist."""
    return BLOCK.sub(lambda block: block[1] + BLOCKS[block[2]](facts) + block[3], text)


def links(facts: Facts) -> Mapping[str, str]:
    """A link by what it says."""
    plain = {"command": COMMAND, "args": facts.arguments()}
    keyed = {**plain, "env": {variable(KEY): ""}}
    asked = [
        {"type": "promptString", "id": INPUT, "description": facts.questions[KEY]["description"], "password": True}
    ]
    vscode = {"type": "stdio", **plain, "env": {variable(KEY): f"${{input:{INPUT}}}"}}
    goose = [("cmd", COMMAND), *(("arg", word) for word in facts.arguments()), ("timeout", str(LONGEST_CALL))]
    goose += [("id", NAME), ("name", "Songwright"), ("description", facts.description)]
    return {
        "Add to Cursor": address("https://cursor.com/en/install-mcp", [("name", NAME), ("config", packed(keyed))]),
        "Install in VS Code": address(
            "https://insiders.vscode.dev/redirect/mcp/install",
            [("name", NAME), ("inputs", compact(asked)), ("config", compact(vscode))],
        ),
        "Add to Goose": address("https://block.github.io/goose/extension", goose),
        "Add to LM Studio": address("https://lmstudio.ai/install-mcp", [("name", NAME), ("config", packed(keyed))]),
    }


def address(page: str, query: list[tuple[str, str]]) -> str:
    """A link; blanks as %20, because not every host reads a plus sign as one."""
    return f"{page}?{urlencode(query, quote_via=quote, safe='')}"


def compact(content: object) -> str:
    """JSON without blanks."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def packed(content: Mapping[str, Any]) -> str:
    """JSON as Base64."""
    return base64.b64encode(compact(content).encode()).decode()


def line(facts: Facts) -> str:
    """All links in one line."""
    return " · ".join(f"[{words}]({link})" for words, link in links(facts).items()) + "\n"


def snippets(facts: Facts) -> str:
    """The same command for hosts that have a plugin, a command line or a file of their own."""
    words = shlex.join([COMMAND, *facts.arguments()])
    return (
        "\n```sh\n"
        f"claude plugin marketplace add {facts.repository} && claude plugin install {NAME}@{NAME}\n"
        f"codex plugin marketplace add {facts.repository} && codex plugin add {NAME}@{NAME}\n"
        f"codex mcp add {NAME} -- {words}  # without the plugin\n"
        f"gemini mcp add --scope user {NAME} {words}\n"
        "```\n\n"
        "Codex, in `~/.codex/config.toml`, with time for the first start and the key from the environment:\n\n"
        "```toml\n"
        f"[mcp_servers.{NAME}]\n"
        f"command = {json.dumps(COMMAND)}\n"
        f"args = {json.dumps(facts.arguments())}\n"
        f"env_vars = {json.dumps([variable(KEY)])}\n"
        f"startup_timeout_sec = {FIRST_START}\n"
        "```\n\n"
    )


BLOCKS: Mapping[str, Callable[[Facts], str]] = {"links": line, "commands": snippets}
