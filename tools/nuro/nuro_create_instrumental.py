"""An instrumental of the nuro family."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ...server.core.operation import Facts, refuse_long
from ..shapes import SUBJECT_LIMIT, given, joined, refuse, shorten
from .base import NuroPurchase
from .words import Genre, Instrument, Mood, SectionName, Theme

CLASSIC_LONGEST, STRUCTURED_SHORTEST, LONGEST = 60, 30, 120
STRUCTURED_STYLE_LIMIT = 199
T = TypeVar("T")


def _each_once(words: tuple[T, ...]) -> tuple[T, ...]:
    """The same words in another order are the same purchase."""
    return tuple(sorted(set(words), key=str))


AtMostFive = Annotated[tuple[T, ...], Field(max_length=5), AfterValidator(_each_once)]


class Segment(BaseModel):
    """One part of a structured piece."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: SectionName
    seconds: int = Field(ge=5, le=LONGEST)


class NuroCreateInstrumental(NuroPurchase):
    """Make one instrumental of an exact length, up to 2 min; WAV.

    Classic: to 60 s, words from lists. Structured: 30-120 s, segments. 1 min. Retired at aimusicapi.ai since mid-2026:
    use create_song with instrumental there.
    """

    label: ClassVar[str] = "Nuro: create instrumental"
    contract: ClassVar[tuple[str, ...]] = ("nuro_create/bgm", "nuro_create_instrumental")
    instead: ClassVar[str] = "Use create_song or producer_create_song instead, with instrumental."

    style: str = Field(min_length=1, description="The sound; structured: 199 characters.")
    seconds: int | None = Field(None, ge=1, le=LONGEST, description="Length. Default 60, or the segments' sum.")
    form: Literal["classic", "structured"] | None = Field(None, description="Default by segments and seconds.")
    segments: tuple[Segment, ...] | None = Field(None, min_length=1, description="The parts in order; structured.")
    genre: AtMostFive[Genre] | None = Field(None, description="Classic, as the three below.")
    mood: AtMostFive[Mood] | None = Field(None, description="Mood.")
    instruments: AtMostFive[Instrument] | None = Field(None, description="Instruments.")
    theme: AtMostFive[Theme] | None = Field(None, description="Themes.")

    @property
    def structured(self) -> bool:
        """Which of the two forms this is."""
        if self.form is None:
            return self.segments is not None or (self.seconds or 0) > CLASSIC_LONGEST
        return self.form == "structured"

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.structured:
            self._check_structured()
        else:
            self._check_classic()
        return self

    def _check_structured(self) -> None:
        total = self.asked()
        if self.genre or self.mood or self.instruments or self.theme:
            refuse("genre, mood, instruments and theme belong to the classic form; put them in style.", "genre")
        if total is None:
            refuse("A structured piece needs seconds or segments.", "seconds")
        if not STRUCTURED_SHORTEST <= total <= LONGEST:
            field = "segments" if self.segments else "seconds"
            refuse(
                f"{field}: a structured piece is {STRUCTURED_SHORTEST} to {LONGEST} seconds long, not {total}.", field
            )
        if self.segments and self.seconds not in (None, total):
            refuse(f"The segments add up to {total} seconds, not {self.seconds}; leave out seconds.", "seconds")
        refuse_long(self.style, STRUCTURED_STYLE_LIMIT, "style", " for a structured piece")

    def _check_classic(self) -> None:
        if self.segments:
            refuse("segments belong to the structured form.", "segments")
        if (self.seconds or 0) > CLASSIC_LONGEST:
            refuse(f"The classic form takes at most {CLASSIC_LONGEST} seconds.", "seconds")

    def asked(self) -> int | None:
        """As given, or the sum of the segments, or what the classic form makes by itself."""
        if self.segments:
            return sum(segment.seconds for segment in self.segments)
        return self.seconds or (None if self.structured else CLASSIC_LONGEST)

    def wanted(self, facts: Facts) -> dict[str, object]:
        """Style and structure, or style and words from the lists."""
        del facts
        body: dict[str, Any] = {"type": "bgm", "description": self.style}
        if self.structured:
            parts = [{"name": part.name, "duration": part.seconds} for part in self.segments or ()]
            # Beside segments one page wants the length left out and another sends their sum: the sum suits both.
            return body | given(version="v2.0", duration=self.asked(), segments=parts or None)
        lists = {"genre": self.genre, "mood": self.mood, "instrument": self.instruments, "theme": self.theme}
        chosen = {name: list(words) for name, words in lists.items() if words}
        return body | given(version="v1.0", duration=self.seconds) | chosen

    def sound(self) -> str:
        """The style and the chosen words."""
        return joined(self.style, *(self.genre or ()), *(self.mood or ()), *(self.instruments or ()))

    def subject(self) -> str:
        """The title, or the style."""
        return self.title or shorten(self.style, SUBJECT_LIMIT)

    def search_words(self) -> str:
        """Everything the person said about it."""
        return " ".join(text for text in (self.title, self.sound()) if text)
