"""What an operation is: one thing the service, or Songwright itself, can do.

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


class Effect(StrEnum):
    """What a call does to the world. Annotations, confirmation, journal and retry rules follow from it."""

    READS = "reads"
    """Asks the service something that is free."""
    SPENDS = "spends"
    """Costs credits: journaled, priced, confirmed, never resent on doubt."""
    CHANGES = "changes"
    """Changes our own jobs or files."""
    LOCAL = "local"
    """Computes or looks up on this machine; nothing changes, nothing is sent."""


class Family(StrEnum):
    """An engine of the service: a set of paths, clips and models of its own."""

    SONIC = "sonic"
    PRODUCER = "producer"
    NURO = "nuro"
    RIFFUSION = "riffusion"

    @property
    def task_path(self) -> str:
        """Where its tasks are looked at; a brand may spell the family differently."""
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
    """What leaves for the service. Holds no key."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What an answer must not bring back into records and results: it is masked where the answer comes in."""


@dataclass(frozen=True)
class Model:
    """One row of the catalogue: a model's limits. Characters and seconds; None where nobody published one."""

    name: str
    lyrics: int | None = None
    style: int | None = None
    vocal_gender: bool = True
    retired: str | None = None
    families: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edition:
    """What a brand makes of a family's operations on a day: the catalogue's row that is in force."""

    name: str = ""
    since: str = ""
    """Its first day, as `2026-04-01`."""
    model: str = ""
    """The model for songs that name none."""
    only_model: bool = False
    """That one renders every song, whatever is asked for."""
    ignored: tuple[str, ...] = ()
    """Arguments that are taken and have no effect."""
    needs: tuple[str, ...] = ()
    """Arguments that were optional before."""
    instructs: bool = False
    """What to do with a clip is told in a field of its own."""


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
    """The engine whose clip it is; empty where that is not known."""


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
        """The catalogue's row, under either spelling; None for a model it has never heard of."""
        ...

    def spell(self, model: str) -> str:
        """The model's name as the configured brand spells it."""
        ...

    def edition(self, family: str) -> Edition:
        """What the configured brand makes of a family's operations now."""
        ...

    def price(self, row: str) -> int | None:
        """Credits for one row of the price table at the configured brand; None when unknown."""
        ...

    def clip(self, clip_id: str) -> KnownClip | None:
        """What the journal knows of a clip of this caller."""
        ...

    def link_to(self, name: str) -> str | None:
        """A public link to a file of the library or the upload folder; None where nothing here can serve one.

        Raises `ArgumentRefused` for a file that is not there or is no audio.
        """
        ...


@dataclass(frozen=True)
class Link:
    """A file to be saved beside a clip that exists already."""

    clip_id: str
    kind: str
    """What it is called in results and in the journal: wav, m4a, midi."""
    url: str


TEXT_KINDS: Mapping[str, str] = {".lrc": "lyrics", ".vtt": "subtitles"}
"""What a file that an answer is written into is called in results and in the journal, by its ending."""


@dataclass(frozen=True)
class Outcome:
    """What an answer that is the result itself means, in our words."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    """What belongs in the result, by the names of the answer's fields."""
    links: tuple[Link, ...] = ()
    """Files to fetch and keep."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Files to write: ending (a key of `TEXT_KINDS`) → text, for the clip named by `clip_of`."""
    bpm: float | None = None
    """The tempo of the clip named by `clip_of`, for its tags."""
    timeline: tuple[tuple[float, str], ...] = ()
    """Timed lines of the clip named by `clip_of`, for its tags: seconds and words."""
    uploaded: tuple[str, ...] = ()
    """Ids of clips that were made from a file of the person's."""
    ready: bool = True
    """False when the answer does not hold what was ordered."""
    waiting: bool = False
    """Whether an answer that is not ready says that the file is being made, so that the same call may be made again."""


LONGEST_TEXT = 20_000
"""Characters of any text among the arguments, whatever else limits it."""
MOST_TEXT = 60_000
"""Characters of all of them together."""
CONTROLS = frozenset({"again", "force", "quote"})
"""Arguments that steer a purchase and say nothing about what is bought: outside the replay hash."""

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Operation(BaseModel):
    """One thing that can be done; see the module."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    label: ClassVar[str]
    effect: ClassVar[Effect]
    answer: ClassVar[type[BaseModel]]
    minutes: ClassVar[str] = ""
    """Typical time, for people: "1-3 min", "at once"."""
    price_note: ClassVar[str] = ""
    """What it costs, for people; empty when free."""
    contract: ClassVar[tuple[str, ...]] = ()
    """Ids of the service's operations, in the contract document, that this one performs.

    Where the body tells one path what kind of task to make, the kind stands after the id: `create/remaster`.
    """
    may_spend: ClassVar[bool] = False
    """Can end in a purchase although it is none itself; it is announced like one."""
    core: ClassVar[bool] = False
    """Always listed, and never hidden behind a client's tool search."""

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        total = 0
        for name in type(self).model_fields:
            for text in _texts(getattr(self, name)):
                refuse_long(text, LONGEST_TEXT, name)
                total += len(text)
        if total > MOST_TEXT:
            raise ArgumentRefused(
                f"The arguments have {total} characters together; the limit is {MOST_TEXT}. Nothing was sent or spent."
            )
        return self

    @classmethod
    def tool_name(cls) -> str:
        """The tool's name: the class name in snake case."""
        return _WORD.sub("_", cls.__name__).lower()

    @classmethod
    def description(cls) -> str:
        """The docstring, unwrapped: one line a paragraph."""
        text = cls.__doc__ or ""
        return "\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))

    @classmethod
    def performs(cls) -> tuple[str, ...]:
        """The operations of the service, without the kinds of tasks."""
        return tuple(dict.fromkeys(name.partition("/")[0] for name in cls.contract))

    def subject(self) -> str:
        """A few words that name what was asked for, for lists and sentences."""
        return self.label

    def search_words(self) -> str:
        """What `list_songs` searches, besides titles and styles of the clips."""
        return self.subject()

    def arguments(self) -> dict[str, Any]:
        """The call in the person's words, without what was left out."""
        return self.model_dump(mode="json", exclude_none=True, exclude_defaults=True)

    def identity(self) -> str:
        """A hash of what is asked for; two calls with the same one are the same purchase."""
        said = {k: " ".join(v.split()) if isinstance(v, str) else v for k, v in self.arguments().items()}
        wanted = {k: v for k, v in said.items() if k not in CONTROLS}
        text = json.dumps([self.tool_name(), wanted], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class Purchase(Operation):
    """An operation that costs credits: how it is ordered, what becomes of it, the arguments that steer a purchase."""

    effect: ClassVar[Effect] = Effect.SPENDS
    family: ClassVar[Family]
    """The engine that is bought from, whose clips alone it can name."""
    route: ClassVar[Route]
    row: ClassVar[str]
    """Its row in the price table."""
    finish: ClassVar[Finish] = Finish.POLLED
    instead: ClassVar[str] = ""
    """A sentence that names what to use where the service has retired it."""
    timeout: ClassVar[float] = 75.0
    """Seconds the POST may take; a short one only manufactures doubt about what was bought."""
    hook: ClassVar[bool] = False
    """The service documents (webhook guide, and the page of the path) that it calls back when the task has ended.

    What only a public client claims, as for stems and voices, is not counted on.
    """
    keeps: ClassVar[bool] = False
    """Its answer never changes: a repeat returns the stored one for ever, free."""
    uploads: ClassVar[bool] = False
    """Its clips come from a file of the person's, so that later steps take the variants for uploads."""
    asks_first: ClassVar[str] = ""
    """A sentence that says why a person has to agree to each such purchase; empty where the price decides."""
    version: ClassVar[str] = ""
    """What tells its songs from the ones they were made from, in file names: "cover", "remaster"."""

    again: bool = Field(False, description="Buy another although the same was just bought.")
    quote: str | None = Field(None, max_length=64, description="From needs_confirmation, once the person agreed.")

    def settled(self, facts: Facts) -> Self:
        """The same order in the terms it is kept in, such as a clip's id where a link to the clip was given.

        Comes before everything else, so that both ways of naming a thing are one purchase.
        """
        del facts
        return self

    def check(self, facts: Facts) -> None:
        """Raise `ArgumentRefused` for what the service would certainly refuse. Runs before any credit moves."""

    def price(self, facts: Facts) -> int | None:
        """Expected credits, by its row of the catalogue; None when the catalogue does not know this host."""
        return facts.price(self.row)

    def request(self, facts: Facts) -> Request:
        """What leaves for the service."""
        raise NotImplementedError

    def post(self, **body: object) -> Request:
        """The request to the operation's own path, without what was left out: the service is not sent nulls."""
        return Request(self.route.method, self.route.path, {n: v for n, v in body.items() if v is not None})

    def outcome(self, body: Mapping[str, Any]) -> Outcome:
        """What the result means: the answer itself, or the object of a polled task that makes no clips."""
        return Outcome(facts=dict(body))

    def reading(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to a look at its task in the one form that is read: `data` with clips, or with an object.

        A clip has clip_id, state, title, tags, lyrics, mv, duration, audio_url, image_url and error_message.
        """
        return body

    def remarks(self, facts: Facts, seconds: float | None) -> tuple[str, ...]:
        """Sentences that belong into the result; `seconds` is the length of what was made, once it is."""
        del facts, seconds
        return ()

    def follow_up_price(self, facts: Facts) -> int | None:
        """The share of the price that belongs to orders that follow this one; None when it is not known."""
        del facts
        return 0

    def follow_ups(self, clip_ids: Sequence[str]) -> tuple[Purchase, ...]:
        """Orders that belong to this one and are made when its clips are finished; their price is in `price`."""
        del clip_ids
        return ()

    def part_of(self, clip: Mapping[str, Any], index: int) -> str | None:
        """Which part of a song a clip of the answer is; None for a whole one."""
        del clip, index
        return None

    @property
    def clip_of(self) -> str | None:
        """The clip that this is about, where it adds something to one that exists."""
        return None

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """How the result descends from older clips: relation → clip ids."""
        return {}


class Checked(Purchase):
    """A purchase whose words and style are checked, free, before it is made; what is certainly wrong stops it."""

    force: bool = Field(False, description="Order although the free check said stop.")


class Adopted(Purchase):
    """A task made elsewhere with the same key, as it is followed here: nobody knows what was ordered."""

    label: ClassVar[str] = "Song made elsewhere"
    family: ClassVar[Family] = Family.SONIC

    def check(self, facts: Facts) -> None:
        """It cannot be ordered."""
        raise ArgumentRefused(
            "This was ordered elsewhere and nobody here knows with which words, so it cannot be bought again. Nothing "
            "was sent or spent.",
            field="job_id",
        )


def _texts(value: object) -> Iterator[str]:
    """Every text in an argument, also those inside lists and objects."""
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
