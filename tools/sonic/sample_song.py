"""A new song around a stretch of audio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Request, Route
from ..composing import Composition, FromSource, ShortIdea
from ..shapes import SHORT_DESCRIPTION_LIMIT, Closeness, End, ShortLyrics, Source, Start, check_source, is_link, span


class SampleSong(Composition, FromSource):
    """Make a new song out of a hummed tune, a loop or a stretch of a clip; two takes.

    Give one of `lyrics`, `idea`, `instrumental`, else it is refused, free. Style and voice follow the source unless
    given. To remake a finished song in another style use cover_song, to continue it extend_song. 1-3 min.
    """

    label: ClassVar[str] = "Sample song"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/sample")
    timeout: ClassVar[float] = 120.0
    minutes: ClassVar[str] = "1-3 min"
    row: ClassVar[str] = "sample"
    price_note: ClassVar[str] = "14; 10 with own lyrics on v3.5 and v4"
    contract: ClassVar[tuple[str, ...]] = ("sample",)
    idea_limit: ClassVar[int] = SHORT_DESCRIPTION_LIMIT

    source: Source
    start_seconds: Start = Field(description="Where the stretch begins; 0 for the start of a recording.")
    end_seconds: End = Field(
        description="Where it ends, best 6 to 60 s later; for a whole recording its length (unknown: ask, or stay "
        "safely inside, such as 10). Past the end: refused, free, where the length is known here."
    )
    closeness: Closeness | None = None
    lyrics: ShortLyrics | None = None
    idea: ShortIdea | None = None

    @property
    def brief_only(self) -> bool:
        """This path takes no brief beside a style."""
        return True

    def check(self, facts: Facts) -> None:
        """The source, the stretch, the words."""
        check_source(self.source)
        self._stretch(facts)
        super().check(facts)

    def _stretch(self, facts: Facts) -> tuple[float | None, float | None]:
        known = None if is_link(self.source) else facts.clip(self.source)
        return span(self.start_seconds, self.end_seconds, known)

    def request(self, facts: Facts) -> Request:
        """The stretch, by link or by clip."""
        start, end = self._stretch(facts)
        return self.post(
            **{"url" if is_link(self.source) else "sample_clip_id": self.source},
            chop_sample_start_s=start,
            chop_sample_end_s=end,
            audio_weight=self.closeness,
            **self.mode(facts),
        )

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The clip; what a link is uploaded as gets its id only later."""
        return {} if is_link(self.source) else {"samples": (self.source,)}
