"""Edits of other programs' configuration files that change one entry and no other byte.

An edit is made in the text and not by writing the file anew, so that indentation, order and comments stay. Afterwards
both texts are parsed: if anything but our entry differs, the edit is refused and the file is left alone.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ...core.errors import SongwrightError

Path = Sequence[str]
"""Where an entry is: the names of the objects that lead to it."""


class FileRefused(SongwrightError):
    """A file cannot be edited without a risk, so it is left alone; the sentence says why."""


class Form(Protocol):
    """A format of configuration files."""

    def parsed(self, text: str) -> dict[str, Any]:
        """What the text says. Raises `FileRefused`."""
        ...

    def with_entry(self, text: str, path: Path, value: Any) -> str:
        """The text with the entry added at its end."""
        ...

    def without_entry(self, text: str, path: Path) -> str:
        """The text without the entry, which it has."""
        ...

    def shown(self, path: Path, value: Any) -> str:
        """The entry as a person would write it into an empty file."""
        ...


def get(content: Mapping[str, Any], path: Path) -> Any:
    """What is at a path; None where there is nothing. Raises `FileRefused` where no object leads to it."""
    found: Any = content
    for depth, name in enumerate(path):
        if found is None:
            return None
        if not isinstance(found, Mapping):
            raise FileRefused(f'its "{path[depth - 1]}" is not a group of entries.')
        if name not in found:
            return None
        found = found[name]
    return found


def put(form: Form, text: str, path: Path, value: Any) -> str:
    """The text with the entry, instead of an older one if there is one."""
    content = form.parsed(text)
    older = get(content, path)
    if older == value:
        return text
    bare = text if older is None else form.without_entry(text, path)
    return _checked(form, form.with_entry(bare, path, value), _expected(content, path, value))


def take(form: Form, text: str, path: Path, before: Mapping[str, Any] | None) -> str:
    """The text without the entry, or with the older one that it has replaced.

    `before` is what the file said before the entry came. A group that came with the entry goes with it.
    """
    content = form.parsed(text)
    if get(content, path) is None:
        return text
    older = None if before is None else get(before, path)
    if older is not None:
        return put(form, text, path, older)
    bare = form.without_entry(text, path)
    expected = _expected(content, path, None)
    if len(path) > 1 and get(expected, path[:-1]) == {} and (before is None or get(before, path[:-1]) is None):
        if get(form.parsed(bare), path[:-1]) is not None:
            bare = form.without_entry(bare, path[:-1])
        expected = _expected(expected, path[:-1], None)
    return _checked(form, bare, expected)


def _expected(content: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    expected = copy.deepcopy(dict(content))
    place = expected
    for name in path[:-1]:
        if place.get(name) is None:
            place[name] = {}
        place = place[name]
    if value is None:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value
    return expected


def _checked(form: Form, text: str, expected: Mapping[str, Any]) -> str:
    try:
        changed = form.parsed(text)
    except FileRefused:
        changed = {}
    if not _same(changed, expected):
        raise FileRefused("it is written in a way that could not be changed without changing more.")
    return text


def _same(one: Any, other: Any) -> bool:
    """Equal in type as well: `==` alone takes true for 1. Two NaN are the same here."""
    if isinstance(one, dict) and isinstance(other, dict):
        return len(one) == len(other) and all(key in one and _same(one[key], value) for key, value in other.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and (one == other or repr(one) == repr(other))


def newline_of(text: str) -> str:
    """How the lines of a text end."""
    return "\r\n" if "\r\n" in text else "\n"


@dataclass(frozen=True)
class Lazy:
    """A format whose reader is loaded when it is first needed."""

    module: str

    def _form(self) -> Form:
        from importlib import import_module

        form: Form = import_module(f".{self.module}", __package__).FORM
        return form

    def parsed(self, text: str) -> dict[str, Any]:
        """See `Form`."""
        return self._form().parsed(text)

    def with_entry(self, text: str, path: Path, value: Any) -> str:
        """See `Form`."""
        return self._form().with_entry(text, path, value)

    def without_entry(self, text: str, path: Path) -> str:
        """See `Form`."""
        return self._form().without_entry(text, path)

    def shown(self, path: Path, value: Any) -> str:
        """See `Form`."""
        return self._form().shown(path, value)


JSON = Lazy("json_form")
TOML = Lazy("toml_form")
YAML = Lazy("yaml_form")
