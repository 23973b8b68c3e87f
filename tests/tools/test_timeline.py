"""Timed words become timed lyrics: lines, sections, a file that players read."""

from __future__ import annotations

from typing import Any

from facts import place

from songwright.server.core.operation import Outcome
from songwright.server.files.studio.timed import texts


def timeline(*words: tuple[str, float, float] | dict[str, Any]) -> Outcome:
    rows = [
        word if isinstance(word, dict) else dict(zip(("word", "start_s", "end_s"), word, strict=True)) for word in words
    ]
    return place("get_lyrics_timeline", clip_id="c").operation.outcome({"data": {"alignment": rows}})


def lines_of(outcome: Outcome) -> list[tuple[float, str]]:
    return [(line.start, line.text) for line in outcome.timeline]


SUNG = timeline(
    ("[Verse 1]\nStars ", 12.1, 12.6),
    ("over ", 12.7, 13.0),
    ("town\n", 13.1, 14.0),
    ("Stay ", 15.0, 15.2),
    ("up\n\n[Chorus]\n", 15.3, 16.0),
    ("Oh ", 61.239, 62.0),
    ("night\n[Chorus]\n", 62.5, 63.0),
    ("Again", 70.0, 71.0),
)


def test_lines_carry_the_second_of_their_first_word() -> None:
    assert lines_of(SUNG) == [(12.1, "Stars over town"), (15.0, "Stay up"), (61.239, "Oh night"), (70.0, "Again")]
    assert SUNG.facts["line_starts"] == [12.1, 15.0, 61.2, 70.0]
    assert SUNG.facts["lines"] == 4


def test_every_word_keeps_its_own_time() -> None:
    words = [(word.text.strip(), word.start, word.end) for word in SUNG.timeline[0].words]
    assert words == [("Stars", 12.1, 12.6), ("over", 12.7, 13.0), ("town", 13.1, 14.0)]


def test_a_time_that_no_song_has_does_not_stop_the_files() -> None:
    outcome = timeline(("Stars\n", 1.0, 1e308), ("over\n", 1e307, 1e308), ("town", 2.0, 3.0))
    assert lines_of(outcome) == [(1.0, "Stars"), (2.0, "town")]
    assert set(texts(outcome.timeline)) == {".lrc", ".srt", ".vtt", ".ass"}


def test_section_tags_are_no_words_but_say_where_a_section_is() -> None:
    assert SUNG.facts["sections"] == [
        {"section": "Verse 1", "start": 12.1, "end": 16.0},
        {"section": "Chorus", "start": 61.2, "end": 63.0},
        {"section": "Chorus", "start": 70.0, "end": 71.0},
    ]


def test_the_words_are_in_the_file_and_not_in_the_result() -> None:
    assert "Stars" not in str(SUNG.facts)


def test_a_tag_split_over_several_words_is_still_a_tag() -> None:
    outcome = timeline(
        ("[Verse ", 1.0, 1.1), ("2]\n", 1.1, 1.2), ("Hello ", 2.0, 2.5), ("[softly] ", 2.5, 2.6), ("you", 3.0, 3.5)
    )
    assert lines_of(outcome) == [(2.0, "Hello you")]


def test_words_without_spaces_between_them_get_some() -> None:
    outcome = timeline(("Stars", 1.0, 1.2), ("over", 1.3, 1.5), ("town", 1.6, 2.0))
    assert lines_of(outcome) == [(1.0, "Stars over town")]


def test_syllables_of_a_script_without_spaces_stay_together() -> None:
    outcome = timeline(("夜", 1.0, 1.2), ("の", 1.3, 1.4), ("バス\n", 1.5, 2.0), ("星", 3.0, 3.2))
    assert [text for _, text in lines_of(outcome)] == ["夜のバス", "星"]


def test_without_line_breaks_a_pause_begins_a_line() -> None:
    outcome = timeline(("One ", 1.0, 1.4), ("two ", 1.5, 2.0), ("three ", 4.0, 4.5), ("four ", 4.6, 5.0))
    assert [text for _, text in lines_of(outcome)] == ["One two", "three four"]


def test_no_sung_words_are_no_file() -> None:
    """An empty list means that no words were found (public client mameziane/aiponge)."""
    for outcome in (timeline(), timeline(("[Instrumental]\n", 0.0, 0.1))):
        assert (outcome.facts["lines"], outcome.timeline) == (0, ())
        assert outcome.facts["notice"]


def test_times_that_are_text_or_missing_or_turned_round_are_survived() -> None:
    outcome = timeline(
        {"word": "One ", "start_s": "1.5", "end_s": None},
        {"word": "lost ", "start_s": None, "end_s": 2.0},
        {"word": "two", "start_s": 2.0, "end_s": 1.0},
    )
    assert lines_of(outcome) == [(1.5, "One two")]


def test_a_line_of_foreign_words_has_a_bound() -> None:
    outcome = timeline(("One\x00\x1b[2J\u202e two" + "x" * 400, 1.0, 2.0))
    (line,) = outcome.timeline
    assert len(line.text) <= 200
    assert sum(len(word.text) for word in line.words) <= 200
    assert line.text.isprintable()
