"""Fetches a file from an untrusted link, and leaves either a whole, checked file or nothing.

Links come from the service's answers, so they are untrusted data: only https to public addresses is followed, the
connection goes to the very address that was checked, and the bytes decide what a file is, never its name or header.
Nothing is decompressed on the way, so a small answer cannot grow.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path, PurePath
from typing import Final, NoReturn

import anyio
import anyio.to_thread
import httpx2

from ..core.addresses import ip_of, is_public
from ..core.errors import DownloadRefused, LibraryUnavailable, LinkDead, Unreachable
from .parts import part_name

MAX_BYTES: Final = 100 * 1024 * 1024
"""The largest file to fetch unless the caller says otherwise; even four times a long song as WAV is far below it."""
MAX_SECONDS: Final = 120.0
"""How long one file may take, from checking the link to the last byte on disk."""

PART_SECONDS: Final = 8.0
"""How long a stretch of a growing file may take; somebody is listening."""

_MAX_REDIRECTS: Final = 3
_CHUNK: Final = 64 * 1024
_TIMEOUTS: Final = {"connect": 10.0, "read": 30.0, "write": 10.0, "pool": 10.0}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_GOOD: Final = frozenset({200})
_GOOD_IN_PART: Final = frozenset({200, 206, 416})
_DEAD: Final = frozenset({403, 404, 410})
_BUSY: Final = frozenset({408, 425, 429})
_LATER: Final = "The song stays yours. Songwright fetches it again."
_FRESH: Final = "The song stays yours. Call get_song for a fresh link."

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Turns a host name and port into its addresses; raises OSError when there are none."""


class Media(StrEnum):
    """What a file is, by its first bytes."""

    MP3 = "mp3"
    M4A = "m4a"
    WAV = "wav"
    FLAC = "flac"
    OGG = "ogg"
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    MIDI = "midi"

    @property
    def suffix(self) -> str:
        """The usual ending of a file name, with its dot."""
        return {Media.JPEG: ".jpg", Media.MIDI: ".mid"}.get(self, f".{self.value}")

    @property
    def mime(self) -> str:
        """The media type of such bytes."""
        if self in IMAGES:
            return f"image/{self.value}"
        return {Media.MP3: "audio/mpeg", Media.M4A: "audio/mp4"}.get(self, f"audio/{self.value}")


AUDIO: Final = frozenset({Media.MP3, Media.M4A, Media.WAV, Media.FLAC, Media.OGG})
IMAGES: Final = frozenset({Media.JPEG, Media.PNG, Media.WEBP})
_TYPES: Final[Mapping[str, str]] = {
    **{kind.suffix: kind.mime for kind in Media},
    ".ass": "text/x-ssa; charset=utf-8",
    ".json": "application/json",
    ".lrc": "text/plain; charset=utf-8",
    ".m3u8": "audio/x-mpegurl; charset=utf-8",
    ".mp4": "video/mp4",
    ".srt": "application/x-subrip; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
}


@dataclass(frozen=True)
class Fetched:
    """A complete file under a temporary name; the caller renames or deletes it."""

    path: Path
    kind: Media
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Streamed:
    """A stretch of a file that may still be growing at the service."""

    data: bytes
    total: int | None
    """How long the file is, where its server says so."""
    ended: bool
    """Whether the file goes on after it."""


def media_type(name: str) -> str:
    """The media type of a saved file by the ending of its name, which the library chooses by the file's content."""
    return _TYPES.get(PurePath(name).suffix.lower(), "application/octet-stream")


def sniff(head: bytes) -> Media | None:
    """Say what a file is from its first bytes (16 are enough), or None when it is not a kind of file a song has."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] in (b"RIFF", b"RF64"):
        return {b"WAVE": Media.WAV, b"WEBP": Media.WEBP}.get(head[8:12])
    if head[4:8] == b"ftyp" and head[8:12] not in _PICTURE_BRANDS:
        return Media.M4A
    return Media.MP3 if _is_mpeg_frame(head) else None


_MAGIC: Final = (
    (b"ID3", Media.MP3),
    (b"fLaC", Media.FLAC),
    (b"OggS", Media.OGG),
    (b"\xff\xd8\xff", Media.JPEG),
    (b"\x89PNG\r\n\x1a\n", Media.PNG),
    (b"MThd", Media.MIDI),
)
_PICTURE_BRANDS: Final = frozenset({b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1"})


def _is_mpeg_frame(head: bytes) -> bool:
    """Whether an MPEG Layer III frame begins here; AAC in ADTS and UTF-16 text share its first bits, not the rest."""
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bitrate != 15 and rate != 3


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn every OSError inside into a LibraryUnavailable that names the folder and the remedy."""
    try:
        yield
    except OSError as error:
        why = _ERRNO_MEANS.get(error.errno or 0) or error.strerror or "the disk reports an error"
        raise LibraryUnavailable(
            f"A file could not be saved in {folder}: {why}. Fix that, or set SONGWRIGHT_LIBRARY to another folder. "
            f"{_LATER}"
        ) from error


_ERRNO_MEANS: Final = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file is larger than this disk or account allows",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "there is no permission to write there",
    errno.EPERM: "there is no permission to write there",
    errno.ENOTDIR: "it is a file, or inside a file, and must be a folder",
    errno.EEXIST: "it is a file and must be a folder",
    errno.ENOENT: "the folder does not exist and cannot be created",
    errno.ENAMETOOLONG: "the name is too long for this disk",
    errno.EMFILE: "too many files are open",
    errno.EIO: "the disk reports an input/output error",
}


class PartFile:
    """An unfinished file: new, under a unique name, hashed as it grows.

    Every method blocks on the disk, and all but `discard` raise LibraryUnavailable when the disk refuses.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hash = hashlib.sha256()
        self.size = 0
        self.path = folder / part_name()
        with disk_errors(folder):
            self._file = self.path.open("xb")

    @property
    def sha256(self) -> str:
        """The digest of what was written so far, in hex."""
        return self._hash.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        with disk_errors(self._folder):
            self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    def seal(self) -> None:
        """Sync everything to the disk and close; the file is now complete."""
        with disk_errors(self._folder):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def discard(self) -> None:
        """Close and delete, whatever state the file is in."""
        # Closing flushes, and may fail for the same reason for which the file is discarded.
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self.path.unlink()


class Fetcher:
    """Fetches files from links of the service. Safe to use from many tasks of one event loop at once.

    With `loopback_ok` a link may also lead to this machine's own loopback addresses, any port, over http or
    https, as long as no public address was asked on the way: for a service that itself runs on loopback.
    `transport` and `resolve` replace the network and the name lookup; a given transport is closed with the fetcher.
    Proxy settings and `.netrc` of the environment are not used: an address behind a proxy cannot be checked.
    """

    def __init__(
        self,
        *,
        loopback_ok: bool = False,
        transport: httpx2.AsyncBaseTransport | None = None,
        resolve: Resolver | None = None,
    ) -> None:
        self._loopback_ok = loopback_ok
        self._given = transport
        self._resolve = resolve or _system_resolve
        self._made: dict[str, httpx2.AsyncBaseTransport] = {}

    async def fetch(
        self,
        url: str,
        folder: Path,
        *,
        kinds: frozenset[Media],
        max_bytes: int = MAX_BYTES,
        seconds: float = MAX_SECONDS,
    ) -> Fetched:
        """Fetch `url` into a new `.part-…` file in `folder` (which exists), complete and synced to the disk.

        On any error, cancellation included, no file is left behind. Raises LinkDead (403, 404, 410: get a fresh link),
        DownloadRefused (unsafe link, more than `max_bytes`, none of `kinds`), Unreachable (no connection, 5xx, cut
        short, longer than `seconds`: try again later) or LibraryUnavailable (the disk).
        """
        with anyio.move_on_after(seconds):
            response, host = await self._answer(url)
            try:
                return await _save(response, host, folder, kinds, max_bytes)
            except httpx2.HTTPError as error:
                raise _unreachable(host, "the connection broke before the file was complete") from error
            finally:
                await response.aclose()
        raise Unreachable(f"The file did not arrive within {seconds:g} seconds. {_LATER}")

    async def part(
        self, url: str, start: int, length: int, *, kinds: frozenset[Media], seconds: float = PART_SECONDS
    ) -> Streamed:
        """At most `length` bytes behind a link, from `start` on, and less where no more came within `seconds`.

        A server that cannot begin there sends everything before it too, which is passed over. Raises the errors of
        `fetch`; what is none of `kinds` is seen at its first bytes. Nothing is asked for beyond `MAX_BYTES`: no song
        goes on so far, and all that comes before would be passed over.
        """
        if start >= MAX_BYTES:
            return Streamed(b"", None, ended=True)
        taken, passed, total, whole, ended = bytearray(), 0, None, False, False
        with anyio.move_on_after(seconds):
            response, host = await self._answer(url, {"Range": f"bytes={start}-{start + length - 1}"})
            try:
                if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    return Streamed(b"", None, ended=False)
                passed, total = _placed(response, start)
                if passed > start:
                    raise _unreachable(host, "it sent another part of the file")
                whole = response.status_code == HTTPStatus.OK
                async for chunk in response.aiter_raw():  # as it arrives: nobody waits for a full chunk
                    fresh = chunk[max(start - passed, 0) :]
                    passed += len(chunk)
                    taken += fresh
                    if len(taken) >= length:
                        break
                else:
                    ended = whole
            except httpx2.HTTPError as error:
                if not taken:
                    raise _unreachable(host, "the connection broke") from error
            finally:
                await response.aclose()
            if start == 0 and taken:
                _expected(bytes(taken[:16]), kinds, host)
        del taken[length:]
        return Streamed(bytes(taken), total, ended if total is None else start + len(taken) >= total)

    async def aclose(self) -> None:
        """Close what is open. The fetcher may be used again afterwards."""
        made, self._made = self._made, {}
        for transport in (*made.values(), *([self._given] if self._given else [])):
            await transport.aclose()

    async def _answer(self, link: str, headers: Mapping[str, str] | None = None) -> tuple[httpx2.Response, str]:
        """Request the link and follow redirects. Returns the good answer with its body still to come, and its host."""
        good = _GOOD if headers is None else _GOOD_IN_PART
        url, loopback_ok = _parsed(link), self._loopback_ok
        for _ in range(_MAX_REDIRECTS + 1):
            addresses = await self._checked(url, loopback_ok)
            # A public page must not redirect into this machine, even where loopback itself is allowed.
            loopback_ok = loopback_ok and all(ip_of(address).is_loopback for address in addresses)
            response = await self._ask(url, addresses, headers or {})
            if response.status_code in good:
                return response, _host(url)
            await response.aclose()
            if response.status_code not in _REDIRECTS or "location" not in response.headers:
                _refuse_status(_host(url), response.status_code)
            url = _joined(url, response.headers["location"])
        raise DownloadRefused(f"The link was redirected more than {_MAX_REDIRECTS} times. {_FRESH}")

    async def _checked(self, url: httpx2.URL, loopback_ok: bool) -> list[str]:
        """All addresses of the host, each one allowed."""
        host = _host(url)
        if url.scheme not in ("https", "http") or not host or (url.port or 0) > 0xFFFF:
            raise DownloadRefused(f"The link is not a web address, so it was not followed. {_FRESH}")
        if url.userinfo:
            raise DownloadRefused(
                f"The link to {host} contains a user name or password, so it was not followed. {_FRESH}"
            )
        try:
            addresses = await self._resolve(host, url.port or (443 if url.scheme == "https" else 80))
        except (OSError, UnicodeError, OverflowError) as error:
            raise _unreachable(host, "its name could not be resolved") from error
        ips = [ip_of(address) for address in addresses]
        if loopback_ok and ips and all(ip.is_loopback for ip in ips):
            return list(addresses)
        if not ips or not all(is_public(ip) for ip in ips):
            raise DownloadRefused(
                f"The link leads to a private or local address ({host}), so it was not followed. {_FRESH}"
            )
        if url.scheme != "https":
            raise DownloadRefused(f"The link to {host} is not encrypted (http), so it was not followed. {_FRESH}")
        return list(addresses)

    async def _ask(self, url: httpx2.URL, addresses: Sequence[str], more: Mapping[str, str]) -> httpx2.Response:
        """Send the request to the first of the checked addresses that answers; the name is not looked up again."""
        host, failure = _host(url), None
        transport = self._given or await self._transport(url.scheme)
        for address in addresses:
            request = httpx2.Request(
                "GET",
                url.copy_with(host=address, fragment=None),
                headers={
                    "Host": url.netloc.decode("ascii"),
                    "Accept-Encoding": "identity",
                    "User-Agent": "songwright",
                    **more,
                },
                extensions={"timeout": _TIMEOUTS, "sni_hostname": host},
            )
            try:
                return await transport.handle_async_request(request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                failure = error
            except httpx2.HTTPError as error:
                raise _unreachable(host, "the connection broke before an answer came") from error
        raise _unreachable(host, "no connection could be made") from failure

    async def _transport(self, scheme: str) -> httpx2.AsyncBaseTransport:
        """The transport for a scheme, created at first use: reading the machine's certificates takes a while."""
        if scheme not in self._made:
            # Plain http gets a context without certificates, so that loopback does not spend time loading them.
            make = httpx2.create_ssl_context if scheme == "https" else _trust_nobody
            context = await anyio.to_thread.run_sync(make)
            # No connection is reused: two hosts behind one address must not share one.
            limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
            self._made.setdefault(scheme, httpx2.AsyncHTTPTransport(verify=context, limits=limits))
        return self._made[scheme]


async def _save(response: httpx2.Response, host: str, folder: Path, kinds: frozenset[Media], max_bytes: int) -> Fetched:
    """Write the body to a part file: type checked at the first bytes, size on the way, length at the end."""
    declared = _declared_length(response)
    if declared is not None and declared > max_bytes:
        _refuse_size(host, max_bytes)
    part = await anyio.to_thread.run_sync(PartFile, folder)
    kind: Media | None = None
    try:
        async for chunk in response.aiter_raw(_CHUNK):
            if part.size + len(chunk) > max_bytes:
                _refuse_size(host, max_bytes)
            kind = kind or _expected(chunk, kinds, host)
            await anyio.to_thread.run_sync(part.write, chunk)
        if kind is None or declared not in (None, part.size):
            raise _unreachable(host, "the file is empty or cut short")
        await anyio.to_thread.run_sync(part.seal)
        return Fetched(part.path, kind, part.size, part.sha256)
    except BaseException:
        part.discard()
        raise


def _expected(head: bytes, kinds: frozenset[Media], host: str) -> Media:
    kind = sniff(head)
    if kind in kinds:
        return kind
    wanted = ", ".join(sorted(kinds))
    got = kind or ("a web page" if head.lstrip()[:1] == b"<" else "something else")
    raise DownloadRefused(f"The file from {host} is {got}, not one of: {wanted}; it was not kept. {_FRESH}")


def _declared_length(response: httpx2.Response) -> int | None:
    text = response.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdecimal() else None


def _placed(response: httpx2.Response, start: int) -> tuple[int, int | None]:
    """Where the body of an answer begins in its file, and how long that file is."""
    if response.status_code == HTTPStatus.OK:
        return 0, _declared_length(response)
    told = re.fullmatch(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15}|\*)", response.headers.get("content-range", ""))
    if told is None:
        return start, None
    return int(told[1]), None if told[2] == "*" else int(told[2])


def _parsed(link: str) -> httpx2.URL:
    try:
        return httpx2.URL(link)
    except (httpx2.InvalidURL, TypeError, ValueError) as error:
        raise DownloadRefused(f"The link is not a web address, so it was not followed. {_FRESH}") from error


def _joined(base: httpx2.URL, location: str) -> httpx2.URL:
    try:
        return base.join(location)
    except (httpx2.InvalidURL, ValueError) as error:
        raise DownloadRefused(f"The link was redirected to something that is not a web address. {_FRESH}") from error


def _host(url: httpx2.URL) -> str:
    """The host as it is looked up and shown: ASCII, and never the path or query, which may contain a signature."""
    return url.raw_host.decode("ascii")[:253]


async def _system_resolve(host: str, port: int) -> list[str]:
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _trust_nobody() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _unreachable(host: str, why: str) -> Unreachable:
    return Unreachable(f"The file could not be fetched from {host}: {why}. {_LATER}")


def _refuse_size(host: str, max_bytes: int) -> NoReturn:
    raise DownloadRefused(f"The file from {host} is larger than {max_bytes / 1e6:g} MB and was not kept. {_FRESH}")


def _refuse_status(host: str, status: int) -> NoReturn:
    if status in _DEAD:
        raise LinkDead(f"The link has expired or the file is gone ({host} answered {status}). {_FRESH}")
    if status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _unreachable(host, f"it answered {status}")
    raise DownloadRefused(f"The server did not give out the file ({host} answered {status}). {_FRESH}")
