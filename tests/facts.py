"""What tests of declarations look things up in, and how they place an order as a caller would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import declared
import pytest

from songwright import tools
from songwright.server import contract
from songwright.server.core.errors import ArgumentRefused, NotFound
from songwright.server.core.operation import Edition, Facts, KnownClip, Model, Purchase
from songwright.server.orders import ownership
from songwright.server.protocol.tools_server import parse
from songwright.server.service.catalogue import Catalogue

NOW = 1_800_000_000.0
HOUR = 3600.0
SONG = KnownClip("song-1", "Night Bus", 142.36, created_at=NOW - HOUR, lyrics="[Verse]\nLast stop", style="indie pop")
OTHER = KnownClip("song-2", "Low Tide", 95.0, created_at=NOW - HOUR, lyrics="[Instrumental]", style="ambient")
UPLOAD = KnownClip("upload-1", "demo.mp3", None, uploaded=True, created_at=NOW - HOUR)
LINK = declared.LINK
OLD_UPLOAD = KnownClip("upload-2", "old.mp3", None, uploaded=True, created_at=NOW - 25 * HOUR)


@cache
def _catalogue() -> Catalogue:
    return Catalogue.load()


class KnownFacts:
    """The shipped catalogue, and a journal that knows these clips."""

    def __init__(self, *clips: KnownClip, brand: str = "aimusicapi", default_model: str = "sonic-v6") -> None:
        self._catalogue = _catalogue()
        self._clips = {clip.clip_id: clip for clip in clips or (SONG, OTHER, UPLOAD, OLD_UPLOAD)}
        self._brand = brand
        self.default_model = default_model
        self.now = NOW

    def model(self, name: str) -> Model | None:
        return self._catalogue.model(name)

    def spell(self, model: str) -> str:
        return self._catalogue.spell(self._brand, model)

    def edition(self, family: str) -> Edition:
        return self._catalogue.edition(self._brand, family, self.now)

    def price(self, row: str) -> int | None:
        return self._catalogue.price(self._brand, row)

    def clip(self, clip_id: str) -> KnownClip | None:
        return self._clips.get(clip_id)

    def split(self, clip_id: str) -> frozenset[str]:
        return frozenset()

    def recipe(self, name: str) -> Mapping[str, Any]:
        raise NotFound(f"There is no recipe {name!r}. Nothing was sent or spent.", field="recipe")

    def link_to(self, name: str) -> str | None:
        return None


@dataclass(frozen=True)
class Placed:
    """An order as it would leave."""

    operation: Purchase
    path: str
    body: dict[str, Any]
    price: int | None


def own_price(order: Purchase, facts: Facts | None = None) -> int:
    """What an order itself is charged, without those that follow it."""
    looked_up = facts or KnownFacts()
    price, later = order.price(looked_up), order.follow_up_price(looked_up)
    assert price is not None
    assert later is not None
    return price - later


def checked(name: str, facts: KnownFacts, arguments: dict[str, Any]) -> Purchase:
    """An order as it is checked before it is priced."""
    operation = parse(tools.load(name), arguments)
    assert isinstance(operation, Purchase)
    operation = operation.settled(facts)
    ownership.check_engine(facts, operation)
    operation.check(facts)
    return operation


def place(name: str, /, facts: KnownFacts | None = None, **arguments: Any) -> Placed:
    """Place an order; fails when the service's contract would not take the body or does not know a field of it."""
    facts = facts or KnownFacts()
    operation = checked(name, facts, arguments)
    request = operation.request(facts)
    found = contract.match(request.method, request.path)
    assert found is not None, f"the service has no {request.method} {request.path}"
    body = dict(request.body or {})
    assert contract.check_request(found[0].id, body) == []
    assert set(body) <= set(found[0].known_fields)
    assert None not in body.values()
    return Placed(operation, request.path, body, operation.price(facts))


def refusal(name: str, /, facts: KnownFacts | None = None, **arguments: Any) -> ArgumentRefused:
    """How an order is refused before anything leaves."""
    facts = facts or KnownFacts()
    with pytest.raises(ArgumentRefused) as caught:
        checked(name, facts, arguments)
    assert "Nothing was sent or spent." in str(caught.value)
    return caught.value
