"""The families other than sonic: what each must be able to do, and how their requests differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from .answers import Refusal, refusal
from .asks import Ask
from .orders import Order
from .records import Clip, Facts, Task


class Family(Protocol):
    """One family: its operations, and how a look at one of its tasks is answered."""

    tasks: frozenset[str]
    """Operations that make a task."""

    async def order(self, ask: Ask, seed: int) -> Order:
        """The plan for a request; raises Refusal where the service would refuse."""
        ...

    def look(self, task: Task, clips: list[Clip]) -> tuple[int, Facts]:
        """Status and body of a look at a task; `clips` are its own, or the one that its result names."""
        ...


def gone(message: str) -> Refusal:
    """410: the service no longer offers this."""
    return refusal(410, "endpoint_retired", message)


def brief_body(body: Mapping[str, object]) -> Facts:
    """A body in the words of sonic, from those of a family in which `sound` is the style and `lyrics` the words.

    Without words the service writes some to fit the style.
    """
    told: Facts = {
        "tags": body.get("sound"),
        "title": body.get("title"),
        "make_instrumental": body.get("make_instrumental"),
    }
    if body.get("lyrics"):
        return {**told, "prompt": body["lyrics"]}
    return {**told, "custom_mode": False, "gpt_description_prompt": body.get("sound")}


def clip_facts(family: str, suffix: str, model: object = None, **more: object) -> Facts:
    """What the store keeps about every clip of a task: its owner, and the format of its audio."""
    return {"family": family, "format": suffix, "mv": model, **more}
