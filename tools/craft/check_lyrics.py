"""Check lyrics before they are paid for."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, field_validator

from ...server.core.operation import Effect, Operation
from ..shapes import Seconds, refuse
from .shapes import Bpm, CheckedModel, Genre, Kind, Language, Metre, RangeResult, ReportResult

LONGEST_TEXT = 20_000
"""Characters: four times what a song takes, so that a text too long is told how much to cut."""


class LyricsReport(ReportResult):
    """What was found in lyrics, and how they were understood."""

    estimate: RangeResult | None = Field(None, description="Seconds they will probably take.")
    language: str | None = Field(None, description="Language they were judged in.")
    words: int = Field(description="Sung words.")
    chars: int = Field(description="Characters, tags included.")
    sections: list[str] | None = Field(
        None, description="Each section: syllables of its lines, end rhymes where they can be judged."
    )
    recognised: list[str] | None = Field(
        None, description="What the text came as, where it is no clean lyric: chord sheet, chat answer, subtitles."
    )
    clean_lyrics: str | None = Field(
        None, description="The whole text with every repair made, to pass on instead. Absent when nothing would change."
    )
    cliches: list[str] | None = Field(None, description="Overused words met.")


class CheckLyrics(Operation):
    """Check lyrics before paying: limits, tags, what would be sung wrongly, words that get refused, length; not taste.

    Pasted text too (chord sheets, subtitles, web pages, chat answers): clean_lyrics is the song in it. Returns findings
    (create_song refuses a stop unless `force`; weigh a warn) with fixes, syllables per line, expected seconds. Free.
    The sound: check_style.
    """

    label: ClassVar[str] = "Check lyrics"
    effect: ClassVar[Effect] = Effect.LOCAL
    result: ClassVar[type[LyricsReport]] = LyricsReport

    lyrics: str = Field(max_length=LONGEST_TEXT, description="The words with section tags.")
    kind: Kind = "song"
    genre: Genre | None = None
    language: Language | None = None
    seconds: Seconds | None = None
    bpm: Bpm | None = None
    metre: Metre | None = None
    title: str | None = Field(None, max_length=200, description="To see whether a word of it is sung.")
    names: tuple[str, ...] | None = Field(
        None, max_length=50, description='Names and how they sound, such as ["Siobhan: shi-VAWN"].'
    )
    reference: str | None = Field(
        None, max_length=LONGEST_TEXT, description="Original of an adaptation, to match line by line."
    )
    model: CheckedModel | None = None

    @field_validator("names")
    @classmethod
    def _name_and_sound(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Pairs as text: a map of names is what strict function schemas cannot express."""
        if any(not all(part.strip() for part in pair.partition(":")[::2]) for pair in value or ()):
            refuse('names takes "Name: how it sounds".', "names")
        return value

    def sounds(self) -> dict[str, str]:
        """How each name sounds."""
        pairs = (pair.partition(":") for pair in self.names or ())
        return {name.strip(): sound.strip() for name, _, sound in pairs}
