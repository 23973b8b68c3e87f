"""TOML: an entry is a table with a heading of its own at the end of the text, or one line before the first table."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from .forms import FileRefused, Path, newline_of

_HEADING = re.compile(r"^[ \t]*\[+([^\]\n]*)\]+", re.MULTILINE)


class _TomlForm:
    def parsed(self, text: str) -> dict[str, Any]:
        try:
            return tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise FileRefused(f"it is broken: no valid TOML ({error}).") from None

    def with_entry(self, text: str, path: Path, value: Any) -> str:
        newline = newline_of(text)
        if len(path) == 1:
            return _edited(text, lambda document: document.update({path[0]: value}))
        gap = "" if not text.strip() else newline if text.endswith("\n") else newline * 2
        return f"{text}{gap}{self.shown(path, value)}{newline}".replace("\r\n", "\n").replace("\n", newline)

    def without_entry(self, text: str, path: Path) -> str:
        if len(path) == 1:
            return _edited(text, lambda document: document.remove(path[0]))
        headings = list(_HEADING.finditer(text))
        ours = [found for found in headings if _names(found[1])[: len(path)] == list(path)]
        if not ours:
            raise FileRefused("its servers do not have a heading each.")
        for found in reversed(ours):
            following = [other.start() for other in headings if other.start() > found.start()]
            end = min(following, default=len(text))
            begin = found.start()
            # The empty line between tables came with ours; what stands above the next one is about that one.
            kept = re.search(r"(?:^[ \t]*(?:#.*)?\r?\n)*\Z", text[begin:end], re.MULTILINE) if following else None
            end = begin + kept.start() if kept else end
            while text[:begin].endswith(("\n\n", "\n\r\n")) and (
                end == len(text) or text[end:].startswith(("\n", "\r\n"))
            ):
                begin -= 2 if text[:begin].endswith("\r\n") else 1
            text = text[:begin] + text[end:]
        return text

    def shown(self, path: Path, value: Any) -> str:
        for name in reversed(path[1:]):
            value = {name: value}
        return tomlkit.dumps({path[0]: value}).rstrip("\n")


def _names(heading: str) -> list[str]:
    """The parts of a heading such as `mcp_servers."a b"`."""
    try:
        names, content = [], tomllib.loads(f"[{heading}]")
    except tomllib.TOMLDecodeError:
        return []
    while content:
        ((name, content),) = content.items()
        names.append(name)
    return names


def _edited(text: str, edit: Any) -> str:
    newline = newline_of(text)
    plain = text.replace("\r\n", "\n")
    try:
        document = tomlkit.parse(plain)
        if plain and not plain.endswith("\n"):
            document = tomlkit.parse(plain + "\n")
        edit(document)
        return tomlkit.dumps(document).replace("\n", newline)
    except TOMLKitError as error:
        raise FileRefused(f"it is broken: no valid TOML ({error}).") from None


FORM = _TomlForm()
