"""A rough separation of an uploaded mix: what is low, what is in the middle of the stereo picture, and the rest.

It does not separate sources with a model. It only guarantees that the three parts add up to the recording.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from .score import RATE, Role
from .synth import Samples

_LOW: Final = 160.0
_VOICE: Final = (180.0, 5500.0)
_SIZE: Final = 1 << 16


def split(sound: Samples, role: Role) -> dict[str, Samples]:
    """Return the parts of a stereo recording; they sum to it. A recording of one part is that part."""
    if role == "vocals":
        return {"vocals": sound}
    if role == "instrumental":
        return {"synth": sound}
    low = _band(sound, 0.0, _LOW)
    middle = np.repeat(sound.mean(axis=1, keepdims=True), 2, axis=1)
    voice = _band(np.ascontiguousarray(middle - low.mean(axis=1, keepdims=True)), *_VOICE) * np.float32(0.9)
    return {"vocals": voice, "bass": low, "synth": sound - low - voice}


def _band(sound: Samples, low: float, high: float) -> Samples:
    """Return stereo sound between two frequencies, not shifted in time (overlapping windows that sum to one)."""
    hertz = np.fft.rfftfreq(_SIZE, 1 / RATE)
    mask = 1 / (1 + (hertz / high) ** 8)
    if low:
        mask = mask / (1 + (low / np.maximum(hertz, 1.0)) ** 8)
    hop = _SIZE // 2
    window = np.hanning(_SIZE + 1)[:-1].astype(np.float32)
    padded = np.pad(sound, ((hop, _SIZE + hop), (0, 0)))
    result = np.zeros_like(padded)
    for start in range(0, len(sound) + hop, hop):
        block = padded[start : start + _SIZE] * window[:, None]
        spectrum = np.fft.rfft(block, axis=0) * mask[:, None]
        result[start : start + _SIZE] += np.fft.irfft(spectrum, _SIZE, axis=0)
    return result[hop : hop + len(sound)]
