"""A song's picture as shops of music take it: square, large, JPEG."""

from __future__ import annotations

from io import BytesIO
from typing import Final, NamedTuple

from . import PICTURES

SIDE: Final = 3000
"""Pixels of each side that shops ask for."""
_MOST_PIXELS: Final = 60_000_000
_QUALITY: Final = 90


class Cover(NamedTuple):
    """A picture that is ready, and what was done to it."""

    jpeg: bytes
    says: str


def cover_for_release(data: bytes) -> Cover | None:
    """The picture with `SIDE` pixels each way; None when it cannot be read. Blocks."""
    import warnings

    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=PICTURES) as found:
                width, height = found.size
                if width * height > _MOST_PIXELS or not width or not height:
                    return None
                picture = found.convert("RGB")
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombWarning,
            Image.DecompressionBombError):  # fmt: skip
        return None
    side = min(width, height)
    cut = ""
    if width != height:
        left, top = (width - side) // 2, (height - side) // 2
        picture = picture.crop((left, top, left + side, top + side))
        cut = f" It was {width} by {height} pixels, so it was cut to its square middle."
    if side == SIDE:
        says = f"The cover has the {SIDE} by {SIDE} pixels that shops ask for."
    elif side > SIDE:
        says = f"The cover was made smaller, from {side} to {SIDE} pixels."
    else:
        says = (
            f"The cover has {side} by {side} pixels only. It was enlarged to {SIDE}, which adds no detail: look at it "
            "closely, or use a larger picture."
        )
    if side != SIDE:
        picture = picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    out = BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY)
    return Cover(out.getvalue(), says + cut)
