"""Sound goes out of files and into them without being changed, and what is missing is said."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from songwright.server.core.errors import ArgumentRefused, ExtraMissing
from songwright.server.files.studio import needed
from songwright.server.files.studio.sound import BLOCK, Samples, blocks, decode, encode, nature


def noise(moments: int, channels: int = 2) -> Samples:
    return np.random.default_rng(1).uniform(-0.9, 0.9, (moments, channels)).astype(np.float32)


@pytest.mark.parametrize("kind", ["wav", "flac"])
@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_written_comes_back_to_the_last_of_24_bits(tmp_path: Path, kind: str, channels: int) -> None:
    sound = noise(3 * BLOCK + 77, channels)
    path = tmp_path / f"a.{kind}"
    written = encode(path, kind, np.array_split(sound, 5), 44_100, channels)  # type: ignore[arg-type]
    back, rate = decode(path)
    assert (written, rate) == (len(sound), 44_100)
    assert back.shape == sound.shape
    assert float(np.abs(back - sound).max()) <= 0.5 / (1 << 23) + 1e-7
    assert nature(path)[:2] == (44_100, channels)


def test_samples_above_full_scale_are_cut_and_do_not_turn_over(tmp_path: Path) -> None:
    encode(tmp_path / "a.wav", "wav", [np.full((64, 1), 1.5, np.float32), np.full((64, 1), -1.5, np.float32)], 8000, 1)
    back, _ = decode(tmp_path / "a.wav")
    assert back[:64].min() > 0.999
    assert back[64:].max() <= -1.0


def test_a_file_is_decoded_in_blocks_at_the_rate_and_width_that_are_asked_for(tmp_path: Path) -> None:
    encode(tmp_path / "a.flac", "flac", [noise(2 * BLOCK)], 48_000, 2)
    parts = list(blocks(tmp_path / "a.flac", rate=24_000, channels=1))
    assert {part.shape[1] for part in parts} == {1}
    assert max(len(part) for part in parts) <= BLOCK
    assert sum(len(part) for part in parts) == pytest.approx(BLOCK, abs=64)


def test_what_is_no_sound_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "Song.mp3").write_bytes(b"<html>not found</html>")
    with pytest.raises(ArgumentRefused, match=r"Song\.mp3 cannot be read as sound"):
        decode(tmp_path / "Song.mp3")


def test_a_damaged_stretch_of_a_song_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    encode(path, "flac", [noise(20 * 4096)], 44_100, 2)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = bytes(400)
    path.write_bytes(data)
    assert len(decode(path)[0]) > 15 * 4096


def test_a_missing_extra_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ExtraMissing) as refused:
        needed("numpy", "av", "PIL")
    assert str(refused.value) == (
        'This needs av and pillow, which are not installed. Install with pip install "songwright[studio]", then '
        "restart Songwright. Nothing was changed or spent."
    )
