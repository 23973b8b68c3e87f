"""How long a lyric will last, and what a person's own songs may teach about it."""

import pytest

from songwright.server.craft import Calibration, check_lyrics, estimate_duration, preflight
from songwright.server.craft.duration import bpm_of, metre_of

LINE = "The tram is late again tonight"  # eight syllables: about four seconds
SONG = "[Verse]\n" + f"{LINE}\n" * 20


def test_with_a_tempo_lines_are_laid_on_bars() -> None:
    """20 lines of 2 bars at 120 BPM are 80 s; 6 bars lead in and out; engines fill up a little."""
    estimate = estimate_duration(SONG, bpm=120)
    assert estimate.likely == 97
    assert (estimate.low, estimate.high) == (78, 122)
    assert "120 BPM" in estimate.basis


def test_without_a_tempo_the_words_alone_decide_and_it_is_said() -> None:
    estimate = estimate_duration(SONG)
    assert estimate.likely == pytest.approx(estimate_duration(SONG, bpm=100).likely, rel=0.1)
    assert "no stated tempo" in estimate.basis


def test_a_waltz_counts_three_beats_a_bar() -> None:
    """Two bars a line either way; the metre may be named by itself or by the genre."""
    four, three = (estimate_duration(SONG, bpm=104, metre=metre).likely for metre in ("4/4", "3/4"))
    assert three < four * 0.85
    waltz = estimate_duration(SONG, bpm=104, genre="Walzer")
    assert "3/4" in waltz.basis
    assert waltz.likely == three


def test_fast_rap_is_felt_at_half_speed() -> None:
    trap = estimate_duration(SONG, bpm=140, genre="trap")
    assert trap.likely == estimate_duration(SONG, bpm=70, genre="trap").likely


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("de", "Die letzte Bahn fährt ohne mich nach Haus"),
        ("es", "El último tren se marcha sin mí"),
        ("fr", "Le dernier tram s'en va sans moi ce soir"),
        ("it", "L'ultimo tram se ne va senza di me"),
    ],
)
def test_the_same_line_lasts_about_as_long_in_another_language(language: str, line: str) -> None:
    said = estimate_duration("[Verse]\n" + f"{line}\n" * 20, bpm=100, language=language).likely
    assert said == pytest.approx(estimate_duration(SONG, bpm=100).likely, rel=0.1)


@pytest.mark.parametrize("tag", ["Instrumental", "Guitar Solo", "Zwischenspiel", "간주", "Solo de guitarra", "間奏"])
def test_a_tag_that_nobody_sings_takes_time(tag: str) -> None:
    with_break = f"{SONG}[{tag}]\n[Verse]\n{LINE}\n"
    assert estimate_duration(with_break).likely >= estimate_duration(f"{SONG}[Verse]\n{LINE}\n").likely + 10


@pytest.mark.parametrize("tag", ["End", "Fade Out", "whispered", "Fin"])
def test_a_tag_that_only_colours_or_ends_takes_none(tag: str) -> None:
    assert estimate_duration(f"{SONG}[{tag}]\n").likely <= estimate_duration(SONG).likely


def test_a_continuation_has_no_way_in_or_out() -> None:
    part = f"[Bridge]\n{LINE}\n{LINE}\n"
    assert estimate_duration(part, kind="continuation").likely == 8
    assert estimate_duration(part).likely > 25


def test_a_short_order_is_not_filled_with_an_intro() -> None:
    jingle = "[Hook]\nMiller's bread is warm\nMiller's bread is there\n"
    report = check_lyrics(jingle, kind="jingle", seconds=10)
    assert report.estimate is not None
    assert report.estimate.likely <= 11


# -- what finished clips teach ----------------------------------------------------------------------------------------


def clips(*seconds: float) -> list[tuple[str, float | None, str | None, float]]:
    return [(SONG, 100.0, None, length) for length in seconds]


def test_five_finished_clips_correct_the_estimate_and_four_do_not() -> None:
    assert Calibration.of(clips(140, 150, 144, 148)) is None
    learned = Calibration.of(clips(140, 150, 144, 148, 146))
    assert learned is not None
    estimate = estimate_duration(SONG, bpm=100, calibration=learned)
    assert estimate.likely == pytest.approx(146, abs=1)
    assert (estimate.low, estimate.high) < (140, 165)
    assert "5 of your own" in estimate.basis


def test_two_second_clips_and_fragments_teach_nothing() -> None:
    assert Calibration.of(clips(*[2.0] * 20)) is None
    assert Calibration.of(clips(*[9.9] * 20)) is None
    assert Calibration.of(clips(*[20.0] * 20)) is None, "a sixth of what the words need was cut, not sung"
    assert Calibration.of([("", None, None, 120.0)] * 20) is None
    usual = estimate_duration(SONG, bpm=100).likely
    mixed = Calibration.of(clips(*[2.0] * 50, *[float(usual)] * 5))
    assert mixed is not None
    assert mixed.clips == 5
    assert mixed.ratio == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("seconds", "most"), [(62.0, 0.75), (210.0, 1.35)])
def test_what_is_learned_moves_an_estimate_by_a_third_at_most(seconds: float, most: float) -> None:
    learned = Calibration.of(clips(*[seconds] * 30))
    assert learned is not None
    assert learned.ratio == most
    assert learned.low < learned.ratio < learned.high


@pytest.mark.parametrize(
    ("said", "bpm", "metre"),
    [
        ("folk waltz, 3/4, 68 BPM", 68, "3/4"),
        ("slow ballad in ¾, tempo 72", 72, "3/4"),
        ("Walzer, 68 Schläge pro Minute, 3/4-Takt", 68, "3/4"),
        ("vals lento, 68-72 bpm", 70, None),
        ("♩ = 92, 6 / 8", 92, "6/8"),
        ("slow tempo 90s soul, radio 24/7", None, None),
        ("999 bpm", None, None),
    ],
)
def test_tempo_and_metre_are_read_from_a_description(said: str, bpm: float | None, metre: str | None) -> None:
    assert (bpm_of(said), metre_of(said)) == (bpm, metre)


def test_a_check_counts_with_the_tempo_and_metre_that_a_genre_or_a_style_names() -> None:
    plainly = check_lyrics(SONG, genre="folk", bpm=68, metre="3/4").estimate
    assert plainly is not None
    assert check_lyrics(SONG, genre="folk, 68 BPM, 3/4").estimate == plainly
    warned = preflight(SONG, "folk, female alto, fiddle, 68 BPM, 3/4", seconds=plainly.high * 2).warnings
    assert [f"{plainly.low} to {plainly.high} s" in finding.why for finding in warned if finding.id == "D1"] == [True]
