"""The voice of a clip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ...server.core.foreign import number
from ...server.core.operation import Facts, Outcome, Request, Route
from ..composing import ClipPurchase
from ..shapes import ID_LIMIT, VOICE_STRETCH, End, SongResult, Start, data_of, given, said, span


class VoxResult(SongResult):
    """A voice that was taken out."""

    vox_audio_id: str | None = Field(None, description="Id for `vox_audio_id` of create_persona.")
    start_seconds: float | None = Field(None, description="Where the stretch begins; pass it to create_persona.")
    end_seconds: float | None = Field(None, description="Where it ends; pass it to create_persona.")


class GetVox(ClipPurchase):
    """Take the voice out of a clip's stretch of under 30 s; returns a vox_audio_id for create_persona.

    Worth it before create_persona when band or other voices are loud, or one stretch has the clearest voice; else skip
    it. To save the voice as a file use separate_stems. Best within 24 h after the clip was made; later it may be
    refused, free. At once.
    """

    label: ClassVar[str] = "Get voice"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/vox")
    result: ClassVar[type[VoxResult]] = VoxResult
    minutes: ClassVar[str] = "at once"
    row: ClassVar[str] = "vox"
    price_note: ClassVar[str] = "1"
    contract: ClassVar[tuple[str, ...]] = ("vox",)
    what: ClassVar[str] = "voice"

    start_seconds: Start | None = Field(None, description="Where the stretch begins; both or neither.")
    end_seconds: End | None = None

    def check(self, facts: Facts) -> None:
        """The stretch: whole, inside the clip, less than 30 seconds."""
        self._stretch(facts)

    def _stretch(self, facts: Facts) -> tuple[float | None, float | None]:
        return span(self.start_seconds, self.end_seconds, facts.clip(self.clip_id), below=VOICE_STRETCH)

    def request(self, facts: Facts) -> Request:
        """The clip and the stretch."""
        start, end = self._stretch(facts)
        return self.post(clip_id=self.clip_id, vocal_start_s=start, vocal_end_s=end)

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """The voice's id and the stretch it is from."""
        data = data_of(body)
        vox_audio_id = said(data.get("vox_audio_id"), ID_LIMIT)
        return Outcome(
            given(
                vox_audio_id=vox_audio_id,
                start_seconds=number(data.get("vocal_start_s")),
                end_seconds=number(data.get("vocal_end_s")),
                notice=None if vox_audio_id else "The service found no voice to take out.",
            ),
            ready="vox_audio_id" in data,
        )
