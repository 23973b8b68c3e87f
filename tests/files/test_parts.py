"""Files in the making: a dead program's are cleared away, a living one's never, and nobody else's ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from songwright.server.files import parts

PROGRAM = """
import sys
from pathlib import Path
from songwright.server.files.parts import part_name
path = Path(sys.argv[1]) / part_name()
path.write_text("half a song")
print(path, flush=True)
sys.stdin.read()
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="there is no harmless question to a process there")
def test_what_another_living_program_is_fetching_is_left_alone_until_it_dies(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert "part-" in other.stdout.readline()
        assert parts.clear([tmp_path]) == 0
        other.kill()
        other.wait()
    assert len(names(tmp_path)) == 1
    assert parts.clear([tmp_path]) == 1
    assert names(tmp_path) == []


def test_only_ours_are_cleared_and_those_of_other_machines_after_a_day(tmp_path: Path) -> None:
    own = parts.part_name()
    machine = own.split("-")[1]
    kept = {
        own: "in the making here",
        ".part-mine": "not ours",
        ".part-0123456789abcdef": "of an older Songwright",
        f".part-{'0' * 8}-1-{'0' * 8}-{'0' * 16}": "of another machine",
    }
    for name, text in kept.items():
        (tmp_path / name).write_text(text)
    (tmp_path / f".part-{machine}-{os.getpid()}-{'0' * 8}-{'0' * 16}").write_text("of a former process of this number")
    assert parts.clear([tmp_path, tmp_path / "missing"]) == 1
    assert names(tmp_path) == sorted(kept)
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0))
    parts.clear([tmp_path])
    assert names(tmp_path) == [".part-mine"]


def test_a_folder_in_the_making_of_a_dead_program_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    machine = parts.part_name().split("-")[1]
    for name in (f".part-{machine}-{os.getpid()}-{'0' * 8}-{'0' * 16}", parts.part_name(), "Song project"):
        (tmp_path / name / "audio").mkdir(parents=True)
        (tmp_path / name / "audio" / "mix.wav").write_text("half a song")
    assert parts.clear([tmp_path]) == 1
    assert len(names(tmp_path)) == 2
    assert "Song project" in names(tmp_path)
