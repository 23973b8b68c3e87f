"""Replicas that share no folder: their files are in a bucket, and whoever is asked finds every one of them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import buckets
import httpx2
import mutagen
import pytest
from http_world import LULLABY, HttpWorld, Replica
from mcp import Client
from mcp.shared.exceptions import MCPError
from sandbox_process import SandboxProcess
from stage import Stage
from world import said

from songwright.server.core.errors import ArgumentRefused, LibraryUnavailable, NotFound, SettingRefused
from songwright.server.files.downloads import Fetcher
from songwright.server.files.objects import WHOLE, Bucket, StoredLibrary
from songwright.server.files.tags import SongTags
from songwright.server.protocol.build import build

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def endpoint() -> Iterator[buckets.Endpoint]:
    with buckets.running() as found, pytest.MonkeyPatch.context() as patch:
        for name, value in found.settings.items():
            patch.setenv(name, value)
        yield found


@pytest.fixture(scope="module")
def place(
    endpoint: buckets.Endpoint, service: SandboxProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HttpWorld]:
    fresh = HttpWorld(service, tmp_path_factory.mktemp("deployment"))
    yield fresh
    fresh.close()


@pytest.fixture(scope="module")
def replicas(place: HttpWorld, endpoint: buckets.Endpoint) -> Iterator[list[Replica]]:
    """Two, each with an empty folder of its own."""
    url = f"{endpoint.bucket('songs')}/team"
    with ExitStack() as running:
        yield [
            running.enter_context(
                place.replica(files_url=url, library=place.folder / name, role=role)  # only one does the work
            )
            for name, role in (("one", "all"), ("two", "web"))
        ]


async def test_a_song_that_one_replica_has_saved_is_whole_at_the_other(
    place: HttpWorld, replicas: list[Replica]
) -> None:
    """By its link, as a resource, and with tags that are added later; nothing stays in the folders."""
    one, two = replicas
    _, token = place.tenant("singer")
    async with place.calling(one, token) as client:
        song = said(await client.call_tool("create_song", LULLABY))
    assert song["status"] == "done", song
    clip = song["clips"][0]
    async with place.calling(two, token) as client:
        listed = said(await client.call_tool("list_songs", {"words": "lullaby"}))["songs"][0]
        content = (await client.read_resource(clip["resource"])).contents[0]
        words = said(await client.call_tool("get_lyrics_timeline", {"clip_id": clip["clip_id"]}))
        timed = (await client.read_resource(f"song://clips/{clip['clip_id']}/timeline")).contents[0]
        heard = await client.call_tool("song_audio", {"clip_id": clip["clip_id"], "offset": 100, "length": 1_000})
    assert words["status"] == "done", words
    assert listed["url"].startswith(f"{two.url}/files/")
    answer = httpx2.get(listed["url"], follow_redirects=True)
    assert (answer.status_code, len(answer.history)) == (200, 1)
    assert answer.headers["content-type"] == "audio/mpeg"
    assert "Luc%C3%ADa%27s%20Lullaby%20%28take%201%29.mp3" in answer.headers["content-disposition"]
    assert mutagen.File(BytesIO(answer.content)).tags.getall("SYLT"), "the timed words came into the song afterwards"
    assert mutagen.File(BytesIO(b64decode(content.blob))).info.length > 0  # type: ignore[union-attr]
    assert "Sleep" in timed.text  # type: ignore[union-attr]
    part = heard.structured_content
    assert part is not None
    assert (b64decode(part["data"]), part["bytes"]) == (answer.content[100:1_100], len(answer.content))
    subtitles = next(file["url"] for file in words["files"] if file["kind"] == "subtitles")
    read = httpx2.get(subtitles, follow_redirects=True)
    assert (read.headers["content-type"], read.text[:6]) == ("text/vtt; charset=utf-8", "WEBVTT")
    assert [path for name in ("one", "two") for path in (place.folder / name).rglob("*") if path.is_file()] == []


async def test_a_project_is_put_into_the_bucket_and_opened_by_its_link(
    place: HttpWorld, replicas: list[Replica]
) -> None:
    """Everything is inside the DAWproject, so that one download is enough."""
    _, token = place.tenant("producer")
    async with place.calling(replicas[0], token) as client:
        song = said(await client.call_tool("create_song", LULLABY))
        clip_id = song["clips"][0]["clip_id"]
        told = said(await client.call_tool("export_project", {"clip_id": clip_id}))
        again = said(await client.call_tool("export_project", {"clip_id": clip_id}))
    assert told["status"] == "done", told
    assert "folder" not in told
    assert "earlier export" in again["notice"]
    url = next(file["url"] for file in told["files"] if file["kind"] == "dawproject")
    with ZipFile(BytesIO(httpx2.get(url, follow_redirects=True).content)) as bundle:
        assert "audio/mix.wav" in bundle.namelist()
    assert [path for name in ("one", "two") for path in (place.folder / name).rglob("*") if path.is_file()] == []


async def test_a_link_of_a_tenant_whose_access_was_withdrawn_leads_nowhere(
    place: HttpWorld, replicas: list[Replica]
) -> None:
    tenant, token = place.tenant("leaver")
    async with place.calling(replicas[0], token) as client:
        song = said(await client.call_tool("create_song", LULLABY))
    url = song["clips"][0]["url"]
    redirect = httpx2.get(url)
    assert redirect.status_code == 307
    assert "X-Amz-Expires=900" in redirect.headers["location"]
    assert redirect.headers["cache-control"] == "no-store"
    place.tenants.revoke(tenant)
    assert httpx2.get(url).status_code == 404


# -- one library ----------------------------------------------------------------------------------------------------


@pytest.fixture
def library(endpoint: buckets.Endpoint, tmp_path: Path) -> StoredLibrary:
    return shelf(endpoint.bucket(f"b{abs(hash(tmp_path))}"), tmp_path / "folder")


def shelf(url: str, root: Path, tenant: str = "ana") -> StoredLibrary:
    return StoredLibrary(root, Fetcher(loopback_ok=True), Bucket(url), tenant)


def tags(clip_id: str, title: str = "Song") -> SongTags:
    return SongTags(clip_id=clip_id, title=title)


async def test_two_clips_of_one_name_have_two_places(library: StoredLibrary) -> None:
    one = await library.keep_bytes(tags("a"), b"[00:01.00]one", ".lrc")
    two = await library.keep_bytes(tags("b"), b"[00:01.00]two", ".lrc")
    assert (one.relative, two.relative) == ("a/Song.lrc", "b/Song.lrc")
    assert b"one" in library.read(one.relative, 100)
    assert b"two" in library.read(two.relative, 100)
    assert library.part(one.relative, 10, 2) == library.read(one.relative, 100)[10:12]


async def test_a_file_that_a_rule_of_the_bucket_has_removed_is_missed(library: StoredLibrary) -> None:
    kept = await library.keep_bytes(tags("a"), b"[00:01.00]one", ".lrc")
    assert [library.vanished(kept.relative), library.vanished("a/Song 2.lrc")] == [False, True]


async def test_nothing_in_the_bucket_is_replaced_and_the_same_file_is_kept_once(library: StoredLibrary) -> None:
    first = await library.keep_bytes(tags("a"), b"[00:01.00]one", ".lrc")
    again = await library.keep_bytes(tags("a"), b"[00:01.00]one", ".lrc")
    other = await library.keep_bytes(tags("a"), b"[00:01.00]other", ".lrc")
    assert again.relative == first.relative
    assert other.relative == "a/Song 2.lrc"
    assert b"one" in library.read(first.relative, 100)


async def test_the_playlist_of_an_album_is_replaced_and_that_of_another_is_not(library: StoredLibrary) -> None:
    assert await library.keep_playlist("A/B", ["../a/a.mp3"]) == "Albums/A-B.m3u8"
    assert await library.keep_playlist("A-B", ["../b/b.mp3"]) == "Albums/A-B 2.m3u8"
    assert await library.keep_playlist("a/b", ["../c/c.mp3"]) == "Albums/A-B.m3u8"
    text = library.read("Albums/A-B.m3u8", library.size("Albums/A-B.m3u8")).decode()
    assert [line for line in text.splitlines() if not line.startswith("#")] == ["../c/c.mp3"]


async def test_a_large_file_goes_in_parts_and_replaces_nothing_either(library: StoredLibrary, tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(WHOLE + 1))
    bucket = library._bucket
    assert bucket.put("ana/x/large.wav", path, new=True)
    assert not bucket.put("ana/x/large.wav", path, new=True)
    assert bucket.size("ana/x/large.wav") == WHOLE + 1


async def test_a_video_that_was_made_here_ends_in_the_bucket_and_nowhere_else(library: StoredLibrary) -> None:
    def keep(data: bytes) -> str:
        return library.keep_made(tags("c9"), ".mp4", lambda path: _fill(path, data), label="lyric 1x1").relative

    first = keep(b"one")
    assert first == keep(b"one")
    other = keep(b"two")
    assert (library.read(first, 9), library.read(other, 9)) == (b"one", b"two")
    assert [path for path in library.root.rglob("*") if path.is_file()] == []


def _fill(path: Path, data: bytes) -> None:
    path.write_bytes(data)


async def test_one_tenants_library_shows_nothing_of_anothers(library: StoredLibrary, tmp_path: Path) -> None:
    kept = await library.keep_bytes(tags("a"), b"[00:01.00]one", ".lrc")
    other = StoredLibrary(tmp_path / "other", Fetcher(loopback_ok=True), library._bucket, "bea")
    with pytest.raises(NotFound):
        other.read(kept.relative, 10)
    with pytest.raises(NotFound):
        other.part(kept.relative, 0, 10)
    for path in (f"../ana/{kept.relative}", "/ana/a/Song.lrc", "..", "a/../../ana/a/Song.lrc"):
        with pytest.raises(NotFound):
            other.read(path, 10)
    assert library.holds_songs()
    assert not other.holds_songs()


async def test_a_recording_is_found_by_its_name_and_must_be_audio(library: StoredLibrary) -> None:
    await library.keep_bytes(tags("a", "Words"), b"[00:01.00]one", ".lrc")
    wav = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\0\0\0\0"
    kept = await library.keep_bytes(tags("b", "Hum"), wav, ".wav")
    assert library.find_upload("Hum.wav", None) == library.locate(kept.relative)
    for name in ("Words.lrc", "Nothing.wav", "b/Hum.wav"):
        with pytest.raises(ArgumentRefused):
            library.find_upload(name, None)


async def test_a_bucket_that_is_not_there_is_told_as_a_storage_trouble_and_tried_again(
    endpoint: buckets.Endpoint, tmp_path: Path
) -> None:
    """Which is what keeps a paid song: it stays unfinished until there is a place for it."""
    library = shelf("s3://later", tmp_path)
    with pytest.raises(LibraryUnavailable, match=r"s3://later cannot be written.*tries again") as refused:
        await library.keep_bytes(tags("a"), b"[00:01.00]one", ".lrc")
    assert "http" not in refused.value.sentence
    endpoint.bucket("later")
    kept = await library.keep_bytes(tags("a"), b"[00:01.00]one", ".lrc")
    assert b"one" in library.read(kept.relative, 100)
    assert list(tmp_path.rglob("*.lrc")) == []


async def test_a_song_in_a_bucket_that_does_not_answer_is_not_told_as_deleted(
    endpoint: buckets.Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del endpoint  # its credentials are set
    stage = Stage(tmp_path)
    (first, _) = stage.clips(stage.song())
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    (await stage.caller()).library = shelf("s3://songs", tmp_path)
    async with Client(build(stage)) as client:
        with pytest.raises(MCPError, match=r"s3://songs cannot be read at present.*Nothing is lost"):
            await client.read_resource(f"song://clips/{first.clip_id}/audio")


@pytest.mark.parametrize("url", ["songs", "https://songs", "s3://", "s3://id:secret@songs", "s3://songs?x=1", "gs://x"])
def test_what_is_no_address_of_a_bucket_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(SettingRefused, match="It must look like s3://bucket/prefix"):
        Bucket(url)


def test_a_file_that_was_made_here_is_found_again_and_read_here(library: StoredLibrary) -> None:
    """And neither the copy that is read nor the unfinished file stays on this machine."""
    owned = SongTags(clip_id="a", title="Song", label="release")

    def write(path: Path) -> None:
        path.write_text("notes")

    kept = library.keep_made(owned, ".txt", write, folder="x", inside="Release")
    found = library.own(owned, ".txt", "Release", "x")
    assert found is not None
    assert (found.relative, found.sha256) == (kept.relative, kept.sha256)
    assert library.own(SongTags(clip_id="b", title="Song", label="release"), ".txt", "Release", "x") is None
    with library.on_disk(kept.relative) as path:
        assert path.read_text() == "notes"
    with pytest.raises(NotFound), library.on_disk("a/gone.txt"):
        pass
    assert [path for path in library.root.rglob("*") if path.is_file()] == []
