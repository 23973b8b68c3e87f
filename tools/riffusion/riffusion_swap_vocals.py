"""Another voice over the same band."""

from __future__ import annotations

from typing import ClassVar

from .base import Reworking


class RiffusionSwapVocals(Reworking):
    """Deprecated, use cover_song: a new voice, as in `style`, over the band of a riffusion song or upload.

    1 min.
    """

    label: ClassVar[str] = "Riffusion: swap vocals"
    contract: ClassVar[tuple[str, ...]] = ("riffusion_create/swap_music_vocals",)
    version: ClassVar[str] = "new voice"
    relation: ClassVar[str] = "new vocals for"
    task: ClassVar[tuple[str, str]] = ("swap_music_vocals", "swap_upload_music_vocals")
    instead: ClassVar[str] = "Use cover_song, or add_vocals on an uploaded instrumental, instead."
