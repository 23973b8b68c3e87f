"""The INFO list of a WAV file: title, artist and album for programs that know no ID3 there, such as Windows Explorer.

The format is older than Unicode and names no encoding; UTF-8 is what ffmpeg, VLC and today's players read and write.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final

_MOST: Final = 64 * 1024
"""Bytes of an INFO list that are read; a longer one is left alone."""
_CHUNKS: Final = 1000
_PROGRAM: Final = b"ISFT"


def write_info(path: Path, fields: Mapping[str, str]) -> None:
    """Write these fields into a RIFF file, in place; an empty one leaves the file's own, as do fields not named.

    A file that is no plain RIFF is left alone. Raises OSError when the disk refuses. Blocks.
    """
    with path.open("r+b") as file:
        if (found := _lists(file)) is None:
            return
        end, lists = found
        kept: dict[bytes, bytes] = {_PROGRAM: b"Songwright\0"}
        for at, size in lists:
            if size > _MOST:
                return
            file.seek(at + 12)
            kept |= _fields(file.read(size - 4))
        kept |= {name.encode(): text.encode() + b"\0" for name, text in fields.items() if text}
        for at, size in lists:
            if at + 8 + size + size % 2 >= end:
                end = at
            else:
                file.seek(at)
                file.write(b"JUNK")  # its place stays, because what follows it cannot move
        body = b"INFO" + b"".join(_chunk(name, value) for name, value in kept.items())
        file.seek(end)
        file.write(b"\0" * (end % 2) + _chunk(b"LIST", body))
        file.truncate()
        size = file.tell() - 8
        file.seek(4)
        file.write(struct.pack("<I", size))


def read_info(path: Path) -> dict[str, str]:
    """The INFO fields of a RIFF file, by their four letters; empty for any other file. Blocks."""
    fields: dict[bytes, bytes] = {}
    with path.open("rb") as file:
        for at, size in (_lists(file) or (0, []))[1]:
            file.seek(at + 12)
            fields |= _fields(file.read(min(size, _MOST) - 4))
    return {name.decode("latin-1"): value.rstrip(b"\0").decode("utf-8", "replace") for name, value in fields.items()}


def _lists(file: BinaryIO) -> tuple[int, list[tuple[int, int]]] | None:
    """Where the chunks end, and place and size of each INFO list; None for what is no sound RIFF file."""
    file.seek(0)
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None
    file.seek(0, 2)
    length, at = file.tell(), 12
    lists: list[tuple[int, int]] = []
    for _ in range(_CHUNKS):
        if at + 8 > length:
            return min(at, length), lists
        file.seek(at)
        name, size = struct.unpack("<4sI", file.read(8))
        if at + 8 + size > length:
            return None  # cut off, or a size that only a stream may have
        if name == b"LIST" and file.read(4) == b"INFO" and size >= 4:
            lists.append((at, size))
        at += 8 + size + size % 2
    return None


def _fields(body: bytes) -> dict[bytes, bytes]:
    found, at = dict[bytes, bytes](), 0
    while at + 8 <= len(body):
        name, size = struct.unpack("<4sI", body[at : at + 8])
        found[name] = body[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
