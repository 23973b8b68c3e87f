"""A journal that is newer than the songs in the library: it is said, agreed to once, and no fresh start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from world import World, said

from songwright.server.files.downloads import Fetcher
from songwright.server.files.library import Library
from songwright.server.files.tags import Owner, mark_text

pytestmark = pytest.mark.anyio

SONG = {"lyrics": "[Verse]\nthe boats come home", "style": "folk", "title": "Boats"}


def doctor(world: World) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "songwright.server", "doctor"],
        env=world.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip


def journals(world: World) -> list[Path]:
    return list(world.state.glob("journal.sqlite3*"))


@pytest.mark.parametrize("how", ["deleted", "emptied"])
async def test_after_the_journal_was_lost_the_next_purchase_asks_once(world: World, how: str) -> None:
    async with world.client() as client:
        assert said(await client.call_tool("create_song", SONG))["status"] == "done"
    for path in journals(world):
        path.unlink() if how == "deleted" else path.write_bytes(b"")
    told = doctor(world)
    assert told.returncode == 1
    assert "holds songs that are not in it" in told.stdout
    assert "journal.sqlite3" in told.stdout

    async with world.client() as client:
        asked = said(await client.call_tool("create_song", SONG))
        assert asked["status"] == "needs_confirmation"
        assert "library holds songs that are not in it" in asked["notice"]
        assert "Spend 14 credits" in asked["notice"]
        assert len(world.charges()) == 1
        still = said(await client.call_tool("create_song", {**SONG, "title": "Other"}))
        assert still["status"] == "needs_confirmation", "nobody has agreed yet"
        agreed = said(await client.call_tool("create_song", {**SONG, "quote": asked["quote"]}))
        assert agreed["status"] == "done"
        assert len(world.charges()) == 2
    async with world.client() as client:
        assert said(await client.call_tool("create_song", {**SONG, "title": "Other"}))["status"] == "done"
    assert doctor(world).returncode == 0


async def test_the_persons_own_files_are_no_songs_that_were_forgotten(world: World) -> None:
    world.library.mkdir()
    (world.library / "Holiday.mp3").write_bytes(b"ID3 my own recording")
    (world.library / "Sandbox").mkdir()
    async with world.client() as client:
        assert said(await client.call_tool("create_song", SONG))["status"] == "done"


async def test_a_person_who_can_be_asked_hears_why(world: World) -> None:
    async with world.client() as client:
        await client.call_tool("create_song", SONG)
    for path in journals(world):
        path.unlink()
    asked: list[str] = []
    async with world.client(agree=True, asked=asked) as client:
        assert said(await client.call_tool("create_song", SONG))["status"] == "done"
        assert said(await client.call_tool("create_song", {**SONG, "title": "Two"}))["status"] == "done"
    (question,) = asked
    assert question.startswith("Songwright's journal is new")
    assert question.endswith("Spend 14 credits on Boats?")


async def test_of_a_large_collection_only_the_likeliest_files_are_opened(tmp_path: Path) -> None:
    library = Library(tmp_path, Fetcher(), sandbox=False)
    for number in range(700):
        (tmp_path / f"{number:03}.mp3").touch()
    ours = tmp_path / "Boats (take 1).lrc"
    ours.write_bytes(b"[re:" + mark_text(Owner("clip-1", "take 1")) + b"]")
    assert library.holds_songs()
    ours.unlink()
    assert not library.holds_songs()
