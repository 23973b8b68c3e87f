"""The nuro family: one piece a task, as WAV, of exactly the length that was asked for."""

from __future__ import annotations

from typing import Any

from .answers import file_url
from .asks import Ask
from .families import clip_facts
from .options import Options
from .orders import Order, brief_of, plan_of
from .records import Clip, Facts, Task

_SONG_SECONDS, _PIECE_SECONDS = 120, 60
_SPARE = 1.1
"""The composer comes near a length; the rest is cut off."""
_SHORTEST_BRIEF = 10.0
_STATES = {
    "queued": ("pending", 2), "working": ("running", 40), "done": ("succeeded", 100), "failed": ("failed", 40),
}  # fmt: skip
_WORDS = ("genre", "mood", "gender", "timbre")


class Nuro:
    """See `families.Family`."""

    tasks = frozenset({"nuro_create"})

    def __init__(self, options: Options) -> None:
        self._options = options

    async def order(self, ask: Ask, seed: int) -> Order:
        """A song or an instrumental."""
        body = ask.body
        seconds = _seconds(body)
        told = brief_of(_told(body), seed, 1)
        told["seconds"] = max(seconds * _SPARE, _SHORTEST_BRIEF)
        plan = plan_of("exactly", told, seconds=float(seconds))
        return Order({"clips": [plan], "facts": clip_facts("nuro", "wav"), "seed": seed})

    def look(self, task: Task, clips: list[Clip]) -> tuple[int, Facts]:
        """One flat object; texts are empty and the length is 0 before the end."""
        status, progress = _STATES[task.state]
        view: Facts = {
            "task_id": task.task_id, "status": status, "progress": progress, "audio_url": "", "lyrics": "",
            "duration": 0, **dict.fromkeys(_WORDS, ""),
        }  # fmt: skip
        if task.state == "failed":
            chosen = task.ending.body or {}
            return 200, {**view, "message": (task.error or {}).get("message", ""), **chosen}
        if task.state == "done":
            (clip,) = clips
            if clip.state == "failed":
                return 200, {**view, "status": "failed", "message": clip.error or ""}
            sung = task.body["type"] == "vocal"
            view |= {name: _word(task.body.get(name)) for name in _WORDS}
            view |= {
                "audio_url": file_url(self._options.base_url, clip, "wav"),
                "lyrics": clip.facts.get("lyrics", "") if sung else "",
                "duration": round(clip.seconds or 0.0, 2),
            }
        return 200, view


def _seconds(body: Facts) -> int:
    if body["type"] == "vocal":
        return int(body.get("duration") or _SONG_SECONDS)
    parts = sum(int(part["duration"]) for part in body.get("segments") or ())
    return int(body.get("duration") or parts or _PIECE_SECONDS)


def _told(body: Facts) -> Facts:
    """The body in the words of sonic."""
    if body["type"] == "vocal":
        words = [_word(body.get(name)) for name in ("genre", "mood", "timbre")]
        return {
            "tags": ", ".join(word for word in words if word) or "Pop",
            "prompt": body["lyrics"],
            "vocal_gender": (body.get("gender") or "")[:1].lower() or None,
        }
    words = [_word(body.get(name)) for name in ("genre", "mood", "instrument", "theme")]
    return {"tags": ", ".join([body["description"], *(word for word in words if word)]), "make_instrumental": True}


def _word(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
