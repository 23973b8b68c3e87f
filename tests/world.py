"""One person's machine in a test: a real server over stdio, a real client, the sandbox as the service."""

from __future__ import annotations

import json
import os
import secrets
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import warm
from mcp import Client, StdioServerParameters
from mcp_types import ElicitRequestParams, ElicitResult, Implementation
from sandbox_process import SandboxProcess
from waiting import PATIENCE

PATIENT = Implementation(name="vscode", version="2")
"""A client that is known to wait for minutes, so that no test depends on how fast a song is made."""
CATALOGUE = """
[brands.{brand}]
hosts = ["127.0.0.1"]
gap = 0.02
schedule = {{ looks = [{first_look}], every = 0.1 }}
"""
"""The shipped catalogue with a loopback host as the brand, and with looks that do not wait for a real song."""

NOT_READY = {"type": "not_ready", "message": "task is not ready"}


class World:
    """Folders, key and environment of one person; `client()` starts a server and talks to it."""

    def __init__(self, service: SandboxProcess, folder: Path, brand: str = "aimusicapi") -> None:
        self.service = service
        self.key = f"key-{secrets.token_hex(6)}"
        self.folder = folder
        self.library = folder / "My Music"
        self.state = folder / "state"
        self.config = folder / "config"
        self.config.mkdir()
        self._brand = brand
        self.look_first_after(0.05)

    def look_first_after(self, seconds: float) -> None:
        """When servers started from now on look at an order for the first time."""
        (self.config / "catalogue.toml").write_text(CATALOGUE.format(brand=self._brand, first_look=seconds))

    def environment(self, **settings: object) -> dict[str, str]:
        """What the server's process sees."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SONGWRIGHT_")}
        own = {
            "API_KEY": self.key,
            "BASE_URL": self.service.base_url,
            "LIBRARY": str(self.library),
            "STATE_DIR": str(self.state),
            "CONFIG": str(self.config / "config.toml"),
            "WAIT_SECONDS": str(PATIENCE),
            **{name.upper(): str(value) for name, value in settings.items()},
        }
        given = {f"SONGWRIGHT_{name}": value for name, value in own.items()}
        return {**kept, "HOME": str(self.folder), warm.ASKED: "", **given}

    @asynccontextmanager
    async def client(
        self, *, agree: bool | None = None, mode: str = "auto", asked: list[str] | None = None, **settings: object
    ) -> AsyncIterator[Client]:
        """A connected client; with `agree` it can ask its person, who always says that."""

        async def answer(context: Any, params: ElicitRequestParams) -> ElicitResult:
            del context
            if asked is not None:
                asked.append(params.message)
            return ElicitResult(action="accept", content={"proceed": True}) if agree else ElicitResult(action="decline")

        environment = self.environment(**settings) | {warm.ASKED: str(self._pid_file())}
        place = StdioServerParameters(command=sys.executable, args=["-m", "songwright.server"], env=environment)
        asking = None if agree is None else answer
        async with Client(place, mode=mode, elicitation_callback=asking, client_info=PATIENT) as connected:
            yield connected

    def kill(self) -> None:
        """SIGKILL the newest server."""
        os.kill(int(self._pid_file().read_text()), signal.SIGKILL)

    def _pid_file(self) -> Path:
        return self.folder / "server.pid"

    def charges(self) -> list[dict[str, Any]]:
        """What the service has charged this person and not given back."""
        booked = self.service.books(self.key)["charges"]
        returned = {line["task_id"] for line in booked if line["credits"] < 0}
        return [line for line in booked if line["credits"] > 0 and line["task_id"] not in returned]

    def stays_in_work(self) -> None:
        """Whatever this person orders is not ready, however often it is looked at; until `may_end`."""
        self.fault("look", "answer", status=202, body=NOT_READY, times=None)

    def may_end(self) -> None:
        """What stayed in work is ready from now on, and what was held back goes on."""
        self.service.clear_faults()

    def end_leases(self) -> None:
        """What 90 seconds do to the leases of a process that is gone; a test need not wait for them."""
        with closing(sqlite3.connect(self.state / "journal.sqlite3", timeout=PATIENCE)) as connection, connection:
            connection.execute("UPDATE jobs SET lease_until = 1")

    def fault(self, operation: str, do: str, **more: Any) -> None:
        """Let the service misbehave towards this person."""
        self.service.fault(self.key, operation, do, **more)


def said(result: Any) -> dict[str, Any]:
    """What a model reads of a result: its one text block, which any structured content only repeats."""
    (block,) = result.content
    data: dict[str, Any] = json.loads(block.text)
    assert next(iter(data)) == "summary"
    assert result.structured_content in (None, data)
    return data
