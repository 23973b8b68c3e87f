"""The small parts that decide what a person waits for and what stays on disk."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

import httpx2
import pytest

from songwright.sandbox.app import app
from songwright.sandbox.faults import BadRule, Faults, parse_flag
from songwright.sandbox.options import Options, add_arguments, from_arguments, to_arguments
from songwright.sandbox.pace import timetable
from songwright.sandbox.prices import Prices
from songwright.sandbox.pruning import prune
from songwright.sandbox.records import key_hash
from songwright.sandbox.version import older

from .conftest import SONG


@pytest.mark.parametrize("seed", range(20))
def test_at_the_real_pace_a_song_streams_after_20_seconds_and_is_done_within_the_published_times(seed: int) -> None:
    """Public notes on the service: a stream at about 20 s, two minutes for a song."""
    times = timetable("real", "create_music", seed)
    assert 0 < times.ready < times.stream
    assert 18 <= times.stream <= 25
    assert 60 <= times.done_at(0) <= times.done_at(1) <= 150


def test_at_the_real_pace_the_same_seed_waits_the_same_time() -> None:
    assert timetable("real", "create_music", 5) == timetable("real", "create_music", 5)
    assert timetable("real", "create_music", 5) != timetable("real", "create_music", 6)


def test_the_oldest_files_go_first_when_there_are_too_many_and_uploads_stay(tmp_path: Path) -> None:
    for age, name in enumerate(["new.mp3", "middle.mp3", "old.mp3"]):
        (tmp_path / name).write_bytes(b"x" * 100)
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "voice").write_bytes(b"x" * 1000)
    (tmp_path / "half.mp3.1-1.part").write_bytes(b"x")
    prune(tmp_path, most_bytes=200)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["middle.mp3", "new.mp3", "uploads"]
    assert (tmp_path / "uploads" / "voice").exists()


def test_versions_are_compared_number_by_number() -> None:
    assert older("0.9.0", "0.10.0")
    assert not older("0.10.0", "0.9.0")
    assert not older("1.0.0", "1.0.0")


def test_a_fault_flag_is_short_or_json() -> None:
    (short,) = parse_flag("create:refuse:status=504:times=2:key=me")
    (told,) = parse_flag('{"operation": "create", "do": "refuse", "status": 504, "times": 2, "key": "me"}')
    assert short == told
    for nonsense in ("create", "create:explode", "create:slow:seconds=long", '{"do": "slow"', "[1]"):
        with pytest.raises(BadRule):
            parse_flag(nonsense)


def test_slow_comes_together_with_another_fault_but_never_two_others() -> None:
    faults = Faults(parse_flag('[{"do": "error_before"}, {"do": "slow"}, {"do": "html"}]'))
    drawn = faults.draw(key_hash("any"), {"create"}, {"error_before", "slow", "html"})
    assert [rule.do for rule in drawn] == ["slow", "error_before"]


def test_a_brand_without_a_figure_of_its_own_takes_the_first_brands() -> None:
    for brand in ("aimusicapi", "musicapi", "sunoapi"):
        assert Prices(brand).of("midi", {}) == 1


def test_options_survive_the_command_line(tmp_path: Path) -> None:
    options = Options(
        tmp_path,
        port=8123,
        fast=True,
        pace="real",
        seed=3,
        rate=3.0,
        brand="sunoapi",
        faults=("a:slow",),
        soundfont=tmp_path / "hall.sf2",
    )
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert from_arguments(parser.parse_args(to_arguments(options))) == options


def test_the_application_also_runs_inside_a_test_without_a_process(tmp_path: Path) -> None:
    async def journey() -> tuple[str, dict[str, int]]:
        inside = app(Options(tmp_path, port=8123, fast=True, pace="instant"))
        headers = {"Authorization": "Bearer inside"}
        async with inside.router.lifespan_context(inside):
            transport = httpx2.ASGITransport(app=inside)
            async with httpx2.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:8123", headers=headers
            ) as http:
                sold = await http.post("/api/v1/sonic/create", json=SONG)
                polled = await http.get(f"/api/v1/sonic/task/{sold.json()['task_id']}")
                credits_left = await http.get("/api/v1/get-credits")
        return polled.json()["data"][0]["audio_url"], credits_left.json()

    audio_url, credits_left = asyncio.run(journey())
    assert audio_url.startswith("http://127.0.0.1:8123/files/")
    assert credits_left["credits"] == 986
