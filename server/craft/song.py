"""Everything the rules look at, worked out once and only when a rule asks."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .bundled import toml
from .cliches import worn_words
from .duration import Calibration, Feel, estimate, parts_of
from .findings import Kind, Range
from .genres import Genre
from .languages import base, detect, dialect_of, stretch
from .lyric import Line, Lyric, Section
from .rhyme import scheme
from .syllables import count

SUNG_KINDS = ("verse", "chorus", "pre-chorus", "bridge", "hook", "post-chorus")


@dataclass(frozen=True)
class Limits:
    """Longest texts in characters for a model; None where nothing is published."""

    lyrics: int | None
    style: int | None
    title: int


@dataclass(frozen=True)
class Song:
    """A lyric with what its writer wants. `given` is the text as it came, `lyric` the safely repaired one."""

    given: str
    lyric: Lyric
    limits: Limits
    kind: Kind = "song"
    engine: str = "sonic"
    genre: Genre | None = None
    said_language: str | None = None
    seconds: float | None = None
    bpm: float | None = None
    metre: str | None = None
    title: str | None = None
    names: Mapping[str, str] | None = None
    reference: Lyric | None = None
    calibration: Calibration | None = None

    @property
    def rap(self) -> bool:
        """Whether words are rapped."""
        return self.kind == "rap" or bool(self.genre and self.genre.rap)

    @cached_property
    def detected(self) -> str | None:
        """The language of the whole lyric as the words tell."""
        return detect("\n".join(line.sung for line in self.lyric.lines))

    @cached_property
    def declared(self) -> str | None:
        """The two-letter code of the language that was said."""
        return base(self.said_language)

    @property
    def dialect(self) -> str | None:
        """As `language`, with the region where one was said: `es-MX`."""
        return dialect_of(self.said_language) if self.declared else self.detected

    @property
    def language(self) -> str | None:
        """The language to count in: the declared one, else the one the words tell."""
        return self.declared or self.detected

    @cached_property
    def stretch(self) -> float:
        """How many syllables this language needs for one of English (a rule of thumb)."""
        return stretch(self.language)

    @cached_property
    def syllables(self) -> dict[int, tuple[int, ...]]:
        """Per section (by its place) the syllables of each line that the lead voice sings."""
        return {
            place: tuple(n for line in section.lines if (n := self.count(line)))
            for place, section in enumerate(self.lyric.sections)
        }

    def count(self, line: Line) -> int:
        """Syllables of the lead voice in one line."""
        return count(line.sung, self.language).usual

    @cached_property
    def worn(self) -> Counter[str]:
        """The overused words that are not at home in the genre, most frequent first."""
        text = "\n".join(line.text for line in self.lyric.lines)
        return worn_words(text, self.language or "en", self.genre.may if self.genre else ())

    @cached_property
    def estimate(self) -> Range:
        """The seconds this lyric will probably take."""
        feel = Feel.of(self.genre, self.kind, self.bpm, self.metre, self.language, self.seconds)
        return estimate(parts_of(self.lyric, self.language), feel, self.calibration)

    def scheme_of(self, section: Section) -> str:
        """The rhyme scheme of a section as sung."""
        return scheme([line.end for line in section.lines if line.end], self.dialect)


def is_older(model: str | None) -> bool:
    """Whether the requested model id has the smaller limits."""
    older: dict[str, Any] = toml("limits")["sonic"]["older"]
    name = (model or "").casefold()
    return name.startswith(tuple(older["models"])) and not name.startswith(tuple(older["except"]))


def engine_of(model: str | None, engine: str = "sonic") -> str:
    """`producer` for its model names, else what was said."""
    return "producer" if (model or "").casefold().startswith(("fuzz", "lyria")) else engine


def limits_for(model: str | None, engine: str = "sonic") -> Limits:
    """The limits of a model; an unknown model of the Sonic family has the current ones."""
    if engine_of(model, engine) != "sonic":
        return Limits(None, None, toml("limits")["producer"]["title"])
    facts = toml("limits")["sonic"]
    small = facts["older"] if is_older(model) else facts
    return Limits(small["lyrics"], small["style"], facts["title"])
