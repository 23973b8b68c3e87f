"""What every host is told, read once from where it is decided."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NAME = "songwright"
COMMAND = "uvx"
EXTRA = "sandbox"
"""What a person without a key needs; with it the work on finished songs runs too."""
KEY = "api_key"
VARIABLE = "SONGWRIGHT_"
FIRST_START = 120
"""Seconds: the first start fetches every package."""
LONGEST_CALL = 300
"""Seconds that a host may give one call. Songwright answers sooner; a client that waits longer hears more of it."""


@dataclass(frozen=True)
class Facts:
    """The project, the questions for a person, and the command that starts it."""

    project: Mapping[str, Any]
    manifest: Mapping[str, Any]
    repository: str
    """`owner/name` at the code host."""

    @property
    def version(self) -> str:
        """Of everything that is written here."""
        return str(self.project["version"])

    @property
    def description(self) -> str:
        """One sentence."""
        return str(self.manifest["description"])

    @property
    def questions(self) -> Mapping[str, Mapping[str, Any]]:
        """What a person is asked at the installation, by the name of the setting."""
        questions: Mapping[str, Mapping[str, Any]] = self.manifest["user_config"]
        return questions

    @property
    def address(self) -> str:
        """Where the sources are."""
        return f"https://github.com/{self.repository}"

    @property
    def registered(self) -> str:
        """The name in the registry of MCP servers, which belongs to whoever owns the repository."""
        return f"io.github.{self.repository}"

    @property
    def package(self) -> str:
        """The package with all that a first song needs."""
        return f"{NAME}[{EXTRA}]"

    def arguments(self, version: str | None = None) -> list[str]:
        """What `uvx` is told. A plugin starts the version that its skill was written for, a link the newest."""
        package = f"{self.package}=={version}" if version else self.package
        return ["--from", package, NAME, "serve"]


@cache
def facts() -> Facts:
    """Everything that is known."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    manifest = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
    return Facts(pyproject["project"], manifest, pyproject["tool"]["songwright"]["repository"])


def variable(setting: str) -> str:
    """The environment variable of a setting."""
    return VARIABLE + setting.upper()


def dumps(content: object) -> str:
    """JSON as people read it."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
