"""One caller: their account, limits and library, and what their calls may look up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import ArgumentRefused, KeyMissing, NotFound
from ..core.jobs import Account, Job, Limit
from ..core.threads import in_thread
from ..files.library import Library
from ..journal.write import DAY
from .lookup import CallFacts
from .results import Results, Shown, on_this_machine
from .runner import Runner
from .talk import Talk

MONTH = 30 * DAY


@dataclass(frozen=True)
class Limits:
    """What the person has set."""

    wait_seconds: float
    confirm_above: int
    daily_credits: int
    default_model: str | None
    upload_dir: Path | None = None
    monthly_credits: int | None = None
    c2pa_certificate: Path | None = None
    c2pa_key: Path | None = None
    soundfont: Path | None = None

    def of(self, account: Account) -> tuple[Limit, ...]:
        """The limits that an order must keep; play money does not count."""
        if account.sandbox:
            return ()
        month = () if self.monthly_credits is None else (Limit(MONTH, self.monthly_credits),)
        return (Limit(DAY, self.daily_credits), *month)


@dataclass(frozen=True)
class Front:
    """How results and uploads reach a caller on another machine."""

    shown: Shown
    """Where a saved file is found."""
    link_of: Callable[[Path], str | None]
    """A public link to a file, for the service to fetch; None if the service cannot reach this server."""


class Caller:
    """What every call of one account works with."""

    def __init__(
        self,
        runner: Runner,
        library: Library,
        account: Account,
        limits: Limits,
        front: Front | None = None,
        *,
        missing: KeyMissing | None = None,
    ) -> None:
        self.runner = runner
        self.journal = runner.journal
        self.catalogue = runner.catalogue
        self.library = library
        self.account = account
        self.limits = limits
        self.missing = missing
        """Why the service cannot be used; tools that compute here need no key."""
        self._front = front
        shown = on_this_machine if front is None else front.shown
        self.results = Results(
            runner.journal, library, account, runner.operation_of, self._facts_then, shown, limits.soundfont
        )

    @property
    def hosted(self) -> bool:
        """Whether the caller is on another machine than this server."""
        return self._front is not None

    async def job(self, job_id: str) -> Job:
        """One of the caller's orders, by its own id or by the id of its task. Raises `NotFound`."""
        job = await in_thread(self.journal.job, self.account, job_id)
        job = job or await in_thread(self.journal.job_of_remote, self.account, job_id)
        if job is None:
            raise NotFound(f"There is no job {job_id!r}. list_songs shows all jobs.", field="job_id")
        return job

    def facts(self, at: float | None = None) -> CallFacts:
        """What a declaration may look up for this caller, now or at an earlier time."""
        now = self.runner.clock.now() if at is None else at
        return CallFacts(self.catalogue, self.journal, self.account, now, self.limits.default_model, self._link_of)

    def _facts_then(self, job: Job) -> CallFacts:
        return self.facts(job.created_at)

    def _link_of(self, name: str) -> str | None:
        if self._front is None:
            self.library.find_upload(name, upload_dir=self.limits.upload_dir)
            return None
        try:
            return self._front.link_of(self.library.find_upload(name, upload_dir=None))
        except ArgumentRefused as error:
            # A caller elsewhere must not learn where the library is on the server.
            raise ArgumentRefused(
                f"Your library has no recording, or more than one, named {name[:80]!r}. Nothing was sent or spent.",
                field=error.field,
            ) from None


@dataclass(frozen=True)
class Call:
    """One call of a tool, as its handler sees it."""

    caller: Caller
    talk: Talk
    started: float
    """When the call came, on the steady clock."""
