"""How many words fit a length: by genre, kind, tempo and metre; and the form that is suggested."""

from typing import Any

import pytest

from songwright.server.craft import Calibration, PlannedSection, check_lyrics, every_genre, plan_song

KINDS = ("song", "rap", "jingle", "child", "lullaby", "musical", "continuation")
WORDS = ("tram", "late", "rain", "tree", "door", "lamp", "road", "bread", "coat", "hand", "milk", "roof")


def lines_of(section: PlannedSection, number: int | None = None) -> list[str]:
    """Lines of usual length and of every other one the section allows, shorter and longer in turn."""
    low, high = section.syllables
    middle, reach = (low + high) // 2, (high - low) // 2
    steps = [step for far in range(1, reach + 1) for step in (-far, far)]
    return [
        " ".join((WORDS + WORDS)[: middle + ([0, *steps])[place % (len(steps) + 1)]])
        for place in range(section.lines if number is None else number)
    ]


def written(plan: Any) -> str:
    return "\n".join("\n".join([section.tag, *lines_of(section)]) for section in plan.sections)


@pytest.mark.parametrize("seconds", [60, 120, 180])
def test_the_suggested_form_fits_its_length_in_every_genre(seconds: int) -> None:
    for genre in every_genre():
        plan = plan_song(genre, seconds)
        if plan.kind == "jingle" and seconds > 60:
            continue  # nobody expects so long a jingle
        assert plan.genre == genre
        assert plan.total.low <= seconds * 1.05, genre
        assert plan.total.high >= seconds * 0.95, genre
        assert all(len(section.rhyme) == section.lines for section in plan.sections)
        low, high = plan.lines
        assert low * 0.85 <= sum(section.lines for section in plan.sections) <= high * 1.15 + 1, genre
        assert sum(section.seconds for section in plan.sections) == pytest.approx(seconds, abs=8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [20, 90, 210])
def test_the_plan_and_the_check_measure_alike(kind: Any, seconds: int) -> None:
    """A song in the suggested form, and one with the fewest or most lines, is neither too long nor too short."""
    for genre in ("pop", "hip-hop", "waltz", "chanson"):
        for said in ({}, {"bpm": 96.0}, {"bpm": 150.0, "metre": "3/4"}):
            plan = plan_song(genre, seconds, kind=kind, **said)
            report = check_lyrics(written(plan), genre=genre, kind=kind, language="en", seconds=seconds, **said)
            assert report.estimate is not None
            assert report.estimate.likely == pytest.approx(plan.total.likely, rel=0.15, abs=4), (genre, said)
            if "No common form fits" in " ".join(plan.notes):
                continue
            for number in plan.lines if genre == "pop" else ():
                (section, *_) = (part for part in plan.sections if part.lines)
                silent = "".join(f"\n{part.tag}" for part in plan.sections if not part.lines)
                lyric = "[Verse]\n" + "\n".join(lines_of(section, number)) + silent
                found = check_lyrics(lyric, genre=genre, kind=kind, language="en", seconds=seconds, **said)
                assert "D1" not in {finding.id for finding in found.findings} | found.more.keys(), (genre, said, number)


def test_three_beats_a_bar_leave_room_for_more_lines() -> None:
    four, three = (plan_song("folk", 180, bpm=120, metre=metre) for metre in ("4/4", "3/4"))
    assert three.lines[0] > four.lines[0]
    assert (four.metre, three.metre) == ("4/4", "3/4")


def test_a_faster_song_holds_more_lines_than_a_slow_one() -> None:
    assert plan_song("pop", 180, bpm=125).lines[0] > plan_song("pop", 180, bpm=90).lines[0]


@pytest.mark.parametrize(
    ("asked", "genre", "bpm", "metre"),
    [
        ("lullaby", "lullaby", (60, 80), "6/8"),
        ("samba", "samba", (90, 130), "2/4"),
        ("power ballad", "power-ballad", (60, 80), "4/4"),
        ("chanson", "chanson", (70, 110), "4/4"),
        ("city pop", "city-pop", (100, 125), "4/4"),
        ("comedy rap", "comedy-rap", (85, 110), "4/4"),
        ("waltz", "waltz", (85, 150), "3/4"),
    ],
)
def test_a_genre_is_itself_and_no_neighbour(asked: str, genre: str, bpm: tuple[int, int], metre: str) -> None:
    plan = plan_song(asked, 180)
    assert (plan.genre, plan.bpm_range, plan.metre) == (genre, bpm, metre)
    assert bpm[0] <= plan.bpm <= bpm[1]
    assert plan.notes == ()


def tags(plan: Any) -> str:
    return " ".join(section.tag for section in plan.sections)


def test_forms_are_those_that_listeners_know() -> None:
    assert "Chorus" in tags(plan_song("samba", 180))
    assert "Instrumental" in tags(plan_song("power ballad", 220))
    assert "Hook" in tags(plan_song("comedy rap", 120))
    chanson = [section for section in plan_song("chanson", 180).sections if "Verse" in section.tag]
    assert min(section.lines for section in chanson) >= 6
    blues = [section for section in plan_song("blues", 180).sections if "Verse" in section.tag]
    assert {(verse.lines, verse.rhyme) for verse in blues} == {(3, "AAA")}


@pytest.mark.parametrize(("genre", "kind"), [("jingle", "song"), ("punk jingle", "song"), ("pop", "jingle")])
def test_a_jingle_starts_and_ends_with_the_hook(genre: str, kind: Any) -> None:
    plan = plan_song(genre, 30, kind=kind)
    assert plan.kind == "jingle"
    assert plan.sections[0].tag == plan.sections[-1].tag == "[Hook]"
    assert 4 <= plan.lines[0] <= plan.lines[1] <= 10


@pytest.mark.parametrize(
    ("genre", "kind"), [("instrumental", "song"), ("jazz instrumental", "song"), ("lo-fi", "instrumental")]
)
def test_an_instrumental_has_no_sung_lines(genre: str, kind: Any) -> None:
    plan = plan_song(genre, 120, kind=kind)
    assert plan.lines == plan.syllables == (0, 0)
    assert all(not section.lines for section in plan.sections)
    assert sum(section.seconds for section in plan.sections) == 120
    assert "There is no singing" in plan.notes[0]


def test_a_continuation_is_only_the_new_part() -> None:
    whole, part = plan_song("folk", 60), plan_song("folk", 60, kind="continuation")
    assert "Intro" not in tags(part)
    assert part.lines[0] > whole.lines[0], "no time goes into a way in and out"


@pytest.mark.parametrize("asked", ["polka-core", "hyperblob", "🙂"])
def test_an_unknown_genre_is_said_to_be_unknown_and_never_replaced(asked: str) -> None:
    plan = plan_song(asked, 120)
    assert plan.genre is None
    assert asked in plan.notes[0]
    assert "not in the table" in plan.notes[0]


def test_what_was_not_understood_of_a_genre_is_told() -> None:
    plan = plan_song("goblin pop", 120)
    assert plan.genre == "pop"
    assert '"goblin"' in plan.notes[0]


def test_an_odd_tempo_is_told() -> None:
    assert any("BPM" in note for note in plan_song("ambient", 120, bpm=170).notes)


@pytest.mark.parametrize(
    ("seconds", "more"), [(4, {}), (481, {}), (120, {"bpm": 10}), (120, {"bpm": 400}), (120, {"metre": "11/16"})]
)
def test_impossible_lengths_tempos_and_metres_are_refused(seconds: int, more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"between|must be one of"):
        plan_song("pop", seconds, **more)


def test_a_language_with_longer_words_gets_more_syllables_in_as_many_lines() -> None:
    english, spanish = plan_song("pop", 120), plan_song("pop", 120, language="es-ES")
    assert spanish.line[1] > english.line[1]
    assert spanish.syllables[1] > english.syllables[1]
    assert spanish.lines == pytest.approx(english.lines, abs=1)
    assert any("Spanish" in note for note in spanish.notes)


def test_a_person_who_sings_longer_is_measured_fewer_lines() -> None:
    slow = Calibration(ratio=1.3, low=1.2, high=1.5, clips=7)
    assert plan_song("pop", 180, calibration=slow).lines[1] < plan_song("pop", 180).lines[1]
