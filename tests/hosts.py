"""A host of MCP Apps at a stage's server: what it announces, how it connects, what its calls are answered with."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client.extension import advertise
from mcp.client.streamable_http import streamable_http_client
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp
from mcp_types import CallToolResult
from stage import Stage

from songwright.server.protocol.build import build
from songwright.server.web import middleware

MIME = "text/html;profile=mcp-app"
UI = advertise("io.modelcontextprotocol/ui", {"mimeTypes": [MIME]})
WAYS = [(carrier, mode) for carrier in ("pipe", "http") for mode in ("auto", "legacy")]


@asynccontextmanager
async def host(stage: Stage, way: tuple[str, str] = ("pipe", "auto"), *, pages: Any = UI) -> AsyncIterator[Client]:
    """A host with pages, or with `pages=None` one without."""
    carrier, mode = way
    extensions = [] if pages is None else [pages]
    server = build(stage)
    if carrier == "pipe":
        async with Client(server, mode=mode, extensions=extensions, cache=None) as connected:
            await connected.list_tools()
            yield connected
        return
    server.streamable_http_app(stateless_http=True)
    endpoint = middleware.ConcurrencyLimit(middleware.Named(StreamableHTTPASGIApp(server.session_manager)))
    async with server.session_manager.run():
        carried = httpx2.AsyncClient(transport=httpx2.ASGITransport(endpoint), timeout=60)
        place = streamable_http_client("http://127.0.0.1:8000/mcp", http_client=carried)
        async with carried, Client(place, mode=mode, extensions=extensions, cache=None) as connected:
            await connected.list_tools()
            yield connected


def shown(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result
    assert result.structured_content is not None
    found: dict[str, Any] = result.structured_content
    return found


def refused(result: CallToolResult) -> dict[str, Any]:
    assert result.is_error
    assert result.structured_content is not None
    found: dict[str, Any] = result.structured_content
    assert found["status"] == "failed"
    return found


async def asked(client: Client, tool: str, **arguments: Any) -> CallToolResult:
    result = await client.call_tool(tool, arguments)
    assert isinstance(result, CallToolResult)
    return result


def told(result: CallToolResult) -> dict[str, Any]:
    """The answer as its one text says it."""
    (block,) = result.content
    data: dict[str, Any] = json.loads(block.text)  # type: ignore[union-attr]
    return data
