"""Songs to listen to in a test: real files in a real library, takes, a timeline and stems, and nobody's network."""

from __future__ import annotations

import hashlib
import io
import math
import struct
import wave
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from desk import ACCOUNT, Desk, clip

from songwright.server.core.clock import Clock
from songwright.server.core.jobs import Account, Clip, Job, SavedFile, State
from songwright.server.core.operation import Purchase, Request
from songwright.server.files.downloads import Fetcher
from songwright.server.files.library import Library
from songwright.server.journal.write import Change, Journal, Order
from songwright.server.orders.caller import Caller
from songwright.tools.sonic.create_song import CreateSong
from songwright.tools.sonic.get_lyrics_timeline import GetLyricsTimeline
from songwright.tools.sonic.separate_stems import SeparateStems

LYRICS = "[Verse]\nThe kettle hums a tune\n\n[Chorus]\nSing it, sing it"
ALIGNED = [
    ("[Verse]\n", 0.0, 0.1), ("The ", 0.2, 0.4), ("kettle ", 0.4, 0.8), ("hums ", 0.8, 1.0), ("a ", 1.0, 1.1),
    ("tune\n", 1.1, 1.4), ("[Chorus]\n", 1.5, 1.5), ("Sing ", 1.6, 1.8), ("it, ", 1.8, 2.0), ("sing ", 2.0, 2.2),
    ("it", 2.2, 2.5),
]  # fmt: skip


@cache
def tone(seconds: float = 2.0, pitch: float = 440.0) -> bytes:
    """A small WAV that grows from silence to full."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        many = int(seconds * 8_000)
        file.writeframes(
            b"".join(
                struct.pack("<h", int(32_000 * n / many * math.sin(2 * math.pi * pitch * n / 8_000)))
                for n in range(many)
            )
        )
    return made.getvalue()


class Songs:
    """Puts songs into a journal and a library, as an order would that came home."""

    def __init__(self, journal: Journal, account: Account, root: Path, clock: Clock) -> None:
        self.journal, self.account, self.root, self.clock = journal, account, root, clock

    def song(self, title: str = "Kettle", *, takes: int = 2, lyrics: str = LYRICS, saved: bool = True) -> Job:
        """A finished song."""
        operation = CreateSong(lyrics=lyrics, title=title[:80], style="folk")
        job = self.done(operation, takes, title=title, lyrics=lyrics)
        for made in self.journal.clips(job.id) if saved else ():
            self.save(job, made.clip_id, "audio", f"{made.clip_id}.wav", tone(2.0 + made.take))
        return job

    def done(self, operation: Purchase, takes: int = 0, **facts: Any) -> Job:
        """An order that came home, with as many whole clips."""
        sent = self._sent(operation)
        got = self.journal.bought(sent.id, f"task-{sent.id}", 0.0, "test")
        assert got is not None
        clips = [replace(clip(got, take), created_at=self.clock.now(), **facts) for take in range(1, takes + 1)]
        moved = self.journal.move(got, Change(State.DONE, answer={}), clips)
        assert moved is not None
        return moved

    def working(self, *, stream: str | None = None) -> Job:
        """A song that is being made, with a link to what there is of it."""
        sent = self._sent(CreateSong(lyrics=LYRICS, title="Growing", style="folk"))
        got = self.journal.bought(sent.id, f"task-{sent.id}", 0.0, "test")
        assert got is not None
        if stream is not None:
            growing = replace(clip(got, 1), state="streaming", title="Growing", audio_url=stream, seconds=None)
            self.journal.put_clips(got, [growing])
        return got

    def timed(self, clip_id: str, words: Sequence[tuple[str, float, float]] = ALIGNED) -> None:
        """The timeline of a clip was bought."""
        sent = self._sent(GetLyricsTimeline(clip_id=clip_id))
        rows = [{"word": word, "start_s": start, "end_s": end} for word, start, end in words]
        answer = {"data": {"alignment": rows}}
        got = self.journal.bought_at_once(sent.id, answer)
        assert got is not None
        assert self.journal.move(got, Change(State.DONE, answer=answer)) is not None

    def apart(self, clip_id: str, parts: Sequence[str] = ("vocals", "instrumental")) -> Job:
        """A clip was taken apart."""
        job = self.done(SeparateStems(clip_id=clip_id))
        for number, part in enumerate(parts, 1):
            made = replace(clip(job, number), clip_id=f"{job.id}-{part}", part=part, created_at=self.clock.now())
            self.journal.put_clips(job, [made])
            self.journal.put_lineage(job, made.clip_id, {"stem of": [clip_id]})
            self.save(job, made.clip_id, "audio", f"{made.clip_id}.wav", tone(1.0, 220.0 * number))
        return job

    def save(self, job: Job, clip_id: str, kind: str, name: str, data: bytes) -> SavedFile:
        """A file of the library, on disk and on record."""
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        file = SavedFile(clip_id, kind, name, len(data), hashlib.sha256(data).hexdigest())
        self.journal.put_file(job, file)
        return file

    def clips(self, job: Job) -> list[Clip]:
        """Its clips, in the order of their takes."""
        return self.journal.clips(job.id)

    def _sent(self, operation: Purchase) -> Job:
        asked = Order(
            self.account, operation, Request("POST", "/x", {}), 14, operation.search_words(), None, again=True
        )
        job = self.journal.ask(asked).job
        assert job is not None
        sent = self.journal.claim(self.account.key_id, 0.0, 0.0)
        assert sent is not None
        assert sent.id == job.id
        return sent


class Stage(Songs, Desk):
    """A desk with songs."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        Desk.__init__(self, folder, clock)
        Songs.__init__(self, self.journal, ACCOUNT, folder / "library", self.clock)

    def neighbour(self) -> Caller:
        """Somebody else at the same server, with a folder of their own."""
        library = Library(self.root.parent / "theirs", Fetcher(), sandbox=False)
        account = replace(self.account, tenant="neighbour")
        return Caller(self._caller.runner, library, account, self._caller.limits)
