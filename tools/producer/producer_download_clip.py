"""A producer song as MP3 or WAV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from ...server.core.foreign import link_of
from ...server.core.operation import Facts, Link, Outcome, Request, Route
from ..families import OnClip
from ..shapes import data_of
from .base import ProducerPurchase


class ProducerDownloadClip(ProducerPurchase, OnClip):
    """Save a producer song as MP3 or WAV beside its M4A.

    1 min.
    """

    label: ClassVar[str] = "Producer: download clip"
    route: ClassVar[Route] = Route("POST", "/api/v1/producer/download")
    hook: ClassVar[bool] = False
    player: ClassVar[bool] = False
    row: ClassVar[str] = "producer_download"
    price_note: ClassVar[str] = "2"
    contract: ClassVar[tuple[str, ...]] = ("producer_download",)
    instead: ClassVar[str] = "The M4A is in the library already; any audio program converts it."

    format: Literal["mp3", "wav"] = Field(description="Which one.")

    def request(self, facts: Facts) -> Request:
        """The clip and the format."""
        del facts
        return self.post(clip_id=self.clip_id, format=self.format)

    def finished(self, items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """The link to the file, under whichever name it comes."""
        if failed := [item for item in items if item.get("state") == "failed"]:
            return {"data": failed}
        names = (f"{self.format}_url", "file_url", "download_url", "url", "audio_url")
        links = [link for item in items for name in names if (link := link_of(item.get(name)))]
        return {"data": {"file_url": links[0]} if links else {}}

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """The link to the file."""
        url = link_of(data_of(body).get("file_url"))
        return Outcome(links=(Link(self.clip_id, self.format, url),) if url else ())

    @property
    def clip_of(self) -> str | None:
        """The clip."""
        return self.clip_id
