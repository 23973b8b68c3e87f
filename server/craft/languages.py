"""Which language a text is in, and how a person may name it."""

import re
from collections import Counter
from functools import cache, lru_cache

from .bundled import toml

_MARKS = r"[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670\u0900-\u0903\u093a-\u094f]"
_JOINERS = r"[\u200c\u200d]"  # they shape letters inside a word of Persian or Hindi and part nothing
WORD = re.compile(rf"['’]?[^\W\d_]{_MARKS}*(?:(?:['’׳״]|{_JOINERS})?[^\W\d_]{_MARKS}*)*['’]?")
"""A word of any script; apostrophes inside and at its edges belong to it."""

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7a3\u1100-\u11ff]")),
    ("zh", re.compile(r"[\u3400-\u9fff]")),
    ("uk", re.compile(r"[іїєґІЇЄҐ]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ur", re.compile(r"[ٹڈڑںےہھ]")),
    ("fa", re.compile(r"[پچژگکی]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("el", re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
)
_ENOUGH_VOTES = 2
_OWN_LETTERS = (
    0.04  # part of the letters from which those that Arabic lacks tell another language; Arabic has a few in names
)
_PERSIAN = re.compile(r"(?<!\w)(?:از|را|که|است|می|نیست|برای|هستم|بود)(?!\w)")


def languages() -> tuple[str, ...]:
    """The twenty language tags the guide and the prompts offer, such as `en-GB`."""
    return tuple(toml("languages")["tags"])


def language_name(code: str) -> str:
    """The English name of a language or dialect ("Mexican Spanish"); the code itself when it is none of ours."""
    dialect = toml("languages")["dialect"].get(dialect_of(code))
    entry = toml("languages")["language"].get(base(code) or "")
    return str(dialect or (entry["name"] if entry else code))


def dialect_of(language: str | None) -> str:
    """The tag with its region as it is usually written ("es-MX"), also for its name; else the two-letter code."""
    text = " ".join((language or "").replace("_", "-").split())
    for tag, name in toml("languages")["dialect"].items():
        if text.casefold() in (tag.casefold(), name.casefold()):
            return str(tag)
    return base(language) or ""


def stretch(language: str | None) -> float:
    """Roughly how many syllables this language sings in the time of one English syllable; 1 if unknown."""
    entry = toml("languages")["language"].get(base(language) or "en", {})
    return float(entry.get("stretch", 1.0))


def base(language: str | None) -> str | None:
    """The two-letter code for `es`, `es-MX`, `Spanish` or `español`; None for nothing, the cleaned text for others."""
    if not language or not language.strip(" .-"):
        return None
    text = language.strip().casefold().replace("_", "-")
    words = [text, *re.split(r"[\s()/,-]+", text)]
    return next((_names()[word] for word in words if word in _names()), text.split("-")[0].split(" ")[0])


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
    arabic = counts["ar"] + counts["fa"] + counts["ur"]
    if counts["ur"] > arabic * _OWN_LETTERS:
        return "ur" if arabic >= counts["latin"] else "latin"
    if counts["fa"] > arabic * _OWN_LETTERS or (arabic and _PERSIAN.search(text)):
        return "fa" if arabic >= counts["latin"] else "latin"
    counts["ar"] = arabic
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
    if found & {"fa", "ur"}:
        found = found - {"fa", "ur"} | {"ar"}
    return found


def detect(text: str) -> str | None:
    """The two-letter code of the language of `text`; None when there is too little evidence for any.

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
