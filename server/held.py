"""A key that a process works with, and what its runner remembers from one turn to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import anyio

from .catalogue import Brand
from .jobs import Account, Job
from .steps import Desk
from .upstream import Upstream


@dataclass
class Held:
    """A key that this process holds, and what its runner needs to remember."""

    account: Account
    """Whose key it is; several tenants may spend from it."""
    upstream: Upstream
    brand: Brand
    make_desk: Callable[[str], Desk]
    desks: dict[str, Desk] = field(default_factory=dict)
    wake: anyio.Event = field(default_factory=anyio.Event)
    swept_at: float = float("-inf")
    fetching: int = 0
    balance_wanted: bool = False
    attended: bool = False
    """Whether a runner is at work."""
    due_at: float | None = None
    """When the journal's next step was due at the last turn; None when there was none."""
    offset: float | None = None
    """How far the wall clock was ahead of the steady one at the last turn; None before the first."""

    @property
    def key_id(self) -> str:
        """Whose rate slots these are."""
        return self.account.key_id

    def desk_of(self, job: Job) -> Desk:
        """Where the job's tenant is served: the key is the same, the clips and files are not."""
        if (desk := self.desks.get(job.tenant)) is None:
            desk = self.desks[job.tenant] = self.make_desk(job.tenant)
        return desk
