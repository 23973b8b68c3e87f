"""The store's contents as values: tasks and clips."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sqlite3
from typing import Any

Facts = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Fate:
    """What a fault rule has decided for a task."""

    do: str
    refund: bool
    """Whether its credits come back."""
    says: bool
    """Whether its looks and its webhook say so."""
    status: int = 500
    body: Facts | None = None
    """What a look at it answers instead of the usual words."""


USUAL = Fate("", refund=True, says=True)
"""For a task that fails by itself: the credits are returned, and it says so."""


@dataclasses.dataclass(frozen=True)
class Task:
    """One task as stored; times are seconds since the epoch."""

    task_id: str
    key_hash: str
    operation: str
    task_type: str | None
    body: Facts
    plan: Facts
    state: str
    fate: str | None
    error: Facts | None
    result: Facts | None
    created_at: float
    finished_at: float | None

    @property
    def ending(self) -> Fate:
        """What is decided for it."""
        return Fate(**self.plan["fate"]) if "fate" in self.plan else USUAL

    @property
    def family(self) -> str:
        """The engine of the service that made it."""
        return str(self.plan.get("facts", {}).get("family", "sonic"))

    @property
    def unfinished(self) -> bool:
        """Whether it is still unfinished."""
        return self.state in ("queued", "working")


@dataclasses.dataclass(frozen=True)
class Clip:
    """One piece of audio: made by a task, or uploaded (`role` upload, no task)."""

    clip_id: str
    task_id: str | None
    key_hash: str
    position: int
    role: str
    state: str
    facts: Facts
    plan: Facts
    score: Facts | None
    seconds: float | None
    error: str | None
    generation: int
    created_at: float

    @property
    def uploaded(self) -> bool:
        """Whether it came from a person's own recording."""
        return self.role == "upload"


@dataclasses.dataclass(frozen=True)
class NewClip:
    """A clip that is about to be stored."""

    clip_id: str
    role: str
    facts: Facts
    plan: Facts
    state: str = "running"
    score: Facts | None = None
    seconds: float | None = None
    error: str | None = None


def key_hash(key: str) -> str:
    """The name of a key in the store, which does not contain the key."""
    return hashlib.sha256(key.encode()).hexdigest()


def _parsed(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def read_task(row: sqlite3.Row) -> Task:
    """A row of `tasks` as a value."""
    return Task(
        task_id=row["task_id"],
        key_hash=row["key_hash"],
        operation=row["operation"],
        task_type=row["task_type"],
        body=json.loads(row["body"]),
        plan=json.loads(row["plan"]),
        state=row["state"],
        fate=row["fate"],
        error=_parsed(row["error"]),
        result=_parsed(row["result"]),
        created_at=row["created_at"],
        finished_at=row["finished_at"],
    )


def read_clip(row: sqlite3.Row) -> Clip:
    """A row of `clips` as a value."""
    return Clip(
        clip_id=row["clip_id"],
        task_id=row["task_id"],
        key_hash=row["key_hash"],
        position=row["position"],
        role=row["role"],
        state=row["state"],
        facts=json.loads(row["facts"]),
        plan=json.loads(row["plan"]),
        score=_parsed(row["score"]),
        seconds=row["seconds"],
        error=row["error"],
        generation=row["generation"],
        created_at=row["created_at"],
    )
