"""How many parts a file's tags have, counted before a parser looks at them.

A parser's work grows with their number, in some formats with its square: a file of one megabyte can keep a processor
busy for minutes. A song has a few dozen. This module decodes nothing; it only walks the headers, as far as needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from .downloads import Media

MOST_PARTS: Final = 1_000
"""Frames, chunks, comments, blocks."""
MOST_ATOMS: Final = 10_000
"""MP4 uses four of them per tag, and dozens for the sound."""
MOST_SEEK_POINTS: Final = 20_000
MOST_ID3: Final = 32 * 1024 * 1024
"""Bytes; a large cover is a third of it."""

_CONTAINERS: Final = frozenset(
    {b"moov", b"udta", b"trak", b"mdia", b"meta", b"ilst", b"stbl", b"minf", b"moof", b"traf"}
)


class Crowded(ValueError):
    """The file has more parts than any song, or its parts cannot be counted."""


def refuse_crowded(path: Path, kind: Media) -> None:
    """Raises `Crowded` when a file of this kind should not be given to a parser. Blocks."""
    with path.open("rb") as file:
        _COUNTS[kind](file)


def _id3(file: BinaryIO) -> None:
    """From here on ID3; a file without its header has none."""
    head = file.read(10)
    if head[:3] != b"ID3" or len(head) < 10:
        return
    version, flags, size = head[3], head[5], _seven_bits(head[6:])
    if flags & 0x40 and version > 2:
        raise Crowded("an extended header, which hardly any program writes")
    if size > MOST_ID3:
        raise Crowded("the tags are larger than any cover")
    data = file.read(size)
    if flags & 0x80 and version < 4:
        data = data.replace(b"\xff\x00", b"\xff")
    if version == 2:
        _walk(data, 6, lambda header: int.from_bytes(header[3:6]))
    else:
        # Some programs write version 4 with the sizes of version 3, and parsers guess, so both readings are walked.
        _walk(data, 10, lambda header: int.from_bytes(header[4:8]))
        _walk(data, 10, lambda header: _seven_bits(header[4:8]))


def _walk(data: bytes, header: int, size: Callable[[bytes], int]) -> None:
    at = count = 0
    while at + header <= len(data) and data[at]:  # a name of zeros starts the padding
        count += 1
        if count > MOST_PARTS:
            raise Crowded(f"more than {MOST_PARTS} frames")
        at += header + size(data[at : at + header])


def _seven_bits(octets: bytes) -> int:
    value = 0
    for octet in octets:
        value = value << 7 | octet & 0x7F
    return value


def _wave(file: BinaryIO) -> None:
    at, end = 12, file.seek(0, 2)
    for _ in range(MOST_PARTS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        if head[:4].lower() == b"id3 ":
            _id3(file)
        at += 8 + int.from_bytes(head[4:], "little")
        at += at % 2
        if at >= end:
            return
    raise Crowded(f"more than {MOST_PARTS} chunks")


def flac_start(file: BinaryIO) -> int:
    """Where FLAC begins: at once, or behind an ID3 tag, which is where C2PA has its manifest."""
    file.seek(0)
    head = file.read(10)
    return 10 + _seven_bits(head[6:]) if head[:3] == b"ID3" and len(head) == 10 else 0


def _flac(file: BinaryIO) -> None:
    file.seek(flac_start(file) + 4)
    for _ in range(MOST_PARTS):
        head = file.read(4)
        if len(head) < 4:
            return
        last, kind, size = head[0] & 0x80, head[0] & 0x7F, int.from_bytes(head[1:])
        at = file.tell()
        if kind == _SEEK_TABLE and size > 18 * MOST_SEEK_POINTS:
            raise Crowded(f"more than {MOST_SEEK_POINTS} seek points")
        if kind == _COMMENTS:
            file.seek(int.from_bytes(file.read(4), "little"), 1)
            if int.from_bytes(file.read(4), "little") > MOST_PARTS:
                raise Crowded(f"more than {MOST_PARTS} comments")
        if last:
            return
        file.seek(at + size)
    raise Crowded(f"more than {MOST_PARTS} blocks")


_SEEK_TABLE, _COMMENTS = 3, 4


def _mp4(file: BinaryIO) -> None:
    end, count = file.seek(0, 2), 0
    levels = [(0, end)]
    while levels:
        at, end = levels.pop()
        while at + 8 <= end:
            count += 1
            if count > MOST_ATOMS:
                raise Crowded(f"more than {MOST_ATOMS} atoms")
            file.seek(at)
            head = file.read(16)
            size, name, inside = int.from_bytes(head[:4]), head[4:8], at + 8
            if size == 1:
                size, inside = int.from_bytes(head[8:16]), at + 16
            size = size or end - at
            if size < 8:
                return  # no parser continues here
            if name in _CONTAINERS:
                # The body of `meta` begins with four bytes that are not an atom.
                levels.append((inside + (4 if name == b"meta" else 0), min(at + size, end)))
            at += size


_COUNTS: Final[Mapping[Media, Callable[[BinaryIO], None]]] = {
    Media.MP3: _id3,
    Media.WAV: _wave,
    Media.FLAC: _flac,
    Media.M4A: _mp4,
}
