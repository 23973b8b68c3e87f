"""What a person gets who wants to publish a song: other programs read the copies, and the song itself is as it was."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import c2pa
import mutagen
import numpy as np
import pyloudnorm
import pytest
from desk import Desk, client, clip
from mutagen.flac import FLAC
from mutagen.wave import WAVE
from PIL import Image
from signers import Signer
from world import said

from songwright.server.app import Songwright
from songwright.server.core.jobs import Job, SavedFile
from songwright.server.core.settings import Settings
from songwright.server.files.studio.sound import Samples, decode, encode, nature
from songwright.tools.studio.prepare_release import PrepareRelease

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


async def test_copies_from_before_the_song_was_on_an_album_say_so(desk: Desk) -> None:
    """Or a person would publish an album whose files name another one."""
    job = kept(desk, music())
    await prepared(desk, job)
    assert "notice" not in await prepared(desk, job)
    async with client(desk, name="vscode") as connected:
        await connected.call_tool("make_album", {"name": "Harbour", "clip_ids": [f"{job.id}-1"], "artist": "Ana"})
    notice = (await prepared(desk, job))["notice"]
    assert "it is track 1 of 'Harbour' by 'Ana' now." in notice
    assert "move their folder away first" in notice


async def test_an_order_with_two_takes_is_asked_back_and_nothing_is_guessed(desk: Desk) -> None:
    """By every tool that works on one take, with the ids to choose from."""
    job = kept(desk, music())
    calls: list[tuple[str, dict[str, Any]]] = [
        *((tool, {"clip_id": job.id}) for tool in ("prepare_release", "make_video", "export_project", "keep_take")),
        ("save_recipe", {"name": "Mine", "clip_id": job.id}),
        ("make_album", {"name": "Harbour", "clip_ids": [job.id]}),
    ]
    async with client(desk, name="vscode") as connected:
        for tool, arguments in calls:
            told = said(await connected.call_tool(tool, arguments))
            assert told["status"] == "failed", tool
            assert "is an order with 2 clips. Give the id of the one you mean" in told["notice"], tool
            assert f"{job.id}-1 (take 1), {job.id}-2 (take 2)." in told["notice"], tool


async def test_a_song_that_is_still_being_made_is_told_from_one_without_sound(desk: Desk) -> None:
    job = desk.put("create_song", "working")
    async with client(desk, name="vscode") as connected:
        told = said(await connected.call_tool("prepare_release", {"clip_id": job.id}))
    assert told["notice"] == (
        f"Order {job.id} is not finished. Call wait_for_song with it, then this again. Nothing more was spent."
    )


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


@pytest.mark.parametrize(("asked", "made"), [(-14, -14.0), (-14.04, -14.0), (-13.96, -14.0), (-9.25001, -9.3)])
def test_a_loudness_that_nobody_hears_apart_is_not_another_release(asked: float, made: float) -> None:
    assert PrepareRelease(clip_id="clip-1", target=asked).target == made


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
        "Cost: 1 credit for 2 takes",
        "were made with artificial intelligence, model sonic-v6.",
        f"covers: Song, clip {job.id}-2",
        "\nThis list is no legal advice.",
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


def set_certificate(desk: Desk, signer: Signer) -> None:
    """As a person does by the two settings."""
    chain, key = signer.write(desk.settings.library.parent / "secrets")
    caller = desk._caller
    caller.limits = replace(caller.limits, c2pa_certificate=chain, c2pa_key=key)


def unmarked(answer: dict[str, Any]) -> bool:
    files = by_kind(answer)
    return all(c2pa.Reader.try_create(files[kind]) is None for kind in ("wav", "flac"))


async def test_with_a_certificate_the_copies_say_that_ai_made_them_and_sound_the_same(desk: Desk) -> None:
    job = kept(desk, music(seconds=1))
    plain = await prepared(desk, job)
    assert unmarked(plain)
    assert not any("C2PA" in line for line in plain["said"])
    before = decode(by_kind(plain)["wav"])[0]
    set_certificate(desk, Signer())
    again = await prepared(desk, job)
    assert again["replayed"] is True
    assert "They carry no C2PA manifest, and settings for one are there now." in again["notice"]
    shutil.rmtree(desk.settings.library / "Release")
    answer = await prepared(desk, job)
    assert any(line.startswith("WAV and FLAC carry a C2PA manifest") for line in answer["said"])
    for kind in ("wav", "flac"):
        with c2pa.Reader(by_kind(answer)[kind]) as reader:
            assert reader.get_validation_state() == "Valid"
            manifest = reader.get_active_manifest()
        assert manifest["title"] == "Song"
        (actions,) = [row["data"]["actions"] for row in manifest["assertions"] if row["label"] == "c2pa.actions.v2"]
        (action,) = actions
        assert action["action"] == "c2pa.created"
        assert action["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
        assert action["softwareAgent"]["name"] == "Songwright, model sonic-v6"
        assert not {word for word in ("Rain", "folk", job.id, "library") if word in json.dumps(manifest)}
        assert np.array_equal(decode(by_kind(answer)[kind])[0], before)
    data = json.loads(by_kind(answer)["json"].read_text(encoding="utf-8"))
    assert data["ai"]["c2pa"] == ["wav", "flac"]
    assert data["files"]["flac"] == hashlib.sha256(by_kind(answer)["flac"].read_bytes()).hexdigest()


async def test_signed_copies_are_returned_as_they_are_and_one_that_is_gone_is_signed_anew(desk: Desk) -> None:
    job = kept(desk, music(seconds=1))
    set_certificate(desk, Signer())
    first = await prepared(desk, job)
    made = digests(desk.settings.library)
    again = await prepared(desk, job)
    assert (again["replayed"], again["files"], again["said"]) == (True, first["files"], first["said"])
    assert "notice" not in again
    assert digests(desk.settings.library) == made
    by_kind(first)["flac"].unlink()
    third = await prepared(desk, job)
    assert third["files"] == first["files"]
    assert any(line.startswith("WAV and FLAC carry a C2PA manifest") for line in third["said"])
    assert third["said"][-1].startswith("The sheet that was there stays as it was")
    now = digests(desk.settings.library)
    assert [name for name in made if made[name] != now[name]] == ["Release/Song (take 1)/Song (take 1, release).flac"]


async def test_a_certificate_that_cannot_be_used_is_said_once_and_the_copies_are_made(desk: Desk) -> None:
    job = kept(desk, music(seconds=1))
    set_certificate(desk, Signer(begins=-9, ends=-2))
    answer = await prepared(desk, job)
    (line,) = [line for line in answer["said"] if "C2PA" in line]
    assert line.startswith("The copies carry no C2PA manifest, because signing with the certificate")
    assert unmarked(answer)
    assert line in by_kind(answer)["notes"].read_text(encoding="utf-8")


async def test_without_the_extra_for_it_that_is_said_and_the_copies_are_made(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = kept(desk, music(seconds=1))
    set_certificate(desk, Signer())
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "c2pa", None)
        answer = await prepared(desk, job)
    (line,) = [line for line in answer["said"] if "C2PA" in line]
    assert 'Install it with pip install "songwright[c2pa]"' in line
    assert unmarked(answer)


@pytest.mark.parametrize("sandbox", [True, False])
async def test_what_no_ai_of_the_service_made_is_not_marked_as_if_it_had(desk: Desk, sandbox: bool) -> None:
    job = kept(desk, music(seconds=1))
    set_certificate(desk, Signer())
    if sandbox:
        desk._caller.account = replace(desk._caller.account, sandbox=True)
    desk.journal.put_clips(job, [replace(clip(job, 3), clip_id="own", uploaded=True)])
    desk.journal.put_file(job, SavedFile("own", "audio", "Song (take 1).mp3", 9, "00"))
    answer = await prepared(desk, job, clip_id=f"{job.id}-1" if sandbox else "own")
    (line,) = [line for line in answer["said"] if "C2PA" in line]
    made = "This is a trial piece" if sandbox else "This recording was uploaded"
    assert line.startswith(f"The copies carry no C2PA manifest. {made}")
    assert unmarked(answer)


async def test_both_settings_reach_the_release(tmp_path: Path) -> None:
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    settings = Settings(
        offline=True, state_dir=tmp_path, library=tmp_path / "library", c2pa_certificate=chain, c2pa_key=key
    )
    async with Songwright(settings).running() as app:
        limits = (await app.caller()).limits
    assert (limits.c2pa_certificate, limits.c2pa_key) == (chain, key)
