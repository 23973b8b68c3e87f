"""AutoGen: its adapters in a workbench, as agents use them; each call is a session of its own."""

import asyncio
from typing import Any

from autogen_core.tools import StaticWorkbench
from autogen_ext.tools.mcp import StdioServerParams, mcp_server_tools
from reader import SERVER, play


async def main() -> None:
    tools = await mcp_server_tools(StdioServerParams(**SERVER))
    workbench = StaticWorkbench(tools)

    async def call(name: str, arguments: dict[str, Any]) -> str:
        return (await workbench.call_tool(name, arguments)).to_text()

    default = StdioServerParams.model_fields["read_timeout_seconds"].default
    await play(call, "autogen-ext", converted={tool.name: "" for tool in tools}, gives_up=default)


asyncio.run(main())
