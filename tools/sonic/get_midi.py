"""The notes of a clip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ...server.core.foreign import link_of
from ...server.core.operation import Finish, Link, Outcome, Route
from ..composing import ClipPurchase
from ..shapes import Shape, SongResult, data_of, given, said

INSTRUMENTS = 64


class Instrument(Shape):
    """Who plays how much."""

    name: str = Field(description="The instrument.")
    notes: int = Field(description="How many notes it plays.")


class MidiResult(SongResult):
    """A MIDI file."""

    instruments: list[Instrument] | None = Field(None, description="What is in the file.")


class GetMidi(ClipPurchase):
    """Save the notes of a clip or stem as a MIDI file; returns note counts by instrument.

    1-3 min. Stems give cleaner notes than songs.
    """

    label: ClassVar[str] = "Get MIDI"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/midi")
    result: ClassVar[type[MidiResult]] = MidiResult
    finish: ClassVar[Finish] = Finish.ASK_AGAIN
    minutes: ClassVar[str] = "1-3 min"
    row: ClassVar[str] = "midi"
    price_note: ClassVar[str] = "1"
    contract: ClassVar[tuple[str, ...]] = ("midi",)
    what: ClassVar[str] = "MIDI"

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """The file, once a link stands where a sentence stood."""
        data = data_of(body)
        url = link_of(data.get("midi_url"))
        if url is None:
            # While it is being made, a sentence stands where the link will be.
            return Outcome(ready=False, waiting=said(data.get("midi_url"), 60) is not None)
        players = data.get("instruments")
        found = [_instrument(player) for player in players[:INSTRUMENTS]] if isinstance(players, list) else []
        return Outcome(given(instruments=[row for row in found if row] or None), (Link(self.clip_id, "midi", url),))


def _instrument(player: object) -> dict[str, object] | None:
    name = said(player.get("name"), 60) if isinstance(player, Mapping) else None
    notes = player.get("notes") if isinstance(player, Mapping) else None
    return {"name": name, "notes": len(notes)} if name and isinstance(notes, list) else None
