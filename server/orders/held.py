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
    """Whose key it is; several tenants may spend from it."""
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
    """When the journal's next step was due at the last turn; None when there was none."""
    offset: float | None = None
    """How far the wall clock was ahead of the steady one at the last turn; None before the first."""

    @property
    def key_id(self) -> str:
        """Whose rate slots these are."""
        return self.account.key_id

    def context_of(self, job: Job) -> StepContext:
        """Where the job's tenant is served: the key is the same, the clips and files are not."""
        if (context := self.contexts.get(job.tenant)) is None:
            context = self.contexts[job.tenant] = self.make_context(job.tenant)
        return context
