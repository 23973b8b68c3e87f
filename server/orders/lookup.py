"""What a declaration may look up while a call is checked, priced and turned into a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ... import tools
from ..core.jobs import Account
from ..core.operation import Edition, KnownClip, Model
from ..journal.write import Journal
from ..service.catalogue import Catalogue


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
        """The model's name as this account's brand spells it."""
        return self._catalogue.spell(self._account.brand, model)

    def era(self, family: str) -> Edition:
        """What this account's brand makes of a family at this time."""
        return self._catalogue.era(self._account.brand, family, self._now)

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
        """The engine that a job was ordered from, as the path of its task names it."""
        job = self._journal.any_job(job_id)
        try:
            return tools.load(job.operation).poll.split("/")[3] if job is not None else ""
        except KeyError:
            return ""

    def at_brand(self, brand: str) -> CallFacts:
        """The same caller's facts, as another brand would price them."""
        account = replace(self._account, brand=brand)
        return CallFacts(self._catalogue, self._journal, account, self._now, self._default_model, self._link_of)

    def link_to(self, name: str) -> str | None:
        """A public link to a recording of the caller's, where this Songwright can serve one; it must be there."""
        return None if self._link_of is None else self._link_of(name)
