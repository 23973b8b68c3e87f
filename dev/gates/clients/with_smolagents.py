"""smolagents: its tools are called straight from the code that a model writes, which sees what they return."""

import asyncio
from typing import Any

from mcp import StdioServerParameters
from reader import SERVER, play
from smolagents import MCPClient


async def main() -> None:
    with MCPClient(StdioServerParameters(**SERVER), structured_output=False) as found:
        tools = {tool.name: tool for tool in found}

        async def call(name: str, arguments: dict[str, Any]) -> str:
            return str(await asyncio.to_thread(tools[name], **arguments))

        await play(call, "smolagents", converted=dict.fromkeys(tools, ""), gives_up=None)


asyncio.run(main())
