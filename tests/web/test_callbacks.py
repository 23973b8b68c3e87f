"""Forged calls at a real server: who has got hold of an order's secret must not come by somebody else's song."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import httpx2
import pytest
from http_world import LULLABY, SECRET, HttpWorld, Replica, ask
from waiting import PATIENCE, until

from songwright.sandbox.hooks import sign
from songwright.server.core.sealing import Sealer
from songwright.server.service.callbacks import PATH

SEALER = Sealer([SECRET])


def called(server: Replica, token: str, tool: str, **arguments: Any) -> dict[str, Any]:
    """A tool's answer, or the task that it became."""
    answer = ask(server.url, token, "tools/call", {"name": tool, "arguments": arguments}, name=tool)
    found: dict[str, Any] = answer.get("structuredContent", answer)
    return found


def lost(server: Replica, token: str, title: str) -> str:
    """An order of a caller whose answer was lost; its job."""
    song = {**LULLABY, "title": title, "lyrics": f"[Verse]\n{title}\nsleep"}
    answer = called(server, token, "create_song", **song)
    job: str = answer["taskId"] if "taskId" in answer else answer["job_id"]
    until(lambda: called(server, token, "get_song", id=job)["status"] == "unknown", "its answer is lost")
    return job


def forged(server: Replica, job: str, task: str) -> int:
    """A call for an order, signed with its own secret, that names any task; what it is answered with."""
    body, now = json.dumps({"event": "song.completed", "task_id": task}).encode(), str(int(time.time()))
    headers = {
        "X-Webhook-Timestamp": now,
        "X-Webhook-Signature": sign(SEALER.hook_secret(job), now, body),
        "X-Webhook-Id": f"{job}-{task}",
    }
    path = PATH.format(job_id=job, token=SEALER.hook_token(job))
    return httpx2.post(server.url + path, content=body, headers=headers, timeout=PATIENCE).status_code


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        found: int = free.getsockname()[1]
        return found


def test_a_lost_song_comes_home_to_who_has_ordered_it_and_to_nobody_else(place: HttpWorld, port: int) -> None:
    """Both spend from the operator's key, and no record says whose the two lost tasks are: only the service can."""
    place.fault("create", "lose_after", times=2)
    place.fault("webhook", "drop", times=None)
    (_, ana), (_, ben) = place.tenant("ana"), place.tenant("ben")
    with place.replica("--port", str(port), public_url=f"http://127.0.0.1:{port}", wait_seconds=20) as server:
        of_ana = lost(server, ana, "Boats")
        first = place.service.books(place.key)["tasks"][0]["task_id"]
        of_ben = lost(server, ben, "Lamps")
        (second,) = {task["task_id"] for task in place.service.books(place.key)["tasks"]} - {first}

        assert forged(server, of_ben, first) == 200
        assert called(server, ben, "get_song", id=of_ben)["status"] == "unknown"
        taken = called(server, ben, "resolve_job", job_id=of_ben, action="attach", task_id=first)
        assert "Nothing was changed or spent" in taken["notice"]

        assert forged(server, of_ana, first) == 200
        assert forged(server, of_ben, second) == 200
        for token, job, task in ((ana, of_ana, first), (ben, of_ben, second)):
            for _ in range(10):
                song = called(server, token, "wait_for_song", job_id=job)
                if song.get("status") == "done":
                    break
            assert song["status"] == "done", (song, task)
        assert server.tells("the service does not show it for this order")
    assert len(place.charges()) == 2
