"""Passages that several songs of an album share, told from turns of phrase."""

from __future__ import annotations

import time

import pytest

from songwright.server.craft.passages import shared_passages

BOATS = "[Verse]\nThe boats come home tonight\nWe left the harbour lamp alight for you\n[Chorus]\nHome, come home"
RAIN = "[Verse 1]\nRain on a tin roof\nwe left the harbour lamp alight, for me\n[Chorus]\nHome, come home"
SEA = "[Chorus]\nThe boats come home tonight\nNothing else is the same"


def test_a_line_and_a_part_of_one_are_found_however_they_are_written() -> None:
    found = shared_passages([BOATS, RAIN, SEA])
    assert [(passage.words, passage.songs) for passage in found] == [
        ("We left the harbour lamp alight for", (0, 1)),
        ("The boats come home tonight", (0, 2)),
    ]


def test_a_passage_of_several_lines_is_one() -> None:
    two = "The boats come home tonight\nthe harbour holds its light"
    (passage,) = shared_passages([f"One\n{two}\nand more", f"Two\n\n[Chorus]\n{two}"])
    assert passage.words == "The boats come home tonight / the harbour holds its light"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("La la la la la la la la", "La la la la la la la la!"),
        ("I am in the middle of a song", "You are in the middle of nothing"),
        ("[Instrumental break here now]\nWords", "[Instrumental break here now]\nOthers"),
        ("", ""),
        (BOATS, BOATS),
    ],
)
def test_sounds_phrases_tags_and_takes_of_one_song_are_no_repeats(one: str, other: str) -> None:
    assert shared_passages([one, other]) == []


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("雨の夜に歩く人たち", "雨の夜に歩く人たち"),
        ("من تو را می\u200cخواهم امشب", "من تو را می\u200cخواهم امشب"),
        ("Я помню чудное мгновенье", "Я помню чудное мгновенье"),
    ],
)
def test_every_script_is_compared(line: str, shown: str) -> None:
    (passage,) = shared_passages([f"one\n{line}", f"two\n{line}"])
    assert passage.words == shown


def test_what_is_part_of_a_longer_passage_is_not_told_again() -> None:
    long = "we left the harbour lamp alight for you"
    found = shared_passages([long, f"{long}\nx", "left the harbour lamp alight"])
    assert [passage.songs for passage in found] == [(0, 1), (0, 1, 2)]


def test_hostile_words_that_are_all_the_same_are_compared_in_time() -> None:
    songs = [f"{'a b ' * 1000}{number}" for number in range(20)]
    start = time.process_time()
    shared_passages(songs)
    assert time.process_time() - start < 5
