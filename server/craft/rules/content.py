"""C: words that get a song refused, other people's names."""

import codecs
import re
from collections.abc import Iterable, Iterator
from functools import cache

from ..artists import artist_names
from ..bundled import toml
from ..findings import Finding
from ..song import Song


def profanity(song: Song) -> Iterator[Finding]:
    """C3: strong language may be refused; slurs nearly always are. The word is named, so that it can be judged."""
    strong_told = False
    for line in song.lyric.lines:
        text = line.text.lower().replace("’", "'")
        if slur := _slur(text, song.language):
            why = f'"{slur}" is used as a slur: the service is likely to refuse the song.'
            yield Finding("C3", "warn", why, line.number)
        elif not strong_told and (match := _strong(song.language or "en").search(text)):
            strong_told = True
            why = f'"{match[0]}": strong language is sometimes refused.'
            yield Finding("C3", "note" if song.rap else "warn", why, line.number)


def _slur(text: str, language: str | None) -> str | None:
    """The first slur of a line in small letters; what is only an idiom with the same letters is none."""
    pattern = _slurs(language or "en")
    if not pattern.search(text):
        return None
    match = pattern.search(_idioms().sub(" ", text))
    return match[0] if match else None


@cache
def _slurs(language: str) -> re.Pattern[str]:
    """English ones count in every language: they are what the service looks for first."""
    listed = toml("profanity")["slurs"]
    return _words(codecs.decode(word, "rot13") for code in {"en", language} for word in listed.get(code, []))


@cache
def _idioms() -> re.Pattern[str]:
    return _words(codecs.decode(idiom, "rot13") for idiom in toml("profanity")["idioms_rot13"])


@cache
def _strong(language: str) -> re.Pattern[str]:
    listed = toml("profanity")["strong"]
    return _words(word for code in {"en", language} for word in listed.get(code, []))


def _words(patterns: Iterable[str]) -> re.Pattern[str]:
    """Any of these as whole words; Chinese and Japanese put no space around theirs."""
    spaced: list[str] = []
    run_on: list[str] = []
    for pattern in sorted(patterns):
        (run_on if re.match(r"[\u3040-\u30ff\u3400-\u9fff]", pattern) else spaced).append(pattern)
    whole = rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)"
    return re.compile("|".join((whole, *run_on)))


def artists(song: Song) -> Iterator[Finding]:
    """C4: names of known artists; in a lyric they are only noted, once, gift songs may mean somebody else."""
    for line in song.lyric.lines:
        if found := artist_names(line.text):
            why = f"{found[0]} is a known artist's name; some songs are refused for it."
            yield Finding("C4", "note", why, line.number)
            return


RULES = (profanity, artists)
