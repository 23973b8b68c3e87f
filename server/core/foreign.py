"""Reads what others wrote: text, numbers, links and JSON that may hold anything, made safe to store and show."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

JOINERS: Final = "\u200c\u200d"
"""Invisible, but part of the spelling: Persian and Indic words and composed emoji fall apart without them."""
_JOINABLE: Final = r"[^\x00-\u0589\s\u200c\u200d]"
_IDLE: Final = re.compile(
    rf"(?<=[\u200c\u200d])[\u200c\u200d]+|(?<!{_JOINABLE})[\u200c\u200d]+|[\u200c\u200d]+(?!{_JOINABLE}|[\u200c\u200d])"
)


def json_object(raw: str | bytes | bytearray) -> dict[str, Any] | None:
    """The JSON object in a body; None for anything else, such as a web page or endless brackets."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def one_line(value: object, limit: int) -> str:
    """Text on one line without control and format characters, joiners excepted, cut to the limit; empty for anything
    that is not text.
    """
    if not isinstance(value, str):
        return ""
    folded = " ".join(joined("".join(c if _shown(c) or c.isspace() else "" for c in value)).split())
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + "…"


def verse(value: object, limit: int) -> str:
    """Text that keeps its lines and loses other control characters; empty for anything that is not text."""
    lines = value[:limit].splitlines() if isinstance(value, str) else ()
    return "\n".join(joined("".join(c for c in line if _shown(c) or c == "\t")) for line in lines)


def _shown(character: str) -> bool:
    return character.isprintable() or character in JOINERS


def joined(text: str) -> str:
    """The text without joiners that join nothing: at an end, beside another one, in scripts that have no use for them.

    There they would only make two texts that look the same, or hide something.
    """
    return _IDLE.sub("", text)


def number(value: object) -> float | None:
    """A finite number, even one sent as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def link_of(value: object) -> str | None:
    """A web address; None where the field holds a sentence or nothing."""
    return value if isinstance(value, str) and value.startswith(("https://", "http://")) else None
