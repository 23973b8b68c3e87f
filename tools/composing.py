"""What the purchases of the sonic family share: the source of the words, the style, one clip's extras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from ..server.core.operation import Checked, Facts, Family, Finish, KnownClip, Model, Request, Route, refuse_long
from .buying import SongPurchase, is_upload
from .links import own_clip
from .shapes import (
    AS_THERE,
    DESCRIPTION_LIMIT,
    SHORT_DESCRIPTION_LIMIT,
    SUBJECT_LIMIT,
    ClipId,
    Closeness,
    End,
    Lyrics,
    ModelName,
    NegativeStyle,
    Source,
    Start,
    Style,
    Title,
    VocalGender,
    Weight,
    check_source,
    first_line,
    given,
    is_link,
    joined,
    refuse,
    shorten,
    span,
)

BRIEF_LIMIT = 3000
UPLOAD_AGE = 86_400.0
"""Seconds for which the service adds voices and bands to an upload."""

Idea = Annotated[
    str,
    Field(
        min_length=1,
        max_length=BRIEF_LIMIT,
        description=AS_THERE,
    ),
]
ShortIdea = Annotated[
    str, Field(min_length=1, max_length=SHORT_DESCRIPTION_LIMIT, description="The service writes lyrics about this.")
]


CREATE = Route("POST", "/api/v1/sonic/create")
"""The path that most of what composes shares; `task_type` in the body tells them apart."""


def create(task_type: str, **body: object) -> Request:
    """A request to the create path. The CDN switch is always sent: the service has refused bodies without it."""
    return Request(CREATE.method, CREATE.path, {"task_type": task_type, "use_suno_cdn": False, **given(**body)})


class SonicPurchase(SongPurchase):
    """A purchase of the sonic family."""

    family: ClassVar[Family] = Family.SONIC


class Words(SonicPurchase):
    """Where the words of a song come from: the person, the service, or nowhere."""

    lyrics: Lyrics | None = None
    idea: Idea | None = None
    instrumental: bool = Field(False, description="No voice.")
    title: Title | None = None

    @model_validator(mode="after")
    def _one_source_of_words(self) -> Self:
        if self.lyrics and self.idea:
            refuse("Give lyrics (own words) or an idea (the service writes them), not both.", "idea")
        if self.lyrics and self.instrumental:
            refuse("An instrumental has no lyrics; leave out lyrics or instrumental.", "lyrics")
        return self


class Sound(SonicPurchase, Checked):
    """How it should sound."""

    hook: ClassVar[bool] = True

    style: Style | None = None
    negative_style: NegativeStyle | None = None
    model: ModelName | None = None
    style_weight: Weight | None = Field(None, description=AS_THERE)
    weirdness: Weight | None = Field(None, description="How unusual; 1 most.")

    def known_model(self, facts: Facts) -> Model | None:
        """The catalogue's row of the model; None for one it has never heard of, which is left to the service."""
        return facts.model(self.model or facts.default_model)

    def check_model(self, facts: Facts, lyrics: str | None) -> None:
        """The limits that depend on the model."""
        if known := self.known_model(facts):
            refuse_long(lyrics, known.lyrics, "lyrics", f" for {known.name}")
            refuse_long(self.style, known.style, "style", f" for {known.name}")

    def sound(self, facts: Facts) -> dict[str, object]:
        """The part of the body that says how it should sound."""
        return given(
            mv=facts.spell(self.model or facts.default_model),
            tags=self.style,
            negative_tags=self.negative_style,
            style_weight=self.style_weight,
            weirdness_constraint=self.weirdness,
        )


class Styled(Sound):
    """How it should sound, and who should sing."""

    vocal_gender: VocalGender | None = None

    def check_model(self, facts: Facts, lyrics: str | None) -> None:
        """The limits that depend on the model, and whether it knows voices."""
        super().check_model(facts, lyrics)
        known = self.known_model(facts)
        if self.vocal_gender is not None and known is not None and not known.vocal_gender:
            refuse(f"vocal_gender is not known to {known.name}; models from v4.5 on take it.", "vocal_gender")

    def sound(self, facts: Facts) -> dict[str, object]:
        """The part of the body that says how it should sound."""
        return super().sound(facts) | given(vocal_gender=self.vocal_gender[0] if self.vocal_gender else None)


class Composition(Styled, Words):
    """A song that is composed: words, style, and the mode that follows from what was given."""

    idea_limit: ClassVar[int] = DESCRIPTION_LIMIT
    """The limit of a description from which the service decides everything."""
    rebate: ClassVar[bool] = True
    """It has a second row (`_old`), cheaper for own lyrics on models of the first generations (v3.5, v4)."""

    def sung(self, facts: Facts) -> tuple[str | None, bool]:
        """The lyrics, and whether there is no voice at all."""
        del facts
        return self.lyrics, self.instrumental

    @property
    def brief_only(self) -> bool:
        """Whether the path knows no other way than a description to have lyrics written."""
        return False

    @property
    def _described(self) -> bool:
        if not self.idea:
            return False
        detailed = bool(self.style or self.title)
        return not detailed or (self.brief_only and not self.instrumental)

    def check(self, facts: Facts) -> None:
        """Words there must be, within the limits of model and mode."""
        lyrics, instrumental = self.sung(facts)
        if not lyrics and not self.idea and not instrumental:
            refuse("Give lyrics, or an idea, or instrumental.", "lyrics")
        self.check_model(facts, lyrics)
        if self._described:
            both = " and style together" if self.style else ""
            refuse_long(joined(self.idea, self.style), self.idea_limit, f"idea{both}", " for a description")
        elif instrumental and self.idea:
            refuse_long(joined(self.style, self.idea), self.style_limit(facts), "style and idea together")

    def style_limit(self, facts: Facts) -> int | None:
        """Characters that the style may have."""
        known = self.known_model(facts)
        return known.style if known else None

    def mode(self, facts: Facts) -> dict[str, object]:
        """The part of the body that says what to make of which words."""
        lyrics, instrumental = self.sung(facts)
        body: dict[str, object] = {"custom_mode": True, **self.sound(facts)}
        if self._described:
            # Whether a description leaves room for tags nobody documented, so the style is in both.
            body |= {"custom_mode": False, "gpt_description_prompt": joined(self.idea, self.style)}
        elif lyrics:
            body["prompt"] = lyrics
        elif not instrumental:
            body |= {"prompt": self.idea, "auto_lyrics": True}
        elif self.idea:
            body["tags"] = joined(self.style, self.idea)
        if instrumental:
            body["make_instrumental"] = True
        if self.title:
            body["title"] = self.title
        return body

    def price(self, facts: Facts) -> int | None:
        """By model, where the words are the person's own."""
        known = self.known_model(facts)
        old = known is not None and known.name in ("sonic-v3-5", "sonic-v4")
        return facts.price(f"{self.row}_old" if self.rebate and old and self.sung(facts)[0] else self.row)

    def subject(self) -> str:
        """The title, or the idea, or the first line that is sung."""
        return self.title or shorten(self.idea or first_line(self.lyrics) or self.style or self.label, SUBJECT_LIMIT)

    def search_words(self) -> str:
        """Everything the person said about it."""
        return " ".join(text for text in (self.title, self.idea, self.style, self.lyrics) if text) or self.subject()


class FromSource(SonicPurchase):
    """Made from something that exists: a clip, or a recording behind a link."""

    source: Source

    def settled(self, facts: Facts) -> Self:
        """A link to one of the caller's own clips is that clip: nothing has to be uploaded again."""
        clip_id = own_clip(self.source, facts) if is_link(self.source) else None
        return self.model_copy(update={"source": clip_id}) if clip_id else self


class Sourced(FromSource):
    """Made from something that exists: a clip, or a recording behind a link."""

    timeout: ClassVar[float] = 120.0
    """The service fetches a link within the request."""

    source_uploaded: bool | None = Field(None, description="Only for a clip made elsewhere: whether it is an upload.")

    @property
    def link(self) -> str | None:
        """The address, where the source is one."""
        return self.source if is_link(self.source) else None

    def clip(self, facts: Facts) -> KnownClip | None:
        """What is known of the source, where it is a clip."""
        return None if self.link else facts.clip(self.source)

    def uploaded(self, facts: Facts) -> bool:
        """Whether the source needs the variants for uploads."""
        return is_upload(self.source_uploaded, self.clip(facts))


class Rework(Composition, Sourced):
    """A song composed from another."""

    relation: ClassVar[str]
    """How the result descends from its source."""

    @property
    def brief_only(self) -> bool:
        """The paths that fetch a link are not known to write lyrics from a brief."""
        return self.link is not None

    def check(self, facts: Facts) -> None:
        """The source, then the words."""
        check_source(self.source)
        super().check(facts)

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The clip; what a link is uploaded as gets its id only later."""
        return {} if self.link else {self.relation: (self.source,)}


class Overdub(Sound):
    """Something added to a recording that the person brought."""

    route: ClassVar[Route] = CREATE
    minutes: ClassVar[str] = "1-2 min"

    clip_id: ClipId = Field(description="The upload.")
    title: Title | None = None
    start_seconds: Start | None = Field(
        None,
        description="Where the addition begins; default all. The rest may not come back.",
    )
    end_seconds: End | None = Field(None, description="Where the addition ends.")
    closeness: Closeness | None = None

    def check(self, facts: Facts) -> None:
        """Uploads of the last day only, as far as it is known what the clip is."""
        known = facts.clip(self.clip_id)
        if known is not None and not known.uploaded:
            refuse("clip_id must be an uploaded recording; upload_audio makes one of a link.", "clip_id")
        if known is not None and known.created_at is not None and facts.now - known.created_at > UPLOAD_AGE:
            refuse("The recording was uploaded more than 24 hours ago; bring it again with upload_audio.", "clip_id")
        span(self.start_seconds, self.end_seconds, known)
        self.check_model(facts, None)

    def overdub(self, facts: Facts, **body: object) -> Request:
        """The body; start and end are where the addition sounds."""
        start, end = span(self.start_seconds, self.end_seconds, facts.clip(self.clip_id))
        return create(
            self.row,
            custom_mode=True,
            continue_clip_id=self.clip_id,
            **self.sound(facts),
            **body,
            title=self.title,
            audio_weight=self.closeness,
            overpainting_start_s=start,
            overpainting_end_s=end,
        )

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The recording."""
        return {"adds to": (self.clip_id,)}

    def subject(self) -> str:
        """The title, or what is done."""
        return self.title or f"{self.label} to clip {shorten(self.clip_id, SUBJECT_LIMIT)}"


class ClipPurchase(SonicPurchase):
    """Something derived from an existing clip: a file, a measurement. The answer never changes."""

    finish: ClassVar[Finish] = Finish.AT_ONCE
    keeps: ClassVar[bool] = True
    player: ClassVar[bool] = False
    what: ClassVar[str]
    """What is had, for lists: "tempo"."""

    clip_id: ClipId

    @property
    def clip_of(self) -> str | None:
        """The clip."""
        return self.clip_id

    def request(self, facts: Facts) -> Request:
        """The clip's id is all that these paths take."""
        del facts
        return self.post(clip_id=self.clip_id)

    def subject(self) -> str:
        """What, and of which clip."""
        return f"{self.what} of clip {shorten(self.clip_id, SUBJECT_LIMIT)}"
