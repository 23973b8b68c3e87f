"""A fuller style from a short one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Finish, Outcome, Request, Route
from ..composing import SonicPurchase
from ..shapes import STYLE_LIMIT, SUBJECT_LIMIT, SongResult, data_of, said, shorten


class StyleResult(SongResult):
    """A style."""

    style: str | None = Field(None, description="The fuller style, for `style` of create_song and others.")


class EnhanceStyle(SonicPurchase):
    """Let the service turn a short style into a fuller one; returns the text.

    Writing the style yourself and trying it with check_style is free and usually better; use this when the person
    asks for it or ideas run out, and show both. At once.
    """

    label: ClassVar[str] = "Enhance style"
    route: ClassVar[Route] = Route("POST", "/api/v1/sonic/upsample-tags")
    result: ClassVar[type[StyleResult]] = StyleResult
    player: ClassVar[bool] = False
    finish: ClassVar[Finish] = Finish.AT_ONCE
    minutes: ClassVar[str] = "at once"
    row: ClassVar[str] = "tags"
    price_note: ClassVar[str] = "1"
    contract: ClassVar[tuple[str, ...]] = ("upsample_tags",)

    style: str = Field(min_length=1, max_length=STYLE_LIMIT, description='The short style, such as "pop, happy".')

    def request(self, facts: Facts) -> Request:
        """The style."""
        del facts
        return self.post(tags=self.style)

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """The fuller style, no longer than a song takes."""
        told = data_of(body).get("upsampled_tags")
        fuller = said(told, STYLE_LIMIT)
        facts = {"style": fuller} if fuller else {"notice": "The service had nothing to add to this style."}
        return Outcome(facts, ready=isinstance(told, str))

    def subject(self) -> str:
        """The style."""
        return shorten(self.style, SUBJECT_LIMIT)
