"""What a genre is: everything that makes a person say "that is a bossa nova" after five seconds.

Progressions are roman numerals counted from the major scale, written "verse | chorus | bridge". Drum lanes are
one character per sixteenth (twelve of them in three-four time): `X` loud, `x` normal, `o` soft, `.` nothing;
lanes of twice the length make a two-bar pattern.
"""

from __future__ import annotations

from dataclasses import dataclass

from .score import Chair

POP = (
    "I V vi IV | IV I V vi | ii IV vi V",
    "vi IV I V | I V vi IV | IV V iii vi",
    "I vi IV V | IV V I vi | vi ii IV V",
)
POP_MINOR = ("i bVI bIII bVII | bVI bVII i i | iv i bVI V", "i bVII bVI bVII | i bVI bIII bVII | bVI bIII iv V")


@dataclass(frozen=True)
class Genre:
    """One genre; `words` are the spellings that ask for it, tempi are beats per minute."""

    words: tuple[str, ...]
    tempo: tuple[int, int]
    drums: dict[str, str]
    kit: str
    band: tuple[Chair, ...]
    lead: str
    minor: float = 0.3
    major: tuple[str, ...] = POP
    minors: tuple[str, ...] = POP_MINOR
    meter: int = 4
    swing: float = 0.5
    feel: float = 0.3
    scale: str = ""
    bars_per_chord: float = 1.0
    fill: str = "snare"
    room: float = 1.3
    wet: float = 0.16
    pump: float = 0.0
    grit: float = 0.0
    breath: float = 0.25
    speech: bool = False
    """Its words are spoken in rhythm, not sung."""
    air: float = 0.5
    """How much more highs the mix gets; below 0 where the genre is dark."""
    backing: bool = True
    loose: float = 0.006
    lean: float = 0.0
    """Seconds by which snare and clap come after the beat, or before it."""
