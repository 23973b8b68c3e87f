"""A key that a process works with, and what its runner remembers from one turn to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import anyio

from ..core.jobs import Account, Job
from ..service.catalogue import Brand
from ..service.upstream import Upstream
from .steps import StepContext


@dataclass
class Held:
    """A key that this process holds, and what its runner needs to remember."""

    account: Account
    """The account of the key; several tenants may spend from it."""
    upstream: Upstream
    brand: Brand
    make_context: Callable[[str], StepContext]
    contexts: dict[str, StepContext] = field(default_factory=dict)
    wake: anyio.Event = field(default_factory=anyio.Event)
    swept_at: float = float("-inf")
    fetching: int = 0
    balance_wanted: bool = False
    attended: bool = False
    """Whether a runner is at work."""
    due_at: float | None = None
    """When the next step was due, as seen at the last turn; None if there was none."""
    offset: float | None = None
    """How far the wall clock was ahead of the steady one at the last turn; None before the first."""

    @property
    def key_id(self) -> str:
        """The key whose rate slots are used."""
        return self.account.key_id

    def context_of(self, job: Job) -> StepContext:
        """What a step needs for the job's tenant: tenants of one key have their own clips and files."""
        if (context := self.contexts.get(job.tenant)) is None:
            context = self.contexts[job.tenant] = self.make_context(job.tenant)
        return context
