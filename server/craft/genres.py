"""The 36 genres: tempo, rhyme, line lengths, and what people call them."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from .bundled import toml

MOODS = (
    "happy", "playful", "tender", "romantic", "nostalgic", "wistful", "sad", "bitter", "angry", "defiant", "proud",
    "hopeful", "triumphant", "calm", "sleepy", "dreamy", "mysterious", "dark", "tense", "epic", "funny", "ironic",
    "solemn", "sensual",
)  # fmt: skip
_SUNG_SHARE = 0.75  # part of a song in which somebody sings, where the genre says nothing else


@dataclass(frozen=True, slots=True)
class Genre:
    """What is usual in a genre: `bpm` ranges, most usual first; lines of a `verse`; words that `may` be used here."""

    name: str
    bpm: tuple[tuple[int, int], ...]
    scheme: str
    verse: int
    syllables: tuple[int, int]
    template: str
    sound: str
    point: str
    share: float = _SUNG_SHARE
    rap: bool = False
    half: bool = False
    near: bool = False
    perfect: bool = False
    repeats: bool = False
    may: tuple[str, ...] = ()

    @property
    def typical_bpm(self) -> int:
        """The middle of the most usual tempo range."""
        low, high = self.bpm[0]
        return (low + high) // 2

    def usual_bpm(self, bpm: float, slack: float = 0.25) -> bool:
        """Whether a tempo lies within the genre's ranges, give or take `slack`; also its half or double where both are
        in use for one feel."""
        tempos = (bpm, bpm * 2, bpm / 2) if self.half or self.rap else (bpm,)
        return any(low * (1 - slack) <= tempo <= high * (1 + slack) for low, high in self.bpm for tempo in tempos)


def genres() -> tuple[str, ...]:
    """The names of the 36 genres, the broad ones first."""
    return tuple(toml("genres")["genre"])


def moods() -> tuple[str, ...]:
    """The 24 moods that prompts offer."""
    return MOODS


def genre(text: str | None) -> Genre | None:
    """The genre a person means by "Hip Hop" or "dark uk drill"; None when nothing of it is known."""
    if not text or not text.strip(" .-"):
        return None
    plain = " ".join(text.casefold().replace("_", " ").split())
    for name in (plain, plain.replace(" ", "-")):
        if found := _by_name(name):
            return found
    inside = [name for name in _names() if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", plain)]
    return _by_name(max(inside, key=len)) if inside else None


def genre_words(text: str) -> list[str]:
    """The genres a description names, in order and without repeats."""
    plain = text.casefold()
    met: dict[int, str] = {}
    for name in sorted(_names(), key=len, reverse=True):
        for match in re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", plain):
            if not any(start <= match.start() < start + len(other) for start, other in met.items()):
                met[match.start()] = name
    found = [_by_name(met[start]) for start in sorted(met)]
    return list(dict.fromkeys(item.name for item in found if item))


@cache
def _names() -> frozenset[str]:
    return frozenset(toml("genres")["genre"]) | frozenset(toml("genres")["alias"])


@cache
def _by_name(name: str) -> Genre | None:
    name = toml("genres")["alias"].get(name, name)
    entry = toml("genres")["genre"].get(name)
    if entry is None:
        return None
    facts: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    facts["bpm"] = tuple((low, high) for low, high in entry["bpm"])
    return Genre(name=name, **facts)
