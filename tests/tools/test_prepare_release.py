"""What a person gets who wants to publish a song: other programs read the copies, and the song itself is as it was."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pyloudnorm
import pytest
from desk import Desk, client
from mutagen.flac import FLAC
from mutagen.wave import WAVE
from PIL import Image
from world import said

from songwright.server.core.jobs import Job, SavedFile
from songwright.server.files.studio.sound import Samples, decode, encode, nature

pytestmark = pytest.mark.anyio
RATE = 44_100


def music(peaks: float = 0.0, seconds: float = 1.5) -> Samples:
    """A chord with a beat; `peaks` is how much of the sound are short, high peaks."""
    chance = np.random.default_rng(5)
    clock = np.arange(int(seconds * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * hertz * clock + hertz) for hertz in (220, 277.2, 329.6, 880)) / 16
    hits = np.exp(-(clock % 0.5) / 0.01) * chance.normal(0, 0.4, len(clock)) * peaks
    wave = np.stack([chord + hits, 0.8 * chord + hits], axis=1)
    shaped: Samples = (wave * min(1.0, 0.95 / np.abs(wave).max())).astype(np.float32)
    return shaped


def loudness(path: Path) -> tuple[float, float]:
    """LUFS by another program's measure, and the peak between samples by plain oversampling."""
    sound, rate = decode(path)
    spectrum = np.fft.rfft(sound, axis=0)
    between = np.fft.irfft(spectrum, 4 * len(sound), axis=0) * 4
    lufs = pyloudnorm.Meter(rate).integrated_loudness(sound.astype(np.float64))
    return lufs, float(20 * np.log10(np.abs(between).max()))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    place = Desk(tmp_path, wait_seconds=60)
    yield place
    place.store.close()


def kept(desk: Desk, sound: Samples, *, cover: tuple[int, int] | None = None) -> Job:
    """A finished song that is saved like this, as WAV, so that nothing is lost on the way."""
    job = desk.put("create_song", "done")
    root = desk.settings.library
    root.mkdir(exist_ok=True)
    encode(root / "Song (take 1).mp3", "wav", [sound], RATE, 2)
    if cover:
        Image.new("RGB", cover, "teal").save(root / "Song (take 1).jpg")
        desk.journal.put_file(job, SavedFile(f"{job.id}-1", "cover", "Song (take 1).jpg", 9, "00"))
    return job


async def prepared(desk: Desk, job: Job, **more: Any) -> dict[str, Any]:
    async with client(desk, name="vscode") as connected:
        return said(await connected.call_tool("prepare_release", {"clip_id": f"{job.id}-1", **more}))


def by_kind(answer: dict[str, Any]) -> dict[str, Path]:
    return {row["kind"]: Path(row["file"]) for row in answer["files"]}


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(("peaks", "limited"), [(0.0, False), (0.5, True)])
async def test_the_copies_have_the_loudness_and_no_peak_above_the_ceiling(
    desk: Desk, peaks: float, limited: bool
) -> None:
    answer = await prepared(desk, kept(desk, music(peaks)))
    files = by_kind(answer)
    for kind in ("wav", "flac"):
        lufs, peak = loudness(files[kind])
        assert lufs == pytest.approx(-14, abs=0.15)
        assert peak <= -0.95
    assert np.array_equal(decode(files["wav"])[0], decode(files["flac"])[0])
    assert (nature(files["wav"]).codec, nature(files["wav"]).rate) == ("pcm_s24le", RATE)
    assert FLAC(files["flac"]).info.bits_per_sample == 24
    assert any("limiter holds peaks back" in line for line in answer["said"]) is limited
    assert answer["after"]["lufs"] == pytest.approx(-14, abs=0.1)


async def test_where_peaks_forbid_the_loudness_it_is_said_and_not_forced(desk: Desk) -> None:
    spiky = music(0.0) * np.float32(0.02)
    spiky[:: RATE // 2] = 0.95
    answer = await prepared(desk, kept(desk, spiky), target=-9)
    _, peak = loudness(by_kind(answer)["wav"])
    assert peak <= -0.95
    assert any(line.startswith("-9 LUFS was not reached") for line in answer["said"])


async def test_the_song_stays_as_it_was_and_the_copies_lie_in_their_own_folder(desk: Desk) -> None:
    job = kept(desk, music(), cover=(640, 640))
    before = digests(desk.settings.library)
    answer = await prepared(desk, job)
    after = digests(desk.settings.library)
    assert {name: digest for name, digest in after.items() if name in before} == before
    new = sorted(set(after) - set(before))
    assert new == [f"Release/Song (take 1)/Song (take 1, release){suffix}" for suffix in (
        ".flac", ".jpg", ".json", ".txt", ".wav"
    )]  # fmt: skip
    assert sorted(path.name for path in by_kind(answer).values()) == [name.rsplit("/", 1)[1] for name in new]


async def test_the_same_call_again_returns_what_is_there_and_makes_up_for_what_is_gone(desk: Desk) -> None:
    job = kept(desk, music(), cover=(640, 640))
    first = await prepared(desk, job)
    made = digests(desk.settings.library)
    again = await prepared(desk, job)
    assert again["replayed"] is True
    assert (again["files"], again["said"], again["checklist"]) == (first["files"], first["said"], first["checklist"])
    by_kind(first)["flac"].unlink()
    third = await prepared(desk, job)
    assert "replayed" not in third
    assert digests(desk.settings.library) == made


async def test_no_file_of_another_song_is_replaced(desk: Desk) -> None:
    job = kept(desk, music())
    folder = desk.settings.library / "Release" / "Song (take 1)"
    folder.mkdir(parents=True)
    theirs = folder / "Song (take 1, release).wav"
    theirs.write_bytes(b"somebody else's")
    files = by_kind(await prepared(desk, job))
    assert theirs.read_bytes() == b"somebody else's"
    assert files["wav"].name == "Song (take 1, release) 2.wav"


async def test_another_loudness_is_another_release(desk: Desk) -> None:
    job = kept(desk, music())
    usual, quiet = by_kind(await prepared(desk, job)), by_kind(await prepared(desk, job, target=-16))
    assert quiet["wav"] != usual["wav"]
    assert quiet["wav"].parent.name == "Song (take 1) -16 LUFS"
    assert loudness(quiet["wav"])[0] == pytest.approx(-16, abs=0.15)
    assert loudness(usual["wav"])[0] == pytest.approx(-14, abs=0.15)


async def test_other_programs_read_whose_song_it_is(desk: Desk) -> None:
    files = by_kind(await prepared(desk, kept(desk, music())))
    flac, wav = FLAC(files["flac"]), WAVE(files["wav"])
    assert flac["TITLE"] == ["Song"]
    assert flac["LYRICS"] == ["[Verse]\nRain"]
    assert str(wav["TIT2"]) == "Song"
    assert mutagen.File(files["wav"]).info.bits_per_sample == 24


@pytest.mark.parametrize(
    ("size", "told"),
    [
        ((3000, 3000), ["has the 3000 by 3000 pixels that shops ask for"]),
        (
            (900, 600),
            [
                "has 600 by 600 pixels only. It was enlarged to 3000, which adds no detail",
                "It was 900 by 600 pixels, so it was cut to its square middle",
            ],
        ),
    ],
)
async def test_the_cover_is_as_shops_ask_and_what_was_done_to_it_is_said(
    desk: Desk, size: tuple[int, int], told: list[str]
) -> None:
    answer = await prepared(desk, kept(desk, music(), cover=size))
    with Image.open(by_kind(answer)["cover"]) as picture:
        assert (picture.size, picture.format, picture.mode) == ((3000, 3000), "JPEG", "RGB")
    for words in told:
        assert any(words in line for line in answer["said"])


async def test_a_missing_or_broken_cover_is_said_and_stops_nothing(desk: Desk) -> None:
    job = kept(desk, music(), cover=(64, 64))
    (desk.settings.library / "Song (take 1).jpg").write_bytes(b"\xff\xd8\xff no picture")
    answer = await prepared(desk, job)
    assert "cover" not in by_kind(answer)
    assert any("There is no cover that can be read" in line for line in answer["said"])


async def test_the_sheet_says_what_the_song_is_that_ai_made_it_and_which_rights_to_check(desk: Desk) -> None:
    job = kept(desk, music())
    desk.journal.put_lineage(job, f"{job.id}-1", {"covers": (f"{job.id}-2",)})
    answer = await prepared(desk, job)
    data = json.loads(by_kind(answer)["json"].read_text(encoding="utf-8"))
    assert (data["title"], data["words"], data["style"], data["engine"]) == (
        "Song", "[Verse]\nRain", "folk", "sonic-v6",
    )  # fmt: skip
    assert data["cost"] == {"credits": 1, "takes": 2}
    assert data["lineage"][0]["relation"] == "covers"
    assert data["ai"]["digital_source_type"].endswith("/trainedAlgorithmicMedia")
    assert data["files"]["wav"] == hashlib.sha256(by_kind(answer)["wav"].read_bytes()).hexdigest()
    text = by_kind(answer)["notes"].read_text(encoding="utf-8")
    for line in (
        "Engine: sonic-v6",
        "Cost: 1 credits for 2 takes",
        "were made with artificial intelligence, model sonic-v6.",
        f"covers: Song, clip {job.id}-2",
        "[ ] This list is no legal advice.",
        "[Verse]\nRain",
    ):
        assert line in text
    assert answer["checklist"] == data["checklist"]
    assert any(line.startswith("The songs it was made from") for line in answer["checklist"])


async def test_without_the_extra_it_says_what_to_install_and_makes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = kept(desk, music())
    before = digests(desk.settings.library)
    monkeypatch.setitem(sys.modules, "PIL", None)
    answer = await prepared(desk, job)
    assert answer["status"] == "failed"
    assert "This needs pillow, which is not installed" in answer["notice"]
    assert 'pip install "songwright[studio]"' in answer["notice"]
    assert digests(desk.settings.library) == before


async def test_silence_is_refused_and_leaves_nothing_behind(desk: Desk) -> None:
    job = kept(desk, np.zeros((RATE, 2), np.float32))
    answer = await prepared(desk, job)
    assert "There is nothing to hear in Song (take 1)" in answer["notice"]
    assert [path for path in (desk.settings.library / "Release").rglob("*") if path.is_file()] == []
