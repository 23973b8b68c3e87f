"""Another band under the same voice."""

from __future__ import annotations

from typing import ClassVar

from .base import Reworking


class RiffusionSwapSound(Reworking):
    """Deprecated, use cover_song: a new band, as in `style`, under the voice of a riffusion song or upload.

    1 min.
    """

    label: ClassVar[str] = "Riffusion: swap sound"
    contract: ClassVar[tuple[str, ...]] = ("riffusion_create/swap_music_sound",)
    version: ClassVar[str] = "new band"
    relation: ClassVar[str] = "new band for"
    task: ClassVar[tuple[str, str]] = ("swap_music_sound", "swap_upload_music_sound")
    instead: ClassVar[str] = "Use cover_song, or add_instrumental on an uploaded voice, instead."
