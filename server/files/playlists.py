"""Playlists of albums: extended M3U in UTF-8, with paths relative to the list's own folder."""

from __future__ import annotations

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


def write(place: Path, name: str, lines: Sequence[str]) -> Path:
    """Write the list of an album into a folder, in one step. Raises OSError when the disk refuses. Blocks.

    Only a list that we wrote for the same album is replaced, whatever it is called by now; a list of the person's own
    leaves ours another name.
    """
    owner = Owner(f"album {album_key(name)}", None)
    mark = mark_text(owner)
    part = PartFile(place)
    try:
        part.write("\n".join(["#EXTM3U", f"#{mark.decode()}", *lines, ""]).encode("utf-8", "replace"))
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
