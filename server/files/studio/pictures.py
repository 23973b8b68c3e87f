"""Covers come with foreign files: which of them are opened."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

_KINDS: Final = ("JPEG", "PNG", "WEBP")
"""Kinds of pictures that songs have. A foreign file may be of others, and Pillow starts Ghostscript for some."""
_MOST_PIXELS: Final = 50_000_000


def opened(data: bytes, about: int | None = None) -> Image | None:
    """The picture in RGB; None when it is none, or too large to open. Blocks.

    Where it is wanted with `about` so many pixels a side, a JPEG may come smaller, which is quicker.
    """
    from PIL import Image

    try:
        with Image.open(BytesIO(data), formats=_KINDS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            if about is not None:
                picture.draft("RGB", (about, about))
            return picture.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
