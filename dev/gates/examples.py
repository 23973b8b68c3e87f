"""The programs in examples/, each run as its page says, in an empty home: a song has to come out."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..stop_sandbox import main as stop_sandbox
from .kit import ROOT, Broken, Kit
from .matrix import clients, prepared

EXAMPLES = ROOT / "examples"
TAKES = 2
SMALLEST = 10_000
"""Bytes of an MP3 that holds a song."""


def python_client(kit: Kit) -> Sequence[str]:
    """It needs what `make setup` installs."""
    del kit
    return [sys.executable, str(EXAMPLES / "python-client" / "song.py")]


def typescript_client(kit: Kit) -> Sequence[str]:
    """Its packages lie beside it, as npm puts them; `make clean` removes them."""
    folder = str(EXAMPLES / "typescript-client")
    done = kit.run(["npm", "--prefix", folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund"])
    if done.returncode:
        raise Broken(done.stderr.strip()[-500:])
    return ["npm", "--prefix", folder, "start", "--silent"]


def pydantic_ai_agent(kit: Kit) -> Sequence[str]:
    """It runs in the environment in which its framework is read back."""
    (framework,) = (client for client in clients() if client.name == "pydantic-ai")
    python, *_ = prepared(kit, framework)
    return [python, str(EXAMPLES / "pydantic-ai-agent" / "song.py")]


PROGRAMS: Mapping[str, Callable[[Kit], Sequence[str]]] = {
    "python-client": python_client,
    "typescript-client": typescript_client,
    "pydantic-ai-agent": pydantic_ai_agent,
}
"""Every folder of examples/ with the command that runs it."""


def songs(kit: Kit) -> Mapping[str, str]:
    """The gate: what is wrong with each example."""
    return {name: _wrong(kit, command(kit)) for name, command in PROGRAMS.items()}


def _wrong(kit: Kit, command: Sequence[str]) -> str:
    """What is wrong with a run; nothing when the last lines it printed are the files of a song in its home."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        try:
            done = kit.run(command, HOME=home)
        finally:
            stop_sandbox(Path(home))
        if done.returncode:
            return (done.stderr.strip() or done.stdout.strip())[-400:] or "it failed without a word"
        files = [Path(line) for line in done.stdout.splitlines()[-TAKES:]]
        good = len(files) == TAKES and all(
            file.is_relative_to(home) and file.is_file() and file.stat().st_size > SMALLEST for file in files
        )
        return "" if good else f"no song: {done.stdout.strip()[-400:]}"
