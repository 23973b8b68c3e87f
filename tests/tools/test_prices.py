"""What a call is expected to cost, before anything leaves."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Literal, get_args, get_origin

import pytest
from declared import BOUGHT, plain
from facts import LINK, OTHER, SONG, UPLOAD, KnownFacts, checked, own_price, place

from songwright.server.core.errors import ArgumentRefused
from songwright.server.core.operation import CONTROLS, Family, Purchase

WORDS: dict[str, Any] = {"lyrics": "la"}
PAIR = {"clip_ids": [SONG.clip_id, OTHER.clip_id]}
STRETCH = {"start_seconds": 1, "end_seconds": 9}
OLD = {"model": "sonic-v4"}

PRICES: list[tuple[str, dict[str, Any], int]] = [
    ("create_song", {**WORDS, **OLD}, 10),
    ("create_song", {"idea": "snow", **OLD}, 14),
    ("create_song", {**WORDS, "persona_id": "p"}, 10),
    ("create_song", {**WORDS, "model": "chirp-v3-5"}, 10),
    ("extend_song", {"source": SONG.clip_id, **WORDS, "whole_song": True}, 14),
    ("extend_song", {"source": LINK, **WORDS, "whole_song": True}, 10),
    ("extend_song", {"source": SONG.clip_id, **WORDS, **OLD}, 10),
    ("extend_song", {"source": SONG.clip_id, **WORDS, **OLD, "whole_song": True}, 14),
    ("cover_song", {"source": SONG.clip_id}, 14),
    ("cover_song", {"source": SONG.clip_id, **OLD}, 10),
    ("cover_song", {"source": OTHER.clip_id, **OLD}, 14),
    ("sample_song", {"source": SONG.clip_id, **STRETCH, **WORDS, **OLD}, 10),
    ("mashup_songs", {**PAIR, **WORDS, **OLD}, 10),
    ("separate_stems", {"clip_id": "c", "parts": "full"}, 50),
]
"""Calls whose price follows from an argument; a plain call of every tool is held to its `price_note` by a law."""


@pytest.mark.parametrize(("name", "arguments", "credits_"), PRICES)
def test_an_argument_changes_the_price_as_the_credits_guide_says(
    name: str, arguments: dict[str, Any], credits_: int
) -> None:
    """The guide of docs.aimusicapi.ai, 2026-09; lyrics by its changelog."""
    assert place(name, **arguments).price == credits_


def test_another_brand_asks_its_own_prices() -> None:
    """docs.musicapi.ai, 2026-10: 20 for a song, 15 for an extension, 75 for full stems; no rebate on old models."""
    facts = KnownFacts(brand="musicapi")
    assert place("create_song", facts, **WORDS, **OLD).price == 20
    assert place("extend_song", facts, source="song", continue_at=9, **WORDS, whole_song=True).price == 19
    assert place("separate_stems", facts, clip_id="c", parts="full").price == 75


@pytest.mark.parametrize("name", BOUGHT)
def test_nobody_guesses_what_an_unknown_host_asks(name: str) -> None:
    assert plain(name).price(KnownFacts(brand="unknown")) is None


def test_of_a_whole_song_the_extension_itself_is_charged_its_own_share() -> None:
    operation = place("extend_song", source=SONG.clip_id, **WORDS, whole_song=True).operation
    joins = operation.follow_ups(["a", "b"])
    facts = KnownFacts()
    assert (own_price(operation, facts), [join.price(facts) for join in joins]) == (10, [2, 2])


@pytest.mark.parametrize(("parts", "own", "most"), [("basic", 20, 4), ("full", 50, 24)])
def test_the_price_of_stems_as_wav_holds_a_wav_of_every_part_that_may_come(parts: str, own: int, most: int) -> None:
    facts = KnownFacts()
    operation = place("separate_stems", clip_id="c", parts=parts, format="wav").operation
    wavs = operation.follow_ups([f"part-{number}" for number in range(40)])
    assert (operation.price(facts), own_price(operation, facts)) == (own + most, own)
    assert [(wav.tool_name(), wav.price(facts)) for wav in wavs] == [("get_wav", 1)] * most
    assert place("separate_stems", clip_id="c", parts=parts).operation.follow_ups(["part-1"]) == ()


BRANDS: dict[str, dict[str, Any]] = tomllib.loads(
    files("songwright.server.service").joinpath("catalogue.toml").read_text(encoding="utf-8")
)["brands"]

OFFERED: dict[str, tuple[Any, ...]] = {
    "model": (None, "sonic-v6", "sonic-v4", "chirp-v3-5"),
    "source": (SONG.clip_id, OTHER.clip_id, UPLOAD.clip_id, LINK),
    "clip_id": (SONG.clip_id, UPLOAD.clip_id),
    "clip_ids": ([SONG.clip_id, OTHER.clip_id],),
    "lyrics": (None, "[Verse]\n" + "Rain upon the tin roof\n" * 20),
    "idea": (None, "snow on the line"),
    "description": (None, "a calm piano piece for a rainy day"),
    "style": (None, "folk"),
    "persona_id": (None, "p"),
    "start_seconds": (1,),
    "end_seconds": (9,),
    "continue_at": (9,),
    "seconds": (60,),
    "formats": (["mp3"], ["wav", "m4a"]),
    "title": (None,),
}
"""What an argument may be, by its name; of the others, what its type allows or its own default."""
MANY = 3
"""Of closed lists of words, that many."""


class Asking(KnownFacts):
    """Facts that remember which rows were asked for."""

    def __init__(self, brand: str) -> None:
        super().__init__(SONG, OTHER, UPLOAD, brand=brand)
        self.rows: set[str] = set()

    def price(self, row: str) -> int | None:
        self.rows.add(row)
        return super().price(row)


def _choices(kind: type[Purchase]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for field, info in kind.model_fields.items():
        if field in CONTROLS or field in ("negative_style", "style_weight", "weirdness", "closeness", "vocal_gender"):
            continue
        annotation = info.annotation
        options = [annotation, *get_args(annotation)]
        literal = next((option for option in options if get_origin(option) is Literal), None)
        if field == "model" and kind.family is not Family.SONIC:
            continue
        if field in OFFERED:
            yield field, OFFERED[field]
        elif literal is not None:
            yield field, get_args(literal)[:MANY]
        elif bool in options:
            yield field, (False, True)
        elif info.is_required():
            yield field, ("Ana",)


def _orders(name: str, facts: KnownFacts) -> Iterator[Purchase]:
    """Every call of a tool that is not refused, over whatever could change its price."""
    fields = dict(_choices(BOUGHT[name]))
    for values in itertools.product(*fields.values()):
        given = {field: value for field, value in zip(fields, values, strict=True) if value is not None}
        try:
            yield checked(name, facts, given)
        except ArgumentRefused:
            continue


@pytest.fixture(scope="module")
def asked() -> dict[str, set[str]]:
    """The rows of the price table that each tool asks for."""
    found = {}
    for name in BOUGHT:
        facts = Asking("aimusicapi")
        orders = list(_orders(name, facts))
        assert orders, f"no call of {name} was accepted"
        for operation in orders:
            operation.price(facts)
            operation.follow_up_price(facts)
            for follower in operation.follow_ups(["a", "b"]):
                follower.price(facts)
        found[name] = facts.rows
    return found


@pytest.mark.parametrize("brand", [name for name in BRANDS if name != "sandbox"])
def test_every_row_that_a_call_can_ask_for_has_a_price_or_is_said_to_have_none(
    asked: dict[str, set[str]], brand: str
) -> None:
    """A row that nobody wrote down would be no price at all, and a limit would not see the credits."""
    priced, unpriced = set(BRANDS[brand]["prices"]), set(BRANDS[brand].get("unpriced", ()))
    assert {name: rows - priced - unpriced for name, rows in asked.items() if rows - priced - unpriced} == {}
    assert priced & unpriced == set()
    assert (priced | unpriced) - set().union(*asked.values()) == set(), "rows that no call asks for"


def test_aimusicapi_prices_whatever_can_be_bought(asked: dict[str, set[str]]) -> None:
    facts = KnownFacts(brand="aimusicapi")
    assert [row for rows in asked.values() for row in rows if facts.price(row) is None] == []
