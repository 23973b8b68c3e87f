"""Fetching from links nobody vouches for: what arrives is whole and of the right kind, or nothing is left at all."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import ssl
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anyio
import httpx2
import pytest
from pages_on_loopback import MP3, Page, Site, dripping, page

from songwright.server.core.errors import DownloadRefused, LibraryUnavailable, LinkDead, SongwrightError, Unreachable
from songwright.server.files.downloads import AUDIO, IMAGES, Fetcher, Media, sniff

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def nothing_left(folder: Path) -> bool:
    return list(folder.iterdir()) == []


async def test_a_good_link_leaves_a_complete_part_file_with_its_digest(
    site: Site, fetcher: Fetcher, tmp_path: Path
) -> None:
    site.pages["/a.mp3"] = page(MP3, Content_Type="text/html")
    got = await fetcher.fetch(site.url("/a.mp3"), tmp_path, kinds=AUDIO)
    assert (got.kind, got.bytes, got.sha256) == (Media.MP3, len(MP3), hashlib.sha256(MP3).hexdigest())
    assert got.path.parent == tmp_path
    assert got.path.name.startswith(".part-")
    assert got.path.read_bytes() == MP3


async def test_no_compression_is_asked_for_and_nothing_about_the_person_is_told(
    site: Site, fetcher: Fetcher, tmp_path: Path
) -> None:
    site.pages["/a.mp3"] = page(MP3)
    await fetcher.fetch(site.url("/a.mp3"), tmp_path, kinds=AUDIO)
    headers = {name.lower(): value for name, value in site.asked[0][1].items()}
    assert headers.pop("accept-encoding") == "identity"
    assert set(headers) <= {"host", "user-agent", "connection"}


async def test_three_redirects_are_followed_and_a_fourth_is_refused(
    site: Site, fetcher: Fetcher, tmp_path: Path
) -> None:
    site.pages["/a.mp3"] = page(MP3)
    for n, target in enumerate(["/a.mp3", "/1", site.url("/2"), "/3"], start=1):
        site.pages[f"/{n}"] = page(b"", 302, Location=target)
    assert (await fetcher.fetch(site.url("/3"), tmp_path, kinds=AUDIO)).bytes == len(MP3)
    with pytest.raises(DownloadRefused, match="more than 3 times"):
        await fetcher.fetch(site.url("/4"), tmp_path, kinds=AUDIO)


async def test_environment_proxies_are_not_used(
    site: Site, fetcher: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    site.pages["/a.mp3"] = page(MP3)
    assert (await fetcher.fetch(site.url("/a.mp3"), tmp_path, kinds=AUDIO)).kind is Media.MP3


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_an_expired_link_is_dead_and_the_sentence_says_the_song_is_not_lost(
    status: int, site: Site, fetcher: Fetcher, tmp_path: Path
) -> None:
    site.pages["/a.mp3"] = page(b"<html>gone", status)
    with pytest.raises(LinkDead, match=f"{status}.*The song stays yours"):
        await fetcher.fetch(site.url("/a.mp3"), tmp_path, kinds=AUDIO)
    assert nothing_left(tmp_path)


async def test_no_sentence_repeats_the_path_or_the_signature_of_a_link(
    site: Site, fetcher: Fetcher, tmp_path: Path
) -> None:
    """A signed link is as good as a password while it lasts, and sentences end up in logs and conversations."""
    with pytest.raises(LinkDead) as dead:
        await fetcher.fetch(site.url("/private/a.mp3?signature=secret"), tmp_path, kinds=AUDIO)
    assert "secret" not in dead.value.sentence
    assert "private" not in dead.value.sentence


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_service_in_trouble_is_asked_again_later(
    status: int, site: Site, fetcher: Fetcher, tmp_path: Path
) -> None:
    site.pages["/a.mp3"] = page(b"busy", status)
    with pytest.raises(Unreachable, match=f"{status}.*The song stays yours. Songwright fetches it again"):
        await fetcher.fetch(site.url("/a.mp3"), tmp_path, kinds=AUDIO)


BAD_ANSWERS: dict[str, tuple[Page, type[SongwrightError], str]] = {
    "declared too large": (page(MP3, declared=10**9), DownloadRefused, "larger than 0.02 MB"),
    "undeclared too large": (page(MP3 + bytes(50_000), declared=None), DownloadRefused, "larger than 0.02 MB"),
    "cut short": (page(MP3, declared=len(MP3) + 1), Unreachable, "broke before the file was complete"),
    "empty": (page(b""), Unreachable, "empty or cut short"),
    "a web page": (page(b"\n<!DOCTYPE html><html>please log in</html>"), DownloadRefused, "a web page"),
    "a program": (page(b"MZ\x90\x00" + bytes(100)), DownloadRefused, "something else"),
    "a picture": (page(PNG), DownloadRefused, "png"),
    "a gzip bomb": (page(gzip.compress(bytes(10**6)), Content_Encoding="gzip"), DownloadRefused, "something else"),
    "no length at all": (page(MP3, declared=None, Content_Length="many"), Unreachable, "broke before an answer"),
    "a redirect to nowhere": (page(b"", 302), DownloadRefused, "302"),
    "a redirect in a circle": (page(b"", 302, Location="/bad"), DownloadRefused, "more than 3 times"),
    "a redirect to a file": (page(b"", 302, Location="file:///etc/passwd"), DownloadRefused, "not a web address"),
    "a redirect to an inner address": (page(b"", 302, Location="http://10.0.0.1/"), DownloadRefused, "private"),
    "a redirect to the cloud's secrets": (
        page(b"", 307, Location="http://169.254.169.254/latest/meta-data/"),
        DownloadRefused,
        "private or local",
    ),
    "a redirect with a password": (page(b"", 302, Location="http://a:b@127.0.0.1/"), DownloadRefused, "password"),
}


@pytest.mark.parametrize("what", BAD_ANSWERS)
async def test_a_bad_answer_is_refused_and_leaves_no_file(
    what: str, site: Site, fetcher: Fetcher, tmp_path: Path
) -> None:
    answer, error, words = BAD_ANSWERS[what]
    site.pages["/bad"] = answer
    with pytest.raises(error, match=words) as refusal:
        await fetcher.fetch(site.url("/bad"), tmp_path, kinds=AUDIO, max_bytes=20_000)
    assert "The song stays yours" in refusal.value.sentence
    assert nothing_left(tmp_path)


@pytest.mark.parametrize(
    "link",
    [
        "file:///etc/passwd",
        "ftp://files.example/a.mp3",
        "data:audio/mpeg;base64,SUQz",
        "javascript:alert(1)",
        "//no.scheme.example/a.mp3",
        "https:///a.mp3",
        "no link at all",
        "https://a.example:99999/a.mp3",
        "https://\u2028/",
        "http://example.com/a.mp3",
        "https://user:password@example.com/a.mp3",
        "https://127.0.0.1/a.mp3",
        "https://127.1/a.mp3",
        "https://2130706433/a.mp3",
        "https://0x7f000001/a.mp3",
        "https://０x7f.1/a.mp3",
        "https://localhost/a.mp3",
        "https://10.1.2.3/a.mp3",
        "https://172.16.0.1/a.mp3",
        "https://192.168.1.1/a.mp3",
        "https://100.64.0.1/a.mp3",
        "https://192.88.99.1/a.mp3",
        "https://192.0.0.192/a.mp3",
        "https://[3fff::1]/a.mp3",
        "https://[3fff:fff::1]/a.mp3",
        "https://[5f00::1]/a.mp3",
        "https://[64:ff9b:1::a00:1]/a.mp3",
        "https://[100:0:0:1::1]/a.mp3",
        "https://169.254.169.254/latest/meta-data/",
        "https://0.0.0.0/a.mp3",
        "https://224.0.0.1/a.mp3",
        "https://255.255.255.255/a.mp3",
        "https://[::1]/a.mp3",
        "https://[::]/a.mp3",
        "https://[fe80::1]/a.mp3",
        "https://[fd00:ec2::254]/a.mp3",
        "https://[fec0::1]/a.mp3",
        "https://[ff02::1]/a.mp3",
        "https://[::ffff:127.0.0.1]/a.mp3",
        "https://[::ffff:a9fe:a9fe]/a.mp3",
        "https://[64:ff9b::7f00:1]/a.mp3",
        "https://[2002:7f00:1::]/a.mp3",
        "https://[::7f00:1]/a.mp3",
    ],
)
async def test_an_unsafe_link_is_refused_before_anything_is_sent(link: str, tmp_path: Path) -> None:
    network = Recorder()
    fetcher = Fetcher(transport=network, resolve=None if "example" not in link else public)
    with pytest.raises(DownloadRefused, match="not followed"):
        await fetcher.fetch(link, tmp_path, kinds=AUDIO)
    assert network.requests == []
    assert nothing_left(tmp_path)


async def test_loopback_is_refused_unless_the_service_itself_is_there(site: Site, tmp_path: Path) -> None:
    site.pages["/a.mp3"] = page(MP3)
    with pytest.raises(DownloadRefused, match="private or local"):
        await Fetcher().fetch(site.url("/a.mp3"), tmp_path, kinds=AUDIO)
    assert site.asked == []


async def test_a_file_that_drips_is_given_up_at_the_time_limit(site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    site.pages["/slow"] = dripping
    with pytest.raises(Unreachable, match=r"within 0\.3 seconds"):
        await fetcher.fetch(site.url("/slow"), tmp_path, kinds=AUDIO, seconds=0.3)
    assert nothing_left(tmp_path)


async def test_a_cancelled_fetch_leaves_no_file(site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    site.pages["/slow"] = dripping
    with anyio.move_on_after(0.2) as scope:
        await fetcher.fetch(site.url("/slow"), tmp_path, kinds=AUDIO)
    assert scope.cancelled_caught
    assert nothing_left(tmp_path)


async def test_a_closed_port_and_an_unknown_name_are_tried_again_later(tmp_path: Path) -> None:
    site = Site()
    site.close()
    with pytest.raises(Unreachable, match="no connection"):
        await Fetcher(loopback_ok=True).fetch(site.url("/a.mp3"), tmp_path, kinds=AUDIO)

    async def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("name or service not known")

    with pytest.raises(Unreachable, match=r"nowhere\.example: its name could not be resolved"):
        await Fetcher(resolve=unknown).fetch("https://nowhere.example/a.mp3", tmp_path, kinds=AUDIO)


# -- the address that was checked is the address that is dialled ----------------------------------------------------


class Body(httpx2.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield MP3


class Recorder(httpx2.AsyncBaseTransport):
    """The network, written down: answers with a song, except at addresses that do not connect."""

    def __init__(self, *deaf: str, redirect: str | None = None) -> None:
        self.deaf = deaf
        self.redirect = redirect
        self.requests: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if request.url.host in self.deaf:
            raise httpx2.ConnectError("refused")
        if self.redirect:
            return httpx2.Response(302, headers={"Location": self.redirect}, stream=Body())
        return httpx2.Response(200, stream=Body())


async def public(_host: str, _port: int) -> list[str]:
    return ["93.184.215.14"]


async def test_the_name_is_looked_up_once_and_the_checked_address_is_dialled(tmp_path: Path) -> None:
    """DNS rebinding: a name that answers with a public address first and an inner one afterwards."""
    answers = [["93.184.215.14"], ["127.0.0.1"]]

    async def rebinding(_host: str, _port: int) -> list[str]:
        return answers.pop(0)

    network = Recorder()
    await Fetcher(transport=network, resolve=rebinding).fetch("https://müsic.example/a.mp3?x=1", tmp_path, kinds=AUDIO)
    (request,) = network.requests
    assert str(request.url) == "https://93.184.215.14/a.mp3?x=1"
    assert request.headers["host"] == "xn--msic-0ra.example"
    assert request.extensions["sni_hostname"] == "xn--msic-0ra.example"
    assert len(answers) == 1


async def test_one_inner_address_among_public_ones_refuses_the_link(tmp_path: Path) -> None:
    async def mixed(_host: str, _port: int) -> list[str]:
        return ["93.184.215.14", "10.0.0.1"]

    for loopback_ok in (False, True):
        with pytest.raises(DownloadRefused, match="private or local"):
            await Fetcher(loopback_ok=loopback_ok, resolve=mixed).fetch("https://a.example/", tmp_path, kinds=AUDIO)


async def test_an_address_that_does_not_connect_gives_way_to_the_next(tmp_path: Path) -> None:
    """Laptops often have an IPv6 address that leads nowhere."""

    async def both(_host: str, _port: int) -> list[str]:
        return ["2606:4700::1111", "93.184.215.14"]

    network = Recorder("2606:4700::1111")
    await Fetcher(transport=network, resolve=both).fetch("https://a.example/a.mp3", tmp_path, kinds=AUDIO)
    assert [request.url.host for request in network.requests] == ["2606:4700::1111", "93.184.215.14"]


@pytest.mark.parametrize("address", ["64:ff9b::5db8:d70e", "::ffff:93.184.215.14"])
async def test_a_public_address_in_ipv6_clothes_is_as_good_as_itself(address: str, tmp_path: Path) -> None:
    """Phone networks without IPv4 (DNS64) answer every lookup with 64:ff9b:: addresses, RFC 6052."""

    async def dressed(_host: str, _port: int) -> list[str]:
        return [address]

    got = await Fetcher(transport=Recorder(), resolve=dressed).fetch("https://a.example/", tmp_path, kinds=AUDIO)
    assert got.kind is Media.MP3


async def test_a_public_page_cannot_lead_into_this_machine_even_when_loopback_is_fine(tmp_path: Path) -> None:
    async def known(host: str, _port: int) -> list[str]:
        return ["127.0.0.1"] if host == "127.0.0.1" else ["93.184.215.14"]

    network = Recorder(redirect="http://127.0.0.1:8080/admin")
    with pytest.raises(DownloadRefused, match="private or local"):
        await Fetcher(loopback_ok=True, transport=network, resolve=known).fetch(
            "https://a.example/a.mp3", tmp_path, kinds=AUDIO
        )
    assert len(network.requests) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for songs.example that signs itself, with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "songs.example")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("songs.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "songs.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


async def test_the_certificate_is_checked_against_the_name_though_an_address_is_dialled(
    certificate: Path, tmp_path: Path
) -> None:
    """Both ways: the right name passes the handshake, another name at the same address does not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    site = Site(context)
    site.pages["/a.mp3"] = page(MP3)
    names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    async def here(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    trusting = httpx2.AsyncHTTPTransport(verify=ssl.create_default_context(cafile=certificate))
    fetcher = Fetcher(loopback_ok=True, transport=trusting, resolve=here)
    try:
        got = await fetcher.fetch(f"https://songs.example:{site.port}/a.mp3", tmp_path, kinds=AUDIO)
        assert got.bytes == len(MP3)
        assert names == ["songs.example"]
        assert site.asked[0][1]["Host"] == f"songs.example:{site.port}"
        with pytest.raises(Unreachable, match="no connection"):
            await fetcher.fetch(f"https://other.example:{site.port}/a.mp3", tmp_path, kinds=AUDIO)
        with pytest.raises(Unreachable, match="no connection"):
            await Fetcher(loopback_ok=True, resolve=here).fetch(
                f"https://songs.example:{site.port}/a.mp3", tmp_path, kinds=AUDIO
            )
    finally:
        await fetcher.aclose()
        site.close()


# -- the disk -------------------------------------------------------------------------------------------------------


async def test_a_folder_that_is_no_folder_is_named_in_the_sentence_with_the_way_out(
    site: Site, fetcher: Fetcher, tmp_path: Path
) -> None:
    site.pages["/a.mp3"] = page(MP3)
    wall = tmp_path / "wall"
    wall.write_text("a file")
    with pytest.raises(LibraryUnavailable, match=f"{wall}.*SONGWRIGHT_LIBRARY.*The song stays yours"):
        await fetcher.fetch(site.url("/a.mp3"), wall, kinds=AUDIO)


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a POSIX thing")
async def test_a_disk_that_takes_no_more_leaves_no_file_and_says_so(site: Site, tmp_path: Path) -> None:
    """A limit on file sizes stops a write half-way like a full disk does, and works for root too."""
    site.pages["/a.mp3"] = page(MP3 + bytes(500_000))
    script = """
        import anyio, resource, sys
        from pathlib import Path
        from songwright.server.files.downloads import AUDIO, Fetcher
        from songwright.server.core.errors import LibraryUnavailable
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        async def main():
            try:
                await Fetcher(loopback_ok=True).fetch(sys.argv[1], Path(sys.argv[2]), kinds=AUDIO)
            except LibraryUnavailable as error:
                print(error)
        anyio.run(main)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), site.url("/a.mp3"), str(tmp_path)]
    done = await anyio.run_process(command)
    assert f"could not be saved in {tmp_path}: the file is larger than this disk" in done.stdout.decode()
    assert nothing_left(tmp_path)


# -- kinds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"ID3\x04", Media.MP3),
        (b"\xff\xfb\x90\x64", Media.MP3),
        (b"\xff\xf3\x44\xc4", Media.MP3),
        (b"\x00\x00\x00\x20ftypM4A ", Media.M4A),
        (b"\x00\x00\x00\x20ftypisom", Media.M4A),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", Media.WAV),
        (b"fLaC\x00", Media.FLAC),
        (b"OggS\x00", Media.OGG),
        (b"\xff\xd8\xff\xe0", Media.JPEG),
        (b"\x89PNG\r\n\x1a\n", Media.PNG),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", Media.WEBP),
        (b"MThd\x00\x00\x00\x06", Media.MIDI),
        (b"\xff\xf1\x50\x80", None),  # AAC without a container
        (b"\xff\xfeh\x00t\x00", None),  # UTF-16 text
        (b"\x00\x00\x00\x20ftypheic", None),
        (b"RIFF\x24\x00\x00\x00AVI LIST", None),
        (b"<!DOCTYPE html>", None),
        (b'{"error":', None),
        (b"", None),
    ],
)
def test_the_first_bytes_decide_what_a_file_is(head: bytes, kind: Media | None) -> None:
    assert sniff(head) is kind


def test_every_kind_is_told_apart_as_song_or_picture_with_its_media_type() -> None:
    assert frozenset(Media) - AUDIO - IMAGES == {Media.MIDI}
    assert (Media.MP3.mime, Media.M4A.mime, Media.JPEG.mime) == ("audio/mpeg", "audio/mp4", "image/jpeg")
    assert (Media.JPEG.suffix, Media.MIDI.suffix, Media.WAV.suffix) == (".jpg", ".mid", ".wav")


def test_loading_the_module_loads_no_certificates() -> None:
    """Reading the system's certificates takes a quarter of a second; only the first https link may cost that."""
    fetcher = "from songwright.server.files.downloads import Fetcher; Fetcher()"
    code = f"import sys; {fetcher}; print('truststore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "False"
