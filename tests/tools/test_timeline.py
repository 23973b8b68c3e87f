"""Timed words become timed lyrics: lines, sections, a file that players read."""

from __future__ import annotations

from typing import Any

from facts import place

from songwright.server.core.operation import Outcome


def timeline(*words: tuple[str, float, float] | dict[str, Any]) -> Outcome:
    rows = [
        word if isinstance(word, dict) else dict(zip(("word", "start_s", "end_s"), word, strict=True)) for word in words
    ]
    outcome = place("get_lyrics_timeline", clip_id="c").operation.outcome({"data": {"alignment": rows}})
    assert set(outcome.texts) <= {".lrc", ".vtt"}
    return outcome


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
    assert SUNG.timeline == ((12.1, "Stars over town"), (15.0, "Stay up"), (61.239, "Oh night"), (70.0, "Again"))
    assert SUNG.facts["line_starts"] == [12.1, 15.0, 61.2, 70.0]
    assert SUNG.facts["lines"] == 4


def test_the_file_has_minutes_seconds_and_hundredths() -> None:
    """The LRC format: `[mm:ss.xx]` before each line."""
    assert SUNG.texts[".lrc"] == "[00:12.10]Stars over town\n[00:15.00]Stay up\n[01:01.24]Oh night\n[01:10.00]Again\n"


def test_every_word_has_its_time_in_the_file_for_videos() -> None:
    """WebVTT: a cue a line, and inside it the moment at which each further word begins."""
    head, *cues = SUNG.texts[".vtt"].split("\n\n")
    assert head == "WEBVTT"
    assert cues[0] == "00:00:12.100 --> 00:00:14.000\nStars <00:00:12.700>over <00:00:13.100>town"
    assert cues[2] == "00:01:01.239 --> 00:01:03.000\nOh <00:01:02.500>night"
    assert len(cues) == 4


def test_words_are_set_as_the_language_sets_them_and_markup_stays_text() -> None:
    outcome = timeline(("月", 1.0, 1.4), ("光\n", 1.4, 2.0), ("a<b> ", 3.0, 3.5), ("--> c", 3.5, 4.0))
    cues = outcome.texts[".vtt"].split("\n\n")[1:]
    assert cues[0].endswith("\n月<00:00:01.400>光")
    assert cues[1].rstrip().endswith("\na&lt;b&gt; <00:00:03.500>--&gt; c")


def test_words_that_come_out_of_order_still_make_a_file_that_players_read() -> None:
    """A cue ends after it begins, and the moments in it grow."""
    outcome = timeline(("one ", 5.0, 5.0), ("two ", 4.0, 4.5), ("three\n", 9.0, 9.5), ("four", 5.0, 5.0))
    cues = outcome.texts[".vtt"].split("\n\n")[1:]
    assert cues[0] == "00:00:05.000 --> 00:00:05.100\none two three"
    assert cues[1].startswith("00:00:05.000 --> 00:00:05.100\nfour")


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
    assert outcome.timeline == ((2.0, "Hello you"),)


def test_words_without_spaces_between_them_get_some() -> None:
    outcome = timeline(("Stars", 1.0, 1.2), ("over", 1.3, 1.5), ("town", 1.6, 2.0))
    assert outcome.timeline == ((1.0, "Stars over town"),)


def test_syllables_of_a_script_without_spaces_stay_together() -> None:
    outcome = timeline(("夜", 1.0, 1.2), ("の", 1.3, 1.4), ("バス\n", 1.5, 2.0), ("星", 3.0, 3.2))
    assert [text for _, text in outcome.timeline] == ["夜のバス", "星"]


def test_without_line_breaks_a_pause_begins_a_line() -> None:
    outcome = timeline(("One ", 1.0, 1.4), ("two ", 1.5, 2.0), ("three ", 4.0, 4.5), ("four ", 4.6, 5.0))
    assert [text for _, text in outcome.timeline] == ["One two", "three four"]


def test_no_sung_words_are_no_file() -> None:
    """An empty list means that no words were found (public client mameziane/aiponge)."""
    for outcome in (timeline(), timeline(("[Instrumental]\n", 0.0, 0.1))):
        assert (outcome.facts["lines"], outcome.texts, outcome.timeline) == (0, {}, ())
        assert outcome.facts["notice"]


def test_times_that_are_text_or_missing_or_turned_round_are_survived() -> None:
    outcome = timeline(
        {"word": "One ", "start_s": "1.5", "end_s": None},
        {"word": "lost ", "start_s": None, "end_s": 2.0},
        {"word": "two", "start_s": 2.0, "end_s": 1.0},
    )
    assert outcome.timeline == ((1.5, "One two"),)


def test_foreign_words_bring_no_control_characters_into_the_file() -> None:
    outcome = timeline(("One\x00\x1b[2J\u202e two" + "x" * 400, 1.0, 2.0))
    text = outcome.texts[".lrc"]
    assert all(c.isprintable() or c == "\n" for c in text)
    assert len(text) < 220


def test_a_long_song_keeps_counting_minutes() -> None:
    assert timeline(("late", 6001.0, 6002.0)).texts[".lrc"] == "[100:01.00]late\n"
