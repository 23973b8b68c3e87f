"""A song that is still growing is heard in stretches: whatever its server can do, and nothing but sound."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from pages_on_loopback import MP3, Page, Site, dripping, page

from songwright.server.core.errors import DownloadRefused, LinkDead, SongwrightError, Unreachable
from songwright.server.files.downloads import AUDIO, Fetcher

pytestmark = pytest.mark.anyio


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def ranged(handler: BaseHTTPRequestHandler) -> None:
    first, _, last = handler.headers["Range"].removeprefix("bytes=").partition("-")
    body = MP3[int(first) : int(last) + 1]
    handler.send_response(206 if body else 416)
    handler.send_header("Content-Range", f"bytes {first}-{int(first) + len(body) - 1}/{len(MP3)}")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.parametrize("way", [ranged, page(MP3), page(MP3, declared=None)], ids=["ranges", "none", "no length"])
async def test_a_growing_file_is_read_in_stretches_with_or_without_ranges(
    site: Site, fetcher: Fetcher, way: Page
) -> None:
    site.pages["/a.mp3"] = way
    taken, ended = b"", False
    while not ended:
        got = await fetcher.part(site.url("/a.mp3"), len(taken), 2_000, kinds=AUDIO)
        assert len(got.data) <= 2_000
        assert got.total in (len(MP3), None)
        taken, ended = taken + got.data, got.ended
    assert taken == MP3


async def test_a_stretch_that_is_not_there_yet_is_empty_and_not_the_end(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a.mp3"] = ranged
    got = await fetcher.part(site.url("/a.mp3"), len(MP3), 2_000, kinds=AUDIO)
    assert (got.data, got.total, got.ended) == (b"", None, False)


async def test_a_stretch_where_no_song_goes_on_is_not_asked_for(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a.mp3"] = page(MP3)
    got = await fetcher.part(site.url("/a.mp3"), 1 << 40, 1, kinds=AUDIO)
    assert (got.data, got.ended) == (b"", True)
    assert site.asked == []


async def test_of_a_stretch_that_drips_comes_what_is_there(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a.mp3"] = dripping
    got = await fetcher.part(site.url("/a.mp3"), 0, 2**18, kinds=AUDIO, seconds=1.0)
    assert got.data.startswith(MP3)
    assert not got.ended


@pytest.mark.parametrize(
    ("way", "what"),
    [
        (page(b"<html>sign in</html>"), DownloadRefused),
        (page(b"", 403), LinkDead),
        (page(b"", 500), Unreachable),
        (page(MP3, 206, Content_Range="bytes 4000-9000/9001"), Unreachable),
    ],
    ids=["a web page", "dead", "trouble", "another part"],
)
async def test_a_stretch_of_something_else_is_refused(
    site: Site, fetcher: Fetcher, way: Page, what: type[SongwrightError]
) -> None:
    site.pages["/a.mp3"] = way
    with pytest.raises(what):
        await fetcher.part(site.url("/a.mp3"), 0, 2_000, kinds=AUDIO)
