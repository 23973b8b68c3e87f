"""Split a song into its parts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from ...server.core.operation import Facts, Purchase, Request, Route
from ..composing import SonicPurchase
from ..shapes import SUBJECT_LIMIT, ClipId, refuse, said, shorten
from .get_wav import GetWav

PARTS = (
    "backing vocals", "vocals", "instrumental", "drums", "bass", "guitar", "keyboard", "percussion", "strings", "synth",
    "fx", "brass", "woodwinds",
)  # fmt: skip
"""Names the service gives to parts; "backing vocals" before "vocals", which it ends with."""
MOST_PARTS = {"basic": 4, "full": 24}
"""How many parts there may be, by the service's own pages; so many WAV files are in the price."""
NAME_LIMIT = 40
STEMS_FULL = "/api/v1/sonic/stems/full"

SET = "songwright_set"
"""The field in which our reading of an answer keeps the set of a part."""

_ENDING = re.compile(r"(?:\s[-–—:|]\s*|[(\[])([^()\[\]]{2,40})[)\]]?\s*$")


def sets_of(names: Sequence[str]) -> list[int]:
    """The set that each part belongs to, by the names that come again.

    Sets come one after the other, or part by part; a name comes once in each.
    """
    after, here = [], set[str]()
    number = 1
    for name in names:
        if name in here:
            number, here = number + 1, set()
        here.add(name)
        after.append(number)
    beside = [names[: index + 1].count(name) for index, name in enumerate(names)]
    return after if number == max(beside, default=1) else beside


class SeparateStems(SonicPurchase):
    """Split a song into parts and save them.

    Each part is a clip with its own clip_id, also for get_wav and get_midi. Basic is enough for karaoke, the voice
    alone or the band alone; single instruments come only with full, which may bring two candidate sets, named "set 1,
    vocals": use one set, never a mix. By default full asks first (see create_song). Uploads and clips made
    elsewhere may be refused, free. 3-5 min.
    """

    label: ClassVar[str] = "Separate stems"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/stems/basic")
    minutes: ClassVar[str] = "3-5 min"
    row: ClassVar[str] = "stems_basic"
    price_note: ClassVar[str] = "20; full 50; wav 1 more for each part"
    contract: ClassVar[tuple[str, ...]] = ("stems_basic", "stems_full")

    clip_id: ClipId
    parts: Literal["basic", "full"] = Field("basic", description="basic: voice and band; full: every instrument.")

    format: Literal["mp3", "wav"] = Field("mp3", description="wav: also WAV. For parts made before use get_wav.")

    def check(self, facts: Facts) -> None:
        """Stems that are here are not bought again for the sake of their WAVs."""
        super().check(facts)
        if self.format == "wav" and not self.again and self.parts in facts.split(self.clip_id):
            refuse(
                "The stems of this clip are here already; only their WAVs are missing. Call get_wav with the clip_id "
                "of each part; get_song shows them. To have the song separated anew, set again.",
                "format",
            )

    def follow_up_price(self, facts: Facts) -> int | None:
        """A WAV of every part that may come; those that do not come are not charged."""
        each = facts.price(GetWav.row) if self.format == "wav" else 0
        return None if each is None else MOST_PARTS[self.parts] * each

    def price(self, facts: Facts) -> int | None:
        """By how far it is split, and the WAV files where they were asked for."""
        own, wavs = facts.price(f"stems_{self.parts}"), self.follow_up_price(facts)
        return None if own is None or wavs is None else own + wavs

    def follow_ups(self, clip_ids: Sequence[str]) -> tuple[Purchase, ...]:
        """A WAV of each part."""
        wanted = clip_ids[: MOST_PARTS[self.parts]] if self.format == "wav" else ()
        return tuple(GetWav(clip_id=clip_id) for clip_id in wanted)

    def request(self, facts: Facts) -> Request:
        """The two ways are two paths."""
        del facts
        basic = self.post(clip_id=self.clip_id)
        return basic if self.parts == "basic" else Request(basic.method, STEMS_FULL, basic.body)

    def reading(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The parts, each with its set where the service has made several."""
        items = body.get("data")
        if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
            return body
        sets = sets_of([self._name(item, index) for index, item in enumerate(items)])
        if max(sets, default=1) == 1:
            return body
        return {**body, "data": [{**item, SET: number} for item, number in zip(items, sets, strict=True)]}

    def part_of(self, clip: Mapping[str, Any], index: int) -> str | None:
        """The part's name, after its set where there are several: sets are candidates, and do not add up."""
        name, number = self._name(clip, index), clip.get(SET)
        return f"set {number}, {name}" if isinstance(number, int) else name

    def _name(self, clip: Mapping[str, Any], index: int) -> str:
        """The field for it, else what stands after the song's title, else its number."""
        named = said(clip.get("stem_type"), NAME_LIMIT)
        if named:
            return named.replace("_", " ").lower()
        title = said(clip.get("title"), 200) or ""
        plain = title.rstrip(")] .").lower()
        for part in PARTS:
            if re.search(rf"(?:^|\W){part}$", plain):
                return part
        ending = _ENDING.search(title)
        return ending[1].strip().lower() if ending else f"part {index + 1}"

    @property
    def clip_of(self) -> str | None:
        """The song: its parts lie in a folder named after it."""
        return self.clip_id

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The song."""
        return {"stem of": (self.clip_id,)}

    def subject(self) -> str:
        """Which clip."""
        return f"stems of clip {shorten(self.clip_id, SUBJECT_LIMIT)}"
