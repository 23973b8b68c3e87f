"""Entries for catalogues: the registry of MCP servers, and Docker's."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from songwright import tools
from songwright.server.protocol import schema

from .. import bundle
from ..tables import summary
from .facts import COMMAND, KEY, NAME, ROOT, Facts, dumps, variable

SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
SERVER = "server.json"
SHORT = 100
"""Characters of a description in the registry."""
IMAGES = "ghcr.io"
VOLUME = "songwright:/data"
"""Where the image keeps songs and the record of orders: what is paid must outlive the container."""
FORMATS = {"number": "number", "directory": "filepath"}
INSIDE = ("api_key", "toolsets", "confirm_above", "daily_credits")
"""The questions that make sense in a container."""


def files(facts: Facts) -> Iterator[tuple[str, str]]:
    """Every file by its path in the plugin."""
    yield SERVER, dumps(server(facts, checksum()))
    yield "docker/server.yaml", docker(facts)
    yield "docker/tools.json", dumps([listed(name) for name in tools.chosen(tools.DEFAULT_TOOLSETS)])
    yield "docker/readme.md", f"Docs: {facts.address}\n"


def checksum() -> str:
    """The bundle's, as `make bundle` wrote it when it built one. Every change of a source changes it, so `make update`
    leaves it alone; where there is none yet, it is the checksum of a bundle of the present sources.
    """
    try:
        packages = json.loads((ROOT / "plugin" / SERVER).read_text(encoding="utf-8"))["packages"]
    except FileNotFoundError:
        with tempfile.TemporaryDirectory() as folder:
            return digest(bundle.build(Path(folder) / "songwright.mcpb"))
    return next(str(package["fileSha256"]) for package in packages if package["registryType"] == "mcpb")


def digest(file: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def server(facts: Facts, bundle_sha256: str) -> dict[str, Any]:
    """The registry's entry, for a bundle of this checksum."""
    if len(facts.description) > SHORT:
        raise ValueError(f"the registry takes {SHORT} characters of description, manifest.json has more")
    stdio = {"type": "stdio"}
    serve = [{"type": "positional", "value": "serve"}]
    asked = [environment(name, question) for name, question in facts.questions.items()]
    desktop = {
        "registryType": "mcpb",
        "identifier": f"{facts.address}/releases/download/v{facts.version}/{NAME}.mcpb",
        "fileSha256": bundle_sha256,
        "transport": stdio,
    }
    package = {
        "registryType": "pypi",
        "identifier": NAME,
        "version": facts.version,
        "runtimeHint": COMMAND,
        "runtimeArguments": [named("--with", f"{facts.package}=={facts.version}", "What the sandbox needs.")],
        "packageArguments": serve,
        "transport": stdio,
        "environmentVariables": asked,
    }
    image = {
        "registryType": "oci",
        "identifier": f"{IMAGES}/{facts.repository}:{facts.version}",
        "runtimeHint": "docker",
        "runtimeArguments": [named("--volume", VOLUME, "Keeps songs and the record of orders.")],
        "packageArguments": serve,
        "transport": stdio,
        "environmentVariables": [
            # The image has no sandbox.
            environment(name, facts.questions[name]) | ({"isRequired": True} if name == KEY else {})
            for name in INSIDE
        ],
    }
    return {
        "$schema": SCHEMA,
        "name": facts.registered,
        "title": facts.manifest["display_name"],
        "description": facts.description,
        "version": facts.version,
        "repository": {"url": facts.address, "source": "github"},
        "packages": [package, desktop, image],
        "remotes": [remote()],
    }


def named(flag: str, value: str, why: str) -> dict[str, str]:
    """A flag for what runs the package."""
    return {"type": "named", "name": flag, "value": value, "description": why}


def environment(setting: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """A question as the registry has it. A folder of the person's own is left to Songwright's default."""
    default = str(asked.get("default", ""))
    return {
        "name": variable(setting),
        "description": asked["description"],
        "isRequired": bool(asked.get("required")),
        "isSecret": bool(asked.get("sensitive")),
        "format": FORMATS.get(asked["type"], "string"),
        **({"default": default} if default and "${" not in default else {}),
    }


def remote() -> dict[str, Any]:
    """A server that somebody runs for others; where it is, they say."""
    token = {"description": "The token that the operator gave you.", "isRequired": True, "isSecret": True}
    header = {"name": "Authorization", "description": "Who you are there.", "value": "Bearer {token}"}
    where = {"description": "The operator's host name.", "isRequired": True, "placeholder": "songs.example.org"}
    return {
        "type": "streamable-http",
        "url": "https://{host}/mcp",
        "variables": {"host": where},
        "headers": [{**header, "isRequired": True, "isSecret": True, "variables": {"token": token}}],
    }


def docker(facts: Facts, commit: str | None = None) -> str:
    """The entry of Docker's catalogue, which builds the image from a commit that the release names."""
    settings = [name for name in INSIDE if name != KEY]
    lines = [
        f"name: {NAME}",
        f"image: mcp/{NAME}",
        "type: server",
        "meta:",
        "  category: media",
        "  tags:",
        *(f"    - {word}" for word in facts.project["keywords"]),
        "about:",
        f"  title: {facts.manifest['display_name']}",
        f"  description: {json.dumps(facts.description)}",
        "source:",
        f"  project: {facts.address}",
        *([f"  commit: {commit}"] if commit else []),
        "run:",
        "  command:",
        "    - serve",
        "  volumes:",
        f"    - {VOLUME}",
        "config:",
        "  description: Orders go to the AI Music API with your key, within your limits.",
        "  secrets:",
        f"    - name: {NAME}.{KEY}",
        f"      env: {variable(KEY)}",
        "      example: <your key of the AI Music API>",
        "  env:",
    ]
    for name in settings:
        lines += [
            f"    - name: {variable(name)}",
            f"      example: {json.dumps(str(facts.questions[name]['default']))}",
            f'      value: "{{{{{NAME}.{name}}}}}"',
        ]
    lines += ["  parameters:", "    type: object", "    properties:"]
    for name in settings:
        question = facts.questions[name]
        lines += [
            f"      {name}:",
            f"        type: {question['type']}",
            f"        description: {json.dumps(question['description'])}",
            f"        default: {json.dumps(question['default'])}",
        ]
    return "\n".join(lines) + "\n"


def listed(name: str) -> dict[str, Any]:
    """A tool as Docker lists it without starting the server."""
    properties = schema.derive(tools.load(name))["inputSchema"].get("properties", {})
    return {
        "name": name,
        "description": summary(name),
        "arguments": [
            {"name": argument, "type": kind(stated), "desc": stated.get("description", "")}
            for argument, stated in properties.items()
        ],
    }


def kind(stated: Mapping[str, Any]) -> str:
    """The type of an argument, as one word."""
    found = stated.get("type") or next((part["type"] for part in stated.get("anyOf", ()) if "type" in part), "string")
    return str(found if isinstance(found, str) else found[0])
