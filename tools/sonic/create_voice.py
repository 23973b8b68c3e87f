"""A singer taken from a recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Outcome, Request, Route
from ..composing import SonicPurchase
from ..shapes import ID_LIMIT, LINK_LIMIT, PersonaResult, check_link, data_of, given, said


class CreateVoice(SonicPurchase):
    """Turn a recording of a voice into a singer; returns a persona_id, which only create_song takes.

    For the person's own voice, or one whose owner agreed. The service names it. To find the id again use list_songs
    with `everything`, then get_song. From a song's voice use create_persona. 1 min.
    """

    label: ClassVar[str] = "Create voice"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/create-voice")
    result: ClassVar[type[PersonaResult]] = PersonaResult
    player: ClassVar[bool] = False
    timeout: ClassVar[float] = 120.0
    minutes: ClassVar[str] = "1 min"
    row: ClassVar[str] = "voice"
    price_note: ClassVar[str] = "4"
    contract: ClassVar[tuple[str, ...]] = ("create_voice",)

    source: str = Field(
        max_length=LINK_LIMIT,
        description="Public https link to MP3 or WAV: one clear voice, over 10 s, no music. Sung or spoken: the "
        "service does not say; sung is the safer choice.",
    )

    def check(self, facts: Facts) -> None:
        """A link that the service can fetch."""
        del facts
        check_link(self.source)

    def request(self, facts: Facts) -> Request:
        """The link."""
        del facts
        return self.post(audio_url=self.source)

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """The voice's id, and the name that the service gave it."""
        voice = data_of(body)
        persona_id = said(voice.get("persona_id"), ID_LIMIT)
        notice = None if persona_id else "The service made a voice but gave no id for it."
        return Outcome(given(persona_id=persona_id, name=said(voice.get("name"), 80), notice=notice))
