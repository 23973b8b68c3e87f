"""Turns a finished job into files in the library and rows in the journal; safe to run again after a crash."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import PurePosixPath

from ..core.errors import DownloadRefused, NotFound, Unreachable
from ..core.jobs import Account, Clip, Job, SavedFile
from ..core.operation import TEXT_KINDS, Link, Outcome, Purchase
from ..core.sung import SungLine
from ..core.threads import in_thread
from ..journal.write import Journal
from ..service.clips import own_recording
from .downloads import Media
from .library import Kept, Library
from .tags import SongTags
from .telling import label_of, name_with, tags_of

log = logging.getLogger(__name__)

DOWNLOADED = "download"
"""Distinguishes a file bought in addition to a song from the song's own file of the same format."""


SOUND = ("audio", "mp3", "m4a", "wav")
"""Kinds of saved files that hold a clip's sound and take tags."""
STEM_OF = "stem of"
"""How a part descends from its song."""


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
        source = await self._source(operation) if any(clip.part for clip in wanted) and not whole else None
        folder = None if source is None else await self._folder(source)
        failures = _Failures()
        for clip in wanted:
            with failures.put_off():
                labelled = await self._labelled(job, clip, operation, source, alone=whole == 1)
                await self._keep_clip(
                    job, labelled if source is None else replace(labelled, title=source.title), folder
                )
                if operation is not None and (sources := operation.sources()):
                    await in_thread(self._journal.put_lineage, job, clip.clip_id, sources)
        failures.tell()
        if operation is not None and job.answer is not None:
            await self._keep_outcome(job, operation, operation.outcome(job.answer))

    async def _source(self, operation: Purchase | None) -> Clip | None:
        """The song that parts were taken from."""
        return None if operation is None or operation.clip_of is None else await self.clip(operation.clip_of)

    async def _folder(self, source: Clip) -> str:
        """Parts go into a folder named like the file of the take they come from, which no other song's has."""
        saved = await in_thread(self._journal.files, self._account, source.clip_id)
        audio = next((file.path for file in saved if file.kind == "audio"), None)
        return PurePosixPath(audio).stem if audio else name_with(source)

    async def _labelled(
        self, job: Job, clip: Clip, operation: Purchase | None, source: Clip | None, *, alone: bool
    ) -> Clip:
        """The clip with the label that distinguishes its files from those of its siblings and sources."""
        if clip.label is not None:
            return clip
        take = clip.take
        if alone and operation is not None:
            # A single result of one take of an older song keeps that take's number, so that two joined songs stay
            # apart.
            older = next((ids[0] for ids in operation.sources().values() if ids), None)
            take = (await self.clip(older)).take if older else 0
        label = await in_thread(label_of, clip, operation, source, take)
        labelled = replace(clip, label=label)
        await in_thread(self._journal.put_clips, job, [labelled])
        return labelled

    async def clip(self, clip_id: str) -> Clip:
        """Our clip, or as much as is known of one that is not ours. A part has the title of its song."""
        found = await in_thread(self._journal.clip, self._account, clip_id)
        if found is None:
            return Clip(clip_id, title=clip_id)
        whole = [source for source in found.sources.get(STEM_OF, ()) if source != clip_id]
        if found.clip.part is not None and whole:
            return replace(found.clip, title=(await self.clip(whole[0])).title)
        return found.clip

    async def _keep_outcome(self, job: Job, operation: Purchase, outcome: Outcome) -> None:
        """Files and facts that an answer adds to existing clips."""
        for clip_id in outcome.uploaded:
            recording = own_recording(job, clip_id, job.running_at or job.created_at)
            await in_thread(self._journal.put_clips, job, [recording])
        failures = _Failures()
        for link in outcome.links:
            with failures.put_off():
                await self._keep_link(job, link)
        failures.tell()
        if operation.clip_of is None:
            return
        clip = await self.clip(operation.clip_of)
        await self.keep_timed(job, clip, outcome.timeline)
        if outcome.bpm is not None:
            await in_thread(self._journal.set_bpm, self._account, clip.clip_id, outcome.bpm)
            clip = replace(clip, bpm=outcome.bpm)
        if outcome.bpm is not None or outcome.timeline:
            await self._retag(clip, outcome.timeline)

    async def keep_timed(self, job: Job, clip: Clip, timeline: Sequence[SungLine]) -> None:
        """Save timed lyrics beside a clip's song, in every format of which the library has no file."""
        from .studio.timed import texts  # a start need not wait for it

        tags = await self.tags(clip)
        for ending, text in texts(timeline, title=tags.title, artist=tags.artist, seconds=clip.seconds).items():
            saved = await in_thread(self._journal.files, self._account, clip.clip_id)
            if await in_thread(self._has, saved, TEXT_KINDS[ending]):
                continue
            kept = await self._library.keep_bytes(
                tags, text.encode(), ending, folder=_beside(saved), label=clip.label or None
            )
            await in_thread(self._journal.put_file, job, _row(clip, TEXT_KINDS[ending], kept))

    def _has(self, saved: Sequence[SavedFile], kind: str) -> bool:
        return any(file.kind == kind and not self._library.vanished(file.path) for file in saved)

    async def _keep_link(self, job: Job, link: Link) -> None:
        saved = await in_thread(self._journal.files, self._account, link.clip_id)
        if await in_thread(self._has, saved, link.kind):
            return
        clip = await self.clip(link.clip_id)
        label = clip.label or ""
        if any(file.kind == "audio" and file.path.endswith(f".{link.kind}") for file in saved):
            label = ", ".join(word for word in (label, DOWNLOADED) if word)  # the song's own file has that name
        kept = await self._library.fetch_file(
            await self.tags(clip),
            link.url,
            kinds=frozenset({Media(link.kind)}),
            folder=_beside(saved),
            label=label or None,
        )
        await in_thread(self._journal.put_file, job, _row(clip, link.kind, kept))

    async def retag(self, clip_id: str, timeline: Sequence[SungLine] = ()) -> None:
        """Write what is known of a clip into its saved sound; a file that was moved away is left alone."""
        await self._retag(await self.clip(clip_id), timeline)

    async def _retag(self, clip: Clip, timeline: Sequence[SungLine]) -> None:
        tags = replace(await self.tags(clip), synced=tuple((round(line.start, 3), line.text) for line in timeline))
        for file in await in_thread(self._journal.files, self._account, clip.clip_id):
            if file.kind in SOUND:
                with suppress(NotFound):
                    kept = await self._library.retag(self._library.locate(file.path), tags)
                    await in_thread(self._journal.move_file, self._account, _row(clip, file.kind, kept))

    async def _keep_clip(self, job: Job, clip: Clip, folder: str | None) -> None:
        assert clip.audio_url is not None, "checked by the caller"
        saved = {file.kind for file in await in_thread(self._journal.files, self._account, clip.clip_id)}
        tags = await self.tags(clip)
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

    async def found_again(self, clip: Clip, file: SavedFile) -> bool:
        """Look for a missing file elsewhere in the library, by its own mark, and record where it is."""
        saved = await in_thread(self._journal.files, self._account, clip.clip_id)
        others = {other.path for other in saved if other.kind != file.kind}
        path = await in_thread(self._library.find_moved, file.path, file.bytes, clip.clip_id, others)
        if path is not None:
            await in_thread(self._journal.move_file, self._account, replace(file, path=path))
        return path is not None

    async def keep_again(self, clip: Clip, file: SavedFile) -> bool:
        """Fetch a song, or its picture, that is missing, into its folder; False where there is no link to it.

        Raises what `Library.keep_audio` does.
        """
        clip = replace(clip, title=(await self.clip(clip.clip_id)).title)
        tags, folder = await self.tags(clip), PurePosixPath(file.path).parent.name or None
        label = clip.label or None
        kept = None
        if file.kind == "audio" and clip.audio_url is not None:
            kept = await self._library.keep_audio(
                tags, clip.audio_url, cover_url=clip.image_url, folder=folder, label=label
            )
        elif file.kind == "cover" and clip.image_url is not None:
            kept = await self._library.keep_cover(tags, clip.image_url, label=label)
        if kept is not None:
            await in_thread(self._journal.move_file, self._account, _row(clip, file.kind, kept))
        return kept is not None

    async def tags(self, clip: Clip) -> SongTags:
        """The tags of this clip's files, as everything that is known of it says."""
        tracks = await in_thread(self._journal.tracks_of, self._account, clip.clip_id)
        return await in_thread(tags_of, clip, tracks[0] if tracks else None, sandbox=self._account.sandbox)


class _Failures:
    """What could not be fetched: the other files may well be available, so one bad link must not hold them back."""

    def __init__(self) -> None:
        self._met: list[DownloadRefused | Unreachable] = []

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """Go on after a link that brings nothing."""
        try:
            yield
        except (DownloadRefused, Unreachable) as error:
            self._met.append(error)

    def tell(self) -> None:
        """Raise one, if there is any: a file that is only out of reach decides, because it may still come."""
        if self._met:
            raise min(self._met, key=lambda error: isinstance(error, DownloadRefused))


def _beside(saved: Sequence[SavedFile]) -> str | None:
    """The folder inside the library that holds a clip's audio; None for the library itself."""
    audio = next((file.path for file in saved if file.kind == "audio"), "")
    return audio.rsplit("/", 1)[0] if "/" in audio else None


def _row(clip: Clip, kind: str, kept: Kept) -> SavedFile:
    return SavedFile(clip.clip_id, kind, kept.relative, kept.bytes, kept.sha256)
