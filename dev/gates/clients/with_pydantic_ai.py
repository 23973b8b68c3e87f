"""pydantic-ai: its toolset, and the text that a tool's return becomes for the model."""

import asyncio
import inspect
from typing import Any

from fastmcp.client.transports import StdioTransport
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ToolReturnPart
from reader import SERVER, play


async def main() -> None:
    async with MCPToolset(StdioTransport(**SERVER)) as toolset:
        listed = await toolset.list_tools()

        async def call(name: str, arguments: dict[str, Any]) -> str:
            result = await toolset.direct_call_tool(name, arguments)
            return ToolReturnPart(tool_name=name, content=result, tool_call_id="1").model_response_str()

        default = inspect.signature(MCPToolset).parameters["read_timeout"].default
        await play(
            call, "pydantic-ai-slim", converted={tool.name: "" for tool in listed},
            gives_up=default if isinstance(default, int | float) else None,
        )  # fmt: skip


asyncio.run(main())
