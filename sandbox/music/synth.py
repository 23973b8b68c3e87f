"""The synthesizer: a patch and a pitch become samples.

A note is a sum of layers. Each layer reads one period of its own spectrum from a table (so nothing above the hearing
range can fold back) under an envelope of its own; letting bright layers die before dark ones is what makes strings
sound plucked and filters sound closing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .dice import dice
from .score import RATE

Samples = NDArray[np.float32]

_TABLE: Final = 2048
_BRIGHTEST: Final = 9500.0
_SOFTEST_ATTACK: Final = 0.003
_BODY_MAKEUP: Final = 1.8
_SPEAKER_TAPS: Final = 33


@dataclass(frozen=True)
class Layer:
    """One spectrum under one envelope; times in seconds, `decay` 0 = holds, `detune` in cents, one voice each."""

    amps: tuple[float, ...]
    level: float = 1.0
    attack: float = 0.005
    decay: float = 0.0
    sustain: float = 0.0
    ratio: float = 1.0
    detune: tuple[float, ...] = (0.0,)


@dataclass(frozen=True)
class Patch:
    """An instrument; `body` lists resonances (Hz, width, gain), `breath` is noise level, `drive` bends the wave."""

    layers: tuple[Layer, ...]
    release: float = 0.12
    gain: float = 1.0
    vibrato: float = 0.0
    body: tuple[tuple[float, float, float], ...] = ()
    breath: float = 0.0
    knock: float = 0.0
    drive: float = 0.0
    octave: int = 0
    width: float = 0.0


def series(kind: str, count: int, slope: float) -> tuple[float, ...]:
    """Return harmonic amplitudes 1/n^slope: "saw" has all of them, "odd" every other one."""
    return tuple((n**-slope if kind == "saw" or n % 2 else 0.0) for n in range(1, count + 1))


def struck(amps: tuple[float, ...], decay: float, damping: float, **rest: float) -> tuple[Layer, ...]:
    """Return layers of a string that was hit or plucked: the higher a harmonic, the sooner it is gone."""
    groups = ((1, 1), (2, 2), (3, 4), (5, 8), (9, 16), (17, 32))
    layers = []
    for first, last in groups:
        if first > len(amps):
            break
        own = tuple(amp if first <= n <= last else 0.0 for n, amp in enumerate(amps, 1))
        middle = (first + min(last, len(amps))) / 2
        layers.append(Layer(own, decay=decay / (1 + damping * (middle - 1)), **rest))  # type: ignore[arg-type]  # plain floats by name
    return tuple(layers)


@lru_cache(maxsize=16)
def noise(seed: str, low: float, high: float, seconds: float = 2.0) -> Samples:
    """Return noise between two frequencies, loudest sample 1; the same name gives the same noise."""
    count = int(seconds * RATE)
    spectrum = np.fft.rfft(dice("noise", seed).standard_normal(count).astype(np.float32))
    frequency = np.fft.rfftfreq(count, 1 / RATE)
    spectrum *= 1 / (1 + (low / np.maximum(frequency, 1)) ** 4) / (1 + (frequency / high) ** 4)
    sound = np.fft.irfft(spectrum, count).astype(np.float32)
    return np.asarray(sound / np.abs(sound).max(), np.float32)


def frequency(pitch: float) -> float:
    """Return the frequency in hertz of a MIDI pitch."""
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def period(amps: NDArray[np.float64]) -> Samples:
    """Return one period with these harmonics, of unit power, with its first sample repeated at the end."""
    spectrum = np.zeros(_TABLE // 2 + 1, np.complex128)
    count = min(len(amps), _TABLE // 2 - 1)
    # Fixed scattered phases keep the crest low without changing what is heard.
    spectrum[1 : count + 1] = amps[:count] * np.exp(1j * 2.4 * np.arange(count) ** 2)
    wave = np.fft.irfft(spectrum)
    power = np.sqrt(np.mean(wave**2))
    wave /= power if power > 0 else 1.0
    return np.append(wave, wave[0]).astype(np.float32)


def read(table: Samples, phase: NDArray[np.float64]) -> Samples:
    """Return the table read at `phase` (turns, any size), between its points linearly."""
    at = (phase - np.floor(phase)) * _TABLE
    index = at.astype(np.int32)
    low = table[index]
    return np.asarray(low + (table[index + 1] - low) * (at - index).astype(np.float32), np.float32)


def note(patch: Patch, pitch: int, seconds: float, bright: float) -> Samples:
    """Return one note held for `seconds`, plus its release; `bright` 0…1 opens the upper layers."""
    hertz = frequency(pitch + 12 * patch.octave)
    longest = max((layer.decay * 5 if layer.decay and not layer.sustain else 1e9) for layer in patch.layers)
    held = min(seconds, longest)
    count = int((held + patch.release) * RATE)
    time = np.arange(count, dtype=np.float64) / RATE
    phase = hertz * time
    if patch.vibrato:
        swell = np.clip((time - 0.15) / 0.35, 0, 1)
        phase = phase + hertz * patch.vibrato * swell * (1 - np.cos(2 * np.pi * 5.2 * time)) / (2 * np.pi * 5.2)
    sound = np.zeros(count, np.float32)
    for order, layer in enumerate(patch.layers):
        table = _layer_table(patch, layer, hertz)
        if table is None:
            continue
        level = layer.level * (1.0 if order == 0 else 0.55 + 0.45 * bright) / len(layer.detune) ** 0.5
        envelope = _envelope(layer, time, hertz) * np.float32(level)
        for voice, cents in enumerate(layer.detune):
            turn = layer.ratio * 2 ** (cents / 1200)
            sound += read(table, phase * turn + 0.37 * voice) * envelope
    if patch.breath:
        air = noise("breath", 700, 4500)
        sound += np.resize(air, count) * np.float32(patch.breath) * _envelope(Layer((), attack=0.04), time, hertz)
    if patch.knock:
        tap = _tap()[:count]
        sound[: len(tap)] += tap * np.float32(patch.knock)
    if patch.drive:
        bent = np.tanh(sound * np.float32(1 + patch.drive)) / np.float32((1 + patch.drive) ** 0.6)
        sound = np.convolve(bent - bent.mean(), _speaker(), mode="same").astype(np.float32)
    return np.asarray(sound * _release(count, patch.release) * np.float32(0.12 * patch.gain), np.float32)


@lru_cache(maxsize=1)
def _tap() -> Samples:
    """Return the short knock of a finger or a hammer on wood."""
    time = np.arange(int(0.03 * RATE)) / RATE
    shape = np.exp(-time / 0.006) * np.minimum(time / 0.002, 1.0)
    return np.asarray(noise("knock", 200, 2500)[: len(time)] * shape, np.float32)


@lru_cache(maxsize=1)
def _speaker() -> Samples:
    """Return the filter of a guitar speaker: it bites around three kilohertz and passes little above six."""
    hertz = np.fft.rfftfreq(_SPEAKER_TAPS - 1, 1 / RATE)
    bite = 1 + 2.2 * np.exp(-(((hertz - 3000) / 1500) ** 2))
    taps = np.fft.fftshift(np.fft.irfft(bite / (1 + (hertz / 5600) ** 6)))
    return np.asarray(np.append(taps, taps[0]) * np.hanning(_SPEAKER_TAPS + 2)[1:-1], np.float32)


def _layer_table(patch: Patch, layer: Layer, hertz: float) -> Samples | None:
    """Return the layer's period at this pitch: its spectrum, shaped by the body, cut where hearing gets harsh."""
    amps = np.array(layer.amps, np.float64)
    at = np.asarray(hertz * layer.ratio * np.arange(1, len(amps) + 1), np.float64)
    total = np.sqrt(np.sum(amps**2))
    if patch.body:
        amps = np.asarray(amps * body_gain(patch.body, at), np.float64)
    amps = amps / (1 + (at / _BRIGHTEST) ** 6)
    amps[at > RATE * 0.45] = 0.0
    power = np.sqrt(np.sum(amps**2))
    if power < 1e-4:
        return None
    # The table has unit power: give back the layer's share in the patch, and to a body what its dips take.
    share = min(1.0, total) * power / max(total, 1e-9) * (_BODY_MAKEUP if patch.body else 1.0)
    return period(amps) * np.float32(share)


def body_gain(body: tuple[tuple[float, float, float], ...], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the gain of resonances at some frequencies; between them a tenth remains."""
    gain = np.full(at.shape, 0.1)
    for hertz, width, strength in body:
        gain += strength / (1 + ((at - hertz) / width) ** 2)
    return gain


def _envelope(layer: Layer, time: NDArray[np.float64], hertz: float) -> Samples:
    attack = max(layer.attack, _SOFTEST_ATTACK)
    shape = np.minimum(time / attack, 1.0).astype(np.float32)
    shape = shape * shape * (3 - 2 * shape)
    if layer.decay:
        # Short strings stop sooner: an octave up rings about three quarters as long.
        decay = layer.decay * (262.0 / max(hertz, 60.0)) ** 0.4
        fall = np.exp(-time / decay).astype(np.float32)
        shape *= layer.sustain + (1 - layer.sustain) * fall
    return np.asarray(shape, np.float32)


def _release(count: int, seconds: float) -> Samples:
    tail = min(count, max(int(seconds * RATE), 1))
    shape = np.ones(count, np.float32)
    ramp = np.linspace(1, 0, tail, dtype=np.float32)
    shape[count - tail :] = ramp * ramp * (3 - 2 * ramp)
    return shape
