"""Which General MIDI program stands for which player."""

from __future__ import annotations

from typing import Final

from .score import Chair

# General MIDI programs, counted from 0.
_PARTS: Final = {
    "vocals": 52, "backing vocals": 53, "bass": 33, "guitar": 25, "keyboard": 0, "strings": 48,
    "synth": 81, "fx": 97, "brass": 61, "woodwinds": 73, "drums": 0, "percussion": 0,
}  # fmt: skip
_PATCHES: Final = {
    "electric piano": 4, "house piano": 2, "clavinet": 7, "organ": 16, "accordion": 21, "music box": 10, "bells": 14,
    "vibraphone": 11, "nylon guitar": 24, "ukulele": 24, "banjo": 105, "clean guitar": 27, "jazz guitar": 26,
    "crunch guitar": 29, "overdrive": 29, "distortion": 30, "upright": 32, "pick bass": 34, "slap bass": 36,
    "synth bass": 38, "acid bass": 38, "reese bass": 39, "sub bass": 39, "808 bass": 39, "arco bass": 43,
    "pizzicato": 45, "fiddle": 110, "slow strings": 49, "clarinet": 71, "saxophone": 65, "muted trumpet": 59,
    "warm pad": 89, "analog pad": 90, "glass pad": 92, "choir pad": 91, "pluck": 87, "horns": 60,
}  # fmt: skip
_SOLOISTS: Final = {"lead guitar": 29, "trumpet": 56, "solo strings": 40}


def program_of(chair: Chair) -> int:
    """Return the General MIDI program of a player."""
    if chair.manner == "lead" and chair.patch not in _PATCHES:
        return _SOLOISTS.get(chair.patch, _PARTS[chair.part])
    return _PATCHES.get(chair.patch, _PARTS[chair.part])
