"""What was bought for a clip already, from the records alone: stems, notes, tempo, timeline. Nothing here buys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import cast

from ... import tools
from ..core.jobs import Clip, Job
from ..core.operation import Outcome, Purchase
from ..core.sung import SungLine
from .caller import Caller


@dataclass(frozen=True)
class Offer:
    """Something that a clip does not have yet, and the call that gets it."""

    what: str
    tool: str
    arguments: dict[str, str]
    credits: int | None
    """Expected price; None where the catalogue has none."""

    @property
    def call(self) -> str:
        """The call, as an assistant would make it."""
        return f"{self.tool}({', '.join(f'{name}={value!r}' for name, value in self.arguments.items())})"


@dataclass(frozen=True)
class Bought:
    """The part of a finished order that concerns a clip."""

    job: Job
    outcome: Outcome


def answer_to(caller: Caller, tool: str, clip_id: str) -> Bought | None:
    """What the recorded answer of a tool says of a clip; None where it was never bought. Blocks."""
    job = caller.journal.fulfilled(caller.account, _operation(tool, {"clip_id": clip_id}).identity())
    operation = None if job is None else caller.runner.operation_of(job)
    if job is None or operation is None or job.answer is None:
        return None
    return Bought(job, operation.outcome(job.answer))


def timeline_of(caller: Caller, clip_id: str) -> tuple[SungLine, ...]:
    """When a clip is sung, as it was answered; empty where that was never bought. Blocks."""
    found = answer_to(caller, "get_lyrics_timeline", clip_id)
    return () if found is None else found.outcome.timeline


def timed_by(caller: Caller, *clip_ids: str) -> str:
    """A mark of the orders that have timed these clips: another one once one more of them is timed. Blocks."""
    found = [answer_to(caller, "get_lyrics_timeline", clip_id) for clip_id in clip_ids]
    return " ".join("-" if one is None else one.job.id for one in found)


def stems_of(caller: Caller, clip_id: str) -> list[tuple[str, Sequence[Clip]]]:
    """How a clip was split, the finer split first: ("full", its parts); of each kind the newest. Blocks."""
    found: dict[str, list[Clip]] = {}
    stems = [clip for clip in caller.journal.derived(caller.account, clip_id, "stem of") if clip.good and clip.part]
    for job_id, parts in groupby(stems, key=lambda clip: clip.job_id):
        job = caller.journal.job(caller.account, job_id)
        order = None if job is None else caller.runner.operation_of(job)
        found.setdefault(getattr(order, "parts", "basic"), list(parts))
    return sorted(found.items(), key=lambda split: split[0] != "full")


def offer(caller: Caller, what: str, tool: str, **arguments: str) -> Offer | None:
    """What a tool would add to a clip; None where it does not work on clips of that engine. Blocks."""
    operation, facts = _operation(tool, arguments), caller.facts()
    known = facts.clip(arguments["clip_id"])
    if known is not None and known.family not in ("", operation.family):
        return None
    return Offer(what, tool, arguments, operation.price(facts))


def _operation(tool: str, arguments: dict[str, str]) -> Purchase:
    return cast("Purchase", tools.load(tool).model_validate(arguments))
