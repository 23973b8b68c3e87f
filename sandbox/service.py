"""What the service does with a request that passed the router: tasks, polls, and small operations at once."""

from __future__ import annotations

import dataclasses
import hashlib
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any, ClassVar

from ..server import contract
from ..server.core.written import compact
from . import answers
from .answers import Refusal, accepted, bad_request, forbidden, refusal, success
from .asks import Ask
from .executor import Executor
from .families import Family, clip_facts
from .fetch import Unfetchable
from .nuro import Nuro
from .options import Options
from .orders import Order, Orders
from .prices import Prices
from .producer import Producer
from .records import Clip, Facts, Fate, NewClip, Task
from .riffusion import Riffusion
from .store import Store, TooFewCredits
from .studio import Maker
from .tasks import UPSTREAM_FAILED, Tasks
from .uploads import Uploads

Reply = tuple[int, Facts]

_REAL_COPY_SECONDS = 8.0
_REAL_MIDI_SECONDS = 25.0
_SPICES = (
    "warm analogue bass",
    "close, breathy lead vocal",
    "brushed drums",
    "wide stereo pads",
    "hand claps on two and four",
    "tape saturation",
    "sparkling arpeggios",
    "slow-building chorus",
)


@cache
def tasks() -> frozenset[str]:
    """The operations that always make a task here; `upload` does with a callback_url."""
    known = contract.operations()
    of_sonic = {name for name in Orders.makers if name in known and known[name].makes_task}
    return frozenset({"create"} | of_sonic | Producer.tasks | Nuro.tasks | Riffusion.tasks)


def plays(operation: str, task_type: str | None = None) -> bool:
    """Whether the sandbox knows the operation; with a task type, whether `create` can make that here."""
    if operation == "create" and task_type is not None:
        return task_type in Orders.makers
    return operation in tasks() or operation in Service.at_once


def makes_task(ask: Ask) -> bool:
    """Whether the request is one of those that the rate limit counts."""
    return ask.operation in tasks() or (ask.operation == "upload" and bool(ask.body.get("callback_url")))


class Service:
    """One brand's service; every method answers (status, body) or raises Refusal."""

    def __init__(self, options: Options, executor: Executor, studio: Maker, uploads: Uploads, tasks: Tasks) -> None:
        self._options = options
        self._desk = executor
        self._studio = studio
        self._uploads = uploads
        self._lives = tasks
        self._orders = Orders(options, executor, uploads)
        self._prices = Prices(options.brand)
        self._families: dict[str, Family] = {
            "producer": Producer(options, self._orders),
            "nuro": Nuro(options),
            "riffusion": Riffusion(options, self._orders),
        }

    async def answer(self, ask: Ask, *, fate: Fate | None = None, charge_again: bool = False) -> Reply:
        """Serve a checked request; `fate` is what a fault rule has decided for the task it makes."""
        try:
            if makes_task(ask):
                return await self._submit(ask, fate)
            return await self.at_once[ask.operation](self, ask, charge_again)
        except TooFewCredits as error:
            raise forbidden("not enough credits") from error

    # -- tasks --------------------------------------------------------------------------------------------------

    async def _submit(self, ask: Ask, fate: Fate | None) -> Reply:
        price = self._prices.of(ask.name, ask.body)
        body_hash = _body_hash(ask)
        repeats = await self._desk(Store.repeats, ask.key, body_hash)
        order = await self._order(ask, self._seed(body_hash, repeats), price)
        task = Task(
            task_id=str(uuid.uuid4()),
            key_hash=ask.key,
            operation=ask.operation,
            task_type=ask.task_type,
            body=ask.body,
            plan={**order.plan, **({"fate": dataclasses.asdict(fate)} if fate is not None else {})},
            state="queued",
            fate=fate.do if fate is not None else None,
            error=None,
            result=None,
            created_at=time.time(),
            finished_at=None,
        )
        if (
            self._options.fast
            and self._options.pace == "instant"
            and ("clips" in order.plan or "stems_of" in order.plan)
        ):
            await self._submit_done(task, body_hash, price)
        else:
            await self._desk(Store.submit, task, body_hash, price)
            self._lives.begin(task)
        return 200, accepted(task.task_id, **({"steps": order.steps} if order.steps is not None else {}))

    async def _order(self, ask: Ask, seed: int, price: int) -> Order:
        """The plan; the balance is checked first, because planning may mean fetching a recording."""
        family = self._families.get(ask.family)
        if sum(await self._desk(Store.balance, ask.key)) < price:
            raise TooFewCredits
        return await (family.order(ask, seed) if family is not None else self._orders.of(ask, seed))

    async def _submit_done(self, task: Task, body_hash: str, price: int) -> None:
        """Store a task that ends as soon as it is bought: one transaction, no coroutine."""
        clips: list[NewClip] = []
        if task.fate == "fail_task":
            error = answers.failed_task(UPSTREAM_FAILED, task.ending)
            task = dataclasses.replace(task, state="failed", error=error, finished_at=task.created_at)
        else:
            clips = await self._lives.finished_clips(task)
            task = dataclasses.replace(task, state="done", finished_at=task.created_at)
        refund = task.fate is not None and task.ending.refund
        await self._desk(Store.submit, task, body_hash, price, clips, refund=refund)
        if task.state == "failed":
            self._lives.tell_failed(task)
        else:
            await self._lives.tell_end(task)

    def _seed(self, body_hash: str, repeats: int) -> int:
        """The same sandbox seed and request give the same song; asking again gives another, the same every time."""
        text = f"{self._options.seed}/{body_hash}/{repeats}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])

    async def _task(self, ask: Ask, _: bool) -> Reply:
        task_id = ask.params.get("task_id", "")
        if not task_id:
            raise bad_request("task_id is missing")
        task = await self._desk(Store.task, task_id, count=True)
        if task is not None and task.unfinished and self._options.pace == "instant":
            await self._lives.ended(task_id)
            task = await self._desk(Store.task, task_id)
        if task is None or task.key_hash != ask.key or task.family != ask.family:
            raise bad_request("task not found") if ask.family in ("sonic", "riffusion") else _no_task()
        if (family := self._families.get(ask.family)) is not None:
            return family.look(task, await self._shown(task))
        if task.state == "queued":
            return 202, answers.not_ready()
        if task.state == "failed":
            return task.ending.status, task.error or answers.failed_task(UPSTREAM_FAILED)
        if task.result is not None:
            return 200, success(task.result)
        clips = await self._desk(Store.clips_of, task_id)
        return 200, success(answers.task_data(clips, self._options.base_url))

    async def _shown(self, task: Task) -> list[Clip]:
        """The clips of a task, or the one that its result names."""
        if task.result is None:
            return await self._desk(Store.clips_of, task.task_id)
        clip = await self._desk(Store.clip, task.result["clip_id"])
        return [clip] if clip is not None else []

    # -- answered at once ---------------------------------------------------------------------------------------

    async def _clip(self, ask: Ask) -> Clip:
        field = "clip_id" if "clip_id" in ask.body else "continue_clip_id"
        return await self._orders.clip(ask, field)

    async def _paid(self, ask: Ask, clip: Clip, work: Callable[[Clip], Awaitable[Any]]) -> Any:
        """Charge, then do it; if it cannot be done, return the charge."""
        await self._desk(Store.charge, ask.key, ask.name, self._prices.of(ask.name, ask.body), clip_id=clip.clip_id)
        try:
            return await work(clip)
        except Exception as error:
            await self._desk(Store.refund_last, ask.key, ask.name, clip.clip_id)
            raise Refusal(500, answers.failed_task(UPSTREAM_FAILED)) from error

    async def _credits(self, ask: Ask, _: bool) -> Reply:
        plan_credits, extra_credits = await self._desk(Store.balance, ask.key)
        return 200, {"credits": plan_credits, "extra_credits": extra_credits}

    async def _persona(self, ask: Ask, _: bool) -> Reply:
        clip = await self._clip(ask)
        persona_id = str(uuid.uuid4())
        price = self._prices.of("persona", ask.body)
        await self._desk(Store.add_persona, ask.key, persona_id, str(ask.body.get("name")), clip.clip_id, price)
        return 200, {"code": 200, "persona_id": persona_id, "message": "success"}

    async def _bpm(self, ask: Ask, _: bool) -> Reply:
        average, least, most = await self._paid(ask, await self._clip(ask), self._studio.bpm)
        return 200, success({"avg_bpm": average, "max_bpm": most, "min_bpm": least})

    async def _vox(self, ask: Ask, _: bool) -> Reply:
        clip = await self._clip(ask)
        await self._desk(Store.charge, ask.key, "vox", self._prices.of("vox", ask.body), clip_id=clip.clip_id)
        start = ask.body.get("vocal_start_s", 0)
        end = ask.body.get("vocal_end_s", min(30.0, clip.seconds or 30.0))
        return 200, success(
            {
                "vox_audio_id": str(uuid.uuid4()),
                "status": "complete",
                "source_clip_id": clip.clip_id,
                "vocal_start_s": start,
                "vocal_end_s": end,
                "wave_response": {},
            }
        )

    async def _wav(self, ask: Ask, _: bool) -> Reply:
        clip = await self._clip(ask)
        await self._paid(ask, clip, lambda wanted: self._studio.file(wanted, "wav"))
        return 200, {
            "message": "success",
            "data": {"wav_url": answers.file_url(self._options.base_url, clip, "wav")},
        }

    async def _midi(self, ask: Ask, charge_again: bool) -> Reply:
        clip = await self._clip(ask)
        calls, since = await self._ask_again(ask, clip, "midi", charge_again)
        if calls == 1 or (self._options.pace == "real" and since < _REAL_MIDI_SECONDS):
            text = "Failed to get the MIDI file: it is still generating, please try again later"
            return 200, success({"midi_url": text, "instruments": []})
        instruments = await self._studio.midi(clip)
        url = answers.file_url(self._options.base_url, clip, "mid")
        return 200, success({"midi_url": url, "instruments": instruments})

    async def _timeline(self, ask: Ask, charge_again: bool) -> Reply:
        clip = await self._clip(ask)
        await self._ask_again(ask, clip, "aligned_lyrics", charge_again)
        words = [
            {"word": word, "start_s": round(start, 3), "end_s": round(end, 3), "p_align": 0.99, "success": True}
            for word, start, end in await self._studio.timeline(clip)
        ]
        return 200, success({"alignment": words})

    async def _ask_again(self, ask: Ask, clip: Clip, what: str, charge_again: bool) -> tuple[int, float]:
        price = self._prices.of(ask.name, ask.body)
        asked = await self._desk(Store.ask, ask.key, clip.clip_id, what, price)
        if charge_again and asked[0] > 1:
            await self._desk(Store.charge, ask.key, ask.name, price, clip_id=clip.clip_id)
        return asked

    async def _download(self, ask: Ask, charge_again: bool) -> Reply:
        clip = await self._clip(ask)
        formats = list(dict.fromkeys(ask.body.get("formats") or ["mp3"]))
        what = f"download:{'+'.join(sorted(formats))}"
        calls, since = await self._ask_again(ask, clip, what, charge_again)
        if calls == 1 or (self._options.pace == "real" and since < _REAL_COPY_SECONDS):
            return 202, {"type": "not_ready", "message": "files are being copied, please call again"}
        for suffix in formats:
            await self._studio.file(clip, suffix)
        await self._desk(Store.end_ask, ask.key, clip.clip_id, what)
        files = [
            {"format": suffix, "file_url": answers.file_url(self._options.base_url, clip, suffix)} for suffix in formats
        ]
        return 200, success({"clip_id": clip.clip_id, "files": files})

    async def _riffusion_upload(self, ask: Ask, _: bool) -> Reply:
        return await self._upload(ask, _, clip_facts("riffusion", "m4a"))

    async def _upload(self, ask: Ask, _: bool, facts: Facts | None = None) -> Reply:
        price = self._prices.of(ask.name, ask.body)
        if sum(await self._desk(Store.balance, ask.key)) < price:
            raise TooFewCredits
        link = str(ask.body["url"])
        try:
            clip = await self._uploads.take_in(ask.key, link, operation=ask.name, price=price, facts=facts)
        except Unfetchable as error:
            raise bad_request(f"url: {error}") from error
        return 200, {"code": 200, "clip_id": clip.clip_id, "message": "success"}

    async def _upsample(self, ask: Ask, _: bool) -> Reply:
        await self._desk(Store.charge, ask.key, "upsample_tags", self._prices.of("upsample_tags", ask.body))
        tags = str(ask.body["tags"]).strip()
        dice = random.Random(f"{self._options.seed}/{tags}")  # noqa: S311 - nothing secret
        return 200, success({"upsampled_tags": ", ".join([tags, *dice.sample(_SPICES, 3)])})

    async def _lyrics(self, ask: Ask, _: bool) -> Reply:
        await self._desk(Store.charge, ask.key, "lyrics", self._prices.of("lyrics", ask.body))
        text = str(ask.body["description"])
        seed = self._seed(text, 0)
        written = [await self._studio.lyrics(text, seed + version) for version in range(2)]
        results = [{"title": title, "lyrics": lyrics} for title, lyrics in written]
        return 200, {"code": 200, "message": "success", "results": results}

    at_once: ClassVar[Mapping[str, Callable[[Service, Ask, bool], Awaitable[Reply]]]] = {
        "persona": _persona,
        "bpm": _bpm,
        "vox": _vox,
        "wav": _wav,
        "midi": _midi,
        "aligned_lyrics": _timeline,
        "upsample_tags": _upsample,
        "upload": _upload,
        "download": _download,
        "lyrics": _lyrics,
        "get_credits": _credits,
        "riffusion_upload": _riffusion_upload,
        "task": _task,
        "producer_task": _task,
        "nuro_task": _task,
        "riffusion_task": _task,
    }
    """Operations answered without a task: the id in the contract, and the function that answers it."""


def _no_task() -> Refusal:
    return refusal(404, "not_found", "task not found")


def _body_hash(ask: Ask) -> str:
    """What decides the music: the key, the operation, the arguments; not where webhooks go."""
    told = {name: value for name, value in sorted(ask.body.items()) if not name.startswith(("webhook_", "callback_"))}
    return hashlib.sha256(f"{ask.key}/{ask.operation}/{compact(told)}".encode()).hexdigest()
