"""Sing a stretch of a song anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Request, Route, refuse_long
from ..composing import Styled
from ..shapes import SUBJECT_LIMIT, ClipId, End, Start, Title, first_line, shorten, span


class ReplaceSection(Styled):
    """Sing a stretch of a song again; returns two takes of the whole song.

    For a wrong word or line. Use seconds that the person gives as they are. Else get_lyrics_timeline tells them: begin
    a bar before the line, end a bar after it (four beats are 240 / BPM seconds: 2 s at 120 BPM), and take in
    neighbouring lines: 10 to 30 s work best. Only the stretch changes. Style and voice stay unless given. If more than
    a third is wrong, make a new song; to remake it all use cover_song. 1-3 min.
    """

    label: ClassVar[str] = "Replace section"
    version: ClassVar[str] = "new section"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/replace-section")
    minutes: ClassVar[str] = "1-3 min"
    row: ClassVar[str] = "replace_section"
    price_note: ClassVar[str] = "10; the join is part of it"
    contract: ClassVar[tuple[str, ...]] = ("replace_section",)

    clip_id: ClipId
    start_seconds: Start
    end_seconds: End
    lyrics: str = Field(
        min_length=1,
        max_length=3000,
        description="All words to be sung between start_seconds and end_seconds, those that stay too.",
    )
    song_lyrics: str | None = Field(
        None, max_length=5000, description="Lyrics of the whole song, for context. Default: known for songs made here."
    )
    title: Title | None = None
    whole_song: bool = Field(True, description="false returns the new stretch alone; same price.")

    def check(self, facts: Facts) -> None:
        """The stretch, and the words for it and around it."""
        self._stretch(facts)
        self.check_model(facts, self.lyrics)
        known = self.known_model(facts)
        refuse_long(self._context(facts), known.lyrics if known else None, "song_lyrics", " for this model")

    def _stretch(self, facts: Facts) -> tuple[float | None, float | None]:
        return span(self.start_seconds, self.end_seconds, facts.clip(self.clip_id))

    def _context(self, facts: Facts) -> str:
        """Where nothing is known of the song, the new words stand alone; the service takes that too."""
        known = facts.clip(self.clip_id)
        return self.song_lyrics or (known.lyrics if known else None) or self.lyrics

    def request(self, facts: Facts) -> Request:
        """The stretch, its words and those around it."""
        start, end = self._stretch(facts)
        return self.post(
            clip_id=self.clip_id,
            infill_start_s=start,
            infill_end_s=end,
            prompt=self._context(facts),
            infill_lyrics=self.lyrics,
            auto_concat=True if self.whole_song else None,
            title=self.title,
            **self.sound(facts),
        )

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The song."""
        return {"replaces part of": (self.clip_id,)}

    def subject(self) -> str:
        """The title, or the first of the new words."""
        return self.title or shorten(first_line(self.lyrics) or self.lyrics, SUBJECT_LIMIT)

    def search_words(self) -> str:
        """The new words."""
        return " ".join(text for text in (self.title, self.style, self.lyrics) if text)
