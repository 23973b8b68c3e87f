"""Listens to a recording once, a block at a time, and keeps what can be said of it: numbers, and small curves.

The curves have a value for every hundredth of a second, so a song of minutes takes a few megabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from .loudness import Loudness, Meter
from .sound import Samples, blocks, nature

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Curve = NDArray[np.float32]

FRAMES: Final = 100
"""Values of a curve in a second."""
EDGES: Final = (40, 80, 160, 315, 630, 1250, 2000, 3000, 4000, 5000, 6300, 8000, 10_000, 12_500, 15_000)
"""Hertz between which a frame's power is summed; what is above has often been left out by a codec."""
LOWEST_RATE: Final = 2 * EDGES[-1]
"""Samples a second without which there is nothing between the highest edges."""
FLAT: Final = 6
"""Equal samples in a row, high up, that only a cut wave has."""
_HIGH: Final = 0.3
_BENT, _SUDDEN = 0.05, 14.0  # how far a click bends the wave, and how many times farther than what is around it
_AHEAD: Final = 9  # groups of samples, about 12 ms
_WINDOW: Final = 2048
_SAME: Final = 1e-6
_LEVELS: Final = 400
_LOUDEST: Final = 4.0
_BATCH: Final = 256


@dataclass(frozen=True)
class Heard:
    """What one hearing of a recording has found. Levels are power, where 1.0 is the square of full scale."""

    seconds: float
    rate: int
    channels: int
    codec: str
    loudness: Loudness
    flat_tops: int
    """Places where a wave stays at one high value, as after cutting its top off."""
    heights: NDArray[np.int64]
    """How many samples are how far from zero, in steps of `STEP`."""
    level: Curve
    """Power of all channels together, frame by frame."""
    sides: NDArray[np.float64]
    """Power of each channel over all."""
    bands: Curve
    """Power between the `EDGES`, one row a frame."""
    onsets: Curve
    """How much begins to sound in each frame."""
    spectrum: NDArray[np.float64]
    """Mean power of each frequency, from zero to half the rate."""
    clicks: int
    """Single samples that leap out of what is around them."""


STEP: Final = _LOUDEST / _LEVELS


class Ear:
    """Takes a recording of at least `LOWEST_RATE` block by block; `heard` says what was found."""

    def __init__(self, rate: int, channels: int, codec: str) -> None:
        self._rate, self._channels, self._codec = rate, channels, codec
        self._meter = Meter(rate, channels)
        self._hop = max(round(rate / FRAMES), 1)
        self._shape = np.hanning(_WINDOW).astype(np.float32)
        hertz = np.fft.rfftfreq(_WINDOW, 1 / rate)
        self._bounds = [int(np.searchsorted(hertz, edge)) for edge in EDGES]
        self._moments = self._flat = self._clicks = 0
        self._heights = np.zeros(_LEVELS, np.int64)
        self._sides = np.zeros(channels)
        self._tail = np.zeros((0, channels), np.float32)
        self._wave = np.zeros(_WINDOW - self._hop, np.float32)
        self._before: Curve | None = None
        self._spectrum = np.zeros(len(hertz))
        self._level: list[Curve] = []
        self._bands: list[Curve] = []
        self._onsets: list[Curve] = []

    def take(self, samples: Samples) -> None:
        """Listen to the next block."""
        self._meter.take(samples)
        self._moments += len(samples)
        size = np.abs(samples)
        steps = np.minimum((size * (1 / STEP)).astype(np.int64), _LEVELS - 1)
        self._heights += np.bincount(steps.ravel(), minlength=_LEVELS)
        self._sides += np.square(samples, dtype=np.float64).sum(axis=0)
        self._flat += _flat_tops(samples)
        self._frames(samples)

    def _frames(self, samples: Samples) -> None:
        """What depends on whole frames; what is left over waits for the next block."""
        hop = self._hop
        sound = np.concatenate([self._tail, samples])
        count = len(sound) // hop
        whole, self._tail = sound[: count * hop], sound[count * hop :]
        if not count:
            return
        self._level.append(np.square(whole).mean(axis=1).reshape(count, hop).mean(axis=1))
        middle = whole.mean(axis=1)
        self._clicks += _clicks(middle)
        wave = np.concatenate([self._wave, middle])
        frames = np.lib.stride_tricks.sliding_window_view(wave, _WINDOW)[::hop][:count]
        for start in range(0, count, _BATCH):
            self._hear(np.fft.rfft(frames[start : start + _BATCH] * self._shape, axis=1))
        self._wave = wave[count * hop :]

    def _hear(self, spectra: NDArray[np.complex128]) -> None:
        power = np.square(np.abs(spectra)).astype(np.float32)
        self._spectrum += power.sum(axis=0)
        sums = np.add.reduceat(power, self._bounds, axis=1)[:, : len(EDGES) - 1]
        self._bands.append((sums / np.float32(_WINDOW * float(np.square(self._shape).sum()))).astype(np.float32))
        size = np.log1p(20 * np.sqrt(power[:, : self._bounds[-2]]))
        joined = size if self._before is None else np.concatenate([self._before, size])
        grown = np.maximum(np.diff(joined, axis=0), 0).sum(axis=1)
        if self._before is None:
            grown = np.concatenate([np.zeros(1, np.float32), grown])
        self._onsets.append(grown)
        self._before = size[-1:]

    def heard(self) -> Heard:
        """Everything that was found."""
        count = sum(len(part) for part in self._level)
        empty = np.zeros(0, np.float32)
        return Heard(
            seconds=self._moments / self._rate,
            rate=self._rate,
            channels=self._channels,
            codec=self._codec,
            loudness=self._meter.read(),
            flat_tops=self._flat,
            heights=self._heights,
            level=np.concatenate(self._level or [empty]),
            sides=self._sides / max(self._moments, 1),
            bands=np.concatenate(self._bands or [np.zeros((0, len(EDGES) - 1), np.float32)]),
            onsets=np.concatenate(self._onsets or [empty]),
            spectrum=self._spectrum / max(count, 1),
            clicks=self._clicks,
        )


def _flat_tops(samples: Samples) -> int:
    same = (np.abs(np.diff(samples, axis=0)) < _SAME) & (np.abs(samples[1:]) > _HIGH)
    row = np.zeros((1, samples.shape[1]), bool)
    edges = np.diff(np.concatenate([row, same, row]).astype(np.int8), axis=0)
    count = 0
    for channel in edges.T:
        lengths = np.flatnonzero(channel == -1) - np.flatnonzero(channel == 1)
        count += int((lengths >= FLAT - 1).sum())
    return count


def _clicks(middle: Curve) -> int:
    """Samples whose bend is far larger than all around them for a few milliseconds."""
    bend = np.abs(np.diff(middle, 2))
    group = 64
    count = len(bend) // group
    if count < _AHEAD + 3:
        return 0
    peaks = bend[: count * group].reshape(count, group)
    highest = peaks.max(axis=1)
    usual = np.median(peaks, axis=1)
    around = np.maximum(np.maximum(usual[:-2], usual[2:]), usual[1:-1])[:-_AHEAD]
    # The beginning of a note is as sudden, but more of the same follows it.
    follows = np.lib.stride_tricks.sliding_window_view(highest[3:], _AHEAD - 1).max(axis=1)[: len(around)]
    here = highest[1 : 1 + len(around)]
    return int(((here > _BENT) & (here > _SUDDEN * (around + 1e-3)) & (here > 2 * follows)).sum())


def listen(path: Path, going: Callable[[float], None] | None = None) -> Heard:
    """Listen to a sound file; `going` is told the share that is done, now and then. Blocks."""
    known = nature(path)
    rate = max(known.rate, LOWEST_RATE)  # a recording of speech may have less
    ear = Ear(rate, known.channels, known.codec)
    whole = (known.seconds or 0) * rate
    moments = 0
    for samples in blocks(path, rate=rate):
        ear.take(samples)
        moments += len(samples)
        if going is not None:
            going(min(moments / whole, 1.0) if whole else 0.0)
    return ear.heard()


def listen_to(sound: Iterable[Samples], rate: int, channels: int) -> Heard:
    """Listen to sound that is not in a file."""
    ear = Ear(rate, channels, "pcm")
    for samples in sound:
        ear.take(samples)
    return ear.heard()
