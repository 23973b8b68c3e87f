"""What the journeys of the families share: their person, and how a result is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import mutagen
import pytest
from mcp import Client
from sandbox_process import SandboxProcess
from world import World, said

CATALOGUE = """
[brands.{other}]
hosts = []

[brands.{brand}]
hosts = ["127.0.0.1"]
gap = 0.02
schedule = {{ looks = [{looks_at}], every = 0.1 }}
"""


def person(service: SandboxProcess, folder: Path, brand: str = "sunoapi", looks_at: float = 0.05) -> World:
    """Somebody whose service is this brand; at sunoapi the families have stayed as they were at first."""
    place = World(service, folder)
    other = "aimusicapi" if brand != "aimusicapi" else "sunoapi"
    (place.config / "catalogue.toml").write_text(CATALOGUE.format(brand=brand, other=other, looks_at=looks_at))
    return place


@dataclass(frozen=True)
class Family:
    """What the journeys of a module need: which tools are listed, whether songs are stand-ins, whose machine it is."""

    toolsets: str
    fast: bool
    person: Callable[[SandboxProcess, Path], World] = person


def first(answer: dict[str, Any]) -> str:
    clip_id: str = answer["clips"][0]["clip_id"]
    return clip_id


def seconds_of(file: str) -> float:
    with av.open(file) as audio:
        assert audio.duration is not None
        return float(audio.duration) / 1_000_000


def is_done(answer: dict[str, Any], clips: int, suffix: str) -> None:
    """Finished, with that many whole and tagged files of that format."""
    assert answer["status"] == "done", answer
    assert len(answer["clips"]) == clips
    for clip in answer["clips"]:
        assert Path(clip["file"]).suffix == suffix
        assert seconds_of(clip["file"]) == pytest.approx(clip["seconds"], abs=0.2)
        tags = mutagen.File(clip["file"]).tags
        assert any(clip["clip_id"] in str(value) for value in tags.values())


async def facts_of(client: Client, clip_id: str) -> dict[str, Any]:
    return said(await client.call_tool("get_song", {"id": clip_id}))
