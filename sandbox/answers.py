"""The shapes of answers: clips, acceptances and refusals as the service words them."""

from __future__ import annotations

from typing import Any

from ..server.core.written import moment
from .options import Brand
from .records import USUAL, Clip, Facts, Fate


class Refusal(Exception):
    """The request gets this status and body instead of being served."""

    def __init__(self, status: int, body: Facts, headers: dict[str, str] | None = None) -> None:
        super().__init__(str(body.get("message", "")))
        self.status = status
        self.body = body
        self.headers = headers or {}


def refusal(status: int, kind: str, message: str, **more: Any) -> Refusal:
    """A refusal with its text under every field name that clients are known to read."""
    return Refusal(status, {"type": kind, "error": message, "message": message, "detail": message, **more})


def bad_request(message: str, **more: Any) -> Refusal:
    """400: the arguments are wrong; nothing was charged."""
    return refusal(400, "bad_request", message, **more)


def forbidden(message: str) -> Refusal:
    """403: missing credits, or words that moderation rejects."""
    return refusal(403, "forbidden", message)


def not_ready() -> Facts:
    """The answer to a poll before there is anything to show (with status 202)."""
    return {"type": "not_ready", "message": "task is not ready"}


def failed_task(message: str, fate: Fate = USUAL) -> Facts:
    """The answer to a poll when the task failed; its fate decides whether this mentions the returned credits."""
    if fate.body is not None:
        return fate.body
    told: Facts = {"type": "api_error", "message": message}
    return (
        {**told, "message": f"{message} The credits have been returned.", "already_refunded": True}
        if fate.says
        else told
    )


def accepted(task_id: str, **more: Any) -> Facts:
    """The answer to a request that made a task; without `code`, like answers seen live."""
    return {"message": "success", "task_id": task_id, **more}


def success(data: object) -> Facts:
    """The answer to a request that is served at once."""
    return {"code": 200, "message": "success", "data": data}


def file_url(base_url: str, clip: Clip, suffix: str, *, stream: bool = False) -> str:
    """A link to a clip's file; it stops working when the clip's links are disabled."""
    return f"{base_url}/files/{clip.clip_id}.{suffix}?v={clip.generation}{'&stream=1' if stream else ''}"


def model_name(brand: Brand, asked: str | None) -> str | None:
    """The model as the brand spells it: chirp- on sunoapi, sonic- elsewhere."""
    if asked is None:
        return None
    wanted, other = ("chirp-", "sonic-") if brand == "sunoapi" else ("sonic-", "chirp-")
    return wanted + asked.removeprefix(other) if asked.startswith(other) else asked


def clip_view(clip: Clip, base_url: str) -> Facts:
    """A clip as a poll shows it: null where nothing is known yet, the length as a decimal string."""
    playable = clip.state in ("streaming", "succeeded")
    view: Facts = {
        "clip_id": clip.clip_id,
        "state": "running" if clip.state == "streaming" else clip.state,
        "title": clip.facts.get("title", ""),
        "tags": clip.facts.get("tags", ""),
        "lyrics": clip.facts.get("lyrics", ""),
        "image_url": file_url(base_url, clip, "jpeg") if playable else None,
        "audio_url": file_url(base_url, clip, "mp3", stream=clip.state == "streaming") if playable else None,
        "video_url": None,
        "created_at": moment(clip.created_at, "milliseconds"),
        "mv": clip.facts.get("mv"),
        "gpt_description_prompt": clip.facts.get("gpt_description_prompt"),
        "duration": f"{clip.seconds:.2f}" if clip.state == "succeeded" and clip.seconds is not None else None,
        "negative_tags": clip.facts.get("negative_tags"),
        "style_weight": clip.facts.get("style_weight"),
        "weirdness_constraint": clip.facts.get("weirdness_constraint"),
    }
    if clip.error is not None:
        view["error_message"] = clip.error
    return view


def pair_views(clips: list[Clip], base_url: str) -> list[Facts]:
    """The clips of an auto_concat task as pairs; `full` is null until the join is done."""
    parts = [clip for clip in clips if clip.role != "full"]
    wholes = {clip.plan["pair"]: clip for clip in clips if clip.role == "full"}
    pairs = []
    for part in parts:
        whole = wholes.get(part.plan["pair"])
        joined = whole is not None and whole.state in ("succeeded", "failed")
        pairs.append(
            {part.role: clip_view(part, base_url), "full": clip_view(whole, base_url) if whole and joined else None}
        )
    return pairs


def task_data(clips: list[Clip], base_url: str) -> list[Facts]:
    """The `data` of a task that makes clips."""
    if any(clip.role == "full" for clip in clips):
        return pair_views(clips, base_url)
    return [clip_view(clip, base_url) for clip in clips]
