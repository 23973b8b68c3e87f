"""What a player shows of a song, and the bytes that it plays, for the caller whose song it is.

Nothing here asks the service for anything but the sound of a song that it is still making, and no path comes in or
goes out: a recording is named by its clip.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import anyio

from ..core.errors import ArgumentRefused, ExtraMissing, NotFound, SongwrightError
from ..core.jobs import SENTENCES, Clip, Job, SavedFile
from ..core.threads import CRAFT, FILES, in_lane, in_thread
from ..files.downloads import IMAGES, Media, media_type, sniff
from ..files.library import Library
from ..files.studio import needed
from ..files.studio.timed import tidy
from ..journal.read import Part
from .bought import timeline_of
from .caller import Caller
from .lookup import schedule_of
from .player import wanted
from .sketches import PATIENCE_SECONDS

CHUNK = 256 * 1024
"""Bytes of sound in one answer, at most."""
STREAM = "stream"
"""The part of a clip that the service streams while it makes the song."""
MOST_TAKES, MOST_STEMS, MOST_LINES = 16, 24, 400
MOST_COVER = 10 * 1024 * 1024
_SET = re.compile(r"set (\d+), (.*)")
_TAG = re.compile(r"\[([^\[\]]*)\]")


@dataclass
class _Take:
    """A clip, and what the journal has of it."""

    clip: Clip
    files: Sequence[SavedFile]
    stems: Sequence[Part]
    kept: bool
    lines: list[dict[str, Any]] = field(default_factory=list)
    sections: list[dict[str, Any]] = field(default_factory=list)

    def file(self, kind: str) -> SavedFile | None:
        return next((file for file in self.files if file.kind == kind), None)


async def sheet(caller: Caller, named: str | None, *, guest: bool = False) -> dict[str, Any]:
    """Everything that a player shows of an order. Raises `NotFound`, or `TooMuch` when it is asked too often.

    A guest has only a link to the song, and is told nothing of money.
    """
    caller.runner.allowance.sheet(_who(caller, guest))
    job, clip_id = await wanted(caller, named)
    result = await caller.results.of_job(job)
    ids = [row["clip_id"] for row in result.data.get("clips", ())]
    takes = await in_thread(_takes, caller, ids)
    whole = [take for take in takes if take.clip.part is None and not take.clip.uploaded]
    takes = (whole or takes)[:MOST_TAKES]
    sizes = await in_lane(FILES, caller.account.tenant, _sizes, caller.library, takes)
    status = result.data["status"]
    first = takes[0].clip if takes else None
    waiting = status in ("working", "streaming")
    said = SENTENCES[job.state]
    if not guest:
        told_of = result.summary if status == "done" else str(result.data.get("notice", ""))
        # What is said of a full disk names its folder, which is for the person's assistant and not for a page.
        said = told_of if told_of and str(caller.library.root) not in told_of else said
    told: dict[str, Any] = {
        "job_id": job.id,
        "clip_id": clip_id,
        "status": status,
        "sentence": said,
        "title": (first.title if first else "") or job.subject,
        "style": first.style if first else "",
        "cost": result.data.get("credits", {}).get("cost") if not guest else None,
        "sandbox": caller.account.sandbox,
        "language": await _language(caller, job, first),
        "kept": next((take.clip.clip_id for take in takes if take.kept), None),
    }
    if waiting:
        expected = schedule_of(caller.catalogue, caller.account.brand, job.operation).expected
        elapsed = max(caller.runner.clock.now() - job.created_at, 0.0)
        told |= {"elapsed": round(elapsed, 1), "expected": round(expected, 1)}
    rows: list[dict[str, Any]] = [_row(caller, number, take, sizes) for number, take in enumerate(takes, 1)]
    until = caller.runner.clock.monotonic() + PATIENCE_SECONDS
    async with anyio.create_task_group() as group:
        for row, take in zip(rows, takes, strict=True):
            if (audio := take.file("audio")) is not None and audio.path in sizes:
                group.start_soon(_draw, caller, row, "peaks", audio, _waveform, until)
            if (cover := take.file("cover")) is not None:
                group.start_soon(_draw, caller, row, "cover", cover, _picture, until)
    return told | {"takes": rows}


def _takes(caller: Caller, clip_ids: Sequence[str]) -> list[_Take]:
    """The clips with what belongs to them. Blocks."""
    journal, account = caller.journal, caller.account
    takes = list[_Take]()
    for clip_id in clip_ids:
        found = journal.clip(account, clip_id)
        if found is None:
            continue
        files, stems = journal.files(account, clip_id), _stems(journal.parts_of(account, clip_id))
        take = _Take(found.clip, files, stems, journal.kept(account, clip_id))
        _words(caller, take)
        takes.append(take)
    return takes


def _stems(parts: Sequence[Part]) -> list[Part]:
    """The parts that add up to the song: of several sets the one that was split farthest, the newest first."""
    sets: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        number = _SET.fullmatch(part.clip.part or "")
        sets.setdefault((part.clip.job_id, number[1] if number else ""), []).append(part)
    best = max(sets.values(), key=len, default=[])[:MOST_STEMS]
    return sorted(best, key=lambda part: (part.clip.take, part.clip.clip_id))


def _words(caller: Caller, take: _Take) -> None:
    """Lines and sections: with times where a timeline was bought, else as they were written. Blocks."""
    lines = tidy(timeline_of(caller, take.clip.clip_id), take.clip.seconds)
    place = -1
    for line in lines[:MOST_LINES]:
        if line.section is not None:
            if line.place != place:
                place = line.place
                take.lines.append(_line(line.section, section=True))
                take.sections.append({"name": line.section, "start": round(line.start, 3)})
            take.sections[-1]["end"] = round(line.end, 3)
        words = [{"start": round(w.start, 3), "end": round(w.end, 3), "text": w.text} for w in line.words]
        take.lines.append(_line(line.text, round(line.start, 3), round(line.end, 3), words))
    if not lines:
        for text in filter(None, map(str.strip, take.clip.lyrics.splitlines()[:MOST_LINES])):
            tag = _TAG.fullmatch(text)
            take.lines.append(_line(tag[1].strip() if tag else text, section=tag is not None))


def _line(
    text: str, start: float | None = None, end: float | None = None, words: list[dict[str, Any]] | None = None, *,
    section: bool = False,
) -> dict[str, Any]:  # fmt: skip
    return {"start": start, "end": end, "text": text, "words": words or None, "section": section}


async def _language(caller: Caller, job: Job, clip: Clip | None) -> str | None:
    asked = job.arguments.get("language")
    if isinstance(asked, str) and asked:
        return asked
    if clip is None or not clip.lyrics:
        return None
    from ..craft.languages import detect

    return await in_lane(CRAFT, caller.account.tenant, detect, clip.lyrics)


def _sizes(library: Library, takes: Sequence[_Take]) -> dict[str, int]:
    """Bytes of every sound that is still where it was saved; tags may have been added since. Blocks."""
    found = dict[str, int]()
    for take in takes:
        for file in (*take.files, *(part.file for part in take.stems)):
            with suppress(SongwrightError):
                found[file.path] = library.size(file.path) if file.kind == "audio" else file.bytes
    return found


def _row(caller: Caller, number: int, take: _Take, sizes: Mapping[str, int]) -> dict[str, Any]:
    clip, audio = take.clip, take.file("audio")
    if audio is not None and audio.path not in sizes:
        audio = None
    return {
        "clip_id": clip.clip_id,
        "title": clip.title,
        "take": clip.take or number,
        "seconds": clip.seconds,
        "bpm": clip.bpm,
        "key": None,
        "kept": take.kept,
        "cover": None,
        "peaks": None,
        "sections": take.sections,
        "lines": take.lines,
        "audio": None if audio is None else _sound(audio, sizes),
        "stream": take.file("audio") is None and clip.audio_url is not None,
        "stems": [
            {"part": part.clip.part, "label": _label(part), "seconds": part.clip.seconds, **_sound(part.file, sizes)}
            for part in take.stems
            if part.file.path in sizes
        ],
        "file": None if audio is None else PurePosixPath(audio.path).name,
        "url": None if audio is None else caller.results.place(audio).get("url"),
    }


def _sound(file: SavedFile, sizes: Mapping[str, int]) -> dict[str, Any]:
    return {"bytes": sizes[file.path], "mime": media_type(file.path)}


def _label(part: Part) -> str:
    name = part.clip.part or ""
    numbered = _SET.fullmatch(name)
    name = numbered[2] if numbered else name
    return name[:1].upper() + name[1:]


async def _draw(
    caller: Caller, row: dict[str, Any], what: str, file: SavedFile, draw: Callable[[Library, str], Any], until: float
) -> None:
    work = partial(draw, caller.library, file.path)
    row[what] = await caller.runner.sketches.drawn(f"{what} {file.sha256}", work, until)


def _waveform(library: Library, path: str) -> list[float]:
    needed("av", "numpy")
    from ..files.studio.sketches import waveform

    with library.on_disk(path) as place:
        return waveform(place)


def _picture(library: Library, path: str) -> str | None:
    from ..files.studio.sketches import MOST_PICTURE, small_picture

    data = library.read(path, MOST_COVER)
    kind = sniff(data[:16])
    if kind not in IMAGES:
        return None
    try:
        needed("PIL")
        small = small_picture(data)
        kind = Media.JPEG
    except ExtraMissing:
        small = data if len(data) <= MOST_PICTURE else None
    return None if small is None else f"data:{kind.mime};base64,{base64.b64encode(small).decode()}"


def _who(caller: Caller, guest: bool) -> str:
    """Whose allowance it is: guests do not use up the owner's."""
    return f"guests of {caller.account.tenant}" if guest else caller.account.tenant


def members(caller: Caller, job: Job) -> set[str]:
    """The clips of an order and of those that followed it. Blocks."""
    family = (job, *caller.journal.children(job.id))
    return {clip.clip_id for member in family for clip in caller.journal.clips(member.id)}


async def audio(
    caller: Caller, clip_id: str, part: str | None, offset: int, length: int, *, guest: bool = False
) -> dict[str, Any]:
    """A stretch of a recording. Raises `NotFound`, `TooMuch`, and what reading or streaming raises."""
    if not (0 <= offset <= 1 << 40 and 1 <= length <= CHUNK):
        raise ArgumentRefused(f"offset begins at 0, and length is 1 to {CHUNK}.", field="offset")
    tenant = caller.account.tenant
    found = await in_thread(caller.journal.clip, caller.account, clip_id)
    if found is None:
        raise NotFound(f"There is no clip {clip_id[:100]!r}.", field="clip_id")
    caller.runner.allowance.sound(_who(caller, guest), length)
    if part == STREAM:
        return await _streamed(caller, found.clip, offset, length)
    file = await in_thread(_file, caller, clip_id, part)
    if file is None:
        what = "sound" if part is None else f"part {part[:60]!r}"
        raise NotFound(f"No {what} of this clip is saved.", field="part")
    size = await in_lane(FILES, tenant, caller.library.size, file.path)
    length = max(min(length, size - offset), 0)
    data = await in_lane(FILES, tenant, caller.library.part, file.path, offset, length) if length else b""
    return _chunk(data, offset, size, media_type(file.path), done=offset + len(data) >= size)


def _file(caller: Caller, clip_id: str, part: str | None) -> SavedFile | None:
    """The saved sound of a clip, or of a part of it. Blocks."""
    if part is not None:
        stems = _stems(caller.journal.parts_of(caller.account, clip_id))
        return next((stem.file for stem in stems if stem.clip.part == part), None)
    return next((f for f in caller.journal.files(caller.account, clip_id) if f.kind == "audio"), None)


async def _streamed(caller: Caller, clip: Clip, offset: int, length: int) -> dict[str, Any]:
    if clip.audio_url is None or clip.uploaded:
        raise NotFound("This clip cannot be heard yet.", field="part")
    got = await caller.library.streamed(clip.audio_url, offset, length)
    return _chunk(got.data, offset, got.total, Media.MP3.mime, done=got.ended)


def _chunk(data: bytes, offset: int, size: int | None, mime: str, *, done: bool) -> dict[str, Any]:
    return {
        "data": base64.b64encode(data).decode(),
        "offset": offset,
        "bytes": size,
        "mime": mime,
        "done": done,
    }
