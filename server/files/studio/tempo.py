"""How steady the beat of a recording is: its tempo in every stretch, against its tempo over all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from .listening import FRAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .listening import Curve

STRETCH: Final = 12.0
"""Seconds in which one tempo is measured."""
_STEP: Final = 3.0
_AROUND: Final = 0.16
"""How far from the whole song's tempo a stretch's own is looked for."""
_SHORTEST: Final = 20.0
_CLEAR: Final = 4.0
"""How far the pulse must stand out from other tempi to count."""
_FINE: Final = 1 << 16
_HARMONICS: Final = (1, 2, 4)


class Tempo(NamedTuple):
    """A beat, and how far it strays."""

    bpm: float
    drift: float
    """From the slowest to the fastest stretch, as a share of the tempo; 0.01 is hardly heard."""
    first: float
    last: float
    """Tempo of the first and of the last stretch."""


def tempo_of(onsets: Curve) -> Tempo | None:
    """The tempo of a recording; None where there is no clear pulse, or less than twenty seconds."""
    if len(onsets) < _SHORTEST * FRAMES:
        return None
    beats = onsets.astype(np.float64)
    beats = np.maximum(beats - np.convolve(beats, np.ones(40) / 40, mode="same"), 0)
    if beats.max() <= 0:
        return None
    bpm = _whole(beats)
    size, step = int(STRETCH * FRAMES), int(_STEP * FRAMES)
    found = list[tuple[float, float]]()
    tempi = bpm * np.linspace(1 - _AROUND, 1 + _AROUND, 161)
    for start in range(0, len(beats) - size + 1, step):
        stretch = beats[start : start + size]
        strength = _strength(stretch, tempi)
        best = int(np.argmax(strength))
        clear = strength[best] / (np.median(strength) + 1e-12)
        if 0 < best < len(tempi) - 1:
            found.append((float(tempi[best]), float(clear)))
    clear = [tempo for tempo, how in found if how >= _CLEAR]
    if len(clear) < 3:
        return None
    low, high = np.percentile(clear, [10, 90])
    return Tempo(float(np.median(clear)), float((high - low) / np.median(clear)), clear[0], clear[-1])


def _whole(beats: NDArray[np.float64]) -> float:
    tempi = np.exp(np.linspace(np.log(50), np.log(200), 700))
    strength = np.zeros(len(tempi))
    size = int(STRETCH * FRAMES)
    for start in range(0, len(beats) - size + 1, size // 2):
        strength += _strength(beats[start : start + size], tempi)
    comfort = np.exp(-0.5 * (np.log2(tempi / 108) / 0.55) ** 2)
    return float(tempi[int(np.argmax(strength * comfort))])


def _strength(beats: NDArray[np.float64], tempi: NDArray[np.float64]) -> NDArray[np.float64]:
    """How strongly the onsets pulse in each tempo."""
    spectrum = np.abs(np.fft.rfft(beats * np.hanning(len(beats)), _FINE))
    places = tempi[:, None] / 60 * np.array(_HARMONICS) * _FINE / FRAMES
    return np.asarray(spectrum[np.rint(places).astype(int)].sum(axis=1))
