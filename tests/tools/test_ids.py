"""Ids as people have them: whatever is around them, and whatever the result called them."""

from __future__ import annotations

from typing import Any

import pytest

from songwright import tools
from songwright.server.protocol.tools_server import parse

CLIP = "0f3c9a52-8d0e-4b8e-9a64-5d1f7c2e9b10"
JOB = "0123456789abcdef"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (CLIP, CLIP),
        (CLIP.upper(), CLIP),
        (f"  {CLIP}\n", CLIP),
        (f'"{CLIP}"', CLIP),
        (f"song://clips/{CLIP}", CLIP),
        (f"song://clips/{CLIP}/audio", CLIP),
        (f" SONG://Clips/{CLIP.upper()}/Lyrics ", CLIP),
        (f"song://jobs/{JOB}", JOB),
        ("Task_AbC", "Task_AbC"),
        ("song://library", "song://library"),
    ],
)
def test_an_id_is_found_however_it_was_copied(given: str, meant: str) -> None:
    assert parse(tools.load("get_song"), {"id": given}).model_dump()["id"] == meant
    for name in ("wait_for_song", "cancel_job"):
        assert parse(tools.load(name), {"job_id": given}).model_dump()["job_id"] == meant


@pytest.mark.parametrize(
    ("name", "field", "more"),
    [
        *(("get_song", field, {}) for field in ("id", "clip_id", "job_id", "task_id")),
        *(("wait_for_song", field, {}) for field in ("job_id", "id", "task_id")),
        *(("cancel_job", field, {}) for field in ("job_id", "id", "task_id")),
        *(("resolve_job", field, {"action": "give_up"}) for field in ("job_id", "id")),
    ],
)
def test_an_id_may_be_called_as_a_result_calls_it(name: str, field: str, more: dict[str, Any]) -> None:
    assert JOB in parse(tools.load(name), {field: JOB, **more}).model_dump().values()
