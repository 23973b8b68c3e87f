"""Pictures and sound into an MP4 that plays everywhere: H.264, AAC, and what a player needs first at the beginning."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..downloads import disk_errors
from . import sound

if TYPE_CHECKING:
    from av import AudioFrame
    from numpy import float32
    from numpy.typing import NDArray

    from .backdrop import Pixels

FPS: Final = 25
_RATES: Final = (44_100, 48_000)
_BITS: Final = 192_000
_QUALITY: Final = "20"
_THREADS: Final = 2
_PIECE: Final = 1024
"""Moments of sound in a frame of AAC."""

Picture = Callable[[float], tuple["Pixels", bool]]
"""The picture at a moment, and whether it differs from the one before."""


def measured(path: Path, bars: int, step: Callable[[float], None]) -> tuple[NDArray[float32], float]:
    """How loud each of so many stretches of a song is, from 0 to 1, and its length in seconds. Blocks.

    `step` is told now and then how much is done, from 0 to 1.
    """
    from numpy import add, array_split, concatenate, float32, sqrt, square, zeros

    rate, expected = _rate(path), sound.nature(path).seconds or 180.0
    parts: list[NDArray[float32]] = []
    moments, grain, rest = 0, rate // 50, zeros(0, float32)
    for block in sound.blocks(path, rate=rate, channels=1):
        moments += len(block)
        samples = concatenate([rest, square(block[:, 0])])
        whole = len(samples) // grain * grain
        if whole:
            parts.append((add.reduceat(samples[:whole], range(0, whole, grain)) / grain).astype(float32))
        rest = samples[whole:]
        step(min(moments / rate / expected, 1.0))
    power = concatenate(parts) if parts else zeros(1, float32)
    levels = zeros(bars, float32)
    for number, part in enumerate(array_split(power, bars)):
        levels[number] = sqrt(part.mean()) if len(part) else 0.0
    top = float(levels.max())
    # What is half as loud is drawn much less than half as high: so a song's parts are seen.
    return ((levels / top) ** 1.5 if top > 0 else levels).astype(float32), moments / rate


def encode(
    path: Path, song: Path, picture: Picture, size: tuple[int, int], seconds: float, about: Mapping[str, str],
    step: Callable[[float], None],
) -> None:  # fmt: skip
    """Write a video of a song to a new file. `step` is told after each picture how much is done, from 0 to 1.

    Raises `LibraryUnavailable` when the disk refuses. Blocks.
    """
    import av

    frames = max(round(seconds * FPS), 1)
    with (
        disk_errors(path.parent),
        av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        container.metadata.update(about)
        video = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": _QUALITY})
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.codec_context.thread_count = _THREADS
        video.codec_context.gop_size = 2 * FPS
        for name in ("color_primaries", "color_trc", "colorspace"):
            setattr(video.codec_context, name, 1)  # BT.709, as in every HD video
        rate = _rate(song)
        audio = container.add_stream("aac", rate=rate, layout="stereo", bit_rate=_BITS)
        pieces = _pieces(song, rate)
        heard = 0.0
        frame: av.VideoFrame | None = None
        for number in range(frames):
            shown, changed = picture(number / FPS)
            if frame is None or changed:
                drawn = av.VideoFrame.from_ndarray(shown, format="rgb24")
                frame = drawn.reformat(format="yuv420p", src_colorspace="ITU709", dst_colorspace="ITU709")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
            while heard <= (number + 1) / FPS and (piece := next(pieces, None)) is not None:
                heard += piece.samples / rate
                container.mux(audio.encode(piece))
            step((number + 1) / frames)
        container.mux(video.encode(None))
        for piece in pieces:
            container.mux(audio.encode(piece))
        container.mux(audio.encode(None))


def _pieces(song: Path, rate: int) -> Iterator[AudioFrame]:
    """The sound in the pieces that the encoder takes."""
    from numpy import concatenate, float32, zeros

    rest, at = zeros((0, 2), float32), 0
    for block in sound.blocks(song, rate=rate, channels=2):
        samples = concatenate([rest, block])
        whole = len(samples) // _PIECE * _PIECE
        parts = [samples[start : start + _PIECE] for start in range(0, whole, _PIECE)]
        rest = samples[whole:]
        for part in parts:
            yield _piece(part, rate, at)
            at += len(part)
    if len(rest):
        yield _piece(rest, rate, at)


def _piece(samples: NDArray[float32], rate: int, at: int) -> AudioFrame:
    import av
    from numpy import ascontiguousarray

    frame = av.AudioFrame.from_ndarray(ascontiguousarray(samples.T), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts = rate, at
    return frame


def _rate(path: Path) -> int:
    rate = sound.nature(path).rate
    return rate if rate in _RATES else _RATES[-1]
