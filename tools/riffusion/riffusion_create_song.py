"""A new song of the riffusion family, from own words."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from ...server.core.operation import Facts, Request
from ..families import Sung
from ..shapes import refuse
from .base import Composing


class RiffusionCreateSong(Sung, Composing):
    """Deprecated, use create_song: a song from own lyrics and a style, two takes, M4A.

    1 min.
    """

    label: ClassVar[str] = "Riffusion: create song"
    contract: ClassVar[tuple[str, ...]] = ("riffusion_create/create_music",)
    instead: ClassVar[str] = "Use create_song instead."

    instrumental: bool = Field(False, description="No voice.")

    @model_validator(mode="after")
    def _words_or_none(self) -> Self:
        if not self.lyrics and not self.instrumental:
            refuse("Give lyrics, or instrumental.", "lyrics")
        if self.lyrics and self.instrumental:
            refuse("An instrumental has no lyrics; leave out lyrics or instrumental.", "lyrics")
        if not self.lyrics and not self.style:
            refuse("Give a style: there are no words to go by.", "style")
        return self

    def request(self, facts: Facts) -> Request:
        """Words and sound."""
        return self.compose(
            facts,
            custom=True,
            make_instrumental=self.instrumental,
            lyrics=self.lyrics,
            sound=self.style,
            title=self.title,
        )
