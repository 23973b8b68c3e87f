"""mcp-use: the tools that its LangChain adapter makes."""

import asyncio
from typing import Any

from mcp_use import MCPClient
from mcp_use.agents.adapters.langchain_adapter import LangChainAdapter
from reader import SERVER, play


async def main() -> None:
    client = MCPClient.from_dict({"mcpServers": {"songwright": SERVER}})
    try:
        adapter = LangChainAdapter()
        await adapter.create_all(client)
        tools = {tool.name: tool for tool in adapter.tools}

        async def call(name: str, arguments: dict[str, Any]) -> str:
            return str(await tools[name].ainvoke(arguments))

        await play(call, "mcp-use", converted=dict.fromkeys(tools, ""), gives_up=None)
    finally:
        await client.close_all_sessions()


asyncio.run(main())
