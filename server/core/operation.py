"""An operation: one thing the service, or Songwright itself, can do.

An operation is a class. Its fields are the arguments in a person's words, its docstring is the tool's description, its
class facts are the policy. An instance is a value: validated before money moves, written to the journal, compared for
replay, resumed after a crash. It knows neither MCP nor HTTP nor SQL.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .errors import ArgumentRefused
from .sung import SungLine


class Effect(StrEnum):
    """What a call does. Annotations, confirmation, journal and retry rules follow from it."""

    READS = "reads"
    """Asks the service something that is free."""
    SPENDS = "spends"
    """Costs credits: journaled, priced, confirmed, never resent on doubt."""
    CHANGES = "changes"
    """Changes our own jobs or files."""
    LOCAL = "local"
    """Computes or looks up on this machine; nothing changes, nothing is sent."""


class Family(StrEnum):
    """An engine of the service, with its own paths, clips and models."""

    SONIC = "sonic"
    PRODUCER = "producer"
    NURO = "nuro"
    RIFFUSION = "riffusion"

    @property
    def task_path(self) -> str:
        """The path for looking at its tasks; a brand may spell the family differently."""
        return f"/api/v1/{self}/task/{{task_id}}"


class Finish(StrEnum):
    """How a purchase ends."""

    POLLED = "polled"
    """The answer is a task; looks follow until its clips are final."""
    AT_ONCE = "at once"
    """The answer itself is the result and the receipt."""
    ASK_AGAIN = "ask again"
    """The file may not be ready: the same call is repeated, capped, each one journaled."""


@dataclass(frozen=True)
class Route:
    """Method and canonical path (`/api/v1/sonic/create`); a brand may spell the family differently."""

    method: Literal["GET", "POST"]
    path: str


@dataclass(frozen=True)
class Request:
    """A request to the service. Holds no key."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What must not get from an answer into records and results: it is masked when the answer arrives."""


@dataclass(frozen=True)
class Model:
    """One row of the catalogue: a model's limits. Characters and seconds; None where none is published."""

    name: str
    lyrics: int | None = None
    style: int | None = None
    vocal_gender: bool = True
    retired: str | None = None
    families: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edition:
    """How a brand offers a family's operations on a given day: the row of the catalogue that is in force."""

    name: str = ""
    since: str = ""
    """Its first day, as `2026-04-01`."""
    model: str = ""
    """The model for songs that name none."""
    only_model: bool = False
    """This model renders every song, whichever is asked for."""
    ignored: tuple[str, ...] = ()
    """Arguments that are taken and have no effect."""
    needs: tuple[str, ...] = ()
    """Arguments that were optional before."""
    instructs: bool = False
    """A separate field says what to do with a clip."""


@dataclass(frozen=True)
class KnownClip:
    """What the journal knows of a clip that is used as a source."""

    clip_id: str
    title: str = ""
    seconds: float | None = None
    uploaded: bool = False
    created_at: float | None = None
    lyrics: str | None = None
    style: str | None = None
    family: str = ""
    """The engine that made the clip; empty if unknown."""


class Facts(Protocol):
    """What a declaration may look up while it is checked, priced and turned into a request."""

    @property
    def default_model(self) -> str:
        """The model for songs that name none."""
        ...

    @property
    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def model(self, name: str) -> Model | None:
        """The catalogue's row, under either spelling; None for an unknown model."""
        ...

    def spell(self, model: str) -> str:
        """The model's name as the configured brand spells it."""
        ...

    def edition(self, family: str) -> Edition:
        """How the configured brand offers a family's operations now."""
        ...

    def price(self, row: str) -> int | None:
        """Credits for one row of the price table at the configured brand; None when unknown."""
        ...

    def clip(self, clip_id: str) -> KnownClip | None:
        """What the journal knows of a clip of this caller."""
        ...

    def split(self, clip_id: str) -> frozenset[str]:
        """How a clip was separated into stems already ("basic", "full"), where no WAV of each was ordered with them."""
        ...

    def recipe(self, name: str) -> Mapping[str, Any]:
        """The arguments that a recipe of this caller keeps. Raises `NotFound` where there is none of that name."""
        ...

    def link_to(self, name: str) -> str | None:
        """A public link to a file of the library or the upload folder; None where this server cannot offer links.

        Raises `ArgumentRefused` for a file that is missing or is not audio.
        """
        ...


@dataclass(frozen=True)
class Link:
    """A file to save beside an existing clip."""

    clip_id: str
    kind: str
    """What it is called in results and in the journal: wav, m4a, midi."""
    url: str


TEXT_KINDS: Mapping[str, str] = {".lrc": "lyrics", ".srt": "srt", ".vtt": "subtitles", ".ass": "karaoke"}
"""The kind, in results and in the journal, of timed lyrics with this ending."""


@dataclass(frozen=True)
class Outcome:
    """The meaning of an answer that is itself the result."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    """What goes into the result, by the names of the answer's fields."""
    links: tuple[Link, ...] = ()
    """Files to fetch and keep."""
    bpm: float | None = None
    """The tempo of the clip named by `clip_of`, for its tags."""
    timeline: tuple[SungLine, ...] = ()
    """When the clip named by `clip_of` is sung: written into its tags, and as timed lyrics (`TEXT_KINDS`) beside it."""
    uploaded: tuple[str, ...] = ()
    """Ids of clips made from the person's own file."""
    ready: bool = True
    """False when the answer does not contain what was ordered."""
    waiting: bool = False
    """Whether an answer that is not ready says that the file is being made, so that the same call may be repeated."""


LONGEST_TEXT = 20_000
"""The most characters in any text argument, whatever other limits it has."""
MOST_TEXT = 60_000
"""The most characters in all arguments together."""
CONTROLS = frozenset({"again", "force", "quote"})
"""Arguments that steer a purchase but do not change what is bought; they are not part of the replay hash."""

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Operation(BaseModel):
    """One operation; see the module."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    label: ClassVar[str]
    effect: ClassVar[Effect]
    result: ClassVar[type[BaseModel]]
    minutes: ClassVar[str] = ""
    """Typical time, for people: "1-3 min", "at once"."""
    price_note: ClassVar[str] = ""
    """What it costs, for people; empty when free."""
    contract: ClassVar[tuple[str, ...]] = ()
    """Ids, in the contract document, of the service's operations that this one performs. Where the body of one path
    selects the kind of task, the kind follows the id: `create/remaster`.
    """
    may_spend: ClassVar[bool] = False
    """Not a purchase itself, but can end in one, so it is announced like one."""
    core: ClassVar[bool] = False
    """Always listed, never left to a client's tool search."""
    player: ClassVar[bool] = False
    """Its result is a song to hear: a host that renders pages of tools shows the player with it."""

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        total = 0
        for name in type(self).model_fields:
            for text in _texts(getattr(self, name)):
                refuse_long(text, LONGEST_TEXT, name)
                total += len(text)
        if total > MOST_TEXT:
            raise ArgumentRefused(
                f"All arguments together have {total} characters; the limit is {MOST_TEXT}. Nothing was sent or spent."
            )
        return self

    @classmethod
    def tool_name(cls) -> str:
        """The tool's name: the class name in snake case."""
        return _WORD.sub("_", cls.__name__).lower()

    @classmethod
    def description(cls) -> str:
        """The docstring, unwrapped: one line per paragraph."""
        text = cls.__doc__ or ""
        return "\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))

    @classmethod
    def performs(cls) -> tuple[str, ...]:
        """The operations of the service, without the kinds of tasks."""
        return tuple(dict.fromkeys(name.partition("/")[0] for name in cls.contract))

    def subject(self) -> str:
        """A few words that name what was asked for, for use in lists and sentences."""
        return self.label

    def search_words(self) -> str:
        """What `list_songs` searches, besides titles and styles of the clips."""
        return self.subject()

    def arguments(self) -> dict[str, Any]:
        """The arguments as the person gave them, without those left out."""
        return self.model_dump(mode="json", exclude_none=True, exclude_defaults=True)

    def identity(self) -> str:
        """A hash of what is asked for; two calls with the same hash are the same purchase."""
        said = {k: " ".join(v.split()) if isinstance(v, str) else v for k, v in self.arguments().items()}
        wanted = {k: v for k, v in said.items() if k not in CONTROLS}
        text = json.dumps([self.tool_name(), wanted], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class Purchase(Operation):
    """An operation that costs credits: how it is ordered, what becomes of it, the arguments that steer a purchase."""

    effect: ClassVar[Effect] = Effect.SPENDS
    family: ClassVar[Family]
    """The engine to buy from; the operation can only name clips of this engine."""
    route: ClassVar[Route]
    row: ClassVar[str]
    """Its row in the price table."""
    finish: ClassVar[Finish] = Finish.POLLED
    instead: ClassVar[str] = ""
    """A sentence that says what to use instead where the service has retired it."""
    timeout: ClassVar[float] = 75.0
    """Seconds the POST may take; a short limit only creates doubt about what was bought."""
    hook: ClassVar[bool] = False
    """The service documents, in the webhook guide and on the page of the path, that it calls back when the task
    ends. A claim that only a public client makes, as for stems and voices, does not count.
    """
    keeps: ClassVar[bool] = False
    """Its answer never changes, so a repeat always returns the stored one, free."""
    uploads: ClassVar[bool] = False
    """Its clips come from the person's own file, so later steps take the variants for uploads."""
    asks_first: ClassVar[str] = ""
    """Why a person must agree to each such purchase, as a sentence; empty where the price decides."""
    version: ClassVar[str] = ""
    """Distinguishes its songs, in file names, from those they were made from: "cover", "remaster"."""

    again: bool = Field(False, description="Buy one more of the same.")
    quote: str | None = Field(None, max_length=64, description="From needs_confirmation, after the person's yes.")

    def completed(self, facts: Facts) -> tuple[Self, str | None]:
        """The same order with what it takes from elsewhere, such as a recipe, and a sentence that says what that is.

        Runs before everything else: the order is checked, priced and written down as if all of it had been spelt out.
        """
        del facts
        return self, None

    def settled(self, facts: Facts) -> Self:
        """The same order in its stored form, such as a clip's id instead of a link to the clip.

        Runs before it is checked and priced, so that both ways of naming a thing are one purchase.
        """
        del facts
        return self

    def check(self, facts: Facts) -> None:
        """Raise `ArgumentRefused` for what the service would certainly refuse. Runs before any credit is spent."""

    def price(self, facts: Facts) -> int | None:
        """Expected credits, from its row of the catalogue; None when the catalogue has no prices for this host."""
        return facts.price(self.row)

    def request(self, facts: Facts) -> Request:
        """The request to the service."""
        raise NotImplementedError

    def post(self, **body: object) -> Request:
        """The request to the operation's own path. Absent arguments are left out: the service gets no nulls."""
        return Request(self.route.method, self.route.path, {n: v for n, v in body.items() if v is not None})

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """The meaning of the result: the answer itself, or the object of a polled task that makes no clips."""
        return Outcome(facts=dict(body))

    def reading(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to a look at its task in the one form that Songwright reads: `data` with clips, or with an object.

        A clip has clip_id, state, title, tags, lyrics, mv, duration, audio_url, image_url and error_message.
        """
        return body

    def remarks(self, facts: Facts, seconds: float | None) -> tuple[str, ...]:
        """Sentences for the result; `seconds` is the length of the finished song, once there is one."""
        del facts, seconds
        return ()

    def follow_up_price(self, facts: Facts) -> int | None:
        """The share of the price that belongs to orders that follow this one; None when it is not known."""
        del facts
        return 0

    def follow_ups(self, clip_ids: Sequence[str]) -> tuple[Purchase, ...]:
        """Orders that belong to this one and follow when its clips are finished; `price` includes them."""
        del clip_ids
        return ()

    def part_of(self, clip: Mapping[str, Any], index: int) -> str | None:
        """Which part of a song a clip of the answer is; None for a whole one."""
        del clip, index
        return None

    @property
    def clip_of(self) -> str | None:
        """The existing clip that this adds something to, if any."""
        return None

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """How the result descends from older clips: relation → clip ids."""
        return {}

    @property
    def variation(self) -> str:
        """What distinguishes it, in file names, from others of its `version`: the style that was asked for, if any."""
        style = self.arguments().get("style")
        return style if isinstance(style, str) else ""


class Checked(Purchase):
    """A purchase whose words and style get a free check before it is made; a certain mistake stops it."""

    force: bool = Field(False, description="Order despite the free check.")


class Adopted(Purchase):
    """A task made elsewhere with the same key and followed here; what was ordered is unknown."""

    label: ClassVar[str] = "Song made elsewhere"
    family: ClassVar[Family] = Family.SONIC

    def check(self, facts: Facts) -> None:
        """It cannot be ordered."""
        raise ArgumentRefused(
            "This was ordered elsewhere, and Songwright does not know with which words, so it cannot buy it again. "
            "Nothing was sent or spent.",
            field="job_id",
        )


def _texts(value: object) -> Iterator[str]:
    """Every text in an argument, including those inside lists and objects."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from _texts(pair)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _texts(getattr(value, name))


def refuse_long(text: str | None, limit: int | None, field_name: str, reason: str = "") -> None:
    """Raise when a text is over its limit, naming field, length and limit."""
    if text is not None and limit is not None and len(text) > limit:
        raise ArgumentRefused(
            f"{field_name} has {len(text)} characters; the limit is {limit}{reason}. Nothing was sent or spent.",
            field=field_name,
        )
