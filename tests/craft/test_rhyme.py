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
        ("cuore", "amore", "it", "perfect"),
        ("città", "già", "it", "perfect"),
        ("maison", "chanson", "fr", "perfect"),
        ("aimer", "été", "fr", "perfect"),
        ("rue", "perdue", "fr", "perfect"),
        ("Haus", "raus", "de", "perfect"),
        ("Tee", "vergessen", "de", None),
        ("sehen", "gehen", "de", "perfect"),
        ("снег", "бег", "ru", "perfect"),
        ("луна", "волна", "ru", "perfect"),
        ("coração", "canção", "pt", "perfect"),
        ("niebo", "chleba", "pl", None),
        ("nhà", "xa", "vi", "perfect"),
        ("hoa", "nhà", "vi", "perfect"),
        ("má", "nhà", "vi", "near"),
        ("đi", "thuỳ", "vi", "perfect"),
        ("quy", "gì", "vi", "perfect"),
        ("tay", "tai", "vi", None),
        ("yên", "hiền", "vi", "perfect"),
        ("mình", "lòng", "vi", None),
        ("사랑", "바람", "ko", "near"),
        ("사랑", "자랑", "ko", "perfect"),
        ("바다", "하나", "ko", "perfect"),
        ("마음", "처음", "ko", "perfect"),
        ("노래", "그네", "ko", "perfect"),
        ("꽃", "곧", "ko", "perfect"),
        ("하늘", "바다", "ko", None),
        ("प्यार", "यार", "hi", "perfect"),
        ("दिल", "मिल", "hi", "perfect"),
        ("जाना", "गाना", "hi", "perfect"),
        ("करना", "भरना", "hi", "perfect"),
        ("करना", "सुनना", "hi", "near"),
        ("जाना", "सोना", "hi", "near"),
        ("रात", "बात", "hi", "perfect"),
        ("रात", "दिल", "hi", None),
        ("coffee", "커피", "ko", None),
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
        ("rain time again mind", "ABAB"),
        ("", ""),
        ("door", "X"),
    ],
)
def test_the_scheme_of_a_verse(ends: str, letters: str) -> None:
    assert scheme(ends.split()) == letters


def test_rhyme_is_not_judged_where_writing_does_not_show_it() -> None:
    assert can_rhyme("en")
    assert can_rhyme("ru")
    assert can_rhyme("hi")
    assert not can_rhyme("zh")
    assert not can_rhyme("ja")
    assert not can_rhyme("ar")


def test_a_section_may_have_more_rhymes_than_there_are_letters() -> None:
    endings = [f"{one}{other}o" for one in "bcdfglmnprst" for other in "aeiou" for _ in range(20)]
    assert len(scheme(endings, "es")) == len(endings)
    assert len(scheme([str(number) for number in range(10)] * 2, "es")) == 20
    assert set(scheme(["casa", "masa", "vino", "fino"] * 500, "es")) >= {"A", "B"}
