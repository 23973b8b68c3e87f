"""google-genai: function declarations for Gemini, and the response that the model is handed."""

import asyncio
import json
from typing import Any

from google.genai import types
from google.genai._adapters import McpToGenAiToolAdapter
from google.genai._mcp_utils import mcp_to_gemini_tool
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from reader import SERVER, play


async def main() -> None:
    async with stdio_client(StdioServerParameters(**SERVER)) as streams, ClientSession(*streams) as session:
        await session.initialize()
        listed, converted = await session.list_tools(), {}
        for tool in listed.tools:
            try:
                mcp_to_gemini_tool(tool)
                converted[tool.name] = ""
            except Exception as error:  # noqa: BLE001 — judged by the gate
                converted[tool.name] = str(error)[:200]
        adapter = McpToGenAiToolAdapter(session, listed)

        async def call(name: str, arguments: dict[str, Any]) -> str:
            asked = types.FunctionCall(name=name, args=arguments)
            result = await adapter.call_tool(asked)
            response = {"error": result} if result.isError else {"result": result}
            return json.dumps(response, default=lambda value: value.model_dump(mode="json", exclude_none=True))

        await play(call, "google-genai", converted=converted, gives_up=None)


asyncio.run(main())
