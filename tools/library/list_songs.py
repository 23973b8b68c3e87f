"""Find songs."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Literal

from pydantic import Field

from ...server.core.operation import Effect, Operation
from ..shapes import Shape, ToolResult


class ListedSong(Shape):
    """One order, on one line."""

    job_id: str = Field(description="Id of the order.")
    status: str = Field(description="State of the order.")
    title: str = Field(description="Title, or what was asked for.")
    operation: str = Field(description="The tool that made it.")
    created: str = Field(description="When, UTC.")
    cost: int | None = Field(None, description="Credits.")
    clips: list[str] | None = Field(None, description="Clip ids of its takes.")
    kept: bool | None = Field(None, description="True when the first of them is the take that the person keeps.")
    file: str | None = Field(None, description="Where the first take is saved.")
    missing: str | None = Field(None, description="Where its file was before it was moved or deleted.")
    url: str | None = Field(None, description="Link to it, where it is on another machine.")


class SongList(ToolResult):
    """What was found, newest first."""

    songs: list[ListedSong] = Field(description="Newest first.")
    total: int = Field(description="How many there are in all.")


class ListSongs(Operation):
    """List songs, newest first; the way back to anything made earlier.

    Each with title, tool, state, cost, time, job and clip ids, first file. Searches titles, ideas, styles and lyrics.
    Free and local. For lengths, other files and all else use get_song; to wait for one in progress use wait_for_song.
    """

    label: ClassVar[str] = "List songs"
    effect: ClassVar[Effect] = Effect.LOCAL
    result: ClassVar[type[SongList]] = SongList

    words: str | None = Field(
        None, max_length=200, description="Words that must all occur; case and accents do not matter."
    )
    state: Literal["queued", "sending", "running", "fetching", "done", "failed", "cancelled", "unknown"] | None = Field(
        None,
        description="Only orders in this state. What results call working or streaming is queued (not sent yet), "
        "sending, running or fetching here; unknown: see resolve_job.",
    )
    since: dt.date | None = Field(None, description="Only from this day on, YYYY-MM-DD, UTC.")
    until: dt.date | None = Field(None, description="Only up to this day.")
    everything: bool = Field(False, description="Also orders that made no audio, such as lyrics, tempo or personas.")
    limit: int = Field(10, ge=1, le=50, description="How many at most.")
    offset: int = Field(0, ge=0, description="How many to skip.")
