"""The clients that can be connected: where each keeps its configuration, and what an entry looks like there.

Every place is taken from the client's own documentation or source; docs/clients.md names them.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .forms import JSON, TOML, YAML, Form
from .launch import Launch

NAME = "songwright"
REMOTE = ("url", "serverUrl", "httpUrl", "uri")
"""Members of an entry that leads to a server at an address."""
System = Literal["macos", "windows", "linux"]


@dataclass(frozen=True)
class Machine:
    """Whose machine it is: the system, the person's home, the environment."""

    system: System
    home: Path
    environment: Mapping[str, str]

    @classmethod
    def here(cls) -> Machine:
        """This one."""
        known: dict[str, System] = {"darwin": "macos", "win32": "windows"}
        return cls(known.get(sys.platform, "linux"), Path.home(), os.environ)

    def folder(self, variable: str, otherwise: Path) -> Path:
        """The folder that a variable names; relative ones do not count, as the XDG specification has it."""
        named = self.environment.get(variable, "")
        return Path(named) if named and Path(named).is_absolute() else otherwise

    @property
    def config(self) -> Path:
        """Where programs of this system keep a person's settings."""
        if self.system == "macos":
            return self.home / "Library" / "Application Support"
        if self.system == "windows":
            return self.folder("APPDATA", self.home / "AppData" / "Roaming")
        return self.xdg

    @property
    def xdg(self) -> Path:
        """`~/.config`, which some programs use on macOS too."""
        return self.folder("XDG_CONFIG_HOME", self.home / ".config")


@dataclass(frozen=True)
class Client:
    """One client."""

    name: str
    title: str
    file: Callable[[Machine], Path]
    """Its configuration for the whole account."""
    form: Form
    container: str
    """The member that holds its servers."""
    entry: Callable[[Launch], dict[str, Any]]
    then: str = "Restart it."
    """What makes it read its configuration again."""
    trace: Callable[[Machine], Path] | None = None
    """What its first start leaves behind, where that is not the folder of the file."""

    def found(self, machine: Machine) -> bool:
        """Whether it was ever started on this machine. A program of its name says nothing: some share theirs."""
        return (self.trace(machine) if self.trace else self.file(machine).parent).exists()

    @property
    def path(self) -> tuple[str, str]:
        """Where our entry is in its file."""
        return self.container, NAME


def _plain(launch: Launch) -> dict[str, Any]:
    return {"command": launch.command, "args": list(launch.args), **({"env": launch.env} if launch.env else {})}


def _typed(launch: Launch) -> dict[str, Any]:
    return {"type": "stdio", **_plain(launch)}


def _codex(launch: Launch) -> dict[str, Any]:
    """By default it gives a server ten seconds to start, and uvx may have to fetch it."""
    fetched = Path(launch.command).stem == "uvx"
    return {**_plain(launch), **({"startup_timeout_sec": 120} if fetched else {})}


def _zed(launch: Launch) -> dict[str, Any]:
    return {"source": "custom", "command": launch.command, "args": list(launch.args), "env": launch.env}


def _goose(launch: Launch) -> dict[str, Any]:
    return {
        "enabled": True,
        "type": "stdio",
        "name": NAME,
        "description": "Compose songs and keep them as files",
        "cmd": launch.command,
        "args": list(launch.args),
        "envs": launch.env,
        "env_keys": [],
        "timeout": 300,
    }


def _claude_desktop(machine: Machine) -> Path:
    """Installed from the Microsoft Store's format, it reads its own copy of the folder and not the usual one."""
    name = "claude_desktop_config.json"
    if machine.system == "windows":
        packages = machine.folder("LOCALAPPDATA", machine.home / "AppData" / "Local") / "Packages"
        folders = sorted(packages.glob("Claude_*/LocalCache/Roaming/Claude"))
        with_file = [folder for folder in folders if (folder / name).exists()]
        if folders:
            return (with_file or folders)[0] / name
    return machine.config / "Claude" / name


def _claude_code(machine: Machine) -> Path:
    return machine.folder("CLAUDE_CONFIG_DIR", machine.home) / ".claude.json"


def _claude_code_trace(machine: Machine) -> Path:
    file = _claude_code(machine)
    return file if file.exists() else machine.folder("CLAUDE_CONFIG_DIR", machine.home / ".claude")


def _lm_studio(machine: Machine) -> Path:
    """Its folder may be anywhere: a file names it, and an older version had another one."""
    folder = machine.home / ".lmstudio"
    with contextlib.suppress(OSError, ValueError):
        named = Path((machine.home / ".lmstudio-home-pointer").read_text(encoding="utf-8").strip())
        if named.is_absolute():
            return named / "mcp.json"
    older = machine.home / ".cache" / "lm-studio"
    return (older if older.exists() and not folder.exists() else folder) / "mcp.json"


def _goose_file(machine: Machine) -> Path:
    if machine.system == "windows":
        return machine.config / "Block" / "goose" / "config" / "config.yaml"
    return machine.xdg / "goose" / "config.yaml"


def _zed_file(machine: Machine) -> Path:
    if machine.system == "windows":
        return machine.config / "Zed" / "settings.json"
    if machine.system == "macos":
        return machine.home / ".config" / "zed" / "settings.json"
    return machine.folder("FLATPAK_XDG_CONFIG_HOME", machine.xdg) / "zed" / "settings.json"


CLIENTS = (
    Client(
        "claude-desktop", "Claude Desktop", _claude_desktop, JSON, "mcpServers", _plain,
        then="Quit it, not only its window, and start it again.",
    ),
    Client(
        "claude-code", "Claude Code", _claude_code, JSON, "mcpServers", _typed,
        then="Start a new session.", trace=_claude_code_trace,
    ),
    Client(
        "vscode", "VS Code", lambda m: m.config / "Code" / "User" / "mcp.json", JSON, "servers", _typed,
        then="Choose Start above the entry, or restart it.",
    ),
    Client(
        "cursor", "Cursor", lambda m: m.home / ".cursor" / "mcp.json", JSON, "mcpServers", _plain,
    ),
    Client(
        "windsurf", "Windsurf", lambda m: m.home / ".codeium" / "windsurf" / "mcp_config.json", JSON, "mcpServers",
        _plain, then="Press refresh in its list of MCP servers, or restart it.",
    ),
    Client(
        "codex", "Codex", lambda m: m.folder("CODEX_HOME", m.home / ".codex") / "config.toml", TOML, "mcp_servers",
        _codex, then="Start a new session.",
    ),
    Client(
        "gemini", "Gemini CLI", lambda m: m.home / ".gemini" / "settings.json", JSON, "mcpServers", _plain,
        then="Start a new session.",
    ),
    Client(
        "lm-studio", "LM Studio", _lm_studio, JSON, "mcpServers", _plain,
        then="Switch it on in the Program tab.",
    ),
    Client(
        "goose", "Goose", _goose_file, YAML, "extensions", _goose, then="Start a new session.",
    ),
    Client(
        "zed", "Zed", _zed_file, JSON, "context_servers", _zed, then="It reads the file by itself.",
    ),
)  # fmt: skip
"""Every client that can be connected, in the order in which they are shown."""


def named(name: str) -> Client | None:
    """The client of a name."""
    return next((client for client in CLIENTS if client.name == name), None)
