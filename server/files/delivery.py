"""Turns a finished job into files in the library and rows in the journal; safe to run again after a crash."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from ..core.errors import DownloadRefused, NotFound
from ..core.jobs import Account, Clip, Job, SavedFile
from ..core.operation import TEXT_KINDS, Link, Outcome, Purchase
from ..core.sung import SungLine
from ..core.threads import in_thread
from ..journal.write import Journal
from ..service.clips import own_recording
from .downloads import Media
from .library import Kept, Library
from .studio.timed import texts
from .tags import SongTags

log = logging.getLogger(__name__)

DOWNLOADED = "download"
"""Distinguishes a file bought in addition to a song from the song's own file of the same format."""


class Delivery:
    """Puts what the service made where the person looks for it."""

    def __init__(self, journal: Journal, library: Library, account: Account) -> None:
        self._journal = journal
        self._library = library
        self._account = account

    async def keep(self, job: Job, operation: Purchase | None) -> None:
        """Save what a finished job made.

        Raises `DownloadRefused` (of which `LinkDead`), `Unreachable` or `LibraryUnavailable`; the rest is saved.
        """
        clips = await in_thread(self._journal.clips, job.id)
        wanted = [clip for clip in clips if clip.good and clip.audio_url is not None and not clip.uploaded]
        whole = sum(clip.part is None for clip in wanted)
        folder = await self._folder(operation) if any(clip.part for clip in wanted) and not whole else None
        dead: DownloadRefused | None = None
        for clip in wanted:
            try:
                await self._keep_clip(job, await self._labelled(job, clip, operation, alone=whole == 1), folder)
            except DownloadRefused as error:
                # The other take may well be available: one bad link must not hold it back.
                dead = error
                continue
            if operation is not None and (sources := operation.sources()):
                await in_thread(self._journal.put_lineage, job, clip.clip_id, sources)
        if dead is not None:
            raise dead
        if operation is not None and job.answer is not None:
            await self._keep_outcome(job, operation, operation.outcome(job.answer))

    async def _folder(self, operation: Purchase | None) -> str | None:
        """Parts of a song go into a folder named after it."""
        if operation is None or operation.clip_of is None:
            return None
        return (await self._clip(operation.clip_of)).title

    async def _labelled(self, job: Job, clip: Clip, operation: Purchase | None, *, alone: bool) -> Clip:
        """The clip with the label that distinguishes its files from those of its siblings and sources."""
        if clip.label is not None:
            return clip
        take = clip.take
        if alone and operation is not None:
            # A single result of one take of an older song keeps that take's number, so that two joined songs stay
            # apart.
            older = next((ids[0] for ids in operation.sources().values() if ids), None)
            take = (await self._clip(older)).take if older else 0
        words = [operation.version if operation else "", clip.part or "", f"take {take}" if take else ""]
        label = ", ".join(word for word in words if word) if clip.part is None else clip.part
        labelled = replace(clip, label=label)
        await in_thread(self._journal.put_clips, job, [labelled])
        return labelled

    async def _clip(self, clip_id: str) -> Clip:
        """Our clip, or as much as is known of one that is not ours."""
        found = await in_thread(self._journal.clip, self._account, clip_id)
        return Clip(clip_id, title=clip_id) if found is None else found.clip

    async def _keep_outcome(self, job: Job, operation: Purchase, outcome: Outcome) -> None:
        """Files and facts that an answer adds to existing clips."""
        for clip_id in outcome.uploaded:
            recording = own_recording(job, clip_id, job.running_at or job.created_at)
            await in_thread(self._journal.put_clips, job, [recording])
        for link in outcome.links:
            await self._keep_link(job, link)
        if operation.clip_of is None:
            return
        clip = await self._clip(operation.clip_of)
        await self.keep_timed(job, clip, outcome.timeline)
        if outcome.bpm is not None:
            await in_thread(self._journal.set_bpm, self._account, clip.clip_id, outcome.bpm)
            clip = replace(clip, bpm=outcome.bpm)
        if outcome.bpm is not None or outcome.timeline:
            await self._retag(clip, outcome.timeline)

    async def keep_timed(self, job: Job, clip: Clip, timeline: Sequence[SungLine]) -> None:
        """Save timed lyrics beside a clip's song, in every format of which the journal knows no file."""
        tags = self.tags_of(clip)
        for ending, text in texts(timeline, title=tags.title, artist=tags.artist, seconds=clip.seconds).items():
            saved = await in_thread(self._journal.files, self._account, clip.clip_id)
            if any(file.kind == TEXT_KINDS[ending] for file in saved):
                continue
            kept = await self._library.keep_bytes(
                tags, text.encode(), ending, folder=_beside(saved), label=clip.label or None
            )
            await in_thread(self._journal.put_file, job, _row(clip, TEXT_KINDS[ending], kept))

    async def _keep_link(self, job: Job, link: Link) -> None:
        saved = await in_thread(self._journal.files, self._account, link.clip_id)
        if any(file.kind == link.kind for file in saved):
            return
        clip = await self._clip(link.clip_id)
        label = clip.label or ""
        if any(file.kind == "audio" and file.path.endswith(f".{link.kind}") for file in saved):
            label = ", ".join(word for word in (label, DOWNLOADED) if word)  # the song's own file has that name
        kept = await self._library.fetch_file(
            self.tags_of(clip),
            link.url,
            kinds=frozenset({Media(link.kind)}),
            folder=_beside(saved),
            label=label or None,
        )
        await in_thread(self._journal.put_file, job, _row(clip, link.kind, kept))

    async def _retag(self, clip: Clip, timeline: Sequence[SungLine]) -> None:
        """Write newly known facts into the saved audio; a file that was moved away is left alone."""
        for file in await in_thread(self._journal.files, self._account, clip.clip_id):
            if file.kind != "audio":
                continue
            tags = replace(self.tags_of(clip), synced=tuple((round(line.start, 3), line.text) for line in timeline))
            with suppress(NotFound):
                await self._library.retag(self._library.locate(file.path), tags)

    async def _keep_clip(self, job: Job, clip: Clip, folder: str | None) -> None:
        assert clip.audio_url is not None, "checked by the caller"
        saved = {file.kind for file in await in_thread(self._journal.files, self._account, clip.clip_id)}
        tags = self.tags_of(clip if folder is None else replace(clip, title=folder))
        label = clip.label or None
        if "audio" not in saved:
            kept = await self._library.keep_audio(
                tags, clip.audio_url, cover_url=clip.image_url, folder=folder, label=label
            )
            await in_thread(self._journal.put_file, job, _row(clip, "audio", kept))
        # Checked separately: a process may have died between a song and its picture.
        if "cover" not in saved and clip.image_url is not None and clip.part is None:
            cover = await self._library.keep_cover(tags, clip.image_url, label=label)
            if cover is not None:
                await in_thread(self._journal.put_file, job, _row(clip, "cover", cover))

    def tags_of(self, clip: Clip) -> SongTags:
        """The tags of this clip's file."""
        plain = not clip.label or clip.label.startswith("take")
        return SongTags(
            clip_id=clip.clip_id,
            title=clip.title if plain else f"{clip.title} ({clip.label})",
            take=clip.take if clip.label and plain else None,
            lyrics=clip.lyrics,
            style=clip.style,
            prompt=clip.prompt,
            model=clip.model,
            seconds=clip.seconds,
            bpm=clip.bpm,
            created=datetime.fromtimestamp(clip.created_at, UTC).isoformat(timespec="seconds"),
            sandbox=self._account.sandbox,
        )


def _beside(saved: Sequence[SavedFile]) -> str | None:
    """The folder inside the library that holds a clip's audio; None for the library itself."""
    audio = next((file.path for file in saved if file.kind == "audio"), "")
    return audio.rsplit("/", 1)[0] if "/" in audio else None


def _row(clip: Clip, kind: str, kept: Kept) -> SavedFile:
    return SavedFile(clip.clip_id, kind, kept.relative, kept.bytes, kept.sha256)
