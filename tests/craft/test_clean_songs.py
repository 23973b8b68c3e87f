"""Songs written for these tests that a person would be content with: the checks should leave them in peace."""

from pathlib import Path
from typing import Any

import pytest

from songwright.server.craft import check_lyrics

SONGS: dict[str, dict[str, Any]] = {
    "porch_light": {"genre": "country", "bpm": 100, "seconds": 150, "title": "Porch Light", "language": "en-US"},
    "paper_boat": {"genre": "indie-pop", "bpm": 105, "seconds": 150, "title": "Paper Boat", "language": "en-GB"},
    "night_shift_rap": {"genre": "hip-hop", "kind": "rap", "bpm": 90, "seconds": 90, "title": "Clock In"},
    "cocina": {"genre": "latin-pop", "language": "es-MX", "seconds": 120, "title": "Quédate un rato"},
    "bahnsteig": {"genre": "pop", "language": "de", "bpm": 90, "seconds": 150, "title": "Bahnsteig neun"},
    "parapluie": {"genre": "folk", "language": "fr", "seconds": 120},
    "elektrichka": {"genre": "indie-rock", "language": "ru", "seconds": 90},
    "kaerimichi": {"genre": "pop", "language": "ja", "seconds": 120},
    "yuetai": {"genre": "folk", "language": "zh", "seconds": 90},
    "wash_your_hands": {"genre": "children", "kind": "child", "bpm": 110, "seconds": 75},
    "bakery_jingle": {"kind": "jingle", "seconds": 30, "title": "Miller's Bread"},
    "instrumental_map": {"genre": "ambient", "seconds": 120},
}
LANGUAGES = {
    "porch_light": "en",
    "cocina": "es",
    "bahnsteig": "de",
    "parapluie": "fr",
    "elektrichka": "ru",
    "kaerimichi": "ja",
    "yuetai": "zh",
}


def lyric(name: str) -> str:
    return (Path(__file__).parent / "lyrics" / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SONGS)
def test_a_good_song_gets_at_most_one_warning_when_its_writer_says_what_it_is(name: str) -> None:
    report = check_lyrics(lyric(name), **SONGS[name])
    assert report.ok
    assert [(finding.id, finding.why) for finding in report.findings if finding.level == "warn"][1:] == []


@pytest.mark.parametrize("name", SONGS)
def test_a_good_song_gets_at_most_one_warning_when_nothing_is_said_about_it(name: str) -> None:
    report = check_lyrics(lyric(name))
    assert report.ok
    assert [(finding.id, finding.why) for finding in report.findings if finding.level == "warn"][1:] == []


@pytest.mark.parametrize("name", SONGS)
def test_a_good_song_gets_at_most_three_notes(name: str) -> None:
    report = check_lyrics(lyric(name), **SONGS[name])
    assert sum(finding.level == "note" for finding in report.findings) <= 3
    assert not report.more


@pytest.mark.parametrize("name", SONGS)
def test_a_good_song_is_offered_no_repairs(name: str) -> None:
    assert check_lyrics(lyric(name)).fixed_lyrics is None


@pytest.mark.parametrize(("name", "language"), LANGUAGES.items())
def test_the_language_of_a_song_is_recognised(name: str, language: str) -> None:
    assert check_lyrics(lyric(name)).stats.language == language


def test_lines_and_rhymes_are_told_section_by_section() -> None:
    sections = check_lyrics(lyric("porch_light")).stats.sections
    assert (sections[0].tag, sections[0].syllables, sections[0].rhyme) == ("Verse 1", (8, 8, 8, 8), "ABAB")
    assert [section.tag for section in sections].count("Chorus") == 3


def test_an_instrumental_map_has_nothing_to_sing_and_that_is_fine() -> None:
    report = check_lyrics(lyric("instrumental_map"), genre="ambient", seconds=180)
    assert report.ok
    assert not report.findings
    assert report.estimate is None


def test_long_lines_that_keep_a_metre_or_breathe_in_the_middle_are_left_in_peace() -> None:
    assert not [finding for finding in check_lyrics(lyric("night_shift_rap")).findings if finding.id == "M1"]
