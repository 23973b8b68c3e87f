"""How well English syllables are counted: with the table, and by the rules alone on words the table hides from them."""

import re
from hashlib import md5
from pathlib import Path

import pytest

from songwright.server.craft.bundled import table
from songwright.server.craft.english import syllables, unlisted
from songwright.server.craft.letters import by_letters
from songwright.server.craft.pronunciation import Reading, readings

LINES = [
    line
    for line in (Path(__file__).parent / "lines_english.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
WORDS = [word for line in LINES for word in re.findall(r"[\w'·]+", line)]


def truth(word: str) -> int:
    return word.count("·") + 1


def plain(word: str) -> str:
    return word.replace("·", "")


def learned_from(word: str) -> bool:
    """The same hash as in dev/english_letters.py: every tenth word took no part in learning what letters tell."""
    return md5(word.encode(), usedforsecurity=False).digest()[0] % 10 != 0


def listed() -> list[str]:
    return [line.split(b" ")[0].decode() for line in table("pronunciations").splitlines()]


def test_ninety_nine_of_a_hundred_words_of_lyrics_are_counted_right() -> None:
    assert len(WORDS) > 400
    assert sum(syllables(plain(word)) == truth(word) for word in WORDS) / len(WORDS) >= 0.99


def test_ninety_six_of_a_hundred_lines_of_lyrics_are_counted_right() -> None:
    right = sum(all(syllables(plain(word)) == truth(word) for word in re.findall(r"[\w'·]+", line)) for line in LINES)
    assert right / len(LINES) >= 0.96


def test_without_any_table_ninety_seven_of_a_hundred_words_of_lyrics_are_counted_right() -> None:
    alone = sum(unlisted(plain(word).lower(), lambda _: ()) == truth(word) for word in WORDS)
    assert alone / len(WORDS) >= 0.97


WITHHELD = [word for word in listed() if not learned_from(word)]
SAMPLE = WITHHELD[::4]
"""Enough for the figures, in which it differs from the whole by less than a tenth of a percent."""


def right(word: str, count: int) -> bool:
    """Any of the pronunciations of the dictionary will do."""
    return count in {reading.syllables for reading in readings(word)}


def test_letters_alone_are_right_on_ninety_seven_of_a_hundred_dictionary_words_they_never_saw() -> None:
    """Every entry counts once, and most are surnames; of the words people use the share is above 98 %."""
    assert len(WITHHELD) > 12_000
    assert sum(right(word, by_letters(word)) for word in SAMPLE) / len(SAMPLE) >= 0.97


def test_with_the_rest_of_the_table_a_few_more_of_them_are_right() -> None:
    withheld = frozenset(WITHHELD)

    def others(word: str) -> tuple[Reading, ...]:
        return () if word in withheld else readings(word)

    counted = sum(right(word, unlisted(word.strip("'"), others)) for word in SAMPLE)
    assert counted / len(SAMPLE) >= 0.972


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("Café", 2),
        ("don’t", 1),
        ("couldn’t", 2),
        ("runnin'", 2),
        ("'cause", 1),
        ("BBC", 3),
        ("WWW", 9),
        ("hmm", 1),
        ("mothers'", 2),
        ("boxes's", 3),
        ("streetlight", 2),
        ("unkissable", 4),
        ("blorptastic", 3),
        ("y'all", 1),
        ("it'll", 2),
        ("you'll", 1),
        ("they'd", 1),
        ("it'd", 2),
        ("", 0),
        ("'", 0),
        ("mmmmmm", 1),
        ("heeeey", 1),
        ("noooo", 1),
    ],
)
def test_odd_words_have_sensible_counts(word: str, count: int) -> None:
    assert syllables(word) == count


def test_every_listed_word_is_found_again() -> None:
    words = listed()
    assert len(words) > 120_000
    assert all(readings(word) for word in words[::40])
    assert readings(words[0])
    assert readings(words[-1])
    assert readings("zzzunlisted") == ()
    assert readings("") == ()
