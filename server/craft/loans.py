"""English words inside other languages: "Code", "Pipeline" and "Release" in a German line are pronounced in English."""

import re
from functools import cache, lru_cache

from .bundled import toml
from .pronunciation import Reading, readings

_LONGEST = 40
"""Letters; no listed word has so many, and longer ones are not kept."""


def english_loan(word: str, code: str) -> Reading | None:
    """How an English word is said in a line of language `code`; None for a word of that language.

    `word` is in small letters. A word counts as English when the list of the language says so, or when it is spelt as
    no word of the language is and the English dictionary has it.
    """
    return _loan(word, code) if len(word) <= _LONGEST else None


@lru_cache(maxsize=4_000)
def _loan(word: str, code: str) -> Reading | None:
    cues = _cues(code)
    if cues is None:
        return None
    known, native, pattern = cues
    if word in known:
        return _first(known[word])
    if word in native or not pattern.search(word):
        return None
    return _first(word)


def _first(word: str) -> Reading | None:
    found = readings(word)
    return found[0] if found else None


@cache
def _cues(code: str) -> tuple[dict[str, str], frozenset[str], re.Pattern[str]] | None:
    """Listed words with their endings, words that only look English, the spellings that no native word has."""
    entry = toml("loanwords").get(code)
    if entry is None:
        return None
    known = {word: word for word in toml("loanwords")["everywhere"]["words"].split()}
    known |= {word: word for word in entry.get("words", "").split()}
    for ending in entry.get("endings", ()):  # "die Teams", "des Songs"; the stem is what the dictionary has
        known |= {
            word + ending: word
            for word in tuple(known.values())
            if word + ending not in known and not readings(word + ending)
        }
    native = frozenset(entry.get("native", "").split())
    for word in native:
        known.pop(word, None)
    return known, native, re.compile(entry.get("cues") or r"(?!)")
