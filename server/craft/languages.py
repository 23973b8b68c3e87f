"""Which language a text is in, and how a person may name it."""

import re
from collections import Counter
from functools import cache, lru_cache

from .bundled import toml

WORD = re.compile(
    r"['’]?[^\W\d_][\u0300-\u036f\u064b-\u0652\u0900-\u0903\u093a-\u094f]*"
    r"(?:['’]?[^\W\d_][\u0300-\u036f\u064b-\u0652\u0900-\u0903\u093a-\u094f]*)*['’]?"
)
"""A word of any script; apostrophes inside and at its edges belong to it."""

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7a3\u1100-\u11ff]")),
    ("zh", re.compile(r"[\u3400-\u9fff]")),
    ("uk", re.compile(r"[іїєґІЇЄҐ]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
)
_ENOUGH_VOTES = 2


def languages() -> tuple[str, ...]:
    """The twenty language tags the guide and the prompts offer, such as `en-GB`."""
    return tuple(toml("languages")["tags"])


def language_name(code: str) -> str:
    """The English name of a language code of `base`; the code itself when it is none of ours."""
    entry = toml("languages")["language"].get(base(code) or "")
    return str(entry["name"]) if entry else code


def stretch(language: str | None) -> float:
    """Syllables this language sings in the time of one of English, roughly; 1 where nobody measured or guessed."""
    entry = toml("languages")["language"].get(base(language) or "en", {})
    return float(entry.get("stretch", 1.0))


def base(language: str | None) -> str | None:
    """The two-letter code for `es`, `es-MX`, `Spanish` or `español`; None for nothing, the cleaned text for others."""
    if not language or not language.strip(" .-"):
        return None
    text = language.strip().casefold().replace("_", "-")
    if text in _names():
        return _names()[text]
    head = text.split("-")[0].split(" ")[0]
    return _names().get(head, head)


@cache
def _names() -> dict[str, str]:
    found = {}
    for code, entry in toml("languages")["language"].items():
        for name in (code, entry["name"], *entry["also"]):
            found[name.casefold()] = code
    return found


def script(text: str) -> str | None:
    """`latin`, or the code of the language whose script most letters use; None without letters."""
    counts: Counter[str] = Counter()
    for char in text:
        if char.isalpha():
            counts[_script_of(char)] += 1
    if not counts:
        return None
    if counts["ja"] and counts["ja"] + counts["zh"] >= counts["latin"]:
        return "ja"  # kanji count for whoever writes kana beside them
    if counts["uk"]:
        counts["uk"] += counts.pop("ru", 0)
    return counts.most_common(1)[0][0]


@lru_cache(maxsize=4_000)
def _script_of(char: str) -> str:
    return next((code for code, letters in _SCRIPTS if letters.match(char)), "latin")


def scripts(text: str) -> set[str]:
    """All scripts of a text, with Chinese characters beside kana and Ukrainian letters beside Russian ones as one."""
    found = {_script_of(char) for char in text if char.isalpha()}
    if "ja" in found:
        found.discard("zh")
    if "uk" in found:
        found.discard("ru")
    return found


def detect(text: str) -> str | None:
    """The two-letter code of the language of `text`; None when too little speaks for any.

    Other scripts than Latin name the language by themselves; Latin letters take a vote of small words and accents.
    """
    found = script(text)
    if found != "latin":
        return found
    words = Counter(word.casefold().strip("'’") for word in WORD.findall(text))
    lowered = text.casefold()
    votes: Counter[str] = Counter()
    for code, entry in toml("languages")["language"].items():
        votes[code] = sum(words[word] for word in _small_words(code))
        votes[code] += sum(lowered.count(letter) for letter in entry.get("letters", ""))
    (best, most), (_, second) = votes.most_common(2)
    return best if most >= _ENOUGH_VOTES and most > second else None


@cache
def _small_words(code: str) -> frozenset[str]:
    return frozenset(toml("languages")["language"][code].get("words", "").split())
