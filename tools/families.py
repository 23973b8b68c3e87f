"""What purchases of several families share: models and clips of a family, words and sound, uploads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar
from urllib.parse import unquote, urlsplit

from pydantic import Field

from ..server.core.operation import Checked, Facts, KnownClip, Outcome
from .buying import SongPurchase
from .shapes import (
    ID_LIMIT,
    LINK_LIMIT,
    SUBJECT_LIMIT,
    TITLE_LIMIT,
    ClipId,
    check_link,
    data_of,
    first_line,
    is_link,
    refuse,
    said,
    shorten,
)

Title = Annotated[str, Field(max_length=TITLE_LIMIT, description="Its title.")]
Sound = Annotated[str, Field(description="As in create_song.")]
Words = Annotated[str, Field(description="To sing.")]


class Modelled(SongPurchase):
    """A song made by a model of its family."""

    def check_model(self, facts: Facts, model: str | None) -> None:
        """Refuse a model that is known to belong to another family; an unknown one is left to the service."""
        known = facts.model(model) if model else None
        if known is not None and self.family not in known.families:
            refuse(f"{known.name} is a model of {' and '.join(known.families)}, not of {self.family}.", "model")


class Sung(Modelled, Checked):
    """A song with words and a sound of its own."""

    style: Sound | None = None
    lyrics: Words | None = None
    title: Title | None = None

    def subject(self) -> str:
        """The title, or the first line that is sung, or the style."""
        return self.title or shorten(first_line(self.lyrics) or self.style or self.label, SUBJECT_LIMIT)

    def search_words(self) -> str:
        """Everything the person said about it."""
        return " ".join(text for text in (self.title, self.style, self.lyrics) if text) or self.subject()


class OnClip(SongPurchase):
    """Something derived from a clip of the same family."""

    clip_id: ClipId

    def clip(self, facts: Facts) -> KnownClip | None:
        """What is known of the clip."""
        return facts.clip(self.clip_id)

    def subject(self) -> str:
        """What is done, and to which clip."""
        return f"{self.label}, clip {shorten(self.clip_id, SUBJECT_LIMIT)}"


class Worked(OnClip):
    """A song made from a clip of the same family."""

    relation: ClassVar[str]
    """How the result descends from the clip."""

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The clip."""
        return {self.relation: (self.clip_id,)}


class Resung(Sung, Worked):
    """A song made from a clip and sung: the words that were given, else those of the clip."""

    def check(self, facts: Facts) -> None:
        """Words there must be."""
        super().check(facts)
        if not self.words(facts):
            refuse("lyrics is needed: the words of this clip are not known here.", "lyrics")

    def words(self, facts: Facts) -> str | None:
        """What was given; else what the clip sings."""
        known = self.clip(facts)
        return self.lyrics or (known.lyrics if known else None)


class Uploading(SongPurchase):
    """A recording of the person's own, brought to a family."""

    timeout: ClassVar[float] = 120.0
    """The service may fetch it within the request."""
    uploads: ClassVar[bool] = True
    player: ClassVar[bool] = False
    price_note: ClassVar[str] = "2"
    instead: ClassVar[str] = "Use upload_audio instead."

    source: str = Field(max_length=LINK_LIMIT, description="Public https link, or a file name of the library.")

    def check(self, facts: Facts) -> None:
        """A link that the service can fetch, or a file that can be served under one."""
        check_link(self.link(facts))

    def link(self, facts: Facts) -> str:
        """The address; refuses a file that nothing here can serve."""
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

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """A clip of the person's own."""
        clip_id = said(data_of(body).get("clip_id"), ID_LIMIT)
        return Outcome(ready=False) if clip_id is None else Outcome(uploaded=(clip_id,))

    def subject(self) -> str:
        """The file's name."""
        name = unquote(urlsplit(self.source).path.rsplit("/", 1)[-1])
        return said(name, SUBJECT_LIMIT) or "a recording"


def failed_song(reason: object) -> dict[str, Any]:
    """The reading of a task that has failed as a whole."""
    return {"data": [{"state": "failed", "error_message": reason if isinstance(reason, str) else "It failed."}]}


def items_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The clips of an answer to a look, as they came."""
    data = body.get("data")
    if isinstance(data, Mapping):
        data = [data]
    return [item for item in data if isinstance(item, Mapping)] if isinstance(data, list) else []
