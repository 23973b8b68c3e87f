"""Rhyme is judged by sound. English readings follow the CMU Pronouncing Dictionary."""

import pytest

from songwright.server.craft.rhyme import can_rhyme, rhyme, scheme


@pytest.mark.parametrize(
    ("one", "other", "language", "kind"),
    [
        ("fire", "desire", "en", "perfect"),
        ("rain", "again", "en", "perfect"),
        ("live", "five", "en", "perfect"),
        ("live", "give", "en", "perfect"),
        ("love", "move", "en", None),
        ("cough", "though", "en", None),
        ("time", "light", "en", None),
        ("home", "alone", "en", "near"),
        ("mind", "time", "en", "near"),
        ("river", "forever", "en", "near"),
        ("memory", "tree", "en", "near"),
        ("door", "door", "en", "same"),
        ("nightlamp", "camp", "en", "perfect"),
        ("runnin'", "gunning", "en", "perfect"),
        ("canción", "corazón", "es", "perfect"),
        ("casa", "mañana", "es", "near"),
        ("lágrima", "casa", "es", None),
        ("cuore", "amore", "it", "near"),
        ("città", "già", "it", "perfect"),
        ("maison", "chanson", "fr", "perfect"),
        ("aimer", "été", "fr", "perfect"),
        ("rue", "perdue", "fr", "perfect"),
        ("Haus", "raus", "de", "perfect"),
        ("Tee", "vergessen", "de", None),
        ("sehen", "gehen", "de", "perfect"),
        ("снег", "бег", "ru", "perfect"),
        ("луна", "волна", "ru", "near"),
        ("coração", "canção", "pt", "perfect"),
        ("niebo", "chleba", "pl", None),
        ("回家", "温暖", "zh", None),
        ("", "door", "en", None),
    ],
)
def test_two_line_ends(one: str, other: str, language: str, kind: str | None) -> None:
    assert rhyme(one, other, language) == kind
    assert rhyme(other, one, language) == kind


@pytest.mark.parametrize(
    ("ends", "letters"),
    [
        ("sink brown ink down", "ABAB"),
        ("slow flow ten again", "AABB"),
        ("tram window cough gone", "XXXX"),
        ("day sky way bread", "AXAX"),
        ("", ""),
        ("door", "X"),
    ],
)
def test_the_scheme_of_a_verse(ends: str, letters: str) -> None:
    assert scheme(ends.split()) == letters


def test_rhyme_is_not_judged_where_writing_does_not_show_it() -> None:
    assert can_rhyme("en")
    assert can_rhyme("ru")
    assert not can_rhyme("zh")
    assert not can_rhyme("ja")
