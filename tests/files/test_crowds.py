"""Files that are small and costly: more parts in their tags than a song has, and where nobody would look for them.

A parser would need seconds or minutes for each; whoever makes such a file waits for us to save it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from songwright.server.files import crowds
from songwright.server.files.crowds import MOST_ATOMS, MOST_ID3, MOST_PARTS, MOST_SEEK_POINTS, Crowded, refuse_crowded
from songwright.server.files.downloads import Media
from songwright.server.files.tags import SongTags, read_tags, write_tags

TAGS = SongTags("clip-1", "Rain", lyrics="la", label="take 1")
SOUND = (b"\xff\xfb\x90\x00" + b"\0" * 413) * 40


def seven_bits(value: int) -> bytes:
    return bytes([value >> 21 & 127, value >> 14 & 127, value >> 7 & 127, value & 127])


def id3(number: int, name: bytes = b"TXXX", version: int = 4, flags: int = 0) -> bytes:
    """Tags of so many frames."""
    size = seven_bits if version == 4 else lambda value: struct.pack(">I", value)
    texts = (b"\x03k%d\0v" % n for n in range(number))
    if version == 2:
        body = b"".join(name[:3] + len(text).to_bytes(3) + text for text in texts)
    else:
        body = b"".join(name + size(len(text)) + b"\0\0" + text for text in texts)
    return b"ID3" + bytes([version, 0, flags]) + seven_bits(len(body)) + body


def two_readings(number: int) -> bytes:
    """Version 4 with the sizes of version 3: one frame to who believes the standard, many to who knows the mistake."""
    frames = b"".join(b"TXXX" + struct.pack(">I", 6) + b"\0\0\x03k%03d\0" % (n % 1000) for n in range(number))
    body = b"PRIV" + struct.pack(">I", 0x80) + b"\0\0" + b"\0" * 0x80 + frames
    return b"ID3\x04\0\0" + seven_bits(len(body)) + body


def silent(number: int) -> bytes:
    """Frames without a body, which parsers pass over one by one."""
    return b"ID3\x04\0\0" + seven_bits(10 * number) + (b"TXXX" + b"\0" * 6) * number


def mp3(tag: bytes) -> bytes:
    return tag + SOUND


def wave(*chunks: tuple[bytes, bytes]) -> bytes:
    sound = [(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)), (b"data", b"\0" * 1600)]
    body = b"WAVE"
    for name, data in (*sound, *chunks):
        body += name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def flac(*blocks: tuple[int, bytes]) -> bytes:
    facts = struct.pack(">HH", 4096, 4096) + b"\0" * 6 + (8000 << 44 | 15 << 36 | 16000).to_bytes(8) + b"\0" * 16
    listed = [(0, facts), *blocks]
    told = b"".join(
        bytes([kind | (128 if n == len(listed) - 1 else 0)]) + len(data).to_bytes(3) + data
        for n, (kind, data) in enumerate(listed)
    )
    return b"fLaC" + told + b"\xff\xf8" + b"\0" * 2000


def comments(number: int) -> tuple[int, bytes]:
    texts = (b"K%d=v" % n for n in range(number))
    return 4, struct.pack("<II", 0, number) + b"".join(struct.pack("<I", len(text)) + text for text in texts)


def seek_points(number: int) -> tuple[int, bytes]:
    return 3, b"".join(struct.pack(">QQH", n, n, 1) for n in range(number))


def atom(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def mp4(*inside: bytes) -> bytes:
    return atom(b"ftyp", b"M4A \0\0\0\0M4A mp42isom") + atom(b"moov", b"".join(inside))


def tagged(number: int) -> bytes:
    """An MP4 whose list of tags has so many atoms in it."""
    return mp4(atom(b"udta", atom(b"meta", b"\0" * 4 + atom(b"ilst", atom(b"free") * number))))


MANY = MOST_PARTS + 1
CROWDED: dict[str, tuple[Media, Callable[[], bytes]]] = {
    "texts": (Media.MP3, lambda: mp3(id3(80_000))),
    "the same frame": (Media.MP3, lambda: mp3(id3(MANY, b"TIT2"))),
    "private frames": (Media.MP3, lambda: mp3(id3(MANY, b"PRIV", 3))),
    "frames of version 2": (Media.MP3, lambda: mp3(id3(MANY, b"TXX", 2))),
    "frames that say nothing": (Media.MP3, lambda: mp3(silent(MANY))),
    "frames that two programs read differently": (Media.MP3, lambda: mp3(two_readings(MANY))),
    "frames behind a header of their own": (Media.MP3, lambda: mp3(id3(3, flags=0x40))),
    "tags larger than a cover": (Media.MP3, lambda: b"ID3\x04\0\0" + seven_bits(MOST_ID3 + 1) + SOUND),
    "frames in a WAV": (Media.WAV, lambda: wave((b"id3 ", id3(MANY)))),
    "frames in a WAV, in capitals": (Media.WAV, lambda: wave((b"ID3 ", id3(MANY)))),
    "chunks": (Media.WAV, lambda: wave(*[(b"junk", b"")] * MANY)),
    "comments": (Media.FLAC, lambda: flac(comments(MANY))),
    "blocks": (Media.FLAC, lambda: flac(*[(2, b"test")] * MANY)),
    "seek points": (Media.FLAC, lambda: flac(seek_points(MOST_SEEK_POINTS + 1))),
    "atoms": (Media.M4A, lambda: mp4(*[atom(b"free")] * (MOST_ATOMS + 1))),
    "atoms in the list of tags": (Media.M4A, lambda: tagged(MOST_ATOMS + 1)),
}  # fmt: skip


@pytest.mark.parametrize("what", CROWDED)
def test_a_crowded_file_is_kept_as_it_is_and_never_parsed(what: str, tmp_path: Path) -> None:
    kind, make = CROWDED[what]
    path, data = tmp_path / "song", make()
    path.write_bytes(data)
    with pytest.raises(Crowded):
        refuse_crowded(path, kind)
    assert not write_tags(path, kind, TAGS)
    assert path.read_bytes() == data
    assert read_tags(path) is None


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Media.MP3, mp3(id3(500))),
        (Media.MP3, mp3(id3(500, version=3))),
        (Media.MP3, mp3(id3(500, flags=0x80))),
        (Media.MP3, mp3(id3(20, b"TXX", 2))),
        (Media.MP3, SOUND),
        (Media.WAV, wave((b"LIST", b"INFO"), (b"id3 ", id3(500)))),
        (Media.FLAC, flac(seek_points(100), comments(500))),
        (Media.M4A, tagged(500)),
    ],
    ids=lambda value: str(value) if isinstance(value, Media) else "",
)
def test_a_file_with_more_than_songs_usually_have_is_still_parsed(kind: Media, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "song"
    path.write_bytes(data)
    refuse_crowded(path, kind)


@pytest.mark.parametrize("kind", crowds._COUNTS)
@pytest.mark.parametrize("data", [b"", b"ID3", b"ID3\x04\0\0\x7f\x7f", b"RIFF\0\0\0\0WAVE", b"fLaC\x04", b"\0" * 64])
def test_a_file_that_ends_too_early_is_no_crowd(kind: Media, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "song"
    path.write_bytes(data)
    refuse_crowded(path, kind)


def test_the_first_of_several_comments_of_one_name_counts(tmp_path: Path) -> None:
    texts = [b"SONGWRIGHT_CLIP_ID=clip-1", b"title=Rain", b"TITLE=Snow"]
    block = struct.pack("<II", 0, len(texts)) + b"".join(struct.pack("<I", len(text)) + text for text in texts)
    path = tmp_path / "song.flac"
    path.write_bytes(flac((4, block)))
    found = read_tags(path)
    assert found is not None
    assert (found.clip_id, found.title) == ("clip-1", "Rain")
