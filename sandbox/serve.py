"""A sandbox process: it locks its state directory, takes a port, and serves until it is idle or told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from .app import app
from .connections import Line
from .endpoint_file import read_endpoint, serving_lock, write_endpoint
from .options import Options
from .version import version

_BACKLOG = 512
_KEEP_ALIVE_SECONDS = 75
_LAST_WORDS_SECONDS = 2


class InUse(Exception):
    """Another sandbox serves this state directory."""


def run(options: Options, *, ready: Callable[[Options], None] | None = None) -> None:
    """Serve until idle, stopped or interrupted; `ready` receives the options with the real port and token.

    Raises InUse when another process serves the same state directory, OSError when the asked port is taken.
    Prints nothing.
    """
    try:
        serving = serving_lock(options.folder).acquire(blocking=False)
    except TimeoutError:
        raise InUse(f"Another sandbox is already serving {options.state_dir}.") from None
    with serving, contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(options, ready))


async def _serve(options: Options, ready: Callable[[Options], None] | None) -> None:
    with _bind(options) as listener:
        port = listener.getsockname()[1]
        options = dataclasses.replace(options, port=port, token=options.token or secrets.token_hex(16))

        def stop() -> None:
            server.should_exit = True

        config = uvicorn.Config(
            app(options, stop=stop),
            http=Line,
            ws="none",
            lifespan="on",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_LAST_WORDS_SECONDS,
        )
        server = uvicorn.Server(config)
        write_endpoint(
            options.folder,
            {"pid": os.getpid(), "port": port, "host": options.host, "token": options.token, "version": version()},
        )
        if ready is not None:
            ready(options)
        await server.serve(sockets=[listener])


def _bind(options: Options) -> socket.socket:
    """A listening socket on the requested port; without one, on the port of the last run, else on any."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    wanted = [options.port] if options.port else [_last_port(options.folder), 0]
    for port in wanted:
        # asyncio turns off Nagle's algorithm only if the protocol is named; otherwise every answer waits 40 ms.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((options.host, port))
        except OSError:
            listener.close()
            if port == wanted[-1]:
                raise
        else:
            return listener
    raise AssertionError


def _last_port(folder: Path) -> int:
    """The port of the last run: jobs of a client remember the address, so it should stay the same."""
    port = read_endpoint(folder).get("port")
    return port if isinstance(port, int) else 0
