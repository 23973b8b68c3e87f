"""Put a band behind a voice."""

from __future__ import annotations

from typing import ClassVar

from ...server.core.operation import Facts, Request
from ..composing import Overdub


class AddInstrumental(Overdub):
    """Put a band behind a recorded voice that upload_audio brought in the last 24 h; two takes.

    The result is voice and band in one. The service does not say whether it keeps the voice untouched or sings it
    again: to keep it, give closeness 1. Refused, free: older uploads (upload_audio again), songs made here
    (cover_song). To sing over a band use add_vocals. 1-2 min.
    """

    label: ClassVar[str] = "Add instrumental"
    contract: ClassVar[tuple[str, ...]] = ("create/add_instrumental",)
    version: ClassVar[str] = "with band"
    row: ClassVar[str] = "add_instrumental"
    price_note: ClassVar[str] = "10"

    def request(self, facts: Facts) -> Request:
        """What the band is like and where it plays."""
        return self.overdub(facts)

    def search_words(self) -> str:
        """Title and style."""
        return " ".join(text for text in (self.subject(), self.style) if text)
