"""fastmcp's client."""

import asyncio
from typing import Any

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from reader import SERVER, blocks, play


async def main() -> None:
    async with Client(StdioTransport(**SERVER)) as client:
        tools = await client.list_tools()

        async def call(name: str, arguments: dict[str, Any]) -> str:
            return blocks(await client.call_tool(name, arguments, raise_on_error=False))

        await play(call, "fastmcp", converted={tool.name: "" for tool in tools}, gives_up=None)


asyncio.run(main())
