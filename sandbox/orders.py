"""Turns a request into a plan: which clips to make, from what, and with which ids.

A plan is JSON with everything that decides the music inside, so that a task can be made again after a crash.
"""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from .answers import bad_request, model_name
from .asks import Ask
from .executor import Executor
from .fetch import Unfetchable
from .options import Options
from .records import Clip, Facts
from .store import Store
from .uploads import Uploads

_DAY = 24 * 60 * 60.0
_VOICE_LEAST_SECONDS = 10.0
_LEAST_WINDOW = 0.5
_TAKES = (1, 2)


@dataclasses.dataclass(frozen=True)
class Order:
    """What a task will make, and what the answer to the order contains besides the task id."""

    plan: Facts
    steps: Facts | None = None


def brief_of(body: Facts, seed: int, take: int, source: Clip | None = None) -> Facts:
    """The brief for the composer; a song made from another keeps its title and style unless told otherwise."""
    kept = source.facts if source is not None else {}
    brief: Facts = {
        "style": body.get("tags") or kept.get("tags") or "",
        "negative_style": body.get("negative_tags") or "",
        "title": body.get("title") or kept.get("title") or "",
        "seconds": float(body["duration"]) if body.get("duration") else None,
        "instrumental": body.get("make_instrumental") is True,
        "voice": body.get("persona_id"),
        "vocal_gender": body.get("vocal_gender"),
        "seed": seed,
        "take": take,
    }
    if body.get("custom_mode") is False:
        brief["words_from"] = body.get("gpt_description_prompt") or ""
        brief["style"] = body.get("tags") or brief["words_from"]
    elif body.get("auto_lyrics"):
        brief["words_from"] = body.get("prompt") or ""
    else:
        brief["lyrics"] = body.get("prompt") or ""
    return brief


def plan_of(make: str, brief: Facts, *sources: str | Facts, role: str = "take", **args: Any) -> Facts:
    """One clip's plan: the maker, its brief, and what it is made from (clip ids, or plans of their own)."""
    facts = {"title": brief.get("title"), "tags": brief.get("style") if "words_from" not in brief else None}
    return {"make": make, "brief": brief, "sources": list(sources), "args": args, "role": role, "facts": facts}


class Orders:
    """Turns requests into orders; raises Refusal where the service would refuse."""

    def __init__(self, options: Options, executor: Executor, uploads: Uploads) -> None:
        self._options = options
        self._desk = executor
        self._uploads = uploads

    async def of(self, ask: Ask, seed: int) -> Order:
        """The order of a request that makes a task."""
        order = await self.makers[ask.name](self, ask, seed)
        body = ask.body
        facts = {
            "mv": model_name(self._options.brand, body.get("mv") or order.plan.get("mv")),
            "gpt_description_prompt": body.get("gpt_description_prompt"),
            "negative_tags": body.get("negative_tags"),
            "style_weight": body.get("style_weight"),
            "weirdness_constraint": body.get("weirdness_constraint"),
        }
        return dataclasses.replace(order, plan={**order.plan, "seed": seed, "facts": facts})

    async def clip(self, ask: Ask, field: str, clip_id: object = None) -> Clip:
        """The finished clip of this key that a field names, else a 400."""
        wanted = ask.body.get(field) if clip_id is None else clip_id
        clip = await self._desk(Store.clip, str(wanted))
        if clip is None or clip.key_hash != ask.key or clip.facts.get("family", "sonic") != ask.family:
            raise bad_request(f"{field}: clip not found")
        if clip.state != "succeeded":
            raise bad_request(f"{field}: the clip is not finished")
        return clip

    async def _upload(self, ask: Ask, field: str, *, in_step: bool = False, least_seconds: float = 0.0) -> Clip:
        """The recording behind a link, uploaded as part of another request."""
        try:
            return await self._uploads.take_in(ask.key, str(ask.body.get(field)), least_seconds=least_seconds)
        except Unfetchable as error:
            more = {"steps": {"upload": {"error": str(error)}}} if in_step else {}
            raise bad_request(f"{field}: {error}", **more) from error

    async def _made_clip(self, ask: Ask, field: str) -> Clip:
        clip = await self.clip(ask, field)
        if clip.uploaded:
            raise bad_request(f"{field}: an uploaded clip needs the upload variant of this task")
        return clip

    async def _uploaded_clip(self, ask: Ask, field: str) -> Clip:
        clip = await self.clip(ask, field)
        if not clip.uploaded:
            raise bad_request(f"{field}: only an uploaded clip can be used here")
        return clip

    def within(self, clip: Clip, field: str, at: float) -> float:
        """A moment that must lie inside the clip; stand-ins in fast mode have no such length."""
        if not self._options.fast and clip.seconds is not None and at > round(clip.seconds, 2):
            raise bad_request(f"{field} lies behind the end of the clip: {at:g} of {clip.seconds:.2f} seconds")
        return at

    def _window(self, ask: Ask, clip: Clip, start_field: str, end_field: str) -> tuple[float, float]:
        start, end = float(ask.body.get(start_field, 0.0)), float(ask.body.get(end_field, 0.0))
        if end < start + _LEAST_WINDOW:
            raise bad_request(f"{end_field} must be at least {_LEAST_WINDOW:g} seconds greater than {start_field}")
        return start, self.within(clip, end_field, end)

    async def _create(self, ask: Ask, seed: int) -> Order:
        if ask.name == "persona_music" and not await self._desk(
            Store.has_persona, ask.key, str(ask.body.get("persona_id"))
        ):
            raise bad_request("persona_id: persona not found")
        return Order({"clips": [plan_of("compose", brief_of(ask.body, seed, take)) for take in _TAKES]})

    async def _extend(self, ask: Ask, seed: int) -> Order:
        find = self._uploaded_clip if ask.name == "extend_upload_music" else self._made_clip
        source = await find(ask, "continue_clip_id")
        return Order({"clips": self._extensions(ask, seed, source, joined=False)})

    def _extensions(self, ask: Ask, seed: int, source: Clip, *, joined: bool) -> list[Facts]:
        at = self.within(source, "continue_at", float(ask.body.get("continue_at", 0.1)))
        clips = []
        for take in _TAKES:
            brief = brief_of(ask.body, seed, take, source)
            part = plan_of("extend", brief, source.clip_id, role="extended" if joined else "take", at=at)
            clips += self._pair(part, plan_of("concat", brief, source.clip_id, part, role="full", at=at), take, joined)
        return clips

    def _pair(self, part: Facts, whole: Facts, pair: int, joined: bool) -> list[Facts]:
        return [{**part, "pair": pair}, {**whole, "pair": pair}] if joined else [part]

    async def _cover(self, ask: Ask, seed: int) -> Order:
        find = self._uploaded_clip if ask.name == "cover_upload_music" else self._made_clip
        return Order({"clips": self._covers(ask, seed, await find(ask, "continue_clip_id"))})

    def _covers(self, ask: Ask, seed: int, source: Clip) -> list[Facts]:
        closeness = float(ask.body.get("audio_weight", 0.5))
        return [
            plan_of("cover", brief_of(ask.body, seed, take, source), source.clip_id, closeness=closeness)
            for take in _TAKES
        ]

    async def _concat(self, ask: Ask, seed: int) -> Order:
        part = await self.clip(ask, "continue_clip_id")
        made, args, sources = part.plan.get("make"), part.plan.get("args", {}), part.plan.get("sources", [])
        brief = {**part.plan.get("brief", {}), "title": part.facts.get("title"), "seed": seed}
        if made == "extend":
            whole = plan_of("concat", brief, sources[0], part.clip_id, at=args["at"])
        elif made == "replace_window":
            whole = plan_of("replace", part.plan["brief"], *sources, **args)
        else:
            raise bad_request("continue_clip_id: the clip is not an extension")
        return Order({"clips": [whole], "mv": part.facts.get("mv")})

    async def _remaster(self, ask: Ask, seed: int) -> Order:
        source = await self._made_clip(ask, "continue_clip_id")
        strength = ask.body.get("variation_category") or "normal"
        return Order(
            {
                "clips": [
                    plan_of("remaster", brief_of(ask.body, seed, take, source), source.clip_id, strength=strength)
                    for take in _TAKES
                ]
            }
        )

    async def _add(self, ask: Ask, seed: int) -> Order:
        source = await self._uploaded_clip(ask, "continue_clip_id")
        if time.time() - source.created_at > _DAY:
            raise bad_request("continue_clip_id: the clip was uploaded more than 24 hours ago")
        start, end = ask.body.get("overpainting_start_s"), ask.body.get("overpainting_end_s")
        if start is not None and end is not None and end <= start:
            raise bad_request("overpainting_end_s must be greater than overpainting_start_s")
        return Order(
            {"clips": [plan_of(ask.name, brief_of(ask.body, seed, take, source), source.clip_id) for take in _TAKES]}
        )

    async def _upload_extend(self, ask: Ask, seed: int) -> Order:
        source = await self._upload(ask, "url", in_step=True)
        clips = self._extensions(ask, seed, source, joined=ask.body.get("auto_concat") is True)
        return Order({"clips": clips}, {"upload": {"clip_id": source.clip_id}, "extend": {}})

    async def _upload_cover(self, ask: Ask, seed: int) -> Order:
        source = await self._upload(ask, "url", in_step=True)
        clips = self._covers(ask, seed, source)
        return Order({"clips": clips}, {"upload": {"clip_id": source.clip_id}, "cover": {}})

    async def _sample(self, ask: Ask, seed: int) -> Order:
        if ask.body.get("sample_clip_id"):
            source = await self.clip(ask, "sample_clip_id")
        else:
            source = await self._upload(ask, "url")
        start, end = self._window(ask, source, "chop_sample_start_s", "chop_sample_end_s")
        return Order(
            {
                "clips": [
                    plan_of("sample", brief_of(ask.body, seed, take), source.clip_id, start=start, end=end)
                    for take in _TAKES
                ]
            }
        )

    async def _mashup(self, ask: Ask, seed: int) -> Order:
        first, second = [await self.clip(ask, "mashup_clip_ids", one) for one in ask.body["mashup_clip_ids"]]
        return Order(
            {
                "clips": [
                    plan_of("mashup", brief_of(ask.body, seed, take), first.clip_id, second.clip_id) for take in _TAKES
                ]
            }
        )

    async def _replace(self, ask: Ask, seed: int) -> Order:
        source = await self.clip(ask, "clip_id")
        start, end = self._window(ask, source, "infill_start_s", "infill_end_s")
        args = {"start": start, "end": end, "lyrics": ask.body.get("infill_lyrics") or ask.body.get("prompt") or ""}
        joined = ask.body.get("auto_concat") is True
        clips = []
        for take in _TAKES:
            brief = {**brief_of(ask.body, seed, take, source), "lyrics": args["lyrics"]}
            part = plan_of("replace_window", brief, source.clip_id, role="replaced" if joined else "take", **args)
            clips += self._pair(part, plan_of("replace", brief, source.clip_id, role="full", **args), take, joined)
        return Order({"clips": clips})

    async def _stems(self, ask: Ask, seed: int) -> Order:
        source = await self.clip(ask, "clip_id")
        return Order({"stems_of": source.clip_id, "full": ask.name == "stems_full", "mv": source.facts.get("mv")})

    async def _voice(self, ask: Ask, seed: int) -> Order:
        recording = await self._upload(ask, "audio_url", least_seconds=_VOICE_LEAST_SECONDS)
        number = await self._desk(Store.personas_made, ask.key) + 1
        name = str(ask.body.get("name") or f"Voice {number}")
        return Order({"voice": {"persona_id": str(uuid.uuid4()), "name": name, "clip_id": recording.clip_id}})

    async def _upload_later(self, ask: Ask, seed: int) -> Order:
        return Order({"upload": ask.body["url"]})

    makers: ClassVar[Mapping[str, Callable[[Orders, Ask, int], Awaitable[Order]]]] = {
        "create_music": _create,
        "persona_music": _create,
        "extend_music": _extend,
        "extend_upload_music": _extend,
        "cover_music": _cover,
        "cover_upload_music": _cover,
        "concat_music": _concat,
        "remaster": _remaster,
        "add_vocals": _add,
        "add_instrumental": _add,
        "upload_extend": _upload_extend,
        "upload_cover": _upload_cover,
        "sample": _sample,
        "mashup": _mashup,
        "replace_section": _replace,
        "stems_basic": _stems,
        "stems_full": _stems,
        "create_voice": _voice,
        "upload": _upload_later,
    }
    """Operations that make a task: the task type of `create`, or the id in the contract, and the function that plans
    it.
    """
