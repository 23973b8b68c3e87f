"""How well syllables are counted, language by language, on words with a known pronunciation.

    python -m dev.language_figures WIKIPRON [held]

WIKIPRON is a checkout of github.com/CUNY-CL/wikipron: pronunciations from Wiktionary (CC BY-SA), used for measuring
only; nothing of it is bundled. Words are those that `wordfreq` (not a dependency; install it beside) has among the
20,000 most used. A hash of its letters puts each word into one of two halves: one to look at while rules are written
(the default), one held back for the figures of docs/craft-rules.md ("held").
"""

import re
import sys
import unicodedata
import zlib
from collections import defaultdict
from pathlib import Path

from songwright.server.craft.syllables import count

FILES = {
    "de": "deu_latn_broad", "es": "spa_latn_la_broad", "pt": "por_latn_po_broad", "it": "ita_latn_broad",
    "fr": "fra_latn_broad", "nl": "nld_latn_broad", "pl": "pol_latn_broad", "sv": "swe_latn_broad",
    "tr": "tur_latn_broad", "uk": "ukr_cyrl_narrow", "fa": "fas_arab_narrow", "he": "heb_hebr_broad",
    "hi": "hin_deva_broad", "ar": "ara_arab_broad", "ko": "kor_hang_narrow",
}  # fmt: skip
_VOWEL = re.compile(r"[aeiouyæøœɐɑɒɔəɘɛɜɞɤɨɪɯɵɶʉʊʌʏäɚɝ]")
_DIPHTHONG = re.compile(r"(?<![aeiou])(aː?|ɔ|ɛ|œ|ɑ|e|o) (ɪ|ʊ|ʏ|y|i|u)(?= |$)")
_DIPHTHONGS_UNMARKED = ("de", "nl", "es")
_MOST_USED = 20_000


def nuclei(word: str, ipa: str, code: str) -> int:
    """Syllables of a pronunciation: vowels that are not marked as gliding, and consonants marked as syllabic."""
    ipa = unicodedata.normalize("NFD", ipa)
    if code in _DIPHTHONGS_UNMARKED and not re.search("[íú]", word):
        ipa = _DIPHTHONG.sub(r"\1", ipa)
    if code == "fr":
        ipa = re.sub(r" ə$", "", ipa) if len(ipa.split()) > 2 else ipa
    return sum((bool(_VOWEL.search(sound)) and "\u032f" not in sound) or "\u0329" in sound for sound in ipa.split())


def words(folder: Path, code: str) -> dict[str, set[int]]:
    """Words of one language with the numbers of syllables that are listed for them."""
    found: dict[str, set[int]] = defaultdict(set)
    text = (folder / "data" / "scrape" / "tsv" / f"{FILES[code]}.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        word, _, ipa = line.partition("\t")
        if " " not in word and "-" not in word and len(word) > 1:
            found[word].add(nuclei(word, ipa, code))
    return found


def half(word: str) -> str:
    """Which half a word belongs to, whatever its capitals."""
    return "held" if zlib.crc32(word.casefold().encode()) % 2 else "seen"


def main(folder: str, which: str = "seen") -> None:
    """Print a row for each language: words, share counted right, and weighed by use."""
    from wordfreq import get_frequency_dict  # type: ignore[import-not-found]  # beside, not a dependency

    for code in FILES:
        frequencies = get_frequency_dict(code)
        used = set(sorted(frequencies, key=lambda word: -frequencies[word])[:_MOST_USED])
        right = total = 0
        weight = weighed = 0.0
        wrong: list[tuple[float, str]] = []
        for word, listed in words(Path(folder), code).items():
            if word.casefold() not in used or half(word) != which:
                continue
            got = count(word, code)
            good = any(got.low <= number <= got.high for number in listed)
            often = frequencies[word.casefold()]
            total, right = total + 1, right + good
            weighed, weight = weighed + often, weight + often * good
            if not good:
                wrong.append((often, f"{word} {got.usual}≠{sorted(listed)}"))
        if total:
            print(f"{code}  {total:6d} words  {right / total:6.1%}  by use {weight / weighed:6.1%}")
            if which == "seen":
                print("    ", ", ".join(text for _, text in sorted(wrong, reverse=True)[:40]))


if __name__ == "__main__":
    main(*sys.argv[1:])
