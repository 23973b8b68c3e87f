"""What the purchases of the riffusion family share: one path, two songs, words and sound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from ...server.core.operation import Facts, Family, Request, Route
from ..buying import is_upload
from ..families import Modelled, Resung, Sound, Words, items_of

TAKES = 2

Model = Annotated[str, Field(description="Default FUZZ-1.1 Pro; or FUZZ-1.1, FUZZ-1.0 Pro, FUZZ-1.0.")]
SameModel = Annotated[str, Field(description="Default FUZZ-1.1 Pro.")]
Uploaded = Annotated[bool, Field(description="For clips made elsewhere.")]


class RiffusionPurchase(Modelled):
    """A purchase of the riffusion family, which no brand still recommends; two songs per call, as M4A."""

    family: ClassVar[Family] = Family.RIFFUSION
    route: ClassVar[Route] = Route("POST", "/api/v1/riffusion/create")
    minutes: ClassVar[str] = "1 min"
    row: ClassVar[str] = "riffusion_create"
    price_note: ClassVar[str] = "10"

    def reading(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The songs as they came; one that is finished before there is a second waits for it."""
        items = items_of(body)
        alone = len(items) < TAKES
        return {"data": [self._song(item, waits=alone and item.get("state") == "succeeded") for item in items]}

    def _song(self, item: Mapping[str, Any], *, waits: bool) -> dict[str, Any]:
        return {
            **item,
            "title": item.get("title") or self.subject(),
            "tags": getattr(self, "style", None),
            "state": "running" if waits else item.get("state"),
        }


class Composing(RiffusionPurchase):
    """A song by style and words, or by a description of both."""

    model: Model | None = None

    def check(self, facts: Facts) -> None:
        """The model must be one of this family."""
        super().check(facts)
        self.check_model(facts, self.model)

    def compose(self, facts: Facts, *, custom: bool, **body: object) -> Request:
        """The request to the path that everything composed shares."""
        return self.post(custom_mode=custom, mv=self.model or self.edition(facts).model, **body)


class Reworking(Resung, Composing):
    """A song made from a clip; words and style are both needed."""

    task: ClassVar[tuple[str, str]]
    """The task type for clips the service made, and the one for uploads."""

    style: Sound
    model: SameModel | None = None
    lyrics: Words | None = Field(None, description="Default: the song's, where known.")
    source_uploaded: Uploaded | None = None

    def request(self, facts: Facts) -> Request:
        """The clip in the variant for what it is, the words and the sound."""
        return self.compose(
            facts,
            custom=True,
            task_type=self.task[is_upload(self.source_uploaded, self.clip(facts))],
            continue_clip_id=self.clip_id,
            lyrics=self.words(facts),
            sound=self.style,
            title=self.title,
            **self.more(facts),
        )

    def more(self, facts: Facts) -> dict[str, object]:
        """What this task takes besides."""
        del facts
        return {}
