"""The tools of toolset studio: what people do with a finished song. Free; the work is done on this machine."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING

from ...core.operation import Operation
from .. import albums
from ..caller import Call
from ..results import Result
from ..workshop import Stopped, Work

if TYPE_CHECKING:
    from ....tools.studio.make_album import MakeAlbum


async def made(call: Call, asked: Operation, what: str, make: Callable[[Work[Result]], Result]) -> Result:
    """The result of long work, or how far it is when the caller would not wait any longer.

    The work goes on by itself; the same call again joins it, or returns what it has made.
    """
    caller, talk = call.caller, call.talk
    until = call.started + talk.patience(caller.limits.wait_seconds)
    key = f"{asked.tool_name()} {asked.model_dump_json()}"
    work = await caller.runner.workshop.work(caller.account.tenant, key, what, make, talk, until)
    if work.future.done():
        with suppress(Stopped, CancelledError):  # this server is ending; another one begins anew
            return work.future.result()
    return Result(
        {"status": "working", "next": f"{asked.tool_name()} again, with the same arguments: it returns the result."},
        f"{what[:1].upper()}{what[1:]} is being made, {work.share:.0%} so far. It goes on by itself.",
    )


async def make_album(call: Call, asked: MakeAlbum) -> Result:
    """Tags and a playlist, from what is known here."""
    return await albums.made(call, asked)
