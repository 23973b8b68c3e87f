"""CrewAI: the tools of its server adapter."""

import asyncio
from typing import Any

from crewai_tools import MCPServerAdapter
from mcp import StdioServerParameters
from reader import SERVER, play


async def main() -> None:
    with MCPServerAdapter(StdioServerParameters(**SERVER)) as found:
        tools = {tool.name: tool for tool in found}

        async def call(name: str, arguments: dict[str, Any]) -> str:
            return str(await asyncio.to_thread(tools[name].run, **arguments))

        await play(call, "crewai-tools", converted=dict.fromkeys(tools, ""), gives_up=None)


asyncio.run(main())
