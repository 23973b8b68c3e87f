"""Bring a recording to the riffusion family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...server.core.operation import Facts, Finish, Outcome, Request, Route
from ..families import Uploading
from ..shapes import ID_LIMIT, data_of, said
from .base import RiffusionPurchase


class RiffusionUploadAudio(Uploading, RiffusionPurchase):
    """Deprecated, use upload_audio: bring in a recording by link for the other riffusion tools.

    1 min.
    """

    label: ClassVar[str] = "Riffusion: upload audio"
    route: ClassVar[Route] = Route("POST", "/api/v1/riffusion/upload")
    finish: ClassVar[Finish] = Finish.AT_ONCE
    row: ClassVar[str] = "riffusion_upload"
    price_note: ClassVar[str] = "2"
    contract: ClassVar[tuple[str, ...]] = ("riffusion_upload",)

    def request(self, facts: Facts) -> Request:
        """The link."""
        return self.post(url=self.link(facts))

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """A clip of the person's own."""
        clip_id = said(data_of(body).get("clip_id"), ID_LIMIT)
        return Outcome(ready=False) if clip_id is None else Outcome(uploaded=(clip_id,))
