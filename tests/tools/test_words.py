"""Own words, an idea, or no voice: the same choice means the same in everything that composes."""

from __future__ import annotations

from typing import Any

import pytest
from declared import BOUGHT, ordered
from facts import LINK, OTHER, SONG, UPLOAD, KnownFacts, place, refusal

from songwright import tools

LYRICS = "[Verse]\nRain on the tin roof"
IDEA = "a lighthouse keeper who misses the sea"

COMPOSERS: dict[str, dict[str, Any]] = {
    "create_song": {},
    "extend_song": {"source": SONG.clip_id},
    "cover_song": {"source": SONG.clip_id},
    "sample_song": {"source": SONG.clip_id, "start_seconds": 10, "end_seconds": 20},
    "mashup_songs": {"clip_ids": [SONG.clip_id, OTHER.clip_id]},
}
BY_LINK: dict[str, dict[str, Any]] = {
    name: {**COMPOSERS[name], "source": LINK} for name in ("extend_song", "cover_song")
}
BRIEF_ONLY = [(name, COMPOSERS[name]) for name in ("sample_song", "mashup_songs")] + list(BY_LINK.items())
EVERY = list(COMPOSERS.items()) + list(BY_LINK.items())


@pytest.mark.parametrize(("name", "base"), EVERY)
def test_own_lyrics_are_sung_as_they_are(name: str, base: dict[str, Any]) -> None:
    body = place(name, **base, lyrics=LYRICS, title="Tin Roof", style="folk").body
    assert (body["custom_mode"], body["prompt"], body["title"], body["tags"]) == (True, LYRICS, "Tin Roof", "folk")
    assert not body.keys() & {"gpt_description_prompt", "auto_lyrics", "make_instrumental"}


@pytest.mark.parametrize(("name", "base"), EVERY)
def test_an_idea_alone_leaves_everything_to_the_service(name: str, base: dict[str, Any]) -> None:
    body = place(name, **base, idea=IDEA).body
    assert (body["custom_mode"], body["gpt_description_prompt"]) == (False, IDEA)
    assert not body.keys() & {"prompt", "tags", "auto_lyrics"}


@pytest.mark.parametrize("name", ["create_song", "extend_song", "cover_song"])
def test_an_idea_beside_a_style_has_only_the_lyrics_written(name: str) -> None:
    body = place(name, **COMPOSERS[name], idea=IDEA, style="sea shanty").body
    assert (body["custom_mode"], body["auto_lyrics"], body["prompt"], body["tags"]) == (True, True, IDEA, "sea shanty")


@pytest.mark.parametrize(("name", "base"), BRIEF_ONLY)
def test_where_no_brief_is_known_an_idea_takes_its_style_along(name: str, base: dict[str, Any]) -> None:
    """The pages of these paths do not list `auto_lyrics`: sent as a prompt, the idea itself would be sung."""
    body = place(name, **base, idea=IDEA, style="sea shanty", title="Keeper").body
    assert (body["custom_mode"], body["gpt_description_prompt"]) == (False, f"{IDEA}, sea shanty")
    assert body["title"] == "Keeper"
    assert "auto_lyrics" not in body


@pytest.mark.parametrize(("name", "base"), EVERY)
def test_an_instrumental_has_no_words(name: str, base: dict[str, Any]) -> None:
    body = place(name, **base, instrumental=True, style="lo-fi, piano").body
    assert (body["make_instrumental"], body["tags"]) == (True, "lo-fi, piano")
    assert "prompt" not in body


@pytest.mark.parametrize(("name", "base"), EVERY)
def test_the_idea_of_an_instrumental_becomes_part_of_its_style(name: str, base: dict[str, Any]) -> None:
    body = place(name, **base, instrumental=True, style="piano", idea="first snow").body
    assert (body["custom_mode"], body["tags"]) == (True, "piano, first snow")


@pytest.mark.parametrize(("name", "base"), EVERY)
def test_an_instrumental_may_be_described_by_an_idea_alone(name: str, base: dict[str, Any]) -> None:
    body = place(name, **base, instrumental=True, idea="first snow").body
    assert (body["custom_mode"], body["gpt_description_prompt"], body["make_instrumental"]) == (
        False,
        "first snow",
        True,
    )


@pytest.mark.parametrize(("name", "base"), EVERY)
def test_lyrics_exclude_an_idea_and_an_instrumental(name: str, base: dict[str, Any]) -> None:
    assert refusal(name, **base, lyrics=LYRICS, idea=IDEA).field == "idea"
    assert refusal(name, **base, lyrics=LYRICS, instrumental=True).field == "lyrics"


@pytest.mark.parametrize(("name", "base"), [case for case in EVERY if case != ("cover_song", COMPOSERS["cover_song"])])
def test_something_must_be_said_about_the_words(name: str, base: dict[str, Any]) -> None:
    assert refusal(name, **base, style="folk").field == "lyrics"


def test_a_new_instrumental_needs_to_know_what_it_is_like() -> None:
    assert refusal("create_song", instrumental=True).field == "style"


@pytest.mark.parametrize(
    ("limit", "cases"),
    [
        (400, [("create_song", {}), *BY_LINK.items()]),
        (200, [(n, COMPOSERS[n]) for n in ("sample_song", "mashup_songs")]),
    ],
)
def test_a_description_has_its_limit(limit: int, cases: list[tuple[str, dict[str, Any]]]) -> None:
    """400 characters on create, extend and cover, 200 on sample and mashup (docs.aimusicapi.ai; error guide)."""
    for name, base in cases:
        assert len(place(name, **base, idea="x" * limit).body["gpt_description_prompt"]) == limit
        refused = refusal(name, **base, idea="x" * (limit + 1))
        assert (refused.field, str(limit) in str(refused)) == ("idea", True)


def test_an_idea_and_its_style_share_the_limit_of_a_description() -> None:
    refused = refusal("cover_song", source=LINK, idea="x" * 300, style="y" * 120)
    assert refused.field == "idea and style together"


@pytest.mark.parametrize(("name", "base"), EVERY)
@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("lyrics", {"lyrics": "x" * 3001}),
        ("style", {"lyrics": LYRICS, "style": "x" * 201}),
        ("vocal_gender", {"lyrics": LYRICS, "vocal_gender": "female"}),
    ],
)
def test_older_models_take_less(name: str, base: dict[str, Any], field: str, arguments: dict[str, Any]) -> None:
    """v3.5 and v4: 3000 characters of lyrics, 200 of style, no vocal gender (docs.aimusicapi.ai create page)."""
    assert refusal(name, **base, **arguments, model="sonic-v4").field == field


def test_newer_models_take_long_lyrics_and_the_voice_that_was_asked_for() -> None:
    body = place("create_song", lyrics="x" * 5000, style="y" * 1000, vocal_gender="female").body
    assert (len(body["prompt"]), len(body["tags"]), body["vocal_gender"]) == (5000, 1000, "f")
    assert refusal("create_song", lyrics="x" * 5001).field == "lyrics"


@pytest.mark.parametrize("name", ["sample_song", "mashup_songs"])
def test_sample_and_mashup_take_3000_characters_of_lyrics_with_any_model(name: str) -> None:
    refused = refusal(name, **COMPOSERS[name], lyrics="x" * 3001)
    assert (refused.field, "3000" in str(refused)) == ("lyrics", True)


def test_a_mashup_takes_200_characters_of_style_with_any_model() -> None:
    base = COMPOSERS["mashup_songs"]
    assert refusal("mashup_songs", **base, lyrics=LYRICS, style="x" * 201).field == "style"
    assert (
        refusal("mashup_songs", **base, instrumental=True, style="x" * 150, idea="y" * 60).field
        == "style and idea together"
    )


def test_a_model_nobody_has_heard_of_is_left_to_the_service() -> None:
    """A refusal costs nothing there, and a new model works the day it comes out."""
    operation = ordered("create_song", {"lyrics": "x" * 4000, "model": "sonic-v9"})
    operation.check(KnownFacts())
    body = operation.request(KnownFacts()).body
    assert body is not None
    assert body["mv"] == "sonic-v9"


def test_a_brand_gets_models_in_its_own_spelling() -> None:
    assert place("create_song", KnownFacts(brand="sunoapi"), lyrics=LYRICS, model="sonic-v5").body["mv"] == "chirp-v5"


def test_a_cover_keeps_the_words_of_a_song_that_is_known() -> None:
    body = place("cover_song", source=SONG.clip_id, style="bossa nova").body
    assert (body["custom_mode"], body["prompt"], body["tags"]) == (True, SONG.lyrics, "bossa nova")


def test_a_cover_of_an_instrumental_stays_one() -> None:
    """The service gives instrumentals a marker in brackets for lyrics."""
    body = place("cover_song", source=OTHER.clip_id, style="bossa nova").body
    assert (body["make_instrumental"], "prompt" in body) == (True, False)


def test_a_cover_of_a_recording_whose_words_nobody_knows_asks_for_them() -> None:
    for source in (LINK, UPLOAD.clip_id, "made-elsewhere"):
        assert refusal("cover_song", source=source, style="bossa nova").field == "lyrics"


def test_a_length_is_taken_by_what_makes_new_songs_and_nothing_else() -> None:
    """`duration` is answered with 400 on every other task type (docs.aimusicapi.ai create page)."""
    for name, base in COMPOSERS.items():
        if "seconds" in BOUGHT[name].model_fields:
            assert place(name, **base, lyrics=LYRICS, seconds=90).body["duration"] == 90
        else:
            assert refusal(name, **base, lyrics=LYRICS, seconds=90).field == "seconds"
    assert place("create_song", lyrics=LYRICS, seconds=90, persona_id="p").body["duration"] == 90
    assert refusal("create_song", lyrics=LYRICS, seconds=9).field == "seconds"
    assert refusal("create_song", lyrics=LYRICS, seconds=361).field == "seconds"


def test_a_persona_sings_a_new_song() -> None:
    body = place("create_song", lyrics=LYRICS, persona_id="persona-1").body
    assert (body["task_type"], body["persona_id"]) == ("persona_music", "persona-1")


@pytest.mark.parametrize(("name", "base"), EVERY)
def test_weights_travel_under_the_names_of_the_service(name: str, base: dict[str, Any]) -> None:
    body = place(name, **base, lyrics=LYRICS, style_weight=0.6, weirdness=0.2, negative_style="brass").body
    assert (body["style_weight"], body["weirdness_constraint"], body["negative_tags"]) == (0.6, 0.2, "brass")
    assert refusal(name, **base, lyrics=LYRICS, style_weight=1.01).field == "style_weight"


@pytest.mark.parametrize("name", [name for name in COMPOSERS if "closeness" in BOUGHT[name].model_fields])
def test_closeness_says_how_near_to_stay_to_the_source(name: str) -> None:
    assert place(name, **COMPOSERS[name], lyrics=LYRICS, closeness=0.8).body["audio_weight"] == 0.8


def test_names_are_said_with_how_they_sound() -> None:
    checked = tools.load("check_lyrics").model_validate({"lyrics": "la", "names": ["Siobhan: shi-VAWN", "Ng:eng"]})
    assert checked.sounds() == {"Siobhan": "shi-VAWN", "Ng": "eng"}  # type: ignore[attr-defined]
