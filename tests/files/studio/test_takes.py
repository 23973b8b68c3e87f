"""What is measured of a recording: against other meters, and against faults that were put there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest

from songwright.sandbox import music
from songwright.server.files.studio.listening import Heard, listen, listen_to
from songwright.server.files.studio.loudness import measured
from songwright.server.files.studio.sound import Samples, blocks, encode
from songwright.server.files.studio.takes import Expected, measures

RATE = music.RATE
STYLES = ("metal", "ambient")


@pytest.fixture(scope="module", params=STYLES)
def song(request: pytest.FixtureRequest) -> Samples:
    brief = music.Brief(lyrics="[Verse]\nStars are falling over the harbour", style=request.param, seconds=10.3, seed=2)
    return music.render(music.compose(brief)).samples


@pytest.fixture(scope="module")
def pop() -> Samples:
    return music.render(music.compose(music.Brief(style="pop", seconds=14, seed=4, instrumental=True))).samples


def faults(sound: Samples, expected: Expected | None = None) -> set[str]:
    return {measure.name for measure in measures(heard(sound), expected or Expected()) if measure.weight}


def heard(sound: Samples) -> Heard:
    return listen_to(np.array_split(sound, 7), RATE, sound.shape[1])


def test_the_loudness_is_that_of_another_meter(song: Samples) -> None:
    """Of a length that is no multiple of anything, and of one channel as two loudspeakers play it."""
    for sound in (song, song[:-1234], np.ascontiguousarray(song[:, :1])):
        other = pyloudnorm.Meter(RATE).integrated_loudness(np.repeat(sound, 3 - sound.shape[1], 1).astype(np.float64))
        ours = measured(np.array_split(sound, 5), RATE, sound.shape[1])
        assert ours.lufs == pytest.approx(other, abs=0.1)


def test_a_peak_in_the_last_moment_counts(pop: Samples) -> None:
    sound = pop[: 2 * RATE + 777] * np.float32(0.5)
    sound[-5:] = 1.0
    assert measured([sound], RATE, 2).peak_dbtp > -0.2


def test_silence_has_no_loudness() -> None:
    assert measured([np.zeros((RATE, 2), np.float32)], RATE, 2).lufs == -70
    assert measured([], RATE, 2) == (-70, 0, -70)


def test_nothing_is_said_against_a_song_that_is_as_it_should_be(song: Samples) -> None:
    assert faults(song) == set()


def test_each_fault_is_found_by_its_measurement(pop: Samples) -> None:
    hole = pop.copy()
    hole[5 * RATE : 6 * RATE] = 0
    quiet = np.zeros((5 * RATE, 2), np.float32)
    hiss = np.random.default_rng(1).normal(0, 0.006, pop.shape).astype(np.float32)
    assert "clipping" in faults(np.clip(pop * np.float32(2.5), -1, 1))
    assert faults(hole) == {"silence_inside"}
    assert faults(np.concatenate([quiet, pop])) == {"silence_at_start"}
    assert faults(np.concatenate([pop, quiet])) == {"silence_at_end"}
    assert faults(pop[: 11 * RATE]) == {"ending"}
    assert faults(pop, Expected(seconds=60)) == {"length"}
    assert faults(pop + hiss) == {"noise"}
    assert faults(pop * np.array([1, 0], np.float32)) == {"sides"}
    assert "true_peak" in faults(pop * np.float32(1.2 / np.abs(pop).max()))
    assert faults(pop * np.float32(0.01)) == {"loudness"}
    assert faults(np.zeros_like(pop)) >= {"silence"}


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000])
def test_a_recording_with_few_samples_a_second_is_measured_too(tmp_path: Path, pop: Samples, rate: int) -> None:
    """As phones record speech: it has no treble, and that alone is no hiss, no clipping and no silence."""
    encode(tmp_path / "whole.wav", "wav", [pop * np.float32(0.5)], RATE, 2)
    memo = tmp_path / "memo.flac"
    encode(memo, "flac", blocks(tmp_path / "whole.wav", rate=rate, channels=1), rate, 1)
    found = listen(memo)
    assert found.seconds == pytest.approx(14, abs=0.1)
    assert {measure.name for measure in measures(found, Expected()) if measure.weight} <= {"brightness"}


def test_a_tempo_that_drifts_is_told_from_one_that_is_kept(pop: Samples) -> None:
    steady = np.concatenate([pop, pop])
    speed = 1 + 0.08 * (np.linspace(0, 1, len(steady)) - 0.5)
    place = np.cumsum(speed)
    place = place[place < len(steady) - 1]
    sides = [np.interp(place, np.arange(len(steady)), side) for side in steady.T]
    assert "tempo_drift" in faults(np.stack(sides, axis=1).astype(np.float32))
    assert "tempo_drift" not in faults(steady)


def test_a_dull_sound_is_accepted_where_the_style_asks_for_it(pop: Samples) -> None:
    spectrum = np.fft.rfft(pop, axis=0)
    spectrum *= (1 / np.sqrt(1 + (np.fft.rfftfreq(len(pop), 1 / RATE) / 1800) ** 6))[:, None]
    dull = np.fft.irfft(spectrum, len(pop), axis=0).astype(np.float32)
    assert faults(dull) == {"brightness"}
    assert faults(dull, Expected(style="dark ambient drone")) == set()
