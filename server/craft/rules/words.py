"""P: words that are likely to be sung wrongly."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from ..bundled import toml
from ..findings import Finding
from ..languages import WORD, detect, language_name, scripts
from ..pronunciation import readings
from ..song import Song
from ..syllables import INITIALS, letter_names

_DIGIT = re.compile(r"\d")
_SHORT_YEAR = re.compile(r"['’]\d\d(?:s|er)?\b")
_SYMBOL = re.compile(r"[&@#%$€£+=/\\<>^~|_*]")
_STRETCHED = re.compile(r"([^\W\d_])\1{3,}")
_NAMES, _CAPITAL_LINES, _READINGS = 5, 2, 4
_ENOUGH_WORDS = 8
_SECOND_SCRIPT = 0.3


def digits(song: Song) -> Iterator[Finding]:
    """P1: numbers have several readings."""
    for line in song.lyric.lines:
        if _DIGIT.search(_SHORT_YEAR.sub("", line.text)):
            yield Finding("P1", "warn", "Write numbers as the words that should be sung.", line.number)


def initials(song: Song) -> Iterator[Finding]:
    """P2: initialisms may be read as a word, shortened words as letters; each is told once."""
    known = _listed("initials", song.language) | _listed("spoken", song.language)
    met: set[str] = set()
    for line in song.lyric.lines:
        if line.text.isupper():
            continue  # a shouted line: P6 looks at those
        for plain in INITIALS.findall(line.text):
            if plain not in known and plain not in met:
                met.add(plain)
                spelt = ".".join(plain)
                names = f" ({letter_names(plain, song.language)} syllables)"
                why = f"{plain} may be sung as a word; write {spelt}. for the letters{names}, or how it sounds."
                yield Finding("P2", "warn", why, line.number)
        for match in _abbreviations(song.language).finditer(line.text):
            short = match[0].casefold()
            if short not in met:
                met.add(short)
                full = toml("words")["abbreviations"][song.language or "en"][short]
                yield Finding("P2", "warn", f'{match[0]} is not sung as it is written; write "{full}".', line.number)


def _listed(table: str, language: str | None) -> frozenset[str]:
    entries = toml("words")[table]
    return frozenset((*entries["all"], *entries.get(language or "en", ())))


@cache
def _abbreviations(language: str | None) -> re.Pattern[str]:
    """Shortened words of a language; at the end of a line a full stop may only be a full stop."""
    entries = toml("words")["abbreviations"].get(language or "en", {})
    body = "|".join(re.escape(entry) for entry in sorted(entries, key=len, reverse=True)) or r"(?!)"
    return re.compile(rf"(?<![\w.])(?:{body})(?=\s+\S|,)", re.IGNORECASE)


def symbols(song: Song) -> Iterator[Finding]:
    """P3: signs are read aloud or dropped."""
    for line in song.lyric.lines:
        if match := _SYMBOL.search(line.text):
            yield Finding("P3", "warn", f"{match[0]} cannot be sung; write it as a word or leave it out.", line.number)


def homographs(song: Song) -> Iterator[Finding]:
    """P4: one spelling, two vowels; told once per word and in one finding."""
    if song.language not in (None, "en"):
        return
    table = toml("words")["homographs"]
    met: dict[str, int] = {}
    for line in song.lyric.lines:
        for word in line.words:
            key = word.casefold().strip("'’")
            if key in table:
                met.setdefault(key, line.number)
    if met:
        hints = "; ".join(f"{word}: {table[word]}" for word in list(met)[:4])
        rest = f" Also {', '.join(list(met)[4:])}." if len(met) > 4 else ""
        yield Finding("P4", "note", f"Two pronunciations are possible. {hints}.{rest}", next(iter(met.values())))


def unknown_names(song: Song) -> Iterator[Finding]:
    """P5: names the singer has no reading for."""
    if song.language not in (None, "en"):
        return
    told = {name.casefold() for name in song.names or {}}
    missing: dict[str, int] = {}
    for line in song.lyric.lines:
        for index, word in enumerate(line.words):
            plain = re.sub(r"['’]s?$", "", word)
            key = plain.casefold().replace("’", "'")
            if not plain[:1].isupper() or plain.isupper() or key in told or readings(key):
                continue
            if index == 0:
                continue  # a capital at the start of a line proves nothing
            missing.setdefault(plain, line.number)
    if missing:
        names = ", ".join(list(missing)[:_NAMES])
        why = f"How are these pronounced? {names}. Give `names` a spelling by sound, or respell them in the lyric."
        yield Finding("P5", "note", why, next(iter(missing.values())))


def two_readings(song: Song) -> Iterator[Finding]:
    """P8: kanji that are often read in two ways, unless the reading follows in brackets."""
    if song.language != "ja":
        return
    table = toml("words")["kanji"]
    met: dict[str, int] = {}
    for line in song.lyric.lines:
        for match in _kanji().finditer(line.text):
            met.setdefault(match[0], line.number)
    if met:
        told = "; ".join(f"{word}: {table[word]}" for word in list(met)[:_READINGS])
        rest = f" Also {', '.join(list(met)[_READINGS:])}." if len(met) > _READINGS else ""
        why = f"Two readings are common. {told}.{rest} Write kana where only one is right."
        yield Finding("P8", "note", why, next(iter(met.values())))


@cache
def _kanji() -> re.Pattern[str]:
    words = "|".join(sorted(toml("words")["kanji"], key=len, reverse=True))
    return re.compile(rf"(?<![\u3400-\u9fff])(?:{words})(?![\u3400-\u9fff(（《])")


def shouting(song: Song) -> Iterator[Finding]:
    """P6: capitals and stretched letters change the voice."""
    capital = [line for line in song.lyric.lines if line.sung.isupper() and len(line.words) > 1]
    if len(capital) > _CAPITAL_LINES:
        why = f"{len(capital)} lines in capitals: capitals are sung louder; keep them for a word or two."
        yield Finding("P6", "note", why, capital[0].number)
    for line in song.lyric.lines:
        if match := _STRETCHED.search(line.sung):
            yield Finding("P6", "note", f"{match[0][:20]}: long runs of a letter are sung unpredictably.", line.number)
            return


def languages(song: Song) -> Iterator[Finding]:
    """P7: sections in another language than declared, and two scripts in one section."""
    mixing = bool(song.genre and song.genre.name == "k-pop")
    for section in song.lyric.sections:
        text = "\n".join(line.text for line in section.lines)
        words = len(WORD.findall(text))
        if not words:
            continue
        if song.declared and not mixing and (words >= _ENOUGH_WORDS or len(scripts(text)) == 1):
            found = detect(text)
            if found and found != song.declared and not (words < _ENOUGH_WORDS and "latin" in scripts(text)):
                why = f"This section reads as {language_name(found)}, but {language_name(song.declared)} was declared."
                yield Finding("P7", "warn", why, section.lines[0].number)
                continue
        if not mixing and _second_script(text) > _SECOND_SCRIPT:
            why = "Two scripts in one section: keep one language per section, or spell the other by sound."
            yield Finding("P7", "warn", why, section.lines[0].number)


def _second_script(text: str) -> float:
    """The part of the letters that is not of the main script; Japanese mixes three by nature."""
    counts = Counter("latin" if ord(char) < 0x250 else "other" for char in text if char.isalpha())
    total = sum(counts.values())
    return min(counts["latin"], counts["other"]) / total if total else 0.0


RULES = (digits, initials, symbols, homographs, unknown_names, two_readings, shouting, languages)
