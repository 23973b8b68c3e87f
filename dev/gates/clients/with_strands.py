"""Strands Agents: the tool result that goes into the model's messages."""

import asyncio
from typing import Any

from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client
from reader import SERVER, play
from strands.tools.mcp import MCPClient


async def main() -> None:
    with MCPClient(lambda: stdio_client(StdioServerParameters(**SERVER))) as client:
        tools = client.list_tools_sync()

        async def call(name: str, arguments: dict[str, Any]) -> str:
            result = await client.call_tool_async("1", name, arguments)
            return "\n".join(part.get("text", str(part)) for part in result["content"])

        await play(call, "strands-agents", converted={tool.tool_name: "" for tool in tools}, gives_up=None)


asyncio.run(main())
