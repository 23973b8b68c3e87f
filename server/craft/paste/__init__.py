"""Reads what people paste as a lyric: recognises its form and removes what nobody should sing.

A text goes through the stages below in this order; each takes rows and gives rows back, with what it recognised. A
clean lyric passes through unchanged.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .chords import without_chords
from .formats import without_format
from .headings import headed
from .layout import broken_up, joined_characters, struck
from .markup import spelt_out, unpacked, without_html
from .repeats import unwritten, written_out
from .rows import Rows, Seen, rows_of
from .singers import labelled
from .timed import untimed
from .verdict import no_lyric
from .wrapping import unwrapped

__all__ = ["Pasted", "headed", "labelled", "read_paste", "unwritten", "written_out"]

_PACKED: tuple[Callable[[Rows], tuple[Rows, list[Seen]]], ...] = (
    spelt_out,
    untimed,
    without_html,
    joined_characters,
    broken_up,
    struck,
    without_chords,
)


@dataclass(frozen=True, slots=True)
class Pasted:
    """The rows of a text without what surrounded the words, and what was recognised."""

    rows: Rows
    seen: tuple[Seen, ...]
    hopeless: bool = False
    """Whether it is certainly no lyric; its rows are then as they came."""


def read_paste(text: str) -> Pasted:
    """Recognise a text and remove what is not the song: the packaging first, then what surrounds it."""
    inner, seen = unpacked(text)
    rows, ends = rows_of(inner)
    given = rows
    rows, found = without_format(rows)
    seen = [*seen, *found]
    if not seen and (verdict := no_lyric(rows)):
        return Pasted(given, tuple(verdict), hopeless=True)
    seen = [*seen, *ends]
    for stage in _PACKED:
        rows, found = stage(rows)
        seen += found
    copied = any(one.id in ("F8", "F2") for one in seen)
    if copied and not _sung(rows):
        kind = next(one.kind for one in seen if one.id in ("F8", "F2"))
        why = f"This is {kind} without words: nothing in it can be sung."
        return Pasted(given, (Seen(f"{kind} without words", why, None, "F9"),), hopeless=True)
    played = any(one.id == "F8" for one in seen)
    first = next((row.number for row in given if not row.blank), None) if played else None
    rows, around = unwrapped(rows, copied=copied, first=first)
    seen += around
    if copied and around and (verdict := no_lyric(rows)):
        return Pasted(given, tuple(verdict), hopeless=True)
    return Pasted(rows, tuple(seen))


def _sung(rows: Rows) -> bool:
    return any(row.bracketed or any(map(str.isalpha, row.text)) for row in rows)
