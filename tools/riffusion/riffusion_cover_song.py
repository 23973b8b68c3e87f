"""A riffusion song in another style."""

from __future__ import annotations

from typing import ClassVar

from .base import Reworking


class RiffusionCoverSong(Reworking):
    """Deprecated, use cover_song: remake a riffusion song or upload in another style, two takes.

    1 min.
    """

    label: ClassVar[str] = "Riffusion: cover song"
    contract: ClassVar[tuple[str, ...]] = ("riffusion_create/cover_music",)
    version: ClassVar[str] = "cover"
    relation: ClassVar[str] = "covers"
    task: ClassVar[tuple[str, str]] = ("cover_music", "cover_upload_music")
    instead: ClassVar[str] = "Use cover_song instead; it also takes a public link to a recording."
