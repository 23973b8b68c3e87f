"""LangChain: its adapters' tools, and the message that its chat models are sent."""

import asyncio
import json
from typing import Any

from langchain_core.messages import ToolMessage
from langchain_core.messages.utils import convert_to_openai_messages
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_mcp_adapters.client import MultiServerMCPClient
from reader import SERVER, play


def shown(message: ToolMessage) -> str:
    """What the model is sent; a part that is no text is what chat models refuse, so it stays visible."""
    sent = convert_to_openai_messages(message)
    content = sent["content"]
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] if part["type"] == "text" else json.dumps(part) for part in content)


async def main() -> None:
    where = (
        {
            "transport": "streamable_http",
            "url": SERVER["url"],
            "headers": {"Authorization": f"Bearer {SERVER['token']}"},
        }
        if "url" in SERVER
        else {"transport": "stdio", **SERVER}
    )
    client = MultiServerMCPClient({"songwright": where})
    async with client.session("songwright") as session:
        from langchain_mcp_adapters.tools import load_mcp_tools

        tools = {tool.name: tool for tool in await load_mcp_tools(session)}
        converted = {}
        for name, tool in tools.items():
            try:
                convert_to_openai_tool(tool)
                converted[name] = ""
            except Exception as error:  # noqa: BLE001 — judged by the gate
                converted[name] = str(error)

        async def call(name: str, arguments: dict[str, Any]) -> str:
            order = {"name": name, "args": arguments, "id": "1", "type": "tool_call"}
            return shown(await tools[name].ainvoke(order))

        await play(call, "langchain-mcp-adapters", converted=converted, gives_up=None)


asyncio.run(main())
