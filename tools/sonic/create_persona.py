"""A singer taken from a clip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Finish, Outcome, Request, Route
from ..composing import SonicPurchase
from ..shapes import ID_LIMIT, STYLE_LIMIT, VOICE_STRETCH, ClipId, End, PersonaResult, Start, data_of, given, said, span


class CreatePersona(SonicPurchase):
    """Turn the voice of a clip into a persona; returns a persona_id, which only create_song takes.

    Works from the clip alone; get_vox before it is for clips where the voice is not clear. From a bare recording of a
    voice use create_voice. To find the id again use list_songs with `everything`, then get_song. At once.
    """

    label: ClassVar[str] = "Create persona"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/persona")
    result: ClassVar[type[PersonaResult]] = PersonaResult
    player: ClassVar[bool] = False
    finish: ClassVar[Finish] = Finish.AT_ONCE
    minutes: ClassVar[str] = "at once"
    row: ClassVar[str] = "persona"
    price_note: ClassVar[str] = "1"
    contract: ClassVar[tuple[str, ...]] = ("persona",)

    name: str = Field(min_length=1, max_length=79, description="What to call it.")
    clip_id: ClipId = Field(description="Song or upload with the voice.")
    describe: str | None = Field(None, max_length=199, description="What the voice is like.")
    style: str | None = Field(None, max_length=STYLE_LIMIT, description="Styles it suits.")
    vox_audio_id: str | None = Field(None, max_length=ID_LIMIT, description="From get_vox; pass its seconds too.")
    start_seconds: Start | None = Field(None, description="Where the voice is heard; both or neither, up to 30 s.")
    end_seconds: End | None = None

    def check(self, facts: Facts) -> None:
        """The stretch with the voice: whole, inside the clip, at most 30 seconds."""
        self._stretch(facts)

    def _stretch(self, facts: Facts) -> tuple[float | None, float | None]:
        return span(self.start_seconds, self.end_seconds, facts.clip(self.clip_id), VOICE_STRETCH)

    def request(self, facts: Facts) -> Request:
        """Name, clip and what is known of the voice."""
        start, end = self._stretch(facts)
        return self.post(
            name=self.name,
            clip_id=self.clip_id,
            describe=self.describe,
            styles=self.style,
            vox_audio_id=self.vox_audio_id,
            vocal_start_s=start,
            vocal_end_s=end,
        )

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """The persona's id."""
        persona_id = said(data_of(body).get("persona_id"), ID_LIMIT)
        return Outcome(given(persona_id=persona_id, name=self.name), ready=persona_id is not None)

    def subject(self) -> str:
        """The name."""
        return f"persona {self.name}"

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The clip with the voice."""
        return {"voice of": (self.clip_id,)}
