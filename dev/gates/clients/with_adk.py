"""Google ADK: its toolset's declarations, and the response that the model is handed."""

import asyncio
import json
from typing import Any

from google.adk.tools.mcp_tool import McpToolset, StdioConnectionParams
from mcp import StdioServerParameters
from reader import SERVER, play


async def main() -> None:
    params = StdioConnectionParams(server_params=StdioServerParameters(**SERVER))
    toolset = McpToolset(connection_params=params)
    try:
        tools = {tool.name: tool for tool in await toolset.get_tools()}
        converted = {}
        for name, tool in tools.items():
            try:
                tool._get_declaration()
                converted[name] = ""
            except Exception as error:  # noqa: BLE001 — judged by the gate
                converted[name] = str(error)[:200]

        async def call(name: str, arguments: dict[str, Any]) -> str:
            result = await tools[name].run_async(args=arguments, tool_context=None)
            return json.dumps(result, default=str)

        await play(call, "google-adk", converted=converted, gives_up=params.timeout)
    finally:
        await toolset.close()


asyncio.run(main())
