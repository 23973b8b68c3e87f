"""The families beside sonic: what leaves for the service, what answers mean, and that nothing of them is missing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from declared import BOUGHT, LINK, ordered, plain, plain_arguments, shown
from facts import KnownFacts, place, refusal

from songwright import tools
from songwright.server import contract
from songwright.server.core.operation import Family, KnownClip
from songwright.server.protocol import schema
from songwright.server.protocol.tools_server import parse
from songwright.server.service.catalogue import Catalogue
from songwright.server.service.clips import TaskReport
from songwright.tools.nuro import words

NAMES = [name for name, kind in BOUGHT.items() if kind.family is not Family.SONIC]
BRANDS = ("aimusicapi", "musicapi", "sunoapi")
WORDS = "[Verse]\nrain on tin"
LYRICS = "[verse]\n" + "the lanterns float along the river\n" * 10
SONG = KnownClip("p-1", "Tin Roof", 171.25, lyrics=WORDS, style="dub", family="producer")
BROUGHT = KnownClip("p-2", "demo.mp3", None, uploaded=True, family="producer")
OLD = KnownClip("r-1", "Pier", 201.4, lyrics=WORDS, family="riffusion")
OLD_BROUGHT = KnownClip("r-2", "demo.mp3", None, uploaded=True, family="riffusion")
FOREIGN = KnownClip("s-1", "Night Bus", 142.36, family="sonic")
WINDOW: dict[str, Any] = {"clip_id": "r-1", "style": "surf", "lyrics": WORDS, "start_seconds": 42, "end_seconds": 58.5}
STRENGTHS: dict[str, Any] = {"lyrics_strength": 0.6, "style_strength": 0.5, "weirdness": 0.3}


def knowing(brand: str = "aimusicapi") -> KnownFacts:
    return KnownFacts(SONG, BROUGHT, OLD, OLD_BROUGHT, FOREIGN, brand=brand)


def body_of(tool: str, brand: str = "sunoapi", **arguments: Any) -> dict[str, Any]:
    return place(tool, knowing(brand), **arguments).body


# -- nothing is missing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.parametrize("name", NAMES)
def test_every_tool_has_a_body_a_price_and_a_schedule_at_every_brand(name: str, brand: str) -> None:
    placed = place(name, knowing(brand), **plain_arguments(name))
    assert placed.price is not None
    assert placed.price > 0
    assert Catalogue.load().schedule(brand, name, BOUGHT[name].family).expected < 120


@pytest.mark.parametrize("name", NAMES)
def test_every_tool_says_where_its_task_is_and_what_to_use_when_it_is_gone(name: str) -> None:
    kind = BOUGHT[name]
    assert kind.instead.endswith(".")
    found = contract.match("GET", kind.family.task_path.replace("{task_id}", "t-1"))
    assert found is not None
    assert found[0].id == f"{kind.family}_task"
    mentioned = {word for word in kind.instead.replace(";", " ").replace(",", " ").split() if "_" in word}
    assert mentioned <= set(tools.names())


@pytest.mark.parametrize("name", [name for name, kind in BOUGHT.items() if kind.family is Family.RIFFUSION])
def test_what_is_deprecated_says_so_first_and_names_its_successor(name: str) -> None:
    description = schema.published(name)["description"]
    assert description.startswith("Deprecated, use ")
    assert description.split()[2].strip(":,") in tools.TOOLSETS["sonic"]


# -- producer -----------------------------------------------------------------------------------------------------


def test_a_producer_song_is_told_every_wish() -> None:
    """The field names of docs.sunoapi.com producer-api-examples."""
    body = body_of(
        "producer_create_song", style="dub", lyrics=WORDS, title="Tin Roof", instrumental=True, seed=7,
        model="FUZZ-1.1 Pro", cover_image="https://files.example/c.jpg", **STRENGTHS,
    )  # fmt: skip
    assert body == {
        "task_type": "create_music", "mv": "FUZZ-1.1 Pro", "sound": "dub", "lyrics": WORDS, "title": "Tin Roof",
        "make_instrumental": True, "seed": "7", "lyrics_strength": 0.6, "sound_strength": 0.5, "weirdness": 0.3,
        "cover_url": "https://files.example/c.jpg",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tool", "arguments", "more"),
    [
        ("producer_extend_song", {"continue_at": 90}, {"task_type": "extend_music", "starts_at": 90}),
        ("producer_extend_song", {}, {"task_type": "extend_music", "starts_at": 171.25}),
        ("producer_cover_song", {"cover_strength": 0.7}, {"task_type": "cover_music", "cover_strength": 0.7}),
        ("producer_replace_section", {"start_seconds": 42, "end_seconds": 58}, {"starts_at": 42, "ends_at": 58}),
        ("producer_replace_section", {"start_seconds": 42}, {"task_type": "replace_music", "ends_at": 171.25}),
        ("producer_swap_vocals", {}, {"task_type": "swap_music_vocals", "lyrics": WORDS}),
        ("producer_swap_instrumental", {"lyrics": "la"}, {"task_type": "swap_music_sound", "lyrics": "la"}),
    ],
)
def test_a_producer_song_is_reworked(tool: str, arguments: dict[str, Any], more: dict[str, Any]) -> None:
    body = body_of(tool, clip_id="p-1", style="brass", **arguments, **STRENGTHS)
    assert body.items() >= {"mv": "FUZZ-2.0", "clip_id": "p-1", "sound": "brass", "sound_strength": 0.5, **more}.items()
    assert "instruction" not in body


def test_a_variation_needs_the_clip_alone() -> None:
    body = body_of("producer_vary_song", clip_id="p-1", seed=9)
    assert body == {"task_type": "music_variation", "mv": "FUZZ-2.0", "clip_id": "p-1", "seed": "9"}


def test_uploads_and_downloads_have_paths_of_their_own() -> None:
    assert place("producer_upload_audio", knowing(), source=LINK).path == "/api/v1/producer/upload"
    assert body_of("producer_upload_audio", source=LINK) == {"audio_url": LINK}
    assert body_of("producer_download_clip", clip_id="p-1", format="mp3") == {"clip_id": "p-1", "format": "mp3"}


@pytest.mark.parametrize("tool", ["producer_extend_song", "producer_cover_song", "producer_replace_section"])
def test_lyria_is_told_what_to_do_in_a_field_of_its_own(tool: str) -> None:
    body = body_of(tool, "musicapi", **{**plain_arguments(tool), "clip_id": "p-1", "style": "brass"})
    assert (body["instruction"], body["mv"]) == ("brass", "Lyria 3 Pro")


def test_lyria_covers_uploads_by_a_task_of_its_own() -> None:
    asked = {"clip_id": "p-2", "style": "dub"}
    assert body_of("producer_cover_song", "musicapi", **asked)["task_type"] == "cover_upload_music"
    assert body_of("producer_cover_song", "sunoapi", **asked)["task_type"] == "cover_music"


@pytest.mark.parametrize(
    ("tool", "arguments", "field"),
    [
        ("producer_create_song", {}, "style"),
        ("producer_create_song", {"style": "dub", "lyrics_strength": 1.1}, "lyrics_strength"),
        ("producer_create_song", {"style": "dub", "style_strength": 0.1}, "style_strength"),
        ("producer_create_song", {"style": "dub", "weirdness": -0.1}, "weirdness"),
        ("producer_create_song", {"style": "dub", "title": "x" * 81}, "title"),
        ("producer_create_song", {"style": "dub", "seed": -1}, "seed"),
        ("producer_create_song", {"style": "dub", "cover_image": "c.jpg"}, "cover_image"),
        ("producer_create_song", {"style": "dub", "model": "sonic-v6"}, "model"),
        ("producer_extend_song", {"clip_id": "p-2", "style": "dub"}, "continue_at"),
        ("producer_extend_song", {"clip_id": "p-1", "style": "dub", "continue_at": 180}, "continue_at"),
        ("producer_cover_song", {"clip_id": "p-1", "style": "dub", "cover_strength": 2}, "cover_strength"),
        ("producer_cover_song", {"clip_id": "s-1", "style": "dub"}, "clip_id"),
        ("producer_replace_section", {**WINDOW, "clip_id": "p-1", "end_seconds": 9}, "end_seconds"),
        ("producer_swap_vocals", {"clip_id": "p-1"}, "style"),
        ("producer_swap_vocals", {"clip_id": "p-2", "style": "low"}, "lyrics"),
        ("producer_upload_audio", {"source": "http://files.example/demo.mp3"}, "source"),
        ("producer_download_clip", {"clip_id": "p-1", "format": "m4a"}, "format"),
        ("riffusion_create_song", {"style": "surf"}, "lyrics"),
        ("riffusion_create_song", {"instrumental": True}, "style"),
        ("riffusion_describe_song", {"idea": "a sea", "model": "FUZZ-2.0"}, "model"),
        ("riffusion_extend_song", {"clip_id": "r-2", "style": "surf", "lyrics": WORDS}, "continue_at"),
        ("riffusion_cover_song", {"clip_id": "p-1", "style": "surf"}, "clip_id"),
        ("extend_song", {"source": "p-1", "continue_at": 30, "lyrics": WORDS}, "source"),
        ("mashup_songs", {"clip_ids": ["s-1", "p-1"], "idea": "both"}, "clip_ids"),
        ("get_wav", {"clip_id": "p-1"}, "clip_id"),
        ("nuro_create_song", {"lyrics": "x" * 299}, "lyrics"),
        ("nuro_create_song", {"lyrics": "x" * 2001}, "lyrics"),
        ("nuro_create_song", {"lyrics": LYRICS, "seconds": 29}, "seconds"),
        ("nuro_create_song", {"lyrics": LYRICS, "seconds": 241}, "seconds"),
        ("nuro_create_song", {"lyrics": LYRICS, "genre": "Polka"}, "genre"),
        ("nuro_create_instrumental", {"style": "calm", "seconds": 121}, "seconds"),
        ("nuro_create_instrumental", {"style": "calm", "seconds": 61, "form": "classic"}, "seconds"),
        ("nuro_create_instrumental", {"style": "calm", "seconds": 29, "form": "structured"}, "seconds"),
        ("nuro_create_instrumental", {"style": "calm", "form": "structured"}, "seconds"),
        ("nuro_create_instrumental", {"style": "x" * 200, "seconds": 90}, "style"),
        ("nuro_create_instrumental", {"style": "calm", "seconds": 90, "mood": ["calm"]}, "genre"),
        ("nuro_create_instrumental", {"style": "calm", "mood": ["calm"] * 6}, "mood"),
        ("nuro_create_instrumental", {"style": "calm", "segments": [{"name": "intro", "seconds": 29}]}, "segments"),
    ],
)  # fmt: skip
def test_what_would_be_refused_is_refused_before_it_is_sent(tool: str, arguments: dict[str, Any], field: str) -> None:
    refused = refusal(tool, knowing("sunoapi"), **arguments)
    assert refused.field is not None
    assert refused.field.split(".")[0] == field
    assert field in str(refused)


# -- nuro ---------------------------------------------------------------------------------------------------------


def test_a_nuro_song_speaks_the_services_words() -> None:
    body = body_of(
        "nuro_create_song", lyrics=LYRICS, seconds=150, genre="Hip Hop/Rap", mood="Chill", vocal_gender="female",
        timbre="Cute", title="Lanterns",
    )  # fmt: skip
    assert body == {
        "type": "vocal", "lyrics": LYRICS, "duration": 150, "genre": "Hip Hop/Rap", "mood": "Chill",
        "gender": "Female", "timbre": "Cute_AUDIO_TIMBRE",
    }  # fmt: skip


def test_a_nuro_instrumental_takes_the_form_that_fits() -> None:
    """Classic up to a minute with words from lists; structured for segments and for what is longer."""
    classic = body_of("nuro_create_instrumental", style="calm", seconds=45, instruments=["piano"], theme=["journey"])
    assert classic == {
        "type": "bgm", "version": "v1.0", "description": "calm", "duration": 45, "instrument": ["piano"],
        "theme": ["journey"],
    }  # fmt: skip
    long = body_of("nuro_create_instrumental", style="calm", seconds=90)
    assert long == {"type": "bgm", "version": "v2.0", "description": "calm", "duration": 90}
    segments = [{"name": "intro", "seconds": 20}, {"name": "chorus", "seconds": 40}]
    parts = body_of("nuro_create_instrumental", style="calm", segments=segments)
    assert (parts["version"], parts["duration"]) == ("v2.0", 60)
    assert parts["segments"] == [{"name": "intro", "duration": 20}, {"name": "chorus", "duration": 40}]
    assert body_of("nuro_create_instrumental", style="calm", seconds=45, form="structured")["version"] == "v2.0"


@pytest.mark.parametrize(
    ("ours", "schema_name", "field"),
    [
        (words.SongGenre, "vocal", "genre"),
        (words.SongMood, "vocal", "mood"),
        (words.Timbre, "vocal", "timbre"),
        (words.Genre, "instrumental", "genre"),
        (words.Mood, "instrumental", "mood"),
        (words.Instrument, "instrumental", "instrument"),
        (words.Theme, "instrumental", "theme"),
    ],
)
def test_the_lists_of_words_are_the_services_own(ours: Any, schema_name: str, field: str) -> None:
    stated = contract.document()["components"]["schemas"][f"nuro.body.{schema_name}"]["properties"][field]
    listed = stated.get("items", stated)["enum"]
    assert list(get_args(ours)) == [word.removesuffix("_AUDIO_TIMBRE") for word in listed]


def test_the_same_words_in_another_order_are_the_same_purchase() -> None:
    kind = tools.load("nuro_create_instrumental")
    one = parse(kind, {"style": "calm", "mood": ["calm", "bright", "calm"]})
    assert one.identity() == parse(kind, {"style": "calm", "mood": ["bright", "calm"]}).identity()


def test_asked_and_real_length_are_both_told() -> None:
    song = ordered("nuro_create_song", {"lyrics": LYRICS, "seconds": 150})
    assert song.remarks(knowing("sunoapi"), 148.5) == ("Asked for 150 seconds, made 148.5.",)
    assert song.remarks(knowing("sunoapi"), None) == ()
    free = ordered("nuro_create_song", {"lyrics": LYRICS})
    assert free.remarks(knowing("sunoapi"), 148.5) == ()


# -- riffusion ----------------------------------------------------------------------------------------------------


def test_riffusion_takes_the_variant_for_uploads_where_it_was_one() -> None:
    for tool, made, variant in (
        ("riffusion_cover_song", "cover_music", "cover_upload_music"),
        ("riffusion_swap_sound", "swap_music_sound", "swap_upload_music_sound"),
        ("riffusion_swap_vocals", "swap_music_vocals", "swap_upload_music_vocals"),
        ("riffusion_replace_section", "replace_music", "replace_upload_music"),
    ):
        words: dict[str, Any] = {"style": "surf", "lyrics": WORDS}
        if tool == "riffusion_replace_section":
            words |= {"start_seconds": 1, "end_seconds": 9}
        assert body_of(tool, clip_id="r-1", **words)["task_type"] == made
        assert body_of(tool, clip_id="r-2", **words)["task_type"] == variant
        assert body_of(tool, clip_id="elsewhere", source_uploaded=True, **words)["task_type"] == variant


def test_a_riffusion_song_goes_on_at_a_whole_second() -> None:
    body = body_of("riffusion_extend_song", clip_id="r-1", style="surf", lyrics=WORDS)
    assert body == {
        "custom_mode": True, "task_type": "extend_music", "mv": "FUZZ-1.1 Pro", "continue_clip_id": "r-1",
        "continue_at": 201, "lyrics": WORDS, "sound": "surf",
    }  # fmt: skip


def test_whatever_rests_on_inference_alone_asks_first() -> None:
    for item in contract.document()["paths"].values():
        for stated in item.values():
            variants = stated.get("x-variants", {}) if isinstance(stated, dict) else {}
            inferred = {name for name, part in variants.items() if part.get("x-evidence") == ["inferred"]}
            for name, kind in BOUGHT.items():
                assert bool(inferred & set(kind.contract)) <= bool(kind.asks_first), name


def test_the_window_of_a_riffusion_replacement_has_inferred_names_and_says_so() -> None:
    """The old names of the successor engine's replace, docs.musicapi.ai api-450367170."""
    body = body_of("riffusion_replace_section", **WINDOW)
    assert (body["starts"], body["ends"]) == (42, 58.5)
    fields = contract.document()["components"]["schemas"]["riffusion.body.create"]["properties"]
    assert [fields[name]["x-evidence"] for name in ("starts", "ends")] == [["inferred"], ["inferred"]]
    operation = ordered("riffusion_replace_section", WINDOW)
    assert "infers" in operation.asks_first
    assert any("inferred" in remark for remark in operation.remarks(knowing(), 120.0))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"end_seconds": 42}, "end_seconds"),
        ({"end_seconds": 999}, "end_seconds"),
        ({"start_seconds": -1}, "start_seconds"),
    ],
)
def test_the_window_of_a_riffusion_replacement_lies_in_the_song(more: dict[str, Any], field: str) -> None:
    assert refusal("riffusion_replace_section", knowing(), **WINDOW | more).field == field


# -- what answers mean --------------------------------------------------------------------------------------------


def seen(tool: str, body: dict[str, Any], **asked: Any) -> TaskReport:
    """What a look shows, as the runner reads it; the body must be one that the contract allows."""
    operation = plain(tool, **asked)
    assert contract.check_response(f"{operation.family}_task", 200, body) == []
    return shown(operation, body)


M4A, WAV = "https://files.example/a.m4a", "https://files.example/a.wav"
CLIP = {"clip_id": "c-1", "title": "Tin Roof", "sound": "dub", "lyrics": WORDS, "audio_url": M4A, "duration": 171.25}
FLAT = {
    "task_id": "t-1", "status": "running", "progress": 40, "audio_url": "", "lyrics": "", "duration": 0, "genre": "",
    "mood": "", "gender": "", "timbre": "",
}  # fmt: skip


def test_a_producer_answer_is_read_in_both_forms() -> None:
    for body in (
        {"code": 200, "message": "success", "data": [{**CLIP, "state": "succeeded"}]},
        {"code": 200, "message": "success", "status": "SUCCESS", "data": [CLIP]},
    ):
        (clip,) = seen("producer_create_song", body).good
        assert (clip.clip_id, clip.title, clip.style, clip.seconds) == ("c-1", "Tin Roof", "dub", 171.25)
        assert clip.audio_url == M4A
    for body in (
        {"code": 200, "data": [{**CLIP, "state": "running"}]},
        {"code": 200, "status": "RUNNING", "message": "success", "data": []},
    ):
        assert not seen("producer_create_song", body).final


def test_a_producer_clip_without_title_or_sound_keeps_what_was_asked_for() -> None:
    body = {"code": 200, "status": "SUCCESS", "data": [{"clip_id": "c-1", "wav_url": WAV, "sound": None}]}
    (clip,) = seen("producer_create_song", body, style="dub", lyrics=None).good
    assert (clip.title, clip.style, clip.audio_url) == ("dub", "dub", WAV)


def test_a_failed_producer_task_says_why() -> None:
    told = seen("producer_create_song", {"code": 200, "status": "FAILED", "message": "it gave up", "data": []})
    assert told.final
    assert not told.good
    assert told.clips[0].reason == "it gave up"


def test_a_producer_upload_ends_with_a_clip_of_the_persons_own() -> None:
    body = {"code": 200, "data": [{**CLIP, "state": "succeeded"}]}
    told = seen("producer_upload_audio", body)
    upload = plain("producer_upload_audio")
    assert upload.outcome({"data": dict(told.facts)}).uploaded == ("c-1",)
    assert not told.clips
    assert not seen("producer_upload_audio", {"code": 200, "data": [{**CLIP, "state": "running"}]}).final


@pytest.mark.parametrize("fields", [{"wav_url": WAV, "audio_url": M4A}, {"wav_url": None, "audio_url": WAV}])
def test_a_producer_download_ends_with_a_link(fields: dict[str, Any]) -> None:
    told = seen(
        "producer_download_clip", {"code": 200, "data": [{**CLIP, "state": "succeeded", **fields}]}, format="wav"
    )
    download = plain("producer_download_clip", clip_id="p-1", format="wav")
    (link,) = download.outcome({"data": dict(told.facts)}).links
    assert (link.clip_id, link.kind, link.url) == ("p-1", "wav", WAV)


def test_a_nuro_answer_is_flat_and_its_task_is_its_clip() -> None:
    assert not seen("nuro_create_song", FLAT).final
    done = {**FLAT, "status": "succeeded", "progress": 100, "audio_url": WAV, "duration": 148.53, "genre": "Folk"}
    (clip,) = seen("nuro_create_song", done, lyrics=LYRICS).good
    assert (clip.clip_id, clip.seconds, clip.style) == ("t-1", 148.53, "Folk")
    assert clip.title == "the lanterns float along the river"


def test_a_nuro_task_with_a_link_at_100_is_done_whatever_its_status_says() -> None:
    """Seen by a public client."""
    assert seen("nuro_create_song", {**FLAT, "status": "pending", "progress": 100, "audio_url": WAV}).good
    assert not seen("nuro_create_song", {**FLAT, "status": "pending", "progress": 99, "audio_url": WAV}).final
    assert not seen("nuro_create_song", {**FLAT, "status": "failed", "progress": 100}).good


def test_one_riffusion_song_waits_for_the_second() -> None:
    one = {
        **{name: value for name, value in CLIP.items() if name != "sound"}, "state": "succeeded", "image_url": None,
        "video_url": None, "created_at": "2025-07-01T02:03:04.5Z", "mv": "FUZZ-1.1 Pro", "timestamp": {},
    }  # fmt: skip
    assert not seen("riffusion_create_song", {"code": 200, "data": [one]}).final
    assert len(seen("riffusion_create_song", {"code": 200, "data": [one, {**one, "clip_id": "c-2"}]}).good) == 2


# -- brands and dates ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("brand", "day", "edition"),
    [
        ("aimusicapi", "2026-01-31", "fuzz"),
        ("aimusicapi", "2026-06-01", "slim"),
        ("musicapi", "2026-03-31", "fuzz"),
        ("musicapi", "2026-04-01", "lyria"),
        ("sunoapi", "2027-01-01", "fuzz"),
        ("sandbox", "2027-01-01", "fuzz"),
        ("unknown", "2027-01-01", "fuzz"),
    ],
)
def test_the_edition_goes_by_brand_and_date(brand: str, day: str, edition: str) -> None:
    now = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    assert Catalogue.load().edition(brand, "producer", now).name == edition


def test_a_person_can_correct_an_era(tmp_path: Path) -> None:
    own = tmp_path / "catalogue.toml"
    own.write_text("[editions.producer.slim]\nbrands = []\n")
    assert Catalogue.load(own).edition("aimusicapi", "producer", 1_800_000_000.0).name == "fuzz"


def test_what_an_era_ignores_are_arguments_that_exist_and_fields_that_the_contract_names() -> None:
    arguments = {field for name in NAMES for field in tools.load(name).model_fields}
    names = {"instrumental": "make_instrumental", "style_strength": "sound_strength"}
    stated = contract.document()["x-producer-editions"]
    for brand, edition in (("musicapi", "lyria"), ("aimusicapi", "slim")):
        row = Catalogue.load().edition(brand, "producer", 1_800_000_000.0)
        assert row.name == edition
        assert set(row.ignored) | set(row.needs) <= arguments
        if "ignored" in stated[edition]:
            assert {names.get(name, name) for name in row.ignored} == set(stated[edition]["ignored"])
