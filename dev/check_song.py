"""Checks whether playable songs were made: `python -m dev.check_song FOLDER` looks at every MP3 in the folder.

Each is decoded to its end. It must be longer than five seconds, 48 kHz, stereo, and not silent; there must be two,
because a song is made in two takes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

TAKES = 2
SHORTEST = 5.0
"""Seconds."""
RATE = 48_000
QUIETEST = 0.01
"""Root mean square of a file in which something can be heard; full scale is 1."""


class Heard(NamedTuple):
    """The result of decoding a file."""

    seconds: float
    rate: int
    channels: int
    loudness: float

    def faults(self) -> list[str]:
        """What is wrong with it, in words; empty when it is playable."""
        checks = {
            f"only {self.seconds:.1f} s long": self.seconds > SHORTEST,
            f"{self.rate} Hz instead of {RATE}": self.rate == RATE,
            f"{self.channels} channel(s) instead of 2": self.channels == 2,
            f"silent (level {self.loudness:.4f})": self.loudness > QUIETEST,
        }
        return [fault for fault, fine in checks.items() if not fine]


def listen(path: Path) -> Heard:
    """Decode a whole file; raises `av.FFmpegError` when it cannot be decoded."""
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        frames = [frame.to_ndarray() for frame in file.decode(stream)]
        samples = np.concatenate(frames, axis=1).astype(np.float64)
        loudness = float(np.sqrt(np.mean(samples**2)))
        return Heard(samples.shape[1] / stream.rate, stream.rate, samples.shape[0], loudness)


def main(folder: Path) -> int:
    """Print facts about each song; returns 1 when one cannot be played or a take is missing."""
    songs = sorted(folder.rglob("*.mp3"))
    fine = len(songs) >= TAKES
    if not fine:
        print(f"{len(songs)} MP3 file(s) in {folder}; a song has {TAKES} takes.", file=sys.stderr)
    for path in songs:
        try:
            heard = listen(path)
            faults = heard.faults()
            print(f"{path.name}: {heard.seconds:.1f} s, {heard.rate} Hz, {heard.channels} channels", flush=True)
        except av.FFmpegError as error:
            faults = [f"cannot be decoded: {error}"]
        if faults:
            fine = False
            print(f"{path.name}: {'; '.join(faults)}.", file=sys.stderr)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
