"""What the purchases of the producer family share: one path, one kind of answer, words and sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from ...server.core.foreign import link_of
from ...server.core.operation import Facts, Family, Request, Route
from ..families import Modelled, Resung, Sound, Sung, Words, Worked, failed_song, items_of
from ..shapes import Weight, given, refuse

Model = Annotated[str, Field(description="Default FUZZ-2.0; or FUZZ-2.0 Pro, FUZZ-2.0 Raw, FUZZ-1.1 Pro.")]
SameModel = Annotated[str, Field(description="Default FUZZ-2.0.")]
Seed = Annotated[int, Field(ge=0, description="Repeats a result.")]
Change = Annotated[float, Field(ge=0, le=1, description="To 0.5 subtle, from 0.9 drastic.")]


class ProducerPurchase(Modelled):
    """A purchase of the producer family: one song a call, as M4A."""

    family: ClassVar[Family] = Family.PRODUCER
    route: ClassVar[Route] = Route("POST", "/api/v1/producer/create")
    hook: ClassVar[bool] = True
    minutes: ClassVar[str] = "1 min"
    row: ClassVar[str] = "producer_create"
    price_note: ClassVar[str] = "10"

    def reading(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Either form of the answer: a state in each clip, or a status above them all."""
        status = str(body.get("status") or "").upper()
        if status == "FAILED":
            return failed_song(body.get("message"))
        if status not in ("", "SUCCESS"):
            return {"data": []}
        return self.finished([{**item, "state": "succeeded"} if status else item for item in items_of(body)])

    def finished(self, items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """What the clips of an answer mean."""
        return {"data": [self._song(item) for item in items]}

    def _song(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **item,
            "title": item.get("title") or self.subject(),
            "tags": item.get("sound") or getattr(self, "style", None),
            "audio_url": link_of(item.get("audio_url")) or link_of(item.get("wav_url")),
        }

    def produce(self, facts: Facts, task_type: str, model: str | None, **body: object) -> Request:
        """The request to the path that everything composed shares."""
        return self.post(task_type=task_type, mv=model or self.edition(facts).model, **body)


class Sounding(ProducerPurchase, Sung):
    """How it should sound, and what should be sung."""

    seed: Seed | None = None
    lyrics_strength: Weight | None = Field(None, description="How literally.")
    style_strength: float | None = Field(None, ge=0.2, le=1, description="How literally.")
    weirdness: Weight | None = Field(None, description="How unusual.")
    model: Model | None = None

    @model_validator(mode="after")
    def _something_to_go_by(self) -> Self:
        if not self.style and not self.lyrics:
            refuse("Give style or lyrics, or both.", "style")
        return self

    def check(self, facts: Facts) -> None:
        """The model must be one of this family."""
        super().check(facts)
        self.check_model(facts, self.model)

    def sounding(self, facts: Facts) -> dict[str, object]:
        """The part of the body that says how it should sound and what is sung."""
        told = self.edition(facts).instructs and isinstance(self, Worked)
        return given(
            sound=self.style,
            lyrics=self.lyrics,
            title=self.title,
            seed=None if self.seed is None else str(self.seed),
            lyrics_strength=self.lyrics_strength,
            sound_strength=self.style_strength,
            weirdness=self.weirdness,
            instruction=self.style or self.lyrics if told else None,
        )


class Reworking(Sounding, Worked):
    """A song made from a clip, with words and sound of its own."""

    model: SameModel | None = None


class Swapping(Reworking, Resung):
    """Half of a song made anew over the other half; needs both words and sound."""

    task_type: ClassVar[str]

    style: Sound
    lyrics: Words | None = Field(None, description="Default: the song's, where known.")
    cover_strength: Change | None = None

    def request(self, facts: Facts) -> Request:
        """The clip, the words and the new sound."""
        body = self.sounding(facts) | given(lyrics=self.words(facts))
        return self.produce(
            facts, self.task_type, self.model, clip_id=self.clip_id, cover_strength=self.cover_strength, **body
        )
