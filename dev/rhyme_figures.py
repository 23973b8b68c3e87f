"""How well rhyme is judged, language by language, against what a speech synthesiser says.

    python -m dev.rhyme_figures [held]

espeak-ng (a Debian package, GPL; only listened to, nothing of it is bundled) tells how words sound and where they are
stressed. From the 20,000 most used words of `wordfreq`, in the halves of dev.language_figures, pairs are drawn: words
whose sound agrees from the stressed vowel on (they rhyme), and words that end in the same two letters but have another
stressed vowel (they do not). Printed: the share of the first that is found, and of the second that is not called a
perfect rhyme.
"""

import random
import re
import subprocess
import sys
from collections import defaultdict

from songwright.server.craft.rhyme import rhyme

from .language_figures import half

_VOICES = {
    "de": "de", "nl": "nl", "sv": "sv", "es": "es-419", "pt": "pt-BR", "it": "it", "fr": "fr", "pl": "pl", "ru": "ru",
    "tr": "tr", "en": "en-us", "hi": "hi", "ko": "ko",
}  # fmt: skip
_VOWEL = "aeiouyæøœɐɑɒɔəɘɛɜɞɤɨɪɯɵɶʉʊʌʏäɚɝᵻ"
_PAIRS = 600


def sounds(words: list[str], voice: str) -> dict[str, str]:
    """What the synthesiser says of each word."""
    text = "\n\n".join(words) + "\n"
    said = subprocess.run(
        ["espeak-ng", "-q", "--ipa", "-v", voice],  # noqa: S607
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [row.strip() for row in said.stdout.split("\n") if row.strip()]
    return dict(zip(words, rows, strict=True)) if len(rows) == len(words) else {}


def tail(ipa: str) -> str:
    """From the vowel of the last stress on, also a weaker one: the second part of a compound rhymes by itself."""
    after = re.split("[ˈˌ]", ipa)[-1]
    match = re.search(f"[{_VOWEL}].*", after or ipa)
    return re.sub(r"[ˌ|_\s]", "", match[0]) if match else ""


def main(which: str = "seen") -> None:
    """Print a row for each language."""
    from wordfreq import get_frequency_dict  # type: ignore[import-not-found]  # beside, not a dependency

    for code, voice in _VOICES.items():
        used = get_frequency_dict(code)
        words = [
            word
            for word in sorted(used, key=lambda word: -used[word])[:20_000]
            if word.isalpha() and len(word) > 2 and half(word) == which
        ]
        heard: dict[str, str] = {}
        for start in range(0, len(words), 500):
            heard |= sounds(words[start : start + 500], voice)
        chance = random.Random(7)  # noqa: S311
        by_tail: dict[str, list[str]] = defaultdict(list)
        by_end: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for word, ipa in heard.items():
            if sound := tail(ipa):
                by_tail[sound].append(word)
                by_end[word[-2:]].append((word, sound))
        same = [group for group in by_tail.values() if len(group) > 1]
        rhyming = [(group[0], group[-1]) for group in same] + [(group[0], group[1]) for group in same if len(group) > 2]
        apart = []
        for group in by_end.values():
            for _ in range(min(len(group), 60)):
                (one, a), (other, b) = chance.choice(group), chance.choice(group)
                if a[0] != b[0]:
                    apart.append((one, other))
        rhyming = chance.sample(rhyming, min(_PAIRS, len(rhyming)))
        apart = chance.sample(apart, min(_PAIRS, len(apart)))
        missed = [pair for pair in rhyming if not rhyme(*pair, code)]
        false = [pair for pair in apart if rhyme(*pair, code) == "perfect"]
        found = 1 - len(missed) / max(len(rhyming), 1)
        left = 1 - len(false) / max(len(apart), 1)
        print(f"{code}  rhymes found {found:6.1%} of {len(rhyming)}  others left alone {left:6.1%} of {len(apart)}")
        if which == "seen":
            print("     missed:", *(f"{a}/{b}" for a, b in missed))
            print("     false:", *(f"{a}/{b}" for a, b in false))


if __name__ == "__main__":
    main(*sys.argv[1:])
