"""What hosts and registries need to install Songwright with one click, written by `make update` from one source.

The source is pyproject.toml, the settings, the tools, the prompts, the guide, and the questions that the bundle's
manifest asks a person. `tests/test_plugin.py` fails while a file is out of date or left over.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from . import chatgpt, hosts, links, registries, skill
from .facts import facts

FOLDER = Path("plugin")
MARKETPLACE = Path(".claude-plugin/marketplace.json")
"""At the top, because that is where Claude Code looks in a repository."""
PAGES = (Path("README.md"), Path("docs/clients.md"))
"""Pages with links that install Songwright."""


def derived() -> Iterator[tuple[Path, str]]:
    """Every file with what should be in it, relative to the top folder."""
    known = facts()
    yield MARKETPLACE, hosts.marketplace(known)
    for part in (hosts, registries, chatgpt, skill):
        for name, text in part.files(known):
            yield FOLDER / name, text


def page(path: Path, text: str) -> str:
    """A page with its links up to date."""
    return links.filled(text, facts()) if path in PAGES else text
