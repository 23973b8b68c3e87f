"""Another band under the same voice."""

from __future__ import annotations

from typing import ClassVar

from .base import Swapping


class ProducerSwapInstrumental(Swapping):
    """Put a new band under the voice of a producer song or upload.

    1 min. `style` says what the band is like.
    """

    label: ClassVar[str] = "Producer: swap instrumental"
    contract: ClassVar[tuple[str, ...]] = ("producer_create/swap_music_sound",)
    version: ClassVar[str] = "new band"
    relation: ClassVar[str] = "new band for"
    task_type: ClassVar[str] = "swap_music_sound"
    instead: ClassVar[str] = "Use cover_song, or add_instrumental on an uploaded voice, instead."
