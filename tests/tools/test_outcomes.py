"""What an answer of the service means, in every documented shape and in those of another day."""

from __future__ import annotations

from typing import Any

import pytest
from declared import KINDS, WITHOUT_TASK, plain_arguments
from facts import SONG, place

from songwright.server.contract import check_response
from songwright.server.core.operation import Outcome

CLIP: dict[str, Any] = {"clip_id": SONG.clip_id}
WAV, M4A, MIDI = "https://files.example/3f.wav", "https://files.example/3f.m4a", "https://files.example/a1.mid"
ANSWERS: dict[str, dict[str, Any]] = {
    "upload_audio": {"code": 200, "clip_id": "clip-9", "message": "success"},
    "create_persona": {"code": 200, "persona_id": "persona-1", "message": "success"},
    "create_voice": {"code": 200, "data": {"persona_id": "voice-1", "name": "Voice 1"}, "message": "success"},
    "get_wav": {"message": "success", "data": {"wav_url": WAV}},
    "get_midi": {
        "code": 200,
        "message": "success",
        "data": {
            "midi_url": MIDI,
            "instruments": [{"name": "Bass", "notes": [{"pitch": 43, "start": 1.25, "end": 1.5, "velocity": 0.62}]}],
        },
    },
    "get_bpm": {"code": 200, "data": {"avg_bpm": 118.44, "max_bpm": 121.0, "min_bpm": 116.2}, "message": "success"},
    "get_vox": {
        "code": 200,
        "message": "success",
        "data": {
            "vox_audio_id": "vox-1",
            "status": "complete",
            "source_clip_id": SONG.clip_id,
            "vocal_start_s": 0,
            "vocal_end_s": 30,
            "wave_response": {},
        },
    },
    "get_lyrics_timeline": {
        "code": 200,
        "message": "success",
        "data": {
            "alignment": [{"word": "[Verse]\nStars ", "start_s": 12.1, "end_s": 12.6, "p_align": 0.97, "success": True}]
        },
    },
    "enhance_style": {"code": 200, "message": "success", "data": {"upsampled_tags": "bright synth-pop, handclaps"}},
    "download_clip": {
        "code": 200,
        "data": {
            "clip_id": SONG.clip_id,
            "files": [{"format": "wav", "file_url": WAV}, {"format": "m4a", "file_url": M4A}],
        },
        "message": "success",
    },
    "generate_lyrics": {
        "code": 200,
        "message": "success",
        "results": [
            {"title": "Paper Boats", "lyrics": "[Verse]\nFold the page"},
            {"title": "Low Tide", "lyrics": "[Verse]\nThe harbour sleeps"},
        ],
    },
}
"""Documented answers whose meaning is told below: docs.aimusicapi.ai and docs.musicapi.ai pages of each path."""
EMPTY: tuple[dict[str, Any], ...] = (
    {},
    {"code": 200},
    {"data": None},
    {"data": []},
    {"data": "soon"},
    {"results": [7, {}]},
    {"data": {"alignment": [None, {"word": 5}], "files": ["x"], "instruments": "none", "avg_bpm": True, "wav_url": 4}},
)


def understood(name: str, body: dict[str, Any]) -> Outcome:
    """The outcome; every fact must be a field of the published answer and of its type."""
    asked = {**plain_arguments(name), **({"formats": ["wav", "m4a"]} if "formats" in KINDS[name].model_fields else {})}
    made = place(name, **(asked | ({"clip_id": SONG.clip_id} if "clip_id" in asked else {}))).operation
    outcome = made.outcome(body)
    made.result.model_validate({"status": "done", **outcome.facts})
    return outcome


def test_the_answers_here_are_those_of_the_contract() -> None:
    for name, body in ANSWERS.items():
        op_id = KINDS[name].performs()[0] if name in WITHOUT_TASK else "task"
        assert check_response(op_id, 200, body) == [], name


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("create_persona", {"persona_id": "persona-1", "name": "Ana"}),
        ("create_voice", {"persona_id": "voice-1", "name": "Voice 1"}),
        ("get_midi", {"instruments": [{"name": "Bass", "notes": 1}]}),
        ("get_bpm", {"bpm": 118.4, "bpm_min": 116.2, "bpm_max": 121.0}),
        ("get_vox", {"vox_audio_id": "vox-1", "start_seconds": 0.0, "end_seconds": 30.0}),
        ("enhance_style", {"style": "bright synth-pop, handclaps"}),
    ],
)
def test_a_documented_answer_becomes_facts(name: str, facts: dict[str, Any]) -> None:
    assert understood(name, ANSWERS[name]).facts == facts


@pytest.mark.parametrize("name", ANSWERS)
def test_fields_nobody_knows_and_a_missing_code_change_nothing(name: str) -> None:
    """Live answers came without `code`; schemas of the service change without notice."""
    body = {key: value for key, value in ANSWERS[name].items() if key not in ("code", "message")}
    assert understood(name, {**body, "since": {"of": [1]}}) == understood(name, ANSWERS[name])


@pytest.mark.parametrize("name", [name for name, body in ANSWERS.items() if "data" in body])
def test_an_answer_that_is_not_wrapped_means_the_same(name: str) -> None:
    assert understood(name, ANSWERS[name]["data"]) == understood(name, ANSWERS[name])


@pytest.mark.parametrize("name", WITHOUT_TASK)
@pytest.mark.parametrize("body", EMPTY, ids=str)
def test_an_answer_without_what_matters_is_survived_and_said(name: str, body: dict[str, Any]) -> None:
    """Either it is asked for again, or a person is told that there is nothing."""
    outcome = understood(name, body)
    assert not outcome.ready or outcome.facts["notice"]
    assert (outcome.links, outcome.uploaded, outcome.timeline) == ((), (), ())


def test_numbers_that_come_as_text_are_numbers() -> None:
    """Lengths have come as decimal text since 2025; tempos may follow."""
    outcome = understood("get_bpm", {"data": {"avg_bpm": "118.4", "min_bpm": "116", "max_bpm": "nan"}})
    assert (outcome.facts, outcome.bpm) == ({"bpm": 118.4, "bpm_min": 116.0}, 118.4)


def test_a_tempo_goes_into_the_tags() -> None:
    assert understood("get_bpm", ANSWERS["get_bpm"]).bpm == 118.4
    assert understood("get_bpm", {"data": {"avg_bpm": 0}}).bpm is None


def test_an_upload_is_a_clip_of_the_persons_own() -> None:
    assert understood("upload_audio", ANSWERS["upload_audio"]) == Outcome(uploaded=("clip-9",))


def test_files_are_saved_beside_their_clip() -> None:
    def links(name: str) -> list[tuple[str, str, str]]:
        return [(link.clip_id, link.kind, link.url) for link in understood(name, ANSWERS[name]).links]

    assert links("get_wav") == [(SONG.clip_id, "wav", WAV)]
    assert links("get_midi") == [(SONG.clip_id, "midi", MIDI)]
    assert links("download_clip") == [(SONG.clip_id, "m4a", M4A), (SONG.clip_id, "wav", WAV)]


def test_midi_in_work_is_asked_for_again() -> None:
    """A sentence stands where the link will be, with code 200 (public client ropeadope62/tracksmartin)."""
    body = {"code": 200, "data": {"midi_url": "Failed to get midi, it is still generating"}}
    assert check_response("midi", 200, {**body, "message": "success"}) == []
    assert not understood("get_midi", body).ready


def test_a_download_in_work_is_asked_for_again() -> None:
    assert not understood("download_clip", {"type": "not_ready", "message": "copying"}).ready


def test_a_format_that_did_not_come_is_named() -> None:
    body = {"data": {"files": [{"format": "WAV", "file_url": WAV}, {"format": "m4a", "file_url": None}]}}
    outcome = understood("download_clip", body)
    assert ([link.kind for link in outcome.links], "m4a" in outcome.facts["notice"]) == (["wav"], True)


def test_only_formats_that_were_asked_for_are_saved() -> None:
    files = [{"format": "../../evil", "file_url": WAV}, {"format": "wav", "file_url": WAV}]
    assert [link.kind for link in understood("download_clip", {"data": {"files": files}}).links] == ["wav"]


def test_lyrics_are_returned_because_they_are_the_product() -> None:
    versions = understood("generate_lyrics", ANSWERS["generate_lyrics"]).facts["versions"]
    assert versions[0] == {"title": "Paper Boats", "lyrics": "[Verse]\nFold the page"}
    assert len(versions) == 2


def test_foreign_text_loses_control_characters_and_is_cut() -> None:
    body = {"results": [{"title": "A\x1b[31m\x00" * 100, "lyrics": "one\x00\r\ntwo\x1b[0m\u202e" + "x" * 6000}]}
    version = understood("generate_lyrics", body).facts["versions"][0]
    assert len(version["title"]) <= 80
    assert version["lyrics"].startswith("one\ntwo[0m")
    assert len(version["lyrics"]) <= 5000
    assert all(c.isprintable() or c == "\n" for c in version["title"] + version["lyrics"])


@pytest.mark.parametrize(
    ("clip", "part"),
    [
        ({"title": "Night Bus (Vocals)"}, "vocals"),
        ({"title": "Night Bus - Backing Vocals"}, "backing vocals"),
        ({"title": "Night Bus Drums"}, "drums"),
        ({"title": "Bass (Drums)"}, "drums"),
        ({"title": "The Synthesist - FX"}, "fx"),
        ({"title": "Night Bus [Theremin]"}, "theremin"),
        ({"title": "Night Bus – Hurdy-Gurdy"}, "hurdy-gurdy"),
        ({"title": "Bassoon"}, "part 3"),
        ({"title": "Night Bus"}, "part 3"),
        ({"title": None}, "part 3"),
        ({}, "part 3"),
        ({"title": "Night Bus", "stem_type": "backing_vocals"}, "backing vocals"),
    ],
)
def test_a_stem_is_called_by_its_part(clip: dict[str, Any], part: str) -> None:
    """The part's name stands after the song's in the title; one client also reads `stem_type`."""
    assert place("separate_stems", **CLIP).operation.part_of(clip, 2) == part


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        ("Vocals Drums", ["vocals", "drums"]),
        ("Vocals Drums Vocals Drums", ["set 1, vocals", "set 1, drums", "set 2, vocals", "set 2, drums"]),
        ("Vocals Vocals Drums Drums", ["set 1, vocals", "set 2, vocals", "set 1, drums", "set 2, drums"]),
        ("Vocals Drums Vocals", ["set 1, vocals", "set 1, drums", "set 2, vocals"]),
        ("Vocals Vocals Vocals", ["set 1, vocals", "set 2, vocals", "set 3, vocals"]),
    ],
)
def test_two_candidate_sets_of_stems_are_told_apart(names: str, parts: list[str]) -> None:
    """Whether they come one after the other or part by part."""
    operation = place("separate_stems", **CLIP, parts="full").operation
    items = [{"clip_id": str(n), "title": f"Night Bus - {name}"} for n, name in enumerate(names.split())]
    read = operation.reading({"code": 200, "data": items})
    assert [operation.part_of(item, index) for index, item in enumerate(read["data"])] == parts
    assert operation.reading({"data": None, "type": "not_ready"}) == {"data": None, "type": "not_ready"}


def test_other_clips_are_whole_songs() -> None:
    assert place("create_song", idea="x").operation.part_of({"title": "Night Bus (Vocals)"}, 0) is None
