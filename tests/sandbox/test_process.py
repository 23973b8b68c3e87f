"""One process per state directory: found, shared, replaced when it dies, gone when nobody needs it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from filelock import FileLock
from sandbox_process import SandboxProcess
from waiting import PATIENCE, until

from songwright.sandbox.endpoint_file import opening_lock
from songwright.sandbox.launcher import KEY, Endpoint, SandboxUnavailable, open_sandbox

from .conftest import SONG, Account


def _open(state_dir: Path, **options: Any) -> Endpoint:
    return asyncio.run(open_sandbox(state_dir, fast=True, **options))


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    """A state directory whose sandbox, if one was opened, is ended afterwards."""
    yield tmp_path
    told = tmp_path / "sandbox" / "door.json"
    if told.exists():
        _kill(json.loads(told.read_text())["pid"])


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _health(door: Endpoint) -> dict[str, object]:
    health: dict[str, object] = httpx2.get(f"{door.base_url}/_sandbox/health").json()
    return health


def test_two_programs_that_start_it_at_once_get_one_process(state_dir: Path) -> None:
    code = (
        "import asyncio, pathlib, sys; from songwright.sandbox.launcher import open_sandbox;"
        "door = asyncio.run(open_sandbox(pathlib.Path(sys.argv[1]), fast=True)); print(door.pid, door.base_url)"
    )
    command = [sys.executable, "-c", code, str(state_dir)]
    programs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = {program.communicate(timeout=PATIENCE)[0] for program in programs}
    assert len(told) == 1
    door = _open(state_dir)
    assert told == {f"{door.pid} {door.base_url}\n"}
    assert door.key == KEY
    assert _health(door)["pid"] == door.pid


def test_the_door_is_readable_by_its_owner_only(state_dir: Path) -> None:
    _open(state_dir)
    assert (state_dir / "sandbox" / "door.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to see the environment of a process")
def test_the_sandbox_never_sees_a_key(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGWRIGHT_API_KEY", "precious")
    door = _open(state_dir)
    assert b"precious" not in Path(f"/proc/{door.pid}/environ").read_bytes()


def test_after_a_crash_the_next_call_starts_it_again_with_books_and_port_intact(state_dir: Path) -> None:
    door = _open(state_dir)
    headers = {"Authorization": f"Bearer {door.key}"}
    task_id = httpx2.post(f"{door.base_url}/api/v1/sonic/create", json=SONG, headers=headers).json()["task_id"]
    _kill(door.pid)
    again = _open(state_dir)
    assert again.pid != door.pid
    assert again.base_url == door.base_url
    clips = httpx2.get(f"{again.base_url}/api/v1/sonic/task/{task_id}", headers=headers).json()["data"]
    assert httpx2.get(clips[0]["audio_url"]).status_code == 200
    assert httpx2.get(f"{again.base_url}/api/v1/get-credits", headers=headers).json()["credits"] == 986


class Impostor:
    """A web server that gives a fixed health answer; on POST it notes the path and lets go of `lock`."""

    def __init__(self, state_dir: Path, version: str, token: str) -> None:
        folder = state_dir / "sandbox"
        self.lock = FileLock(folder / "serving.lock", thread_local=False)
        self.posted: list[str] = []
        impostor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer({"token": token, "version": version, "pid": 1})

            def do_POST(self) -> None:
                impostor.posted.append(self.path)
                impostor.lock.release()
                self.answer({})

            def answer(self, told: dict[str, object]) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(told).encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        told = {
            "pid": os.getpid(),
            "port": self._server.server_port,
            "host": "127.0.0.1",
            "token": "written at the start",
        }
        folder.mkdir()
        (folder / "door.json").write_text(json.dumps(told))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.lock.release()


def test_a_stranger_on_the_remembered_port_is_not_trusted(state_dir: Path) -> None:
    """A port or pid can belong to somebody else by now: only the token of the start proves that it is ours."""
    stranger = Impostor(state_dir, "999.0.0", "another token")
    door = _open(state_dir)
    stranger.close()
    assert door.base_url != stranger.base_url
    assert stranger.posted == []
    assert _health(door)["pid"] == door.pid


def test_a_sandbox_of_an_older_program_is_asked_to_stop_and_followed_by_a_new_one(state_dir: Path) -> None:
    old = Impostor(state_dir, "0.0.1", "written at the start")
    old.lock.acquire()
    door = _open(state_dir)
    old.close()
    assert old.posted == ["/_sandbox/stop"]
    assert door.base_url != old.base_url
    assert _health(door)["pid"] == door.pid


def test_a_sandbox_of_an_older_program_that_does_not_stop_is_named(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("songwright.sandbox.launcher._STOP_SECONDS", 0)
    old = Impostor(state_dir, "0.0.1", "written at the start")
    with old.lock, old.lock:  # held twice, so it is still held when the call to stop has let go of it once
        with pytest.raises(SandboxUnavailable, match=rf"process {os.getpid()}\).* does not stop\. End it"):
            _open(state_dir)
        assert old.posted == ["/_sandbox/stop"]
        old.lock.acquire()
    old.close()
    (state_dir / "sandbox" / "door.json").unlink()


def test_a_start_of_another_program_that_takes_too_long_is_not_waited_for(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("songwright.sandbox.launcher._START_SECONDS", 0)
    monkeypatch.setattr("songwright.sandbox.launcher._STOP_SECONDS", 0)
    with opening_lock(state_dir / "sandbox"), pytest.raises(SandboxUnavailable, match="still starting the"):
        _open(state_dir)


def test_a_program_that_died_while_it_started_the_sandbox_is_not_waited_for(state_dir: Path) -> None:
    code = (
        "import pathlib, sys; from songwright.sandbox.endpoint_file import opening_lock;"
        "lock = opening_lock(pathlib.Path(sys.argv[1])); lock.acquire(); print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(state_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TimeoutError):
            opening_lock(state_dir).acquire(blocking=False)
        holder.kill()
    with opening_lock(state_dir).acquire(blocking=False) as lock:
        assert lock.is_locked


def test_a_sandbox_of_a_newer_program_is_used_as_it_is(state_dir: Path) -> None:
    newer = Impostor(state_dir, "999.0.0", "written at the start")
    door = _open(state_dir)
    newer.close()
    assert door.base_url == newer.base_url
    (state_dir / "sandbox" / "door.json").unlink()


def test_a_sandbox_that_cannot_start_says_why(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("songwright.sandbox.launcher._NEEDED", ("numpy", "no_such_library"))
    with pytest.raises(SandboxUnavailable, match=r"no_such_library: install songwright\[sandbox\]"):
        _open(state_dir)
    monkeypatch.undo()
    (state_dir / "sandbox" / "books.sqlite").parent.mkdir(exist_ok=True)
    (state_dir / "sandbox" / "books.sqlite").write_bytes(b"this is no database, though it may look like one" * 100)
    with pytest.raises(SandboxUnavailable, match="not a database"):
        _open(state_dir)


def test_it_ends_when_nobody_asks_for_anything(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, idle_seconds=0.8) as sandbox:
        assert sandbox.wait_ended() == 0


def test_it_does_not_end_while_a_task_is_in_work(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, idle_seconds=0.6, pace="quick") as sandbox:
        account = Account(sandbox)
        with account.http:
            task_id = account.create()
        sandbox.wait_ended()
        sandbox.start()
        account = Account(sandbox, account.key)
        with account.http:
            assert [clip["state"] for clip in account.clips(task_id)] == ["succeeded", "succeeded"]


def test_it_stops_when_asked(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path) as sandbox:
        sandbox.control("POST", "/_sandbox/stop")
        assert sandbox.wait_ended() == 0


def test_a_second_server_on_the_same_folder_gives_up(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path), pytest.raises(RuntimeError, match="already serving"):
        SandboxProcess(tmp_path).start()


def test_a_task_that_a_kill_left_standing_is_finished_by_the_next_run_and_paid_once(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, pace="quick") as sandbox:
        account = Account(sandbox)
        with account.http:
            task_id = account.create()
            sandbox.kill()
        sandbox.start()
        account = Account(sandbox, account.key)
        with account.http:
            until(lambda: account.poll(task_id).status_code == 200, "the task is finished")
            assert account.books()["spent"] == 14


def test_several_sandboxes_run_side_by_side(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path / "a") as one, SandboxProcess(tmp_path / "b") as other:
        assert one.base_url != other.base_url
        one.set_credits("shared", 5)
        assert [box.books("shared")["credits"] for box in (one, other)] == [5, 1000]
