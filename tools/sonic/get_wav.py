"""A clip as WAV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...server.core.foreign import link_of
from ...server.core.operation import Link, Outcome, Route
from ..composing import ClipPurchase
from ..shapes import data_of


class GetWav(ClipPurchase):
    """Save one clip or stem as a WAV file.

    For several formats, or when this finds none, use download_clip. At once.
    """

    label: ClassVar[str] = "Get WAV"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/wav")
    minutes: ClassVar[str] = "at once"
    row: ClassVar[str] = "wav"
    price_note: ClassVar[str] = "1"
    contract: ClassVar[tuple[str, ...]] = ("wav",)
    what: ClassVar[str] = "WAV"

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """The link to the file."""
        url = link_of(data_of(body).get("wav_url"))
        return Outcome(ready=False) if url is None else Outcome(links=(Link(self.clip_id, "wav", url),))
