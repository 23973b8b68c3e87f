"""Writes again what is derived from the declarations: schemas, the manifest's lists, the documents' tables, the plugin.

`--check` writes nothing and names what is out of date; tests/test_packaging.py runs it so.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from songwright import prompts, tools
from songwright.server.protocol import schema

from . import plugin
from .tables import filled, summary

PLACE = 77_777


def derived() -> Iterator[tuple[Path, str]]:
    """Every derived file with what should be in it."""
    for name in tools.names():
        yield Path("tools", tools.folder(name), f"{name}.json"), schema.dumps(schema.derive(tools.load(name)))
    yield Path("manifest.json"), manifest(Path("manifest.json").read_text(encoding="utf-8"))
    for page in [*sorted(Path("docs").glob("*.md")), Path("README.md")]:
        yield page, plugin.page(page, filled(page.read_text(encoding="utf-8")))
    yield from plugin.derived()


def manifest(text: str) -> str:
    """The manifest with all prompts, and with the tools that are listed by default; others are only said to exist."""
    content = json.loads(text)
    listed = tools.chosen(tools.DEFAULT_TOOLSETS)
    content["tools"] = [{"name": name, "description": summary(name)} for name in listed]
    content["tools_generated"] = set(listed) != set(tools.names())
    content["prompts"] = [prompt(name) for name in prompts.names()]
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def prompt(name: str) -> dict[str, object]:
    """A prompt as the manifest has it, its arguments standing in the places they fill."""
    found = prompts.load(name)
    names = [argument.name for argument in found.arguments]
    # A length stands in its sentence only as a number, so a number holds its place.
    places = {
        argument: str(PLACE) if argument == prompts.LENGTH else f"${{arguments.{argument}}}" for argument in names
    }
    text = found.render(places).replace(str(PLACE), f"${{arguments.{prompts.LENGTH}}}")
    return {"name": name, "description": found.description, "arguments": names, "text": text}


def main(arguments: list[str]) -> int:
    """Write what differs and remove what is left over in the plugin, or with `--check` name both and return 1."""
    wanted = list(derived())
    stale = [(path, text) for path, text in wanted if not path.exists() or path.read_text(encoding="utf-8") != text]
    left = sorted(set(filter(Path.is_file, plugin.FOLDER.rglob("*"))) - {path for path, _ in wanted})
    if "--check" in arguments:
        for path in [*(path for path, _ in stale), *left]:
            print(f"{path} is out of date: run `make update`", file=sys.stderr)
        return 1 if stale or left else 0
    for path, text in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"{path} written")
    for path in left:
        path.unlink()
        print(f"{path} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
