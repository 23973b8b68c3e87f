"""Tries the bundle the way a desktop assistant does, and prints what it saw.

Validates the manifest, packs, unpacks into a folder with a space in its name, starts the server with the manifest's own
command line in an empty home, lists the tools, and composes a short song in the sandbox. Needs the package registry;
the official validator needs Node as well, and is left out with a line that says so where there is none.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp_types import CallToolResult

from . import bundle
from .check_song import main as check_songs
from .stop_sandbox import main as stop_sandbox
from .uv import find_uv

VALIDATOR = ("npx", "--yes", "@anthropic-ai/mcpb@2.1.2")
SONG = {"idea": "a short lullaby about a snail", "seconds": 15}
PATIENCE = 300.0
"""Seconds for one answer; the first start downloads every package."""


class Refused(Exception):
    """The bundle is not fit to be shipped; the message says why."""


def validate(work: Path, packed: Path) -> None:
    """Check with the official tool that the manifest is right and that it would pack the same files."""
    if shutil.which("npx") is None:
        print("manifest: not validated, because there is no Node here")
        return
    other = work / "official.mcpb"
    done = subprocess.run([*VALIDATOR, "pack", ".", other], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"the official tool refuses it: {done.stdout}{done.stderr}")
    ours, theirs = (set(zipfile.ZipFile(path).namelist()) for path in (packed, other))
    if ours != theirs:
        raise Refused(f".mcpbignore and dev/bundle.py disagree about {sorted(ours ^ theirs)}")
    print(f"manifest: valid; {len(ours)} files")


def filled_in(manifest: Mapping[str, Any], folder: Path, home: Path) -> tuple[list[str], dict[str, str]]:
    """The command line and environment that a host would use for a person who filled in nothing.

    A setting without a default stays as the manifest spells it: some hosts pass that on.
    """
    values = {"__dirname": str(folder), "HOME": str(home)}
    for name, option in manifest["user_config"].items():
        if "default" in option:
            values[f"user_config.{name}"] = str(option["default"]).replace("${HOME}", str(home))

    def fill(text: str) -> str:
        return re.sub(r"\$\{([^}]+)\}", lambda match: values.get(match[1], match[0]), text)

    config = manifest["server"]["mcp_config"]
    environment = {name: fill(value) for name, value in config["env"].items()}
    return [config["command"], *map(fill, config["args"])], environment


async def talk(command: list[str], environment: Mapping[str, str]) -> tuple[set[str], dict[str, Any]]:
    """Speak MCP with the started server: the handshake, the names of its tools, and the result of one song."""
    server = StdioServerParameters(command=command[0], args=command[1:], env=dict(environment))
    began = time.monotonic()
    async with Client(server, mode="legacy", read_timeout_seconds=PATIENCE) as client:
        print(f"started: {client.server_info} after {time.monotonic() - began:.1f} s, packages included", flush=True)
        tools = {tool.name for tool in (await client.list_tools()).tools}
        print(f"tools: {len(tools)}", flush=True)
        began = time.monotonic()
        song = said(await client.call_tool("create_song", SONG))
        while song.get("status") in {"working", "streaming"} and time.monotonic() - began < PATIENCE:
            song = said(await client.call_tool("wait_for_song", {"job_id": song["job_id"]}))
        print(f"song after {time.monotonic() - began:.1f} s: {json.dumps(song, ensure_ascii=False, indent=2)}")
    return tools, song


def said(answer: CallToolResult) -> dict[str, Any]:
    """The content of an answer: its structured content, or its text if it has none."""
    return dict(answer.structured_content or {"text": [getattr(part, "text", "") for part in answer.content]})


def check(work: Path) -> None:
    """Every step in turn, in an empty folder; raises `Refused` at the first problem."""
    packed = bundle.build(work / "songwright.mcpb")
    validate(work, packed)
    folder, home = work / "a folder with spaces", work / "home"
    home.mkdir()
    zipfile.ZipFile(packed).extractall(folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    command, environment = filled_in(manifest, folder, home)
    print("command: " + " ".join(command))
    uv = find_uv(work / "uv")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SONGWRIGHT_", "XDG_"))}
    kept |= {"HOME": str(home), "PATH": f"{uv.parent}{os.pathsep}{os.environ['PATH']}"}
    kept.pop("VIRTUAL_ENV", None)
    try:
        tools, song = anyio.run(talk, [str(uv), *command[1:]], kept | environment)
    finally:
        stop_sandbox(home)
    if missing := {tool["name"] for tool in manifest["tools"]} - tools:
        raise Refused(f"the manifest promises tools the server does not list: {sorted(missing)}")
    if song.get("status") != "done" or song.get("sandbox") is not True:
        raise Refused("no song came out of the sandbox")
    if check_songs(Path(environment["SONGWRIGHT_LIBRARY"])):
        raise Refused("the song cannot be played")


def main() -> int:
    """Try it in a temporary folder; 1 with a sentence when it is not fit."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        try:
            check(Path(work))
        except Refused as refusal:
            print(f"The bundle is not fit to be given away: {refusal}.", file=sys.stderr)
            return 1
    print("The bundle works.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
