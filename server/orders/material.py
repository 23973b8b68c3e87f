"""What work on finished songs begins with: the clip that was meant, and its sound as a file of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import ArgumentRefused, NotFound
from ..core.jobs import Clip, SavedFile
from ..files.delivery import STEM_OF
from ..journal.read import FoundClip
from .caller import Caller

_SOUND = ("wav", "audio", "mp3", "m4a")
"""Kinds of saved files that hold a clip's sound, the one that lost least first."""


@dataclass(frozen=True)
class Material:
    """A clip, its saved sound, and all its files."""

    clip: Clip
    sound: SavedFile
    files: tuple[SavedFile, ...]

    @property
    def name(self) -> str:
        """As a person knows it: "Lucía (take 1)"."""
        label = _label(self.clip)
        title = self.clip.title or self.clip.clip_id
        return f"{title} ({label})" if label else title

    def file(self, kind: str) -> SavedFile | None:
        """Its saved file of a kind, such as "cover" or "lyrics"."""
        return next((file for file in self.files if file.kind == kind), None)


def _label(clip: Clip) -> str:
    return clip.label or (f"take {clip.take}" if clip.take else "")


def clips_of(caller: Caller, clip_or_job_id: str) -> list[Clip]:
    """The clip with this id or, for an order, what can be heard of it. Raises `NotFound`. Blocks."""
    found = caller.journal.clip(caller.account, clip_or_job_id)
    if found is not None:
        return [found.clip]
    job = caller.journal.job(caller.account, clip_or_job_id)
    job = job or caller.journal.job_of_remote(caller.account, clip_or_job_id)
    if job is None:
        raise NotFound(
            f"There is no clip or order {clip_or_job_id[:80]!r}. list_songs shows what there is. Nothing was spent."
        )
    clips = [clip for clip in caller.results.heard(job, caller.journal.children(job.id)) if clip.good]
    if not clips and not job.settled:
        raise NotFound(
            f"Order {job.id} is not finished. Call wait_for_song with it, then this again. Nothing more was spent."
        )
    if not clips:
        raise NotFound(f"Order {job.id} has no finished audio. get_song shows how it stands. Nothing was spent.")
    return clips


def clip_of(caller: Caller, clip_id: str) -> Clip:
    """The one clip that is meant. Raises `NotFound`, and `ArgumentRefused` for an order with several. Blocks."""
    clips = clips_of(caller, clip_id)
    if len(clips) > 1:
        raise _several(clip_id, clips, "clip_id", "spent")
    return clips[0]


def whole_of(caller: Caller, clip: Clip) -> Clip:
    """The song that a stem was taken from, if it is known here; any other clip is its own. Blocks."""
    found = caller.journal.clip(caller.account, clip.clip_id)
    source = next(iter(found.sources.get(STEM_OF, ())), None) if found else None
    song = caller.journal.clip(caller.account, source) if source else None
    return song.clip if song is not None else clip


def known_clip(caller: Caller, clip_id: str, field: str = "clip_id") -> FoundClip:
    """What the journal knows of a clip; an order is refused with the ids of its clips. Blocks."""
    found = caller.journal.clip(caller.account, clip_id)
    if found is not None:
        return found
    job = caller.journal.job(caller.account, clip_id)
    clips = caller.journal.clips(job.id) if job else []
    if clips:
        raise _several(clip_id, clips, field, "changed")
    raise NotFound(
        f"There is no clip {clip_id[:80]!r}. list_songs shows the clips there are. Nothing was changed.", field=field
    )


def _several(order: str, clips: Sequence[Clip], field: str, nothing: str) -> ArgumentRefused:
    ids = ", ".join(f"{clip.clip_id} ({_label(clip)})" if _label(clip) else clip.clip_id for clip in clips[:6])
    return ArgumentRefused(
        f"{order[:80]!r} is an order with {len(clips)} clips. Give the id of the one you mean: {ids}. "
        f"Nothing was {nothing}.",
        field=field,
    )


def material(caller: Caller, clip: Clip, *, recorded: bool = False) -> Material:
    """A clip with its saved sound: the WAV if there is one. With `recorded`, a song's own file comes first.

    Raises `NotFound` when nothing of it was saved. Blocks.
    """
    files = tuple(caller.journal.files(caller.account, clip.clip_id))
    kinds = ("audio", *_SOUND) if recorded else _SOUND
    sound = next((file for kind in kinds for file in files if file.kind == kind), None)
    if sound is None:
        raise NotFound(
            f"No sound of {clip.title or clip.clip_id!r} is saved here. get_song with its clip id looks for it, free. "
            "Nothing was spent.",
            field="clip_id",
        )
    return Material(clip, sound, files)


@contextmanager
def on_disk(caller: Caller, song: Material, file: SavedFile | None = None) -> Iterator[Path]:
    """A path at which a song's file, its sound unless another is named, can be read while the context lasts.

    The library may be a bucket: the file is then a temporary copy. Never write to it. Raises `NotFound`, naming song
    and file, when it was moved or deleted. Blocks.
    """
    file = file or song.sound
    with _found(song, file), caller.library.on_disk(file.path) as path:
        yield path


@contextmanager
def _found(song: Material, file: SavedFile) -> Iterator[None]:
    try:
        yield
    except NotFound as error:
        if error.field != "file":
            raise
        raise NotFound(
            f"The file of {song.name} was moved or deleted: it was saved as {file.path}. get_song finds it "
            "elsewhere in the library, or fetches it again, free. Nothing was changed or spent.",
            field="clip_id",
        ) from error
