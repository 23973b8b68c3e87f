"""Another voice over the same band."""

from __future__ import annotations

from typing import ClassVar

from .base import Swapping


class ProducerSwapVocals(Swapping):
    """Sing a producer song or upload with a new voice over the same band.

    1 min. `style` says what the voice is like.
    """

    label: ClassVar[str] = "Producer: swap vocals"
    contract: ClassVar[tuple[str, ...]] = ("producer_create/swap_music_vocals",)
    version: ClassVar[str] = "new voice"
    relation: ClassVar[str] = "new vocals for"
    task_type: ClassVar[str] = "swap_music_vocals"
    instead: ClassVar[str] = "Use cover_song, or add_vocals on an uploaded instrumental, instead."
