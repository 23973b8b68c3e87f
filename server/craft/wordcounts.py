"""Syllables of one word in the languages whose words do not run into each other."""

import re
from collections.abc import Callable, Mapping

from .rimes import HINDI_VOWELS, hindi_sounds

_GERMAN = re.compile(
    r"aa|äu|ai|au|ay|ee|ei|eu|ey|ie|(?<=[^aeiouy])io(?=n(?:s|en|är\w*|al\w*|ell\w*|ier\w*)?$)|oo|(?<!q)u|[aeioäöüyéèê]"
)
_GERMAN_APART = re.compile(
    r"(?<=^be)(?=e[nhi])|(?<=^ge)(?=e[hb])|(?<=^sp)(?=ion)|(?<=sei)(?=end)|(?<=fe)(?=en$)|(?<=se)(?=en$)|(?<=kni)(?=e)"
)
_DUTCH = re.compile(r"eau|eeuw|ieuw|aai|ooi|oei|aa|ee|oo|uu|ie|oe|eu|ui|ei|ij|au|ou|[aeiouyëïöüéè]")
_GREEK = re.compile(r"ου|αι|ει|οι|υι|αυ|ευ|ηυ|[αεηιουωάέήίόύώϊϋΐΰ]")


def _vowels(letters: str) -> Callable[[str], int]:
    pattern = re.compile(f"[{letters}]", re.IGNORECASE)
    return lambda word: len(pattern.findall(word))


def _german(word: str) -> int:
    return len(_GERMAN.findall(_GERMAN_APART.sub("-", word.lower())))


def _dutch(word: str) -> int:
    return len(_DUTCH.findall(word.lower()))


def _swedish(word: str) -> int:
    """The i of station only glides."""
    return len(re.findall(r"i(?!on(?:en|er|s)?$)|[aeouyåäöéà]", word.lower()))


def _polish(word: str) -> int:
    return len(re.findall(r"(?<![nz])au|eu|i(?![aąeęoóuyi])|[aąeęoóuy]", word.lower()))


def _vietnamese(_word: str) -> int:
    return 1


def _hebrew(word: str) -> int:
    """An estimate: written vowels, and about one for each further consonant in a row."""
    plain = re.sub(r"[^\u05d0-\u05ea]", "", word)
    plain = re.sub(r"(?<=.)[הא]$|(?<=.)[וי]", "V", plain)
    plain = re.sub(r"V(?=V)", "c", plain)
    first, *later = plain.split("V")
    if not later:
        return max(round(len(plain) * 0.6), 1)
    unwritten = 0.6 * max(len(first) - 1, 0) + sum(max(len(run) - 1, 0) for run in later)
    return round(len(later) + unwritten)


def _greek(word: str) -> int:
    return len(_GREEK.findall(word.casefold()))


def _hindi(word: str) -> int:
    """The unwritten a falls silent at the end and between two syllables, but not after two consonants at once."""
    total = sum(sound in HINDI_VOWELS for sound in hindi_sounds(word))
    closed = re.search(r"\u094d[यव]$", word)  # विश्व and मुख्य cannot be said without it
    return max(total + bool(closed and total), 1)


def _arabic(word: str) -> int:
    """An estimate: short vowels are not written, so two letters make about one syllable."""
    marks = len(re.findall(r"[\u064b-\u0650]", word))
    letters = len(re.findall(r"[\u0621-\u064a]", word))
    return max(marks, round(letters * 0.55), 1)


def _persian(word: str) -> int:
    """Written vowels, and the unwritten ones that consonants in a row need: dr-kh-t is derakht."""
    marks = len(re.findall(r"[\u064b-\u0650]", word))
    plain = re.sub(r"[\u064b-\u0652\u200c\u200d\u0640]", "", word)
    plain = re.sub(r"^[اأآإ]|(?<=[^اآوی])ه$|(?<=.)[اآىیيو]", "V", plain)
    plain = re.sub(r"V(?=V)", "c", plain)
    first, *later = plain.split("V")
    if not later:
        return max(round(len(plain) * 0.5 - 0.1), 1, marks)
    unwritten = len(first) // 2 + sum(max(len(run) - 2, 0) for run in later[:-1]) + len(later[-1]) // 2
    return max(len(later) + unwritten - (len(later[-1]) == 2), marks)


WORD_COUNTERS: Mapping[str, Callable[[str], int]] = {
    "de": _german,
    "nl": _dutch,
    "pl": _polish,
    "sv": _swedish,
    "tr": _vowels("aeıioöuüâîû"),
    "ru": _vowels("аеёиоуыэюя"),
    "uk": _vowels("аеєиіїоуюя"),
    "vi": _vietnamese,
    "ar": _arabic,
    "fa": _persian,
    "ur": _persian,
    "he": _hebrew,
    "el": _greek,
    "hi": _hindi,
}
"""By language code."""
BY_SCRIPT: Mapping[str, Callable[[str], int]] = {
    "cyrillic": _vowels("аеёиоуыэюяєії"), "arabic": _arabic, "devanagari": _hindi, "hebrew": _hebrew, "greek": _greek,
}  # fmt: skip
