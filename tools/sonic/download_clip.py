"""A clip in other formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from ...server.core.foreign import link_of
from ...server.core.operation import Facts, Finish, Link, Outcome, Request, Route
from ..composing import ClipPurchase
from ..shapes import data_of


class DownloadClip(ClipPurchase):
    """Save a clip in one or more formats, all for one price.

    Songs have their MP3 already; for WAV alone get_wav is cheaper. 1 min.
    """

    label: ClassVar[str] = "Download clip"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/download")
    finish: ClassVar[Finish] = Finish.ASK_AGAIN
    minutes: ClassVar[str] = "1 min"
    row: ClassVar[str] = "download"
    price_note: ClassVar[str] = "2"
    contract: ClassVar[tuple[str, ...]] = ("download",)
    what: ClassVar[str] = "files"

    formats: tuple[Literal["mp3", "m4a", "wav"], ...] = Field(min_length=1, max_length=3, description="Which ones.")

    @field_validator("formats")
    @classmethod
    def _in_one_order(cls, value: tuple[Literal["mp3", "m4a", "wav"], ...]) -> tuple[Literal["mp3", "m4a", "wav"], ...]:
        """The same formats in another order are the same purchase."""
        return tuple(sorted(set(value)))

    def request(self, facts: Facts) -> Request:
        """The clip and the formats."""
        del facts
        return self.post(clip_id=self.clip_id, formats=list(self.formats))

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """The files that were asked for, once there are links to them."""
        files = data_of(body).get("files")
        rows = [row for row in files if isinstance(row, Mapping)] if isinstance(files, list) else []
        urls = {str(row.get("format")).lower(): link_of(row.get("file_url")) for row in rows}
        links = tuple(Link(self.clip_id, kind, url) for kind in self.formats if (url := urls.get(kind)))
        missing = [kind for kind in self.formats if not urls.get(kind)]
        if not links:
            return Outcome(ready=False)
        return Outcome({"notice": f"The service gave no {', '.join(missing)}."} if missing else {}, links)

    def subject(self) -> str:
        """The formats, and of which clip."""
        return f"{', '.join(self.formats)} {super().subject()}"
