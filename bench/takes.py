"""How well faults of recordings are found: planted ones, and alarms where there is none. `python -m bench.takes`.

Songs of the sandbox in all its genres, and other sounds that are as they should be, each clean and with one fault at
a time. Every second recording goes through an MP3, as most songs are delivered. A tempo can only drift where there is
a beat. The other figure: loudness against a second, independent meter.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain

import numpy as np
import pyloudnorm

from songwright.sandbox import music
from songwright.sandbox.music.genres import GENRES
from songwright.server.files.studio.listening import Heard, listen_to
from songwright.server.files.studio.sound import Samples
from songwright.server.files.studio.takes import Expected, Measure, measures

from .common import line, rounds, title

LYRICS = """[Verse]
Stars are falling over the harbour tonight
I walk along the water holding the light

[Chorus]
Oh, carry me over the sea
Carry the morning to me
"""
RATE = music.RATE
SECONDS = 24.0

Fault = Callable[[Samples, np.random.Generator], Samples]


def _gain(decibels: float) -> np.float32:
    return np.float32(10 ** (decibels / 20))


def _rms(sound: Samples) -> float:
    return float(np.sqrt(np.square(sound, dtype=np.float64).mean()))


def _silence(seconds: float) -> Samples:
    return np.zeros((int(seconds * RATE), 2), np.float32)


def clipped(sound: Samples, chance: np.random.Generator) -> Samples:
    cut: Samples = np.clip(sound * _gain(chance.uniform(5, 12)), -1, 1)
    return cut


def silent_gap(sound: Samples, chance: np.random.Generator) -> Samples:
    length = int(chance.uniform(0.5, 3) * RATE)
    start = int(chance.uniform(0.2, 0.7) * len(sound))
    holed = sound.copy()
    holed[start : start + length] = 0
    return holed


def late_start(sound: Samples, chance: np.random.Generator) -> Samples:
    return np.concatenate([_silence(chance.uniform(1.5, 6)), sound])


def long_tail(sound: Samples, chance: np.random.Generator) -> Samples:
    return np.concatenate([sound, _silence(chance.uniform(4, 15))])


def cut_end(sound: Samples, chance: np.random.Generator) -> Samples:
    return sound[: int(len(sound) * chance.uniform(0.9, 0.95))]


def too_short(sound: Samples, chance: np.random.Generator) -> Samples:
    kept = sound[: int(len(sound) * chance.uniform(0.4, 0.8))].copy()
    kept[-2 * RATE :] *= np.linspace(1, 0, 2 * RATE, dtype=np.float32)[:, None] ** 2
    return kept


def hiss(sound: Samples, chance: np.random.Generator) -> Samples:
    return (sound + chance.normal(0, _rms(sound) * _gain(-chance.uniform(20, 36)), sound.shape)).astype(np.float32)


def crackle(sound: Samples, chance: np.random.Generator) -> Samples:
    broken = sound.copy()
    for at in chance.integers(0, len(sound), 40):
        broken[at] += chance.choice([-1, 1]) * chance.uniform(0.5, 0.9)
    return np.clip(broken, -1, 1)


def dull(sound: Samples, chance: np.random.Generator) -> Samples:
    cutoff, slope = chance.uniform(1200, 2500), chance.choice([2, 4, 8])
    spectrum = np.fft.rfft(sound, axis=0)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    spectrum *= (1 / np.sqrt(1 + (hertz / cutoff) ** (2 * slope)))[:, None]
    return np.fft.irfft(spectrum, len(sound), axis=0).astype(np.float32)


def drift(sound: Samples, chance: np.random.Generator) -> Samples:
    speed = 1 + chance.choice([-1, 1]) * chance.uniform(0.05, 0.15) * (np.linspace(0, 1, len(sound)) - 0.5)
    place = np.cumsum(speed)
    place = place[place < len(sound) - 1]
    return np.stack([np.interp(place, np.arange(len(sound)), side) for side in sound.T], axis=1).astype(np.float32)


def hot_peaks(sound: Samples, chance: np.random.Generator) -> Samples:
    return sound * np.float32(_gain(chance.uniform(1, 4)) / np.abs(sound).max())


def one_sided(sound: Samples, chance: np.random.Generator) -> Samples:
    return sound * np.array([1, 0] if chance.uniform() < 0.5 else [0, 1], np.float32)


FAULTS: dict[Fault, tuple[str, ...]] = {
    clipped: ("clipping",),
    silent_gap: ("silence_inside",),
    late_start: ("silence_at_start",),
    long_tail: ("silence_at_end",),
    cut_end: ("ending",),
    too_short: ("length",),
    hiss: ("noise",),
    crackle: ("noise",),
    dull: ("brightness",),
    drift: ("tempo_drift",),
    hot_peaks: ("true_peak", "clipping"),
    one_sided: ("sides",),
}
"""Each fault with the measurements of which one must find it."""


def songs(takes: int) -> Iterator[tuple[str, Samples, Expected]]:
    """Songs of the sandbox, two thirds of them sung."""
    for number, genre in enumerate(GENRES):
        for take in range(1, takes + 1):
            brief = music.Brief(
                lyrics=LYRICS, style=genre, seconds=SECONDS + number % 5, instrumental=number % 3 == 2,
                seed=number + 1, take=take,
            )  # fmt: skip
            yield f"{genre} {take}", music.render(music.compose(brief)).samples, Expected(brief.seconds, genre)


def others() -> Iterator[tuple[str, Samples, Expected]]:
    """Sounds that are no songs of the sandbox, and nothing is wrong with them."""
    chance = np.random.default_rng(7)
    clock = np.arange(int(30 * RATE)) / RATE
    fade = np.minimum(1, np.minimum(clock / 0.05, (30 - clock) / 2.5))[:, None]

    def plucked(pitches: list[float], every: float, decay: float, overtones: int) -> Samples:
        wave = np.zeros(len(clock))
        for index in range(int(28 / every)):
            since = clock - index * every
            hertz = pitches[index % len(pitches)]
            sounding = (since >= 0) & (since < 6 * decay)
            bell = np.exp(-since[sounding] / decay) * np.minimum(since[sounding] / 0.003, 1)
            for overtone in range(1, overtones + 1):
                if hertz * overtone < RATE / 2.2:
                    wave[sounding] += bell * np.sin(2 * np.pi * hertz * overtone * since[sounding]) / overtone**1.3
        return np.repeat(wave[:, None], 2, axis=1)

    scale = [220.0, 277.2, 329.6, 440.0, 554.4, 659.3]
    made = {
        "a solo guitar": plucked(scale, 0.5, 0.6, 12),
        "a slow piano": plucked([110.0, 164.8, 220.0, 261.6], 1.6, 1.4, 24),
        "a music box": plucked([880.0, 1108.7, 1318.5], 0.4, 0.5, 8),
        "an organ": sum(
            np.sin(2 * np.pi * np.outer(clock, [hertz * part, hertz * part * 1.001])) / part
            for hertz in (130.8, 164.8, 196.0) for part in range(1, 30)
        ),
        "a drum loop": chance.normal(0, 1, (len(clock), 2)) * np.exp(-(clock % 0.5) / 0.04)[:, None],
    }  # fmt: skip
    for name, sound in made.items():
        shaped = sound * fade
        yield name, (shaped * 0.7 / np.abs(shaped).max()).astype(np.float32), Expected(30, "")
    score = music.compose(music.Brief(lyrics=LYRICS, style="rock", seconds=SECONDS, seed=5))
    yield "a remaster", music.render(music.remaster(score, "subtle")).samples, Expected(SECONDS, "rock")
    yield "a loud remaster", music.render(music.remaster(score, "high")).samples, Expected(SECONDS, "rock")


def heard(sound: Samples, *, mp3: bool) -> Heard:
    """As a listener gets it."""
    if mp3:
        sound = music.decode(music.encode(music.Audio(sound, RATE), "mp3")).samples
    return listen_to([sound[start : start + 65536] for start in range(0, len(sound), 65536)], RATE, sound.shape[1])


def accused(found: list[Measure]) -> dict[str, str]:
    return {measure.name: measure.says for measure in found if measure.weight}


def main() -> None:
    chance = np.random.default_rng(2026)
    planted, caught, alarms, clean = Counter[str](), Counter[str](), Counter[str](), 0
    apart, began = 0.0, time.process_time()
    for place, (name, sound, expected) in enumerate(chain(songs(rounds(sys.argv[1:], 1)), others())):
        mp3 = place % 2 == 0
        found = heard(sound, mp3=mp3)
        lufs = pyloudnorm.Meter(RATE).integrated_loudness(sound.astype(np.float64))
        ours = listen_to([sound], RATE, 2).loudness.lufs
        apart = max(apart, abs(lufs - ours))
        blamed = measures(found, expected)
        clean += 1
        if wrong := accused(blamed):
            alarms[name] += 1
            print(f"  alarm, {name}: {wrong}", flush=True)
        has_beat = any(measure.name == "tempo_drift" and measure.value is not None for measure in blamed)
        for fault, names in FAULTS.items():
            if fault is drift and not has_beat:
                continue
            planted[fault.__name__] += 1
            hit = accused(measures(heard(fault(sound, chance), mp3=mp3), expected))
            if any(one in hit for one in names):
                caught[fault.__name__] += 1
            else:
                print(f"  missed, {fault.__name__} in {name}{' (mp3)' if mp3 else ''}: {list(hit)}", flush=True)
    title(f"compare_takes: {clean} clean recordings, {sum(planted.values())} with one planted fault")
    for kind, count in planted.items():
        line(f"found: {kind}", f"{caught[kind]} of {count}")
    line("recall", f"{caught.total() / planted.total():.1%}", "≥ 95 %")
    line("alarms on clean recordings", f"{alarms.total() / clean:.1%}", "≤ 5 %")
    line("loudness, farthest from pyloudnorm", f"{apart:.3f} LU", "≤ 0.1 LU")
    line("processor time", f"{time.process_time() - began:.0f} s")


if __name__ == "__main__":
    main()
