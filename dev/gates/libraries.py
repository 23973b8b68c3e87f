"""What other programs make of the library: beets sorts a person's music by the tags alone."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..stop_sandbox import main as stop_sandbox
from .kit import Broken, Kit

WORDS = "[Verse]\nthe boats come home tonight\nthe harbour holds its light\n"
PERSIAN = "می\u200cخواهم \U0001f468\u200d\U0001f469\u200d\U0001f467"
CONFIG = "directory: {0}/music\nlibrary: {0}/library.db\nplugins: []\n"


def beets(kit: Kit) -> Mapping[str, str]:
    """Songs are made offline, imported as they are, folder by folder and album by album, and read back."""
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        try:
            takes = _made(kit, home)
        finally:
            stop_sandbox(Path(home))
        for name, mode in (("folder by folder", "-qA"), ("album by album", "-qAg")):
            rows = _imported(kit, takes[0].parent, Path(home) / mode, mode)
            both = [row for row in rows if row[0] == PERSIAN]
            found[f"{name}: both takes"] = "" if [row[1] for row in both] == ["1", "2"] else str(rows)
            found[f"{name}: their album"] = "" if {row[2] for row in both} == {PERSIAN} else str(rows)
            album = [row for row in rows if row[2] == "Night Boats"]
            found[f"{name}: a whole album"] = "" if [row[1] for row in album] == ["1", "2"] else str(rows)
            genres = {row[3] for row in rows}
            found[f"{name}: one genre"] = "" if genres == {"Folk"} else str(genres)
    return found


def _made(kit: Kit, home: str) -> list[Path]:
    """Two songs of two takes in a library; one take of each is on no album, the other song's are on one."""
    made = []
    for title in (PERSIAN, "Boats"):
        asked = {"lyrics": WORDS, "style": "folk, warm, harp", "title": title, "seconds": 10}
        made.append(_call(kit, home, "create_song", asked)["clips"])
    _call(kit, home, "make_album", {"name": "Night Boats", "clip_ids": [clip["clip_id"] for clip in made[1]]})
    return [Path(clip["file"]) for clips in made for clip in clips]


def _call(kit: Kit, home: str, tool: str, arguments: Mapping[str, object]) -> dict[str, Any]:
    command = [sys.executable, "-m", "songwright.server", "call", tool, json.dumps(arguments), "--offline", "--json"]
    done = kit.run([*command, "--yes"], HOME=home)
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise Broken((done.stderr or done.stdout).strip()[-500:]) from None
    if told.get("status") != "done":
        raise Broken(str(told)[:500])
    return told


def _imported(kit: Kit, library: Path, folder: Path, mode: str) -> list[list[str]]:
    """What beets knows after an import: title, track, album and genre of each song, by album and track."""
    folder.mkdir()
    (folder / "config.yaml").write_text(CONFIG.format(folder), encoding="utf-8")
    program = str(kit.python.with_name("beet"))
    for words in (["import", mode, str(library)], ["ls", "-f", "$title\t$track\t$album\t$genres", "album+", "track+"]):
        done = kit.run([program, *words], BEETSDIR=str(folder))
        if done.returncode:
            raise Broken(done.stderr.strip()[-500:])
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [[title, track.lstrip("0"), album, genres] for title, track, album, genres in rows]
