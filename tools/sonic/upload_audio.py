"""Bring a recording to the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from pydantic import Field

from ...server.core.operation import Facts, Finish, Outcome, Request, Route
from ..composing import SUBJECT_LIMIT, SonicPurchase
from ..shapes import ID_LIMIT, LINK_LIMIT, check_link, data_of, is_link, refuse, said


class UploadAudio(SonicPurchase):
    """Bring in a recording by link; its clip can get vocals, a band, stems, a persona.

    Returns its clip_id, not its length. Needed for add_vocals, add_instrumental and the tools that take only clip ids;
    extend_song, cover_song and sample_song take links themselves. Own or free recordings up to 8 min; known releases
    are refused. 20 s.
    """

    label: ClassVar[str] = "Upload audio"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/upload")
    finish: ClassVar[Finish] = Finish.AT_ONCE
    timeout: ClassVar[float] = 120.0
    uploads: ClassVar[bool] = True
    minutes: ClassVar[str] = "20 s"
    row: ClassVar[str] = "upload"
    price_note: ClassVar[str] = "2"
    contract: ClassVar[tuple[str, ...]] = ("upload",)

    source: str = Field(
        max_length=LINK_LIMIT,
        description="Public https link straight to the audio file. Local files must be put online first.",
    )

    def check(self, facts: Facts) -> None:
        """A link that the service can fetch, or a file that can be served under one."""
        check_link(self._link(facts))

    def _link(self, facts: Facts) -> str:
        if is_link(self.source):
            return self.source
        link = facts.link_to(self.source)
        if link is None:
            refuse(
                f"{self.source} is there, but the service fetches recordings by link and cannot reach files on this "
                f"computer. Put it at any public https address (your web space, a release, an object store) and pass "
                f"that link.",
                "source",
            )
        return link

    def request(self, facts: Facts) -> Request:
        """The link."""
        return self.post(url=self._link(facts))

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """A clip of the person's own."""
        clip_id = said(data_of(body).get("clip_id"), ID_LIMIT)
        return Outcome(ready=False) if clip_id is None else Outcome(uploaded=(clip_id,))

    def subject(self) -> str:
        """The file's name."""
        name = unquote(urlsplit(self.source).path.rsplit("/", 1)[-1])
        return said(name, SUBJECT_LIMIT) or "a recording"
