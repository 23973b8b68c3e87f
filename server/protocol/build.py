"""The MCP server over a wired Songwright: tools, prompts, resources, instructions."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

from mcp.server.request_state import RequestStateSecurity

from ... import tools
from ..app import program_version
from ..core.clock import Clock
from ..core.settings import Settings
from ..orders.caller import Caller
from . import apps, resources
from .tasks import Tasks
from .tools_server import JobBook, SongwrightServer

TASK_TTL_MS = 30 * 86_400_000
"""How long clients may keep a task; jobs themselves are never pruned."""
TASK_POLL_MS = 5_000

log = logging.getLogger(__name__)


class App(Protocol):
    """What is served: a Songwright for one person, or for many."""

    @property
    def settings(self) -> Settings:
        """How it runs."""
        ...

    @property
    def clock(self) -> Clock:
        """What time it is there."""
        ...

    @property
    def sandbox(self) -> bool:
        """Whether songs come from the offline service."""
        ...

    async def caller(self) -> Caller:
        """The caller of the current request. Raises `SongwrightError`."""
        ...

    def running(self) -> AbstractAsyncContextManager[Any]:
        """Work for as long as the block lasts."""
        ...


def build(app: App, state_keys: Sequence[bytes] | None = None) -> SongwrightServer:
    """The server; the runner runs for as long as it serves.

    `state_keys` seal the questions that a person is asked, so that every process that has them takes the answer.
    """
    for word in tools.strangers(app.settings.toolsets):
        log.warning("SONGWRIGHT_TOOLSETS names %r, which is not a toolset or a tool", word)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
        async with app.running():
            yield {}

    server = SongwrightServer(
        app.caller,
        tools.chosen(app.settings.toolsets),
        clock=app.clock,
        sandbox=app.sandbox,
        sandbox_notice=sandbox_notice(app) if app.sandbox else "",
        name="songwright",
        title="Songwright",
        version=program_version(),
        instructions=instructions(app),
        lifespan=lifespan,
        log_level=app.settings.log_level,
        request_state_security=RequestStateSecurity(keys=state_keys) if state_keys else None,
        extensions=[Tasks(JobBook(app.caller), ttl_ms=TASK_TTL_MS, poll_ms=TASK_POLL_MS), apps.extension()],
    )
    resources.add(server, app.caller)
    return server


def sandbox_notice(app: App) -> str:
    """What a client's first result says where songs come from the sandbox; a person may not know that there is more."""
    said = "This is the offline sandbox, a toy synthesizer; the AI Music API makes real songs with real voices. "
    if app.settings.offline:
        return f"{said}It was chosen here with SONGWRIGHT_OFFLINE or --offline. Tell the person once."
    return (
        f"{said}For these the person needs a key of the AI Music API, and stores it with `songwright install`. "
        "Tell them once."
    )


def instructions(app: App) -> str:
    """What an assistant should know before its first call; short, because some clients repeat it."""
    listed = set(tools.chosen(app.settings.toolsets))
    parts = ["Songwright makes songs, which cost credits."]
    if {"check_lyrics", "check_style"} <= listed:
        parts.append(
            "Write in drafts: a scene, a hook that turns, weak lines rewritten, a producer's brief; then check_lyrics "
            "and check_style once, free."
        )
    parts.append(
        "Show words, style and price, ask for a yes, then create_song. It takes 1-3 minutes: after working or "
        "streaming call wait_for_song until done. Two takes come: let the person compare, then change one thing. Never "
        "repeat a paid call because it was slow: the same call returns the same order. list_songs finds earlier songs."
    )
    if off := [name for name, members in tools.TOOLSETS.items() if not listed.intersection(members)]:
        parts.append(f"Toolsets that are off: {', '.join(off)} (SONGWRIGHT_TOOLSETS).")
    if app.sandbox:
        parts.append(
            "Songs come from the offline sandbox, a toy synthesizer, and cost play credits: without an API key, or "
            "because it was asked for."
        )
    return " ".join(parts)
