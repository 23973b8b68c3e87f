"""Playlists of albums: extended M3U in UTF-8, with paths relative to the list's own folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..core.errors import LibraryUnavailable
from ..journal.albums import album_key
from .downloads import PartFile
from .names import numbered, safe_name
from .parts import sync_folder, take_name
from .tags import Owner, mark_text, read_owner

ALBUMS: Final = "Albums"
"""The folder of the playlists."""
SUFFIX: Final = ".m3u8"


def owner_of(name: str) -> Owner:
    """Whose list it is: the album's, whatever its capitals."""
    return Owner(f"album {hashlib.sha256(album_key(name).encode('utf-8', 'replace')).hexdigest()[:32]}", None)


def content(name: str, lines: Sequence[str]) -> bytes:
    """The list, with its owner's mark."""
    mark = mark_text(owner_of(name)).decode()
    return "\n".join(["#EXTM3U", f"#{mark}", *lines, ""]).encode("utf-8", "replace")


def write(place: Path, name: str, lines: Sequence[str]) -> Path:
    """Write the list of an album into a folder, in one step. Raises OSError when the disk refuses. Blocks.

    Only a list that we wrote for the same album is replaced, whatever it is called by now; a list of the person's own
    leaves ours another name.
    """
    owner = owner_of(name)
    mark = mark_text(owner)
    part = PartFile(place)
    try:
        part.write(content(name, lines))
        part.seal()
        ours = next((path for path in sorted(place.glob(f"*{SUFFIX}")) if read_owner(path) == owner), None)
        if ours is not None:
            part.path.replace(ours)
            sync_folder(place)
            return ours
        for each in numbered(safe_name(name), owner.clip_id):
            if take_name(part.path, final := place / f"{each}{SUFFIX}", mark):
                sync_folder(place)
                return final
    finally:
        part.discard()
    raise LibraryUnavailable(f"No free name was found for {name!r} in {place}. Move some files of that name away.")
