"""Homes with clients in them, for tests of `songwright install`: what is in each file before, and how to compare."""

from __future__ import annotations

import json
import stat
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from keyring.backend import KeyringBackend
from ruamel.yaml import YAML

from songwright.server.cli.install.clients import Client, Machine, System, named
from songwright.server.cli.install.command import Wishes, install, uninstall
from songwright.server.cli.install.launch import Launch

SERVER = """\
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if "id" in asked:
        result = {"serverInfo": {"name": "small", "version": "7"}, "tools": [{"name": "sing"}]}
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""
"""A server that starts in a moment, where a test is not about ours."""


@dataclass(frozen=True)
class Prepared:
    """A home with one client: whose system, which client, what its file holds before (None: there is no file)."""

    label: str
    system: System
    client: str
    place: str
    before: str | None
    change: tuple[str, str] | None = None
    """What the client changes in it later on."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables that name folders, relative to the home."""


MAC = "Library/Application Support"
HOMES = (
    Prepared(
        "Claude Desktop on macOS, with other servers", "macos", "claude-desktop",
        f"{MAC}/Claude/claude_desktop_config.json",
        '{\n  "globalShortcut": "Alt+Space",\n  "mcpServers": {\n    "files": {\n      "command": "npx",\n'
        '      "args": ["-y", "files", "/Users/ana"]\n    }\n  }\n}\n',
        ("Alt+Space", "Alt+M"),
    ),
    Prepared(
        "Claude Desktop on Windows, with Windows lines and tabs", "windows", "claude-desktop",
        "Roaming/Claude/claude_desktop_config.json",
        '{\r\n\t"mcpServers": {\r\n\t\t"größe": {"command": "C:\\\\Program Files\\\\x.exe"}\r\n\t},\r\n'
        '\t"scale": 1.50\r\n}',
        ("1.50", "2.0"), {"APPDATA": "Roaming"},
    ),
    Prepared(
        "Claude Desktop from the Microsoft Store, without servers", "windows", "claude-desktop",
        "AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json",
        '{"darkMode":"dark","scale":0}',
        ('"scale":0', '"scale":0,"zoom":{"x":[]}'),
    ),
    Prepared(
        "Claude Code on Linux, with its state in the same file", "linux", "claude-code", ".claude.json",
        '{\n  "numStartups": 34,\n  "projects": {\n    "/home/ana/x": {\n      "mcpServers": {},\n'
        '      "history": ["\\u00fc, \\"}{\\""]\n    }\n  },\n  "userID": 12345678901234567890,\n  "ratio": 1e3\n}\n',
        ('"numStartups": 34', '"numStartups": 35'),
    ),
    Prepared(
        "VS Code on macOS, with inputs", "macos", "vscode", f"{MAC}/Code/User/mcp.json",
        '{\n\t"inputs": [\n\t\t{ "type": "promptString", "id": "k", "description": "K", "password": true }\n\t],\n'
        '\t"servers": {}\n}\n',
        ('"K"', '"Key"'),
    ),
    Prepared("Cursor on Linux, where no server was ever added", "linux", "cursor", ".cursor/mcp.json", None),
    Prepared("Windsurf on macOS, with an empty file", "macos", "windsurf", ".codeium/windsurf/mcp_config.json", ""),
    Prepared(
        "Codex on Linux, with comments and later tables", "linux", "codex", "elsewhere/config.toml",
        '# mine\nmodel = "gpt-6"   # the newest\n\n[mcp_servers.docs]\ncommand = "docs"\nargs = [ "a",\n  "b", ]\n\n'
        "# about profiles\n[profiles.fast]\nmodel = 'small'\n",
        ("\n# about", "\n[mcp_servers.more]\ncommand = 'm'\n\n# about"), {"CODEX_HOME": "elsewhere"},
    ),
    Prepared("Codex on macOS, without a last line break", "macos", "codex", ".codex/config.toml", "model = 'x'"),
    Prepared(
        "Gemini CLI on Windows, in one line", "windows", "gemini", ".gemini/settings.json",
        '{"theme": "Dracula", "mcpServers": {"git": {"command": "uvx", "args": ["mcp-server-git"]}}}\n',
        ("Dracula", "Light"),
    ),
    Prepared(
        "LM Studio on Linux, with nothing in it", "linux", "lm-studio", ".lmstudio/mcp.json",
        '{\n    "mcpServers": {}\n}',
    ),
    Prepared(
        "Goose on macOS, with comments", "macos", "goose", ".config/goose/config.yaml",
        'GOOSE_MODEL: "x"  # mine\nextensions:\n  # the one that edits\n  developer:\n    enabled: true\n'
        "    type: builtin\n    args:\n    - a\n\n# where programs are\nGOOSE_SEARCH_PATHS:\n  - /opt/bin\n",
        ("    - a\n", "    - a\n  other:\n    enabled: false\n"),
    ),
    Prepared(
        "Goose on Windows, without extensions", "windows", "goose", "AppData/Roaming/Block/goose/config/config.yaml",
        "GOOSE_PROVIDER: anthropic\r\nGOOSE_MODE: auto\r\n",
        ("auto", "chat"),
    ),
    Prepared(
        "Zed on Linux, without comments", "linux", "zed", "config/zed/settings.json",
        '{\n  "theme": "One Dark",\n  "languages": {"Python": {"tab_size": 4}}\n}\n',
        ("One Dark", "One Light"), {"XDG_CONFIG_HOME": "config"},
    ),
)  # fmt: skip


class Memory(KeyringBackend):
    """A keychain that keeps passwords for as long as the test lasts."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Home:
    """One person's home, and Songwright's own folders in it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, system: System = "linux") -> None:
        self.folder = folder
        self.config = folder / ".config" / "songwright" / "config.toml"
        self.state = folder / ".local" / "state" / "songwright"
        monkeypatch.setenv("SONGWRIGHT_CONFIG", str(self.config))
        monkeypatch.setenv("SONGWRIGHT_STATE_DIR", str(self.state))
        self.machine = Machine(system, folder, {})
        server = folder.parent / "server.py"
        server.write_text(SERVER)
        self.launch = Launch(sys.executable, ("-I", "-S", str(server)))

    def prepare(self, home: Prepared) -> Path:
        """Put the client's file there; where it is."""
        environment = {name: str(self.folder / place) for name, place in home.environment.items()}
        self.machine = Machine(home.system, self.folder, environment)
        file = self.folder / home.place
        file.parent.mkdir(parents=True, exist_ok=True)
        if home.before is not None:
            file.write_bytes(home.before.encode())
        return file

    def file(self, client: str, content: str | bytes) -> Path:
        """A client's file on this machine."""
        file = client_named(client).file(self.machine)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def install(self, *clients: str, **wishes: Any) -> int:
        return install(Wishes(clients, **{"yes": True, **wishes}), self.machine, self.launch)

    def uninstall(self, *clients: str, **wishes: Any) -> int:
        return uninstall(Wishes(clients, **{"yes": True, **wishes}), self.machine)

    def seen(self) -> dict[str, tuple[int, bytes | str | None]]:
        """Everything in the home: permissions and contents of each file, link and folder."""
        found: dict[str, tuple[int, bytes | str | None]] = {}
        for path in sorted(self.folder.rglob("*")):
            mode = stat.S_IMODE(path.lstat().st_mode)
            content = None if path.is_dir() else str(path.readlink()) if path.is_symlink() else path.read_bytes()
            found[path.relative_to(self.folder).as_posix()] = (mode, content)
        return found


def client_named(name: str) -> Client:
    client = named(name)
    assert client is not None
    return client


def content_of(file: Path) -> dict[str, Any]:
    """What another program reads from a configuration file."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".toml":
        return tomllib.loads(text)
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(text) if file.suffix == ".yaml" else json.loads(text)
    return loaded
