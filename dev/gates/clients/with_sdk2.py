"""The Python SDK, version 2."""

import asyncio
from typing import Any

from mcp import Client, StdioServerParameters
from reader import SERVER, blocks, play


async def main() -> None:
    async with Client(StdioServerParameters(**SERVER)) as client:
        tools = (await client.list_tools()).tools

        async def call(name: str, arguments: dict[str, Any]) -> str:
            return blocks(await client.call_tool(name, arguments))

        await play(call, "mcp", converted={tool.name: "" for tool in tools}, gives_up=None)


asyncio.run(main())
