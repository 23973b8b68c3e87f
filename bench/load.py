"""A thousand songs in flight in one process: how much memory and processor time they take.

The runners as behind a server, holding many keys, against the sandbox at the service's own pace (songs take a
minute or more, so that all are in flight at once). `python -m bench.load [songs]`.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections import Counter as Tally
from pathlib import Path
from typing import Any

import anyio

from songwright import tools
from songwright.server.app import fingerprint, operation_named
from songwright.server.core.clock import SystemClock
from songwright.server.core.jobs import Account
from songwright.server.core.threads import in_thread
from songwright.server.files.downloads import Fetcher
from songwright.server.files.library import Library
from songwright.server.journal.sqlite import SqliteStore
from songwright.server.journal.write import Journal
from songwright.server.orders.caller import Caller, Limits
from songwright.server.orders.handlers import perform
from songwright.server.orders.runner import Runner
from songwright.server.orders.talk import Agreed
from songwright.server.service.catalogue import Catalogue
from songwright.server.service.upstream import Upstream

from .common import line, memory, processor, rounds, title

KEYS = 100
WATCHED = 20.0
"""Seconds for which everything is in flight and nothing is ordered."""


class Silent:
    """Nobody to talk to, and no patience."""

    async def agree(self, question: str, quote: str) -> Agreed:
        raise AssertionError(question)

    def agreed_quote(self) -> str | None:
        return None

    def patience(self, seconds: float) -> float:
        return 0.0

    async def unheard(self) -> None:
        return None

    async def ordered(self, job_id: str) -> None:
        pass

    async def progress(self, job: Any, elapsed: float, expected: float) -> None:
        pass

    async def working(self, sentence: str, share: float) -> None:
        pass


async def fly(folder: Path, songs: int) -> None:
    from sandbox_process import SandboxProcess

    logging.disable(logging.WARNING)
    me, clock, catalogue = os.getpid(), SystemClock(), Catalogue.load()
    with SandboxProcess(folder / "service", pace="real", credits=100_000) as service:
        store = SqliteStore(folder / "journal.sqlite3")
        store.open()
        journal = Journal(store, clock)
        runner = Runner(journal, catalogue, clock, operation_named)
        library = Library(folder / "library", Fetcher(loopback_ok=True), sandbox=False)
        limits = Limits(0.0, 1000, 100_000, None)
        create = tools.load("create_song")
        before = memory(me), processor(me)
        counters, upstreams = [], []
        for number in range(KEYS):
            key = f"key-{number}"
            account = Account(key, service.base_url, fingerprint("00", service.base_url, key), "aimusicapi", False)
            upstreams.append(Upstream(service.base_url, key, user_agent="bench"))
            runner.hold(account, upstreams[-1], lambda _: library)
            counters.append(Caller(runner, library, account, limits))

        async def order(caller: Caller, number: int) -> None:
            words = {"lyrics": f"[Verse]\nSong number {number}", "style": "folk", "title": f"Song {number}"}
            await perform(caller, create.model_validate(words), Silent())

        async with anyio.create_task_group() as group:
            await group.start(runner.run)
            began = time.monotonic()
            async with anyio.create_task_group() as ordering:
                for number in range(songs):
                    ordering.start_soon(order, counters[number % KEYS], number)
            written = time.monotonic() - began
            while states(store)["running"] < songs and time.monotonic() - began < 300:
                await anyio.sleep(0.5)
            bought, used = time.monotonic() - began, processor(me) - before[1]
            peak, mark = memory(me), processor(me)
            await anyio.sleep(WATCHED)
            watched, peak = processor(me) - mark, max(peak, memory(me))
            flying = await in_thread(states, store)
            group.cancel_scope.cancel()
        store.close()
    title(f"load: {songs} songs in flight, {KEYS} keys, one process")
    line("in flight at the end, of all", f"{sum(flying[s] for s in ('running', 'fetching', 'done'))} / {songs}")
    line("more memory", f"{peak - before[0]:+.1f} MiB", "≤ +100 MiB")
    line("memory a song", f"{(peak - before[0]) * 1024 / songs:.0f} KiB")
    line("seconds until all were written down", f"{written:.1f} s")
    line("seconds until all were bought", f"{bought:.1f} s")
    line("processor time to buy one", f"{used * 1000 / songs:.1f} ms")
    line(f"processor while they fly, over {WATCHED:.0f} s", f"{watched / WATCHED * 100:.0f} %")


def states(store: SqliteStore) -> Tally[str]:
    """How many jobs are in each state."""
    import sqlite3

    with sqlite3.connect(f"file:{store.path}?mode=ro", uri=True) as connection:
        return Tally(dict(connection.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall()))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(fly, Path(folder), rounds(sys.argv[1:], 1000))


if __name__ == "__main__":
    main()
