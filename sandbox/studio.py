"""Where clips are made: one worker process composes and renders, so that HTTP stays quick.

`Studio` really makes music; `FastStudio` answers the same calls with two-second stand-ins from a cache.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import multiprocessing
import os
import zlib
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Protocol, TypeVar

from . import workshop
from .executor import Executor
from .records import Clip, Facts
from .store import Store
from .workshop import Args, Made

_log = logging.getLogger(__name__)
T = TypeVar("T")

AUDIO = ("mp3", "wav", "m4a")
SUFFIXES = (*AUDIO, "jpeg", "mid")
_TINY_SECONDS = 2.0
_TINY_VARIANTS = 8


class Maker(Protocol):
    """What the rest of the sandbox needs from a studio."""

    async def compose(self, plan: Args) -> Made:
        """The piece a plan asks for."""
        ...

    async def parts(self, clip: Clip) -> list[str]:
        """The parts that sound in a clip, for full stems."""
        ...

    async def produce(self, clip: Clip) -> float:
        """Make the clip's audio, in its family's format, and its cover; returns its length in seconds."""
        ...

    async def produce_stems(self, source: Clip, stems: list[Clip]) -> dict[str, float]:
        """Make the MP3s of all stems of a clip in one go; returns their lengths in seconds by clip id."""
        ...

    async def file(self, clip: Clip, suffix: str) -> Path:
        """A file of the clip, made now unless it already exists."""
        ...

    async def midi(self, clip: Clip) -> list[Facts]:
        """The notes of the clip by instrument."""
        ...

    async def timeline(self, clip: Clip) -> list[tuple[str, float, float]]:
        """The sung words with their times in seconds."""
        ...

    async def bpm(self, clip: Clip) -> tuple[float, float, float]:
        """Average, slowest and fastest tempo."""
        ...

    async def lyrics(self, text: str, seed: int) -> tuple[str, str]:
        """A title and lyrics around a description."""
        ...

    async def analyse(self, clip_id: str, most_seconds: float) -> Made | None:
        """Facts about an uploaded recording; None when it is not audio. One that is too long is only measured."""
        ...

    def close(self) -> None:
        """Stop working."""
        ...


class Studio:
    """The real one. A worker that dies is replaced, and its work is started again, once."""

    def __init__(self, executor: Executor, folder: Path, font: Path | None = None) -> None:
        self._desk = executor
        self._folder = folder
        self._font = font
        self._workers = 1 if (os.cpu_count() or 1) < 4 else 2
        self._pool = self._open_pool()
        self._locks: dict[str, asyncio.Lock] = {}

    def _open_pool(self) -> concurrent.futures.ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        leash, self._leash = context.Pipe(duplex=False)
        pool = concurrent.futures.ProcessPoolExecutor(
            max_workers=self._workers,
            mp_context=context,
            initializer=workshop.on_a_leash,
            initargs=(leash,),
        )
        pool.submit(workshop.warm_up)
        return pool

    async def _work(self, function: Callable[..., T], *args: object) -> T:
        pool = self._pool
        try:
            return await asyncio.wrap_future(pool.submit(function, *args))
        except BrokenProcessPool:
            _log.warning("the worker process died; starting another")
            if self._pool is pool:
                pool.shutdown(wait=False)
                self._pool = self._open_pool()
            return await asyncio.wrap_future(self._pool.submit(function, *args))

    async def _job(self, plan: Args) -> Facts:
        """A plan with its sources inside: a source is a clip id, or a plan of its own."""
        sources = [
            await (self._clip_job(source) if isinstance(source, str) else self._job(source))
            for source in plan.get("sources", ())
        ]
        return {**plan, "sources": sources}

    async def _clip_job(self, clip_id: str) -> Facts:
        clip = await self._desk(Store.clip, clip_id)
        if clip is None:
            raise LookupError(clip_id)
        return await self._job(clip.plan) if clip.score is None else {"score": clip.score}

    async def _score(self, clip: Clip) -> Facts:
        if clip.score is not None:
            return clip.score
        made = await self.compose(clip.plan)
        assert made.score is not None
        return made.score

    async def compose(self, plan: Args) -> Made:
        """The piece a plan asks for."""
        return await self._work(workshop.compose, await self._job(plan))

    async def parts(self, clip: Clip) -> list[str]:
        """The parts that sound in a clip."""
        return await self._work(workshop.parts, {"score": await self._score(clip)})

    async def produce(self, clip: Clip) -> float:
        """Render the clip's audio and draw its cover; returns its length in seconds."""
        score, title = await self._score(clip), clip.facts.get("title", "")
        suffix = clip.facts.get("format", "mp3")
        return await self._work(workshop.produce, score, self._folder, clip.clip_id, title, suffix, self._font)

    async def produce_stems(self, source: Clip, stems: list[Clip]) -> dict[str, float]:
        """Render all stems of a clip in one performance; returns their lengths by clip id."""
        clip_ids = {str(stem.plan["args"]["part"]): stem.clip_id for stem in stems}
        return await self._work(workshop.render_stems, await self._score(source), self._folder, clip_ids, self._font)

    async def file(self, clip: Clip, suffix: str) -> Path:
        """A file of the clip; one that is missing is made again from the score."""
        path = self._folder / f"{clip.clip_id}.{suffix}"
        async with self._locks.setdefault(path.name, asyncio.Lock()):
            if not path.exists():
                await self._make(clip, suffix)
        self._locks.pop(path.name, None)
        return path

    async def _make(self, clip: Clip, suffix: str) -> None:
        score = await self._score(clip)
        if suffix in AUDIO:
            await self._work(workshop.render, score, self._folder, clip.clip_id, suffix, self._font)
        elif suffix == "mid":
            await self._work(workshop.transcribe, score, self._folder, clip.clip_id)
        else:
            await self._work(workshop.draw, score, self._folder, clip.clip_id, clip.facts.get("title", ""))

    async def midi(self, clip: Clip) -> list[Facts]:
        """The notes of the clip by instrument; its MIDI file exists afterwards."""
        return await self._work(workshop.transcribe, await self._score(clip), self._folder, clip.clip_id)

    async def timeline(self, clip: Clip) -> list[tuple[str, float, float]]:
        """The sung words with their times in seconds."""
        return await self._work(workshop.timeline, await self._score(clip))

    async def bpm(self, clip: Clip) -> tuple[float, float, float]:
        """Average, slowest and fastest tempo."""
        return await self._work(workshop.bpm, await self._score(clip))

    async def lyrics(self, text: str, seed: int) -> tuple[str, str]:
        """A title and lyrics around a description."""
        return await self._work(workshop.write_lyrics, text, seed)

    async def analyse(self, clip_id: str, most_seconds: float) -> Made | None:
        """Facts about an uploaded recording; None when it is not audio."""
        return await self._work(workshop.analyse, self._folder, clip_id, most_seconds)

    def close(self) -> None:
        """Drop queued and running work."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._leash.close()


class FastStudio:
    """Stand-ins: two-second clips, made once per variant and kept on disk. No worker process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._instruments: list[Facts] | None = None

    async def compose(self, plan: Args) -> Made:
        """The piece, without a score; lyrics are the person's own words under a tag."""
        return self.compose_now(plan)

    def compose_now(self, plan: Args) -> Made:
        """As `compose`, without waiting."""
        brief = plan.get("brief", {})
        words_from = brief.get("words_from", "")
        if brief.get("instrumental"):
            lyrics = "[Instrumental]"
        else:
            lyrics = brief.get("lyrics") or (f"[Verse]\n{words_from}" if words_from else "")
        title = brief.get("title") or words_from[:40]
        return Made(None, title, lyrics, brief.get("style", ""), _TINY_SECONDS)

    async def parts(self, clip: Clip) -> list[str]:
        """Every full separation has these four."""
        return ["vocals", "drums", "bass", "keyboard"]

    async def produce(self, clip: Clip) -> float:
        """Nothing to make: the stand-in is written when it is first fetched."""
        return _TINY_SECONDS

    async def produce_stems(self, source: Clip, stems: list[Clip]) -> dict[str, float]:
        """As `produce`."""
        return {stem.clip_id: _TINY_SECONDS for stem in stems}

    async def file(self, clip: Clip, suffix: str) -> Path:
        """The stand-in that this clip shares with about an eighth of all clips."""
        variant = zlib.crc32(clip.clip_id.encode()) % _TINY_VARIANTS
        path = self._folder / f"tiny-{variant}.{suffix}"
        if not path.exists():
            await asyncio.to_thread(_write_tiny, path, variant, suffix)
        return path

    async def midi(self, clip: Clip) -> list[Facts]:
        """The same short score for every clip."""
        if self._instruments is None:
            self._instruments = await asyncio.to_thread(_tiny_notes, self._folder)
        return self._instruments

    async def timeline(self, clip: Clip) -> list[tuple[str, float, float]]:
        """The words of the lyrics, spread evenly over the stand-in."""
        lines = [line for line in clip.facts.get("lyrics", "").splitlines() if not line.startswith("[")]
        words = " ".join(lines).split()
        step = _TINY_SECONDS / max(len(words), 1)
        return [(f"{word} ", index * step, (index + 1) * step) for index, word in enumerate(words)]

    async def bpm(self, clip: Clip) -> tuple[float, float, float]:
        """The same for every clip."""
        return 120.0, 120.0, 120.0

    async def lyrics(self, text: str, seed: int) -> tuple[str, str]:
        """The description itself, under a tag."""
        return text[:40], f"[Verse]\n{text}\n\n[Chorus]\n{text} {seed % 100}"

    async def analyse(self, clip_id: str, most_seconds: float) -> Made | None:
        """As the real one: an upload must be audio here too."""
        return await asyncio.to_thread(workshop.analyse, self._folder, clip_id, most_seconds)

    def close(self) -> None:
        """Nothing is running."""


def _write_tiny(path: Path, variant: int, suffix: str) -> None:
    from . import music

    if suffix in AUDIO:
        workshop.write_whole(path, music.tiny(_TINY_SECONDS, variant, format=suffix))  # type: ignore[arg-type]
        return
    score = _tiny_score(variant)
    data = music.midi(score) if suffix == "mid" else music.cover_art(score, "Sandbox", 96)
    workshop.write_whole(path, data)


def _tiny_score(variant: int) -> Any:
    from . import music

    return music.compose(music.Brief(seconds=10.0, instrumental=True, style="ambient", seed=variant))


def _tiny_notes(folder: Path) -> list[Facts]:
    return workshop.transcribe(_tiny_score(0).to_json(), folder, "tiny-0")
