"""The families beside sonic: what each of them has to be able to do, and what tells their requests apart."""

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
        """What a request wants made; raises Refusal where the service would refuse."""
        ...

    def look(self, task: Task, clips: list[Clip]) -> tuple[int, Facts]:
        """Status and body of a look at a task; `clips` are its own, or the one that its result names."""
        ...


def gone(message: str) -> Refusal:
    """410: the service has given this up."""
    return refusal(410, "endpoint_retired", message)


def brief_body(body: Mapping[str, object]) -> Facts:
    """A body in the words of sonic, from those of a family in which `sound` is the style and `lyrics` the words.

    Without words the service writes some around the style.
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
    """What the books keep of every clip of a task: whose it is, and the format of its audio."""
    return {"family": family, "format": suffix, "mv": model, **more}
