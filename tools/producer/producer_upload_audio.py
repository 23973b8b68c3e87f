"""Bring a recording to the producer family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ...server.core.operation import Facts, Outcome, Request, Route
from ..families import Uploading
from ..shapes import ID_LIMIT, data_of, said
from .base import ProducerPurchase


class ProducerUploadAudio(Uploading, ProducerPurchase):
    """Bring in a recording by link, up to 8 min, for the producer tools; for others upload_audio.

    1 min.
    """

    label: ClassVar[str] = "Producer: upload audio"
    route: ClassVar[Route] = Route("POST", "/api/v1/producer/upload")
    hook: ClassVar[bool] = False
    row: ClassVar[str] = "producer_upload"
    price_note: ClassVar[str] = "2"
    contract: ClassVar[tuple[str, ...]] = ("producer_upload",)

    def request(self, facts: Facts) -> Request:
        """The link."""
        return self.post(audio_url=self.link(facts))

    def finished(self, items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """The clip's id; its audio is on the person's own side already."""
        if failed := [item for item in items if item.get("state") == "failed"]:
            return {"data": failed}
        done = [item for item in items if item.get("state") not in ("pending", "running")]
        clip_id = next((found for item in done if (found := said(item.get("clip_id"), ID_LIMIT))), None)
        return {"data": {"uploaded": clip_id} if clip_id else {}}

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """A clip of the person's own."""
        clip_id = said(data_of(body).get("uploaded"), ID_LIMIT)
        return Outcome(uploaded=(clip_id,) if clip_id else ())
