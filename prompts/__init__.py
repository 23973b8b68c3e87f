"""Prompts: one Markdown file each, with TOML between `+++` lines in front.

Loaded strictly: an unknown tool name, an argument that is not declared, or an unused one, is an error of ours. Clients
are not strict: some split arguments at spaces, some drop them, some send "-" for nothing. So every argument is
optional, and a line whose argument is absent is left out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..server.core.foreign import JOINERS

VALUE_LIMIT = 2000
COMPLETIONS = 100
_PLACE = re.compile(r"\{\{(\w+)(?:\|([^}]*))?\}\}")
_TOOL = re.compile(r"`([a-z]+(?:_[a-z]+)+)`")
_TIME = re.compile(
    r"(?:(?:about|around|roughly|some|ca\.?|c\.|~)\s*)*(?P<number>\d{1,5}(?:[.,]\d{1,3})?)"
    r"(?::(?P<rest>\d\d)|\s*(?:s|secs?\.?|seconds?)|\s*(?P<minutes>m|mins?\.?|minutes?))?"
)
LENGTH = "seconds"
"""The argument that is a number of seconds in every prompt that has it."""
_NOTHING = {"", ".", "-", "none", "null"}


@dataclass(frozen=True)
class PromptArgument:
    """One argument; `values` are offered as completions and never enforced."""

    name: str
    description: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class PromptText:
    """One prompt as it stands in its file."""

    name: str
    title: str
    description: str
    arguments: tuple[PromptArgument, ...]
    tools: tuple[str, ...]
    text: str
    guide: Mapping[str, str]
    """The page of the songwriting guide that goes along: its topic, and what narrows it unless the person says so."""

    def render(self, given: Mapping[str, str]) -> str:
        """The text with the arguments in their places.

        A line whose argument is absent is dropped, unless the place names what to say instead: `{{idea|…}}`.
        """
        values = self.said(given)
        lines = []
        for line in self.text.splitlines():
            places = _PLACE.findall(line)
            if any(name not in values and not instead for name, instead in places):
                continue
            if LENGTH in dict(places) and not values.get(LENGTH, "0").isdecimal():
                # "about many seconds" says nothing; what was typed may.
                lines.append(f"{line.partition(':')[0]}: {values[LENGTH]} (in my words)")
                continue
            lines.append(_PLACE.sub(lambda place: values.get(place[1]) or place[2] or "", line))
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def said(self, given: Mapping[str, str]) -> dict[str, str]:
        """What was really filled in: each value on one line, none that stands for nothing, lengths in seconds."""
        said = {name: _clean(value) for name, value in given.items() if _said(value)}
        return {name: _seconds(value) if name == LENGTH else value for name, value in said.items()}


class BrokenPrompt(ValueError):
    """A prompt file contradicts itself, or names a tool that does not exist."""


def names() -> tuple[str, ...]:
    """Every prompt, by name, in the order in which a person meets them."""
    return tuple(tomllib.loads(_read("lists.toml"))["prompts"])


@cache
def load(name: str) -> PromptText:
    """A prompt. Raises `KeyError` for an unknown one and `BrokenPrompt` for one that contradicts itself."""
    if name not in names():
        raise KeyError(name)
    parts = _read(f"{name}.md").split("+++\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise BrokenPrompt(f"{name}: the front matter stands between two lines of +++")
    head = tomllib.loads(parts[1])
    lists = tomllib.loads(_read("lists.toml"))["values"]
    arguments = tuple(
        PromptArgument(row["name"], row["description"], tuple(lists[row["values"]]) if "values" in row else ())
        for row in head.get("arguments", ())
    )
    prompt = PromptText(
        name,
        head["title"],
        head["description"],
        arguments,
        tuple(head["tools"]),
        parts[2].strip(),
        head.get("guide", {}),
    )
    declared, used = {a.name for a in arguments}, {place[0] for place in _PLACE.findall(prompt.text)}
    if declared != used:
        raise BrokenPrompt(f"{name}: arguments {sorted(declared ^ used)} are declared or used, not both")
    if "{{" in _PLACE.sub("", prompt.text):
        raise BrokenPrompt(f"{name}: a place in the text is not closed")
    mentioned = set(_TOOL.findall(prompt.text))
    if mentioned != set(prompt.tools):
        raise BrokenPrompt(f"{name}: tools {sorted(mentioned ^ set(prompt.tools))} are declared or named, not both")
    return prompt


def complete(name: str, argument: str, start: str) -> list[str]:
    """Values that begin with, then values that contain, what was typed so far; at most a hundred."""
    try:
        prompt = load(name)
    except KeyError:
        return []
    values = next((a.values for a in prompt.arguments if a.name == argument), ())
    typed = start.strip().lower()
    first = [value for value in values if value.lower().startswith(typed)]
    return [*first, *(v for v in values if typed in v.lower() and v not in first)][:COMPLETIONS]


def _said(value: str) -> bool:
    return value.strip().lower() not in _NOTHING


def _seconds(value: str) -> str:
    """A length as a whole number of seconds, where it is one: "90", "about 90 s", "1:30", "2 minutes"."""
    found = _TIME.fullmatch(value.lower())
    if found is None:
        return value
    if found["rest"]:
        return str(int(found["number"]) * 60 + int(found["rest"])) if found["number"].isdigit() else value
    number = float(found["number"].replace(",", "."))
    return str(round(number * 60 if found["minutes"] else number))


def _clean(value: str) -> str:
    line = "".join(c if c.isprintable() or c.isspace() or c in JOINERS else "" for c in value[:VALUE_LIMIT])
    return " ".join(line.split())


def _read(name: str) -> str:
    return files(__package__ or "").joinpath(name).read_text(encoding="utf-8")
