"""What the clients' scripts share: the server they start, the calls they make, what they print.

Runs inside each client's own environment, so it needs the standard library alone. A script hands over `call`, which
performs one tool call the way the framework would and returns the text that its model is shown.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

Call = Callable[[str, dict[str, Any]], Awaitable[str]]

SERVER: dict[str, Any] = json.loads(os.environ["GATE_SERVER"])
"""How the server is started: command, args, env; or, over HTTP, url and token."""
SONG = {
    "lyrics": "[Verse]\nThe kettle hums a slow good night\n[Outro]\ngood night",
    "style": "folk, 90 BPM",
    "title": "Kettle",
}
WRONG = {**SONG, "idea": "a kettle"}
PATIENCE = 12
"""How often a song is waited for."""


def find(field: str, text: str) -> str:
    """A field's value as a model would read it, also where the JSON stands inside another text."""
    found = re.search(rf'"{field}"\s*:\s*"([^"]+)"', text.replace('\\"', '"'))
    return found[1] if found else ""


async def play(call: Call, package: str, *, converted: dict[str, str], gives_up: float | None) -> None:
    """Buy a song, wait for it, ask for what is dear, make a mistake; print what was seen of it all.

    `converted` has every tool with what was wrong about turning it into the framework's own; `gives_up` is the
    framework's default for one call in seconds, None where it has none.
    """
    seen: dict[str, str] = {}
    raised: list[str] = []

    async def ask(about: str, name: str, arguments: dict[str, Any]) -> str:
        try:
            text = await call(name, arguments)
        except Exception as error:  # noqa: BLE001 — whatever a framework throws is what its model is told
            text = str(error)
            raised.append(about)
        seen[about] = text
        return text

    text = seen["song"] = await ask("ordered", "create_song", SONG)
    order = find("job_id", text)
    # Waiting may be given up and is free; a model that knows the order's id asks again.
    for _ in range(PATIENCE if order else 0):
        if find("status", text) == "done":
            break
        text = await ask("song", "wait_for_song", {"job_id": order})
    await ask("confirmation", "separate_stems", {"clip_id": find("clip_id", text), "parts": "full"})
    await ask("error", "create_song", WRONG)
    await ask("guide", "songwriting_guide", {"topic": "start"})
    told = {
        "version": version(package), "timeout": gives_up, "converted": converted,
        "seen": seen, "raised": raised,
    }  # fmt: skip
    print(json.dumps(told))


def blocks(result: Any) -> str:
    """The text of a result's first block: all that some frameworks show."""
    return next((block.text for block in result.content[:1] if block.type == "text"), "")
