"""A stretch of a riffusion song made anew."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Facts
from ..families import Words
from ..shapes import End, Start, span
from .base import Reworking


class RiffusionReplaceSection(Reworking):
    """Deprecated, use replace_section: make a stretch of a riffusion song or upload anew, two takes.

    How the stretch is named to the service is inferred, so it always asks first. 1 min.
    """

    label: ClassVar[str] = "Riffusion: replace section"
    version: ClassVar[str] = "edit"
    relation: ClassVar[str] = "replaces part of"
    task: ClassVar[tuple[str, str]] = ("replace_music", "replace_upload_music")
    contract: ClassVar[tuple[str, ...]] = ("riffusion_create/replace_music", "riffusion_replace_section")
    instead: ClassVar[str] = "Use replace_section on a song of create_song instead."
    asks_first: ClassVar[str] = (
        "The service no longer documents this tool: Songwright infers the field names `starts` and `ends` from the "
        "engine that followed. If the service does not know them, it may refuse, which is free, or make everything "
        "to the end of the song again, which costs the same."
    )

    lyrics: Words
    start_seconds: Start
    end_seconds: End = Field(description="Where it ends.")

    def check(self, facts: Facts) -> None:
        """The stretch."""
        super().check(facts)
        span(self.start_seconds, self.end_seconds, self.clip(facts))

    def more(self, facts: Facts) -> dict[str, object]:
        """The stretch."""
        start, end = span(self.start_seconds, self.end_seconds, self.clip(facts))
        return {"starts": start, "ends": end}

    def remarks(self, facts: Facts, seconds: float | None) -> tuple[str, ...]:
        """How sure the stretch is."""
        inferred = (
            "The field names `starts` and `ends` are inferred; listen whether more changed than "
            f"{self.start_seconds:g} to {self.end_seconds:g} seconds."
        )
        return (*super().remarks(facts, seconds), inferred)
