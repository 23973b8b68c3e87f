"""Make a new song from words."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field

from ...server.core.operation import Facts, Request, Route
from ..composing import CREATE, Composition, Idea, create
from ..shapes import (
    ID_LIMIT,
    SUBJECT_LIMIT,
    TITLE_LIMIT,
    Lyrics,
    ModelName,
    Seconds,
    Style,
    Weight,
    refuse,
    shorten,
)

RECIPE = (
    "style", "negative_style", "model", "style_weight", "weirdness", "persona_id", "vocal_gender", "instrumental",
)  # fmt: skip
"""What a recipe may keep: how a song sounds and who sings, but nothing of what it is about."""


class CreateSong(Composition):
    """Make a new song from words and style; returns two takes to choose from.

    Give `lyrics` (own words), or `idea` (the service writes them), or `instrumental` with a style or idea. Show lyrics
    to the person first, unless they leave the words to you. To rework a song use cover_song or extend_song.

    1-3 min. If it takes longer than the call may wait, the answer is `working` or `streaming` with a job_id for
    wait_for_song; the song is still made. Both takes, for one price, are saved to the library as MP3: clips[0] is take
    1, clips[1] take 2, each with clip_id, length and file; job_id names the whole order.

    For every tool: times are seconds from the start (1:52 is 112). The service chooses what is left out and has no
    default. A refusal, here or by the service, is free; a later failure is usually refunded, and the answer says so. A
    clip_id is of a take, stem or upload; one made elsewhere with the same key is tried too. Links: MP3 or WAV up to 8
    min (the service does not list other formats; try M4A).

    For every tool that costs: call it without `quote`. That is safe: what costs more than the person's limit (30
    credits unless set otherwise; only separate_stems full costs more), or has no known price, is not bought: the answer
    is needs_confirmation with price and `quote`; ask the person, then call again with that quote, else the same.
    Cheaper calls buy at once.

    If an answer was lost (connection, time-out), call wait_for_song or list_songs, or repeat the call with exactly the
    same arguments: that joins the order, or returns it for 10 minutes after it is done (a clip's file or measurement
    for ever), and never buys twice; `again` buys another once it is done. Changed arguments are a new purchase.
    """

    label: ClassVar[str] = "Create song"
    route: ClassVar[Route] = CREATE
    minutes: ClassVar[str] = "1-3 min"
    row: ClassVar[str] = "create"
    price_note: ClassVar[str] = "14; 10 with persona_id, or with own lyrics on v3.5 and v4"
    contract: ClassVar[tuple[str, ...]] = ("create/create_music", "create/persona_music")
    core: ClassVar[bool] = True

    lyrics: Lyrics | None = Field(None, description="Words to sing; tags like [Verse], [Outro] on own lines.")
    idea: Idea | None = Field(
        None, description="The service writes lyrics about this. At most 400 characters without style and title."
    )
    style: Style | None = Field(None, description="Genre, mood, instruments, voice, tempo; no artist names.")
    style_weight: Weight | None = Field(None, description="How close to the style; 1 closest.")
    seconds: Seconds | None = Field(None, description="Length to aim at; the service may miss it. Longer: extend_song.")
    persona_id: str | None = Field(None, max_length=ID_LIMIT, description="Voice from create_persona or create_voice.")
    model: ModelName | None = Field(
        None,
        description="sonic-v6 (default), sonic-v6-wild (more character), sonic-v6-mini (drafts). sonic-v5-5, sonic-v5, "
        "sonic-v4-5-plus, sonic-v4-5, sonic-v4, sonic-v3-5 are retired: taken, but rendered by v6. The last two take "
        "3000 characters of lyrics, 200 of style, no vocal_gender.",
    )

    recipe: str | None = Field(None, max_length=TITLE_LIMIT, description="From save_recipe; fills what is left out.")

    def completed(self, facts: Facts) -> tuple[Self, str | None]:
        """With what its recipe has and the call leaves out."""
        if self.recipe is None:
            return self, None
        given = {name for name in self.model_fields_set if getattr(self, name) is not None}
        # Words that are given are to be sung.
        given |= {"instrumental"} if self.lyrics else set()
        taken = {
            name: value for name, value in facts.recipe(self.recipe).items() if name in RECIPE and name not in given
        }
        told = ", ".join(f"{name} {shorten(str(value), SUBJECT_LIMIT)!r}" for name, value in taken.items())
        sentence = f"From the recipe {self.recipe.strip()!r}: {told or 'nothing, as the call gives all that it has'}."
        return self.model_copy(update={**taken, "recipe": None}), sentence

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
