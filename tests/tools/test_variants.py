"""What leaves for the service: the variant that fits the source, and the bodies of everything that is no plain song."""

from __future__ import annotations

from typing import Any

import pytest
from declared import BOUGHT, SPENDING, plain_arguments
from facts import LINK, OTHER, SONG, UPLOAD, place, refusal

from songwright.server.core.operation import Purchase

LYRICS = "[Bridge]\nAnd then the lights"


def test_a_song_goes_on_from_its_end_unless_told_otherwise() -> None:
    body = place("extend_song", source=SONG.clip_id, lyrics=LYRICS).body
    assert (body["task_type"], body["continue_clip_id"], body["continue_at"]) == ("extend_music", SONG.clip_id, 142.36)
    assert place("extend_song", source=SONG.clip_id, lyrics=LYRICS, continue_at=60).body["continue_at"] == 60


def test_a_moment_that_was_rounded_up_is_put_at_the_end_of_the_clip() -> None:
    """Results show lengths rounded to a tenth: 142.36 reads as 142.4."""
    assert place("extend_song", source=SONG.clip_id, lyrics=LYRICS, continue_at=142.4).body["continue_at"] == 142.36


def test_an_upload_goes_on_from_its_beginning_in_the_variant_for_uploads() -> None:
    """0.1 s is what the service advises for uploads (docs.aimusicapi.ai special-scenarios)."""
    body = place("extend_song", source=UPLOAD.clip_id, lyrics=LYRICS).body
    assert (body["task_type"], body["continue_at"]) == ("extend_upload_music", 0.1)
    assert place("cover_song", source=UPLOAD.clip_id, lyrics=LYRICS).body["task_type"] == "cover_upload_music"
    assert place("cover_song", source=SONG.clip_id, lyrics=LYRICS).body["task_type"] == "cover_music"


def test_a_clip_made_elsewhere_is_taken_for_a_song_until_somebody_says_otherwise() -> None:
    assert refusal("extend_song", source="elsewhere", lyrics=LYRICS).field == "continue_at"
    plain = place("extend_song", source="elsewhere", lyrics=LYRICS, continue_at=30).body
    assert plain["task_type"] == "extend_music"
    told = place("extend_song", source="elsewhere", lyrics=LYRICS, source_uploaded=True).body
    assert (told["task_type"], told["continue_at"]) == ("extend_upload_music", 0.1)
    assert (
        place("cover_song", source="elsewhere", lyrics=LYRICS, source_uploaded=True).body["task_type"]
        == "cover_upload_music"
    )
    assert (
        place("cover_song", source=UPLOAD.clip_id, lyrics=LYRICS, source_uploaded=False).body["task_type"]
        == "cover_music"
    )


def test_a_link_is_uploaded_and_extended_or_covered_in_one_call() -> None:
    extended = place("extend_song", source=LINK, lyrics=LYRICS, whole_song=True)
    assert extended.path == "/api/v1/sonic/upload-extend"
    assert (extended.body["url"], extended.body["continue_at"], extended.body["auto_concat"]) == (LINK, 0.1, True)
    assert "auto_concat" not in place("extend_song", source=LINK, lyrics=LYRICS).body
    covered = place("cover_song", source=LINK, lyrics=LYRICS, closeness=0.4)
    assert (covered.path, covered.body["url"]) == ("/api/v1/sonic/upload-cover", LINK)


@pytest.mark.parametrize("name", [name for name, kind in BOUGHT.items() if "source" in kind.model_fields])
def test_calls_in_which_the_service_fetches_a_recording_may_take_two_minutes(name: str) -> None:
    """The upload happens inside the request, 20 to 60 s; less patience only makes doubt (upload-cover page)."""
    assert BOUGHT[name].timeout == 120


def test_a_whole_song_of_a_clip_is_joined_by_an_order_for_each_take() -> None:
    operation = place("extend_song", source=SONG.clip_id, lyrics=LYRICS, whole_song=True).operation
    joins = operation.follow_ups(["take-1", "take-2"])
    assert [(join.tool_name(), join.arguments()) for join in joins] == [
        ("concat_song", {"clip_id": "take-1"}),
        ("concat_song", {"clip_id": "take-2"}),
    ]
    assert place("extend_song", source=SONG.clip_id, lyrics=LYRICS).operation.follow_ups(["take-1"]) == ()
    by_link = place("extend_song", source=LINK, lyrics=LYRICS, whole_song=True).operation
    assert by_link.follow_ups(["take-1"]) == ()


def test_joining_names_the_extension_alone() -> None:
    body = place("concat_song", clip_id="extension-1").body
    assert body == {"task_type": "concat_music", "continue_clip_id": "extension-1", "use_suno_cdn": False}


def test_the_cdn_switch_is_sent_with_every_task_of_the_create_path() -> None:
    """A client met a 400 without it since 2026-09; the create page calls it required."""
    placed = [
        place("create_song", lyrics=LYRICS),
        place("extend_song", source=SONG.clip_id, lyrics=LYRICS),
        place("remaster_song", clip_id=SONG.clip_id),
        place("add_vocals", clip_id=UPLOAD.clip_id, lyrics=LYRICS),
    ]
    assert [order.body["use_suno_cdn"] for order in placed] == [False] * 4


def test_a_remaster_says_how_much_may_change() -> None:
    body = place("remaster_song", clip_id=SONG.clip_id).body
    assert (body["task_type"], body["variation_category"], body["mv"]) == ("remaster", "normal", "sonic-v6")
    changed = place("remaster_song", clip_id=SONG.clip_id, strength="high", model="sonic-v5").body
    assert (changed["variation_category"], changed["mv"]) == ("high", "sonic-v5")


def test_a_section_is_replaced_within_the_words_of_its_song() -> None:
    order = place("replace_section", clip_id=SONG.clip_id, start_seconds=42, end_seconds=58.5, lyrics="Stay")
    body = order.body
    assert (body["infill_start_s"], body["infill_end_s"], body["infill_lyrics"]) == (42, 58.5, "Stay")
    assert (body["prompt"], body["auto_concat"]) == (SONG.lyrics, True)


def test_the_words_around_a_section_can_be_given_and_stand_in_for_unknown_ones() -> None:
    stretch: dict[str, Any] = {"start_seconds": 42, "end_seconds": 58, "lyrics": "Stay"}
    assert (
        place("replace_section", clip_id=SONG.clip_id, song_lyrics="[Chorus]\nGo", **stretch).body["prompt"]
        == "[Chorus]\nGo"
    )
    assert place("replace_section", clip_id="elsewhere", **stretch).body["prompt"] == "Stay"


def test_the_new_stretch_alone_can_be_had() -> None:
    order = place("replace_section", clip_id=SONG.clip_id, start_seconds=4, end_seconds=8, lyrics="a", whole_song=False)
    assert "auto_concat" not in order.body


def test_a_stretch_is_sampled_from_a_clip_or_a_link() -> None:
    stretch: dict[str, Any] = {"start_seconds": 12, "end_seconds": 30, "lyrics": LYRICS}
    by_clip = place("sample_song", source=SONG.clip_id, **stretch).body
    assert (by_clip["sample_clip_id"], by_clip["chop_sample_start_s"], by_clip["chop_sample_end_s"]) == (
        SONG.clip_id,
        12,
        30,
    )
    by_link = place("sample_song", source=LINK, **stretch).body
    assert (by_link["url"], "sample_clip_id" in by_link) == (LINK, False)


def test_a_mashup_names_both_clips() -> None:
    body = place("mashup_songs", clip_ids=[SONG.clip_id, OTHER.clip_id], instrumental=True, style="dub").body
    assert body["mashup_clip_ids"] == [SONG.clip_id, OTHER.clip_id]


def test_vocals_are_added_where_they_should_sound() -> None:
    body = place("add_vocals", clip_id=UPLOAD.clip_id, lyrics=LYRICS, start_seconds=0, end_seconds=60).body
    assert (body["task_type"], body["custom_mode"], body["prompt"]) == ("add_vocals", True, LYRICS)
    assert (body["overpainting_start_s"], body["overpainting_end_s"]) == (0, 60)


def test_a_band_is_added_in_a_style() -> None:
    body = place("add_instrumental", clip_id=UPLOAD.clip_id, style="strings", closeness=0.5, title="With strings").body
    assert (body["task_type"], body["custom_mode"], body["tags"]) == ("add_instrumental", True, "strings")
    assert (body["audio_weight"], body["title"], "prompt" in body) == (0.5, "With strings", False)


def test_a_persona_is_made_of_a_clip_and_may_name_the_stretch_with_the_voice() -> None:
    plain = place("create_persona", name="Ana", clip_id=SONG.clip_id).body
    assert plain == {"name": "Ana", "clip_id": SONG.clip_id}
    full = place(
        "create_persona", name="Ana", clip_id=UPLOAD.clip_id, describe="warm alto", style="folk",
        vox_audio_id="vox-1", start_seconds=10, end_seconds=38,
    ).body  # fmt: skip
    assert (full["describe"], full["styles"], full["vox_audio_id"]) == ("warm alto", "folk", "vox-1")
    assert (full["vocal_start_s"], full["vocal_end_s"]) == (10, 38)


def test_a_voice_is_made_of_a_recording() -> None:
    assert place("create_voice", source=LINK).body == {"audio_url": LINK}


def test_an_upload_names_the_link_and_nothing_to_call_back() -> None:
    assert place("upload_audio", source=LINK).body == {"url": LINK}


def test_stems_have_two_paths() -> None:
    assert place("separate_stems", clip_id=SONG.clip_id).path == "/api/v1/sonic/stems/basic"
    assert place("separate_stems", clip_id=SONG.clip_id, parts="full").path == "/api/v1/sonic/stems/full"


@pytest.mark.parametrize(
    "name", [name for name in SPENDING if list(plain_arguments(name)) == ["clip_id"] and BOUGHT[name].keeps]
)
def test_what_is_had_of_a_clip_takes_its_id(name: str) -> None:
    placed = place(name, clip_id=SONG.clip_id)
    assert placed.body == {"clip_id": SONG.clip_id}
    assert (placed.operation.clip_of, placed.operation.keeps) == (SONG.clip_id, True)


def test_a_voice_is_taken_out_of_a_stretch() -> None:
    body = place("get_vox", clip_id=SONG.clip_id, start_seconds=4.5, end_seconds=34.4).body
    assert (body["vocal_start_s"], body["vocal_end_s"]) == (4.5, 34.4)


def test_the_same_formats_in_another_order_are_the_same_purchase() -> None:
    one = place("download_clip", clip_id=SONG.clip_id, formats=["wav", "m4a"])
    two = place("download_clip", clip_id=SONG.clip_id, formats=["m4a", "wav", "m4a"])
    assert one.body["formats"] == two.body["formats"] == ["m4a", "wav"]
    assert one.operation.identity() == two.operation.identity()


def test_texts_are_asked_for_by_a_style_and_by_an_idea() -> None:
    assert place("enhance_style", style="pop, happy").body == {"tags": "pop, happy"}
    assert place("generate_lyrics", idea="a paper boat").body == {"description": "a paper boat"}


@pytest.mark.parametrize(
    ("order", "sources"),
    [
        (place("extend_song", source=SONG.clip_id, lyrics=LYRICS), {"extends": (SONG.clip_id,)}),
        (place("extend_song", source=LINK, lyrics=LYRICS), {}),
        (place("cover_song", source=SONG.clip_id), {"covers": (SONG.clip_id,)}),
        (place("concat_song", clip_id="e-1"), {"joins": ("e-1",)}),
        (
            place("sample_song", source=SONG.clip_id, start_seconds=1, end_seconds=9, idea="x"),
            {"samples": (SONG.clip_id,)},
        ),
        (place("sample_song", source=LINK, start_seconds=1, end_seconds=9, idea="x"), {}),
        (
            place("mashup_songs", clip_ids=[SONG.clip_id, OTHER.clip_id], idea="x"),
            {"mixes": (SONG.clip_id, OTHER.clip_id)},
        ),
        (place("remaster_song", clip_id=SONG.clip_id), {"remasters": (SONG.clip_id,)}),
        (
            place("replace_section", clip_id=SONG.clip_id, start_seconds=1, end_seconds=9, lyrics="x"),
            {"replaces part of": (SONG.clip_id,)},
        ),
        (place("add_vocals", clip_id=UPLOAD.clip_id, lyrics="x"), {"adds to": (UPLOAD.clip_id,)}),
        (place("add_instrumental", clip_id=UPLOAD.clip_id), {"adds to": (UPLOAD.clip_id,)}),
        (place("separate_stems", clip_id=SONG.clip_id), {"stem of": (SONG.clip_id,)}),
    ],
    ids=lambda value: value.operation.tool_name() if hasattr(value, "operation") else "",
)
def test_what_is_made_remembers_what_it_was_made_of(order: object, sources: dict[str, tuple[str, ...]]) -> None:
    operation: Purchase = order.operation  # type: ignore[attr-defined]
    assert dict(operation.sources()) == sources


@pytest.mark.parametrize(
    ("name", "arguments", "subject"),
    [
        ("create_song", {"lyrics": "[Verse]\nRain on the roof\nagain"}, "Rain on the roof"),
        ("create_song", {"lyrics": "x", "title": "Tin Roof"}, "Tin Roof"),
        ("create_song", {"idea": "snow"}, "snow"),
        ("cover_song", {"source": SONG.clip_id, "style": "bossa nova"}, "bossa nova"),
        ("extend_song", {"source": SONG.clip_id, "instrumental": True}, "Extend song"),
        ("upload_audio", {"source": "https://files.example/a/My%20demo.mp3?sig=1"}, "My demo.mp3"),
        ("create_persona", {"name": "Ana", "clip_id": "c"}, "persona Ana"),
        ("get_bpm", {"clip_id": "c-1"}, "tempo of clip c-1"),
        ("download_clip", {"clip_id": "c-1", "formats": ["wav"]}, "wav files of clip c-1"),
        ("enhance_style", {"style": "pop"}, "pop"),
    ],
)
def test_an_order_has_a_short_name(name: str, arguments: dict[str, Any], subject: str) -> None:
    operation = place(name, **arguments).operation
    assert operation.subject() == subject
    assert subject in operation.search_words()
