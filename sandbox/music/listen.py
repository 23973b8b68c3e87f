"""Measures a recording: tempo and first beat, key, a chord per bar, the main tune."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .codec import Audio
from .harmony import fit_chords
from .mix import middle
from .score import LONGEST, RATE, Chord, Event, Recording, Score, whole

_HOP: Final = 512
_WINDOW: Final = 2048
_TONE_WINDOW: Final = 8192
_TONE_HOP: Final = 2048
_LOWEST, _HIGHEST = 40, 88
# How strongly each step of the scale belongs to a key, after Krumhansl and Kessler's listening tests.
_MAJOR: Final = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR: Final = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_METER: Final = 4


def recording(audio: Audio, key: str) -> Score:
    """Return a score that plays an uploaded recording; `key` is how its bytes will be found when it is played."""
    mono = middle(audio.samples)[: int(LONGEST * RATE)]
    tempo, offset = beat_of(mono)
    salience = _salience(mono)
    tonic, mode = _key(salience)
    tape = Recording(
        key=key,
        seconds=round(audio.seconds, 4),
        tempo=tempo,
        tonic=tonic,
        mode=mode,
        offset=offset,
        chords=_chords(salience, tempo, offset, tonic, mode),
        melody=_melody(salience, mono, tempo, offset),
    )
    return whole(tape, title="", lyrics="", style="")


def _frames(sound: NDArray[np.float32], window: int, hop: int) -> NDArray[np.float32]:
    if len(sound) < window:
        sound = np.pad(sound, (0, window - len(sound)))
    return np.lib.stride_tricks.sliding_window_view(sound, window)[::hop]


def beat_of(mono: NDArray[np.float32]) -> tuple[float, float]:
    """Return beats per minute and the second of the first beat; 100 and 0 without a pulse."""
    frames = _frames(mono, _WINDOW, _HOP)
    shape = np.hanning(_WINDOW).astype(np.float32)
    before: NDArray[np.float32] | None = None
    flux: list[float] = []
    for start in range(0, len(frames), 512):
        size = np.log1p(50 * np.abs(np.fft.rfft(frames[start : start + 512] * shape, axis=1))[:, :480]).astype(
            np.float32
        )
        joined = size if before is None else np.concatenate([before, size])
        flux += np.maximum(np.diff(joined, axis=0), 0).sum(axis=1).tolist()
        before = size[-1:]
    onsets = np.array(flux)
    if len(onsets) < 60 or onsets.max() <= 1e-6:
        return 100.0, 0.0
    onsets = np.maximum(onsets - np.convolve(onsets, np.ones(40) / 40, mode="same"), 0)
    rate = RATE / _HOP
    # The pulse is the frequency at which the onsets' own spectrum, weighted towards comfortable tempi, is strongest.
    tempi = np.exp(np.linspace(np.log(50), np.log(200), 900))
    clock = np.arange(len(onsets)) / rate
    strength = np.array([abs(np.sum(onsets * np.exp(-2j * np.pi * clock * t / 60))) for t in tempi])
    double = np.array([abs(np.sum(onsets * np.exp(-4j * np.pi * clock * t / 60))) for t in tempi])
    comfort = np.exp(-0.5 * (np.log2(tempi / 108) / 0.55) ** 2)
    best = tempi[int(np.argmax((strength + 0.5 * double) * comfort))]
    fine = np.linspace(best * 0.99, best * 1.01, 201)
    sharp = [
        abs(np.sum(onsets * np.exp(-4j * np.pi * clock * t / 60)))
        + abs(np.sum(onsets * np.exp(-2j * np.pi * clock * t / 60)))
        for t in fine
    ]
    tempo = float(fine[int(np.argmax(sharp))])
    angle = float(np.angle(np.sum(onsets * np.exp(-2j * np.pi * clock * tempo / 60))))
    lag = (_WINDOW / 2 + _HOP / 2) / RATE
    offset = (-angle / (2 * np.pi) * 60 / tempo + lag) % (60 / tempo)
    return round(tempo, 2), round(offset, 4)


def _salience(mono: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how strongly each semitone sounds, frame by frame (frames × semitones)."""
    frames = _frames(mono, _TONE_WINDOW, _TONE_HOP)
    shape = np.hanning(_TONE_WINDOW).astype(np.float32)
    hertz = np.fft.rfftfreq(_TONE_WINDOW, 1 / RATE)
    pitches = np.arange(_LOWEST, _HIGHEST + 29)
    centers = 440 * 2 ** ((pitches - 69) / 12)
    nearest = np.abs(np.log2(np.maximum(hertz, 1)[:, None] / centers[None, :])) < 1 / 24
    low = np.flatnonzero(~nearest.any(axis=0))
    nearest[np.round(centers[low] * _TONE_WINDOW / RATE).astype(int), low] = True
    rows = []
    for start in range(0, len(frames), 256):
        size = np.abs(np.fft.rfft(frames[start : start + 256] * shape, axis=1))
        rows.append(np.stack([size[:, nearest[:, i]].max(axis=1) for i in range(len(pitches))], axis=1))
    loud = np.sqrt(np.concatenate(rows))
    count = _HIGHEST - _LOWEST + 1
    total = loud[:, :count].copy()
    for shift, weight in ((12, 0.6), (19, 0.4), (24, 0.3), (28, 0.2)):
        total += weight * loud[:, shift : shift + count]
    return np.asarray(total, np.float64)


def _chroma(salience: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the strength of the twelve pitch classes over some frames."""
    prominent = np.maximum(salience - np.median(salience, axis=1, keepdims=True) * 1.3, 0).sum(axis=0)
    return np.array([prominent[(np.arange(_LOWEST, _HIGHEST + 1) % 12) == pc].sum() for pc in range(12)])


def _key(salience: NDArray[np.float64]) -> tuple[int, str]:
    chroma = _chroma(salience)
    if chroma.sum() <= 0:
        return 0, "major"
    options = [
        (float(np.corrcoef(chroma, np.roll(profile, tonic))[0, 1]), tonic, mode)
        for mode, profile in (("major", _MAJOR), ("minor", _MINOR))
        for tonic in range(12)
    ]
    _, tonic, mode = max(options)
    return tonic, mode


def _chords(salience: NDArray[np.float64], tempo: float, offset: float, tonic: int, mode: str) -> tuple[Chord, ...]:
    bar = _METER * 60 / tempo
    chords = []
    for index in range(max(1, int((len(salience) * _TONE_HOP / RATE - offset) / bar) + 1)):
        start = int((offset + index * bar) * RATE / _TONE_HOP)
        heard = salience[start : max(start + 1, int((offset + (index + 1) * bar) * RATE / _TONE_HOP))]
        chroma = _chroma(heard) if len(heard) else np.zeros(12)
        total = float(chroma.sum()) or 1.0
        root, kind = fit_chords([(pc, float(chroma[pc]) / total) for pc in range(12)], tonic, mode)
        chords.append(Chord(float(index * _METER), float(_METER), root, kind))
    return tuple(chords)


def _melody(salience: NDArray[np.float64], mono: NDArray[np.float32], tempo: float, offset: float) -> tuple[Event, ...]:
    """Return the strongest pitch of every eighth note from C3 up, equal neighbours joined, silence left out."""
    step = 30 / tempo
    floor = 0.02 * float(np.abs(mono).max())
    slots: list[int] = []
    for index in range(int((len(mono) / RATE - offset) / step)):
        at = offset + index * step
        stretch = mono[int(at * RATE) : int((at + step) * RATE)]
        first = int(at * RATE / _TONE_HOP)
        frames = salience[max(0, first - 1) : max(1, first + 1 + int(step * RATE / _TONE_HOP))]
        if len(stretch) == 0 or len(frames) == 0 or np.sqrt(np.mean(stretch**2)) < floor:
            slots.append(-1)
            continue
        low = 48 - _LOWEST
        slots.append(48 + int(np.argmax(frames.mean(axis=0)[low:])))
    events: list[Event] = []
    for index, pitch in enumerate(slots):
        if pitch < 0:
            continue
        last = events[-1] if events else None
        if last and last.pitch == pitch and abs(last.beat + last.beats - index / 2) < 1e-6 and last.beats < 2:
            events[-1] = Event(last.beat, last.beats + 0.5, pitch, last.velocity)
        else:
            events.append(Event(index / 2, 0.5, pitch, 0.75))
    return tuple(events)
