"""Finds songs again and shows them as an assistant reads them: one page, one line per order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..core.jobs import Account
from ..core.threads import SEARCH, in_lane, in_thread
from ..core.written import moment
from ..journal.read import SEARCHED, Listed
from ..journal.write import DAY, Journal
from .envelope import fitting
from .results import Result, Results

if TYPE_CHECKING:
    from ...tools.library.list_songs import ListSongs


async def found(journal: Journal, account: Account, results: Results, asked: ListSongs) -> Result:
    """The page that `list_songs` asked for."""
    page = await in_lane(
        SEARCH, account.tenant, journal.search, account, words=asked.words or "", state=asked.state or "",
        since=_midnight(asked.since) if asked.since else 0.0,
        until=_midnight(asked.until) + DAY if asked.until else 1e12,
        songs=not asked.everything, limit=asked.limit, offset=asked.offset,
    )  # fmt: skip
    songs = fitting(await in_thread(_lines, results, page.songs))
    data: dict[str, Any] = {"songs": songs, "total": page.total}
    if songs and asked.offset + len(songs) < page.total:
        data["next"] = f"Call list_songs with offset {asked.offset + len(songs)} for more."
    elif page.cut:
        data["next"] = f"The newest {SEARCHED} orders were searched; `until` an earlier day searches older ones."
    if any("missing" in song for song in songs):
        data["notice"] = "A missing file was moved or deleted; get_song looks for it, free."
    if account.sandbox:
        data["sandbox"] = True
    return Result(data, f"{len(songs)} of {page.total} songs.")


async def newest(journal: Journal, account: Account, results: Results, limit: int) -> Result:
    """The newest orders of all kinds, without searching."""
    page = await in_lane(
        SEARCH, account.tenant, journal.search, account, words="", state="", since=0.0, until=1e12, songs=False,
        limit=limit,
    )  # fmt: skip
    data: dict[str, Any] = {"songs": await in_thread(_lines, results, page.songs), "total": page.total}
    return Result(data, f"{page.total} orders.")


def _lines(results: Results, songs: Sequence[Listed]) -> list[dict[str, Any]]:
    """Blocks: it looks whether the files are there."""
    return [_line(results, song) for song in songs]


def _line(results: Results, song: Listed) -> dict[str, Any]:
    row: dict[str, Any] = {
        "job_id": song.job_id,
        "status": song.state,
        "title": song.title,
        "operation": song.operation,
        "created": moment(song.created_at),
    }
    if song.cost is not None:
        row["cost"] = song.cost
    if song.clips:
        row["clips"] = list(song.clips)
    if song.kept:
        row["kept"] = True
    if song.audio is not None:
        row |= results.found(song.audio)
    return row


def _midnight(day: dt.date) -> float:
    return dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()
