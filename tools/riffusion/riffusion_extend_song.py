"""Continue a riffusion song."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Facts
from ..families import Words
from ..shapes import refuse, within
from .base import Reworking


class RiffusionExtendSong(Reworking):
    """Deprecated, use extend_song: continue a riffusion song or upload, two takes.

    1 min.
    """

    label: ClassVar[str] = "Riffusion: extend song"
    contract: ClassVar[tuple[str, ...]] = ("riffusion_create/extend_music",)
    version: ClassVar[str] = "extended"
    relation: ClassVar[str] = "extends"
    task: ClassVar[tuple[str, str]] = ("extend_music", "extend_upload_music")
    instead: ClassVar[str] = "Use extend_song instead; it also takes a public link to a recording."

    lyrics: Words
    continue_at: int | None = Field(None, ge=0, description="Second to go on from. Default: the end, where known.")

    def check(self, facts: Facts) -> None:
        """Where it goes on."""
        super().check(facts)
        self._continue_at(facts)

    def _continue_at(self, facts: Facts) -> int:
        """A whole number of seconds, as the service wants it, and never behind the clip's end."""
        known = self.clip(facts)
        if self.continue_at is not None:
            return int(within(self.continue_at, known, "continue_at"))
        if known is None or known.seconds is None:
            refuse("continue_at is needed: the length of this clip is not known here.", "continue_at")
        return int(known.seconds)

    def more(self, facts: Facts) -> dict[str, object]:
        """Where it goes on."""
        return {"continue_at": self._continue_at(facts)}
