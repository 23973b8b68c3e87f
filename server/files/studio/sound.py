"""Samples out of sound files and into them, a block at a time: a song never has to be in memory as a whole.

Samples are 32-bit floats, full scale at 1.0, one row per moment and one column per channel, one or two of them.
`av` and `numpy` are imported inside the functions; call `needed("av", "numpy")` first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from ...core.errors import ArgumentRefused
from ..downloads import disk_errors

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from numpy import float32, int32
    from numpy.typing import NDArray

Samples: TypeAlias = "NDArray[float32]"
LONGEST: Final = 30 * 60.0
"""Seconds of sound that a piece of work takes at most."""
BLOCK: Final = 1 << 16
"""Moments in a block, at most."""
_FULL_24: Final = 1 << 23


class Nature(NamedTuple):
    """What a sound file holds, before it is decoded."""

    rate: int
    channels: int
    """As it is decoded here: one or two."""
    codec: str
    seconds: float | None
    """As its head claims."""


def nature(path: Path) -> Nature:
    """Rate, channels and codec of a sound file. Raises `ArgumentRefused` when it is none. Blocks."""
    with _opened(path) as (container, stream):
        seconds = None if container.duration is None else container.duration / 1_000_000
        return Nature(stream.rate, min(stream.channels, 2), stream.codec_context.name, seconds)


def blocks(path: Path, *, rate: int | None = None, channels: int | None = None) -> Iterator[Samples]:
    """The sound of a file, a block of at most `BLOCK` moments at a time, at its own rate or at this one.

    Packets that are damaged are left out, as players do. Raises `ArgumentRefused` for a file that is no sound, or is
    longer than `LONGEST`. Blocks.
    """
    import av
    from numpy import float32

    with _opened(path) as (container, stream):
        rate = rate or stream.rate
        channels = channels or min(stream.channels, 2)
        tune = av.AudioResampler(format="flt", layout="mono" if channels == 1 else "stereo", rate=rate)
        moments = 0
        for packet in container.demux(stream):
            try:
                frames: list[av.AudioFrame | None] = list(packet.decode())
            except av.error.InvalidDataError:
                continue
            for frame in [*frames, None] if packet.dts is None and packet.size == 0 else frames:
                for tuned in tune.resample(frame):
                    samples = tuned.to_ndarray().reshape(-1, channels).astype(float32, copy=False)
                    moments += len(samples)
                    if moments > LONGEST * rate:
                        raise ArgumentRefused(
                            f"The recording is longer than {LONGEST / 60:g} minutes, which is the most that is "
                            "worked on here. Nothing was changed or spent."
                        )
                    for start in range(0, len(samples), BLOCK):
                        yield samples[start : start + BLOCK]


def decode(path: Path, *, rate: int | None = None, channels: int | None = None) -> tuple[Samples, int]:
    """The whole sound of a file, and its rate. A long song takes a hundred megabytes: prefer `blocks`. Blocks."""
    from numpy import concatenate, float32, zeros

    known = nature(path)
    parts = list(blocks(path, rate=rate, channels=channels))
    empty = zeros((0, channels or known.channels), float32)
    return (concatenate(parts) if parts else empty), rate or known.rate


def encode(path: Path, kind: Literal["wav", "flac"], sound: Iterable[Samples], rate: int, channels: int) -> int:
    """Write sound with 24 bits as WAV or FLAC to a new file; how many moments were written.

    Both kinds hold the same bits. Samples above full scale are cut. Raises `LibraryUnavailable` when the disk refuses;
    the file is then unfinished, so pass a temporary path. Blocks.
    """
    import av

    layout: Literal["mono", "stereo"] = "mono" if channels == 1 else "stereo"
    moments = 0
    with disk_errors(path.parent), av.open(str(path), "w", format=kind) as container:
        stream = container.add_stream("pcm_s24le" if kind == "wav" else "flac", rate=rate, layout=layout, format="s32")
        for samples in sound:
            frame = av.AudioFrame.from_ndarray(_bits(samples).reshape(1, -1), format="s32", layout=layout)
            frame.sample_rate = rate
            frame.pts = moments
            moments += len(samples)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return moments


def _bits(samples: Samples) -> NDArray[int32]:
    """24-bit numbers in the upper part of 32 bits, rounded."""
    from numpy import clip, float64, int32, rint

    whole = clip(rint(samples.astype(float64) * _FULL_24), -_FULL_24, _FULL_24 - 1).astype(int32)
    return whole << 8


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, AudioStream]]:
    import av

    unreadable = f"{path.name} cannot be read as sound: it is damaged or something else. Nothing was changed or spent."
    try:
        container = av.open(str(path))
    except (av.error.FFmpegError, OSError) as error:
        raise ArgumentRefused(unreadable) from error
    with container:
        if not container.streams.audio or not container.streams.audio[0].rate:
            raise ArgumentRefused(unreadable)
        yield container, container.streams.audio[0]
