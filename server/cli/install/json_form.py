"""JSON: entries are put into the text and taken out of it where they stand."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .forms import FileRefused, Path, newline_of

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = r'"(?:\\.|[^"\\\n])*"'
_COMMENT = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TRAILING = re.compile(rf"({_STRING})|,(?=[ \t\r\n]*[}}\]])")
_WORDS = re.compile(rf"\[\s+({_STRING}(?:,\s+{_STRING})*)\s+\]")
_DECODER = json.JSONDecoder()
_UNIT = "  "


@dataclass(frozen=True)
class _Member:
    """One member of an object: where its name begins, and where its value does and ends."""

    name: str
    begin: int
    value: int
    end: int


@dataclass(frozen=True)
class _Object:
    """An object in a text: its braces and its members."""

    begin: int
    members: tuple[_Member, ...]
    close: int

    def member(self, name: str) -> _Member | None:
        found = [member for member in self.members if member.name == name]
        if len(found) > 1:
            raise FileRefused(f'it has "{name}" twice.')
        return found[0] if found else None


class _JsonForm:
    def parsed(self, text: str) -> dict[str, Any]:
        if not text.strip():
            return {}
        try:
            content = json.loads(text)
        except ValueError as error:
            if read_loosely(text) is not None:
                raise FileRefused("it has comments or trailing commas, which an edit could lose.") from None
            where = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            raise FileRefused(f"it is broken: no valid JSON{where}.") from None
        except RecursionError:
            raise FileRefused("it is nested too deeply.") from None
        if not isinstance(content, dict):
            raise FileRefused("it is broken: it should hold a JSON object.")
        return content

    def with_entry(self, text: str, path: Path, value: Any) -> str:
        if not text.strip():
            return self.shown(path, value).replace("\n", newline_of(text)) + newline_of(text)
        place, rest = _object_at(text, _SPACE.match(text).end()), list(path)  # type: ignore[union-attr]
        depth = 0
        while len(rest) > 1 and (inner := place.member(rest[0])) is not None:
            if text[inner.value] != "{":  # null, which says that there is nothing
                text = f"{text[: inner.value]}{{}}{text[inner.end :]}"
            place, depth = _object_at(text, inner.value), depth + 1
            rest.pop(0)
        for name in reversed(rest[1:]):
            value = {name: value}
        return _added(text, place, rest[0], value)

    def without_entry(self, text: str, path: Path) -> str:
        place = _object_at(text, _SPACE.match(text).end())  # type: ignore[union-attr]
        for name in path[:-1]:
            inner = place.member(name)
            assert inner is not None
            place = _object_at(text, inner.value)
        gone = place.member(path[-1])
        assert gone is not None
        at = place.members.index(gone)
        if at:
            return text[: place.members[at - 1].end] + text[gone.end :]
        if len(place.members) > 1:
            return text[: gone.begin] + text[place.members[1].begin :]
        return text[: place.begin + 1] + text[place.close :]

    def shown(self, path: Path, value: Any) -> str:
        for name in reversed(path):
            value = {name: value}
        return _written(value, _UNIT)


def _object_at(text: str, begin: int) -> _Object:
    """The object that begins there, in a text that was parsed before."""
    members = []
    at = _after_space(text, begin + 1)
    while text[at] != "}":
        name, end = _DECODER.raw_decode(text, at)
        value = _after_space(text, _after_space(text, end) + 1)
        _, end = _DECODER.raw_decode(text, value)
        members.append(_Member(name, at, value, end))
        at = _after_space(text, end)
        if text[at] == ",":
            at = _after_space(text, at + 1)
    return _Object(begin, tuple(members), at)


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _added(text: str, place: _Object, name: str, value: Any) -> str:
    """The text with a member at the end of an object, written as the others are."""
    newline = newline_of(text)
    label = json.dumps(name, ensure_ascii=False)
    if not place.members:
        if newline not in text.strip() and text.strip() != "{}":
            colon = ": " if '": ' in text else ":"
            return f"{text[: place.begin + 1]}{label}{colon}{_written(value, colon=colon)}{text[place.close :]}"
        outer = _indent(text, place.begin)
        inner = outer + _unit(text)
        body = _written(value, _unit(text), newline + inner)
        return f"{text[: place.begin + 1]}{newline}{inner}{label}: {body}{newline}{outer}{text[place.close :]}"
    first, last = place.members[0], place.members[-1]
    before = text[place.begin + 1 : first.begin]
    colon = text[text.index(":", _DECODER.raw_decode(text, first.begin)[1]) : first.value]
    if newline in before:
        inner = before.rpartition("\n")[2]
        body = _written(value, _unit(text), newline + inner)
        return f"{text[: last.end]},{newline}{inner}{label}{colon}{body}{text[last.end :]}"
    comma = ", " if colon != ":" else ","
    return f"{text[: last.end]}{comma}{label}{colon}{_written(value, colon=colon)}{text[last.end :]}"


def _written(value: Any, unit: str | None = None, newline: str = "\n", colon: str = ": ") -> str:
    if unit is None:
        return json.dumps(value, ensure_ascii=False, separators=(", " if colon != ":" else ",", colon))
    text = json.dumps(value, ensure_ascii=False, indent=unit)
    # A list of words is read more easily in one line; no string holds a line break of its own.
    text = _WORDS.sub(lambda found: "[" + re.sub(r",\s+(?=\")", ", ", found[1]) + "]", text)
    return text.replace("\n", newline)


def _indent(text: str, at: int) -> str:
    """The white space at the beginning of the line."""
    line = text[text.rfind("\n", 0, at) + 1 :]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _unit(text: str) -> str:
    """How much deeper each level is indented in this text."""
    found = re.search(r"\{[ \t]*\r?\n([ \t]+)", text)
    return found[1] if found and _indent(text, found.start()) == "" else _UNIT


def read_loosely(text: str) -> dict[str, Any] | None:
    """What JSON with comments and trailing commas says; None when it is not even that."""
    bare = _COMMENT.sub(lambda found: found[1] or " ", text)
    try:
        content = json.loads(_TRAILING.sub(lambda found: found[1] or "", bare))
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


FORM = _JsonForm()
