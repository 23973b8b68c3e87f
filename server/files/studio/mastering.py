"""Brings a recording to a loudness without letting a peak through, in two kinds of file; the recording itself stays.

Gain alone where that is enough. Where peaks would pass the ceiling, a limiter holds them back: it looks ahead, measures
between the samples, and turns the sound down and up again smoothly around each peak.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from .loudness import Loudness, measured
from .sound import Samples, blocks, nature

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Row = NDArray[np.float64]

CEILING_DBTP: Final = -1.0
MOST_LIMITED_DB: Final = 6.0
"""How far a peak is held back at most; more would be heard."""
_MARGIN_DB: Final = 0.15  # meters differ by this much
_CELL: Final = 32  # samples that share one value of the limiter's curve
_SMOOTH_SECONDS: Final = 0.04
_CLOSE_LU: Final = 0.03
_ROUNDS: Final = 4
_PHASES, _TAPS = 4, 64


@dataclass(frozen=True)
class Master:
    """How a recording is brought to its loudness."""

    path: Path
    rate: int
    channels: int
    before: Loudness
    gain_db: float
    curve: Row | None
    """What the limiter leaves of each cell, if it is needed."""

    @property
    def limited_db(self) -> float:
        """How far the highest peak is held back."""
        return 0.0 if self.curve is None else float(-20 * np.log10(self.curve.min()))

    def sound(self, going: Callable[[float], None]) -> Iterator[Samples]:
        """The recording at its new loudness, block by block."""
        gain, at = np.float32(10 ** (self.gain_db / 20)), 0
        total = max((nature(self.path).seconds or 0) * self.rate, 1)
        for samples in blocks(self.path):
            louder = samples * gain
            if self.curve is not None:
                places = (np.arange(at, at + len(samples)) + 0.5) / _CELL - 0.5
                kept = np.interp(places, np.arange(len(self.curve)), self.curve)
                louder *= kept[:, None].astype(np.float32)
            at += len(samples)
            going(min(at / total, 1.0))
            yield louder


def mastered(path: Path, lufs: float, going: Callable[[float], None]) -> Master:
    """How this recording reaches a loudness, or as near as its peaks let it. Blocks."""
    kind = nature(path)
    before = measured(blocks(path), kind.rate, kind.channels)
    plan = Master(path, kind.rate, kind.channels, before, lufs - before.lufs, None)
    ceiling = CEILING_DBTP - _MARGIN_DB
    going(0.2)
    if before.peak_dbtp + plan.gain_db <= ceiling:
        return plan
    peaks = np.concatenate(list(_peaks(blocks(path), kind.channels)))
    most = ceiling + MOST_LIMITED_DB - float(20 * np.log10(peaks.max()))
    gain = min(plan.gain_db, most)
    for round_ in range(_ROUNDS):
        plan = Master(path, kind.rate, kind.channels, before, gain, _curve(peaks, gain, ceiling, kind.rate))
        after = measured(plan.sound(lambda _: None), kind.rate, kind.channels)
        going(0.3 + 0.7 * (round_ + 1) / _ROUNDS)
        if gain >= most or abs(lufs - after.lufs) <= _CLOSE_LU:
            break
        gain = min(gain + lufs - after.lufs, most)
    return plan


def _peaks(sound: Iterable[Samples], channels: int) -> Iterator[Row]:
    """The highest peak of every cell, between the samples too."""
    offsets = np.arange(_TAPS) - _TAPS // 2 + 1
    kernels = [
        np.sinc(offsets - phase / _PHASES) * np.kaiser(_TAPS + 2, 6)[1:-1] for phase in range(1, _PHASES)
    ]  # at the sample itself the kernel is the sample
    after = _TAPS // 2
    held = np.zeros((_TAPS, channels), np.float32)
    first = True
    rest = np.zeros(0)
    for samples in _then_silence(sound, channels, after):
        wave = np.concatenate([held, samples])
        held = wave[-_TAPS:]
        highest = np.zeros(len(samples))
        for side in wave.T.astype(np.float64):
            middle = np.abs(side[_TAPS - after : len(side) - after])
            highest = np.maximum(highest, middle)
            for kernel in kernels:
                between = np.abs(np.convolve(side, kernel[::-1], "valid"))
                highest = np.maximum(highest, between[len(between) - len(samples) :])
        if first:
            highest, first = highest[after:], False  # what comes before the first sample
        cells = np.concatenate([rest, highest])
        count = len(cells) // _CELL
        rest = cells[count * _CELL :]
        yield cells[: count * _CELL].reshape(count, _CELL).max(axis=1, initial=0.0)
    if len(rest):
        yield rest.max(keepdims=True)


def _then_silence(sound: Iterable[Samples], channels: int, count: int) -> Iterator[Samples]:
    yield from (samples for samples in sound if len(samples))
    yield np.zeros((count, channels), np.float32)


def _curve(peaks: Row, gain_db: float, ceiling_db: float, rate: int) -> Row:
    """What is left of each cell: as little as its peak and those near it need, changing smoothly."""
    wanted = np.minimum(10 ** ((ceiling_db - gain_db) / 20) / np.maximum(peaks, 1e-9), 1.0)
    reach = max(round(_SMOOTH_SECONDS * rate / _CELL), 1)
    # One cell more than is smoothed over, so that what is between two cells stays below both.
    wide = np.pad(wanted, 2 * reach + 1, mode="edge")
    least = np.lib.stride_tricks.sliding_window_view(wide, 2 * reach + 3).min(axis=1)
    bell = np.hanning(2 * reach + 1)
    smooth = np.convolve(least, bell / bell.sum(), "valid")
    return np.asarray(smooth[: len(wanted)] if len(smooth) >= len(wanted) else np.pad(smooth, (0, 1), mode="edge"))
