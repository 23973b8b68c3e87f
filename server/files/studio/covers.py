"""A song's picture as shops of music take it: square, large, JPEG."""

from __future__ import annotations

from io import BytesIO
from typing import Final, NamedTuple

from .pictures import opened

SIDE: Final = 3000
"""Pixels of each side that shops ask for."""
_QUALITY: Final = 90


class Cover(NamedTuple):
    """A picture that is ready, and what was done to it."""

    jpeg: bytes
    says: str


def cover_for_release(data: bytes) -> Cover | None:
    """The picture with `SIDE` pixels each way; None when it cannot be read. Blocks."""
    from PIL import Image

    if (picture := opened(data)) is None:
        return None
    width, height = picture.size
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
