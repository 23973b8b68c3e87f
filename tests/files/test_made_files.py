"""Files that are made here and not downloaded, such as videos, enter the library like every other."""

from __future__ import annotations

from pathlib import Path

import pytest

from songwright.server.core.errors import LibraryUnavailable
from songwright.server.files.downloads import Fetcher
from songwright.server.files.library import Library
from songwright.server.files.tags import SongTags

pytestmark = pytest.mark.anyio
SONG = SongTags("clip-1", "Low Tide (take 1)")


@pytest.fixture
def library(tmp_path: Path, fetcher: Fetcher) -> Library:
    return Library(tmp_path / "Music", fetcher, sandbox=False)


def names(library: Library) -> list[str]:
    return sorted(path.relative_to(library.root).as_posix() for path in library.root.rglob("*") if path.is_file())


async def test_the_same_bytes_are_one_file_and_others_stand_beside_it(library: Library) -> None:
    def keep(data: bytes) -> str:
        return library.keep_made(SONG, ".mp4", lambda path: _fill(path, data), label="karaoke 9x16").relative

    assert keep(b"one") == keep(b"one") == "Low Tide (take 1) (karaoke 9x16).mp4"
    assert keep(b"two") == "Low Tide (take 1) (karaoke 9x16) 2.mp4"
    assert (library.root / "Low Tide (take 1) (karaoke 9x16).mp4").read_bytes() == b"one"
    assert len(names(library)) == 2


async def test_a_file_of_the_persons_own_is_never_touched(library: Library) -> None:
    library.root.mkdir()
    (library.root / "Low Tide (take 1) (lyric 1x1).mp4").write_bytes(b"mine")
    kept = library.keep_made(SONG, ".mp4", lambda path: _fill(path, b"ours"), label="lyric 1x1")
    assert kept.path.read_bytes() == b"ours"
    assert (library.root / "Low Tide (take 1) (lyric 1x1).mp4").read_bytes() == b"mine"


async def test_what_ends_half_way_leaves_nothing(library: Library) -> None:
    def broken(path: Path) -> None:
        path.write_bytes(b"half")
        raise LibraryUnavailable("The disk is full.")

    with pytest.raises(LibraryUnavailable):
        library.keep_made(SONG, ".mp4", broken, folder="Songs")
    assert names(library) == []


def _fill(path: Path, data: bytes) -> None:
    path.write_bytes(data)
