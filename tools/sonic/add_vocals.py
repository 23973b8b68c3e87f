"""Sing over an instrumental."""

from __future__ import annotations

from typing import ClassVar

from ...server.core.operation import Facts, Request
from ..composing import Overdub, Styled
from ..shapes import Lyrics


class AddVocals(Overdub, Styled):
    """Sing over an instrumental recording that upload_audio brought in the last 24 h; two takes.

    The result is voice and band in one. The service does not say whether it keeps the recording untouched or plays it
    again: to keep it, give closeness 1. Refused, free: older uploads (upload_audio again), songs made here (cover_song
    with lyrics). For a band behind a voice use add_instrumental. 1-2 min.
    """

    label: ClassVar[str] = "Add vocals"
    contract: ClassVar[tuple[str, ...]] = ("create/add_vocals",)
    version: ClassVar[str] = "with vocals"
    row: ClassVar[str] = "add_vocals"
    price_note: ClassVar[str] = "10"

    lyrics: Lyrics

    def check(self, facts: Facts) -> None:
        """The recording, then the words."""
        super().check(facts)
        self.check_model(facts, self.lyrics)

    def request(self, facts: Facts) -> Request:
        """The words and where they are sung."""
        return self.overdub(facts, prompt=self.lyrics)

    def search_words(self) -> str:
        """The words."""
        return " ".join(text for text in (self.subject(), self.style, self.lyrics) if text)
