"""agno: its toolkit's functions, and the content that becomes the tool message."""

import asyncio
import inspect
from typing import Any

from agno.tools.mcp import MCPTools
from mcp import StdioServerParameters
from reader import SERVER, play


async def main() -> None:
    default = inspect.signature(MCPTools).parameters["timeout_seconds"].default
    async with MCPTools(server_params=StdioServerParameters(**SERVER)) as kit:

        async def call(name: str, arguments: dict[str, Any]) -> str:
            result = await kit.functions[name].entrypoint(**arguments)
            return str(result.content)

        await play(call, "agno", converted=dict.fromkeys(kit.functions, ""), gives_up=default)


asyncio.run(main())
