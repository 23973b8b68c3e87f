"""What others wrote may be anything, and none of it gets further than where it is read."""

from __future__ import annotations

import pytest

from songwright.server.core.foreign import json_object, link_of, number, one_line, verse


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[1]", b"7", b"null", b'"{}"', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_nothing(raw: bytes) -> None:
    assert json_object(raw) is None


def test_a_json_object_is_read_from_text_and_from_bytes() -> None:
    assert json_object('{"title": "Lucía"}') == json_object('{"title": "Lucía"}'.encode()) == {"title": "Lucía"}


def test_a_text_is_shown_on_one_line_without_what_moves_a_cursor() -> None:
    assert one_line(" Rain\x1b[2J\n\u202eon\tthe\u200b roof ", 80) == "Rain[2J on the roof"
    assert one_line("Lucía 子守唄", 80) == "Lucía 子守唄"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("श्री क्\u200dष", "श्री क्\u200dष"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("\u2764\ufe0f\u200d\U0001f525", "\u2764\ufe0f\u200d\U0001f525"),
        ("می\u200c\u200d\u200cخواهم", "می\u200cخواهم"),
        ("Ra\u200din\u200c \u200dSea\u200d\u200c", "Rain Sea"),
        ("\u200c\u200d\u200c", ""),
    ],
)
def test_joiners_stay_where_they_join_and_can_hide_nothing_elsewhere(text: str, kept: str) -> None:
    assert one_line(text, 80) == verse(text, 80).strip() == kept


def test_a_long_text_is_cut_to_its_limit_with_a_sign() -> None:
    assert one_line("one two three", 5) == "one…"
    assert one_line("one two three", 6) == "one t…"
    assert one_line("one two", 7) == "one two"


def test_lyrics_keep_their_lines() -> None:
    assert verse("[Verse]\r\nRain\x07\n\n[Chorus]", 80) == "[Verse]\nRain\n\n[Chorus]"


@pytest.mark.parametrize("value", [None, 7, True, ["Rain"], {"text": "Rain"}])
def test_what_is_no_text_is_empty(value: object) -> None:
    assert (one_line(value, 80), verse(value, 80), link_of(value)) == ("", "", None)


@pytest.mark.parametrize(("value", "read"), [(3, 3.0), ("179.96", 179.96), (" 2 ", 2.0)])
def test_a_number_may_come_as_text(value: object, read: float) -> None:
    assert number(value) == read


@pytest.mark.parametrize("value", [None, True, "", "long", "nan", "inf", [], 10**400])
def test_what_is_no_finite_number_is_none(value: object) -> None:
    assert number(value) is None


def test_only_a_web_address_is_a_link() -> None:
    assert link_of("https://files.example/a.mp3") == "https://files.example/a.mp3"
    assert link_of("file:///etc/passwd") is None
    assert link_of("not ready yet") is None
