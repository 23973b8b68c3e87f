"""The journal's vocabulary: states, the outcome of a request to buy, and rows as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LOCAL_TENANT = "local"
"""The person at this machine, who needs no name."""


class State(StrEnum):
    """Where a job stands. `docs/states.md` draws every arrow; there is none from `unknown` back to `queued`."""

    QUEUED = "queued"
    """Recorded; nothing sent, nothing spent."""
    SENDING = "sending"
    """The order is being sent, or may have been; credits may be spent."""
    RUNNING = "running"
    """Bought: the service's id is on record, and the song is being made."""
    FETCHING = "fetching"
    """The service has finished; files are being saved."""
    DONE = "done"
    """Files are on disk."""
    FAILED = "failed"
    """Refused before anything was charged, or the service reported a failure."""
    CANCELLED = "cancelled"
    """Withdrawn before anything was sent."""
    UNKNOWN = "unknown"
    """Songwright does not know whether it was bought, and never sends it again by itself."""


LIVE = (State.QUEUED, State.SENDING, State.RUNNING, State.FETCHING)
"""States that a job leaves by itself."""

SENTENCES: Mapping[State, str] = {
    State.QUEUED: "Waiting its turn; nothing has been sent or spent yet.",
    State.SENDING: "The order is being sent to the service.",
    State.RUNNING: "The service is making it.",
    State.FETCHING: "Finished; the files are being saved.",
    State.DONE: "Done; the files are in the library.",
    State.FAILED: "It failed.",
    State.CANCELLED: "Cancelled before anything was sent; nothing was spent.",
    State.UNKNOWN: "The answer to the order was lost, so it may have been bought. Songwright does not send it again "
    "by itself.",
}


class Asked(StrEnum):
    """The outcome of a request to buy; a job's state is a separate question."""

    NEW = "new"
    """A new job was written."""
    JOINED = "joined"
    """The same request is under way, or unsettled; this call watches that one."""
    REPLAYED = "replayed"
    """The same request was fulfilled a short while ago; its result is returned and nothing is bought."""
    OVER_BUDGET = "over budget"
    """It would break the daily limit."""
    TOO_POOR = "too poor"
    """The balance is known to be too low."""
    BLOCKED = "blocked"
    """Too many purchases are unsettled."""
    NEEDS_CONFIRMATION = "needs confirmation"
    """A person has to agree to the price first."""


@dataclass(frozen=True)
class Account:
    """Whose request it is and whose money is spent. The key itself is held by the upstream module only."""

    tenant: str
    base_url: str
    key_id: str
    brand: str
    sandbox: bool
    shared: bool = False
    """Whether several tenants spend from this key; if so, none of them may see its balance."""


@dataclass(frozen=True)
class Limit:
    """How many credits may be spent within a span of seconds."""

    seconds: float
    credits: int


@dataclass(frozen=True)
class Job:
    """One row of the journal."""

    id: str
    tenant: str
    key_id: str
    base_url: str
    operation: str
    arguments: Mapping[str, Any]
    method: str
    path: str
    body: Mapping[str, Any] | None
    dedupe: str
    parent_id: str | None
    cost: int | None
    subject: str
    state: State
    remote_id: str | None
    answer: Mapping[str, Any] | None
    problem: str | None
    sentence: str | None
    service_said: str | None
    tries: int
    looks: int
    troubles: int
    timeout: float
    next_at: float
    lease_until: float
    epoch: int
    hidden: bool
    charge: int
    """Credits that are, or may be, spent: the price of every paid call, until it is certain that none was charged."""
    trouble_since: float | None
    misses: int
    missed_for: float
    balance_before: int | None
    balance_after: int | None
    created_at: float
    sent_at: float | None
    running_at: float | None
    finished_at: float | None
    updated_at: float

    @property
    def settled(self) -> bool:
        """Whether the job has ended: nothing more happens by itself."""
        return self.state not in LIVE


@dataclass(frozen=True)
class Clip:
    """One piece of audio that the service made or was given."""

    clip_id: str
    job_id: str
    take: int
    part: str | None
    label: str | None
    """Distinguishes its files from those of other clips with the same title: "take 1", "cover, take 2", "vocals"."""
    state: str
    title: str
    style: str
    lyrics: str
    prompt: str
    model: str
    seconds: float | None
    bpm: float | None
    audio_url: str | None
    image_url: str | None
    uploaded: bool
    reason: str | None
    created_at: float

    @property
    def good(self) -> bool:
        """Whether it has become a song."""
        return self.state == "succeeded"


@dataclass(frozen=True)
class SavedFile:
    """One file of the library; `path` is relative to its root, with forward slashes."""

    clip_id: str
    kind: str
    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Balance:
    """Credits as last reported by the service; `read_at` in seconds since the epoch."""

    credits: int
    extra: int
    read_at: float

    @property
    def total(self) -> int:
        """What can be spent."""
        return self.credits + self.extra


_JSON = ("arguments", "body", "answer")


def job_of(row: Mapping[str, Any]) -> Job:
    """A row of `jobs` as a value."""
    values = {name: row[name] for name in Job.__dataclass_fields__}
    for name in _JSON:
        values[name] = json.loads(values[name]) if values[name] is not None else None
    values["state"] = State(values["state"])
    values["hidden"] = bool(values["hidden"])
    return Job(**values)


def clip_of(row: Mapping[str, Any]) -> Clip:
    """A row of `clips` as a value."""
    values = {name: row[name] for name in Clip.__dataclass_fields__}
    values["uploaded"] = bool(values["uploaded"])
    return Clip(**values)


def file_of(row: Mapping[str, Any]) -> SavedFile:
    """A row of `files` as a value."""
    return SavedFile(**{name: row[name] for name in SavedFile.__dataclass_fields__})
