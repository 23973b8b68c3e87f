"""D: does the lyric fit the requested time?"""

from collections.abc import Iterator

from ..findings import Finding
from ..song import Song

_WITH_BPM = (0.85, 1.15)
_WITHOUT_BPM = (0.75, 1.3)  # where the engine chooses the tempo, only gross misfits count
_MOST_WORDS, _MOST_RAPPED = 600, 900
_FEW_WORDS, _FEW_FOR_SECONDS = 60, 60


def fits(song: Song) -> Iterator[Finding]:
    """D1: the estimated range must touch the requested length."""
    lines = len(song.lyric.lines)
    if not song.seconds or not lines or song.kind == "instrumental":
        return
    low, high = _WITH_BPM if song.bpm else _WITHOUT_BPM
    estimate = song.estimate
    if estimate.high >= song.seconds * low and estimate.low <= song.seconds * high:
        return
    more = round(lines * (song.seconds / estimate.likely - 1))
    advice = f"add about {more} lines, or more instrumental room" if more > 0 else f"cut about {max(-more, 1)} lines"
    why = f"These words take roughly {estimate.low} to {estimate.high} s, {song.seconds:g} s are wanted: {advice}."
    yield Finding("D1", "warn", why)


def many_words(song: Song) -> Iterator[Finding]:
    """D2: more words than one generation sings cleanly."""
    words, most = len(song.lyric.words), _MOST_RAPPED if song.rap else _MOST_WORDS
    if words > most:
        yield Finding("D2", "warn", f"{words} words; above {most}, an engine rushes or drops lines. Split or cut.")


def few_words(song: Song) -> Iterator[Finding]:
    """D3: very few words for a long song."""
    words = len(song.lyric.words)
    asian = (song.language or "") in ("zh", "ja")
    if words and words < _FEW_WORDS and not asian and song.seconds and song.seconds > _FEW_FOR_SECONDS:
        yield Finding(
            "D3", "note", f"{words} words for {song.seconds:g} s: the rest will be filled with music or repeats."
        )


RULES = (fits, many_words, few_words)
