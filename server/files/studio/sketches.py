"""What a player shows of a file before it is heard: the waveform of a song, and a small picture of its cover.

`av`, `numpy` and `PIL` are imported inside the functions; call `needed` first.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .pictures import opened
from .sound import BLOCK, blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE: Final = 8_000
"""A waveform shows how loud it is, not what is played."""
PEAKS: Final = 400
SIDE: Final = 320
"""Pixels of a cover's longer side."""
MOST_PICTURE: Final = 29_000
"""Bytes of a small picture; as a `data:` address it then stays below 40 KB."""


def waveform(path: Path) -> list[float]:
    """The peaks of a song from its beginning to its end, the highest at 1. Raises `ArgumentRefused`. Blocks."""
    from numpy import abs as absolute
    from numpy import array, concatenate, float32, maximum

    fine: list[NDArray[float32]] = []
    step = RATE // 50
    rest = array([], dtype=float32)
    for samples in blocks(path, rate=RATE, channels=1):
        rest = concatenate([rest, absolute(samples[:, 0])])
        if len(rest) >= BLOCK:
            whole = len(rest) - len(rest) % step
            fine.append(rest[:whole].reshape(-1, step).max(axis=1))
            rest = rest[whole:]
    whole = len(rest) - len(rest) % step
    if whole:
        fine.append(rest[:whole].reshape(-1, step).max(axis=1))
    if not fine:
        return []
    peaks = concatenate(fine)
    bounds = [round(place * len(peaks) / PEAKS) for place in range(PEAKS)]
    coarse = maximum.reduceat(peaks, [min(bound, len(peaks) - 1) for bound in bounds])
    top = float(coarse.max())
    return [round(float(peak) / top, 3) if top else 0.0 for peak in coarse]


def small_picture(data: bytes) -> bytes | None:
    """The picture as a small JPEG; None when it is none, or too large to open. Blocks."""
    if (plain := opened(data, about=SIDE)) is None:
        return None
    plain.info.clear()  # remarks in the file are not for a page
    for side, quality in ((SIDE, 85), (SIDE, 70), (SIDE, 50), (SIDE // 2, 60), (SIDE // 2, 30)):
        plain.thumbnail((side, side))
        made = io.BytesIO()
        plain.save(made, "JPEG", quality=quality)
        if made.tell() <= MOST_PICTURE:
            return made.getvalue()
    return None
