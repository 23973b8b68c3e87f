"""Turns parts into a finished mix: levels, width, the room, and one gain curve that every stem shares.

Everything after the parts is linear, or a gain computed once from the whole mix. That is why stems add up to the mix.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .dice import dice
from .drums import energy
from .score import RATE, Arrangement, Chair, Note, Polish
from .synth import Samples

CEILING: Final = 0.89
_LOUDNESS: Final = -14.0
"""LUFS of a finished song, as far as its peaks allow."""
_DYNAMICS: Final = 9.0
"""Decibels between a section in which the band gives nothing and one in which it gives all."""
Steps = NDArray[np.float32]
"""A gain that changes slowly: one figure for every `_BLOCK` samples."""
_ENTRY_SECONDS: Final = 5.0
_TURN_SECONDS: Final = 4.0
_THINNER: Final = 4.0
_WAITING: Final = 1.5
_BLOCK: Final = 64
_FFT: Final = 1 << 18

# Level of a part while it plays, in decibels below full scale (root mean square).
_TARGETS: Final = {
    "vocals": -20.0,
    "backing vocals": -28.0,
    "bass": -22.0,
    "guitar": -23.5,
    "keyboard": -23.5,
    "synth": -25.5,
    "strings": -26.0,
    "brass": -25.5,
    "woodwinds": -25.0,
    "fx": -34.0,
}
_LEAD_TARGET: Final = -21.5
# Kits are made with their drums in proportion, so they are not levelled: a brush kit is meant to be quieter.
_KIT_GAIN: Final = {"drums": 0.33, "percussion": 0.75}
# How much of a part is sent to the room.
_SENDS: Final = {"bass": 0.04, "drums": 0.35, "percussion": 0.5, "vocals": 0.75, "backing vocals": 1.0}
# What a remaster adds: a share of the sound without its lows, and decibels.
_SHELVES: Final[dict[str, tuple[float, float]]] = {
    "": (0.0, 0.0),
    "subtle": (0.12, 1.0),
    "normal": (0.3, 2.0),
    "high": (0.6, 3.5),
}


def silence(count: int) -> Samples:
    """Return stereo silence of shape (count, 2), each side in one stretch of memory, which halves all work on it."""
    return np.zeros((2, count), np.float32).T


def middle(stereo: Samples) -> Samples:
    """Return the mean of both sides (a column sum: NumPy's mean over the short axis is thirty times slower)."""
    return (stereo[:, 0] + stereo[:, 1]) * np.float32(0.5)


def loudest_side(stereo: Samples) -> Samples:
    """Return, sample by sample, how far the further side is from zero."""
    return np.maximum(np.abs(stereo[:, 0]), np.abs(stereo[:, 1]))


def leveled(sound: Samples, chair: Chair) -> Samples:
    """Return a mono part at the level its seat in the mix asks for, whatever its patch's own loudness."""
    loud = active_level(sound)
    return sound if loud <= 0 else sound * np.float32(10 ** (target_level(chair) / 20) / loud)


def target_level(chair: Chair) -> float:
    """Return the level of a seat in the mix, in decibels; a kit's as it comes out, since it is not levelled."""
    own = _LEAD_TARGET if chair.manner == "lead" else _TARGETS.get(chair.part, -22.0)
    return own + 0.5 * chair.level


def kit_gain(chair: Chair) -> float:
    """Return the gain of a drummer's or percussionist's sounds."""
    return float(_KIT_GAIN[chair.part] * 10 ** (0.5 * chair.level / 20))


def active_level(sound: Samples, window: float = 0.1) -> float:
    """Return the root mean square of the stretches where something is heard; 0.0 for silence."""
    size = int(window * RATE)
    count = len(sound) // size
    if count == 0:
        return float(np.sqrt(np.mean(sound**2))) if len(sound) else 0.0
    blocks = sound[: count * size].reshape(count, -1)
    power = np.einsum("ij,ij->i", blocks, blocks) / size
    heard = power[power > power.max() * 1e-3] if power.max() > 1e-12 else power[:0]
    return float(np.sqrt(heard.mean())) if len(heard) else 0.0


def spread(sound: Samples, pan: float, width: float) -> Samples:
    """Return a mono part as stereo: panned with constant power, and widened by a short delay on one side."""
    angle, share = (pan + 1) * np.pi / 4, 0.8 * width
    level = float(1 / np.sqrt(1 + share**2))
    stereo = np.empty((2, len(sound)), np.float32).T
    np.multiply(sound, np.float32(float(np.cos(angle)) * 1.4142 * level), out=stereo[:, 0])
    np.multiply(sound, np.float32(float(np.sin(angle)) * 1.4142 * level), out=stereo[:, 1])
    if width:
        late = int(0.013 * RATE)
        delayed = sound[:-late] * np.float32(share * level)
        stereo[late:, 0] += delayed
        stereo[late:, 1] -= delayed
    return stereo


def pumped(sound: Samples, kicks: list[Note], depth: float) -> Samples:
    """Return a part that ducks under every kick drum, as in dance music."""
    if not depth or not kicks:
        return sound
    steps = len(sound) // _BLOCK + 2
    clock = np.arange(steps) * _BLOCK / RATE
    starts = np.array([kick.start for kick in kicks])
    latest = np.searchsorted(starts, clock, side="right") - 1
    since = np.where(latest >= 0, clock - starts[np.maximum(latest, 0)], 9.0)
    duck = 1 - depth * np.exp(-((since / 0.16) ** 2)) * np.minimum(since / 0.01, 1.0)
    return sound * _stretch(duck, len(sound))


def send_of(part: str) -> float:
    """Return how much of a part goes to the room, 0…1."""
    return _SENDS.get(part, 0.65)


@lru_cache(maxsize=2)
def room(seconds: float) -> Samples:
    """Return the echo of a room: two sides of fading noise, dark and without rumble."""
    count = int(seconds * RATE)
    chance = dice("room", seconds)
    time = np.arange(count) / RATE
    sides = []
    for _ in range(2):
        spectrum = np.fft.rfft(chance.standard_normal(count) * np.exp(-time * 5.5 / seconds))
        hertz = np.fft.rfftfreq(count, 1 / RATE)
        spectrum *= 1 / (1 + (hertz / 3800) ** 2) / (1 + (280 / np.maximum(hertz, 1)) ** 4)
        side = np.fft.irfft(spectrum, count) * np.minimum(time / 0.012, 1.0) * np.minimum((time[-1] - time) / 0.05, 1.0)
        side = np.concatenate([np.zeros(int(0.018 * RATE)), side])
        sides.append(side / np.sqrt(np.sum(side**2)))
    return np.stack(sides, axis=1).astype(np.float32)


def add_room(dry: Samples, send: Samples, seconds: float) -> None:
    """Add to stereo sound what a room of `seconds` gives back for a mono send."""
    echo = room(seconds)
    hop = _FFT - len(echo) + 1
    spectra = [np.fft.rfft(echo[:, side], _FFT) for side in range(2)]
    for start in range(0, len(send), hop):
        block = send[start : start + hop]
        if not np.any(block):
            continue
        spectrum = np.fft.rfft(block, _FFT)
        for side in range(2):
            end = min(len(dry), start + _FFT)
            dry[start:end, side] += np.fft.irfft(spectrum * spectra[side], _FFT)[: end - start]


def aired(sound: Samples, air: float) -> Samples:
    """Return stereo sound with a broad lift around six kilohertz, `air` 1 being nine decibels; it may change `sound`.

    The sound minus its neighbours four samples away: far cheaper than a filter, and made for every part.
    """
    if not air:
        return sound
    own, near = np.float32(1 + air), np.float32(0.5 * air)
    for side in range(2):
        neighbour = sound[:, side] * near
        sound[:, side] *= own
        sound[4:, side] -= neighbour[:-4]
        sound[:-4, side] -= neighbour[4:]
    return sound


def brightened(sound: Samples, polish: Polish) -> Samples:
    """Return stereo sound with the highs a remaster adds: the sound plus a share of itself without its lows."""
    share, _ = _SHELVES[polish]
    if not share:
        return sound
    kernel = np.hanning(15)[1:-1]
    kernel /= kernel.sum()
    result = np.empty_like(sound)
    for side in range(2):
        dark = np.convolve(sound[:, side], kernel, mode="same").astype(np.float32)
        result[:, side] = sound[:, side] + np.float32(4 * share) * (sound[:, side] - dark)
    return result


def master_gain(mix: Samples, song: Arrangement | None, polish: Polish = "") -> Samples:
    """Return the gain, sample by sample, that makes a stereo mix evenly loud, never over the ceiling, with its fades.

    Without a song (somebody's recording) the level stays as it is, but for what a remaster adds.
    """
    push: float | Steps = 10 ** (_SHELVES[polish][1] / 20)
    if song is None:
        return limit_gain(mix, push)
    shape = _dynamics(song, len(mix))
    target = _LOUDNESS
    if song.entry is not None:
        # More of a song need not have its loudest moment: a verse alone stays a verse.
        most = max(energy(section, index, len(song.sections)) for index, section in enumerate(song.sections))
        target += _DYNAMICS * (max(most, song.entry) - 1.0)
    gain = limit_gain(mix, shape * (push * 10 ** ((target - loudness(mix, shape)) / 20)))
    gain *= fades(len(mix), song.fade_in or 0.004, song.fade_out or min(0.6, song.seconds / 8))
    return gain


def _dynamics(song: Arrangement, count: int) -> Steps:
    """Return, block by block, the gain that lets choruses rise and bridges step back, gliding from one to the next."""
    times: list[float] = []
    gains: list[float] = []
    if song.entry is not None:
        # Where a song goes on, it goes on as loud as it was, and only then turns to what comes next.
        # What the band itself plays may be thinner, or wait for the singer, which is made up for.
        thinner = max(0.0, song.entry - energy(song.sections[0], 0, len(song.sections)))
        waits = bool(song.syllables) and song.time(song.syllables[0].beat) > _ENTRY_SECONDS / 3
        makeup = _THINNER * thinner + (_WAITING if waits else 0.0)
        times, gains = [_ENTRY_SECONDS], [_DYNAMICS * (song.entry - 1.0) + makeup]
    for index, section in enumerate(song.sections):
        decibels = _DYNAMICS * (energy(section, index, len(song.sections)) - 1.0)
        start, end = song.time(section.beat), song.time(section.beat + section.beats)
        start = max(start + 0.02, times[-1] + _TURN_SECONDS if len(times) == 1 else 0.0)
        if end > start:
            times += [start, max(end - 0.25, start + 0.01)]
            gains += [decibels, decibels]
    curve = np.interp(np.arange(-(-count // _BLOCK)) * _BLOCK / RATE, times, gains)
    return np.asarray(10 ** (curve / 20), np.float32)


def loudness(sound: Samples, shape: Steps | None = None) -> float:
    """Return about how loud stereo sound is in LUFS (ITU BS.1770, of every third stretch only); -70 for silence.

    `shape` is a slow gain, block by block, under which it is heard.
    """
    size = int(0.4 * RATE)
    count = len(sound) // size
    if not count:
        size, count = len(sound), 1
    weights = _ear(size)
    power = np.zeros(-(-count // 3))
    for side in range(2):
        blocks = sound[: count * size, side].reshape(count, size)[::3]
        spectra = np.fft.rfft(blocks, axis=1)
        power += (spectra.real**2 + spectra.imag**2) @ weights
    if shape is not None:
        power *= shape[np.arange(len(power)) * 3 * size // _BLOCK + size // _BLOCK // 2] ** 2
    heard = power[power > 10 ** ((-70 + 0.691) / 10)]
    if not len(heard):
        return -70.0
    heard = heard[heard > heard.mean() * 0.1]
    return float(-0.691 + 10 * np.log10(heard.mean()))


@lru_cache(maxsize=2)
def _ear(size: int) -> np.ndarray:
    """Return what a power spectrum of `size` samples is to be multiplied with: the ear's weighting of BS.1770."""
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    ratio = (hertz / 1500.0) ** 2
    shelf = (1 + 10 ** (4 / 10) * ratio**2) / (1 + ratio**2)
    low = hertz**4 / (hertz**4 + 38.0**4)
    weights = 2 * shelf * low / size**2
    return np.asarray(weights, np.float32)


def limit_gain(mix: Samples, push: float | Steps = 1.0, ceiling: float = CEILING) -> Samples:
    """Return `push`, one figure or one a block, lowered smoothly wherever the mix would pass the ceiling."""
    blocks = -(-len(mix) // _BLOCK)
    peaks = np.zeros(blocks * _BLOCK, np.float32)
    peaks[: len(mix)] = loudest_side(mix)
    need = np.minimum(1.0, ceiling / np.maximum(peaks.reshape(blocks, _BLOCK).max(axis=1) * push, 1e-9))
    if need.min() >= 1.0:
        return np.full(len(mix), push, np.float32) if isinstance(push, float) else _stretch(push, len(mix), half=True)
    reach = 40
    padded = np.pad(need, 2 * reach + 2, mode="edge")
    lowest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 3).min(axis=1)
    kernel = np.hanning(2 * reach + 3)[1:-1]
    smooth = np.convolve(lowest, kernel / kernel.sum(), mode="valid")
    # An average of values that are each low enough is low enough: the smoothing never lets a peak through.
    return _stretch(smooth[:blocks] * push, len(mix), half=True)


def fades(count: int, rise: float, fall: float) -> Samples:
    """Return a gain that rises and falls in the given seconds at the ends."""
    gain = np.ones(count, np.float32)
    for seconds, rising in ((rise, True), (fall, False)):
        size = min(count, int(seconds * RATE))
        if size > 1:
            ramp = (np.sin(np.linspace(0, np.pi / 2, size)) ** 2).astype(np.float32)
            if rising:
                gain[:size] *= ramp
            else:
                gain[count - size :] *= ramp[::-1]
    return gain


def _stretch(values: np.ndarray, count: int, *, half: bool = False) -> Samples:
    """Return block values as samples, joined by straight lines (`half`: a value stands in the middle of its block)."""
    blocks = count // _BLOCK + 2
    skipped = _BLOCK // 2 if half else 0
    ends = np.asarray(np.concatenate([values[:1], values] if half else [values]), np.float32)[: blocks + 1]
    ends = np.pad(ends, (0, blocks + 1 - len(ends)), mode="edge")
    ramp = np.arange(_BLOCK, dtype=np.float32) / np.float32(_BLOCK)
    lines = ends[:-1, None] + np.diff(ends)[:, None] * ramp
    return lines.ravel()[skipped : skipped + count]
