"""C: worn-out words, rude words, other people's names and lines."""

import codecs
import re
from collections.abc import Iterator
from functools import cache

from ..bundled import lines, toml
from ..findings import Finding
from ..song import Song

_PER_HUNDRED, _DIFFERENT = 2.0, 3
_LISTED = 3
_QUOTED_WORDS = 6
_QUOTE = re.compile(r"[\"“«„]([^\"“”«»„]+)[\"”»“]")


def cliches(song: Song) -> Iterator[Finding]:
    """C1 and C2: many different stock images at once; else the strongest ones, as a question."""
    met = song.worn
    words = len(song.lyric.words)
    total = sum(met.values())
    if not total or not words:
        return
    named = ", ".join(list(met)[:_LISTED])
    if total / words * 100 > _PER_HUNDRED and len(met) >= _DIFFERENT:
        why = (
            f"{total} stock images in {words} words ({named}, …): replace most of them with things somebody could see."
        )
        yield Finding("C1", "warn", why)
    else:
        yield Finding("C2", "note", f"Often used: {named}. What is really there?")


def profanity(song: Song) -> Iterator[Finding]:
    """C3: strong language may be refused; slurs nearly always are."""
    for line in song.lyric.lines:
        text = line.text.casefold()
        if _slurs().search(text):
            yield Finding("C3", "warn", "A slur: the service is likely to refuse the song.", line.number)
            continue
        if match := _strong().search(text):
            why = f'"{match[0]}": strong language is sometimes refused.'
            yield Finding("C3", "note" if song.rap else "warn", why, line.number)
            return


@cache
def _slurs() -> re.Pattern[str]:
    words = "|".join(codecs.decode(word, "rot13") for word in toml("profanity")["slurs_rot13"])
    return re.compile(rf"(?<!\w)(?:{words})s?(?!\w)")


@cache
def _strong() -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(toml("profanity")["strong"]) + r")(?!\w)")


def artists(song: Song) -> Iterator[Finding]:
    """C4: names of known artists; in a lyric they are only noted, gift songs may mean somebody else."""
    for line in song.lyric.lines:
        if found := artist_names(line.text, also_words=False):
            yield Finding(
                "C4", "note", f"{found[0]} is a known artist's name; some songs are refused for it.", line.number
            )


def artist_names(text: str, *, also_words: bool = True) -> list[str]:
    """The known artists a text names, as written. `also_words` includes names like Queen that are words too."""
    found = [match[0] for match in _artists(False).finditer(text)]
    return found + ([match[0] for match in _artists(True).finditer(text)] if also_words else [])


@cache
def _artists(also_words: bool) -> re.Pattern[str]:
    """Starred names of the list match in any case; the others, which are words too, only as they are listed."""
    names = [name for name in lines("artists") if name.endswith("*") != also_words]
    body = "|".join(re.escape(name.rstrip("*")) for name in names)
    return re.compile(rf"(?<!\w)(?:{body})(?!\w)", 0 if also_words else re.IGNORECASE)


def quotations(song: Song) -> Iterator[Finding]:
    """C5: a long quotation may be somebody else's line."""
    for line in song.lyric.lines:
        for quoted in _QUOTE.findall(line.text):
            if len(quoted.split()) >= _QUOTED_WORDS:
                yield Finding("C5", "note", "Is the quoted line someone else's? Known lyrics are refused.", line.number)


RULES = (cliches, profanity, artists, quotations)
