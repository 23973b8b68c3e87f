"""A video of a song: what is known of it, put before the picture maker, and where the file ends.

Everything here blocks: it runs in the workshop.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..core.errors import NotFound
from ..core.jobs import Clip, SavedFile
from ..core.sung import SungLine
from ..files.delivery import STEM_OF
from ..files.studio import lettering, needed, scene, timed, video
from ..files.tags import SongTags
from . import bought
from .caller import Caller
from .material import Material, material, on_disk
from .results import Result
from .workshop import Work

if TYPE_CHECKING:
    from ...tools.studio.make_video import MakeVideo

MEASURING: Final = 0.04
"""The share of the work that is done when the song has been heard once."""
_LARGEST_COVER: Final = 20_000_000
_CREDIT, _SANDBOX = "Made with AI · Songwright", "Sandbox song · Songwright"


def make(caller: Caller, clip: Clip, asked: MakeVideo, work: Work) -> Result:
    """Make the file. Raises `NotFound` when the song's sound is gone, `ExtraMissing` and `LibraryUnavailable`."""
    needed("av", "numpy", "PIL", *lettering.PACKAGES)
    song = material(caller, clip)
    whole = _whole(caller, clip)
    told = bought.timeline_of(caller, whole)
    layout = (scene.LAYOUTS if told else scene.WORDLESS)[asked.format]
    with on_disk(caller, song) as sound:
        levels, seconds = video.measured(sound, scene.bars(layout), lambda share: work.done(share * MEASURING))
        lines = timed.tidy(told, seconds)
        if told and not lines:
            layout = scene.WORDLESS[asked.format]
        pictures = scene.Scene(
            layout, asked.kind, title=clip.title or song.name, credit=_SANDBOX if caller.account.sandbox else _CREDIT,
            cover=_cover(caller, whole), lines=lines, levels=levels, seconds=seconds,
        )  # fmt: skip
        about = {"title": clip.title, "comment": _about(caller, clip)}

        def write(path: Path) -> None:
            size = (layout.width, layout.height)
            video.encode(
                path, sound, pictures.picture, size, seconds, about,
                lambda share: work.done(MEASURING + share * (1 - MEASURING)),
            )  # fmt: skip

        label = f"{asked.kind} {asked.format.replace(':', 'x')}"
        tags = SongTags(clip.clip_id, song.name, sandbox=caller.account.sandbox)
        kept = caller.library.keep_made(tags, ".mp4", write, folder=_beside(song), label=label)
    file = SavedFile(clip.clip_id, f"video {asked.kind} {asked.format}", kept.relative, kept.bytes, kept.sha256)
    if (job := caller.journal.any_job(clip.job_id)) is not None:
        caller.journal.put_file(job, file)
    data: dict[str, Any] = {
        "status": "done",
        "files": [{"kind": "video", **caller.results.place(file)}],
        "seconds": round(seconds, 1),
        "width": layout.width,
        "height": layout.height,
        "lines": len(lines),
        **_words(caller, whole, asked, lines),
    }
    if caller.account.sandbox:
        data["sandbox"] = True
    shown = f"{len(lines)} lines of words" if lines else "cover, waveform and title"
    return Result(data, f"The {asked.kind} video of {song.name} is made: {asked.format}, {seconds:.0f} s, {shown}.")


def _whole(caller: Caller, clip: Clip) -> str:
    """The song whose words and cover are shown: for a stem, such as the band alone, the one it was taken from."""
    found = caller.journal.clip(caller.account, clip.clip_id)
    return next(iter(found.sources.get(STEM_OF, ())), clip.clip_id) if found else clip.clip_id


def _words(caller: Caller, clip_id: str, asked: MakeVideo, lines: Sequence[SungLine]) -> dict[str, Any]:
    """What would make the words better, and what that costs."""
    if lines:
        if asked.kind == "karaoke" and all(len(line.words) < 2 for line in lines):
            return {"notice": "Only whole lines are timed here, so each line is filled in as a whole."}
        return {}
    offer = bought.offer(caller, "words", "get_lyrics_timeline", clip_id=clip_id)
    if offer is None:
        return {"notice": "It shows no words: lyrics of this engine's songs cannot be timed."}
    if bought.answer_to(caller, "get_lyrics_timeline", clip_id) is not None:
        return {"notice": "It shows no words: the service found none that are sung."}
    price = offer.credits
    cost = "an unknown number of credits" if price is None else f"{price} credit{'' if price == 1 else 's'}"
    return {
        "notice": f"It shows no words, because none of this song are timed. {offer.call} would time them for {cost}.",
        "next": f"If the person wants words: {offer.call}, then make_video again.",
    }


def _about(caller: Caller, clip: Clip) -> str:
    made = "Made with AI" if not caller.account.sandbox else "A song of Songwright's sandbox, not of the service"
    return f"{made}. Clip {clip.clip_id}."


def _cover(caller: Caller, clip_id: str) -> bytes | None:
    files = caller.journal.files(caller.account, clip_id)
    file = next((file for file in files if file.kind == "cover"), None)
    try:
        return None if file is None else caller.library.read(file.path, _LARGEST_COVER)
    except NotFound:
        return None


def _beside(song: Material) -> str | None:
    """The folder of the library that holds the song; None for the library itself."""
    folder, _, _ = song.sound.path.rpartition("/")
    return folder or None
