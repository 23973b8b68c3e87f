"""What the contract says about requests, answers and callbacks.

Where no docstring says otherwise, an expectation comes from the service's public pages: the document itself names them,
field by field, in `x-source`.
"""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songwright.server import contract
from songwright.server.contract import Problem

OPERATIONS = contract.operations()
WITH_BODY = [operation.id for operation in OPERATIONS.values() if operation.request_schema]

CLIP = "11111111-2222-4333-8444-555555555555"
SONG = {"custom_mode": True, "mv": "sonic-v6", "use_suno_cdn": False, "prompt": "[Verse]\nRain on the roof"}
GOOD: dict[str, dict[str, Any]] = {
    "create": SONG,
    "upload_extend": {**SONG, "url": "https://files.example/a.mp3", "continue_at": 0.1},
    "upload_cover": {**SONG, "url": "https://files.example/a.mp3"},
    "persona": {"name": "Alto", "clip_id": CLIP},
    "create_voice": {"audio_url": "https://files.example/voice.wav"},
    "sample": {**SONG, "sample_clip_id": CLIP, "chop_sample_start_s": 0, "chop_sample_end_s": 9},
    "mashup": {**SONG, "mashup_clip_ids": [CLIP, "other"]},
    "vox": {"clip_id": CLIP, "vocal_start_s": 1, "vocal_end_s": 30.9},
    "midi": {"clip_id": CLIP},
    "upsample_tags": {"tags": "pop"},
    "stems_full": {"clip_id": CLIP},
    "replace_section": {"clip_id": CLIP, "mv": "sonic-v6", "infill_start_s": 10, "infill_end_s": 20, "prompt": "la"},
    "upload": {"url": "https://files.example/a.mp3"},
    "download": {"clip_id": CLIP, "formats": ["wav"]},
    "lyrics": {"description": "a paper boat"},
    "producer_create": {"task_type": "create_music", "sound": "slow ska"},
    "producer_download": {"clip_id": CLIP, "format": "wav"},
    "nuro_create": {"type": "vocal", "lyrics": "la " * 150},
    "nuro_create_instrumental": {"type": "bgm", "version": "v2.0", "description": "calm morning", "duration": 60},
    "riffusion_create": {"custom_mode": True, "mv": "FUZZ-1.1", "make_instrumental": False},
}
LEFT_OUT: Any = object()
DONE = {
    "clip_id": CLIP,
    "state": "succeeded",
    "audio_url": "https://files.example/a.mp3",
    "duration": "142.36",
    "mv": "chirp-v6",
    **dict.fromkeys(("title", "tags", "lyrics", "created_at"), "as sent"),
    **dict.fromkeys(("image_url", "video_url", "gpt_description_prompt", "negative_tags")),
    **dict.fromkeys(("style_weight", "weirdness_constraint")),
}


def changed(operation: str, change: dict[str, Any]) -> dict[str, Any]:
    """The good body of the operation with some fields replaced, added or left out."""
    return {name: value for name, value in (GOOD[operation] | change).items() if value is not LEFT_OUT}


NEEDS_CLIP = "continue_clip_id is missing: this task_type works on an existing clip"
NO_DURATION = "duration is only taken by create, persona, extend and cover tasks"
DESCRIBED = {"custom_mode": False, "prompt": LEFT_OUT}
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("create", {"custom_mode": LEFT_OUT}, "custom_mode is missing"),
    ("create", {"mv": LEFT_OUT}, "mv is missing"),
    ("create", {"prompt": ""}, "prompt is empty"),
    ("create", {"title": "t" * 81}, "title is too long: 81 of 80 characters"),
    ("create", {"prompt": "p" * 5001}, "prompt is too long: 5001 of 5000 characters"),
    ("create", {"tags": "t" * 1001}, "tags is too long: 1001 of 1000 characters"),
    ("create", {"mv": "sonic-v4", "prompt": "p" * 3001}, "prompt is too long: 3001 of 3000 characters"),
    ("create", {"mv": "chirp-v3-5", "tags": "t" * 201}, "tags is too long: 201 of 200 characters"),
    ("create", {"mv": "sonic-v4", "vocal_gender": "f"}, "vocal_gender needs v4-5 or a newer model"),
    ("create", {"vocal_gender": "female"}, "vocal_gender must be one of: f, m"),
    ("create", {"style_weight": 1.01}, "style_weight must be at most 1"),
    ("create", {"weirdness_constraint": -0.01}, "weirdness_constraint must be at least 0"),
    ("create", {"audio_weight": "high"}, "audio_weight must be a number"),
    ("create", {"use_suno_cdn": "false"}, "use_suno_cdn must be true or false"),
    ("create", {"make_instrumental": 1}, "make_instrumental must be true or false"),
    ("create", {"custom_mode": "yes"}, "custom_mode must be true or false"),
    ("create", {"tags": ["folk"]}, "tags must be a text"),
    ("create", {"duration": 9}, "duration must be at least 10"),
    ("create", {"duration": 361}, "duration must be at most 360"),
    ("create", {"duration": 60.5}, "duration must be a whole number"),
    ("create", {"webhook_url": "http://hooks.example"}, "webhook_url must be an https address"),
    ("create", {"webhook_url": "https://a.example/" + "x" * 1007}, "webhook_url is too long: 1025 of 1024 characters"),
    (
        "create",
        {"prompt": LEFT_OUT},
        "prompt is missing: custom_mode true needs the lyrics, or make_instrumental true",
    ),
    ("create", DESCRIBED, "gpt_description_prompt is missing: custom_mode false needs a description"),
    (
        "create",
        {**DESCRIBED, "gpt_description_prompt": "d" * 401},
        "gpt_description_prompt is too long: 401 of 400 characters",
    ),
    (
        "create",
        {"task_type": "persona_music"},
        "persona_id is missing: persona_music needs a persona or voice",
    ),
    (
        "create",
        {"task_type": "extend_music", "continue_clip_id": CLIP},
        "continue_at is missing: an extension needs the second to continue at",
    ),
    (
        "create",
        {"task_type": "add_vocals", "continue_clip_id": CLIP, "prompt": LEFT_OUT},
        "prompt is missing: add_vocals needs the lyrics to sing",
    ),
    (
        "create",
        {"overpainting_start_s": 9, "overpainting_end_s": 9},
        "overpainting_end_s must be after overpainting_start_s",
    ),
    ("create", {"task_type": "cover_music"}, NEEDS_CLIP),
    ("create", {"task_type": "extend_upload_music", "continue_at": 0.1}, NEEDS_CLIP),
    ("create", {"task_type": "concat_music"}, NEEDS_CLIP),
    ("create", {"task_type": "remaster", "continue_clip_id": CLIP, "mv": LEFT_OUT}, "mv is missing"),
    ("create", {"task_type": "remaster", "continue_clip_id": CLIP, "duration": 60}, NO_DURATION),
    ("create", {"task_type": "concat_music", "continue_clip_id": CLIP, "duration": 60}, NO_DURATION),
    ("create", {"task_type": "add_vocals", "continue_clip_id": CLIP, "duration": 60}, NO_DURATION),
    ("upload_extend", {"continue_at": LEFT_OUT}, "continue_at is missing"),
    ("upload_extend", {"url": "file:///etc/passwd"}, "url must be a web address"),
    ("upload_cover", {"url": LEFT_OUT}, "url is missing"),
    ("persona", {"clip_id": LEFT_OUT}, "clip_id is missing: a persona is taken from a clip"),
    ("persona", {"name": "n" * 81}, "name is too long: 81 of 80 characters"),
    ("create_voice", {"audio_url": LEFT_OUT}, "audio_url is missing"),
    ("sample", {"url": "https://a.example"}, "sample_clip_id or url is needed, and not both"),
    ("sample", {"chop_sample_start_s": 9}, "chop_sample_end_s must be after chop_sample_start_s"),
    ("mashup", {"mashup_clip_ids": [CLIP]}, "mashup_clip_ids has too few items: 1 of at least 2"),
    ("mashup", {"mashup_clip_ids": [CLIP] * 3}, "mashup_clip_ids has too many items: 3 of at most 2"),
    ("mashup", {"tags": "t" * 201}, "tags is too long: 201 of 200 characters"),
    (
        "mashup",
        {**DESCRIBED, "gpt_description_prompt": "d" * 201},
        "gpt_description_prompt is too long: 201 of 200 characters",
    ),
    ("vox", {"vocal_end_s": 31}, "vocal_end_s must be less than 30 seconds after vocal_start_s"),
    ("vox", {"vocal_end_s": LEFT_OUT}, "vocal_end_s is missing: it goes with vocal_start_s"),
    ("midi", {"clip_id": 7}, "clip_id must be a text"),
    ("upsample_tags", {"tags": ""}, "tags is empty"),
    ("stems_full", {"clip_id": LEFT_OUT, "task_id": "t"}, "clip_id is missing"),
    ("replace_section", {"infill_end_s": 10}, "infill_end_s must be after infill_start_s"),
    ("upload", {"url": "my song.mp3"}, "url must be a web address"),
    ("download", {"formats": ["flac"]}, "formats[0] must be one of: mp3, m4a, wav"),
    ("download", {"formats": ["wav", "wav"]}, "formats must not name the same thing twice"),
    ("lyrics", {"description": "d" * 121}, "description is too long: 121 of 120 characters"),
    ("producer_create", {"sound": "", "lyrics": ""}, "sound or lyrics is needed"),
    ("producer_create", {"seed": "seven"}, "seed must be digits in a text"),
    (
        "producer_create",
        {"task_type": "music_variation"},
        "clip_id is missing: this task_type works on an existing clip",
    ),
    (
        "producer_create",
        {"task_type": "swap_music_sound", "clip_id": CLIP},
        "lyrics is missing: a swap needs sound and lyrics",
    ),
    ("producer_download", {"format": "m4a"}, "format must be one of: mp3, wav"),
    ("nuro_create", {"lyrics": "la"}, "lyrics is too short: 2 of at least 300 characters"),
    ("nuro_create", {"type": "music"}, "type must be one of: vocal, bgm"),
    ("nuro_create_instrumental", {"duration": 121}, "duration must be at most 120"),
    ("nuro_create_instrumental", {"version": "v1.0", "duration": 61}, "duration must be at most 60"),
    (
        "nuro_create_instrumental",
        {"segments": [{"name": "intro", "duration": 20}]},
        "the sum of duration must be at least 30",
    ),
    ("riffusion_create", {"make_instrumental": LEFT_OUT}, "make_instrumental is missing"),
    (
        "riffusion_create",
        {"task_type": "cover_music", "lyrics": "la", "sound": "surf"},
        NEEDS_CLIP,
    ),
]
RIGHT: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in GOOD),
    ("create", {"use_suno_cdn": LEFT_OUT}),
    ("create", {"reference_audio_url": "https://files.example/a.mp3"}),
    ("create", {"title": "ñ" * 80, "prompt": "雨" * 5000, "tags": "é" * 1000, "duration": 360}),
    ("create", {"mv": "sonic-v4", "prompt": "p" * 3000, "tags": "t" * 200}),
    ("create", {"mv": "chirp-v4-5", "vocal_gender": "m"}),
    ("create", {"make_instrumental": True, "prompt": LEFT_OUT}),
    ("create", {"make_instrumental": True, "prompt": ""}),
    ("create", {"task_type": "extend_upload_music", "continue_clip_id": CLIP, "continue_at": 0, "duration": 10}),
    ("sample", {"mv": "sonic-v4-5-all", "sample_clip_id": LEFT_OUT, "url": "https://files.example/hum.mp3"}),
    ("persona", {"clip_id": LEFT_OUT, "continue_clip_id": CLIP, "description": "warm"}),
    ("vox", {"vocal_start_s": LEFT_OUT, "vocal_end_s": LEFT_OUT}),
]


@pytest.mark.parametrize(("operation", "change", "message"), WRONG)
def test_a_wrong_body_is_refused_in_one_sentence(operation: str, change: dict[str, Any], message: str) -> None:
    assert [problem.message for problem in contract.check_request(operation, changed(operation, change))] == [message]


@pytest.mark.parametrize(("operation", "change"), RIGHT)
def test_a_right_body_has_no_problem(operation: str, change: dict[str, Any]) -> None:
    """Where sources disagree, what either of them sends is accepted; fields nobody knows are tolerated."""
    assert contract.check_request(operation, changed(operation, change)) == []


@pytest.mark.parametrize("model", ["sonic-v4-5-all", "sonic-v7", "suno-v5"])
def test_create_refuses_a_model_it_does_not_know_and_names_the_others(model: str) -> None:
    [problem] = contract.check_request("create", {**SONG, "mv": model})
    assert problem.field == "mv"
    assert problem.message.startswith("mv must be one of: sonic-v3-5,")


def test_a_problem_tells_field_rule_and_limit() -> None:
    assert contract.check_request("create", {**SONG, "title": "t" * 81}) == [
        Problem("title", "maxLength", "title is too long: 81 of 80 characters", 80)
    ]
    [problem] = contract.check_request("vox", {"clip_id": CLIP, "vocal_start_s": 0, "vocal_end_s": 31})
    assert (problem.field, problem.rule, problem.limit) == ("vocal_end_s", "x-window", 30)


@pytest.mark.parametrize("body", [[], "song", None, 7])
def test_a_body_that_is_no_object_is_told_so(body: object) -> None:
    assert contract.check_request("create", body) == [Problem("", "type", "the body must be an object")]


def test_problems_come_in_the_order_of_the_fields_whatever_the_order_of_the_body() -> None:
    body = {"webhook_url": "ftp://x", "duration": 1, "title": "t" * 90, "prompt": "", "custom_mode": True, "mv": "old"}
    there = contract.check_request("create", body)
    assert [problem.field for problem in there] == ["mv", "prompt", "title", "duration", "webhook_url"]
    assert contract.check_request("create", dict(reversed(body.items()))) == there


def test_no_problem_repeats_a_text_of_the_body() -> None:
    """Text from outside is data: it must not travel in our sentences."""
    secret = "a sentence that came from outside"
    body = dict.fromkeys([*OPERATIONS["create"].known_fields, secret], secret)
    assert contract.check_request("create", body)
    assert not any(secret in repr(problem) for problem in contract.check_request("create", body))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_any_body_at_all_gets_an_answer_and_twice_the_same(data: st.DataObject) -> None:
    operation = OPERATIONS[data.draw(st.sampled_from(WITH_BODY))]
    usual = st.sampled_from([value for body in GOOD.values() for value in body.values()])
    names = st.sampled_from(operation.known_fields or ("any",))
    body = data.draw(json_values | st.dictionaries(names, json_values | usual, max_size=12))
    problems = contract.check_request(operation.id, body)
    assert problems == contract.check_request(operation.id, body)
    assert all(problem.message and problem.rule for problem in problems)


def test_a_check_takes_less_than_a_millisecond_of_processor_time() -> None:
    """The sandbox checks every request of a load test; the best of five rounds, for busy machines."""
    body = {**SONG, "prompt": "p" * 3000, "title": "t" * 81, "duration": 5, "style_weight": 2, "tags": "folk, slow"}
    contract.check_request("create", body)

    def milliseconds() -> float:
        begun = time.process_time()
        for _ in range(100):
            contract.check_request("create", body)
        return (time.process_time() - begun) * 1000 / 100

    assert min(milliseconds() for _ in range(5)) < 1


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name not in WITH_BODY])
def test_a_call_without_a_body_has_nothing_to_check(operation: str) -> None:
    with pytest.raises(ValueError, match=f"{operation} takes no body"):
        contract.check_request(operation, {})


@pytest.mark.parametrize(
    ("operation", "status", "body"),
    [
        ("task", 200, {"data": [DONE]}),
        ("task", 200, {"code": 200, "message": "success", "data": [{**DONE, "duration": 142.36}]}),
        ("task", 200, {"data": [{"clip_id": CLIP, "state": "pending", "audio_url": None, "duration": None}]}),
        ("task", 200, {"data": [{"extended": DONE, "full": DONE}]}),
        ("task", 200, {"data": [{"replaced": DONE, "full": None}]}),
        ("task", 200, {"data": {"persona_id": "p-1"}}),
        ("task", 200, {"type": "not_ready"}),
        ("task", 202, {"type": "not_ready", "message": "task is not ready"}),
        ("task", 500, {"type": "api_error", "message": "upstream gave up", "already_refunded": True}),
        ("upload", 200, {"message": "success", "task_id": "t-1"}),
        ("upload_cover", 400, {"steps": {"upload": {"error": "not audio"}}}),
        ("mashup", 400, {"detail": "exactly two clips"}),
        ("create", 405, {"message": "method not allowed"}),
        ("nuro_create", 410, {"type": "endpoint_retired", "error": "retired"}),
    ],
)
def test_an_answer_in_any_documented_shape_has_no_problem(operation: str, status: int, body: object) -> None:
    assert contract.check_response(operation, status, body) == []


@pytest.mark.parametrize(
    ("operation", "status", "body", "message"),
    [
        ("task", 200, {"data": []}, "data has too few items: 0 of at least 1"),
        ("task", 200, {"data": [{**DONE, "duration": "2:22"}]}, "duration must be a decimal number"),
        ("task", 200, {"data": [{**DONE, "audio_url": None}]}, "data[0].audio_url must be a text"),
        ("task", 200, {"data": [{"full": None}]}, "a pair needs either extended or replaced"),
        ("task", 200, {"status": "done"}, "type is missing"),
        ("task", 201, {"data": [DONE]}, "task does not answer with status 201"),
        ("create", 200, {"code": 200, "message": "success"}, "task_id is missing"),
        ("create", 400, {"type": "bad_request"}, "an error must name its reason in detail, error, message or steps"),
        ("get_credits", 200, {"credits": 3}, "extra_credits is missing"),
        ("lyrics", 200, {"data": [{"title": "a", "lyrics": "b"}]}, "results is missing"),
        ("producer_task", 200, {"status": "SUCCESS", "data": []}, "data has too few items: 0 of at least 1"),
    ],
)
def test_an_answer_in_no_documented_shape_is_noticed(operation: str, status: int, body: object, message: str) -> None:
    assert [problem.message for problem in contract.check_response(operation, status, body)] == [message]


def test_a_callback_is_held_to_its_event_and_its_platform() -> None:
    done = {"task_id": "t-1", "event": "song.completed", "platform": "suno", "data": [DONE]}
    assert contract.check_webhook("song.completed", done) == []
    assert [problem.field for problem in contract.check_webhook("song.streaming", done)] == ["event"]
    assert [problem.field for problem in contract.check_webhook("song.completed", {**done, "data": []})] == ["data"]
    flat = {"task_id": "t-1", "event": "song.completed", "platform": "nuro", "audio_url": "https://files.example/a.wav"}
    assert contract.check_webhook("song.completed", flat) == []
    assert contract.check_webhook("song.completed", {**flat, "platform": "sonic"}) != []
    with pytest.raises(KeyError):
        contract.check_webhook("song.deleted", done)
