"""The first minute with Songwright: at a terminal, in a client without a key, and when something does not start."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import warm
from mcp import Client, StdioServerParameters
from waiting import PATIENCE
from world import PATIENT, World, said

from songwright.server.cli.install.launch import typed

COMMAND = [sys.executable, "-m", "songwright.server"]


def environment(home: Path, **more: str) -> dict[str, str]:
    """What a program sees that a person with this home starts; no keychain, no settings, no cache."""
    passed = {name: os.environ[name] for name in ("PATH", "COVERAGE_PROCESS_START") if name in os.environ}
    return {
        **passed,
        "HOME": str(home),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        warm.ASKED: "",
        **more,
    }


def at_a_terminal(home: Path, *words: str, types: dict[str, str] | None = None) -> tuple[int, str]:
    """What a person sees at a terminal who types each of these lines when its question appears; and the exit status."""
    waiting = dict(types or {})
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *words], env=environment(home), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # so a terminal ends on Linux
                break
            if not part:
                break
            seen += part
            for question in [question for question in waiting if question.encode() in seen]:
                os.write(ours, f"{waiting.pop(question)}\n".encode())
        os.close(ours)
        return process.wait(PATIENCE), seen.decode().replace("\r\n", "\n")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = tmp_path / "home"
    place.mkdir()
    return place


def test_at_a_terminal_it_says_what_it_is_and_what_to_type_next(home: Path) -> None:
    status, text = at_a_terminal(home)
    assert status == 0
    for words in ("lets an AI assistant", " install\n", " compose ", " doctor\n", "no API key yet"):
        assert words in text
    assert list(home.rglob("*")) == []


def test_what_uvx_has_started_is_told_with_the_sandbox_that_a_song_without_a_key_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "prefix", "/home/ana/.cache/uv/archive-v0/x")
    assert typed({}).startswith('uvx --from "songwright[sandbox]')


def test_with_a_pipe_it_serves_as_ever(home: Path) -> None:
    done = subprocess.run(
        COMMAND, env=environment(home), input="", capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_a_person_is_asked_and_the_key_is_not_shown(home: Path) -> None:
    (home / ".cursor").mkdir()
    status, text = at_a_terminal(home, "install", types={"[y/N]": "y", "Key:": "sk-secret-7"})
    assert status == 0, text
    assert "Write to 1 file?" in text
    assert "Cursor is connected." in text
    assert "sk-secret-7" not in text
    settings = home / ".config" / "songwright" / "config.toml"
    assert settings.read_text() == 'api_key = "sk-secret-7"\n'
    assert "sk-secret-7" not in (home / ".cursor" / "mcp.json").read_text()


def test_a_no_is_a_no(home: Path) -> None:
    (home / ".cursor").mkdir()
    status, text = at_a_terminal(home, "install", types={"[y/N]": "n"})
    assert status == 1
    assert "Nothing was written." in text
    assert list(home.rglob("*")) == [home / ".cursor"]


@pytest.mark.anyio
async def test_the_command_that_is_written_starts_with_an_empty_home(home: Path, tmp_path: Path) -> None:
    (home / ".cursor").mkdir()
    done = subprocess.run(
        [*COMMAND, "install", "--yes"],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    entry = json.loads((home / ".cursor" / "mcp.json").read_text())["mcpServers"]["songwright"]
    empty, project = tmp_path / "empty", tmp_path / "project"
    empty.mkdir()
    project.mkdir()
    (project / "songwright.py").write_text("raise SystemExit('a project that is open was run')")
    place = StdioServerParameters(
        command=entry["command"], args=entry["args"], env={"HOME": str(empty)}, cwd=str(project)
    )
    async with Client(place, mode="legacy") as client:
        tools = (await client.list_tools()).tools
    assert "create_song" in {tool.name for tool in tools}


@pytest.mark.anyio
async def test_the_first_result_of_the_sandbox_says_once_how_to_get_a_real_song(world: World) -> None:
    settings = world.environment() | {"SONGWRIGHT_API_KEY": "", "SONGWRIGHT_BASE_URL": ""}
    place = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=settings)
    async with Client(place, client_info=PATIENT) as client:
        results = [said(await client.call_tool("check_style", {"style": "folk"})) for _ in range(2)]
    assert all(result["sandbox"] for result in results)
    assert "toy synthesizer" in results[0]["notice"]
    assert "songwright install" in results[0]["notice"]
    assert "toy synthesizer" not in results[1].get("notice", "")


@pytest.mark.anyio
async def test_with_a_key_no_result_speaks_of_the_sandbox(world: World) -> None:
    async with world.client() as client:
        result = said(await client.call_tool("check_style", {"style": "folk"}))
    assert "sandbox" not in json.dumps(result)


def test_doctor_names_each_client_and_whether_its_command_starts(world: World) -> None:
    entries: dict[str, Any] = {
        ".cursor/mcp.json": {"mcpServers": {"songwright": {"command": sys.executable, "args": COMMAND[1:]}}},
        ".gemini/settings.json": {"mcpServers": {"songwright": {"command": "/no/such/program"}}},
        ".lmstudio/mcp.json": {"mcpServers": {"songwright": {"url": "https://songs.example.org/mcp"}}},
        ".codeium/windsurf/mcp_config.json": {"mcpServers": {"other": {"command": "x"}}},
    }
    for place, content in entries.items():
        (world.folder / place).parent.mkdir(parents=True)
        (world.folder / place).write_text(json.dumps(content))
    (world.folder / ".config" / "zed").mkdir(parents=True)
    zed = {"context_servers": {"songwright": {"command": sys.executable, "args": COMMAND[1:], "env": {}}}}
    (world.folder / ".config" / "zed" / "settings.json").write_text(f"// mine\n{json.dumps(zed)}")
    done = subprocess.run(
        [*COMMAND, "doctor"], env=world.environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    lines = {
        line.split(":")[0].split("client")[-1].strip(): line for line in done.stdout.splitlines() if "client" in line
    }
    assert lines["Cursor"].startswith("ok")
    assert "starts Songwright" in lines["Cursor"]
    assert "starts Songwright" in lines["Zed"]
    assert lines["Gemini CLI"].startswith("NO")
    assert "cannot be started" in lines["Gemini CLI"]
    assert "at an address" in lines["LM Studio"]
    assert "Windsurf" not in done.stdout
    assert "songwright install gemini" in done.stdout
    assert done.returncode == 1
    assert world.key not in done.stdout


KEYCHAIN = """\
import os, pathlib, time
from keyring.backend import KeyringBackend

class Keychain(KeyringBackend):
    priority = 5

    def get_password(self, service, username):
        while pathlib.Path(os.environ["LOCK"]).exists():
            time.sleep(0.01)
        return os.environ["KEPT"]

    set_password = delete_password = None
"""


@pytest.mark.anyio
async def test_a_server_answers_while_the_keychain_is_locked_and_has_the_key_afterwards(world: World) -> None:
    """It waits three seconds for the keychain, twice: a time-out is what this is about."""
    lock = world.folder / "lock"
    lock.touch()
    (world.folder / "keychain_of_a_test.py").write_text(KEYCHAIN)
    (world.config / "config.toml").write_text(f'keychain = true\nbase_url = "{world.service.base_url}"\n')
    environment = world.environment() | {
        "PYTHON_KEYRING_BACKEND": "keychain_of_a_test.Keychain",
        "LOCK": str(lock),
        "KEPT": world.key,
    }
    del environment["SONGWRIGHT_API_KEY"], environment["SONGWRIGHT_BASE_URL"]
    place = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=environment, cwd=str(world.folder))
    async with Client(place, client_info=PATIENT) as client:
        refused = await client.call_tool("check_credits", {})
        assert refused.is_error
        assert "unlock" in said(refused)["notice"]
        lock.unlink()
        assert said(await client.call_tool("check_credits", {}))["left"] == 1000
