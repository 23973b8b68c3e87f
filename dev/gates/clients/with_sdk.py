"""The Python SDK, any version 1: stdio, or HTTP where GATE_SERVER names an address."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from reader import SERVER, blocks, play


async def main() -> None:
    async with AsyncExitStack() as stack:
        if "url" in SERVER:
            from mcp.client.streamable_http import streamablehttp_client

            headers = {"Authorization": f"Bearer {SERVER['token']}"}
            streams = await stack.enter_async_context(streamablehttp_client(SERVER["url"], headers=headers))
        else:
            streams = await stack.enter_async_context(stdio_client(StdioServerParameters(**SERVER)))
        session = await stack.enter_async_context(ClientSession(streams[0], streams[1]))
        await session.initialize()
        tools = (await session.list_tools()).tools

        async def call(name: str, arguments: dict[str, Any]) -> str:
            return blocks(await session.call_tool(name, arguments))

        await play(call, "mcp", converted={tool.name: "" for tool in tools}, gives_up=None)


asyncio.run(main())
