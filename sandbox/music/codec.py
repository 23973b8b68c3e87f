"""Audio in memory, and its way in and out of files' bytes."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import av
import numpy as np

from .dice import dice
from .score import RATE
from .synth import Samples

Format = Literal["mp3", "wav", "m4a"]

LONGEST_DECODED: Final = 1200.0
# The fastest settings of both coders: with a toy synthesizer nobody hears the difference.
_CODECS: Final = {
    "mp3": ("mp3", "libmp3lame", {"compression_level": "9", "joint_stereo": "0"}),
    "m4a": ("ipod", "aac", {"aac_coder": "fast"}),
}
_BIT_RATE, _TINY_BIT_RATE = 160_000, 64_000
_CHUNK: Final = 1152 * 64


class NotAudio(Exception):
    """The bytes are not readable audio, or are longer than any song."""


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound: float32 samples of shape (n, 2), between -1 and 1."""

    samples: Samples
    rate: int = RATE

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate


def encode(
    audio: Audio,
    format: Format = "mp3",  # noqa: A002  # the word a caller expects
    bit_rate: int = _BIT_RATE,
    *,
    key: str = "",
) -> bytes:
    """Return a 48 kHz stereo file: MP3 and M4A at `bit_rate` bits a second, WAV with 16 bits a sample.

    An MP3 says its musical `key` ("F#m") in its tag.
    """
    if format == "wav":
        return _wav(audio)
    container_name, codec, options = _CODECS[format]
    planes = np.ascontiguousarray(audio.samples.T)
    file = io.BytesIO()
    with av.open(file, "w", format=container_name) as container:
        if key:
            container.metadata["TKEY"] = key
        stream = container.add_stream(codec, rate=audio.rate, options=options, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = bit_rate
        for start in range(0, planes.shape[1], _CHUNK):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(planes[:, start : start + _CHUNK]), format="fltp", layout="stereo"
            )
            frame.sample_rate = audio.rate
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _wav(audio: Audio) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(audio.rate)
        out.writeframes(np.round(np.clip(audio.samples, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def decode(data: bytes) -> Audio:
    """Read a file in any format the codec library knows, as 48 kHz stereo; raises NotAudio.

    Audio longer than twenty minutes is refused: a small file can hold hours of silence.
    """
    chunks: list[Samples] = []
    heard = 0
    try:
        with av.open(io.BytesIO(data), "r") as container:
            if not container.streams.audio:
                raise NotAudio("The file has no audio in it.")
            resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
            for frame in container.decode(container.streams.audio[0]):
                for ready in resampler.resample(frame):
                    chunks.append(np.asarray(ready.to_ndarray(), np.float32))
                    heard += chunks[-1].shape[1]
                if heard > LONGEST_DECODED * RATE:
                    raise NotAudio(f"The audio is longer than {LONGEST_DECODED / 60:.0f} minutes.")
            chunks += [np.asarray(ready.to_ndarray(), np.float32) for ready in resampler.resample(None)]
    except (av.FFmpegError, ValueError, EOFError) as error:
        raise NotAudio("The file is not audio that can be read.") from error
    if not heard:
        raise NotAudio("The file has no sound in it.")
    return Audio(np.concatenate(chunks, axis=1).T)


@lru_cache(maxsize=64)
def _tiny(centiseconds: int, chord: int, format: Format) -> bytes:  # noqa: A002  # as in encode
    count = max(1, centiseconds * RATE // 100)
    time = np.arange(count) / RATE
    root = 130.81 * 2 ** (chord / 12)
    sound = sum(
        np.sin(2 * np.pi * root * 2 ** (step / 12) * time) * 0.14 * np.exp(-time / 2.5) for step in (0, 7, 12, 16)
    )
    edge = np.minimum(1, np.minimum(time, time[::-1]) / min(0.03, centiseconds / 400))
    mono = (sound * edge).astype(np.float32)
    return encode(Audio(np.stack([mono, mono], axis=1)), format, _TINY_BIT_RATE)


def tiny(seconds: float = 2.0, seed: int = 0, format: Format = "mp3") -> bytes:  # noqa: A002  # as in encode
    """Return a valid file with one soft chord of `seconds`; twelve different chords, each made once per process."""
    return _tiny(max(1, round(seconds * 100)), int(dice("tiny", seed).integers(12)), format)
