"""Songs in an object store, for replicas that share no disk: an S3 bucket, or a compatible store.

A file is made in a folder of this machine, as everywhere, because tags are written into a real file; then it moves to
the bucket. In the bucket each clip has its own folder, so that two replicas, which do not see each other's folders,
cannot give one name to two songs. If a key is taken anyway, nothing is replaced.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from ..core.errors import ArgumentRefused, LibraryUnavailable, NotFound, SettingRefused
from ..core.threads import FILES, in_lane
from . import playlists
from .downloads import AUDIO, MAX_BYTES, Fetcher, Media, PartFile, disk_errors, media_type, sniff
from .folders import LONGEST_NAME, contents
from .library import Kept, Library, names_of
from .names import numbered, safe_name
from .parts import part_name
from .tags import SongTags, mark_text

if TYPE_CHECKING:
    from obstore.store import S3Store

WHOLE: Final = 16 * 1024 * 1024
"""Up to this many bytes a file is sent in one piece, and the store itself makes sure that nothing is replaced."""
LISTED: Final = 10_000
"""How many files of a tenant are searched for a recording by its name."""
_NUMBERED: Final = 9
_HEAD: Final = 4096
_TIMEOUT: Final = "30s"
_RETRY_SECONDS: Final = 60


class Bucket:
    """One bucket, below a prefix. Credentials, region and endpoint are those of the usual AWS variables.

    Raises `SettingRefused` for an invalid address, or where the package is missing. All methods block; any failure is
    raised as `LibraryUnavailable`, and a missing object as `NotFound`.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc:
            raise SettingRefused(
                "SONGWRIGHT_FILES_URL is not the address of a bucket. It must look like s3://bucket/prefix."
            )
        self._prefix = parts.path.strip("/")
        self.place = f"s3://{parts.netloc}"
        self._store: S3Store = _driver().S3Store(
            parts.netloc,
            client_options={"timeout": _TIMEOUT, "allow_http": _plain_http_is_meant()},
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=_RETRY_SECONDS)},
        )

    def put(self, key: str, path: Path, *, new: bool) -> bool:
        """Send a file; with `new` only if its key is free, and return False if it is not."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        # A large file is sent in parts, and the store cannot refuse those when the key is taken.
        whole = path.stat().st_size <= WHOLE
        if new and not whole and self._has(key):
            return False
        with self._trouble("written"):
            try:
                obstore.put(
                    self._store, self._at(key), path, attributes=_attributes(key),
                    mode="create" if new and whole else "overwrite",
                )  # fmt: skip
            except AlreadyExistsError:
                return False
        return True

    def size(self, key: str) -> int:
        """Bytes of a file."""
        import obstore

        with self._trouble("read"):
            return int(obstore.head(self._store, self._at(key))["size"])

    def part(self, key: str, start: int, length: int) -> bytes:
        """So many bytes of a file, from there on."""
        import obstore

        with self._trouble("read"):
            return bytes(obstore.get_range(self._store, self._at(key), start=start, length=length)) if length else b""

    def bring(self, key: str, path: Path) -> str:
        """Write a file to a path of this machine; its SHA-256."""
        import obstore

        digest = hashlib.sha256()
        with self._trouble("read"):
            found = obstore.get(self._store, self._at(key))  # not within `disk_errors`: what is gone is gone from there
            with disk_errors(path.parent), path.open("wb") as file:
                for chunk in found.stream():
                    file.write(chunk)
                    digest.update(chunk)
        return digest.hexdigest()

    def digest(self, key: str) -> str:
        """The SHA-256 of a file."""
        import obstore

        digest = hashlib.sha256()
        with self._trouble("read"):
            for chunk in obstore.get(self._store, self._at(key)).stream():
                digest.update(chunk)
        return digest.hexdigest()

    def link(self, key: str, seconds: float) -> str:
        """An address that opens a file without further permission, for this long. Makes no request to the store."""
        import obstore

        with self._trouble("signed for"):
            return str(obstore.sign(self._store, "GET", self._at(key), timedelta(seconds=seconds)))

    def keys(self, below: str) -> Iterator[tuple[str, int]]:
        """Keys and sizes of files, `LISTED` at most."""
        import obstore

        count, cut = 0, len(self._at("")) if self._prefix else 0
        with self._trouble("read"):
            for page in obstore.list(self._store, prefix=self._at(below)):
                for found in page:
                    count += 1
                    if count > LISTED:
                        return
                    yield str(found["path"])[cut:], int(found["size"])

    def _has(self, key: str) -> bool:
        try:
            self.size(key)
        except NotFound:
            return False
        return True

    def _at(self, key: str) -> str:
        return f"{self._prefix}/{key}" if self._prefix else key

    @contextlib.contextmanager
    def _trouble(self, what: str) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError) as error:
            if isinstance(error, FileNotFoundError) and what == "read":
                raise NotFound("The file is no longer in the library.", field="file") from None
            # The store's message may contain its addresses and names; the kind of error is enough for a person.
            raise LibraryUnavailable(
                f"The files in {self.place} cannot be {what} at present ({type(error).__name__}). Nothing is lost: "
                f"Songwright tries again. If this lasts, the operator of this server must check the bucket and its "
                f"credentials."
            ) from error


class StoredLibrary(Library):
    """A tenant's songs in a bucket, below `tenant/`. `root` is a folder of this machine for unfinished files."""

    def __init__(self, root: Path, fetcher: Fetcher, bucket: Bucket, tenant: str) -> None:
        super().__init__(root, fetcher, sandbox=False, private=True)
        self._bucket = bucket
        self._tenant = tenant

    async def keep_audio(
        self,
        tags: SongTags,
        url: str,
        *,
        folder: str | None = None,
        label: str | None = None,
        cover_url: str | None = None,
    ) -> Kept:
        """As in a folder; the song ends in the bucket."""
        del folder
        kept = await super().keep_audio(tags, url, folder=_own(tags), label=label, cover_url=cover_url)
        return await self._sent(tags, kept)

    async def fetch_file(
        self, tags: SongTags, url: str, *, kinds: frozenset[Media], folder: str | None = None, label: str | None = None
    ) -> Kept:
        """As in a folder; the file ends in the bucket."""
        del folder
        return await self._sent(tags, await super().fetch_file(tags, url, kinds=kinds, folder=_own(tags), label=label))

    async def keep_cover(self, tags: SongTags, url: str, *, label: str | None = None) -> Kept | None:
        """As in a folder; the picture ends in the bucket."""
        kept = await super().keep_cover(tags, url, label=label)
        return None if kept is None else await self._sent(tags, kept)

    async def keep_bytes(
        self, tags: SongTags, data: bytes, suffix: str, *, folder: str | None = None, label: str | None = None
    ) -> Kept:
        """As in a folder; the bytes end in the bucket."""
        del folder
        return await self._sent(tags, await super().keep_bytes(tags, data, suffix, folder=_own(tags), label=label))

    def keep_made(
        self, tags: SongTags, suffix: str, write: Callable[[Path], None], *, folder: str | None = None,
        label: str | None = None, inside: str | None = None,
    ) -> Kept:  # fmt: skip
        """As in a folder; the file ends in the bucket. Blocks."""
        del folder, inside
        return self._send(tags, super().keep_made(tags, suffix, write, folder=_own(tags), label=label))

    async def keep_playlist(self, name: str, lines: Sequence[str]) -> str:
        """As in a folder: only the list of the same album is replaced."""
        return await in_lane(FILES, self._tenant, self._send_playlist, name, lines)

    def own(self, tags: SongTags, suffix: str, *folders: str) -> Kept | None:
        """As in a folder; every file below a clip's key is the clip's. Blocks."""
        del folders
        for candidate in names_of(tags):
            relative = f"{_own(tags)}/{candidate}{suffix}"
            with contextlib.suppress(NotFound):
                size = self.size(relative)
                return Kept(self.locate(relative), relative, None, size, self._bucket.digest(self._key(relative)), True)
        return None

    async def retag(self, path: Path, tags: SongTags) -> Kept:
        """As in a folder: the file comes here, gets its tags, and takes its own place in the bucket again."""
        relative = self._relative(path)
        try:
            await in_lane(FILES, self._tenant, self._bring, relative, path)
            kept = await super().retag(path, tags)
            await in_lane(FILES, self._tenant, self._bucket.put, self._key(relative), path, new=False)
        finally:
            await in_lane(FILES, self._tenant, _forget, path, self.root)
        return kept

    def lacks(self, relative: str) -> bool:
        """False: every result would take a request for each file, and hardly anything is ever gone."""
        del relative
        return False

    def vanished(self, relative: str) -> bool:
        """Whether the object is gone for certain, such as by a rule of the bucket. Blocks."""
        try:
            self.size(relative)
        except NotFound:
            return True
        except LibraryUnavailable:
            pass
        return False

    def find_moved(self, relative: str, size: int, clip_id: str, others: Collection[str] = ()) -> str | None:
        """None: nobody moves files about in the bucket."""
        del relative, size, clip_id, others
        return None

    def size(self, relative: str) -> int:
        """Bytes of a file. Raises `NotFound`. Blocks."""
        return self._bucket.size(self._key(relative))

    @contextlib.contextmanager
    def on_disk(self, relative: str) -> Iterator[Path]:
        """A copy of the file, which is deleted afterwards. Raises `NotFound` when it is gone. Blocks."""
        place = self._place(None)
        path = place / part_name()
        try:
            self._bucket.bring(self._key(relative), path)
            yield path
        finally:
            _forget(path, self.root)

    def part(self, relative: str, start: int, length: int) -> bytes:
        """So many bytes of a file, from there on. Raises `NotFound`. Blocks."""
        return self._bucket.part(self._key(relative), start, length)

    def keep_folder(self, made: Path, name: str, clip_id: str) -> tuple[str, bool]:
        """As in a folder; here the name ends in a digest of the files, so that the same files are the same folder."""
        found = contents(made)
        mark = hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()[:8]
        folder = f"{safe_name(clip_id)}/{safe_name(name, LONGEST_NAME)} {mark}"
        new = [self._bucket.put(self._key(f"{folder}/{inside}"), made / inside, new=True) for inside in sorted(found)]
        return folder, any(new)

    def signed(self, relative: str, seconds: float) -> str | None:
        """An address of the bucket that opens a file for this long. Blocks."""
        return self._bucket.link(self._key(relative), seconds)

    def holds_songs(self) -> bool:
        """Whether the bucket holds anything of this tenant."""
        return next(self._bucket.keys(f"{self._tenant}/"), None) is not None

    def find_upload(self, name: str, upload_dir: Path | None) -> Path:
        """The path of the one audio file of that name, as in a folder; it need not be on this machine."""
        del upload_dir
        found = [key for key, _ in self._bucket.keys(f"{self._tenant}/") if PurePosixPath(key).name == name]
        if len(found) != 1:
            many = f"are {len(found)} files" if found else "is no file"
            raise ArgumentRefused(f"There {many} named {name[:200]!r} in the library.", field="file")
        relative = found[0].removeprefix(f"{self._tenant}/")
        if sniff(self.read(relative, 16)) not in AUDIO or self.size(relative) > MAX_BYTES:
            raise ArgumentRefused(
                f"{name[:200]!r} is not an audio file, or is too large. Nothing was sent.", field="file"
            )
        return self.locate(relative)

    async def _sent(self, tags: SongTags, kept: Kept) -> Kept:
        return await in_lane(FILES, self._tenant, self._send, tags, kept)

    def _send(self, tags: SongTags, kept: Kept) -> Kept:
        """Send a finished file to the bucket; it replaces nothing."""
        folder, stem, suffix = _own(tags), kept.path.stem, kept.path.suffix
        names = [stem, *(f"{stem} {n}" for n in range(2, _NUMBERED + 1)), f"{stem} {kept.sha256[:8]}"]
        try:
            for name in names:
                relative = f"{folder}/{name}{suffix}"
                key = self._key(relative)
                # The existing object may be this very file, from a process that died before it recorded that.
                if self._bucket.put(key, kept.path, new=True) or self._bucket.digest(key) == kept.sha256:
                    return replace(kept, path=self.locate(relative), relative=relative)
        finally:
            _forget(kept.path, self.root)
        raise LibraryUnavailable(f"No free name was found for {stem!r} in the bucket. The song stays yours.")

    def _send_playlist(self, name: str, lines: Sequence[str]) -> str:
        owner, part = playlists.owner_of(name), PartFile(self._place(None))
        try:
            part.write(playlists.content(name, lines))
            part.seal()
            cut = len(self._tenant) + 1
            there = {key[cut:]: size for key, size in self._bucket.keys(f"{self._tenant}/{playlists.ALBUMS}/")}
            mark = mark_text(owner)
            ours = next((path for path, size in there.items() if mark in self.read(path, min(size, _HEAD))), None)
            if ours is not None:
                self._bucket.put(self._key(ours), part.path, new=False)
                return ours
            for each in numbered(safe_name(name), owner.clip_id):
                relative = f"{playlists.ALBUMS}/{each}{playlists.SUFFIX}"
                if self._bucket.put(self._key(relative), part.path, new=True):
                    return relative
        finally:
            part.discard()
        raise LibraryUnavailable(f"No free name was found for the playlist {name!r} in the bucket.")

    def _bring(self, relative: str, path: Path) -> None:
        with disk_errors(self.root):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._bucket.bring(self._key(relative), path)

    def _key(self, relative: str) -> str:
        self.locate(relative)  # refuses what leads elsewhere
        return f"{self._tenant}/{relative}"


def _own(tags: SongTags) -> str:
    """The folder of a clip, whose id is foreign text."""
    return safe_name(tags.clip_id)


def _forget(path: Path, root: Path) -> None:
    """Remove from this machine's folder a file that is in the bucket."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
        if path.parent != root:
            path.parent.rmdir()  # fails while there is anything else in it


def _attributes(key: str) -> dict[str, str]:
    """The headers that the bucket sends with a file: typed by the file's ending, shown and not run."""
    name = PurePosixPath(key).name
    return {
        "Content-Type": media_type(name),
        "Content-Disposition": f"inline; filename*=utf-8''{quote(name, safe='')}",
        "Cache-Control": "private, max-age=3600",
    }


def _plain_http_is_meant() -> bool:
    """Whether the configured endpoint has no TLS, such as a store in the same private network."""
    named = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    return named.startswith("http://")


def _driver() -> Any:
    try:
        import obstore.store
    except ImportError as error:
        raise SettingRefused(
            "Files in a bucket need a package that is not installed: pip install 'songwright[s3]'."
        ) from error
    return obstore.store
