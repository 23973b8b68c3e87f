"""Songwright's server over HTTP, dressed for the public conformance suites.

`python tests/conformance/fixture.py real|general|tasks` serves on a free loopback port and prints the address. `real`
is the server as people get it, offline. The suites ask most of their questions to tools of fixed names: `general` is
the same server with those beside its own, `tasks` is its tasks extension over tasks that live in memory.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from songwright.server.protocol.tools_server import SongwrightServer


def build(kind: str, folder: Path) -> SongwrightServer:
    """One of the servers; what it keeps is kept in the folder."""
    if kind == "tasks":
        from tasks_fixture import server

        return server()
    from songwright.server.app import Songwright
    from songwright.server.core.settings import Settings
    from songwright.server.protocol.build import build as build_real

    os.environ["SONGWRIGHT_CONFIG"] = str(folder / "config.toml")
    settings = Settings(
        offline=True, library=folder / "library", state_dir=folder / "state", sandbox_fast=True, log_level="ERROR"
    )
    app = Songwright(settings)
    if kind == "general":
        from general_fixture import server as dressed

        return dressed(app)
    return build_real(app)


def main() -> int:
    """Serve until the process is ended."""
    if len(sys.argv) != 2 or sys.argv[1] not in ("real", "general", "tasks"):
        print(__doc__, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listening:
        app = build(sys.argv[1], Path(folder)).streamable_http_app()
        print(f"http://127.0.0.1:{listening.getsockname()[1]}/mcp", flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listening])
    return 0


if __name__ == "__main__":
    sys.exit(main())
