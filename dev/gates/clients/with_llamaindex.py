"""LlamaIndex: its tool spec, each call a session of its own, and the content of the tool's output."""

import asyncio
import inspect
from typing import Any

from llama_index.tools.mcp import BasicMCPClient, McpToolSpec
from reader import SERVER, play


async def main() -> None:
    default = inspect.signature(BasicMCPClient).parameters["timeout"].default
    client = BasicMCPClient(SERVER["command"], args=SERVER["args"], env=SERVER["env"])
    tools = {tool.metadata.name: tool for tool in await McpToolSpec(client).to_tool_list_async()}

    async def call(name: str, arguments: dict[str, Any]) -> str:
        return str((await tools[name].acall(**arguments)).content)

    await play(call, "llama-index-tools-mcp", converted=dict.fromkeys(tools, ""), gives_up=default)


asyncio.run(main())
