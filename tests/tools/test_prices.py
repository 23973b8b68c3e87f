"""What a call is expected to cost, before anything leaves."""

from __future__ import annotations

from typing import Any

import pytest
from facts import LINK, OTHER, SONG, UPLOAD, KnownFacts, place

WORDS = {"lyrics": "la"}
PAIR = {"clip_ids": [SONG.clip_id, OTHER.clip_id]}
STRETCH = {"start_seconds": 1, "end_seconds": 9}
OLD = {"model": "sonic-v4"}

PRICES: list[tuple[str, dict[str, Any], int]] = [
    ("create_song", WORDS, 14),
    ("create_song", {**WORDS, **OLD}, 10),
    ("create_song", {"idea": "snow", **OLD}, 14),
    ("create_song", {**WORDS, "persona_id": "p"}, 10),
    ("create_song", {**WORDS, "model": "chirp-v3-5"}, 10),
    ("extend_song", {"source": SONG.clip_id, **WORDS}, 10),
    ("extend_song", {"source": SONG.clip_id, **WORDS, "whole_song": True}, 14),
    ("extend_song", {"source": LINK, **WORDS, "whole_song": True}, 10),
    ("cover_song", {"source": SONG.clip_id}, 14),
    ("cover_song", {"source": SONG.clip_id, **OLD}, 10),
    ("cover_song", {"source": OTHER.clip_id, **OLD}, 14),
    ("concat_song", {"clip_id": "c"}, 2),
    ("upload_audio", {"source": LINK}, 2),
    ("create_persona", {"name": "Ana", "clip_id": "c"}, 1),
    ("create_voice", {"source": LINK}, 4),
    ("sample_song", {"source": SONG.clip_id, **STRETCH, **WORDS}, 14),
    ("sample_song", {"source": SONG.clip_id, **STRETCH, **WORDS, **OLD}, 10),
    ("mashup_songs", {**PAIR, **WORDS}, 14),
    ("mashup_songs", {**PAIR, **WORDS, **OLD}, 10),
    ("remaster_song", {"clip_id": "c"}, 10),
    ("replace_section", {"clip_id": "c", **STRETCH, **WORDS}, 10),
    ("add_vocals", {"clip_id": UPLOAD.clip_id, **WORDS}, 10),
    ("add_instrumental", {"clip_id": UPLOAD.clip_id}, 10),
    ("separate_stems", {"clip_id": "c"}, 20),
    ("separate_stems", {"clip_id": "c", "parts": "full"}, 50),
    ("get_wav", {"clip_id": "c"}, 1),
    ("get_midi", {"clip_id": "c"}, 1),
    ("get_bpm", {"clip_id": "c"}, 1),
    ("get_vox", {"clip_id": "c"}, 1),
    ("get_lyrics_timeline", {"clip_id": "c"}, 1),
    ("enhance_style", {"style": "pop"}, 1),
    ("download_clip", {"clip_id": "c", "formats": ["wav", "m4a"]}, 2),
    ("generate_lyrics", {"idea": "a boat"}, 2),
]


@pytest.mark.parametrize(("name", "arguments", "credits_"), PRICES)
def test_a_call_costs_what_the_credits_guide_says(name: str, arguments: dict[str, Any], credits_: int) -> None:
    """The guide of docs.aimusicapi.ai, 2026-09; lyrics by its changelog."""
    assert place(name, **arguments).price == credits_


def test_another_brand_asks_its_own_prices() -> None:
    """docs.musicapi.ai, 2026-10: 20 for a song, 15 for an extension, 75 for full stems; no rebate on old models."""
    facts = KnownFacts(brand="musicapi")
    assert place("create_song", facts, **WORDS, **OLD).price == 20
    assert place("extend_song", facts, source="song", continue_at=9, **WORDS, whole_song=True).price == 19
    assert place("separate_stems", facts, clip_id="c", parts="full").price == 75


@pytest.mark.parametrize(("name", "arguments", "credits_"), PRICES)
def test_nobody_guesses_what_an_unknown_host_asks(name: str, arguments: dict[str, Any], credits_: int) -> None:
    assert place(name, KnownFacts(SONG, OTHER, UPLOAD, brand="unknown"), **arguments).price is None


def test_of_a_whole_song_the_extension_itself_is_charged_its_own_share() -> None:
    operation = place("extend_song", source=SONG.clip_id, **WORDS, whole_song=True).operation
    joins = operation.follow_ups(["a", "b"])
    facts = KnownFacts()
    assert (operation.own_price(facts), [join.price(facts) for join in joins]) == (10, [2, 2])
