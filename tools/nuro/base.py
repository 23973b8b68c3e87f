"""What the purchases of the nuro family share: one path, a flat answer, an exact length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...server.core.foreign import link_of, number
from ...server.core.operation import Facts, Family, Request, Route
from ..buying import SongPurchase
from ..families import Title
from ..shapes import joined, said

WORD_LIMIT = 200


class NuroPurchase(SongPurchase):
    """A purchase of the nuro family: one piece a call, as WAV."""

    family: ClassVar[Family] = Family.NURO
    route: ClassVar[Route] = Route("POST", "/api/v1/nuro/create")
    hook: ClassVar[bool] = True
    minutes: ClassVar[str] = "1 min"
    row: ClassVar[str] = "nuro_create"
    price_note: ClassVar[str] = "10"

    title: Title | None = None

    def asked(self) -> int | None:
        """The length in seconds that was asked for; None where the service was left to choose."""
        raise NotImplementedError

    def wanted(self, facts: Facts) -> dict[str, object]:
        """The body of the request."""
        raise NotImplementedError

    def request(self, facts: Facts) -> Request:
        """The request; the title stays here, the service takes none."""
        return self.post(**self.wanted(facts))

    def reading(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The flat answer as a list of one clip, which has the task's id.

        Finished tasks have been met whose status still said pending: a link and a progress of 100 count as well.
        """
        url = link_of(body.get("audio_url"))
        state = str(body.get("status") or "").lower()
        if state != "failed" and url and (number(body.get("progress")) or 0) >= 100:
            state = "succeeded"
        words = (_word(body.get(name)) for name in ("genre", "mood", "gender", "timbre"))
        clip = {
            "clip_id": body.get("task_id"),
            "state": state,
            "title": self.title or self.subject(),
            "tags": joined(*words) or self.sound(),
            "lyrics": body.get("lyrics"),
            "duration": body.get("duration"),
            "audio_url": url,
            "error_message": body.get("message"),
        }
        return {"data": [clip]}

    def sound(self) -> str:
        """How it was asked to sound, for the tags of its file."""
        raise NotImplementedError

    def remarks(self, facts: Facts, seconds: float | None) -> tuple[str, ...]:
        """Asked and real length."""
        asked, said_before = self.asked(), super().remarks(facts, seconds)
        if asked is None or seconds is None:
            return said_before
        return (*said_before, f"Asked for {asked} seconds, made {seconds:g}.")


def _word(value: object) -> str | None:
    if isinstance(value, list):
        return joined(*(_word(item) for item in value)) or None
    return said(value, WORD_LIMIT)
