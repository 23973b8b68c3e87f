"""What would certainly be refused is refused here, before anything leaves, naming the argument and its limit."""

from __future__ import annotations

from typing import Any

import pytest
from declared import BOUGHT, plain_arguments
from facts import LINK, OLD_UPLOAD, SONG, UPLOAD, place, refusal

from songwright import tools
from songwright.server.core.errors import ArgumentRefused
from songwright.server.protocol.tools_server import parse

WORDS: dict[str, Any] = {"lyrics": "la"}


@pytest.mark.parametrize(
    ("name", "arguments", "field", "words"),
    [
        ("extend_song", {"source": SONG.clip_id, "continue_at": 143, **WORDS}, "continue_at", "142.4"),
        ("extend_song", {"source": SONG.clip_id, "continue_at": 0, **WORDS}, "continue_at", "greater than 0"),
        (
            "replace_section",
            {"clip_id": SONG.clip_id, "start_seconds": 30, "end_seconds": 30, **WORDS},
            "end_seconds",
            "after",
        ),
        (
            "replace_section",
            {"clip_id": SONG.clip_id, "start_seconds": 30, "end_seconds": 150, **WORDS},
            "end_seconds",
            "142.4",
        ),
        (
            "replace_section",
            {"clip_id": SONG.clip_id, "start_seconds": -1, "end_seconds": 5, **WORDS},
            "start_seconds",
            "0",
        ),
        ("replace_section", {"clip_id": SONG.clip_id, "start_seconds": 1, **WORDS}, "end_seconds", "missing"),
        (
            "sample_song",
            {"source": SONG.clip_id, "start_seconds": 9, "end_seconds": 3, **WORDS},
            "end_seconds",
            "after",
        ),
        (
            "sample_song",
            {"source": SONG.clip_id, "start_seconds": 9, "end_seconds": 300, **WORDS},
            "end_seconds",
            "142.4",
        ),
        ("get_vox", {"clip_id": SONG.clip_id, "start_seconds": 0, "end_seconds": 31}, "end_seconds", "less than 30"),
        (
            "get_vox",
            {"clip_id": SONG.clip_id, "start_seconds": 4.5, "end_seconds": 34.5},
            "end_seconds",
            "less than 30",
        ),
        ("get_vox", {"clip_id": SONG.clip_id, "start_seconds": 3}, "end_seconds", "together"),
        ("get_vox", {"clip_id": SONG.clip_id, "end_seconds": 3}, "start_seconds", "together"),
        (
            "create_persona",
            {"name": "A", "clip_id": "c", "start_seconds": 0, "end_seconds": 31},
            "end_seconds",
            "30",
        ),
        ("create_persona", {"name": "A" * 80, "clip_id": "c"}, "name", "79"),
        ("create_persona", {"name": "A", "clip_id": "c", "describe": "x" * 200}, "describe", "199"),
        ("mashup_songs", {"clip_ids": ["a"], **WORDS}, "clip_ids", "2"),
        ("check_lyrics", {"names": ["Siobhan"], **WORDS}, "names", "how it sounds"),
        ("mashup_songs", {"clip_ids": ["a", "b", "c"], **WORDS}, "clip_ids", "2"),
        ("mashup_songs", {"clip_ids": ["a", "a"], **WORDS}, "clip_ids", "different"),
        ("add_vocals", {"clip_id": SONG.clip_id, **WORDS}, "clip_id", "upload_audio"),
        ("add_vocals", {"clip_id": OLD_UPLOAD.clip_id, **WORDS}, "clip_id", "24 hours"),
        (
            "add_vocals",
            {"clip_id": UPLOAD.clip_id, "start_seconds": 9, "end_seconds": 3, **WORDS},
            "end_seconds",
            "after",
        ),
        ("add_vocals", {"clip_id": UPLOAD.clip_id}, "lyrics", "missing"),
        ("add_vocals", {"clip_id": UPLOAD.clip_id, "lyrics": "x" * 3001, "model": "sonic-v4"}, "lyrics", "3000"),
        ("add_instrumental", {"clip_id": SONG.clip_id}, "clip_id", "upload_audio"),
        ("add_instrumental", {"clip_id": UPLOAD.clip_id, "vocal_gender": "female"}, "vocal_gender", "not an argument"),
        ("remaster_song", {"clip_id": UPLOAD.clip_id}, "clip_id", "cover_song"),
        ("remaster_song", {"clip_id": SONG.clip_id, "strength": "strong"}, "strength", "subtle"),
        ("separate_stems", {"clip_id": SONG.clip_id, "parts": "all"}, "parts", "full"),
        ("download_clip", {"clip_id": SONG.clip_id, "formats": []}, "formats", "1"),
        ("download_clip", {"clip_id": SONG.clip_id, "formats": ["flac"]}, "formats.0", "wav"),
        ("generate_lyrics", {"idea": "x" * 120}, "idea", "119"),
        ("enhance_style", {"style": "x" * 1001}, "style", "1000"),
        ("get_wav", {"clip_id": ""}, "clip_id", "missing"),
        ("get_wav", {"clip_id": "Night Bus"}, "clip_id", "titles"),
        ("get_wav", {"clip_id": "../../etc/passwd"}, "clip_id", "ids"),
        ("create_song", {"lyrics": "la", "tempo": 120}, "tempo", "not an argument"),
        (
            "replace_section",
            {
                "clip_id": "c",
                "start_seconds": 1,
                "end_seconds": 2,
                "lyrics": "a",
                "song_lyrics": "x" * 3001,
                "model": "sonic-v4",
            },
            "song_lyrics",
            "3000",
        ),
    ],
)
def test_a_wrong_argument_is_refused_by_name(name: str, arguments: dict[str, Any], field: str, words: str) -> None:
    refused = refusal(name, **arguments)
    assert refused.field == field
    assert words in str(refused)


@pytest.mark.parametrize("name", [name for name, kind in BOUGHT.items() if "source" in kind.model_fields])
@pytest.mark.parametrize(
    "source",
    [
        "http://files.example/demo.mp3",
        "ftp://files.example/demo.mp3",
        "file:///home/me/demo.mp3",
        "https://",
        "https://[broken/demo.mp3",
        "https://files.example/my demo.mp3",
        "http://localhost.evil.example/demo.mp3",
    ],
)
def test_only_https_links_that_can_be_read_are_passed_on(name: str, source: str) -> None:
    assert refusal(name, **{**plain_arguments(name), "source": source}).field == "source"


def test_the_sandbox_may_fetch_from_this_computer() -> None:
    for source in ("http://127.0.0.1:8000/demo.mp3", "http://localhost/demo.mp3", "http://[::1]:80/demo.mp3"):
        assert place("upload_audio", source=source).body == {"url": source}


@pytest.mark.parametrize("source", ["demo.mp3", "Night Bus (take 1).mp3", "C:\\Music\\demo.wav", "~/Music/demo.mp3"])
def test_a_file_of_this_computer_cannot_be_uploaded_and_the_way_out_is_named(source: str) -> None:
    refused = refusal("upload_audio", source=source)
    assert refused.field == "source"
    assert "public https address" in str(refused)
    assert "https" in str(refusal("extend_song", source=source, **WORDS))


def test_what_the_journal_does_not_know_is_left_to_the_service() -> None:
    for name, arguments in (
        ("add_vocals", WORDS),
        ("add_instrumental", {}),
        ("remaster_song", {}),
        ("replace_section", {"start_seconds": 1, "end_seconds": 900, **WORDS}),
    ):
        assert place(name, clip_id="made-elsewhere", **arguments).price == 10


def test_a_recording_is_young_enough_for_a_whole_day() -> None:
    assert place("add_vocals", clip_id=UPLOAD.clip_id, **WORDS).body["continue_clip_id"] == UPLOAD.clip_id
    assert place("extend_song", source=LINK, **WORDS).body["url"] == LINK


def _parsed(name: str, arguments: dict[str, Any]) -> object:
    try:
        return parse(tools.load(name), arguments)
    except ArgumentRefused as refused:
        return str(refused)


@pytest.mark.parametrize("blank", ["", "  ", "\n\t", "\u200b \u00a0"])
@pytest.mark.parametrize("name", tools.names())
def test_a_text_that_shows_nothing_is_an_argument_left_out(name: str, blank: str) -> None:
    texts = [field for field, info in tools.load(name).model_fields.items() if "str" in str(info.annotation)]
    for field in texts:
        assert _parsed(name, {field: blank}) == _parsed(name, {}), field


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("create_song", {"idea": " "}, "Give lyrics, or an idea"),
        ("create_song", {"lyrics": "\n", "instrumental": True}, "needs a style or an idea"),
        ("extend_song", {"source": "  ", **WORDS}, "source is missing"),
        ("create_persona", {"clip_id": SONG.clip_id, "name": " "}, "name is missing"),
        ("replace_section", {"clip_id": SONG.clip_id, "start_seconds": 1, "end_seconds": 9, "lyrics": " "}, "missing"),
        ("riffusion_cover_song", {"clip_id": UPLOAD.clip_id, "style": "surf", "lyrics": " "}, "lyrics is needed"),
    ],
)
def test_a_blank_is_not_sent_but_refused_like_nothing(name: str, arguments: dict[str, Any], words: str) -> None:
    assert words in str(refusal(name, **arguments))
