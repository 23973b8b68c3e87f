"""Which words rhyme: by pronunciation in English, by the stressed end of the spelling in eleven other languages.

Vietnamese, Korean and Hindi have endings of their own, see `rimes`.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from .languages import base
from .pronunciation import readings
from .rimes import KEYS, Keys

Rhyme = Literal["same", "perfect", "near"]

_FAMILIES = str.maketrans("ptkbdgmnqfusihvozelrcj", "TTTDDDNNNSSSSSZZZZLLCC")
_NEAR_VOWELS = str.maketrans("DNJ", "ANI")  # AO sounds like AA and IH like IY when sung long
_LONGEST_END = 32
"""Letters at the end of a word in which its rhyme is looked for."""
_REACH = 4  # lines back in which an ear still expects the answer
_SHORTEST_ANALOGY = 3
_OPENING = 3  # letters from the stressed vowel on that make a near rhyme whatever unstressed vowel follows
_SPELLED = frozenset(("es", "it", "pt", "fr", "de", "nl", "sv", "pl", "ru", "uk", "tr"))


def can_rhyme(language: str | None) -> bool:
    """Whether rhyme is judged in this language; the writing of the others does not show it."""
    code = base(language) or "en"
    return code == "en" or code in _SPELLED or code in KEYS


def rhyme(one: str, other: str, language: str | None = None) -> Rhyme | None:
    """How two line ends rhyme: the same word, a perfect rhyme, a near one, or not at all (None)."""
    a, b = _clean(one), _clean(other)
    if not a or not b:
        return None
    if a == b:
        return "same"
    code = base(language) or "en"
    if code == "en":
        return _english(a, b)
    if code in KEYS:
        return _by_keys(KEYS[code](a), KEYS[code](b))
    if code not in _SPELLED:
        return None
    tail_a, tail_b = spelled_tail(a, code), spelled_tail(b, code)
    if tail_a == tail_b:
        return "perfect"
    vowels_a, vowels_b = _sung_vowels(tail_a, code), _sung_vowels(tail_b, code)
    if vowels_a and vowels_a == vowels_b:
        return "near"
    # Where stress falls freely and is not written, a shared last syllable is the best sign there is.
    if code in ("ru", "uk", "pl", "tr"):
        same_start = len(tail_a) > _OPENING and tail_a[:_OPENING] == tail_b[:_OPENING]
        return "near" if same_start or a[-2:] == b[-2:] else None
    return None


def scheme(ends: Sequence[str], language: str | None = None) -> str:
    """A letter per line: lines that rhyme share one, a line that rhymes with none of its neighbours is X."""
    letters: list[str] = []
    names = iter("ABCDEFGHIJKLMNOPQRSTUVW" * 20)
    for index, end in enumerate(ends):
        letters.append("X")
        for back in range(index - 1, max(index - _REACH, 0) - 1, -1):
            if rhyme(end, ends[back], language):
                if letters[back] == "X":
                    letters[back] = next(names)
                letters[index] = letters[back]
                break
    return _in_order("".join(letters))


def _in_order(letters: str) -> str:
    """The same scheme with its letters renamed in the order in which they appear."""
    names: dict[str, str] = {}
    for letter in letters:
        if letter != "X" and letter not in names:
            names[letter] = "ABCDEFGHIJKLMNOPQRSTUVW"[len(names) % 23]
    return "".join(names.get(letter, "X") for letter in letters)


def _clean(word: str) -> str:
    return (
        unicodedata.normalize("NFC", word[-2 * _LONGEST_END :]).casefold().replace("’", "'").strip("'")[-_LONGEST_END:]
    )


def _by_keys(a: Keys, b: Keys) -> Rhyme | None:
    if not all((*a, *b)):
        return None
    return "perfect" if a[0] == b[0] else "near" if a[1] == b[1] else None


def _english(a: str, b: str) -> Rhyme | None:
    tails_a, tails_b = tails(a), tails(b)
    if tails_a & tails_b:
        return "perfect"
    return "near" if any(_near(x, y) for x in tails_a for y in tails_b) else None


@lru_cache(maxsize=4_000)
def tails(word: str) -> frozenset[str]:
    """The coded rhyming parts of an English word; of an unlisted one, those of the longest listed word it ends in."""
    found = readings(word)
    if not found and word.endswith("in") and (gerund := readings(word + "g")):
        found = gerund
    start = 1
    while not found and len(word) - start >= _SHORTEST_ANALOGY:
        found = readings(word[start:])
        start += 1
    return frozenset(reading.rhyme for reading in found)


def _near(x: str, y: str) -> bool:
    """Same vowels with related consonants, or the same last syllable from its vowel on."""
    x, y = x.translate(_NEAR_VOWELS), y.translate(_NEAR_VOWELS)
    last_x, last_y = _last_vowel(x), _last_vowel(y)
    if last_x == last_y and last_x != "C":
        return True
    if re.sub(r"[a-z]", "", x) != re.sub(r"[a-z]", "", y):
        return False
    family_x, family_y = x.translate(_FAMILIES), y.translate(_FAMILIES)
    return family_x == family_y or family_x.rstrip("SZTD") == family_y.rstrip("SZTD")


def _last_vowel(tail: str) -> str:
    match = re.search(r"[A-O][a-z]*$", tail)
    return match[0] if match else tail


_VOWELS = "aeiouyáàâãäåąæéèêëęíîìïıóòôõöøúùûüœаеёиоуыэюяєії"


@lru_cache(maxsize=4_000)
def spelled_tail(word: str, code: str) -> str:
    """The end of a word from its (probably) stressed vowel on, with silent letters and accents taken away."""
    if code == "fr":
        word = re.sub(r"(?<=.[^aeiouy])e(?:s|nt)?$|(?<=[éiu])es?$", "", word)
        word = re.sub(r"(?:(?<=[aeiouéè])|(?<=[rn]))(?:[stdxzp]+)$", "", word)
        word = re.sub(r"eau|au", "o", re.sub(r"er$|ez$|ai$", "é", word))
    nuclei = [match.start() for match in re.finditer(f"[{_VOWELS}]+", word)]
    if not nuclei:
        return word
    start = nuclei[-1]
    accent = [match.start() for match in re.finditer(r"[áéíóúàèìòùâêôãõ]", word)]
    if code in ("es", "pt", "it"):
        if accent:
            start = accent[-1]
        elif len(nuclei) > 1 and not _stressed_at_end(word, code):
            start = nuclei[-2]
    elif code in ("pl", "ru", "uk", "de", "nl", "sv") and len(nuclei) > 1 and _weak_end(word, code):
        start = nuclei[-2]
    if code in ("es", "pt", "it"):
        group = re.match(f"[{_VOWELS}]+", word[start:])
        if group and len(group[0]) > 1 and word[start] in "iu" and start == nuclei[-1]:
            start += 1  # rising diphthong: the second vowel carries the rhyme
    tail = word[start:]
    return tail if code == "fr" else _bare(tail, code)


def _sung_vowels(tail: str, code: str) -> list[str]:
    """The vowels of a rhyming part, one entry a syllable; what only glides into another vowel does not count."""
    groups = re.findall(f"[{_VOWELS}]+", tail)
    if code in ("es", "pt", "it"):
        return [re.sub(r"[iu](?=[aeo])|(?<=[aeo])[iu]", "", group) or group for group in groups]
    return groups


def _stressed_at_end(word: str, code: str) -> bool:
    if code == "it":
        return False
    if code == "es":
        return not re.search(r"[aeiouns]$", word)
    return not re.search(r"[aeo](?:s|m|ns)?$|em$|ens$", word)


def _weak_end(word: str, code: str) -> bool:
    if code in ("de", "nl", "sv"):
        return bool(re.search(r"(?:e|en|er|el|es|et|est|em|a|or|ar)$", word))
    return code == "pl" or bool(re.search(f"[{_VOWELS}][^{_VOWELS}]*[{_VOWELS}]$", word))


def _bare(tail: str, code: str) -> str:
    if code in ("es", "pt", "it"):
        tail = "".join(c for c in unicodedata.normalize("NFD", tail) if not unicodedata.combining(c) or c == "\u0303")
        return tail.replace("v", "b").replace("z", "s") if code == "es" else tail
    if code == "de":
        tail = tail.replace("ä", "e").replace("eu", "oi").replace("ei", "ai")
        return re.sub(r"d$", "t", re.sub(r"b$", "p", re.sub(r"(?<=[aeiouöü])h(?=$|[^aeiou])", "", tail)))
    return tail
