"""Make server/craft/data/endings_*.txt.gz: what a word's ending tells about its sound, in as few endings as decide it.

    python -m dev.ending_tables uk STRESS_TRIE      the file of the ukrainian-word-stress package (2.1.0 was used)
    python -m dev.ending_tables ru STRESSED_WORDS   what silero-stress (1.5) says of words, "+" before a vowel
    python -m dev.ending_tables fr LEXICON_DB       the file of the gruut-lang-fr package (2.0.2 was used)

These packages are MIT licensed. Needed beside: wordfreq, for choosing the words; marisa-trie, for the first file.
Each prints how the table of one half of the words does on the other half.
"""

import gzip
import re
import sqlite3
import sys
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

DATA = Path(__file__).parent.parent / "server" / "craft" / "data"
_UKRAINIAN_VOWELS = "аеєиіїоуюя"
_RUSSIAN_VOWELS = "аеиоуыэюя"
_RECORD, _POSITION = b"\xff", 0xFE
# Forms that the dictionary stresses as nouns and that are nearly always pronouns.
_PRONOUNS = dict.fromkeys(("кому", "тому", "цьому", "всьому", "йому", "моєму", "ньому"), "0")
# Forms with two stresses: the one that songs mostly mean.
_RUSSIAN_FORMS = {
    "дорога": "1", "дома": "1", "руки": "1", "ноги": "1", "стены": "1", "окна": "1", "письма": "1", "воды": "1",
    "волны": "1", "губы": "1", "горы": "1", "дороги": "1", "души": "1", "душу": "1", "лета": "1", "года": "1",
    "большая": "1", "глаза": "0", "слова": "0", "города": "0", "голоса": "0", "облака": "0", "поля": "0", "моря": "0",
    "сердца": "0", "леса": "0", "дела": "0", "места": "0", "потом": "0", "звезды": "0", "снега": "0",
}  # fmt: skip
_FRENCH_SOUNDS = {
    "ɛ": "E",
    "ə": "@",
    "ø": "2",
    "œ": "9",
    "ɔ": "O",
    "ɑ": "a",
    "ʁ": "r",
    "ʃ": "S",
    "ʒ": "Z",
    "ɲ": "N",
    "ŋ": "G",
    "ɡ": "g",
}
_MOST = {"uk": 80_000, "ru": 80_000, "fr": 60_000}


def endings(told: Mapping[str, str]) -> dict[str, str]:
    """The shortest endings from which every word's value follows; "^" is the beginning of a word."""
    values: dict[str, Counter[str]] = defaultdict(Counter)
    longer: dict[str, set[str]] = defaultdict(set)
    for word, value in told.items():
        key = f"^{word}"
        for start in range(len(key), -1, -1):
            values[key[start:]][value] += 1
            if start:
                longer[key[start:]].add(key[start - 1 :])
    found: dict[str, str] = {}
    todo: list[tuple[str, str | None]] = [("", None)]
    while todo:
        ending, inherited = todo.pop()
        (most, times), *_ = values[ending].most_common(1)
        value = inherited if inherited is not None and values[ending][inherited] == times else most
        if value != inherited:
            found[ending] = value
        if len(values[ending]) > 1:
            todo += [(one, value) for one in longer[ending]]
    return found


def look_up(table: Mapping[str, str], word: str) -> str:
    """The value of the longest ending."""
    key = f"^{word}"
    return next(table[key[start:]] for start in range(len(key) + 1) if key[start:] in table)


def ukrainian(path: str) -> dict[str, str]:
    """Vowels after the stressed one; where a form has several stresses, the one that more of its uses have."""
    import marisa_trie  # type: ignore[import-not-found]  # beside, not a dependency

    trie = marisa_trie.BytesTrie()
    trie.load(path)
    found = dict(_PRONOUNS)
    for word, value in trie.items():
        if word in found or not word.islower():
            continue
        counted: Counter[int] = Counter()
        for record in value.split(_RECORD) if _POSITION in value else [value]:
            position = record.split(bytes((_POSITION,)))[0]
            if len(position) == 1:
                counted[position[0]] += 1
        places = [place for place, letter in enumerate(word) if letter in _UKRAINIAN_VOWELS]
        if counted and len(places) > 1 and (at := counted.most_common(1)[0][0] - 1) in places:
            found[word] = str(len(places) - 1 - places.index(at))
    return found


def russian(path: str) -> dict[str, str]:
    """Vowels after the stressed one; ё is always stressed and needs no table."""
    found = {}
    for row in Path(path).read_text(encoding="utf-8").split():
        before, mark, after = row.partition("+")
        word = before + after
        if mark and len(re.findall(f"[{_RUSSIAN_VOWELS}]", word)) > 1 and "ё" not in word:
            found[word] = str(len(re.findall(f"[{_RUSSIAN_VOWELS}]", after)) - 1)
    return found | _RUSSIAN_FORMS


def french(path: str) -> dict[str, str]:
    """The last vowel that is sounded, with what is heard after it."""
    found: dict[str, str] = {}
    rows = sqlite3.connect(path).execute("select word, phonemes from word_phonemes order by pron_order desc")
    for word, phonemes in rows:
        sounds = "".join(
            _FRENCH_SOUNDS.get(sound, sound) for sound in unicodedata.normalize("NFD", phonemes.replace(" ", ""))
        ).replace("\u0303", "~")
        match = re.search(r"[aeiouyE29O]~?[^aeiouyE29O~@]*@?$", sounds)
        if match and word.islower() and re.fullmatch(r"[\w'’-]+", word):
            found[word] = match[0].rstrip("@")
    return found


def main(code: str, path: str) -> None:
    """Measure on halves, then write the table of the most used words."""
    from wordfreq import get_frequency_dict  # type: ignore[import-not-found]  # beside, not a dependency

    told = {"uk": ukrainian, "ru": russian, "fr": french}[code](path)
    used = get_frequency_dict(code)
    told = {
        word: told[word]
        for word in sorted(told, key=lambda word: -used.get(word, 0.0))
        if word in used or word in _PRONOUNS
    }
    parts: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for word, value in told.items():
        parts[zlib.crc32(word.encode()) % 2][word] = value
    half = endings(parts[0])
    right = [word for word, value in parts[1].items() if look_up(half, word) == value]
    share = sum(used.get(word, 0) for word in right) / sum(used.get(word, 0) for word in parts[1])
    print(f"{len(parts[1])} unseen words: {len(right) / len(parts[1]):.1%}, by use {share:.1%}")
    table = endings(dict(list(told.items())[: _MOST[code]]))
    rest = list(told.items())[_MOST[code] :]
    if rest:
        print(f"beyond the table {len(rest)} words: {sum(look_up(table, w) == v for w, v in rest) / len(rest):.1%}")
    text = "\n".join(f"{backwards} {table[backwards[::-1]]}" for backwards in sorted(ending[::-1] for ending in table))
    packed = gzip.compress(text.encode(), 9, mtime=0)
    (DATA / f"endings_{code}.txt.gz").write_bytes(packed)
    print(f"{len(table)} endings, {len(packed)} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
