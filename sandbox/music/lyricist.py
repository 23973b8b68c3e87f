"""Lyrics for a person who gave only an idea: plain rhymed verses built around their own words."""

from __future__ import annotations

import re
from typing import Final

from .dice import dice
from .lines import LANGUAGES, Language
from .style import INSTRUMENTS, asked_tempo, genre_of

_SECONDS_PER_LINE: Final = 5.0
_LONGEST_TITLE: Final = 40
_MUSICAL = re.compile(
    r"\b(?:instrumentals?|pieces?|music|tracks?|songs?|beats?|themes?|scores?|background|loops?|bpm|vibes?|grooves?|tempo|"
    r"build|pads?|no vocals|musik|stück|klavier\w*|música|pieza|musique|morceau|"
    + "|".join(words for words, _ in INSTRUMENTS)
    + r")\b"
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def write_lyrics(brief_text: str, seed: int = 0, seconds: float | None = None) -> tuple[str, str]:
    """Return a title and lyrics with section tags about what the text says; the same text and seed, the same lyrics.

    English, Spanish, German and French get sentences of their own. In other languages the verses are made of the
    person's phrases themselves, with nothing invented around them.
    """
    text = brief_text.strip()
    language = _language(text)
    subjects = _subjects(text, language)
    title = _title(subjects, language)
    forms = _form(seconds)
    if language is None:
        return title, "\n\n".join(_own_words(kind, tag, text, seed) for kind, tag in forms)
    chance = dice("lyrics", text, seed)
    verses = [language.verses[i] for i in chance.permutation(len(language.verses))]
    chorus = language.choruses[int(chance.integers(len(language.choruses)))]
    bridge = language.bridges[int(chance.integers(len(language.bridges)))]
    result: list[str] = []
    turn = 0
    for kind, tag in forms:
        if kind == "verse":
            lines = [*verses[2 * turn % len(verses)], *verses[(2 * turn + 1) % len(verses)]]
            filled = _filled(lines, subjects, 2 * turn)
            turn += 1
        else:
            # A chorus says one thing; a bridge too.
            filled = _filled(list(chorus if kind == "chorus" else bridge), subjects[:1], 0)
        result.append("\n".join([f"[{tag}]", *filled]))
    return title, "\n\n".join(result)


def _form(seconds: float | None) -> list[tuple[str, str]]:
    """Return the sections that fit: four lines each, about five seconds a line."""
    room = 24 if seconds is None else max(2, round((seconds - 8) / _SECONDS_PER_LINE))
    plan = [
        ("verse", "Verse 1"),
        ("chorus", "Chorus"),
        ("verse", "Verse 2"),
        ("chorus", "Chorus"),
        ("bridge", "Bridge"),
        ("chorus", "Chorus"),
    ]
    if room < 7:
        return [("chorus", "Chorus")] if room < 5 else plan[:1]
    return plan[: max(2, min(len(plan), room // 4))]


def title_of(text: str) -> str:
    """Return a title out of somebody's own words: what the music is about, else what it is; "" without any words."""
    language = _language(text)
    about = [phrase for phrase in _subjects(text, language) if not _is_musical(phrase)]
    if not _WORD.search(text):
        return ""
    if about and (language is None or about != [language.default]):
        return _title(about, language)
    title = ""
    for word in re.split(r"[,;.!?\n]", text.strip(" ,;.!?\n"))[0].split():
        if len(title) + len(word) >= _LONGEST_TITLE:
            break
        title = f"{title} {word}".strip()
    return title[:1].upper() + title[1:]


def _is_musical(phrase: str) -> bool:
    """Whether a phrase says how the music sounds ("calm piano piece") and not what it is about."""
    text = phrase.lower()
    return genre_of(text) is not None or _MUSICAL.search(text) is not None or asked_tempo(text) is not None


def _language(text: str) -> Language | None:
    """Return the language whose little words the text uses most; English without any; None for other scripts."""
    words = {word.lower() for word in _WORD.findall(text)}
    letters = [char for char in text if char.isalpha()]
    if letters and sum(char < "ɐ" for char in letters) < len(letters) * 0.6:
        return None
    scores = [(len(words & language.little), -order, language) for order, language in enumerate(LANGUAGES)]
    best = max(scores, key=lambda score: score[:2])
    return best[2]


def _subjects(text: str, language: Language | None) -> list[str]:
    """Return the person's own phrases that mean something ("her little boat"), in order, at most five."""
    if language is None:
        return [word.lower() for word in _WORD.findall(text)][:5] or ["la la la"]
    found: list[list[str]] = []
    open_phrase = clause = False
    for word in re.findall(r"[^\W\d_][\w'’-]*|[^\w\s]", text):
        lower = word.lower()
        clause = (clause or lower in language.clauses) and word[0].isalpha()
        if clause:
            open_phrase = False
        elif lower in language.articles:
            found.append([lower])
            open_phrase = True
        elif not word[0].isalpha() or lower in language.little or lower in language.dull:
            open_phrase = False
        elif open_phrase and len(found[-1]) < 4:
            found[-1].append(word)
        else:
            found.append([word])
            open_phrase = True
    phrases = [" ".join(phrase) for phrase in found if phrase[-1].lower() not in language.articles]
    return list(dict.fromkeys(phrases))[:5] or [language.default]


def _title(subjects: list[str], language: Language | None) -> str:
    """Return the first phrase, or the first two when they are single words, without an article."""
    articles = language.articles if language else frozenset()
    phrases = [" ".join(w for w in phrase.split() if w not in articles) for phrase in subjects]
    title = f"{phrases[0]} {phrases[1]}" if len(phrases) > 1 and " " not in phrases[0] + phrases[1] else phrases[0]
    return title[:1].upper() + title[1:60]


def _filled(lines: list[str], subjects: list[str], first: int) -> list[str]:
    """Put the person's phrases into the open places in turn, beginning with number `first`."""
    result = []
    used = first
    for line in lines:
        text = line.replace("{x}", subjects[used % len(subjects)])
        used += "{x}" in line
        result.append(text[:1].upper() + text[1:])
    return result


def _own_words(kind: str, tag: str, text: str, seed: int) -> str:
    """Return a section made of the text's own phrases."""
    phrases = [phrase.strip() for phrase in re.split(r"[\n,.;:!?。、，！？；：]+", text) if phrase.strip()] or [
        "la la la"
    ]
    phrases = [piece for phrase in phrases for piece in _in_breaths(phrase)]
    shift = int(dice("phrases", text, seed, tag).integers(len(phrases))) if kind == "verse" else 0
    chosen = (
        [phrases[(shift + i) % len(phrases)] for i in range(4)]
        if kind != "chorus"
        else [phrases[0], phrases[-1], phrases[0], "la la la la"]
    )
    return "\n".join([f"[{tag}]", *chosen])


def _in_breaths(phrase: str) -> list[str]:
    if " " in phrase:
        words = phrase.split()
        return [" ".join(words[i : i + 6]) for i in range(0, len(words), 6)]
    return [phrase[i : i + 12] for i in range(0, len(phrase), 12)]
