"""Orders a song from Songwright and prints where its files are, with the Python SDK of the Model Context Protocol.

Run it with `.venv/bin/python examples/python-client/song.py`. Words after the file's name are the command of another
server; without them it is the one of this folder, with the offline sandbox, which costs nothing.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp_types import CallToolResult, TextContent

PROGRAM = Path(__file__).resolve().parents[2] / ".venv" / "bin" / "songwright"
COMMAND = sys.argv[1:] or [str(PROGRAM), "serve", "--offline"]
SONG = {
    "title": "Kettle Song",
    "style": "folk, warm female voice, acoustic guitar, 90 BPM",
    "lyrics": "[Verse]\nThe kettle hums a slow good night\nthe kitchen window keeps its light\n[Outro]\ngood night",
}


def said(result: CallToolResult) -> dict[str, Any]:
    """A result as an object: every result is one block of text that holds JSON."""
    (block,) = result.content
    assert isinstance(block, TextContent)
    answer: dict[str, Any] = json.loads(block.text)
    return answer


async def main() -> None:
    """Order one song, wait until it is settled, print its files."""
    # The SDK starts a server with a handful of variables only, so settings have to be handed on.
    settings = {name: value for name, value in os.environ.items() if name.startswith("SONGWRIGHT_")}
    async with Client(StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=settings)) as client:
        song = said(await client.call_tool("create_song", SONG))
        print(song["summary"])
        # An order is answered within seconds, the song takes longer. Waiting is free; ordering again is not needed.
        while song["status"] in ("working", "streaming"):
            song = said(await client.call_tool("wait_for_song", {"job_id": song["job_id"]}))
            print(song["summary"])
    if song["status"] != "done":
        sys.exit(1)
    for clip in song["clips"]:
        print(clip["file"])


if __name__ == "__main__":
    asyncio.run(main())
