"""The riffusion family, deprecated everywhere: two songs a task, as M4A."""

from __future__ import annotations

from ..server.core.written import moment
from .answers import bad_request, failed_task, file_url, not_ready
from .asks import Ask
from .families import brief_body, clip_facts
from .options import Options
from .orders import Order, Orders, brief_of, plan_of
from .records import Clip, Facts, Task

_TAKES = (1, 2)
_CLOSENESS = 0.5
_UPLOADS = "_upload"


class Riffusion:
    """See `families.Family`."""

    tasks = frozenset({"riffusion_create"})

    def __init__(self, options: Options, orders: Orders) -> None:
        self._options = options
        self._orders = orders

    async def order(self, ask: Ask, seed: int) -> Order:
        """Two takes of what a request wants; raises Refusal (400)."""
        body = ask.body
        task_type = str(body.get("task_type") or "create_music")
        source = None
        if task_type != "create_music":
            source = await self._orders.clip(ask, "continue_clip_id")
            if source.uploaded is not (_UPLOADS in task_type):
                raise bad_request("continue_clip_id: uploaded clips, and only they, take the upload variants")
        told = brief_body({"sound": body["prompt"]} if body["custom_mode"] is False else body)
        plans = []
        for take in _TAKES:
            brief = brief_of(told, seed, take, source)
            plans.append(self._plan(task_type.replace(_UPLOADS, ""), body, brief, source))
        return Order({"clips": plans, "facts": clip_facts("riffusion", "m4a", body["mv"]), "seed": seed})

    def _plan(self, task_type: str, body: Facts, brief: Facts, source: Clip | None) -> Facts:
        if source is None:
            return plan_of("compose", brief)
        of = source.clip_id
        match task_type:
            case "extend_music":
                at = self._orders.within(source, "continue_at", float(body["continue_at"]))
                return plan_of("concat", brief, of, plan_of("extend", brief, of, at=at), at=at)
            case "swap_music_vocals":
                return plan_of("add_vocals", brief, plan_of("stem", brief, of, part="instrumental"))
            case "swap_music_sound":
                return plan_of("add_instrumental", brief, plan_of("stem", brief, of, part="vocals"))
            case "replace_music":
                start, end = float(body["starts"]), self._orders.within(source, "ends", float(body["ends"]))
                return plan_of("replace", brief, of, start=start, end=end, lyrics=body.get("lyrics") or "")
            case _:
                return plan_of("cover", brief, of, closeness=_CLOSENESS)

    def look(self, task: Task, clips: list[Clip]) -> tuple[int, Facts]:
        """The songs with their states."""
        if task.state == "failed":
            return task.ending.status, task.error or failed_task("the generation failed")
        if task.state == "queued":
            return 202, not_ready()
        return 200, {"code": 200, "message": "success", "data": [self._view(clip) for clip in clips]}

    def _view(self, clip: Clip) -> Facts:
        done, base = clip.state == "succeeded", self._options.base_url
        return {
            "clip_id": clip.clip_id,
            "title": clip.facts.get("title"),
            "lyrics": clip.facts.get("lyrics"),
            "image_url": file_url(base, clip, "jpeg") if done else None,
            "audio_url": file_url(base, clip, "m4a") if done else None,
            "video_url": None,
            "created_at": moment(clip.created_at, "microseconds"),
            "mv": clip.facts.get("mv"),
            "duration": round(clip.seconds, 2) if done and clip.seconds is not None else None,
            "timestamp": {},
            "state": "running" if clip.state == "streaming" else clip.state,
        }
