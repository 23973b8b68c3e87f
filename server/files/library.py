"""Songs on disk: names a person would choose, files that are whole or absent, and nobody's file ever overwritten.

A file is written under a temporary name next to its final place, synced to the disk, and then given its name in one
step that fails when the name is taken. Nothing is ever replaced. A file whose own tags say that it is the same file of
the same clip is kept and used, so saving a clip again leaves one file; two songs with the same title leave two.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import anyio.to_thread

from ..core.errors import ArgumentRefused, DownloadRefused, LibraryUnavailable, NotFound, ServiceError
from .downloads import AUDIO, IMAGES, Fetched, Fetcher, Media, PartFile, Streamed, disk_errors, sniff
from .finding import checked_upload, folders, is_inside, kind_of, moved_files, named_so
from .folders import Folders
from .names import name_of, numbered, safe_name
from .parts import clear, is_claim, part_name, sync_folder, take_name
from .playlists import ALBUMS
from .playlists import write as write_playlist
from .tags import Owner, SongTags, mark_text, marked, read_owner, write_tags

log = logging.getLogger(__name__)

RELEASE: Final = "Release"
"""The folder of copies made for publishing, in a folder for each song."""
SANDBOX: Final = "Sandbox"
"""The folder of the sandbox's songs."""
_COVER_BYTES: Final = 10 * 1024 * 1024
_COVER_SECONDS: Final = 30.0
_NUMBERED: Final = 9
_TRIES: Final = 50
_OPENED: Final = 500
_SUFFIXES: Final = (*sorted(kind.suffix for kind in Media), ".ass", ".json", ".lrc", ".mp4", ".srt", ".txt", ".vtt")

_LABEL_CHARACTERS, _LABEL_BYTES = 72, 90
_TITLE_CHARACTERS, _BOTH_BYTES = 80, 236  # title and label; with a number and a suffix below the usual 255 bytes


@dataclass(frozen=True)
class Kept:
    """A file of the library. `relative` is its path below the root, with forward slashes; `kind` is None for text.

    `tagged` is False when the file could not take tags or a mark; it is still complete.
    """

    path: Path
    relative: str
    kind: Media | None
    bytes: int
    sha256: str
    tagged: bool


class Library(Folders):
    """The person's songs below one root folder, which is created at first use. Sandbox songs live in `Sandbox`.

    With `private`, only this user of the machine can read it.

    Every method that writes raises LibraryUnavailable, naming folder and remedy, when the disk refuses, and the errors
    of `Fetcher.fetch` when a link fails. Nothing half-written is left, whatever happens; several tasks, and several
    processes on one machine, may use one library at once.
    """

    def __init__(self, root: Path, fetcher: Fetcher, *, sandbox: bool, private: bool = False) -> None:
        base = root.expanduser().absolute()
        self.root = base / SANDBOX if sandbox else base
        self._fetcher = fetcher
        self._private = private

    async def keep_audio(
        self,
        tags: SongTags,
        url: str,
        *,
        folder: str | None = None,
        label: str | None = None,
        cover_url: str | None = None,
    ) -> Kept:
        """Fetch a song, tag it and save it as `Title (take 1).mp3`.

        `label` ("vocals") replaces "take 1"; with `folder`, a song's name, the file goes into a folder. The picture at
        `cover_url` is embedded if the tags have no cover yet; a dead or bad link is ignored. An existing file of the
        same clip and label is kept and used; next to any other file of that name the new one gets a number.
        """
        return await self._keep_link(tags, url, AUDIO, folder, label, cover_url)

    async def fetch_file(
        self, tags: SongTags, url: str, *, kinds: frozenset[Media], folder: str | None = None, label: str | None = None
    ) -> Kept:
        """Fetch a WAV, a MIDI file or a stem and save it like `keep_audio`; refused when it is not one of `kinds`."""
        return await self._keep_link(tags, url, kinds, folder, label, None)

    async def keep_cover(self, tags: SongTags, url: str, *, label: str | None = None) -> Kept | None:
        """Save a clip's picture beside its song, under the same name; None when the link is dead or not a picture."""
        place = await anyio.to_thread.run_sync(self._place, None)
        data = await self._picture(url, place)
        kind = sniff(data[:16]) if data else None
        if data is None or kind is None:
            return None
        return await anyio.to_thread.run_sync(self._write, place, data, _labelled(tags, label), kind.suffix)

    async def keep_bytes(
        self, tags: SongTags, data: bytes, suffix: str, *, folder: str | None = None, label: str | None = None
    ) -> Kept:
        """Save bytes we made ourselves, such as `.lrc` lyrics or a `.mid`, beside the clip's song, under its name."""
        if suffix not in _SUFFIXES:
            raise ValueError(f"{suffix!r} is not a suffix of the library")
        place = await anyio.to_thread.run_sync(self._place, folder)
        return await anyio.to_thread.run_sync(self._write, place, data, _labelled(tags, label), suffix)

    def own(self, tags: SongTags, suffix: str, *folders: str) -> Kept | None:
        """The file that `keep_made` has kept in this folder, if it is there and names its owner. Blocks."""
        place = self.root.joinpath(*map(safe_name, folders))
        owner = Owner(tags.clip_id, tags.label)
        for candidate in names_of(tags):
            final = place / f"{candidate}{suffix}"
            if final.is_file() and read_owner(final) == owner:
                return self._there(final, kind_of(final))
        return None

    def keep_made(
        self, tags: SongTags, suffix: str, write: Callable[[Path], None], *, folder: str | None = None,
        label: str | None = None, inside: str | None = None,
    ) -> Kept:  # fmt: skip
        """Save a file that `write` fills, such as a video: one that is too large to be handed over as bytes. Blocks.

        The folder may be `inside` another. A file of that name with the same bytes, or that names the same owner, is
        kept and used; next to any other one the new one gets a number.
        """
        if suffix not in _SUFFIXES:
            raise ValueError(f"{suffix!r} is not a suffix of the library")
        part = self._place(inside, folder) / part_name()
        try:
            write(part)
            return self._publish(part, _labelled(tags, label), suffix, None, False)
        finally:
            _drop(part)

    async def keep_playlist(self, name: str, lines: Sequence[str]) -> str:
        """Write the playlist of an album into the folder `Albums`; its path below the root.

        Only one that we wrote for the same album is replaced; a list of the person's own leaves us another name.
        """
        place = await anyio.to_thread.run_sync(self._place, ALBUMS)
        with disk_errors(place):
            return self._relative(await anyio.to_thread.run_sync(write_playlist, place, name, lines))

    async def retag(self, path: Path, tags: SongTags) -> Kept:
        """Rewrite the tags of a clip's file in one step; fields that are empty in the new tags stay as they are.

        Raises NotFound when the file is gone or says that it belongs to another clip.
        """
        return await anyio.to_thread.run_sync(self._retag, path, tags)

    def locate(self, relative: str) -> Path:
        """The path of a file of the library, which may be gone by now. Raises NotFound for a path that leads
        outside.
        """
        try:
            inside = (self.root / relative).resolve().is_relative_to(self.root.resolve())
        except (OSError, RuntimeError, ValueError):  # RuntimeError: links in a circle
            inside = False
        parts = relative.split("/")
        if not inside or "\\" in relative or not all(part not in ("", ".", "..") for part in parts):
            raise NotFound("There is no such file in the library.", field="file")
        return self.root.joinpath(*parts)

    def lacks(self, relative: str) -> bool:
        """Whether a file that was saved was moved or deleted since. Blocks."""
        try:
            return not self.locate(relative).is_file()
        except (NotFound, OSError):
            return True

    def vanished(self, relative: str) -> bool:
        """The same, asked where the answer may take a moment: before the file is fetched again. Blocks."""
        return self.lacks(relative)

    def find_moved(self, relative: str, size: int, clip_id: str, others: Collection[str] = ()) -> str | None:
        """Where a clip's file is that was saved at this path: one of its kind, with its name or size, that says so.

        None when it is nowhere in the library; `others` are the paths of the clip's other files. Blocks.
        """
        return next(
            (
                found
                for path in moved_files(self.root, relative, size, clip_id)
                if (found := self._relative(path)) not in others
            ),
            None,
        )

    def size(self, relative: str) -> int:
        """Bytes of a file of the library. Raises NotFound when it is gone. Blocks."""
        path = self.locate(relative)
        with _there_still():
            return path.stat().st_size

    def read(self, relative: str, most: int) -> bytes:
        """The first so many bytes of a file of the library. Raises NotFound when it is gone. Blocks."""
        return self.part(relative, 0, most)

    @contextlib.contextmanager
    def on_disk(self, relative: str) -> Iterator[Path]:
        """A path of this machine at which the whole file can be read while the context lasts; never write to it.

        Raises NotFound when it is gone. Blocks.
        """
        path = self.locate(relative)
        if not path.is_file():
            raise NotFound("The file is no longer in the library.", field="file")
        yield path

    def part(self, relative: str, start: int, length: int) -> bytes:
        """So many bytes of a file of the library, from there on. Raises NotFound when it is gone. Blocks."""
        path = self.locate(relative)
        with _there_still(), path.open("rb") as file:
            file.seek(start)
            return file.read(length)

    async def streamed(self, url: str, start: int, length: int) -> Streamed:
        """A stretch of what a link of the service holds so far, kept nowhere. Raises the errors of `Fetcher.part`."""
        return await self._fetcher.part(url, start, length, kinds=AUDIO)

    def signed(self, relative: str, seconds: float) -> str | None:
        """An address elsewhere that opens a file for this long; None where the file is on this machine. Blocks."""
        return None

    def find_upload(self, name: str, upload_dir: Path | None) -> Path:
        """The audio file of that plain name in the upload folder, else in the library; audio by content, not by name.

        Raises ArgumentRefused when there is none or more than one, or it is not audio. Blocks.
        """
        wanted = unicodedata.normalize("NFC", name)
        if not wanted.strip() or wanted.startswith(".") or any(c in wanted for c in "/\\\0"):
            raise ArgumentRefused(
                f"Give the file's name without its folder, such as 'Song.mp3', not {name[:80]!r}.", field="file"
            )
        for place in filter(None, (upload_dir and upload_dir.expanduser(), self.root)):
            found = [path for path in named_so(place, wanted) if is_inside(path, place)]
            if len(found) > 1:
                raise ArgumentRefused(f"There are {len(found)} files named {wanted!r}. Rename one.", field="file")
            if found:
                return checked_upload(found[0])
        where = f"{upload_dir} or {self.root}" if upload_dir else f"{self.root} (SONGWRIGHT_UPLOAD_DIR names another)"
        raise ArgumentRefused(f"There is no file named {wanted[:200]!r} in {where}.", field="file")

    def holds_songs(self) -> bool:
        """Whether a file says that it is a clip of the service's; the sandbox's songs do not count. Blocks.

        The folder may also hold a whole music collection, so only some files are opened, the likeliest first.
        """
        found: list[Path] = []
        for place in (self.root, *(folder for folder in folders(self.root) if folder.name != SANDBOX)):
            with contextlib.suppress(OSError):
                found += place.iterdir()
        likeliest = sorted(found, key=lambda path: "(take " not in path.name)[:_OPENED]
        return any(read_owner(path) is not None for path in likeliest)

    async def tidy(self) -> int:
        """Delete unfinished downloads of programs that died.

        Returns how many. Never fails. Where it is unknown whether a program still runs, as on another machine, its file
        is left alone for a day.
        """
        released = self.root / RELEASE
        places = (self.root, *folders(self.root), *folders(released))
        return await anyio.to_thread.run_sync(clear, places)

    # -- saving -----------------------------------------------------------------------------------------------------

    async def _keep_link(
        self,
        tags: SongTags,
        url: str,
        kinds: frozenset[Media],
        folder: str | None,
        label: str | None,
        cover: str | None,
    ) -> Kept:
        place = await anyio.to_thread.run_sync(self._place, folder)
        fetched = await self._fetcher.fetch(url, place, kinds=kinds)
        try:
            if cover and tags.cover is None:
                tags = replace(tags, cover=await self._picture(cover, place))
            return await anyio.to_thread.run_sync(self._keep_fetched, _labelled(tags, label), fetched)
        finally:
            _drop(fetched.path)

    async def _picture(self, url: str, place: Path) -> bytes | None:
        """The bytes behind a cover's link, or None: a song never fails because of its picture."""
        try:
            fetched = await self._fetcher.fetch(
                url, place, kinds=IMAGES, max_bytes=_COVER_BYTES, seconds=_COVER_SECONDS
            )
        except (DownloadRefused, ServiceError) as error:
            log.info("no cover: %s", error)
            return None
        try:
            with disk_errors(place):
                return await anyio.to_thread.run_sync(fetched.path.read_bytes)
        finally:
            _drop(fetched.path)

    def _keep_fetched(self, tags: SongTags, fetched: Fetched) -> Kept:
        place, kind = fetched.path.parent, fetched.kind
        with disk_errors(place):
            if kind in AUDIO:
                tagged = write_tags(fetched.path, kind, tags)
                return self._publish(fetched.path, tags, kind.suffix, kind, tagged)
            return self._write(place, fetched.path.read_bytes(), tags, kind.suffix)

    def _write(self, place: Path, data: bytes, tags: SongTags, suffix: str) -> Kept:
        """Save bytes with the owner's mark in them."""
        with_mark = marked(data, Owner(tags.clip_id, tags.label))
        part = PartFile(place)
        try:
            part.write(with_mark)
            part.seal()
            return self._publish(part.path, tags, suffix, sniff(data[:16]), with_mark is not data)
        finally:
            part.discard()

    def _publish(self, part: Path, tags: SongTags, suffix: str, kind: Media | None, tagged: bool) -> Kept:
        """Give a finished file its name. The temporary name is gone afterwards, or its owner deletes it."""
        place, owner = part.parent, Owner(tags.clip_id, tags.label)
        with disk_errors(place):
            size, digest = _settled(part)
            names = list(names_of(tags))
            for _ in range(_TRIES):
                final, ours = _target(place, names, suffix, owner, digest)
                if final is None:
                    break
                if ours and is_claim(final, mark_text(owner)):
                    # Nobody takes an existing name, so our claim stays ours until somebody deletes it.
                    part.replace(final)
                elif ours:
                    if (there := self._there(final, kind)) is not None:
                        return there
                    continue  # deleted just now; look again
                elif not take_name(part, final, mark_text(owner)):
                    continue  # somebody else was quicker; look again
                sync_folder(place)
                return Kept(final, final.relative_to(self.root).as_posix(), kind, size, digest, tagged)
        raise LibraryUnavailable(
            f"No free name was found for {names[0]!r} in {place}. Move some files of that name away. The song stays "
            f"yours, and Songwright fetches it again."
        )

    def _there(self, final: Path, kind: Media | None) -> Kept | None:
        """A file that already has its name; it is whole, because only whole files get one. None when it is gone."""
        try:
            size, digest = final.stat().st_size, _digest(final)
        except FileNotFoundError:
            return None
        return Kept(final, self._relative(final), kind, size, digest, read_owner(final) is not None)

    def _retag(self, path: Path, tags: SongTags) -> Kept:
        final = self.locate(self._relative(path))
        owner = read_owner(final)
        if owner is None or owner.clip_id != tags.clip_id:
            raise NotFound("The file is no longer in the library, or belongs to another clip.", field="file")
        with disk_errors(final.parent):
            part = PartFile(final.parent)
            try:
                with final.open("rb") as old:
                    while chunk := old.read(1 << 20):
                        part.write(chunk)
                part.seal()
                shutil.copymode(final, part.path)
                kind = kind_of(part.path)
                tagged = kind is not None and write_tags(part.path, kind, replace(tags, label=owner.label))
                size, digest = _settled(part.path)
                part.path.replace(final)
                sync_folder(final.parent)
            finally:
                part.discard()
        return Kept(final, self._relative(final), kind, size, digest, tagged)

    # -- folders ----------------------------------------------------------------------------------------------------

    def _place(self, *folders: str | None) -> Path:
        """The root, or a song's folder in it. It exists after this call, and is inside the root even after links are
        resolved.
        """
        place = self.root.joinpath(*(safe_name(folder) for folder in folders if folder))
        with disk_errors(place):
            if self._private:
                _make_private(place, self.root)
            else:
                place.mkdir(parents=True, exist_ok=True)
            if place.resolve().is_relative_to(self.root.resolve()):
                return place
        raise LibraryUnavailable(
            f"{place} leads outside the library, so Songwright does not write to it. Remove that link."
        )

    def _relative(self, path: Path) -> str:
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            raise NotFound("There is no such file in the library.", field="file") from None


@contextlib.contextmanager
def _there_still() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise NotFound("The file is no longer in the library.", field="file") from None


def _labelled(tags: SongTags, label: str | None) -> SongTags:
    """The tags with the label that the file's name and its owner's mark use."""
    return replace(tags, label=label or tags.label or (f"take {tags.take}" if tags.take else None))


def names_of(tags: SongTags) -> Iterator[str]:
    """The names a file may have, best first; the last contains the clip's id, so that names do not run out."""
    label = name_of(tags.label or "", _LABEL_CHARACTERS, _LABEL_BYTES)
    # Cut without its label, if it ends with it: that is what tells two files apart.
    bare = tags.title.removesuffix(f" ({tags.label})")
    title = safe_name(bare, _TITLE_CHARACTERS, _BOTH_BYTES - len(label.encode()))
    name = f"{title} ({label})" if label and not title.casefold().endswith(f"({label})".casefold()) else title
    yield from numbered(name, tags.clip_id)


def _target(place: Path, names: list[str], suffix: str, owner: Owner, digest: str) -> tuple[Path | None, bool]:
    """The path a file should have, and whether the same file, or our claim of its name, is already there.

    Our own file first; then the name that other files of the same clip have, so that players find lyrics and cover
    beside the song; then the first free name; None when all are taken.
    """
    beside = free = None
    for name in names:
        final = place / f"{name}{suffix}"
        taken = [path for ending in _SUFFIXES if os.path.lexists(path := place / f"{name}{ending}")]
        if final in taken:
            if _is_ours(final, owner, digest):
                return final, True
        elif not taken:
            free = free or final
        elif beside is None and any(read_owner(path) == owner for path in taken):
            beside = final
    return beside or free, False


def _is_ours(path: Path, owner: Owner, digest: str) -> bool:
    """Whether the file's tags say that it is ours; a file without tags counts as ours when every byte is the same."""
    found = read_owner(path)
    if found is not None:
        return found == owner
    return path.is_file() and _digest(path) == digest


def _settled(part: Path) -> tuple[int, str]:
    """Size and digest of a file, which this call syncs to the disk."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    return part.stat().st_size, _digest(part)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make_private(place: Path, root: Path) -> None:
    """Create a folder and its parents for this user only; close a root that an older Songwright left readable."""
    for folder in reversed([place, *place.parents]):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
    if os.name == "posix" and root.stat().st_mode & 0o077:
        root.chmod(0o700)


def _drop(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
