"""Drum sounds: every kit's kick, snare, cymbals and hand drums, made from sine sweeps and shaped noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .score import RATE
from .synth import Samples, noise


@dataclass(frozen=True)
class Drum:
    """One drum: a sine that falls from `top` to `bottom` hertz, and noise between `low` and `high` hertz.

    Times are how long the tone and the noise take to fade to a third; `fall` is how quickly the pitch drops.
    """

    tone: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    fall: float = 0.03
    ring: float = 0.1
    hiss: float = 0.0
    low: float = 1000.0
    high: float = 8000.0
    fade: float = 0.08
    attack: float = 0.001
    pan: float = 0.0


_HAT: Final = Drum(hiss=0.3, low=6000, high=10000, fade=0.028, pan=0.25)
_OPEN: Final = Drum(hiss=0.26, low=5500, high=10000, fade=0.16, pan=0.25)
_CRASH: Final = Drum(hiss=0.34, low=3000, high=9000, fade=0.7, attack=0.004, pan=-0.3)
_RIDE: Final = Drum(hiss=0.22, low=4500, high=9000, fade=0.22, tone=0.03, top=3100, bottom=3100, ring=0.2, pan=-0.35)
_TOMS: Final = {
    43: Drum(0.8, 150, 82, 0.05, 0.2, 0.12, 300, 3000, 0.04, pan=0.3),
    45: Drum(0.8, 190, 110, 0.05, 0.17, 0.12, 300, 3500, 0.04),
    48: Drum(0.8, 240, 150, 0.05, 0.14, 0.12, 300, 4000, 0.04, pan=-0.3),
}
_HANDS: Final = {
    39: Drum(hiss=0.55, low=900, high=4500, fade=0.07, attack=0.012),
    54: Drum(hiss=0.4, low=6000, high=9500, fade=0.07, attack=0.004, pan=-0.3),
    56: Drum(0.28, 800, 795, 0.1, 0.09, 0.05, 500, 3000, 0.02, pan=0.3),
    63: Drum(0.55, 340, 300, 0.02, 0.1, 0.12, 500, 4000, 0.02, pan=-0.3),
    64: Drum(0.6, 220, 190, 0.02, 0.16, 0.1, 400, 3000, 0.02, pan=-0.2),
    65: Drum(0.4, 420, 390, 0.02, 0.14, 0.2, 1000, 5000, 0.05, pan=0.3),
    70: Drum(hiss=0.3, low=2500, high=7000, fade=0.012, pan=0.1),
    75: Drum(0.3, 2400, 2390, 0.1, 0.025, pan=0.35),
    82: Drum(hiss=0.4, low=5500, high=9500, fade=0.035, attack=0.012, pan=0.4),
}
_COMMON: Final = {
    42: _HAT,
    46: _OPEN,
    49: _CRASH,
    51: _RIDE,
    37: Drum(0.3, 1700, 500, 0.004, 0.02, 0.25, 1500, 6000, 0.015),
    **_TOMS,
    **_HANDS,
}

KITS: Final[dict[str, dict[int, Drum]]] = {
    "studio": {
        36: Drum(1.0, 130, 52, 0.025, 0.16, 0.12, 800, 4000, 0.01),
        38: Drum(0.5, 230, 185, 0.02, 0.08, 0.6, 1800, 9000, 0.1),
    },
    "rock": {
        36: Drum(1.1, 160, 56, 0.02, 0.15, 0.4, 2000, 6500, 0.01),
        38: Drum(0.65, 240, 180, 0.02, 0.11, 0.95, 2000, 9000, 0.15),
        49: Drum(hiss=0.45, low=2800, high=10000, fade=0.8, attack=0.004, pan=-0.3),
        51: Drum(hiss=0.3, low=3500, high=9500, fade=0.2, tone=0.05, top=3100, bottom=3100, ring=0.2, pan=-0.35),
        42: Drum(hiss=0.42, low=5000, high=10500, fade=0.03, pan=0.25),
    },
    "brush": {
        36: Drum(0.7, 100, 55, 0.03, 0.14),
        38: Drum(0.15, 200, 180, 0.02, 0.06, 0.5, 1500, 6500, 0.11, 0.015),
        42: Drum(hiss=0.2, low=5000, high=9000, fade=0.03, pan=0.25),
        51: Drum(hiss=0.17, low=4000, high=8500, fade=0.28, tone=0.035, top=2600, bottom=2600, ring=0.3, pan=-0.35),
    },
    "808": {
        36: Drum(1.2, 150, 44, 0.035, 0.34),
        38: Drum(0.4, 220, 180, 0.02, 0.07, 0.45, 2000, 8000, 0.09),
        42: Drum(hiss=0.25, low=7500, high=10000, fade=0.02, pan=0.15),
    },
    "909": {
        36: Drum(1.25, 210, 50, 0.028, 0.2, 0.35, 2000, 7000, 0.008),
        38: Drum(0.5, 220, 170, 0.02, 0.08, 0.7, 2000, 9500, 0.12),
        39: Drum(hiss=0.8, low=1500, high=6500, fade=0.08, attack=0.008),
        42: Drum(hiss=0.42, low=5000, high=10500, fade=0.03, pan=0.25),
        46: Drum(hiss=0.42, low=4500, high=10500, fade=0.14, pan=0.25),
    },
    "dusty": {
        36: Drum(0.85, 110, 55, 0.03, 0.14, 0.05, 500, 2000, 0.02),
        38: Drum(0.4, 210, 170, 0.02, 0.08, 0.36, 800, 3800, 0.09),
        42: Drum(hiss=0.17, low=3500, high=6500, fade=0.03, pan=0.2),
    },
    "break": {
        36: Drum(1.0, 170, 60, 0.02, 0.11, 0.2, 1000, 5000, 0.01),
        38: Drum(0.6, 270, 210, 0.02, 0.07, 0.65, 1200, 8000, 0.11),
        42: Drum(hiss=0.26, low=5500, high=10000, fade=0.022, pan=0.25),
    },
    "gated": {
        36: Drum(1.1, 150, 50, 0.03, 0.17, 0.15, 1000, 4000, 0.01),
        38: Drum(0.6, 210, 170, 0.03, 0.14, 0.8, 700, 6500, 0.24),
    },
    "orchestra": {
        36: Drum(1.1, 75, 48, 0.06, 0.6, 0.08, 200, 1500, 0.05, 0.004),
        45: Drum(0.9, 110, 80, 0.06, 0.4, 0.1, 200, 2000, 0.04, 0.003),
        38: Drum(0.3, 220, 190, 0.02, 0.07, 0.5, 1500, 7000, 0.12),
    },
}


def hit(kit: str, drum: int) -> tuple[Samples, float]:
    """Return the sound of one drum of a kit at full strength, and its pan; an unknown kit is the studio's."""
    sound = (_COMMON | KITS.get(kit, KITS["studio"])).get(drum) or KITS["studio"][38]
    length = int(
        min(2.5, max(sound.ring * 6 if sound.tone else 0.0, sound.fade * 6 if sound.hiss else 0.0) + sound.attack)
        * RATE
    )
    time = np.arange(length) / RATE
    wave = np.zeros(length)
    if sound.tone:
        phase = sound.bottom * time + (sound.top - sound.bottom) * sound.fall * (1 - np.exp(-time / sound.fall))
        wave += sound.tone * np.sin(2 * np.pi * phase) * np.exp(-time / sound.ring)
    if sound.hiss:
        hiss = np.resize(noise(f"drum {drum}", sound.low, sound.high), length)
        wave += 1.8 * sound.hiss * hiss * np.exp(-time / sound.fade)
    rise = np.minimum(time / max(sound.attack, 0.0008), 1.0)
    tail = np.minimum((time[-1] - time) / 0.01, 1.0)
    return (wave * rise * tail).astype(np.float32), sound.pan
