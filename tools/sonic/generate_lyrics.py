"""Lyrics from a description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Finish, Outcome, Request, Route
from ..composing import SonicPurchase
from ..shapes import LYRICS_LIMIT, SUBJECT_LIMIT, TITLE_LIMIT, Shape, SongResult, said, shorten, verse

VERSIONS = 4


class LyricsVersion(Shape):
    """One version."""

    title: str | None = Field(None, description="Its title.")
    lyrics: str = Field(description="The words, with section tags.")


class LyricsResult(SongResult):
    """Lyrics to choose from."""

    versions: list[LyricsVersion] | None = Field(None, description="The versions.")


class GenerateLyrics(SonicPurchase):
    """Let the service write lyrics in the idea's language; returns two versions.

    Writing them yourself is free and knows the person better; use this when they want the service's. create_song with
    `idea` writes and sings in one call. At once.
    """

    label: ClassVar[str] = "Generate lyrics"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/lyrics")
    result: ClassVar[type[LyricsResult]] = LyricsResult
    player: ClassVar[bool] = False
    finish: ClassVar[Finish] = Finish.AT_ONCE
    minutes: ClassVar[str] = "at once"
    row: ClassVar[str] = "lyrics"
    price_note: ClassVar[str] = "2"
    contract: ClassVar[tuple[str, ...]] = ("lyrics",)

    idea: str = Field(min_length=1, max_length=119, description="What they are about.")

    def request(self, facts: Facts) -> Request:
        """The description."""
        del facts
        return self.post(description=self.idea)

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """The versions that have words."""
        rows = body.get("results", body.get("data"))
        found = [_version(row) for row in rows[:VERSIONS]] if isinstance(rows, list) else []
        versions = [row for row in found if row]
        return Outcome({"versions": versions}, ready=bool(versions))

    def subject(self) -> str:
        """The description."""
        return shorten(self.idea, SUBJECT_LIMIT)


def _version(row: object) -> dict[str, str] | None:
    lyrics = verse(row.get("lyrics"), LYRICS_LIMIT) if isinstance(row, Mapping) else None
    if lyrics is None or not isinstance(row, Mapping):
        return None
    title = said(row.get("title"), TITLE_LIMIT)
    return {"lyrics": lyrics} | ({"title": title} if title else {})
