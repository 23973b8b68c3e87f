"""Bring a recording to the service."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Finish, Request, Route
from ..composing import SonicPurchase
from ..families import Uploading
from ..shapes import LINK_LIMIT


class UploadAudio(Uploading, SonicPurchase):
    """Bring in a recording by link; its clip can get vocals, a band, stems, a persona.

    Returns its clip_id, not its length. Needed for add_vocals, add_instrumental and the tools that take only clip ids;
    extend_song, cover_song and sample_song take links themselves. Own or free recordings up to 8 min; known releases
    are refused. 20 s.
    """

    label: ClassVar[str] = "Upload audio"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/upload")
    finish: ClassVar[Finish] = Finish.AT_ONCE
    minutes: ClassVar[str] = "20 s"
    row: ClassVar[str] = "upload"
    instead: ClassVar[str] = ""
    contract: ClassVar[tuple[str, ...]] = ("upload",)

    source: str = Field(
        max_length=LINK_LIMIT,
        description="Public https link straight to the audio file. Local files must be put online first.",
    )

    def request(self, facts: Facts) -> Request:
        """The link."""
        return self.post(url=self.link(facts))
