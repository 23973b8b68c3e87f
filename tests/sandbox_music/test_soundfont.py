"""The band through a soundfont, where FluidSynth and one are installed; without them the toy plays."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from sandbox_music.measure import level, mono

from songwright.sandbox import fonts, music
from songwright.sandbox.music import Brief

FOUND = next(iter(sorted(Path("/usr/share/sounds/sf2").glob("*.sf2"))), None)
needs_both = pytest.mark.skipif(
    FOUND is None or shutil.which("fluidsynth") is None, reason="neither FluidSynth nor a soundfont here"
)


@pytest.fixture(scope="module")
def song() -> music.Score:
    return music.compose(Brief(lyrics="[Chorus]\nCarry the morning to me", style="rock", seconds=10))


@needs_both
def test_the_band_plays_from_the_soundfont_the_voice_stays_and_stems_still_sum(song: music.Score) -> None:
    names = music.parts(song)
    plain = dict(music.stems(song, names))
    sounding = dict(music.stems(song, names, font=FOUND))
    whole = music.render(song, font=FOUND).samples
    assert level(sum(s.samples for s in sounding.values()) - whole) < -90
    assert _likeness(plain["vocals"], sounding["vocals"]) > 0.98
    assert _likeness(plain["guitar"], sounding["guitar"]) < 0.7
    for part in names:
        assert level(mono(sounding[part])) == pytest.approx(level(mono(plain[part])), abs=9)


@pytest.mark.parametrize("content", [None, b"", b"this is no soundfont", b"RIFF\0\1\0\0sfbk, and cut off"])
def test_without_a_soundfont_that_can_be_read_the_toy_plays_and_a_sentence_says_why(
    song: music.Score, tmp_path: Path, content: bytes | None
) -> None:
    font = tmp_path / "hall.sf2"
    if content is not None:
        font.write_bytes(content)
    assert fonts.why_not(font).startswith("The band plays the sandbox's own sounds: ")
    assert np.array_equal(music.render(song, font=font).samples, music.render(song).samples)


def _likeness(one: music.Audio, other: music.Audio) -> float:
    return float(np.corrcoef(mono(one), mono(other))[0, 1])
