"""The plugin's own files: Agent Plugins 1.0, Claude Code, Gemini CLI, Codex."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from .facts import COMMAND, FIRST_START, KEY, LONGEST_CALL, NAME, ROOT, Facts, dumps, variable

AGENT_PLUGINS = "https://agent-plugins.org/schemas/1.0.0"
ASKED = ("title", "description", "type", "default", "sensitive", "required", "min", "max")
"""What Claude Code knows of a question."""
PLACES = "${HOME}"
"""Where a default names the person's own folder, the host may not fill it in; Songwright has the same default."""


def files(facts: Facts) -> Iterator[tuple[str, str]]:
    """Every file by its path in the plugin."""
    yield "plugin.json", dumps({"$schema": f"{AGENT_PLUGINS}/plugin.schema.json", **identity(facts)})
    # The format has no questions and no place for a secret: the key comes from Songwright's own configuration.
    server = {"type": "stdio", **command(facts)}
    yield "mcp.json", dumps({"$schema": f"{AGENT_PLUGINS}/mcp.schema.json", "mcpServers": {NAME: server}})
    yield ".claude-plugin/plugin.json", dumps({**identity(facts), "userConfig": questions(facts)})
    filled = {variable(name): f"${{user_config.{name}}}" for name in facts.questions}
    claude = {"type": "stdio", **command(facts), "env": filled, "timeout": LONGEST_CALL * 1000}
    yield ".mcp.json", dumps({"mcpServers": {NAME: claude}})
    yield "gemini-extension.json", dumps(gemini(facts))
    yield "codex/config.toml", codex(facts)
    yield "codex/add.sh", codex_line(facts)
    yield "README.md", readme(facts)
    # A plugin is copied out of the repository, and its licence with it.
    yield "LICENSE", (ROOT / "LICENSE").read_text(encoding="utf-8")


def identity(facts: Facts) -> dict[str, Any]:
    """Who it is, in the words that all of these formats share."""
    return {
        "name": NAME,
        "version": facts.version,
        "description": facts.description,
        "author": facts.manifest["author"],
        "homepage": facts.address,
        "repository": facts.address,
        "license": facts.project["license"],
        "keywords": facts.project["keywords"],
    }


def command(facts: Facts) -> dict[str, Any]:
    """What starts it."""
    return {"command": COMMAND, "args": facts.arguments(facts.version)}


def questions(facts: Facts) -> Mapping[str, Any]:
    """The bundle's questions as Claude Code asks them."""

    def kept(name: str, value: Any) -> bool:
        return name in ASKED and PLACES not in str(value)

    return {
        setting: {name: value for name, value in asked.items() if kept(name, value)}
        for setting, asked in facts.questions.items()
    }


def gemini(facts: Facts) -> dict[str, Any]:
    """The extension of Gemini CLI, which asks for settings by their variables and hands them to the server."""
    settings = [
        {
            "name": asked["title"],
            "description": asked["description"],
            "envVar": variable(setting),
            "sensitive": bool(asked.get("sensitive")),
        }
        for setting, asked in facts.questions.items()
    ]
    return {
        "name": NAME,
        "version": facts.version,
        "description": facts.description,
        "mcpServers": {NAME: {**command(facts), "timeout": LONGEST_CALL * 1000}},
        "settings": settings,
    }


def codex(facts: Facts) -> str:
    """The table for Codex's own configuration; it hands on the key from the environment it was started in."""
    return (
        "# For ~/.codex/config.toml; add.sh beside this file writes the first two lines of it.\n"
        f"[mcp_servers.{NAME}]\n"
        f"command = {json.dumps(COMMAND)}\n"
        f"args = {json.dumps(facts.arguments(facts.version))}\n"
        f"env_vars = {json.dumps([variable(KEY)])}\n"
        f"startup_timeout_sec = {FIRST_START}\n"
        f"tool_timeout_sec = {LONGEST_CALL}\n"
    )


def codex_line(facts: Facts) -> str:
    """The command that tells Codex."""
    return f"#!/bin/sh\ncodex mcp add {NAME} -- {shlex.join([COMMAND, *facts.arguments(facts.version)])}\n"


def marketplace(facts: Facts) -> str:
    """The list by which Claude Code finds the plugin in this repository."""
    plugin = {
        "name": NAME,
        "source": "./plugin",
        "description": facts.description,
        "version": facts.version,
        "author": facts.manifest["author"],
        "license": facts.project["license"],
        "keywords": facts.project["keywords"],
        "category": "creativity",
    }
    metadata = {"description": "Songwright, and nothing else."}
    return dumps({"name": NAME, "owner": facts.manifest["author"], "metadata": metadata, "plugins": [plugin]})


def readme(facts: Facts) -> str:
    """What somebody reads who meets the plugin by itself."""
    return f"""# {facts.manifest["display_name"]}, the plugin

{facts.manifest["long_description"]}

The plugin brings the MCP server, which [uv](https://docs.astral.sh/uv/) fetches at the first start, and a skill: how a
song is written, and what an assistant must know before it spends anything.

| host | how |
| --- | --- |
| Claude Code | `/plugin install {NAME} --marketplace {facts.repository}` |
| Codex | `codex plugin marketplace add {facts.repository}`, then `codex plugin add {NAME}@{NAME}` |
| VS Code, Copilot, Cursor, Kiro | add this folder as a plugin (`plugin.json`, `mcp.json`, `skills`) |
| Gemini CLI | `gemini extensions install` with this folder |
| Codex, without the plugin | `codex/add.sh`, or the table in `codex/config.toml` |

Claude Code and Gemini CLI ask for the key and your limits; you can leave everything empty. The other hosts ask nothing,
and not every one hands on its environment: there Songwright finds the key that `songwright install` stored, or `{KEY}`
in its own settings file. Without a key songs come from a free offline sandbox.

Every file here is written by `make update` in [the repository]({facts.address}). `server.json` and the folder `docker`
are entries for catalogues, `chatgpt-app-submission.json` fills in the form for an app in ChatGPT.
"""
