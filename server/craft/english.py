"""English syllables: from the table; else from a listed word that it is built on; else from the letters."""

import re
from collections.abc import Callable
from functools import lru_cache

from .letters import by_letters, by_vowels, rough
from .pronunciation import Reading, readings

Lookup = Callable[[str], tuple[Reading, ...]]

_HISSES = re.compile(r"(?:[sxz]|[cs]h|[cgsz]e)$")
_SILENT_LE = re.compile(r"[^aeiourl]le$")
_CONTRACTIONS = ("'ll", "'ve", "'re", "'d", "'m")
# Endings and the syllables they add to a word that stays as it is or only changes y to i …
_ON_WHOLE_WORDS = {
    "fulness": 2, "lessness": 2, "fully": 2, "lessly": 2, "ness": 1, "less": 1, "ful": 1, "ments": 1, "ment": 1,
    "ship": 1, "hood": 1, "wards": 1, "ward": 1, "like": 1, "some": 1, "man": 1, "men": 1, "ly": 1,
}  # fmt: skip
# … and to one that may lose its e or double its last letter.
_ON_STEMS = {"ingly": 2, "ings": 1, "ing": 1, "in'": 1, "ers": 1, "er": 1, "est": 1}
_PREFIXES = {
    "counter": 2, "inter": 2, "super": 2, "under": 2, "over": 2, "fore": 1, "mid": 1, "mis": 1, "non": 1, "out": 1,
    "sub": 1, "re": 1, "un": 1,
}  # fmt: skip
_HUM = re.compile(r"h*m+|sh+|ps+t|b?r+|gr+|pf+t|z+")
_LONGEST = 32
"""Letters; anything longer is not a word, and is neither looked up nor cached."""
_LETTER_W = 3  # "double-u"; every other letter's name is one syllable


def syllables(word: str, lookup: Lookup = readings) -> int:
    """How many syllables one word has when sung plainly; 0 when it has no letters.

    `word` may carry capitals, curly apostrophes and accents. `lookup` finds listed words; it is an argument so that
    the rules can be measured on words that are hidden from them.
    """
    plain = _plain(word)
    return _syllables(plain, lookup, rough.get()) if len(plain) <= _LONGEST else by_vowels(plain)


@lru_cache(maxsize=4_000)
def _syllables(word: str, lookup: Lookup, roughly: bool) -> int:
    if not word.strip("'"):
        return 0
    listed = lookup(word) or lookup(word.strip("'"))
    return listed[0].syllables if listed else unlisted(word.strip("'"), lookup, roughly=roughly)


def unlisted(word: str, lookup: Lookup = readings, *, roughly: bool = False) -> int:
    """The count for a lower-case word that no table lists; `roughly` spares the work of reading its letters."""
    if _HUM.fullmatch(word):
        return 1
    if len(word) <= 4 and not re.search(r"[aeiouy']", word):
        return sum(_LETTER_W if letter == "w" else 1 for letter in word)
    built = _contraction(word, lookup, roughly) or _inflected(word, lookup) or _derived(word, lookup)
    return built or (by_vowels(word) if roughly else by_letters(word))


def _plain(word: str) -> str:
    if word.isascii():
        return word.lower()
    from unicodedata import normalize  # only words like "café" or curly apostrophes need it

    straight = word.replace("’", "'").replace("‘", "'")
    return normalize("NFKD", straight).encode("ascii", "ignore").decode("ascii").lower()


def _contraction(word: str, lookup: Lookup, roughly: bool) -> int | None:
    if word.endswith(("'s", "s'")):
        owner = word[:-2] if word.endswith("'s") else word[:-1]
        return _syllables(owner, lookup, roughly) + (word.endswith("'s") and bool(_HISSES.search(owner)))
    if word.endswith("n't") and len(word) > 3:
        return _syllables(word[:-3], lookup, roughly) + (word[-4] in "dst")
    for ending in _CONTRACTIONS:
        if word.endswith(ending) and len(word) > len(ending):
            before = word[: -len(ending)]
            joins = before[-1] not in "td" if ending == "'d" else before[-1] in "aeiouyw" or ending == "'m"
            return _syllables(before, lookup, roughly) + (not joins)
    return None


def _inflected(word: str, lookup: Lookup) -> int | None:
    """A plural or past tense of a listed word."""
    if word.endswith(("ies", "ied")):
        return _first(lookup, word[:-3] + "y")
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        if (known := _first(lookup, word[:-1])) is not None:
            return known + (word[-2] == "e" and bool(_HISSES.search(word[:-1])))
        if word.endswith("es") and _HISSES.search(word[:-2]) and (known := _first(lookup, word[:-2])) is not None:
            return known + 1
    if word.endswith("ed") and len(word) > 4 and (stem := _stem(word[:-2], lookup)):
        return stem[1] + bool(re.search(r"[td]e?$", stem[0]))
    return None


def _derived(word: str, lookup: Lookup) -> int | None:
    """A listed word with a common ending or prefix."""
    for ending, more in _ON_WHOLE_WORDS.items():
        if word.endswith(ending) and len(word) - len(ending) > 2 and not word.endswith("ically"):
            stem = word[: -len(ending)]
            known = _first(lookup, stem)
            if known is None and stem.endswith("i"):
                known = _first(lookup, stem[:-1] + "y")
            if known is not None:
                return known + more
    for ending, more in _ON_STEMS.items():
        if word.endswith(ending) and (found := _stem(word[: -len(ending)], lookup)):
            return found[1] + more - bool(_SILENT_LE.search(found[0]))
    for prefix, more in _PREFIXES.items():
        rest = word[len(prefix) :]
        if word.startswith(prefix) and len(rest) >= (5 if len(prefix) == 2 else 3):
            known = _first(lookup, rest)
            if known is not None:
                return known + more
    return None


def _stem(stem: str, lookup: Lookup) -> tuple[str, int] | None:
    """The listed word a stem was cut from: as it stands, with its e, without its doubled letter, with y for i."""
    if len(stem) < 3:
        return None
    forms = [stem]
    if stem[-1] not in "aeiouy":
        forms.append(stem + "e")
        if stem[-2:-1] == stem[-1]:
            forms.append(stem[:-1])
    if stem.endswith("i"):
        forms.append(stem[:-1] + "y")
    for form in forms:
        if re.search(r"[aeiouy]", form) and (known := _first(lookup, form)) is not None:
            return form, known
    return None


def _first(lookup: Lookup, word: str) -> int | None:
    found = lookup(word)
    return found[0].syllables if found else None
