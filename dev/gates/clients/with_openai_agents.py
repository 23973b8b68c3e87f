"""openai-agents: strict function tools, and what their invocation returns to the model."""

import asyncio
import inspect
import json
from typing import Any

from agents.mcp import MCPServerStdio, MCPUtil
from agents.tool_context import ToolContext
from reader import SERVER, play


async def main() -> None:
    default = inspect.signature(MCPServerStdio).parameters["client_session_timeout_seconds"].default
    async with MCPServerStdio(params=SERVER) as server:
        listed, converted, functions = await server.list_tools(), {}, {}
        for tool in listed:
            try:
                function = MCPUtil.to_function_tool(tool, server, convert_schemas_to_strict=True)
                functions[tool.name] = function
                # A tool without arguments is never strict here: an empty object counts as an open one.
                strict = function.strict_json_schema or not function.params_json_schema["properties"]
                converted[tool.name] = "" if strict else "not strict"
            except Exception as error:  # noqa: BLE001 — judged by the gate
                converted[tool.name] = str(error)

        async def call(name: str, arguments: dict[str, Any]) -> str:
            context = ToolContext(context=None, tool_name=name, tool_call_id="1", tool_arguments=json.dumps(arguments))
            result = await functions[name].on_invoke_tool(context, json.dumps(arguments))
            return result if isinstance(result, str) else json.dumps(result, default=str)

        await play(call, "openai-agents", converted=converted, gives_up=default)


asyncio.run(main())
