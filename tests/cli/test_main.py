"""The command line as a person meets it: a real process, what it prints, what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import warm
from mcp import Client
from mcp.server import Server
from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult
from pydantic import SecretStr
from waiting import PATIENCE, until
from world import World

from songwright import tools
from songwright.server.cli import client as command_line
from songwright.server.cli import doctor
from songwright.server.core.settings import Settings


def run(world: World, *words: str, **settings: object) -> subprocess.CompletedProcess[str]:
    return ran(world.environment(**settings), world, *words)


def ran(environment: dict[str, str], world: World, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "songwright.server", *words],
        env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=world.folder,
    )  # fmt: skip


def test_version_and_help(world: World) -> None:
    cold = warm.cold(world.environment())
    assert ran(cold, world, "--version").stdout.startswith("songwright 0.")
    text = ran(cold, world, "--help").stdout
    for command in ("serve", "compose", "call", "tools", "doctor", "sandbox"):
        assert command in text


def test_compose_prints_where_the_takes_are_and_what_they_cost(world: World) -> None:
    """From a start in which nothing is loaded, as a person has it."""
    done = ran(warm.cold(world.environment()), world, "compose", "a lullaby for Lucía")
    assert done.returncode == 0, done.stderr
    assert "take 1" in done.stdout
    assert "take 2" in done.stdout
    assert "Cost 14 credits, 986 left." in done.stdout
    assert len(list(world.library.glob("*.mp3"))) == 2
    # In a pipe progress is plain lines, on standard error.
    assert "\r" not in done.stderr
    assert "The service is making it" in done.stderr


def test_call_reaches_any_tool_even_an_unlisted_one(world: World) -> None:
    done = run(world, "call", "--json", "check_credits", toolsets="sonic")
    assert json.loads(done.stdout)["left"] == 1000


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("call", "no_such_tool"), "songwright tools"),
        (("call", "create_song", "not json"), "not JSON"),
        (("call", "create_song", "[1]"), "JSON object"),
        (("compose",), "Say what the song is about"),
        (("compose", "--lyrics", "/no/such/file"), "cannot be read"),
        (("call", "create_song", "{}"), "Give lyrics, or an idea"),
    ],
)
def test_a_slip_is_answered_with_a_sentence(world: World, words: tuple[str, ...], hint: str) -> None:
    done = run(world, *words)
    assert done.returncode != 0
    assert hint in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert world.charges() == []


@pytest.mark.anyio
async def test_call_waits_for_work_of_this_machine_until_it_is_done() -> None:
    """Such an answer names no order: the same call again joins the work."""
    asked = []

    async def answer(context: Any, given: CallToolRequestParams) -> CallToolResult:
        del context
        asked.append((given.name, given.arguments))
        state = "working" if len(asked) < 3 else "done"
        return CallToolResult(content=[], structured_content={"status": state})

    async def listed(context: Any, given: Any) -> ListToolsResult:
        del context, given
        return ListToolsResult(tools=[])

    server = Server("studio", on_call_tool=answer, on_list_tools=listed)
    async with Client(server) as connected:
        result = await command_line._called(
            connected, "make_video", {"clip_id": "c"}, command_line.Progress(sys.stderr)
        )
    assert (result.structured_content or {})["status"] == "done"
    assert asked == [("make_video", {"clip_id": "c"})] * 3


def test_rows_inside_rows_are_lines_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    command_line._print_data(
        {
            "takes": [{"name": "Boats", "kept": True, "measures": [{"says": "It is loud.", "fault": False}]}],
            "songs": [{"title": "Boats", "clips": ["c1", "c2"]}],
        }
    )
    assert capsys.readouterr().out.splitlines() == [
        "takes:",
        "  - name: Boats, kept: yes",
        "    measures:",
        "      - says: It is loud., fault: no",
        "songs:",
        "  - title: Boats, clips: c1, c2",
    ]


def test_tools_lists_every_tool_with_its_price(world: World) -> None:
    text = run(world, "tools", toolsets="all").stdout
    for name in tools.names():
        assert name in text


def test_doctor_finds_everything_in_place(world: World) -> None:
    done = run(world, "doctor")
    assert done.returncode == 0, done.stdout
    assert "1000 credits" in done.stdout
    assert world.key not in done.stdout


def test_a_key_that_is_set_aside_for_the_sandbox_is_not_said_to_be_missing() -> None:
    said = doctor._key(Settings(offline=True, api_key=SecretStr("sk-here")))
    assert said.ok
    assert "SONGWRIGHT_OFFLINE" in said.found
    assert "install" not in said.do


def test_doctor_names_a_bad_folder_and_a_bad_key(world: World) -> None:
    (world.folder / "file").write_text("in the way")
    done = run(world, "doctor", library=world.folder / "file" / "songs")
    assert done.returncode == 1
    assert "SONGWRIGHT_LIBRARY" in done.stdout
    world.fault("get_credits", "refuse", status=401, body={"message": "unknown key"})
    done = run(world, "doctor")
    assert done.returncode == 1
    assert "does not accept the API key" in done.stdout


def test_confirmation_in_a_pipe_is_a_no_unless_yes_was_said(world: World) -> None:
    declined = run(world, "compose", "a lullaby", confirm_above=5)
    assert declined.returncode == 1
    assert "--yes" in declined.stderr
    assert world.charges() == []
    agreed = run(world, "compose", "--yes", "a lullaby", confirm_above=5)
    assert agreed.returncode == 0
    assert len(world.charges()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_leaves_an_order_that_can_be_picked_up(world: World) -> None:
    """The order is paid; the person is told how to go on, and going on finds it."""
    world.stays_in_work()
    process = subprocess.Popen(
        [sys.executable, "-m", "songwright.server", "compose", "a lullaby"],
        env=world.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    until(lambda: world.charges() or process.poll() is not None, "the order reached the service")
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "songwright call wait_for_song" in errors
    assert "Traceback" not in errors
    world.may_end()
    done = run(world, "call", "--json", "wait_for_song")
    assert json.loads(done.stdout)["status"] == "done"
    assert len(world.charges()) == 1


def test_lyrics_come_from_a_file_or_a_pipe(world: World) -> None:
    words = world.folder / "words.txt"
    words.write_text("[Verse]\nboats come home\n", encoding="utf-8")
    done = run(world, "compose", "--json", "--lyrics", str(words), "--style", "folk", "--title", "Boats")
    told = json.loads(done.stdout)  # with --json there is nothing else
    assert told["status"] == "done"
    assert [Path(clip["file"]).name for clip in told["clips"]] == [
        "Boats (take 1).mp3",
        "Boats (take 2).mp3",
    ]


@pytest.mark.parametrize("words", [("tools",), ("tools", "--json"), ("--version",)])
def test_whoever_reads_on_may_stop_reading(world: World, words: tuple[str, ...]) -> None:
    """`songwright tools | head` ends without a complaint."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "songwright.server", *words], env=world.environment(), stdout=write,
        stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    os.close(write)
    assert done.stderr == ""
    assert done.returncode == 141
