"""P: words that are likely to be sung wrongly."""

import re
from collections import Counter
from collections.abc import Iterator

from ..bundled import toml
from ..findings import Finding
from ..languages import WORD, detect, language_name, scripts
from ..pronunciation import readings
from ..song import Song

_DIGIT = re.compile(r"\d")
_SHORT_YEAR = re.compile(r"['’]\d\d(?:s|er)?\b")
_INITIALS = re.compile(r"(?<![\w.'’])[A-Z]{2,5}(?![\w'’])|(?<!\w)(?:[A-Z]\.){2,5}")
_SYMBOL = re.compile(r"[&@#%$€£+=/\\<>^~|_*]")
_STRETCHED = re.compile(r"([^\W\d_])\1{3,}")
_NAMES, _CAPITAL_LINES = 5, 2
_ENOUGH_WORDS = 8
_SECOND_SCRIPT = 0.3


def digits(song: Song) -> Iterator[Finding]:
    """P1: numbers have several readings."""
    for line in song.lyric.lines:
        if _DIGIT.search(_SHORT_YEAR.sub("", line.text)):
            yield Finding("P1", "warn", "Write numbers as the words that should be sung.", line.number)


def initials(song: Song) -> Iterator[Finding]:
    """P2: initialisms may be read as a word."""
    known = frozenset(toml("words")["acronyms"])
    for line in song.lyric.lines:
        if line.text.isupper():
            continue  # a shouted line: P6 looks at those
        for match in _INITIALS.finditer(line.text):
            plain = match[0].replace(".", "")
            if plain not in known and "." not in match[0]:
                why = f"{plain} may be sung as a word; write {'.'.join(plain)}. or how it sounds."
                yield Finding("P2", "warn", why, line.number)


def symbols(song: Song) -> Iterator[Finding]:
    """P3: signs are read aloud or dropped."""
    for line in song.lyric.lines:
        if match := _SYMBOL.search(line.text):
            yield Finding("P3", "warn", f"{match[0]} is not singable; write the word or leave it out.", line.number)


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
        why = f"How are these said? {names}. Give `names` a spelling by sound, or respell them in the lyric."
        yield Finding("P5", "note", why, next(iter(missing.values())))


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
                why = f"This section reads as {language_name(found)}, {language_name(song.declared)} was said."
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


RULES = (digits, initials, symbols, homographs, unknown_names, shouting, languages)
