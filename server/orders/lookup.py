"""What a declaration may look up while a call is checked, priced and turned into a request."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ... import tools
from ..core.errors import ArgumentRefused, NotFound
from ..core.jobs import Account, Job
from ..core.operation import Adopted, Edition, KnownClip, Model, Operation, Purchase
from ..journal.recipes import Recipes
from ..journal.write import Journal
from ..service.catalogue import Catalogue, Schedule

log = logging.getLogger(__name__)

MOST_NAMED = 20
"""Recipes that a refusal names."""
MOST_WRITTEN = 500
"""How many orders are kept in memory; others are read from the journal again."""


class CallFacts:
    """The catalogue and the journal, as seen by one caller. Its methods may block."""

    def __init__(
        self,
        catalogue: Catalogue,
        journal: Journal,
        account: Account,
        now: float,
        default_model: str | None = None,
        link_of: Callable[[str], str | None] | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._journal = journal
        self._account = account
        self._default_model = default_model
        self._now = now
        self._link_of = link_of

    @property
    def now(self) -> float:
        """Seconds since the epoch."""
        return self._now

    @property
    def default_model(self) -> str:
        """The person's own default, else the catalogue's."""
        return self._default_model or self._catalogue.default_model

    def model(self, name: str) -> Model | None:
        """The catalogue's row for a model."""
        return self._catalogue.model(name)

    def spell(self, model: str) -> str:
        """The model's name in the spelling of this account's brand."""
        return self._catalogue.spell(self._account.brand, model)

    def edition(self, family: str) -> Edition:
        """How this account's brand offers a family at this time."""
        return self._catalogue.edition(self._account.brand, family, self._now)

    def price(self, row: str) -> int | None:
        """Credits for one row of the price table."""
        return self._catalogue.price(self._account.brand, row)

    def clip(self, clip_id: str) -> KnownClip | None:
        """What the journal knows of a clip."""
        found = self._journal.clip(self._account, clip_id)
        if found is None:
            return None
        clip = found.clip
        return KnownClip(
            clip.clip_id, clip.title, clip.seconds, clip.uploaded, clip.created_at, clip.lyrics, clip.style,
            self._family(clip.job_id),
        )  # fmt: skip

    def _family(self, job_id: str) -> str:
        """The engine that a job was ordered from; empty where that is not known."""
        job = self._journal.any_job(job_id)
        return "" if job is None else family_of(job.operation)

    def split(self, clip_id: str) -> frozenset[str]:
        """How a clip was separated into stems already, where no WAV of each was ordered with them."""
        stems = self._journal.derived(self._account, clip_id, "stem of")
        jobs = [self._journal.job(self._account, job_id) for job_id in {stem.job_id for stem in stems if stem.good}]
        orders = [job.arguments for job in jobs if job is not None and job.operation == "separate_stems"]
        ways = {(order.get("parts", "basic"), order.get("format", "mp3")) for order in orders}
        return frozenset(parts for parts, _ in ways if (parts, "wav") not in ways)

    def recipe(self, name: str) -> Mapping[str, Any]:
        """What a recipe of this caller keeps. Raises `NotFound`, naming the recipes there are."""
        recipes = Recipes(self._journal.store, self._account)
        if (found := recipes.get(name)) is None:
            names = [recipe.name for recipe in recipes.all()]
            raise NotFound(f"There is no recipe {name!r}. {_named(names)} Nothing was sent or spent.", field="recipe")
        return found.arguments

    def at_brand(self, brand: str) -> CallFacts:
        """The same caller's facts, as another brand would price them."""
        account = replace(self._account, brand=brand)
        return CallFacts(self._catalogue, self._journal, account, self._now, self._default_model, self._link_of)

    def link_to(self, name: str) -> str | None:
        """A public link to one of the caller's recordings, if this Songwright can serve one; the file must exist."""
        return None if self._link_of is None else self._link_of(name)


def _named(recipes: Sequence[str]) -> str:
    if not recipes:
        return "There are none yet; save_recipe makes one of a song."
    left = len(recipes) - MOST_NAMED
    more = f" and {left} more (the resource song://recipes lists all)" if left > 0 else ""
    return f"There are {', '.join(repr(name) for name in recipes[:MOST_NAMED])}{more}."


class Written:
    """Orders as they were made, from the rows of the journal: the one place where a row becomes an operation again."""

    def __init__(self, named: Callable[[str], type[Operation] | None]) -> None:
        self._named = named
        self._at_hand: OrderedDict[str, Purchase] = OrderedDict()

    def remember(self, job: Job, operation: Purchase) -> None:
        """Keep an order that was just written, so it need not be read from its row."""
        self._at_hand[job.id] = operation
        if len(self._at_hand) > MOST_WRITTEN:
            self._at_hand.popitem(last=False)

    def of(self, job: Job) -> Purchase | None:
        """The order of a job; None if a Songwright with other operations wrote it."""
        if (known := self._at_hand.get(job.id)) is not None:
            return known
        kind = self._named(job.operation)
        if kind is None:
            return None
        if not issubclass(kind, Purchase):
            return Adopted()  # the journal names the tool that adopted the task
        try:
            operation = kind.model_validate(job.arguments)
        except (ValueError, ArgumentRefused):
            log.warning("job %s: this version cannot read the arguments of %s", job.id, job.operation)
            return None
        self.remember(job, operation)
        return operation


def family_of(operation: str) -> str:
    """The engine that an order's tool buys from, for a tool by name; empty for a tool that is not known any more."""
    try:
        kind = tools.load(operation)
    except KeyError:
        return ""
    return (kind if issubclass(kind, Purchase) else Adopted).family


def schedule_of(catalogue: Catalogue, brand: str, operation: str, *, hooked: bool = False) -> Schedule:
    """When to look at a task of a tool; `hooked` if the service calls back when it is done."""
    return catalogue.schedule(brand, operation, family_of(operation), hooked=hooked)
