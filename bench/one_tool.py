"""The reference for start.py: the smallest server on the same SDK."""

from __future__ import annotations

from mcp.server import MCPServer

server = MCPServer("one", log_level="ERROR")


@server.tool()
def greet(name: str) -> str:
    """Says hello."""
    return f"Hello, {name}!"


if __name__ == "__main__":
    server.run()
