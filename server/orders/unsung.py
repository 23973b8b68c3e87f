"""Which of a song's words are not sung: the lyrics against the service's timeline of them, where it was bought."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any, Final, NamedTuple

from ..core.foreign import one_line
from ..core.jobs import Clip
from .caller import Caller

_TAG: Final = re.compile(r"\[[^\[\]\n]*\]")
_WORD: Final = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]|[^\W_]+")
"""A word, or a letter of a script that puts no blanks between words: timelines divide those as they like."""
_SHOWN: Final = 40
_MOST: Final = 5000


class Unsung(NamedTuple):
    """How much of a lyric is sung."""

    words: int
    missing: int
    passage: str
    """The longest stretch that is missing, cut to a few words; the person's own text."""
    longest: int
    """Its words."""


def unsung(caller: Caller, clip: Clip) -> Unsung | None:
    """What is not sung of a clip's words; None without words, or without a timeline, which is never bought. Blocks."""
    from ...tools.sonic.get_lyrics_timeline import GetLyricsTimeline

    job = caller.journal.fulfilled(caller.account, GetLyricsTimeline(clip_id=clip.clip_id).identity())
    if job is None or job.answer is None or not clip.lyrics:
        return None
    return compared(clip.lyrics, job.answer)


def compared(lyrics: str, answer: Mapping[str, Any]) -> Unsung | None:
    """The same from a lyric and an answer as it came; a word that the service could not find counts as not sung."""
    data = answer.get("data")
    rows = data.get("alignment") if isinstance(data, Mapping) else None
    plain = _TAG.sub(lambda tag: " " * len(tag[0]), lyrics)
    written = list(_WORD.finditer(plain))[:_MOST]
    if not isinstance(rows, list) or not written:
        return None
    text = " ".join(
        str(row["word"])
        for row in rows[:_MOST]
        if isinstance(row, Mapping) and isinstance(row.get("word"), str) and row.get("success") is not False
    )
    sung = [word.casefold() for word in _WORD.findall(_TAG.sub(" ", text))[:_MOST]]
    asked = [word[0].casefold() for word in written]
    gaps, at = list[tuple[int, int]](), 0
    for begins, _, size in SequenceMatcher(None, asked, sung, autojunk=False).get_matching_blocks():
        if begins > at:
            gaps.append((at, begins))
        at = begins + size
    longest = max(gaps, key=lambda gap: gap[1] - gap[0], default=(0, 0))
    passage = plain[written[longest[0]].start() : written[longest[1] - 1].end()] if longest[1] else ""
    missing = sum(end - begin for begin, end in gaps)
    return Unsung(len(written), missing, one_line(passage, _SHOWN), longest[1] - longest[0])
