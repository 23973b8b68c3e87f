"""Playlists: replaced only where they are ours, and beside whatever else the person has there."""

from __future__ import annotations

from pathlib import Path

import pytest

from songwright.server.core.errors import LibraryUnavailable
from songwright.server.files.downloads import Fetcher
from songwright.server.files.library import Library

pytestmark = pytest.mark.anyio


@pytest.fixture
def library(tmp_path: Path, fetcher: Fetcher) -> Library:
    return Library(tmp_path / "Music", fetcher, sandbox=False)


def names(library: Library) -> list[str]:
    return sorted(path.name for path in (library.root / "Albums").iterdir())


async def test_the_list_of_an_album_is_rewritten_in_its_place_even_where_it_was_renamed(library: Library) -> None:
    relative = await library.keep_playlist("Night/Boats", ["../a.mp3"])
    assert relative == "Albums/Night-Boats.m3u8"
    library.locate(relative).rename(library.root / "Albums" / "mine now.m3u8")
    again = await library.keep_playlist("NIGHT/BOATS", ["../b.mp3"])
    assert (again, names(library)) == ("Albums/mine now.m3u8", ["mine now.m3u8"])
    text = library.locate(again).read_text(encoding="utf-8")
    assert text.splitlines()[0] == "#EXTM3U"
    assert [line for line in text.splitlines() if not line.startswith("#")] == ["../b.mp3"]


async def test_the_list_of_an_album_with_the_longest_name_is_known_again(library: Library) -> None:
    name = "\U0001f319" * 80
    first = await library.keep_playlist(name, ["../a.mp3"])
    assert await library.keep_playlist(name, ["../b.mp3"]) == first
    assert len(names(library)) == 1


async def test_two_albums_whose_names_make_one_file_name_have_two_lists(library: Library) -> None:
    assert await library.keep_playlist("A/B", []) == "Albums/A-B.m3u8"
    assert await library.keep_playlist("A-B", []) == "Albums/A-B 2.m3u8"
    assert await library.keep_playlist("A/B", ["../x.mp3"]) == "Albums/A-B.m3u8"


async def test_nothing_is_left_behind_where_the_folder_leads_elsewhere(library: Library, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    library.root.mkdir()
    (library.root / "Albums").symlink_to(elsewhere)
    with pytest.raises(LibraryUnavailable, match="leads outside the library"):
        await library.keep_playlist("Night", [])
    assert list(elsewhere.iterdir()) == []
