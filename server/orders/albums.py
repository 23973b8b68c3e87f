"""Albums: songs in order, said so in their files' tags, with a playlist, and what would suit the next one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import anyio

from ...tools.shapes import ID_LIMIT, data_of, said, shorten
from ..core.errors import ArgumentRefused, NotFound, StorageError
from ..core.foreign import one_line
from ..core.jobs import Clip, SavedFile
from ..core.threads import CRAFT, in_lane, in_thread
from ..craft.passages import shared_passages
from ..files.delivery import Delivery
from ..files.telling import ARTIST
from ..journal.albums import Album
from .caller import Call, Caller
from .material import known_clip
from .results import Result

if TYPE_CHECKING:
    from ...tools.studio.make_album import MakeAlbum

_ITEMS = re.compile(r"[,;/\n]")
AT_ONCE = 4
"""Files that are tagged at the same time."""
_STYLE_LIMIT = 300
_SHOWN = 120


async def made(call: Call, asked: MakeAlbum) -> Result:
    """The album as it is after this call: recorded, its files tagged, its playlist written.

    A caller that goes away meanwhile leaves a whole album behind, and the same call does everything again.
    """
    caller = call.caller
    before = await in_thread(caller.journal.album, caller.account, asked.name)
    if before is None and not asked.clip_ids:
        raise NotFound(
            f"There is no album named {asked.name!r}. Give clip_ids, in order, to make it. Nothing was changed.",
            field="name",
        )
    name = one_line(asked.name, len(asked.name))
    if not name:
        raise ArgumentRefused("name must have letters. Nothing was changed.", field="name")
    wanted = tuple(dict.fromkeys(asked.clip_ids)) or (before.clip_ids if before else ())
    artist = asked.artist if asked.artist is not None else before.artist if before else ""
    clips = [await _song(caller, clip_id) for clip_id in wanted]
    album = Album(name, one_line(artist, len(artist)), wanted)
    left = [clip_id for clip_id in (before.clip_ids if before else ()) if clip_id not in wanted]
    delivery = Delivery(caller.journal, caller.library, caller.account)
    changes = (*left, *wanted) if asked.clip_ids or asked.artist is not None else ()
    if changes:
        with anyio.CancelScope(shield=True):
            await in_thread(caller.journal.put_album, caller.account, album)
            await _tagged(call, delivery, album, changes)
    files = {clip.clip_id: await _audio(caller, clip) for clip in clips}
    titles = {clip_id: (await delivery.tags(await delivery.clip(clip_id))).title for clip_id in wanted}
    tracks = [_Track(clip, titles[clip.clip_id], files[clip.clip_id]) for clip in clips]
    playlist = await caller.library.keep_playlist(album.name, _lines(album, tracks))
    data = await _told(caller, album, tracks)
    notices = await _notices(caller, album, tracks, left)
    if any("missing" in row for row in data["tracks"]):
        notices.append("A missing file was moved or deleted; get_song looks for it, free.")
    data |= {"playlist": next(iter(caller.results.place_of(playlist).values()), None)}
    if notices:
        data["notice"] = " ".join(notices)
    if caller.account.sandbox:
        data["sandbox"] = True
    count = f"{len(tracks)} song{'' if len(tracks) == 1 else 's'}"
    done = "tagged and listed in a playlist" if changes else "listed in a playlist"
    lost = sum(track.file is None or "missing" in row for track, row in zip(tracks, data["tracks"], strict=True))
    but = f", but {lost} of them without a file here" if lost else ""
    return Result({"status": "done", **data}, f"Album {shorten(name, _SHOWN)}: {count}, {done}{but}.")


async def _tagged(call: Call, delivery: Delivery, album: Album, clip_ids: Sequence[str]) -> None:
    """Tag the files of these clips, a few at a time: in a bucket each is brought here and sent back."""
    turns, done = anyio.CapacityLimiter(AT_ONCE), 0
    failures: list[StorageError] = []

    async def tag(clip_id: str) -> None:
        nonlocal done
        try:
            async with turns:
                await delivery.retag(clip_id)
        except StorageError as error:
            failures.append(error)  # raised below, or the task group would wrap it
        done += 1
        await call.talk.working(f"Tagging album {album.name}", done / len(clip_ids))

    async with anyio.create_task_group() as group:
        for clip_id in clip_ids:
            group.start_soon(tag, clip_id)
    if failures:
        raise failures[0]


class _Track:
    """A song of an album with what is saved of it."""

    def __init__(self, clip: Clip, title: str, file: SavedFile | None) -> None:
        self.clip, self.title, self.file = clip, title, file


async def _song(caller: Caller, clip_id: str) -> Clip:
    found = await in_thread(known_clip, caller, clip_id, "clip_ids")
    if not found.clip.good or found.clip.uploaded:
        what = "a recording of yours, whose file is not in the library" if found.clip.uploaded else "no finished song"
        raise ArgumentRefused(f"Clip {clip_id} is {what}. Nothing was changed.", field="clip_ids")
    return found.clip


async def _audio(caller: Caller, clip: Clip) -> SavedFile | None:
    files = await in_thread(caller.journal.files, caller.account, clip.clip_id)
    return next((file for file in files if file.kind == "audio"), None)


def _lines(album: Album, tracks: Sequence[_Track]) -> list[str]:
    """The playlist, in extended M3U; its folder is one below the songs'."""
    lines = [f"#PLAYLIST:{album.name}"]
    for track in tracks:
        if track.file is not None:
            seconds = round(track.clip.seconds) if track.clip.seconds else -1
            lines += [f"#EXTINF:{seconds},{album.artist or ARTIST} - {one_line(track.title, 200)}"]
            lines += [f"../{track.file.path}"]
    return lines


async def _told(caller: Caller, album: Album, tracks: Sequence[_Track]) -> dict[str, Any]:
    rows = []
    for track in tracks:
        place = {} if track.file is None else await in_thread(caller.results.found, track.file)
        rows.append({"clip_id": track.clip.clip_id, "title": track.title, **place})
    data: dict[str, Any] = {"album": album.name, "artist": album.artist or ARTIST, "tracks": rows}
    clips = [track.clip for track in tracks]
    if fitting := {**_style(clips), **await in_thread(_singer, caller, clips)}:
        data["next_track"] = fitting
    words = [clip.lyrics for clip in clips]
    repeats = await in_lane(CRAFT, caller.account.tenant, shared_passages, words)
    if repeats:
        data["repeats"] = [
            {"words": shorten(passage.words, _SHOWN), "tracks": [song + 1 for song in passage.songs]}
            for passage in repeats
        ]
    return data


async def _notices(caller: Caller, album: Album, tracks: Sequence[_Track], left: Sequence[str]) -> list[str]:
    said_so = []
    if left:
        said_so.append(f"No longer on it: {', '.join(left)}. Their files are unchanged but for the tags.")
    if gone := [track.title for track in tracks if track.file is None]:
        said_so.append(f"Not saved here, so not in the playlist: {', '.join(gone)}. get_song looks for the file, free.")
    for track in tracks:
        others = await in_thread(caller.journal.tracks_of, caller.account, track.clip.clip_id)
        if len(others) > 1:
            names = ", ".join(other.album for other in others)
            said_so.append(f"{track.title} is on {names}; its tags name {others[0].album}.")
    return said_so


def _style(clips: Sequence[Clip]) -> dict[str, str]:
    """What most of the songs' styles say; takes of one order have one style and count once."""
    styles = {clip.job_id: [item.strip() for item in _ITEMS.split(clip.style) if item.strip()] for clip in clips}
    counts = Counter(item for items in styles.values() for item in {item.casefold() for item in items})
    shared = dict.fromkeys(
        item.casefold() for items in styles.values() for item in items if counts[item.casefold()] * 2 > len(styles)
    )
    return {"style": shorten(", ".join(shared), _STYLE_LIMIT)} if shared else {}


def _singer(caller: Caller, clips: Sequence[Clip]) -> dict[str, str]:
    """The one singer of the album, or how to get one. Blocks."""
    sung = [clip for clip in clips if clip.lyrics.strip()]
    if not sung:
        return {}
    jobs = [caller.journal.any_job(clip.job_id) for clip in sung]
    asked = [job.arguments.get("persona_id") for job in jobs if job is not None]
    personas = Counter(persona for persona in asked if isinstance(persona, str))
    if len(personas) == 1:
        ((persona, count),) = personas.items()
        return {"persona_id": persona, "singer": f"Sings {count} of the {len(sung)} songs with words."}
    if personas:
        return {"singer": f"The songs have {len(personas)} singers: {', '.join(personas)}."}
    for clip_id, answer in caller.journal.personas_from(caller.account, [clip.clip_id for clip in sung]):
        if made_of := _persona(answer):
            return {"persona_id": made_of, "singer": f"The voice of clip {clip_id}."}
    price = caller.facts().price("persona")
    cost = "" if price is None else f" for {price} credit{'' if price == 1 else 's'}"
    return {"singer": f'No singer is saved. create_persona with clip_id "{sung[0].clip_id}" keeps its voice{cost}.'}


def _persona(answer: Mapping[str, Any]) -> str | None:
    return said(data_of(answer).get("persona_id"), ID_LIMIT)
