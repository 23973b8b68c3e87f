"""Syllables of a sung line in any of the twenty languages of the project.

Where singers may join vowels across words (Spanish, Italian, Portuguese) or drop a mute e (French), a line has a range.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from .english import syllables as english
from .languages import WORD, base
from .letters import MOST_LETTERS, rough
from .pronunciation import readings
from .romance import french, italian, portuguese, spanish

_LONGEST_KEPT = 200
"""Characters of a line; counts of longer ones are not kept."""
_HAN = re.compile(r"[\u3400-\u9fff々]")
_KANA = re.compile(r"[\u3041-\u30fa\u30fc]")
_SMALL_KANA = re.compile(r"[ぁぃぅぇぉゃゅょゎァィゥェォャュョヮ]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff々\uac00-\ud7a3]+")
_KANJI_MORAE = 2  # the usual length of a reading; kanji can be read in several ways
_GERMAN = re.compile(r"aa|äu|ai|au|ay|ee|ei|eu|ey|ie|oo|(?<!q)u|[aeioäöüy]")
_GERMAN_APART = re.compile(r"(?<=^be)(?=e[nhi])|(?<=^ge)(?=e[hb])|(?<=[lnr]i)(?=en?s?$)")
_DUTCH = re.compile(r"eeuw|ieuw|aai|ooi|oei|aa|ee|oo|uu|ie|oe|eu|ui|ei|ij|au|ou|[aeiouyëïöüéè]")
_DEVANAGARI_VOWEL = re.compile(r"[\u0904-\u0914]")
_DEVANAGARI_CONSONANT = re.compile(r"[\u0915-\u0939\u0958-\u095f]\u093c?(?!\u094d)")


@dataclass(frozen=True, slots=True)
class Count:
    """Syllables of a line: `usual` as most would sing it, `low` and `high` as some could."""

    usual: int
    low: int
    high: int


def count(text: str, language: str | None = None) -> Count:
    """Count one line. `language` is a code or name; without it, and for unknown ones, Latin words count as English.

    Chinese, Japanese and Korean characters count by their script whatever the language; digits are not read out.
    """
    code = base(language) or "en"
    return _kept(text, code, rough.get()) if len(text) <= _LONGEST_KEPT else _count(text, code)


@contextmanager
def bounded(text: str, language: str | None) -> Iterator[None]:
    """Within it, words that no table lists are counted by their vowels when this text has too many of them."""
    counted_as_english = (base(language) or "en") not in _RANGES.keys() | _WORDS.keys()
    mark = rough.set(counted_as_english and _strange_letters(text) > MOST_LETTERS)
    try:
        yield
    finally:
        rough.reset(mark)


def _strange_letters(text: str) -> int:
    words = {word.lower() for word in WORD.findall(text)}
    return sum(len(word) for word in words if not readings(word))


@lru_cache(maxsize=2_000)
def _kept(text: str, code: str, roughly: bool) -> Count:
    del roughly  # it is only a part of what the count is kept under
    return _count(text, code)


def _count(text: str, code: str) -> Count:
    asian = sum(_asian(run) for run in _ASIAN.findall(text))
    rest = _ASIAN.sub(" ", text)
    if code in _RANGES:
        usual, low, high = _RANGES[code](rest)
        return Count(usual + asian, low + asian, high + asian)
    counter = _WORDS.get(code, english)
    total = asian + sum(_word(word, counter) for word in WORD.findall(rest))
    return Count(total, total, total)


def _word(word: str, counter: Callable[[str], int]) -> int:
    if counter is english and not word.isascii() and re.search(r"[\u0400-\u097f]", word):
        counter = _BY_SCRIPT["cyrillic" if word[0] < "\u0600" else "arabic" if word[0] < "\u0900" else "devanagari"]
    return counter(word)


def _asian(run: str) -> int:
    """Hangul blocks and Chinese characters are syllables; beside kana a character is a kanji of two morae."""
    kana = len(_KANA.findall(run)) - len(_SMALL_KANA.findall(run))
    han = len(_HAN.findall(run))
    return len(_HANGUL.findall(run)) + kana + han * (_KANJI_MORAE if kana else 1)


def _vowels(letters: str) -> Callable[[str], int]:
    pattern = re.compile(f"[{letters}]", re.IGNORECASE)
    return lambda word: len(pattern.findall(word))


def _german(word: str) -> int:
    return len(_GERMAN.findall(_GERMAN_APART.sub("-", word.lower())))


def _dutch(word: str) -> int:
    return len(_DUTCH.findall(word.lower()))


def _polish(word: str) -> int:
    return len(re.findall(r"i(?![aąeęoóuy])|[aąeęoóuy]", word.lower())) or 0


def _vietnamese(_word: str) -> int:
    return 1


def _arabic(word: str) -> int:
    """An estimate: short vowels are not written, so two letters make about one syllable."""
    marks = len(re.findall(r"[\u064b-\u0650]", word))
    letters = len(re.findall(r"[\u0621-\u064a]", word))
    return max(marks, round(letters * 0.55), 1)


def _hindi(word: str) -> int:
    total = len(_DEVANAGARI_VOWEL.findall(word)) + len(_DEVANAGARI_CONSONANT.findall(word))
    silent_end = total > 1 and bool(re.search(r"[\u0915-\u0939]$", word))  # the last bare consonant loses its a
    return total - silent_end


_RANGES: dict[str, Callable[[str], tuple[int, int, int]]] = {
    "es": spanish, "it": italian, "pt": portuguese, "fr": french,
}  # fmt: skip
_WORDS: dict[str, Callable[[str], int]] = {
    "de": _german,
    "nl": _dutch,
    "pl": _polish,
    "sv": _vowels("aeiouyåäöé"),
    "tr": _vowels("aeıioöuüâîû"),
    "ru": _vowels("аеёиоуыэюя"),
    "uk": _vowels("аеєиіїоуюя"),
    "vi": _vietnamese,
    "ar": _arabic,
    "hi": _hindi,
}
_BY_SCRIPT = {"cyrillic": _vowels("аеёиоуыэюяєії"), "arabic": _arabic, "devanagari": _hindi}
