"""How many calls a two-minute song takes, and how many bytes of results a model reads for it.

Time runs twelve times faster: a call waits 3.75 s instead of 45, and the song, which can be heard at the first look, is
noticed as finished at the second, after some 9 s. That stands for nearly two minutes. `python -m bench.song_bytes`.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import anyio

from .common import line, title

SONG = {
    "lyrics": "\n".join(
        f"[{part}]\nThe kettle hums a quiet tune, the window holds the moon\nAnd every chair remembers us"
        for part in ("Verse", "Chorus", "Verse", "Chorus", "Bridge", "Chorus", "Outro")
    ),
    "style": "warm indie folk, female voice, fingerpicked guitar, brushed drums, 92 BPM, close and intimate",
    "title": "The Kettle and the Moon",
}
SCHEDULE = "looks = [0.6], every = 8.5"


async def song(tasks: Path) -> None:
    from sandbox_process import SandboxProcess
    from world import World

    heard: list[Any] = []
    with SandboxProcess(tasks / "service", pace="quick") as service:
        (tasks / "person").mkdir()
        world = World(service, tasks / "person")
        catalogue = world.config / "catalogue.toml"
        catalogue.write_text(catalogue.read_text().replace("looks = [0.05], every = 0.1", SCHEDULE))
        async with world.client(wait_seconds=3.75) as client:
            heard.append(await client.call_tool("create_song", SONG))
            while heard[-1].structured_content["status"] in ("working", "streaming"):
                job = {"job_id": heard[-1].structured_content["job_id"]}
                heard.append(await client.call_tool("wait_for_song", job))
    title("song_bytes: a two-minute song, from create_song to two saved takes")
    read = [len(json.dumps(said.structured_content, ensure_ascii=False).encode()) for said in heard]
    wire = [len(said.model_dump_json(by_alias=True, exclude_none=True).encode()) for said in heard]
    line("statuses", " ".join(said.structured_content["status"] for said in heard))
    line("calls", str(len(heard)), "≤ 4")
    line("bytes a model reads", f"{sum(read):,} = {' + '.join(map(str, read))}", "≤ 2,500")
    line("bytes on the wire, as text and as structure", f"{sum(wire):,}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(song, Path(folder))


if __name__ == "__main__":
    main()
