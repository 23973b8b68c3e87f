"""What a style asks for that the sandbox cannot play, so that nobody takes the toy's answer for their music's fault."""

from __future__ import annotations

import re
from typing import Final

SLOWEST, FASTEST = 40, 220
"""The sandbox's tempi, beats per minute; it plays what is slower or faster at these."""
_METRES: Final = frozenset({"2/4", "3/4", "4/4", "6/8", "2/2", "12/8"})
_METRE = re.compile(r"(?<![\d/])(\d{1,2})/(2|4|8|16)(?![\d/])")
_TEMPO = re.compile(r"(\d{1,4}(?:\.\d+)?)\s*-?\s*bpm\b|\bbpm\s*:?\s*(\d{1,4})", re.IGNORECASE)
_TUNING = re.compile(
    r"\b(4(?!40)\d\d\s*hz|drop[ -][a-g][#b]?|open [a-g](?: minor)? tuning|quarter[- ]tones?|microtonal\w*|"
    r"just intonation|\d+[- ]?(?:tet|edo)|(?:half[- ]step|whole[- ]step|full[- ]step)s? down|maqam|pelog|slendro)\b",
    re.IGNORECASE,
)


def beyond(style: str) -> str:
    """A sentence about what of a style the sandbox plays as something simpler; "" when there is nothing."""
    asked = [f"{m[0]} time" for m in _METRE.finditer(style) if m[0] not in _METRES]
    for found in _TEMPO.finditer(style):
        tempo = float(found[1] or found[2])
        if not SLOWEST <= tempo <= FASTEST:
            asked.append(f"{tempo:g} BPM")
    asked += [m[0] for m in _TUNING.finditer(style)]
    if not asked:
        return ""
    named = ", ".join(dict.fromkeys(asked))
    return (
        f"{named}: beyond this sandbox. It counts three or four beats, plays {SLOWEST} to {FASTEST} BPM and has one "
        "tuning, so it played the nearest it can."
    )
