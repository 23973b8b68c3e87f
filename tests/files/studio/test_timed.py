"""Timed lyrics are read by other programs as what was sung, when it was sung, whatever the words are."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from itertools import pairwise

import lemony_lrc_parser
import lrcparser
import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songwright.server.core.sung import SungLine, SungWord
from songwright.server.files.studio.timed import texts, tidy

SECONDS = 80.0


def line(start: float, *words: tuple[str, float, float], section: str | None = None, place: int = 0) -> SungLine:
    sung = tuple(SungWord(*word) for word in words)
    return SungLine("".join(word.text for word in sung).strip(), start, sung[-1].end, section, place, sung)


SONG = [
    line(12.1, ("Stars ", 12.1, 12.6), ("over ", 12.7, 13.0), ("town", 13.1, 14.0), section="Verse 1", place=1),
    line(15.0, ("Stay ", 15.0, 15.2), ("up", 15.3, 16.0), section="Verse 1", place=1),
    line(61.239, ("Oh ", 61.239, 62.0), ("night", 62.5, 63.0), section="Chorus", place=2),
    line(64.0, ("Again", 64.0, 65.0), section="Chorus", place=3),
]
FILES = texts(SONG, title="Stars", artist="Songwright", seconds=SECONDS)


def test_lrc_has_its_heads_every_words_moment_empty_lines_in_breaks_and_section_marks() -> None:
    assert FILES[".lrc"].splitlines() == [
        "[ti:Stars]",
        "[ar:Songwright]",
        "[length:01:20]",
        "[section:Verse 1]",
        "[00:12.10]<00:12.10>Stars <00:12.70>over <00:13.10>town<00:14.00>",
        "[00:15.00]<00:15.00>Stay <00:15.30>up<00:16.00>",
        "[00:16.00]",
        "[section:Chorus]",
        "[01:01.24]<01:01.24>Oh <01:02.50>night<01:03.00>",
        "[section:Chorus]",
        "[01:04.00]Again",
        "[01:05.00]",
    ]


def test_lrc_keeps_counting_minutes_in_a_long_song() -> None:
    assert "[100:01.00]late\n" in texts([line(6001.0, ("late", 6001.0, 6002.0))])[".lrc"]


def test_vtt_shows_each_word_from_its_moment_on_and_lists_the_sections() -> None:
    head, note, *cues = FILES[".vtt"].rstrip("\n").split("\n\n")
    assert (head, note) == (
        "WEBVTT",
        "NOTE Sections\n00:00:12.100 Verse 1\n00:01:01.239 Chorus\n00:01:04.000 Chorus",
    )
    assert cues[1] == "00:00:15.000 --> 00:00:16.000\nStay <00:00:15.300>up"
    assert cues[2] == "00:01:01.239 --> 00:01:03.000\nOh <00:01:02.500>night"


def test_ass_lights_up_the_words_in_turn_and_marks_the_sections() -> None:
    read = pysubs2.SSAFile.from_string(FILES[".ass"], format_="ass")
    assert [event.text for event in read if event.is_comment] == ["Verse 1", "Chorus", "Chorus"]
    sung = [event for event in read if not event.is_comment]
    assert sung[0].text == r"{\k60}Stars {\k40}over {\k90}town"
    for event in sung:
        assert sum(map(int, re.findall(r"\\k(\d+)", event.text))) * 10 == event.duration
    assert read.info["Title"] == "Stars"


@pytest.mark.parametrize("ending", [".srt", ".vtt", ".ass"])
def test_pysubs2_reads_every_line_at_its_time(ending: str) -> None:
    read = pysubs2.SSAFile.from_string(FILES[ending], format_=ending[1:])
    sung = [event for event in read if not event.is_comment]
    plain = [re.sub(r"<[\d:.]+>", "", event.plaintext) for event in sung]
    assert plain == [line.text for line in SONG]
    assert [event.start for event in sung] == pytest.approx([line.start * 1000 for line in SONG], abs=5.1)
    assert [event.end for event in sung] == pytest.approx([line.end * 1000 for line in SONG], abs=5.1)


def test_two_readers_of_lrc_find_heads_lines_and_words() -> None:
    one = lrcparser.LrcParser.parse(FILES[".lrc"])
    assert one["attributes"] | {"section": ""} == {"ti": "Stars", "ar": "Songwright", "length": "01:20", "section": ""}
    words = [(float(piece.time), piece.text.strip()) for piece in one["lrc_lines"][0].text]
    assert words == [(12.1, "Stars"), (12.7, "over"), (13.1, "town"), (14.0, "")]
    two, report = lemony_lrc_parser.parse_with_report(FILES[".lrc"])
    assert dict(two.metadata) | {"section": ""} == {"ti": "Stars", "ar": "Songwright", "length": "01:20", "section": ""}
    tokens = [(token.start, token.end, token.content.strip()) for token in two[0].content]
    assert tokens == [(12100, 12700, "Stars"), (12700, 13100, "over"), (13100, 14000, "town")]
    assert not report.events, report


def test_an_instrumental_has_no_files() -> None:
    assert texts([], seconds=10.0) == {}
    assert texts([line(1.0, ("\u202e \x00", 1.0, 2.0))]) == {}


def test_words_that_come_out_of_order_are_put_in_order() -> None:
    one, two, three = tidy(
        [
            line(5.0, ("one ", 5.0, 5.0), ("two ", 4.0, 4.5), ("three", 9.0, 9.5)),
            line(4.0, ("early", 4.0, 30.0)),
            line(79.99, ("late", 79.99, 95.0)),
        ],
        SECONDS,
    )
    assert (one.text, one.start, one.end) == ("early", 4.0, 5.0)
    assert [word.start for word in two.words] == [5.0, 5.0, 9.0]
    assert (three.start, three.end) == (79.9, 80.0)


def test_joiners_stay_in_words_and_what_steers_direction_goes() -> None:
    (sung,) = tidy([line(1.0, ("می\u200cروم ", 1.0, 1.5), ("\u202eخانه", 1.5, 2.0))])
    assert sung.text == "می\u200cروم خانه"


HOSTILE = st.one_of(
    st.sampled_from(
        [
            r"{\k99}", r"{\an8\pos(0,0)}", r"\N", r"\h", "{", "}", "-->", "00:00:01,000 --> 00:00:09,000", "<b>",
            "</c>", "<v Bob>", "<00:01.00>", "[00:01.00]", "[ti:x]", "[", "]", "&lt;", "&amp;", "7", "12:30", "\n\n",
            "\r\n2\n", "\u2028", "WEBVTT", "NOTE", "Dialogue: 0,", ",", ";", "STYLE", "שלום", "مرحبا", "می\u200cروم",
            "夜のバス", "사랑", "🏳️\u200d🌈", "é", "#", "|", "I <3 you", "x > y",
        ]
    ),
    st.text(max_size=8),
)  # fmt: skip
WORDS = st.lists(HOSTILE, min_size=1, max_size=5).map(lambda words: [f"{word} " for word in words])


def folded(text: str) -> str:
    """The same whichever width its characters have."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


@settings(deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=4), HOSTILE)
def test_hostile_words_come_back_as_words(song: list[list[str]], title: str) -> None:
    """Braces of ASS, arrows of WebVTT, brackets of LRC, new lines, any script: nothing in a lyric steers a reader."""
    lines = [
        line(5.0 * at + 1, *[(word, 5.0 * at + 1 + n / 2, 5.0 * at + 1.4 + n / 2) for n, word in enumerate(words)])
        for at, words in enumerate(song)
    ]
    sung = tidy(lines, 30.0)
    files = texts(lines, title=title, artist="a", seconds=30.0)
    if not sung:
        assert files == {}
        return
    expected = [(round(one.start * 1000), folded(one.text)) for one in sung]
    for ending in (".srt", ".vtt", ".ass"):
        read = pysubs2.SSAFile.from_string(files[ending], format_=ending[1:])
        found = [(event.start, event.plaintext) for event in read if not event.is_comment]
        if ending == ".vtt":
            found = [(start, unescape(re.sub(r"<[\d:.]+>", "", text))) for start, text in found]
        assert [(start, folded(text)) for start, text in found] == expected, files[ending]
    one = lrcparser.LrcParser.parse(files[".lrc"])
    rows = [(float(row.start_time), "".join(piece.text for piece in row.text)) for row in one["lrc_lines"]]
    assert [(round(start * 1000), folded(text)) for start, text in rows if text.strip()] == expected, files[".lrc"]
    two = lemony_lrc_parser.loads(files[".lrc"])
    tokens = [(row.start, "".join(token.content for token in row.content)) for row in two]
    assert [(start, folded(text)) for start, text in tokens if text.strip()] == expected, files[".lrc"]


MOMENTS = st.floats(-5, 200, allow_nan=False)


@settings(deadline=None)
@given(st.lists(st.lists(st.tuples(MOMENTS, MOMENTS), min_size=1, max_size=4), min_size=1, max_size=6))
def test_times_grow_and_stay_inside_line_and_song(song: list[list[tuple[float, float]]]) -> None:
    lines = [line(words[0][0], *[("la ", start, end) for start, end in words]) for words in song]
    sung = tidy(lines, 100.0)
    assert [one.start for one in sung] == sorted(one.start for one in sung)
    for one in sung:
        assert 0 <= one.start < one.end <= 100
        assert one.words[0].start == one.start
        assert all(a.start <= a.end <= b.start for a, b in pairwise(one.words))
        assert one.words[-1].start <= one.words[-1].end <= one.end
