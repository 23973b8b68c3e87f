"""The tools of toolset studio: what people do with a finished song. Free; the work is done on this machine."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from ...core.operation import Operation
from ...core.threads import in_thread
from ...files.delivery import Delivery
from .. import albums, bought, project, recipes, video
from ..caller import Call
from ..material import clip_of, material, whole_of
from ..results import Result
from ..workshop import Stopped, Work

if TYPE_CHECKING:
    from ....tools.studio.compare_takes import CompareTakes
    from ....tools.studio.export_project import ExportProject
    from ....tools.studio.make_album import MakeAlbum
    from ....tools.studio.make_video import MakeVideo
    from ....tools.studio.prepare_release import PrepareRelease
    from ....tools.studio.save_recipe import SaveRecipe


async def made(call: Call, asked: Operation, what: str, make: Callable[[Work], Result], *, known: str = "") -> Result:
    """The result of long work, or how far it is when the caller would not wait any longer.

    The work goes on by itself; the same call again joins it, or returns what it has made. `known` is what the result
    depends on besides the call: once that has changed, the work is begun anew.
    """
    caller, talk = call.caller, call.talk
    until = call.started + talk.patience(caller.limits.wait_seconds)
    key = f"{asked.tool_name()} {asked.model_dump_json()} {known}".rstrip()
    work = await caller.runner.workshop.work(caller.account.tenant, key, what, make, talk, until)
    if work.future.done():
        with suppress(Stopped, CancelledError):  # this server is ending; another one begins anew
            return work.future.result()
    return Result(
        {"status": "working", "next": f"{asked.tool_name()} again, with the same arguments: it returns the result."},
        f"{what[:1].upper()}{what[1:]} is being made, {work.share:.0%} so far. It goes on by itself.",
    )


async def compare_takes(call: Call, asked: CompareTakes) -> Result:
    """What was measured of each take, and which to keep."""
    from ..comparison import comparison, meant

    caller = call.caller
    songs = await in_thread(meant, caller, asked.ids)
    known = await in_thread(bought.timed_by, caller, *(song.clip.clip_id for song in songs))
    return await made(call, asked, "the comparison", lambda work: comparison(caller, songs, work.done), known=known)


async def export_project(call: Call, asked: ExportProject) -> Result:
    """A folder with the song as projects for music programs; a stem leads to its song."""
    caller = call.caller
    # A project of one stem would offer, at a price, what the song has already.
    clip = await in_thread(whole_of, caller, await in_thread(clip_of, caller, asked.clip_id))
    timeline = await in_thread(bought.answer_to, caller, "get_lyrics_timeline", clip.clip_id)
    if timeline is not None:
        # Bought before Songwright wrote all the formats of timed lyrics: what is missing is written now.
        delivery = Delivery(caller.journal, caller.library, caller.account)
        await delivery.keep_timed(timeline.job, clip, timeline.outcome.timeline)
    known = await in_thread(project.known, caller, clip)
    return await made(call, asked, "the project", partial(project.export, caller, clip), known=known)


async def save_recipe(call: Call, asked: SaveRecipe) -> Result:
    """Keep what made a song under a name."""
    return await recipes.save(call.caller, asked)


async def make_video(call: Call, asked: MakeVideo) -> Result:
    """A video of a song with its words."""
    caller = call.caller
    clip = await in_thread(clip_of, caller, asked.clip_id)
    known = await in_thread(bought.timed_by, caller, (await in_thread(whole_of, caller, clip)).clip_id)
    return await made(call, asked, "the video", partial(video.make, caller, clip, asked), known=known)


async def make_album(call: Call, asked: MakeAlbum) -> Result:
    """Tags and a playlist, from what is known here."""
    return await albums.made(call, asked)


async def prepare_release(call: Call, asked: PrepareRelease) -> Result:
    """Copies for publishing, made now or before."""
    from ..release import release

    caller = call.caller
    clip = await in_thread(clip_of, caller, asked.clip_id)
    song = await in_thread(material, caller, clip)
    return await made(call, asked, "the release", lambda work: release(caller, song, asked.target, work.done))
