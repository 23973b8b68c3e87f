"""Bring a recording to the riffusion family."""

from __future__ import annotations

from typing import ClassVar

from ...server.core.operation import Facts, Finish, Request, Route
from ..families import Uploading
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
