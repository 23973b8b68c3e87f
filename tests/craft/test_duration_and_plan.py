"""How long a lyric will last, and how much lyric a length can hold."""

import pytest

from songwright.server.craft import Calibration, PlannedSection, check_lyrics, estimate_duration, genres, plan_song

LINE = "The tram is late again tonight"  # eight syllables: two bars
SONG = "[Verse]\n" + f"{LINE}\n" * 20


def test_with_a_tempo_lines_are_laid_on_bars() -> None:
    """20 lines of 2 bars of 4 beats at 100 BPM are 96 s of voice; a quarter of a song is not sung."""
    estimate = estimate_duration(SONG, bpm=100)
    assert estimate.likely == 128
    assert (estimate.low, estimate.high) == (102, 160)
    assert "100 BPM" in estimate.basis


def test_without_a_tempo_a_formula_answers_and_says_so() -> None:
    """40 + 1.6 x 20 lines + 0.2 x 160 syllables."""
    estimate = estimate_duration(SONG)
    assert estimate.likely == 104
    assert "tempo" in estimate.basis


def test_fast_rap_is_felt_at_half_speed() -> None:
    trap = estimate_duration(SONG, bpm=140, genre="trap")
    assert trap.likely == estimate_duration(SONG, bpm=70, genre="trap").likely
    assert trap.likely < estimate_duration(SONG, bpm=120, genre="trap").likely * 2


def test_five_finished_clips_correct_the_estimate_and_four_do_not() -> None:
    clips = [(SONG, 100.0, None, seconds) for seconds in (150.0, 160.0, 154.0, 170.0, 158.0)]
    assert Calibration.of(clips[:4]) is None
    learned = Calibration.of(clips)
    assert learned is not None
    estimate = estimate_duration(SONG, bpm=100, calibration=learned)
    assert estimate.likely == 158
    assert estimate.low < 150
    assert estimate.high > 165
    assert "5 of your own" in estimate.basis


def test_clips_without_words_or_length_teach_nothing() -> None:
    assert Calibration.of([("", None, None, 120.0), (SONG, None, None, 0.0)] * 10) is None


def test_an_instrumental_has_only_the_fixed_part_of_the_formula() -> None:
    assert estimate_duration("[Instrumental]\n[Guitar Solo]").likely == 52


def lines_of(section: PlannedSection) -> list[str]:
    """Lines of every length the section allows, from the shortest to the longest and again."""
    low, high = section.syllables
    words = ("tram", "late", "rain", "tree", "door", "lamp", "road", "bread", "coat", "hand", "milk", "roof")
    return [" ".join(words[: low + number % (high - low + 1)]) for number in range(section.lines)]


@pytest.mark.parametrize("genre", genres())
@pytest.mark.parametrize("seconds", [60, 120, 180])
def test_a_plan_fits_its_length(genre: str, seconds: int) -> None:
    plan = plan_song(genre, seconds)
    assert plan.total.low <= seconds * 1.05
    assert plan.total.high >= seconds * 0.95
    assert plan.lines == sum(section.lines for section in plan.sections)
    assert all(len(section.rhyme) == section.lines for section in plan.sections)


@pytest.mark.parametrize(
    ("genre", "kind"),
    [("pop", "song"), ("hip-hop", "rap"), ("children", "child"), ("country", "song"), ("jazz", "song")],
)
@pytest.mark.parametrize("seconds", [90, 150, 210])
def test_a_song_written_to_the_plan_passes_the_check_of_its_length(genre: str, kind: str, seconds: int) -> None:
    plan = plan_song(genre, seconds, kind=kind)  # type: ignore[arg-type]  # the kinds above are kinds
    lyric = "\n".join("\n".join([section.tag, *lines_of(section)]) for section in plan.sections)
    report = check_lyrics(lyric, genre=genre, kind=kind, bpm=plan.bpm, seconds=seconds)  # type: ignore[arg-type]
    assert "D1" not in {finding.id for finding in report.findings} | report.more.keys()


def test_a_jingle_plan_is_short_and_starts_and_ends_with_the_hook() -> None:
    plan = plan_song("pop", 30, kind="jingle")
    assert [section.tag for section in plan.sections] == ["[Hook]", "[Verse]", "[Hook]"]
    assert plan.lines <= 6


def test_a_blues_plan_has_three_line_verses_that_rhyme_throughout() -> None:
    plan = plan_song("blues", 180)
    verses = [section for section in plan.sections if section.tag.startswith("[Verse")]
    assert {(verse.lines, verse.rhyme) for verse in verses} == {(3, "AAA")}


def test_a_person_who_sings_longer_is_planned_fewer_lines() -> None:
    slow = Calibration(ratio=1.4, low=1.2, high=1.6, clips=7)
    assert plan_song("pop", 180, calibration=slow).lines < plan_song("pop", 180).lines


def test_an_unknown_genre_is_planned_as_pop_and_told() -> None:
    plan = plan_song("polka-core", 120)
    assert plan.genre == "pop"
    assert any("polka-core" in note for note in plan.notes)


def test_an_odd_tempo_is_told() -> None:
    assert any("BPM" in note for note in plan_song("ambient", 120, bpm=170).notes)


@pytest.mark.parametrize(("seconds", "bpm"), [(4, None), (481, None), (120, 10), (120, 400)])
def test_impossible_lengths_and_tempos_are_refused(seconds: int, bpm: float | None) -> None:
    with pytest.raises(ValueError, match="between"):
        plan_song("pop", seconds, bpm=bpm)


def test_a_language_with_longer_words_gets_more_syllables_and_advice() -> None:
    plan = plan_song("pop", 120, language="es-ES")
    assert plan.sections[0].syllables[1] > plan_song("pop", 120).sections[0].syllables[1]
    assert any("Spanish" in note for note in plan.notes)
