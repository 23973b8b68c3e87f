"""Passages that come in several songs: a listener of an album hears them as the writer's habit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

_TAG = re.compile(r"^\s*[\[(].*[\])]\s*$")
_TOKEN = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|[^\W_]+(?:['’][^\W_]+)*")
"""A word, or one character of a script that puts no spaces between words. Joiners are taken out before."""
_SEED, _PLACES, _COMPARED = 3, 4, 1500
_LETTERS, _WORDS, _DIFFERENT = 14, 5, 3
"""What a passage has at least: letters, words unless it is a whole line, and different words."""


class Passage(NamedTuple):
    """Words as the first song has them, and which songs, counted from 0, share them."""

    words: str
    songs: tuple[int, ...]


@dataclass(frozen=True)
class _Text:
    """The words of a song in a row, folded; where each stands in which line."""

    words: tuple[str, ...]
    places: tuple[tuple[int, int, int], ...]
    lines: tuple[str, ...]

    @cached_property
    def seeds(self) -> dict[tuple[str, ...], list[int]]:
        """Where each row of a few words begins, in a few places: a refrain has many."""
        found: dict[tuple[str, ...], list[int]] = {}
        for at in range(len(self.words) - _SEED + 1):
            places = found.setdefault(self.words[at : at + _SEED], [])
            if len(places) < _PLACES:
                places.append(at)
        return found

    def shown(self, start: int, end: int) -> str:
        """The words from one place to another as they are written."""
        first, last = self.places[start], self.places[end - 1]
        if first[0] == last[0]:
            return self.lines[first[0]][first[1] : last[2]]
        middle = self.lines[first[0] + 1 : last[0]]
        rows = (self.lines[first[0]][first[1] :], *middle, self.lines[last[0]][: last[2]])
        return " / ".join(row.strip() for row in rows if row.strip())

    def whole_lines(self, start: int, end: int) -> bool:
        """Whether the stretch begins where a line does, and ends where one does."""
        begins = start == 0 or self.places[start - 1][0] != self.places[start][0]
        return begins and (end == len(self.places) or self.places[end][0] != self.places[end - 1][0])


def shared_passages(lyrics: Sequence[str], most: int = 5) -> list[Passage]:
    """What several songs sing, the longest first; songs with the same words throughout count as one and the same."""
    texts = [_text(lyric) for lyric in lyrics]
    found: dict[tuple[str, ...], tuple[str, set[int]]] = {}
    for one, first in enumerate(texts):
        for other in range(one + 1, len(texts)):
            if texts[other].words == first.words:
                continue
            for start, end in _common(first, texts[other]):
                _, songs = found.setdefault(first.words[start:end], (first.shown(start, end), set()))
                songs |= {one, other}
    ranked = sorted(found.items(), key=lambda item: (-sum(map(len, item[0])), min(item[1][1])))
    kept: list[tuple[str, Passage]] = []
    for words, (shown, songs) in ranked:
        text = f" {' '.join(words)} "
        if not any(text in longer and songs <= set(passage.songs) for longer, passage in kept):
            kept.append((text, Passage(shown, tuple(sorted(songs)))))
    return [passage for _, passage in kept[:most]]


def _text(lyrics: str) -> _Text:
    lines = tuple(line for line in lyrics.splitlines() if line.strip() and not _TAG.match(line))
    words, places = list[str](), list[tuple[int, int, int]]()
    for number, line in enumerate(lines):
        for match in _TOKEN.finditer(line.replace("\u200c", " ").replace("\u200d", " ")):
            words.append(unicodedata.normalize("NFC", match[0].casefold().replace("’", "'")))
            places.append((number, *match.span()))
    return _Text(tuple(words[:_COMPARED]), tuple(places[:_COMPARED]), lines)


def _common(one: _Text, other: _Text) -> Iterator[tuple[int, int]]:
    """The longest stretches of the first text that the other one has too, each once, none inside another."""
    start, seeds = 0, other.seeds
    while start <= len(one.words) - _SEED:
        places = seeds.get(one.words[start : start + _SEED])
        longest = max(_run(one, start, other, at) for at in places) if places else 0
        if longest and _tells(one, start, start + longest):
            yield start, start + longest
        start += longest or 1


def _run(one: _Text, start: int, other: _Text, at: int) -> int:
    most = min(len(one.words) - start, len(other.words) - at)
    return next((n for n in range(most) if one.words[start + n] != other.words[at + n]), most)


def _tells(text: _Text, start: int, end: int) -> bool:
    """Whether a common stretch is more than a turn of phrase or a "la la la"."""
    words = text.words[start:end]
    long_enough = len(words) >= _WORDS or text.whole_lines(start, end)
    unspaced = all(len(word) == 1 for word in words)
    letters = sum(map(len, words)) >= (_LETTERS // 2 if unspaced else _LETTERS)
    return long_enough and letters and len(set(words)) >= _DIFFERENT
