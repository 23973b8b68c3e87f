"""What Songwright adds to a song: a tool call until the song is saved, compared with the bare HTTP calls behind it.

Both ask the same sandbox (two-second clips), look at the same moments and write two files; they take turns.
`python -m bench.overhead [songs]`.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio
import httpx2

from .common import line, median, rounds, title

FIRST, EVERY = 0.05, 0.1


async def bare(client: httpx2.AsyncClient, folder: Path, words: str) -> None:
    """Order, look, save: the least that a program can do."""
    body = {"custom_mode": True, "prompt": words, "title": "Bare", "tags": "folk", "mv": "sonic-v6"}
    answer = (await client.post("/api/v1/sonic/create", json=body)).raise_for_status().json()
    await anyio.sleep(FIRST)
    while True:
        clips = (await client.get(f"/api/v1/sonic/task/{answer['task_id']}")).raise_for_status().json().get(
            "data"
        ) or []
        if clips and all(clip["state"] == "succeeded" for clip in clips):
            break
        await anyio.sleep(EVERY)
    for clip in clips:
        saved = await client.get(clip["audio_url"])
        (folder / f"{clip['clip_id']}.mp3").write_bytes(saved.raise_for_status().content)


async def compare(folder: Path, songs: int) -> None:
    from sandbox_process import SandboxProcess
    from world import World

    times: dict[str, list[float]] = {"bare": [], "tool": [], "free": []}

    async def timed(name: str, work: Any) -> None:
        began = time.perf_counter()
        await work
        times[name].append(time.perf_counter() - began)

    with SandboxProcess(folder / "service", pace="instant", credits=100_000) as service:
        (folder / "person").mkdir()
        (folder / "bare").mkdir()
        world = World(service, folder / "person")
        bare_key = {"Authorization": f"Bearer bare-{secrets.token_hex(4)}"}
        async with (
            httpx2.AsyncClient(base_url=service.base_url, headers=bare_key, timeout=60) as http,
            world.client(daily_credits=100_000) as client,
        ):
            for number in range(songs + 1):
                words = f"[Verse]\nSong number {number}"
                await timed("bare", bare(http, folder / "bare", words))
                order = {"lyrics": words, "style": "folk", "title": f"Tool {number}"}
                await timed("tool", client.call_tool("create_song", order))
                await timed("free", client.call_tool("check_style", {"style": "folk, 90 BPM"}))
    title(f"overhead: one song of two seconds, median of {songs}")
    least, ours, free = (median(times[name][1:]) for name in ("bare", "tool", "free"))
    line("bare HTTP: order, looks, two downloads", f"{least * 1000:.0f} ms")
    line("create_song: the same, journaled, tagged", f"{ours * 1000:.0f} ms")
    line("create_song against bare HTTP", f"{ours / least:.2f} ×")
    line("more", f"{(ours - least) * 1000:+.0f} ms")
    line("a free call, check_style", f"{free * 1000:.0f} ms")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(compare, Path(folder), rounds(sys.argv[1:], 10))


if __name__ == "__main__":
    main()
