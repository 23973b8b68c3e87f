"""Make a new song from words."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.operation import Facts, Request, Route
from ..composing import CREATE, Composition, create
from ..shapes import ID_LIMIT, Seconds, refuse


class CreateSong(Composition):
    """Make a new song, two takes to choose from.

    Give `lyrics` (own words), or `idea`, or `instrumental` with a style. Agree on lyrics with the person first: each
    song costs credits. 1-3 min: the call waits, then hands out a job_id for wait_for_song. Finished takes are saved
    to the library. To rework a song use cover_song or extend_song.
    """

    label: ClassVar[str] = "Create song"
    route: ClassVar[Route] = CREATE
    minutes: ClassVar[str] = "1-3 min"
    row: ClassVar[str] = "create"
    price_note: ClassVar[str] = "14; 10 with persona_id, or with own lyrics on v3.5 and v4"
    contract: ClassVar[tuple[str, ...]] = ("create",)
    core: ClassVar[bool] = True

    seconds: Seconds | None = None
    persona_id: str | None = Field(None, max_length=ID_LIMIT, description="Voice from create_persona or create_voice.")

    def check(self, facts: Facts) -> None:
        """A song from nothing needs to know at least what it should sound like."""
        if self.instrumental and not self.style and not self.idea:
            refuse("An instrumental needs a style or an idea.", "style")
        super().check(facts)

    def price(self, facts: Facts) -> int | None:
        """By persona, and by model where the words are the person's own."""
        return facts.price("persona_song") if self.persona_id else super().price(facts)

    def request(self, facts: Facts) -> Request:
        """The body for the mode that the arguments ask for."""
        task_type = "persona_music" if self.persona_id else "create_music"
        return create(task_type, **self.mode(facts), duration=self.seconds, persona_id=self.persona_id)
