"""The singer: a glottal buzz through five resonances that move with the vowels, with noises for consonants.

A phrase is sung in one breath: one continuous pitch curve with slides and vibrato, read through the tables of one
vowel after another, which overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .dice import dice
from .performance import Sung
from .score import RATE
from .synth import Samples, frequency, noise, period, read

_STEP: Final = 64
_BREATHER: Final = 0.35
_OVERLAP: Final = 0.022

# Five formants in hertz of a low voice.
_VOWELS: Final[dict[str, tuple[float, ...]]] = {
    "a": (730, 1180, 2500, 3400, 4300),
    "e": (500, 1780, 2500, 3450, 4300),
    "i": (310, 2150, 2900, 3500, 4300),
    "o": (500, 900, 2450, 3300, 4200),
    "u": (340, 850, 2300, 3250, 4200),
    "ə": (520, 1350, 2450, 3400, 4300),
    "m": (260, 1050, 2200, 3000, 4000),
    "n": (260, 1500, 2400, 3100, 4000),
    "ng": (260, 2000, 2500, 3100, 4000),
    "l": (360, 1250, 2700, 3400, 4200),
    "r": (360, 1150, 1700, 3200, 4200),
    "w": (320, 720, 2250, 3200, 4200),
    "y": (290, 2150, 2900, 3500, 4300),
}
_WIDTHS: Final = (75.0, 90.0, 130.0, 190.0, 260.0)
_DIPHTHONGS: Final = {
    "ee": "i", "ea": "i", "ie": "i", "ei": "ei", "ai": "ai", "ay": "ei", "ey": "i", "oo": "u", "ou": "au", "ow": "ou",
    "oa": "ou", "oe": "ou", "au": "o", "aw": "o", "oi": "oi", "oy": "oi", "ue": "u", "ui": "u", "eu": "u", "ew": "u",
    "y": "i", "ye": "e", "ya": "a", "yo": "o", "yu": "u", "uy": "ai", "eo": "ə", "ao": "au", "ia": "ia", "io": "io",
    "iu": "iu", "ua": "ua", "uo": "o", "aa": "a", "ii": "i", "uu": "u", "oui": "ui",
}  # fmt: skip
# Consonants that are noise: lowest and highest frequency, loudness.
_NOISES: Final = {
    "s": (4500, 8500, 0.19), "z": (4500, 8500, 0.1), "sh": (2200, 6000, 0.18), "zh": (2200, 6000, 0.09),
    "ch": (2500, 6500, 0.18), "j": (2200, 6000, 0.1), "ts": (4200, 8500, 0.18), "f": (3500, 9000, 0.08),
    "v": (1200, 6000, 0.025), "th": (3800, 9000, 0.07), "h": (700, 3500, 0.05), "p": (500, 2500, 0.34),
    "t": (4000, 8500, 0.34), "k": (1300, 3800, 0.34), "b": (400, 1800, 0.18), "d": (3000, 7000, 0.18),
    "g": (1200, 3200, 0.18),
}  # fmt: skip
_PLOSIVES: Final = frozenset("ptkbdg")
_HUMS: Final = {
    "m": 0.45,
    "n": 0.45,
    "ng": 0.45,
    "l": 0.6,
    "r": 0.55,
    "w": 0.6,
    "y": 0.6,
    "v": 0.35,
    "z": 0.3,
    "zh": 0.3,
    "j": 0.3,
}
_HUM_AS: Final = {"v": "u", "z": "n", "zh": "n", "j": "n"}


@dataclass(frozen=True)
class Singer:
    """A timbre: formant scale, how breathy and bright, how wide and fast the vibrato."""

    size: float
    breath: float
    tilt: float
    vibrato: float
    rate: float
    slide: float
    speech: bool = False


def singer(name: str, gender: str, breath: float, part: str, *, speech: bool = False) -> Singer:
    """Return the singer called `name` (a voice id; "" is nobody in particular); the same name sings the same way.

    With `speech` the words are spoken on the beat: the pitch falls and rises as in a sentence and holds no note.
    """
    chance = dice("singer", name, gender, part)
    size = 1.16 if gender == "f" else 1.0
    wide = 1.0 if name else 0.35
    return Singer(
        size=size * (1 + wide * float(chance.uniform(-0.07, 0.07))),
        breath=breath * (1 + wide * float(chance.uniform(-0.6, 0.6))),
        tilt=1.0 + wide * float(chance.uniform(-0.3, 0.3)),
        vibrato=0.0 if speech else 0.28 * (1 + wide * float(chance.uniform(-0.7, 0.7))),
        rate=5.4 + wide * float(chance.uniform(-0.7, 0.7)),
        slide=0.06 * (1 + wide * float(chance.uniform(-0.4, 0.4))),
        speech=speech,
    )


def sing(syllables: Sequence[Sung], who: Singer, count: int, seed: str = "") -> Samples:
    """Return all syllables sung, as one mono track of `count` samples."""
    track = np.zeros(count, np.float32)
    tables: dict[tuple[str, int], Samples] = {}
    for number, phrase in enumerate(_phrases(syllables)):
        first = max(0, int((phrase[0].start - 0.02) * RATE))
        sound = _phrase(phrase, who, first / RATE, tables, f"{seed} {number}")
        end = min(count, first + len(sound))
        if end > first:
            track[first:end] += sound[: end - first]
    return track


def _phrases(syllables: Sequence[Sung]) -> list[list[Sung]]:
    phrases: list[list[Sung]] = []
    for syllable in syllables:
        if phrases and syllable.start - phrases[-1][-1].end < _BREATHER:
            phrases[-1].append(syllable)
        else:
            phrases.append([syllable])
    return phrases


def _phrase(
    phrase: list[Sung], who: Singer, begin: float, tables: dict[tuple[str, int], Samples], seed: str
) -> Samples:
    release = 0.12
    count = int((phrase[-1].end + release + 0.05 - begin) * RATE)
    steps = count // _STEP + 2
    clock = begin + np.arange(steps) * _STEP / RATE
    pitch = _pitch_curve(phrase, who, clock, seed)
    at = np.arange(count) / _STEP
    hertz = 440.0 * 2 ** ((np.interp(at, np.arange(steps), pitch) - 69) / 12)
    phase = np.cumsum(hertz) / RATE
    voiced = np.zeros(count, np.float32)
    noises = np.zeros(count, np.float32)
    for index, syllable in enumerate(phrase):
        following = phrase[index + 1] if index + 1 < len(phrase) else None
        for sound, start, end, level in _segments(syllable, following, release):
            a, b = max(0, int((start - _OVERLAP - begin) * RATE)), min(count, int((end + _OVERLAP - begin) * RATE))
            if b - a < 8:
                continue
            key = (sound, syllable.pitch)
            if key not in tables:
                tables[key] = _table(sound, syllable.pitch, who)
            voiced[a:b] += read(tables[key], phase[a:b]) * _window(b - a) * np.float32(level * syllable.velocity)
        _consonants(noises, syllable, begin)
    swell = np.interp(at, np.arange(steps), _loudness(phrase, clock, release)).astype(np.float32)
    breath = np.resize(noise("aspiration", 2500, 11000), count) * np.float32(0.07 * who.breath)
    return np.asarray((voiced * np.float32(0.16) + breath) * swell + noises * np.float32(0.55), np.float32)


def _pitch_curve(phrase: list[Sung], who: Singer, clock: NDArray[np.float64], seed: str) -> NDArray[np.float64]:
    """Return the pitch every 64 samples: notes joined by short slides, vibrato on what is held, a little drift."""
    starts = np.array([s.vowel for s in phrase])
    which = np.clip(np.searchsorted(starts, clock + who.slide / 2, side="right") - 1, 0, len(phrase) - 1)
    pitch = np.array([float(s.pitch) for s in phrase])[which]
    width = max(3, int(who.slide * RATE / _STEP) | 1)
    kernel = np.hanning(width + 2)[1:-1]
    padded = np.pad(pitch, width // 2, mode="edge")
    pitch = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    since = clock - starts[which]
    depth = who.vibrato * np.clip((since - 0.28) / 0.35, 0, 1)
    drift = dice("drift", seed).normal(0, 0.05, len(clock) // 40 + 3)
    swing = depth * np.sin(2 * np.pi * who.rate * clock)
    wander = np.interp(np.arange(len(clock)) / 40, np.arange(len(drift)), drift)
    if who.speech:
        whole = max(phrase[-1].end - phrase[0].start, 0.3)
        # Down through the sentence, every stressed syllable a jump that falls off at once.
        stress = np.array([s.velocity for s in phrase])[which]
        pitch = pitch - 4.0 * (clock - phrase[0].start) / whole + 14.0 * (stress - 0.74) - 9.0 * np.minimum(since, 0.25)
    return np.asarray(pitch + swing + wander, np.float64)


def _segments(syllable: Sung, following: Sung | None, release: float) -> list[tuple[str, float, float, float]]:
    """Return (sound, start, end, level) of everything in the syllable that hums."""
    result: list[tuple[str, float, float, float]] = []
    at = syllable.start
    length = (syllable.vowel - syllable.start) / max(1, len(syllable.onset))
    for consonant in syllable.onset:
        if consonant in _HUMS:
            result.append((_HUM_AS.get(consonant, consonant), at, at + length, _HUMS[consonant]))
        at += length
    end = min(syllable.end, following.start) if following else syllable.end
    coda = [c for c in syllable.coda if c in _HUMS and c not in _HUM_AS]
    closed = end - min(0.07 * len(coda), (end - syllable.vowel) * 0.35)
    vowels = vowels_of(syllable.nucleus)
    turn = syllable.vowel + (closed - syllable.vowel) * 0.72
    tail = 0.0 if following or coda else release
    if len(vowels) == 1:
        result.append((vowels[0], syllable.vowel, closed + tail, 1.0))
    else:
        result.append((vowels[0], syllable.vowel, turn, 1.0))
        result.append((vowels[1], turn, closed + tail, 0.9))
    for index, consonant in enumerate(coda):
        width = (end - closed) / len(coda)
        result.append(
            (
                consonant,
                closed + index * width,
                closed + (index + 1) * width + (release if following is None else 0.0),
                _HUMS[consonant],
            )
        )
    return result


def vowels_of(nucleus: str) -> tuple[str, ...]:
    """Return the one or two vowels sung for some vowel letters."""
    text = _DIPHTHONGS.get(nucleus, nucleus)
    known = [char for char in text.replace("y", "i") if char in "aeiouə"]
    if not known:
        return ("ə",)
    return (known[0],) if len(known) == 1 or known[0] == known[-1] else (known[0], known[-1])


def _consonants(track: Samples, syllable: Sung, begin: float) -> None:
    """Add the noises of the syllable's consonants to `track`, which starts at `begin` seconds."""
    at = syllable.start
    length = (syllable.vowel - syllable.start) / max(1, len(syllable.onset))
    for consonant in syllable.onset:
        _add_noise(track, consonant, at - begin, length)
        at += length
    hissing = [c for c in syllable.coda if c in _NOISES]
    for index, consonant in enumerate(hissing):
        _add_noise(track, consonant, syllable.end - begin - 0.03 + 0.05 * index, 0.05, 0.6)


def _add_noise(track: Samples, consonant: str, at: float, length: float, level: float = 1.0) -> None:
    if consonant not in _NOISES or length <= 0.004:
        return
    low, high, loud = _NOISES[consonant]
    seconds = min(length, 0.03) if consonant in _PLOSIVES else length * 1.15
    count = int(seconds * RATE)
    first = int(at * RATE)
    if first < 0 or first + count > len(track) or count < 16:
        return
    shape = (
        np.hanning(count + 2)[1:-1]
        if consonant not in _PLOSIVES
        else np.exp(-np.arange(count) / (0.007 * RATE)) * np.minimum(np.arange(count) / 40, 1)
    )
    track[first : first + count] += noise_slice(low, high, count) * (shape * loud * level).astype(np.float32)


_HISS_BANDS: Final = ((500, 2500), (1300, 4500), (2300, 6500), (4500, 8500))


def noise_slice(low: float, high: float, count: int) -> Samples:
    """Return noise of about this band; four bands are enough for all consonants."""
    band = min(_HISS_BANDS, key=lambda b: abs(b[0] - low) + 0.5 * abs(b[1] - high))
    return noise(f"hiss {band[0]}", *band)[:count]


def _window(count: int) -> Samples:
    """Return a flat window whose ends overlap with their neighbours to one."""
    edge = min(int(2 * _OVERLAP * RATE), count // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(edge) + 0.5) / edge)
    shape = np.ones(count)
    shape[:edge] = ramp
    shape[count - edge :] = ramp[::-1]
    return shape.astype(np.float32)


def _loudness(phrase: list[Sung], clock: NDArray[np.float64], release: float) -> NDArray[np.float64]:
    """Return the phrase's loudness: a quick start, a small dip for each stopped consonant, a soft end."""
    level = np.clip((clock - phrase[0].start) / 0.03, 0, 1)
    for syllable in phrase[1:]:
        if any(c in _PLOSIVES or c in ("ts", "ch") for c in syllable.onset):
            level = level * (1 - 0.85 * np.exp(-(((clock - syllable.start + 0.006) / 0.016) ** 2)))
        elif any(c in _NOISES and c not in _HUMS for c in syllable.onset):
            middle = (syllable.start + syllable.vowel) / 2
            width = max(0.02, (syllable.vowel - syllable.start) / 2)
            level = level * (1 - 0.8 * np.exp(-(((clock - middle) / width) ** 2)))
    end = phrase[-1].end
    return np.asarray(level * (0.5 + 0.5 * np.cos(np.pi * np.clip((clock - end) / release, 0, 1))))


def _table(sound: str, pitch: int, who: Singer) -> Samples:
    """Return one period of a sound at a pitch: the buzz of the vocal folds, shaped by the resonances."""
    hertz = frequency(pitch)
    formants = [f * who.size for f in _VOWELS.get(sound, _VOWELS["ə"])]
    # High notes raise the lowest resonance to the note itself, as singers do, or they would sound thin.
    formants[0] = max(formants[0], hertz * 1.02)
    at = hertz * np.arange(1, max(2, int(9000 / hertz)) + 1)
    gain = at**-who.tilt * hertz**who.tilt
    for order, (formant, width) in enumerate(zip(formants, _WIDTHS, strict=True)):
        shape = 1 / np.sqrt((1 - (at / formant) ** 2) ** 2 + (width * at / formant**2) ** 2)
        # A ceiling keeps a harmonic that meets a resonance from jumping out of the tune.
        gain *= np.minimum(shape, 5.0 if order == 0 else 4.0)
        gain *= 1 + 0.55 * (at / formant) ** 2 / (1 + (at / formant) ** 2)
    # Presence: the ring around three kilohertz by which a singer is heard over a band.
    gain *= 1 + 1.1 * np.exp(-(((at - 3300) / 1500) ** 2))
    gain /= 1 + (at / 6500.0) ** 6
    loud = 1.0 if sound in "aeiouə" else 0.9
    return period(gain) * np.float32(loud)
