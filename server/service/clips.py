"""Reads clips from the service's answers in all their documented shapes, and tolerates missing fields.

A finished task is a list of clips, a list of pairs (a part and the whole it was joined into), or one object. Durations
are decimal strings in newer answers and numbers in older ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ..core.foreign import link_of, number, one_line, verse
from ..core.jobs import Clip, Job
from .answers import SAID_LIMIT

FINAL = ("succeeded", "failed")
_FAILED = ("failed", "error", "failure")
_DONE = ("succeeded", "success", "complete", "completed")
TITLE_LIMIT = 200
STYLE_LIMIT = 2000
LYRICS_LIMIT = 20_000


@dataclass(frozen=True)
class TaskReport:
    """The result of one look at a task."""

    clips: tuple[Clip, ...]
    facts: Mapping[str, Any]
    """The object of a task that makes no clips, such as a voice."""

    @property
    def final(self) -> bool:
        """Whether the task is final."""
        return bool(self.facts) or (bool(self.clips) and all(clip.state in FINAL for clip in self.clips))

    @property
    def good(self) -> tuple[Clip, ...]:
        """The clips that became songs."""
        return tuple(clip for clip in self.clips if clip.good)


def task_id(body: Mapping[str, Any]) -> str | None:
    """The service's id in the answer to an order; one old shape wraps it in `data`."""
    for place in (body, body.get("data")):
        if isinstance(place, dict):
            value = place.get("task_id")
            if isinstance(value, str | int) and str(value).strip():
                return str(value).strip()
    return None


class _Found(NamedTuple):
    item: Mapping[str, Any]
    part: str | None
    take: int


PartOf = Callable[[Mapping[str, Any], int], str | None]


def uploaded_clip(job: Job, body: Mapping[str, Any], now: float) -> Clip | None:
    """The person's own recording, where the service uploaded it as part of the order."""
    steps = body.get("steps")
    upload = steps.get("upload") if isinstance(steps, dict) else None
    clip_id = upload.get("clip_id") if isinstance(upload, dict) else None
    return own_recording(job, clip_id, now) if isinstance(clip_id, str) and clip_id else None


def own_recording(job: Job, clip_id: str, now: float) -> Clip:
    """A clip made from the person's own file: recorded by its id, not downloaded."""
    raw = {"clip_id": clip_id, "state": "running", "title": job.subject}
    clip = _clip(job, raw, 0, "upload", job.subject, now)
    return replace(clip, state="succeeded", uploaded=True)


def report(
    job: Job, body: Mapping[str, Any], *, prompt: str, now: float, part_of: PartOf = lambda *_: None
) -> TaskReport:
    """What an answer to a look says about the job's clips; `part_of` names the part that a clip is."""
    data = body.get("data")
    if isinstance(data, dict) and "clip_id" not in data:
        return TaskReport((), data)
    if isinstance(data, dict):
        data = [data]
    if not isinstance(data, list):
        return TaskReport((), {})
    raw: list[_Found] = []
    pending = False
    for take, item in enumerate((item for item in data if isinstance(item, dict)), 1):
        halves = [name for name in ("full", "extended", "replaced") if name in item]
        if not halves:
            raw.append(_Found(item, part_of(item, len(raw)), take))
        for name in halves:
            if isinstance(item[name], dict):
                raw.append(_Found(item[name], None if name == "full" else name, take))
            else:
                pending = True
    clips = tuple(_clip(job, found.item, found.take, found.part, prompt, now) for found in raw)
    if pending:
        # The joined song is still missing: a part alone is not what was ordered.
        clips = tuple(_running(clip) for clip in clips)
    return TaskReport(clips, {})


def _clip(job: Job, item: Mapping[str, Any], take: int, part: str | None, prompt: str, now: float) -> Clip:
    url = link_of(item.get("audio_url"))
    seconds = _seconds(item.get("duration"))
    state = str(item.get("state") or item.get("status") or "").lower()
    if state in _DONE or (not state and url and seconds):
        state = "succeeded"
    elif state in _FAILED:
        state = "failed"
    elif state not in ("pending", "running"):
        state = "running"
    if state == "succeeded" and url is None:
        state = "running"
    reason = item.get("error_message") or item.get("error")
    return Clip(
        clip_id=str(item.get("clip_id") or item.get("id") or f"{job.id}-{take}"),
        job_id=job.id,
        take=take,
        part=part,
        label=None,
        state=state,
        title=one_line(item.get("title"), TITLE_LIMIT) or one_line(job.subject, TITLE_LIMIT),
        style=one_line(item.get("tags"), STYLE_LIMIT),
        lyrics=verse(item.get("lyrics"), LYRICS_LIMIT),
        prompt=prompt,
        model=one_line(item.get("mv"), 80),
        seconds=seconds,
        bpm=None,
        audio_url=url,
        image_url=link_of(item.get("image_url")),
        uploaded=False,
        reason=one_line(str(reason), SAID_LIMIT) if reason and state == "failed" else None,
        created_at=now,
    )


def _running(clip: Clip) -> Clip:
    return replace(clip, state="running") if clip.good else clip


def _seconds(value: object) -> float | None:
    seconds = number(value)
    return seconds if seconds is not None and 0 < seconds < 100_000 else None
