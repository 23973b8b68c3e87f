"""The producer family: one song a task, as M4A, in three editions of its contract.

What an edition takes, has retired and ignores is in the published contract (`x-producer-editions`); this module acts
on it.
"""

from __future__ import annotations

from typing import Any

from ..server import contract
from ..server.core.written import moment
from .answers import bad_request, failed_task, file_url
from .asks import Ask
from .families import brief_body, clip_facts, gone
from .options import Options
from .orders import Order, Orders, brief_of, plan_of
from .records import Clip, Facts, Task

_DEFAULT_START = 30.0
_CHANGE = 0.5
_OLDER_NAMES = {"starts": "starts_at", "ends": "ends_at", "lyrics_text": "lyrics", "strength": "cover_strength"}
_LYRIA = "Lyria 3 Pro"
_STATUS = {"queued": "PENDING", "working": "RUNNING", "done": "SUCCESS", "failed": "FAILED"}


class Producer:
    """Answers for one edition; see `families.Family`."""

    tasks = frozenset({"producer_create", "producer_upload", "producer_download"})

    def __init__(self, options: Options, orders: Orders) -> None:
        self._options = options
        self._orders = orders
        self._edition: dict[str, Any] = contract.document()["x-producer-editions"][options.edition]

    async def order(self, ask: Ask, seed: int) -> Order:
        """What a request wants made; raises Refusal (400, 410)."""
        if ask.operation == "producer_upload":
            return Order({"upload": ask.body["audio_url"], "facts": clip_facts("producer", "m4a"), "seed": seed})
        if ask.operation == "producer_download":
            clip, facts = await self._orders.clip(ask, "clip_id"), clip_facts("producer", "m4a")
            return Order({"file_of": clip.clip_id, "format": ask.body["format"], "facts": facts, "seed": seed})
        task_type = str(ask.body["task_type"])
        if task_type not in self._edition["task_types"]:
            raise gone(f"task_type {task_type} has been retired")
        body = self._understood(ask.body)
        source = await self._orders.clip(ask, "clip_id") if task_type != "create_music" else None
        plan = self._plan(task_type, body, seed, source)
        model = _LYRIA if self._options.edition == "lyria" else body.get("mv") or "FUZZ-2.0"
        facts = clip_facts("producer", "m4a", model, seed=body.get("seed") or str(seed))
        return Order({"clips": [plan], "facts": facts, "seed": seed})

    def _understood(self, body: Facts) -> Facts:
        """The body in today's names, without what this edition ignores."""
        ignored = self._edition.get("ignored", ())
        renamed = {_OLDER_NAMES.get(name, name): value for name, value in body.items()}
        understood = {name: value for name, value in renamed.items() if name not in ignored}
        if self._options.edition == "lyria":
            needs = {"extend_music": "starts_at", "replace_music": "ends_at", "cover_music": "instruction"}
            needed = needs.get(str(body["task_type"]))
            if needed and needed not in understood:
                raise bad_request(f"{needed} is missing")
            understood.setdefault("sound", body.get("instruction"))
        return understood

    def _plan(self, task_type: str, body: Facts, seed: int, source: Clip | None) -> Facts:
        told = int(body["seed"]) % 2**32 if body.get("seed") else seed
        brief = brief_of(brief_body(body), told, 1, source)
        if source is None:
            return plan_of("compose", brief)
        if not body.get("lyrics") and task_type != "extend_music":
            brief = {**brief, "lyrics": source.facts.get("lyrics", "")}
            brief.pop("words_from", None)
        of, change = source.clip_id, float(body.get("cover_strength", _CHANGE))
        match task_type:
            case "extend_music":
                at = self._orders.within(source, "starts_at", float(body.get("starts_at", _DEFAULT_START)))
                brief["seconds"] = float(body["length"]) if body.get("length") else None
                return plan_of("concat", brief, of, plan_of("extend", brief, of, at=at), at=at)
            case "replace_music":
                start = self._orders.within(source, "starts_at", float(body["starts_at"]))
                end = self._orders.within(source, "ends_at", float(body.get("ends_at", source.seconds or 0.0)))
                return plan_of("replace", brief, of, start=start, end=end, lyrics=body.get("lyrics") or "")
            case "swap_music_vocals":
                return plan_of("add_vocals", brief, plan_of("stem", brief, of, part="instrumental"))
            case "swap_music_sound":
                return plan_of("add_instrumental", brief, plan_of("stem", brief, of, part="vocals"))
            case "music_variation":
                return plan_of("cover", {**brief, "take": 2}, of, closeness=0.9)
            case _:
                return plan_of("cover", brief, of, closeness=1.0 - change)

    def look(self, task: Task, clips: list[Clip]) -> tuple[int, Facts]:
        """A state in each clip, with 202 until there is one; or, in the slim edition, a status above them."""
        shown = [self._view(task, clip) for clip in clips] if task.state == "done" else []
        if self._options.edition == "slim":
            why = (task.error or {}).get("message", "success") if task.state == "failed" else "success"
            kind, status = str(task.body.get("task_type") or task.operation), _STATUS[task.state]
            if task.state == "done" and all(clip.state == "failed" for clip in clips):
                why, status, shown = clips[0].error or why, _STATUS["failed"], []
            return 200, {"code": 200, "status": status, "message": why, "task_type": kind, "data": shown}
        if task.state == "failed":
            return task.ending.status, task.error or failed_task("the generation failed")
        if task.state != "done":
            return 202, {"code": 202, "type": "not_ready", "error": "the task is still in work, ask again shortly"}
        return 200, {"code": 200, "message": "success", "data": shown}

    def _view(self, task: Task, clip: Clip) -> Facts:
        facts, base, failed = clip.facts, self._options.base_url, clip.state == "failed"
        view: Facts = {
            "clip_id": clip.clip_id,
            "title": facts.get("title"),
            "sound": facts.get("tags"),
            "lyrics": facts.get("lyrics"),
            "image_url": None if clip.uploaded or failed else file_url(base, clip, "jpeg"),
            "audio_url": None if failed else file_url(base, clip, "m4a"),
            "video_url": None,
            "created_at": moment(clip.created_at, "microseconds"),
            "mv": facts.get("mv"),
            "seed": facts.get("seed"),
            "duration": round(clip.seconds or 0.0, 2),
        }
        wanted = task.plan.get("format")
        if wanted is not None:
            view["audio_url"] = file_url(base, clip, "mp3") if wanted == "mp3" else None
            view["wav_url"] = file_url(base, clip, "wav") if wanted == "wav" else None
        if failed:
            view["error_message"] = clip.error
        return view if self._options.edition == "slim" else {**view, "state": clip.state}
