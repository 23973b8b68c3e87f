"""Words with the moments at which they are sung."""

from __future__ import annotations

from typing import NamedTuple


class SungWord(NamedTuple):
    """A word, or a syllable, with the blanks around it; seconds from the start of the song."""

    text: str
    start: float
    end: float


class SungLine(NamedTuple):
    """A sung line, in seconds; `section` is the tag before it, `place` how many tags came up to there."""

    text: str
    start: float
    end: float
    section: str | None
    place: int
    words: tuple[SungWord, ...]
    """What is sung of each word in this line, without tags."""
