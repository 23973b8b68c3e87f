"""Syllables of a sung line in the languages of the project; docs/craft-rules.md says how well they are counted.

Where singers may join vowels across words (Spanish, Italian, Portuguese) or drop a mute e (French), a line has a range.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache

from .bundled import toml
from .english import syllables as english
from .languages import WORD, base
from .letters import MOST_LETTERS, rough
from .loans import english_loan
from .pronunciation import readings
from .romance import french, italian, portuguese, spanish
from .wordcounts import BY_SCRIPT, WORD_COUNTERS

_LONGEST_KEPT = 200
"""Characters of a line; counts of longer ones are not kept."""
INITIALS = re.compile(r"(?<![\w.'’-])[A-ZÀ-ÖØ-ÞĄĆĘŁŃŚŹŻĞİŞŐŰČŠŽА-ЯЁЄІЇҐ]{2,6}(?![\w'’])")
"""Capitals that may stand for the names of their letters."""
_HAN = re.compile(r"[\u3400-\u9fff々]")
_KANA = re.compile(r"[\u3041-\u30fa\u30fc]")
_SMALL_KANA = re.compile(r"[ぁぃぅぇぉゃゅょゎァィゥェォャュョヮ]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff々\uac00-\ud7a3]+")
_VOWEL = re.compile(r"[aeiouyà-öø-ÿœ]", re.IGNORECASE)
_KANJI_MORAE = 2  # the usual length of a reading; kanji can be read in several ways


@dataclass(frozen=True, slots=True)
class Count:
    """Syllables of a line: `usual` as most would sing it, `low` and `high` as some could."""

    usual: int
    low: int
    high: int


def count(text: str, language: str | None = None) -> Count:
    """Count one line. `language` is a code or name; without it, and for unknown ones, Latin words count as English.

    Chinese, Japanese and Korean characters count by their script whatever the language; digits are not read out.
    Capitals in a line of small letters count as the names of their letters.
    """
    code = base(language) or "en"
    return _kept(text, code, rough.get()) if len(text) <= _LONGEST_KEPT else _count(text, code)


@contextmanager
def bounded(text: str, language: str | None) -> Iterator[None]:
    """Within it, words that no table lists are counted by their vowels when this text has too many of them."""
    code = base(language) or "en"
    any_as_english = code in _OTHER_SCRIPT or code not in _RANGES.keys() | WORD_COUNTERS.keys()
    mark = rough.set(any_as_english and _strange_letters(text) > MOST_LETTERS)
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
    apart = sum(_asian(run) for run in _ASIAN.findall(text))
    rest = _ASIAN.sub(" ", text)
    if not rest.isupper():
        rest, more = _taken(
            INITIALS, rest, lambda letters: 0 if letters in _spoken(code) else letter_names(letters, code)
        )
        apart += more
    if code in _RANGES:
        rest, more = _taken(WORD, rest, lambda word: _loan(word, code))
        apart += more
        usual, low, high = _RANGES[code](rest)
        return Count(usual + apart, low + apart, high + apart)
    total = apart + sum(word_count(word, code) for word in WORD.findall(rest))
    return Count(total, total, total)


def _taken(pattern: re.Pattern[str], text: str, value: Callable[[str], int]) -> tuple[str, int]:
    """`text` with a pause for every match that is worth something by itself, and what all of those are worth."""
    total = 0

    def pause(match: re.Match[str]) -> str:
        nonlocal total
        worth = value(match[0])
        total += worth
        return " , " if worth else match[0]

    return pattern.sub(pause, text), total


def _loan(word: str, code: str) -> int:
    """Syllables of an English word, or of letters that make no word; 0 for a word of the language."""
    found = english_loan(word.casefold(), code)
    if found and code == "pt" and re.search(r"[ptkbdgfcv]$|[^aeiou]e$", word.casefold()):
        return found.syllables + 1  # Portuguese opens a closed end: Facebook is said feicibuqui
    if found:
        return found.syllables
    spelt_out = len(word) > 1 and word.isalpha() and not _VOWEL.search(word)
    return letter_names(word, code) if spelt_out else 0


def word_count(word: str, code: str) -> int:
    """Syllables of one word in a line of a language; scripts other than the language's count by themselves."""
    counter = WORD_COUNTERS.get(code, english)
    if counter is english and not word.isascii() and (script := _script(word)):
        counter = BY_SCRIPT[script]
    if word.isascii() and counter is not english and (loan := _loan(word, code)):
        return loan
    if word.isascii() and code in _OTHER_SCRIPT:
        return english(word)
    return counter(word) or (1 if "'" in word or "’" in word else letter_names(word, code))


def letter_names(letters: str, language: str | None) -> int:
    """Syllables of the letters' names in a language."""
    long_names = toml("words")["letters"].get(language or "en", {})
    return sum(int(long_names.get(letter, 1)) for letter in letters.casefold())


@cache
def _spoken(code: str) -> frozenset[str]:
    entries = toml("words")["spoken"]
    return frozenset((*entries["all"], *entries.get(code, ()), "II", "III", "IV", "VI"))


def _script(word: str) -> str | None:
    point = next((ord(char) for char in word if ord(char) >= 0x370), 0)
    return next((name for name, (low, high) in _BLOCKS.items() if low <= point <= high), None)


def _asian(run: str) -> int:
    """Hangul blocks and Chinese characters are syllables; beside kana a character is a kanji of two morae."""
    kana = len(_KANA.findall(run)) - len(_SMALL_KANA.findall(run))
    han = len(_HAN.findall(run))
    return len(_HANGUL.findall(run)) + kana + han * (_KANJI_MORAE if kana else 1)


_BLOCKS = {
    "greek": (0x370, 0x3FF), "cyrillic": (0x400, 0x52F), "hebrew": (0x590, 0x5FF), "arabic": (0x600, 0x6FF),
    "devanagari": (0x900, 0x97F),
}  # fmt: skip
_OTHER_SCRIPT = frozenset(("ru", "uk", "ar", "fa", "ur", "he", "hi", "el"))  # a Latin word in such a line is English
_RANGES: dict[str, Callable[[str], tuple[int, int, int]]] = {
    "es": spanish, "it": italian, "pt": portuguese, "fr": french,
}  # fmt: skip
