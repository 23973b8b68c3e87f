"""Songs on disk: names a person would choose, whole files or none, and nobody's file ever overwritten."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
import textwrap
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import anyio
import anyio.lowlevel
import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from songwright.server.core.errors import ArgumentRefused, DownloadRefused, LibraryUnavailable, LinkDead, NotFound
from songwright.server.files.downloads import Fetcher, Media
from songwright.server.files.library import Library
from songwright.server.files.names import safe_name
from songwright.server.files.tags import SongTags, read_owner, read_tags

pytestmark = pytest.mark.anyio
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")

TAGS = SongTags("clip-1", "Lucía", take=1, lyrics="Duerme", style="lullaby")
OTHER = SongTags("clip-2", "Lucía", take=1)


def sound(container: str, codec: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=44_100)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        size = stream.codec_context.frame_size or 1024
        for number in range(20):
            frame = av.AudioFrame(format=stream.format.name, layout="mono", samples=size)
            frame.sample_rate, frame.pts = 44_100, number * size
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def picture(colour: str = "teal", side: int = 8) -> bytes:
    out = io.BytesIO()
    image = Image.effect_noise((side, side), 80) if colour == "noise" else Image.new("RGB", (side, side), colour)
    image.save(out, "JPEG")
    return out.getvalue()


class Site:
    """A real web server on loopback; the path `/wait` answers when the test says so."""

    def __init__(self) -> None:
        site = self
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.go = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                if self.path == "/wait":
                    site.go.wait(10)
                body = site.files.get(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A client that hangs up is what some tests are about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.005,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.go.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    site = Site()
    site.files = {
        "/a.mp3": sound("mp3", "libmp3lame"),
        "/a.m4a": sound("ipod", "aac"),
        "/a.wav": sound("wav", "pcm_s16le"),
        "/a.mid": b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60MTrk\x00\x00\x00\x04\x00\xff\x2f\x00",
        "/a.jpg": picture(),
        "/page": b"<html>no song</html>",
    }
    yield site
    site.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "Music" / "Songwright"


@pytest.fixture
def library(root: Path, fetcher: Fetcher) -> Library:
    return Library(root, fetcher, sandbox=False)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# -- keeping songs --------------------------------------------------------------------------------------------------


async def test_a_song_is_kept_under_its_title_with_its_tags_and_its_cover_inside(
    library: Library, site: Site, root: Path
) -> None:
    kept = await library.keep_audio(TAGS, site.base + "/a.mp3", cover_url=site.base + "/a.jpg")
    assert names(root) == ["Lucía (take 1).mp3"]
    assert (kept.path, kept.relative) == (root / "Lucía (take 1).mp3", "Lucía (take 1).mp3")
    assert (kept.kind, kept.bytes, kept.tagged) == (Media.MP3, kept.path.stat().st_size, True)
    tags = read_tags(kept.path)
    assert tags is not None
    assert (tags.clip_id, tags.title, tags.lyrics, tags.cover) == ("clip-1", "Lucía", "Duerme", picture())


async def test_the_digest_is_that_of_the_file_as_it_lies_there(library: Library, site: Site) -> None:
    from hashlib import sha256

    kept = await library.keep_audio(TAGS, site.base + "/a.m4a")
    assert kept.sha256 == sha256(kept.path.read_bytes()).hexdigest()


async def test_sandbox_songs_live_in_a_folder_of_their_own(site: Site, root: Path, fetcher: Fetcher) -> None:
    library = Library(root, fetcher, sandbox=True)
    kept = await library.keep_audio(replace(TAGS, sandbox=True), site.base + "/a.mp3")
    assert kept.path == root / "Sandbox" / "Lucía (take 1).mp3"
    assert kept.relative == "Lucía (take 1).mp3"


async def test_stems_wav_and_midi_go_into_a_folder_named_after_the_song(library: Library, site: Site) -> None:
    stem = await library.keep_audio(
        replace(TAGS, clip_id="stem-1"), site.base + "/a.mp3", folder="Lucía", label="vocals"
    )
    wav = await library.fetch_file(TAGS, site.base + "/a.wav", kinds=frozenset({Media.WAV}), folder="Lucía")
    midi = await library.fetch_file(TAGS, site.base + "/a.mid", kinds=frozenset({Media.MIDI}), folder="Lucía")
    assert [kept.relative for kept in (stem, wav, midi)] == [
        "Lucía/Lucía (vocals).mp3",
        "Lucía/Lucía (take 1).wav",
        "Lucía/Lucía (take 1).mid",
    ]


async def test_a_title_that_already_says_the_label_does_not_say_it_twice(library: Library, site: Site) -> None:
    kept = await library.keep_audio(replace(TAGS, title="Lucía (Vocals)"), site.base + "/a.mp3", label="vocals")
    assert kept.relative == "Lucía (Vocals).mp3"


async def test_a_song_without_take_and_label_is_named_by_its_title_alone(library: Library, site: Site) -> None:
    assert (await library.keep_audio(replace(TAGS, take=None), site.base + "/a.mp3")).relative == "Lucía.mp3"


@pytest.mark.parametrize("cover", ["/gone.jpg", "/page", "/a.mp3"])
async def test_a_dead_or_bad_cover_never_costs_the_song(cover: str, library: Library, site: Site, root: Path) -> None:
    kept = await library.keep_audio(TAGS, site.base + "/a.mp3", cover_url=site.base + cover)
    assert kept.path.is_file()
    assert await library.keep_cover(TAGS, site.base + cover) is None
    assert names(root) == ["Lucía (take 1).mp3"]


async def test_a_song_that_fails_says_why_and_leaves_nothing(library: Library, site: Site, root: Path) -> None:
    with pytest.raises(LinkDead):
        await library.keep_audio(TAGS, site.base + "/gone.mp3")
    with pytest.raises(DownloadRefused, match="a web page"):
        await library.keep_audio(TAGS, site.base + "/page")
    with pytest.raises(DownloadRefused, match="not one of: wav"):
        await library.fetch_file(TAGS, site.base + "/a.mp3", kinds=frozenset({Media.WAV}))
    assert names(root) == []


async def test_a_song_cancelled_while_its_cover_is_awaited_leaves_nothing(
    library: Library, site: Site, root: Path
) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: library.keep_audio(TAGS, site.base + "/a.mp3", cover_url=site.base + "/wait"))
        while "/wait" not in site.asked:
            await anyio.lowlevel.checkpoint()
        assert names(root) != []
        group.cancel_scope.cancel()
    site.go.set()
    assert names(root) == []


async def test_a_file_that_takes_no_tags_is_kept_as_it_came(library: Library, site: Site) -> None:
    site.files["/odd.m4a"] = b"\x00\x00\x00\x20ftypM4A " + bytes(500)
    first = await library.keep_audio(TAGS, site.base + "/odd.m4a")
    again = await library.keep_audio(TAGS, site.base + "/odd.m4a")
    assert first.tagged is False
    assert first.path.read_bytes() == site.files["/odd.m4a"]
    assert again == first


# -- whose file is it -----------------------------------------------------------------------------------------------


async def test_the_same_clip_kept_twice_is_one_file(library: Library, site: Site, root: Path) -> None:
    for title in ("first", "second"):
        await library.keep_audio(replace(TAGS, lyrics=title), site.base + "/a.mp3")
        await library.keep_cover(TAGS, site.base + "/a.jpg")
        await library.keep_bytes(TAGS, f"[00:01.00]{title}\n".encode(), ".lrc")
        await library.fetch_file(TAGS, site.base + "/a.mid", kinds=frozenset({Media.MIDI}))
    assert names(root) == [f"Lucía (take 1){ending}" for ending in (".jpg", ".lrc", ".mid", ".mp3")]
    tags = read_tags(root / "Lucía (take 1).mp3")
    assert tags is not None
    assert tags.lyrics == "first"
    assert b"first" in (root / "Lucía (take 1).lrc").read_bytes()


async def test_no_download_replaces_a_file_even_of_the_same_clip(library: Library, site: Site) -> None:
    """It may have been cut, or tagged anew, by the person since."""
    for path, kinds in (("/a.mp3", {Media.MP3}), ("/a.jpg", {Media.JPEG}), ("/a.wav", {Media.WAV})):
        first = await library.fetch_file(TAGS, site.base + path, kinds=frozenset(kinds))
        mine = first.path.read_bytes() + b"and what I did with it"
        first.path.write_bytes(mine)
        again = await library.fetch_file(replace(TAGS, lyrics="other"), site.base + path, kinds=frozenset(kinds))
        assert (again.path, again.bytes) == (first.path, len(mine))
        assert first.path.read_bytes() == mine


async def test_another_song_of_the_same_title_gets_a_number_and_its_companions_follow_it(
    library: Library, site: Site, root: Path
) -> None:
    await library.keep_audio(TAGS, site.base + "/a.mp3")
    other = await library.keep_audio(OTHER, site.base + "/a.mp3")
    cover = await library.keep_cover(OTHER, site.base + "/a.jpg")
    lyrics = await library.keep_bytes(OTHER, b"[00:01.00]Duerme\n", ".lrc")
    assert cover is not None
    assert [other.relative, cover.relative, lyrics.relative] == [
        "Lucía (take 1) 2.mp3",
        "Lucía (take 1) 2.jpg",
        "Lucía (take 1) 2.lrc",
    ]
    assert read_owner(root / "Lucía (take 1).mp3") == ("clip-1", "take 1")


@pytest.mark.parametrize("theirs", [b"my own recording", b"", b"ID3\x04\x00\x00\x00\x00\x00\x00"])
async def test_a_file_the_person_put_there_is_never_touched(
    theirs: bytes, library: Library, site: Site, root: Path
) -> None:
    root.mkdir(parents=True)
    (root / "Lucía (take 1).mp3").write_bytes(theirs)
    (root / "Lucía (take 1) 2.jpg").write_bytes(theirs)
    kept = await library.keep_audio(TAGS, site.base + "/a.mp3")
    assert kept.relative == "Lucía (take 1) 3.mp3"
    assert (root / "Lucía (take 1).mp3").read_bytes() == theirs
    assert (root / "Lucía (take 1) 2.jpg").read_bytes() == theirs


@posix
async def test_a_link_that_leads_nowhere_is_a_name_that_is_taken(library: Library, site: Site, root: Path) -> None:
    root.mkdir(parents=True)
    (root / "Lucía (take 1).mp3").symlink_to(root / "missing")
    assert (await library.keep_audio(TAGS, site.base + "/a.mp3")).relative == "Lucía (take 1) 2.mp3"


async def test_a_clip_is_found_under_its_number_when_the_name_before_it_is_free_again(
    library: Library, site: Site, root: Path
) -> None:
    first = await library.keep_audio(TAGS, site.base + "/a.mp3")
    await library.keep_audio(OTHER, site.base + "/a.mp3")
    first.path.unlink()
    await library.keep_audio(OTHER, site.base + "/a.mp3")
    assert names(root) == ["Lucía (take 1) 2.mp3"]


async def test_thirty_songs_of_one_title_saved_at_once_are_thirty_files(
    library: Library, site: Site, root: Path
) -> None:
    async with anyio.create_task_group() as group:
        for number in range(30):
            tags = replace(TAGS, clip_id=f"clip-{number}")
            group.start_soon(library.keep_audio, tags, site.base + "/a.mp3")
    owners = {read_owner(path) for path in root.iterdir()}
    assert owners == {(f"clip-{number}", "take 1") for number in range(30)}
    assert len(names(root)) == 30


def script(body: str) -> list[str]:
    """A program of its own that keeps songs in a library."""
    head = """
        import anyio, os, sys
        from pathlib import Path
        from songwright.server.files.downloads import Fetcher
        from songwright.server.core.errors import LibraryUnavailable
        from songwright.server.files.library import Library
        from songwright.server.files.tags import SongTags
        url, root = sys.argv[1], Path(sys.argv[2])
        library = Library(root, Fetcher(loopback_ok=True), sandbox=False)
    """
    return [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(body)]


async def test_two_programs_saving_songs_of_one_title_lose_none(site: Site, root: Path) -> None:
    program = script("""
        async def main():
            for number in range(12):
                await library.keep_audio(SongTags(f"{sys.argv[3]}-{number}", "Same", take=1), url)
        anyio.run(main)
    """)
    async with anyio.create_task_group() as group:
        for who in "ab":
            group.start_soon(anyio.run_process, [*program, site.base + "/a.mp3", str(root), who])
    assert len(names(root)) == 24
    assert {read_owner(path) for path in root.iterdir()} == {
        (f"{who}-{n}", "take 1") for who in "ab" for n in range(12)
    }


# -- crashes and disks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("death", "left"),
    [
        ("os.link = lambda *a: os._exit(9)", 1),
        ("link = os.link; os.link = lambda *a: (link(*a), os._exit(9))", 2),
        ("fsync = os.fsync; os.fsync = lambda fd: (fsync(fd), os._exit(9))", 1),
    ],
    ids=["before the file has its name", "right after", "after the download"],
)
async def test_a_crash_at_any_step_and_a_second_run_leave_one_whole_file(
    death: str, left: int, library: Library, site: Site, root: Path
) -> None:
    program = script(f"""
        {death}
        anyio.run(library.keep_audio, SongTags("clip-1", "Lucía", take=1), url)
    """)
    died = await anyio.run_process([*program, site.base + "/a.mp3", str(root)], check=False)
    assert died.returncode == 9
    assert len(names(root)) == left
    await library.keep_audio(TAGS, site.base + "/a.mp3")
    assert await library.tidy() == 1, "its program is dead"
    assert names(root) == ["Lucía (take 1).mp3"]


async def test_tidying_a_library_that_is_not_there_yet_is_no_error(library: Library, root: Path) -> None:
    assert await library.tidy() == 0
    assert not root.exists()


def no_links(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


async def test_on_a_disk_without_hard_links_names_are_still_never_taken_from_anybody(
    library: Library, site: Site, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAT disks and some network shares refuse hard links."""
    monkeypatch.setattr(os, "link", no_links)
    async with anyio.create_task_group() as group:
        for number in range(8):
            tags = replace(TAGS, clip_id=f"clip-{number}")
            group.start_soon(library.keep_audio, tags, site.base + "/a.mp3")
    assert {read_owner(path) for path in root.iterdir()} == {(f"clip-{number}", "take 1") for number in range(8)}


async def test_a_crash_on_a_disk_without_hard_links_leaves_a_claim_that_the_same_clip_takes_up(
    library: Library, site: Site, root: Path
) -> None:
    program = script("""
        def no_links(*a): raise PermissionError(1, "Operation not permitted")
        os.link = no_links
        Path.replace = lambda *a: os._exit(9)
        anyio.run(library.keep_audio, SongTags("clip-1", "Lucía", take=1), url)
    """)
    died = await anyio.run_process([*program, site.base + "/a.mp3", str(root)], check=False)
    assert died.returncode == 9
    assert (await library.keep_audio(OTHER, site.base + "/a.mp3")).relative == "Lucía (take 1) 2.mp3"
    assert (await library.keep_audio(TAGS, site.base + "/a.mp3")).relative == "Lucía (take 1).mp3"


@posix
async def test_a_disk_that_fills_up_while_tags_are_written_leaves_nothing_and_says_so(site: Site, root: Path) -> None:
    """A limit on file sizes stops a write half-way like a full disk does, and works for root too."""
    site.files["/big.jpg"] = picture("noise", 400)
    assert len(site.files["/big.jpg"]) > 40_000
    program = script("""
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        cover = Path(sys.argv[3]).read_bytes()
        try:
            anyio.run(library.keep_audio, SongTags("clip-1", "Lucía", take=1, cover=cover), url)
        except LibraryUnavailable as error:
            print(error)
    """)
    cover = root.parent.parent / "big.jpg"
    cover.write_bytes(site.files["/big.jpg"])
    done = await anyio.run_process([*program, site.base + "/a.mp3", str(root), str(cover)])
    assert f"could not be saved in {root}: the file is larger" in done.stdout.decode()
    assert "SONGWRIGHT_LIBRARY" in done.stdout.decode()
    assert names(root) == []


@posix
async def test_a_library_without_permission_to_write_is_named_with_the_way_out(site: Site) -> None:
    """Root may write everywhere, so the program gives its rights up first."""
    place = Path(tempfile.mkdtemp())
    try:
        place.chmod(0o555)
        program = script("""
            import anyio.lowlevel, anyio.to_thread
            anyio.run(anyio.to_thread.run_sync, os.getpid)  # what is needed is loaded while it can be read
            if os.geteuid() == 0:
                os.setuid(65534)
            try:
                anyio.run(library.keep_audio, SongTags("clip-1", "Lucía", take=1), url)
            except LibraryUnavailable as error:
                print(error)
        """)
        done = await anyio.run_process([*program, site.base + "/a.mp3", str(place / "Songwright")])
        assert f"{place}/Songwright: there is no permission to write there" in done.stdout.decode()
        assert "set SONGWRIGHT_LIBRARY to another folder. The song stays yours" in done.stdout.decode()
    finally:
        place.chmod(0o755)
        shutil.rmtree(place)


async def test_a_root_that_is_a_file_is_named_with_the_way_out(site: Site, root: Path, fetcher: Fetcher) -> None:
    root.parent.mkdir()
    root.write_text("not a folder")
    for library in (Library(root, fetcher, sandbox=False), Library(root, fetcher, sandbox=True)):
        with pytest.raises(LibraryUnavailable, match=r"must be a folder.*SONGWRIGHT_LIBRARY"):
            await library.keep_audio(TAGS, site.base + "/a.mp3")
    assert root.read_text() == "not a folder"


@posix
async def test_a_folder_that_is_a_link_to_elsewhere_is_not_written_to(
    library: Library, site: Site, root: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    root.mkdir(parents=True)
    (root / "Lucía").symlink_to(elsewhere)
    with pytest.raises(LibraryUnavailable, match="leads outside"):
        await library.keep_audio(TAGS, site.base + "/a.mp3", folder="Lucía")
    assert names(elsewhere) == []


# -- tags afterwards ------------------------------------------------------------------------------------------------


async def test_new_tags_replace_the_old_ones_and_keep_the_cover_and_the_name(library: Library, site: Site) -> None:
    kept = await library.keep_audio(replace(TAGS, cover=picture()), site.base + "/a.mp3")
    again = await library.retag(kept.path, replace(TAGS, bpm=90.0, take=None))
    tags = read_tags(kept.path)
    assert tags is not None
    assert (tags.bpm, tags.label, tags.cover) == (90.0, "take 1", picture())
    assert (again.path, again.bytes) == (kept.path, kept.path.stat().st_size)
    assert again.sha256 != kept.sha256
    assert names(library.root) == ["Lucía (take 1).mp3"]


async def test_the_tags_of_another_clip_or_a_missing_file_are_not_rewritten(library: Library, site: Site) -> None:
    kept = await library.keep_audio(TAGS, site.base + "/a.mp3")
    before = kept.path.read_bytes()
    for path, tags in ((kept.path, OTHER), (library.root / "gone.mp3", TAGS), (Path("/etc/passwd"), TAGS)):
        with pytest.raises(NotFound):
            await library.retag(path, tags)
    assert kept.path.read_bytes() == before


# -- finding files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "relative",
    [
        "../secret",
        "/etc/passwd",
        "a/../../secret",
        "a/./b",
        "",
        ".",
        "a//b",
        "a\\b",
        "C:\\x",
        "a\0b",
        "out/x",
        "x" * 5000,
    ],
)
async def test_a_path_that_leads_outside_the_library_is_not_found(
    relative: str, library: Library, root: Path, tmp_path: Path
) -> None:
    root.mkdir(parents=True)
    if sys.platform != "win32":
        (root / "out").symlink_to(tmp_path)
    if len(relative) < 1000:
        with pytest.raises(NotFound):
            library.locate(relative)
    with pytest.raises(NotFound):
        library.read(relative, 10)


async def test_a_kept_song_is_located_and_read_by_its_relative_path(library: Library, site: Site) -> None:
    kept = await library.keep_audio(TAGS, site.base + "/a.mp3", folder="Lucía")
    assert library.locate(kept.relative) == kept.path
    assert library.read(kept.relative, library.size(kept.relative)) == kept.path.read_bytes()
    kept.path.unlink()
    assert library.locate(kept.relative) == kept.path, "a row of a deleted file can still be shown"
    with pytest.raises(NotFound, match="no longer in the library"):
        library.read(kept.relative, 10)


async def test_an_upload_is_found_by_its_plain_name_in_the_upload_folder_or_the_library(
    library: Library, site: Site, tmp_path: Path
) -> None:
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    kept = await library.keep_audio(TAGS, site.base + "/a.mp3")
    stem = await library.keep_audio(replace(TAGS, clip_id="s"), site.base + "/a.mp3", folder="Lucía", label="bass")
    (uploads / unicodedata.normalize("NFD", "Grabación.wav")).write_bytes(site.files["/a.wav"])
    assert library.find_upload("Grabación.wav", uploads).parent == uploads
    assert library.find_upload(kept.path.name, uploads) == kept.path
    assert library.find_upload(stem.path.name, None) == stem.path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("notes.mp3", "not an audio file"),
        ("missing.mp3", "no file named 'missing.mp3'"),
        ("link.mp3", "no file named"),
        ("folder", "no file named"),
        ("twice.mp3", "2 files named"),
        ("../a.mp3", "without its folder"),
        ("/etc/passwd", "without its folder"),
        ("a\\b.mp3", "without its folder"),
        (".hidden.mp3", "without its folder"),
        ("..", "without its folder"),
        ("a\0.mp3", "without its folder"),
        (" ", "without its folder"),
    ],
)
@posix
def test_what_is_no_upload_is_refused_with_a_sentence(
    name: str, words: str, root: Path, tmp_path: Path, site: Site
) -> None:
    library = Library(root, Fetcher(), sandbox=False)
    uploads = tmp_path / "uploads"
    for folder in ("one", "two", "folder"):
        (uploads / folder).mkdir(parents=True)
    for path in ("one/twice.mp3", "two/twice.mp3", "../secret.mp3", ".hidden.mp3"):
        (uploads / path).write_bytes(site.files["/a.mp3"])
    (uploads / "notes.mp3").write_text("my notes")
    (uploads / "link.mp3").symlink_to(tmp_path / "secret.mp3")
    with pytest.raises(ArgumentRefused, match=words) as refusal:
        library.find_upload(name, uploads)
    assert refusal.value.field == "file"


# -- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Lucía", "Lucía"),
        ("Luci\u0301a", "Lucía"),
        ("子守唄", "子守唄"),
        ("Колыбельная", "Колыбельная"),
        ("نجوم الليل", "نجوم الليل"),
        ("रात का गीत", "रात का गीत"),
        ("Rock 'n' Roll (Live) [2026] – 100%!", "Rock 'n' Roll (Live) [2026] – 100%!"),
        ("AC/DC", "AC-DC"),
        ('Why? / What: <a> *b* "c"|d', "Why What a b c d"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\Windows\\system32", "C Windows-system32"),
        ("  .hidden. . ", "hidden"),
        ("line\none\ttab\u2028sep", "line one tab sep"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("zero\u200bwidth\ufeff\u2060", "zerowidth"),
        ("nul", "_nul"),
        ("COM1.txt", "_COM1.txt"),
        ("lpt¹", "_lpt¹"),
        ("Connie", "Connie"),
        ("\u3164\u2800\u115f", "Untitled"),
        ("???", "Untitled"),
        ("", "Untitled"),
        ("\x00\x1b[31mred", "[31mred"),
        ("lone \ud800 half", "lone half"),
        ("\u0301accent", "accent"),
        ("💃🏽 baila", "💃🏽 baila"),
    ],
)
def test_a_title_becomes_a_name_every_system_takes(title: str, name: str) -> None:
    assert safe_name(title) == name


@pytest.mark.parametrize(
    ("title", "limit", "name"),
    [
        ("abcdef", 3, "abc"),
        ("ab \u00e9", 3, "ab"),
        ("xe\u0323\u0302\u0301", 2, "x"),
        ("ab💃🏽", 3, "ab"),
        ("a🇪🇸🇯🇵", 4, "a🇪🇸"),
        ("का" * 3, 3, "का"),
    ],
)
def test_a_long_title_is_cut_between_letters_and_not_inside_one(title: str, limit: int, name: str) -> None:
    """Counted in code points: an accent, a skin tone or half a flag goes with what it belongs to."""
    assert safe_name(title, limit) == name


@settings(max_examples=300, deadline=None)
@given(title=st.text(max_size=400), limit=st.integers(1, 120))
def test_every_title_gives_a_safe_name(title: str, limit: int) -> None:
    name = safe_name(title, limit)
    assert len(name) <= max(limit, len("Untitled"))
    assert 1 <= len(name.encode()) <= 200
    assert not set(name) & set('<>:"/\\|?*')
    assert name.strip(". ") == name
    assert unicodedata.normalize("NFC", name) == name
    assert not any(unicodedata.category(character)[0] == "C" for character in name)
    assert safe_name(name, max(limit, len(name))) == name


async def test_the_longest_names_still_fit_on_a_disk(library: Library, site: Site, root: Path) -> None:
    """Most file systems take 255 bytes."""
    tags = replace(TAGS, title="子" * 200)
    label = "声" * 50
    for number in range(22):
        await library.keep_bytes(replace(tags, clip_id=str(number)), b"[00:00.00]x", ".lrc", label=label)
    assert len(names(root)) == 22
    assert max(len(name.encode()) for name in names(root)) <= 250


async def test_only_known_endings_are_written(library: Library) -> None:
    with pytest.raises(ValueError, match="not a suffix"):
        await library.keep_bytes(TAGS, b"x", ".exe")
