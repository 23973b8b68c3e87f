"""Clients of another language: one song over HTTP with both generations of the TypeScript SDK."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .kit import HERE, ROOT, Broken, Kit

CATALOGUE = """
[brands.aimusicapi]
hosts = ["127.0.0.1"]
gap = 0.1
schedule = { looks = [1.0], every = 1.0 }
"""
"""The sandbox's address as the brand, and looks that do not wait for a real song."""
GENERATIONS = ("v1", "v2-legacy", "v2-modern")


def own_settings(folder: Path, service: Any, **more: str) -> dict[str, str]:
    """The environment of a server whose service is a sandbox, with nothing outside the folder."""
    own = {
        "API_KEY": service.key,
        "BASE_URL": service.base_url,
        "STATE_DIR": str(folder / "state"),
        "LIBRARY": str(folder / "library"),
        "CONFIG": str(folder / "config.toml"),
        **more,
    }
    return {f"SONGWRIGHT_{name}": value for name, value in own.items()}


@contextmanager
def hosted(
    kit: Kit, folder: Path, faults: Sequence[str] = (), fast: bool = True, **more: str
) -> Iterator[tuple[str, str]]:
    """A server over HTTP in front of a sandbox that plays the service; its address and a token."""
    (folder / "catalogue.toml").write_text(CATALOGUE, encoding="utf-8")
    with kit.sandbox(
        folder / "service", pace="instant" if fast else "quick", fast=fast, faults=list(faults)
    ) as service:
        environment = kit.environment(HOME=str(folder), **own_settings(folder, service, **more))
        command = [sys.executable, "-m", "songwright.server", "serve", "--http", "--port", "0"]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield _introduced(process)
            finally:
                process.terminate()


def _introduced(process: subprocess.Popen[str]) -> tuple[str, str]:
    """The address and the token, as the server tells them to the person who started it."""
    assert process.stderr is not None, "it is a pipe"
    said = ""
    for line in process.stderr:
        said += line
        address = re.search(r"http://[\d.]+:\d+/mcp", said)
        token = re.search(r"Bearer ([\w-]+)", said)
        if address and token:
            return address.group(), token.group(1)
    raise Broken(f"the server did not start: {said[-500:]}")


def songs(kit: Kit) -> Mapping[str, str]:
    """What each generation of the SDK saw of its song."""
    found: dict[str, str] = {}
    node = kit.script("@modelcontextprotocol/client", "package.json")[0]
    with tempfile.TemporaryDirectory() as folder, hosted(kit, Path(folder)) as (address, token):
        for generation in GENERATIONS:
            packages = str(kit.folder / "npm")
            done = kit.run([node, str(HERE / "song.mjs"), packages, generation, address, token])
            found[f"{generation}: a song with its file"] = _wrong(done)
    return found


def _wrong(done: subprocess.CompletedProcess[str]) -> str:
    """What is wrong with a run; nothing when the song is done, told of on the way, and its file can be fetched."""
    if done.returncode:
        return done.stderr.strip()[-400:] or "it failed without a word"
    seen = json.loads(done.stdout)
    good = (
        seen.get("server") == "songwright"
        and seen.get("status") == "done"
        and seen.get("clips") == 2
        and seen.get("progress", 0) >= 1
        and seen.get("file") == 200
        and seen.get("bytes", 0) > 1000
        and str(seen.get("type")).startswith("audio/")
    )
    return "" if good else json.dumps(seen)
