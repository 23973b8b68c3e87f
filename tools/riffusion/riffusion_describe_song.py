"""A new song of the riffusion family, from a description."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Request
from ..shapes import SUBJECT_LIMIT, shorten
from .base import Composing


class RiffusionDescribeSong(Composing):
    """Deprecated, use create_song with an idea: a song whose words the service writes, two takes, M4A.

    1 min.
    """

    label: ClassVar[str] = "Riffusion: describe song"
    contract: ClassVar[tuple[str, ...]] = ("riffusion_create/create_music",)
    instead: ClassVar[str] = "Use create_song with an idea instead."

    idea: str = Field(description="What it is about and how it sounds.")

    def request(self, facts: Facts) -> Request:
        """The description alone."""
        return self.compose(facts, custom=False, prompt=self.idea)

    def subject(self) -> str:
        """The description."""
        return shorten(self.idea, SUBJECT_LIMIT)

    def search_words(self) -> str:
        """All of it."""
        return self.idea
