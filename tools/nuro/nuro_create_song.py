"""A song of the nuro family, with a voice."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ...server.core.operation import Checked, Facts
from ..shapes import SUBJECT_LIMIT, first_line, given, joined, shorten
from .base import NuroPurchase
from .words import SongGenre, SongMood, Timbre

SUFFIXED = ("Sweet", "Cute")
"""Timbres that the service spells with an ending nobody would say."""


class NuroCreateSong(NuroPurchase, Checked):
    """Sing own lyrics, Chinese or English, in one song of an exact length; WAV.

    1 min. Retired at aimusicapi.ai since mid-2026: use create_song there.
    """

    label: ClassVar[str] = "Nuro: create song"
    contract: ClassVar[tuple[str, ...]] = ("nuro_create/vocal", "nuro_create_vocal")
    instead: ClassVar[str] = "Use create_song instead; its seconds are aimed at, not exact."

    lyrics: str = Field(min_length=300, max_length=2000, description="To sing; [verse], [chorus] on own lines.")
    seconds: int | None = Field(None, ge=30, le=240, description="Length.")
    genre: SongGenre | None = Field(None, description="By the words when absent, like all below.")
    mood: SongMood | None = Field(None, description="Mood.")
    vocal_gender: Literal["female", "male"] | None = Field(None, description="Who sings.")
    timbre: Timbre | None = Field(None, description="The voice.")

    def asked(self) -> int | None:
        """As given."""
        return self.seconds

    def wanted(self, facts: Facts) -> dict[str, object]:
        """Words and choices."""
        del facts
        timbre = f"{self.timbre}_AUDIO_TIMBRE" if self.timbre in SUFFIXED else self.timbre
        gender = self.vocal_gender.capitalize() if self.vocal_gender else None
        return given(
            type="vocal",
            lyrics=self.lyrics,
            genre=self.genre,
            mood=self.mood,
            gender=gender,
            timbre=timbre,
            duration=self.seconds,
        )

    def sound(self) -> str:
        """The choices."""
        return joined(self.genre, self.mood, self.timbre)

    def subject(self) -> str:
        """The title, or the first line that is sung."""
        return self.title or shorten(first_line(self.lyrics) or self.label, SUBJECT_LIMIT)

    def search_words(self) -> str:
        """Everything the person said about it."""
        return " ".join(text for text in (self.title, self.sound(), self.lyrics) if text)
