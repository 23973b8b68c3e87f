"""The examples run; `make gates` runs those too whose packages are not here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from waiting import PATIENCE
from world import World

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"


def test_the_python_example_orders_a_song_and_prints_where_its_takes_are(world: World) -> None:
    server = [sys.executable, "-m", "songwright.server"]
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "python-client" / "song.py"), *server],
        env=world.environment(), capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    files = [Path(line) for line in done.stdout.splitlines()[-2:]]
    assert [file.name for file in files] == ["Kettle Song (take 1).mp3", "Kettle Song (take 2).mp3"]
    assert all(file.parent == world.library and file.is_file() for file in files)
    assert len(world.charges()) == 1
