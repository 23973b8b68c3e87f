"""YAML: an entry is put as the first one of its group, directly below the group's name."""

from __future__ import annotations

import io
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from .forms import FileRefused, Path, newline_of


class _YamlForm:
    def parsed(self, text: str) -> dict[str, Any]:
        content = _loaded(text, "safe")
        if content is None:
            return {}
        if not isinstance(content, dict) or any(not isinstance(name, str) for name in content):
            raise FileRefused("it is broken: it should hold names with values.")
        return dict(content)

    def with_entry(self, text: str, path: Path, value: Any) -> str:
        group, name = path
        newline = newline_of(text)
        content = _loaded(text, "rt")
        if content is None or group not in content:
            start = text if not text or text.endswith("\n") else text + newline
            return start + self.shown(path, value).replace("\n", newline) + newline
        lines = text.splitlines(keepends=True)
        line = content.lc.key(group)[0]
        if not content[group]:
            return _into_empty(lines, line, group, _block({name: value}, "  ", newline))
        servers = content[group]
        below, column = servers.lc.key(next(iter(servers)))
        if servers.fa.flow_style() or below == line:
            raise FileRefused(f'its "{group}" are written in one line.')
        return "".join([*lines[: line + 1], _block({name: value}, " " * column, newline), *lines[line + 1 :]])

    def without_entry(self, text: str, path: Path) -> str:
        content = _loaded(text, "rt")
        place: Any = content
        for name in path[:-1]:
            place = place[name]
        if not isinstance(place, CommentedMap) or place.fa.flow_style():
            raise FileRefused(f'its "{path[0]}" are written in one line.')
        line, column = place.lc.key(path[-1])
        lines = text.splitlines(keepends=True)
        end = line + 1
        for at in range(line + 1, len(lines)):
            if lines[at].strip() and len(lines[at]) - len(lines[at].lstrip(" ")) <= column:
                break
            if lines[at].strip():
                end = at + 1
        if len(path) > 1 and len(place) == 1:
            above = content.lc.key(path[0])[0]
            lines[above] = re.sub(r":(?=[ \t]*(?:#.*)?\r?\n?$)", ": {}", lines[above], count=1)
        return "".join([*lines[:line], *lines[end:]])

    def shown(self, path: Path, value: Any) -> str:
        for name in reversed(path):
            value = {name: value}
        return _block(value, "", "\n").rstrip("\n")


def _loaded(text: str, kind: str) -> Any:
    try:
        return YAML(typ=kind, pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        where = getattr(getattr(error, "problem_mark", None), "line", None)
        line = "" if where is None else f" in line {where + 1}"
        raise FileRefused(f"it is broken: no valid YAML{line}.") from None


def _block(value: Any, indent: str, newline: str) -> str:
    writer, out = YAML(pure=True), io.StringIO()
    writer.default_flow_style = False
    writer.width = 1 << 20
    writer.dump(value, out)
    return "".join(f"{indent}{line}{newline}" for line in out.getvalue().splitlines())


def _into_empty(lines: list[str], line: int, group: str, block: str) -> str:
    """Below a group that has nothing: its `{}` or `null` goes."""
    found = re.fullmatch(
        rf"({re.escape(group)}[ \t]*:)[ \t]*(?:\{{[ \t]*\}}|null|~)?([ \t]*(?:#.*)?)(\r?\n)?", lines[line]
    )
    if found is None:
        raise FileRefused(f'its "{group}" are written in one line.')
    return "".join([*lines[:line], found[1] + found[2] + (found[3] or "\n"), block, *lines[line + 1 :]])


FORM = _YamlForm()
