"""Albums on record: their name, their artist, and which clips are on them in which order."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.jobs import Account, Job, SavedFile, job_of
from .search import literal
from .upkeep import Upkeep

_PERSONAS = 200


@dataclass(frozen=True)
class Album:
    """One album; `clip_ids` in the order of its tracks."""

    name: str
    artist: str
    clip_ids: tuple[str, ...]


@dataclass(frozen=True)
class Track:
    """A clip's place on an album."""

    album: str
    artist: str
    number: int
    of: int
    alike: int = 1
    """How many songs on it have this title."""


class Albums(Upkeep):
    """Albums of a caller. All methods block."""

    def album(self, account: Account, name: str) -> Album | None:
        """The album of that name, whatever its capitals."""
        who = {"tenant": account.tenant, "key_id": account.key_id, "album": album_key(name)}
        with self.store.reading() as tx:
            row = tx.one("album", **who)
            if row is None:
                return None
            return Album(row["name"], row["artist"], tuple(line["clip_id"] for line in tx.all("album_songs", **who)))

    def put_album(self, account: Account, album: Album) -> None:
        """Record an album as it is now; what was on it before and is not any more has left it."""
        who = {"tenant": account.tenant, "key_id": account.key_id, "album": album_key(album.name)}
        with self.store.transaction(account.key_id) as tx:
            tx.do("put_album", **who, name=album.name, artist=album.artist, now=self._clock.now())
            tx.do("clear_album", **who)
            for place, clip_id in enumerate(album.clip_ids, 1):
                tx.do("put_album_song", **who, clip_id=clip_id, place=place)

    def tracks_of(self, account: Account, clip_id: str) -> list[Track]:
        """The albums that a clip is on; the one that was put together last comes first."""
        rows = self.store.rows("albums_of_clip", tenant=account.tenant, key_id=account.key_id, clip_id=clip_id)
        return [Track(row["name"], row["artist"], row["place"], row["songs"], row["alike"]) for row in rows]

    def move_file(self, account: Account, file: SavedFile) -> None:
        """A file of a clip is at another place now, or has other bytes."""
        with self.store.transaction(account.key_id) as tx:
            tx.do(
                "put_file", tenant=account.tenant, key_id=account.key_id, clip_id=file.clip_id, kind=file.kind,
                path=file.path, bytes=file.bytes, sha256=file.sha256, now=self._clock.now(),
            )  # fmt: skip

    def answered_about(self, account: Account, clip_id: str) -> list[Job]:
        """Finished orders about a clip whose answer is on record, the newest first."""
        rows = self.store.rows(
            "answered_about", tenant=account.tenant, key_id=account.key_id, pattern=f"%{literal(clip_id)}%"
        )
        return [job_of(row) for row in rows]

    def personas_from(self, account: Account, clip_ids: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Singers made from these clips, the newest first: the clip, and the answer with the singer's id."""
        rows = self.store.rows("personas", tenant=account.tenant, key_id=account.key_id, limit=_PERSONAS)
        for row in rows:
            clip_id = json.loads(row["arguments"]).get("clip_id")
            if clip_id in clip_ids:
                yield clip_id, json.loads(row["answer"])


def album_key(name: str) -> str:
    """The name as it is compared: one spelling of accents and blanks, no capitals."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold()).split())
