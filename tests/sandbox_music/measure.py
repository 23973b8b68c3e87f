"""How these tests listen: plain measurements on decoded samples, independent of how the sound was made."""

from __future__ import annotations

import numpy as np

from songwright.sandbox import music
from songwright.sandbox.music.codec import Format

RATE = music.RATE

LYRICS = """[Verse]
Stars are falling over the harbour tonight
I walk along the water holding the light

[Chorus]
Oh, carry me over the sea
Carry the morning to me

[Verse 2]
Every window is a candle that waits
Salt on the stone and the rust on the gates

[Chorus]
Oh, carry me over the sea
Carry the morning to me
"""


def mono(audio: music.Audio) -> np.ndarray:
    return audio.samples[:, 0] * 0.5 + audio.samples[:, 1] * 0.5


def heard(score: music.Score, recordings: music.Recordings | None = None, as_format: Format = "wav") -> np.ndarray:
    """The mono samples of a song after it went through a file."""
    return mono(music.decode(music.encode(music.render(score, recordings), as_format)))


def level(samples: np.ndarray) -> float:
    """Root mean square in decibels."""
    return float(20 * np.log10(np.sqrt(np.mean(np.square(samples, dtype=np.float64))) + 1e-9))


def spectrum(samples: np.ndarray, size: int = 8192) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and the mean magnitude at each."""
    frames = samples[: len(samples) // size * size].reshape(-1, size) * np.hanning(size)
    return np.fft.rfftfreq(size, 1 / RATE), np.abs(np.fft.rfft(frames, axis=1)).mean(axis=0)


def centroid(samples: np.ndarray) -> float:
    """The spectrum's centre of gravity in hertz: how bright it sounds."""
    hertz, size = spectrum(samples)
    return float((hertz * size).sum() / size.sum())


def strength(samples: np.ndarray, hertz: float, width: float = 0.012) -> float:
    """The largest magnitude near a frequency."""
    at, size = spectrum(samples, 16384)
    return float(size[np.abs(at / hertz - 1) < width].max())


def pitch_of(samples: np.ndarray, low: float = 80, high: float = 900) -> float:
    """The fundamental of a voiced sound as a MIDI pitch, by autocorrelation."""
    size = len(samples)
    spectrum_ = np.fft.rfft(samples * np.hanning(size), 4 * size)
    lags = np.fft.irfft(np.abs(spectrum_) ** 2)
    first, last = int(RATE / high), int(RATE / low)
    # A shorter lag that is nearly as good is the true one: twice the period fits as well.
    candidates = lags[first:last]
    best = candidates.max()
    index = next(
        i
        for i in range(1, len(candidates) - 1)
        if candidates[i] > 0.9 * best and candidates[i] >= candidates[i - 1] and candidates[i] >= candidates[i + 1]
    )
    return float(69 + 12 * np.log2(RATE / (index + first) / 440))


def tempo_fits(samples: np.ndarray, tempo: float) -> float:
    """How strongly the onsets pulse in this tempo, against the tempi around it (1 = as the strongest nearby)."""
    size = 480
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    loud = np.sqrt((frames**2).mean(axis=1))
    onsets = np.maximum(np.diff(np.log1p(100 * loud)), 0)
    clock = np.arange(len(onsets)) * size / RATE

    def pulse(bpm: float) -> float:
        return float(max(abs(np.sum(onsets * np.exp(-2j * np.pi * clock * bpm * k / 60))) for k in (1, 2, 4)))

    around = [tempo * (1 + step / 100) for step in range(-12, 13)]
    return pulse(tempo) / max(pulse(t) for t in around)


def tune(score: music.Score, part: str = "vocals") -> list[int]:
    return [note.pitch for note in music.notes(score)[part]]
