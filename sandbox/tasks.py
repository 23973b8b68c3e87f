"""The course of a task after its purchase: it is composed, its clips finish one by one, it is done or refunded.

One coroutine per unfinished task. Everything it decides is stored before anybody sees it, and everything it computes
follows from the task's plan, so a task interrupted by a crash simply runs again.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import textwrap
import time
import uuid
from collections.abc import Mapping

from .answers import failed_task, task_data
from .executor import Executor
from .fetch import Unfetchable
from .hooks import Hooks
from .options import Options
from .pace import Timetable, timetable
from .records import Clip, Facts, NewClip, Task
from .store import Store
from .studio import Maker
from .uploads import Uploads
from .workshop import Made

_log = logging.getLogger(__name__)

UPSTREAM_FAILED = "The generation failed upstream."
_TITLE_LENGTH = 40
_OVER = ("succeeded", "failed")
TAKE_FAILED = "This take could not be generated."


def clip_id(task_id: str, position: int) -> str:
    """The id of the clip at a position of a task, always the same."""
    return str(uuid.uuid5(uuid.UUID(task_id), str(position)))


def new_clip(task: Task, position: int, plan: Facts, made: Made) -> NewClip:
    """A clip as it is entered when its task has been composed."""
    asked = plan.get("facts", {})
    tags = asked.get("tags") or made.style
    facts = {
        **task.plan["facts"],
        "title": asked.get("title")
        or made.title
        or textwrap.shorten(tags, _TITLE_LENGTH, placeholder="").title()
        or "Untitled",
        "tags": tags,
        "lyrics": made.lyrics,
    }
    doomed = task.fate == "fail_takes" or (task.fate == "fail_take" and position == 0)
    return NewClip(
        clip_id(task.task_id, position),
        plan.get("role", "take"),
        facts,
        plan,
        state="failed" if doomed else "running",
        score=made.score,
        seconds=None,
        error=TAKE_FAILED if doomed else None,
    )


class Tasks:
    """All unfinished tasks of this process."""

    def __init__(self, options: Options, executor: Executor, studio: Maker, uploads: Uploads, hooks: Hooks) -> None:
        self._options = options
        self._desk = executor
        self._studio = studio
        self._uploads = uploads
        self._hooks = hooks
        self._running: dict[str, asyncio.Task[None]] = {}
        self._ends = {"voice": self._end_voice, "upload": self._end_upload, "file_of": self._end_file}

    @property
    def busy(self) -> bool:
        """Whether a task is in work."""
        return bool(self._running)

    async def resume(self) -> None:
        """Take up what a former run left standing."""
        for task in await self._desk(Store.unfinished):
            self.begin(task)

    def begin(self, task: Task) -> None:
        """Let a queued task live."""
        life = asyncio.get_running_loop().create_task(self._live(task), name=f"task {task.task_id}")
        self._running[task.task_id] = life
        life.add_done_callback(lambda _: self._running.pop(task.task_id, None))

    async def ended(self, task_id: str) -> None:
        """Return when nothing more will become of the task in this process."""
        life = self._running.get(task_id)
        if life is not None:
            await asyncio.wait([life])

    async def close(self) -> None:
        """Stop; the store keeps what is unfinished."""
        tasks = list(self._running.values())
        for life in tasks:
            life.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _live(self, task: Task) -> None:
        times = timetable(self._options.pace, task.task_type or task.operation, task.plan["seed"])
        try:
            end = next((end for key, end in self._ends.items() if key in task.plan), None)
            if end is not None:
                await self._until(task, times.done_at(0))
                await end(task)
                return
            await self._start(task, times)
            await self._make_clips(task, times)
            if task.fate == "fail_task":
                await self._fail(task)
            else:
                await self._finish(task)
        except Exception:  # noqa: BLE001 - whatever went wrong, the buyer gets the credits back
            _log.exception("task %s could not be made", task.task_id)
            await self._fail(task)

    async def _until(self, task: Task, seconds: float) -> None:
        await asyncio.sleep(max(task.created_at + seconds - time.time(), 0.0))

    async def _start(self, task: Task, times: Timetable) -> None:
        if task.state != "queued":
            return
        plans = await self.clip_plans(task)
        clips = [
            new_clip(task, position, plan, await self._studio.compose(plan)) for position, plan in enumerate(plans)
        ]
        await self._until(task, times.ready)
        await self._desk(Store.start, task.task_id, clips)

    async def clip_plans(self, task: Task) -> list[Facts]:
        """One plan per clip; for full stems they follow from what sounds in the source."""
        if "clips" in task.plan:
            return list(task.plan["clips"])
        source = await self._desk(Store.clip, task.plan["stems_of"])
        assert source is not None
        names = await self._studio.parts(source) if task.plan["full"] else ["vocals", "instrumental"]
        return stem_plans(source, names) * (2 if task.fate == "two_sets" else 1)

    async def finished_clips(self, task: Task) -> list[NewClip]:
        """The clips of a task that is done at once, as stand-ins are."""
        clips = []
        for position, plan in enumerate(await self.clip_plans(task)):
            made = await self._studio.compose(plan)
            clip = new_clip(task, position, plan, made)
            clips.append(dataclasses.replace(clip, state="succeeded", seconds=made.seconds) if not clip.error else clip)
        return clips

    async def _make_clips(self, task: Task, times: Timetable) -> None:
        """Make what is still to be made; the clips are rendered in order and finish each at its own time."""
        clips = [clip for clip in await self._desk(Store.clips_of, task.task_id) if clip.state not in _OVER]
        lengths = await self._stems(task, clips)
        first = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for clip in clips:
                group.create_task(self._make_clip(task, clip, times, first, lengths.get(clip.clip_id)))

    async def _stems(self, task: Task, clips: list[Clip]) -> dict[str, float]:
        """The lengths of stems, which are made all together; of other clips nothing is known yet."""
        if "stems_of" not in task.plan:
            return {}
        source = await self._desk(Store.clip, task.plan["stems_of"])
        assert source is not None
        lengths: dict[str, float] = {}
        while clips:
            one_set = list({clip.plan["args"]["part"]: clip for clip in clips}.values())
            lengths |= await self._studio.produce_stems(source, one_set)
            clips = [clip for clip in clips if clip not in one_set]
        return lengths

    async def _make_clip(
        self, task: Task, clip: Clip, times: Timetable, first: asyncio.Event, seconds: float | None
    ) -> None:
        if seconds is None:
            seconds = await self._studio.produce(clip)
        await self._until(task, times.stream)
        await self._desk(Store.set_clip, clip.clip_id, "streaming")
        if not first.is_set() and task.fate != "fail_task":
            first.set()
            await self._tell(task, "song.streaming", "streaming")
        await asyncio.sleep(times.settle)
        await self._until(task, times.done_at(clip.position))
        if task.fate != "fail_task":
            await self._desk(Store.set_clip, clip.clip_id, "succeeded", seconds=seconds)

    async def _finish(self, task: Task) -> None:
        refund = task.fate in ("fail_take", "fail_takes") and task.ending.refund
        await self._desk(Store.finish, task.task_id, refund=refund)
        await self.tell_end(task)

    async def _end_voice(self, task: Task) -> None:
        if task.fate == "fail_task":
            await self._fail(task)
            return
        voice: Mapping[str, str] = task.plan["voice"]
        await self._desk(Store.add_persona, task.key_hash, voice["persona_id"], voice["name"], voice["clip_id"], None)
        result = {"persona_id": voice["persona_id"], "name": voice["name"]}
        await self._desk(Store.finish, task.task_id, result=result)
        self._hooks.tell(task, "song.completed", {"code": 200, "message": "success", "data": result})

    async def _end_upload(self, task: Task) -> None:
        try:
            facts = task.plan["facts"] if task.family != "sonic" else None
            clip = await self._uploads.take_in(task.key_hash, str(task.plan["upload"]), facts=facts)
        except Unfetchable as error:
            await self._fail(task, str(error))
            return
        result = {"clip_id": clip.clip_id}
        await self._desk(Store.finish, task.task_id, result=result)
        self._hooks.tell(task, "song.completed", {"code": 200, "message": "success", **result})

    async def _end_file(self, task: Task) -> None:
        if task.fate == "fail_task":
            await self._fail(task)
            return
        clip = await self._desk(Store.clip, task.plan["file_of"])
        assert clip is not None
        await self._studio.file(clip, task.plan["format"])
        await self._desk(Store.finish, task.task_id, result={"clip_id": clip.clip_id})

    async def _fail(self, task: Task, why: str = UPSTREAM_FAILED) -> None:
        fate = task.ending
        if await self._desk(Store.fail, task.task_id, failed_task(why, fate), refund=fate.refund):
            self.tell_failed(task, why)

    def tell_failed(self, task: Task, why: str = UPSTREAM_FAILED) -> None:
        """The webhook of a task that failed."""
        refunded = {"refund_processed": True} if task.ending.says else {}
        self._hooks.tell(task, "song.failed", {"type": "failed", "message": why, **refunded})

    async def tell_end(self, task: Task) -> None:
        """The webhook of a task whose clips are over: it has a song, or every take of it failed."""
        if not task.body.get("webhook_url"):
            return
        clips = await self._desk(Store.clips_of, task.task_id)
        if all(clip.state == "failed" for clip in clips):
            self.tell_failed(task, TAKE_FAILED)
        else:
            self._tell_clips(task, "song.completed", "success", clips)

    async def _tell(self, task: Task, event: str, message: str) -> None:
        if task.body.get("webhook_url"):
            self._tell_clips(task, event, message, await self._desk(Store.clips_of, task.task_id))

    def _tell_clips(self, task: Task, event: str, message: str, clips: list[Clip]) -> None:
        data = task_data(clips, self._options.base_url)
        self._hooks.tell(task, event, {"code": 200, "message": message, "data": data})


def stem_plans(source: Clip, names: list[str]) -> list[Facts]:
    """One plan per named part of a clip."""
    title = source.facts.get("title") or "Untitled"
    return [
        {
            "make": "stem",
            "role": "stem",
            "args": {"part": name},
            "sources": [source.clip_id],
            "facts": {"title": f"{title} - {name.title()}"},
        }
        for name in names
    ]
