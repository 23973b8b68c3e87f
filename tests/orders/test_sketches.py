"""Waveforms and small covers: drawn once, waited for a moment only, and never a reason for anything to fail."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from desk import Flow
from stage import tone
from waiting import PATIENCE

from songwright.server.core.clock import SystemClock
from songwright.server.core.errors import ArgumentRefused, LibraryUnavailable, NotFound, SongwrightError
from songwright.server.files.studio.sketches import small_picture, waveform
from songwright.server.orders import sketches
from songwright.server.orders.sketches import Sketches

pytestmark = pytest.mark.anyio


def test_a_waveform_follows_the_loudness_of_its_song(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(tone(4.0))
    peaks = waveform(path)
    assert len(peaks) == 400
    assert max(peaks) == 1.0
    for place in (50, 200, 350):
        assert peaks[place] == pytest.approx(place / 400, abs=0.03)


@pytest.mark.parametrize("seconds", [0.1, 0.5, 30.0])
def test_a_waveform_has_its_length_however_long_the_song_is(tmp_path: Path, seconds: float) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(tone(seconds))
    assert len(waveform(path)) == 400


def test_what_is_no_sound_has_no_waveform(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"<html>")
    with pytest.raises(ArgumentRefused):
        waveform(path)


@pytest.mark.parametrize("data", [b"", b"<svg onload=x>", b"\xff\xd8\xff" + bytes(50), b"GIF89a" + bytes(50)])
def test_what_is_no_picture_is_not_shown(data: bytes) -> None:
    assert small_picture(data) is None


async def test_a_drawing_is_made_once_and_kept() -> None:
    drawings, drawn = Sketches(Flow()), list[str]()

    def draw() -> str:
        drawn.append("once")
        return "a picture"

    flow_end = 1e9
    for _ in range(3):
        while (got := await drawings.drawn("a", draw, flow_end)) is None:
            pass
        assert got == "a picture"
    assert drawn == ["once"]
    drawings.close()


async def test_what_takes_longer_is_left_out_and_is_there_later() -> None:
    drawings, may_end, ended = Sketches(Flow()), threading.Event(), threading.Event()

    def draw() -> str:
        may_end.wait()
        return "late"

    assert await drawings.drawn("a", draw, 2.0) is None
    assert await drawings.drawn("b", ended.set, 2.0) is None
    may_end.set()
    ended.wait()
    while (got := await drawings.drawn("a", draw, 1e9)) is None:
        pass
    assert got == "late"
    drawings.close()


@pytest.mark.parametrize("error", [NotFound("It was moved."), LibraryUnavailable("The bucket does not answer.")])
async def test_what_could_not_be_read_for_a_while_is_drawn_once_it_can(error: SongwrightError) -> None:
    clock, tries = SystemClock(), [error]
    drawings = Sketches(clock)

    def draw() -> str:
        if tries:
            raise tries.pop()
        return "a picture"

    until = clock.monotonic() + PATIENCE
    assert [await drawings.drawn("a", draw, until) for _ in range(2)] == [None, "a picture"]
    drawings.close()


async def test_only_so_many_are_drawn_at_once_and_a_fault_spoils_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sketches, "WAITING", 2)
    drawings, may_end = Sketches(Flow()), threading.Event()

    def fail() -> str:
        may_end.wait()
        raise RuntimeError("a bug")

    assert [await drawings.drawn(key, fail, 0.0) for key in "abc"] == [None, None, None]
    assert sorted(drawings._going) == ["a", "b"]
    may_end.set()
    drawings.close()
    assert await drawings.drawn("d", fail, 0.0) is None
