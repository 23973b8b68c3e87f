"""The band through FluidSynth and a soundfont, where the person has both; voices stay the sandbox's own."""

from __future__ import annotations

import io
import logging
import shutil
import subprocess
import tempfile
import wave
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ..fonts import why_not
from .mix import active_level, middle, silence, target_level
from .performance import played
from .programs import program_of
from .score import RATE, Arrangement, Chair
from .synth import Samples

if TYPE_CHECKING:
    import mido

_log = logging.getLogger(__name__)
_TICKS_A_SECOND: Final = 960
_MOST_SECONDS: Final = 120.0
_NOTHING: Final = 1e-4
"""Level below which only FluidSynth's dither is heard: it could not read the soundfont, and says so nowhere else."""
_CHANNELS: Final = tuple(channel for channel in range(16) if channel != 9)


def performed(song: Arrangement, part: str, count: int, font: Path) -> Samples | None:
    """Return one part of the band as the soundfont sounds, as stereo of `count` samples; None when it cannot be had."""
    if _refused(font):
        return None
    chairs = [chair for chair in song.chairs if chair.part == part and song.track(chair)]
    total = silence(count)
    for chair in chairs:
        try:
            sound = _rendered(_score(song, chair), font)
        except (OSError, subprocess.SubprocessError, EOFError, wave.Error) as error:
            _log.warning("The soundfont could not be played, the sandbox plays its own sounds: %r", error)
            return None
        size = min(count, len(sound))
        loud = active_level(middle(sound))
        if loud < _NOTHING:
            _log.warning("FluidSynth played nothing from the soundfont, the sandbox plays its own sounds")
            return None
        total[:size] += sound[:size] * np.float32(10 ** (target_level(chair) / 20) / loud)
    return total


@lru_cache(maxsize=4)
def _refused(font: Path) -> bool:
    reason = why_not(font)
    if reason:
        _log.warning("%s", reason)
    return bool(reason)


def _score(song: Arrangement, chair: Chair) -> bytes:
    """Return what one player plays, as a MIDI file in which a second is a fixed number of ticks."""
    import mido

    drums = chair.part in ("drums", "percussion")
    channel = 9 if drums else _CHANNELS[0]
    file = mido.MidiFile(type=0, ticks_per_beat=_TICKS_A_SECOND // 2)
    track: mido.MidiTrack = mido.MidiTrack()
    track.append(mido.Message("program_change", channel=channel, program=program_of(chair), time=0))
    if not drums:
        pan = min(127, max(0, round(64 + 63 * chair.pan)))
        track.append(mido.Message("control_change", channel=channel, control=10, value=pan, time=0))
    events: list[tuple[int, int, int, int]] = []
    for note in played(song, chair):
        start = round(note.start * _TICKS_A_SECOND)
        end = max(start + 1, round(note.end * _TICKS_A_SECOND))
        events.append((start, 1, note.pitch, min(127, max(1, round(note.velocity * 127)))))
        events.append((end, 0, note.pitch, 0))
    before = 0
    for tick, begins, pitch, loud in sorted(events):
        kind = "note_on" if begins else "note_off"
        track.append(mido.Message(kind, channel=channel, note=pitch, velocity=loud, time=tick - before))
        before = tick
    file.tracks.append(track)
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _rendered(score: bytes, font: Path) -> Samples:
    """Return what FluidSynth makes of a MIDI file, without its own room."""
    program = shutil.which("fluidsynth")
    if program is None:
        raise OSError("fluidsynth is gone")
    with tempfile.TemporaryDirectory(prefix="songwright-") as folder:
        notes, sound = Path(folder) / "part.mid", Path(folder) / "part.wav"
        notes.write_bytes(score)
        command = [program, "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.5", "-r", str(RATE), "-F", str(sound)]
        subprocess.run(  # noqa: S603 - a fixed command line; the font is a file that was looked at
            [*command, str(font.absolute()), str(notes)],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_MOST_SECONDS,
        )
        with wave.open(str(sound), "rb") as file:
            frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return np.ascontiguousarray(frames.T, np.float32).T / np.float32(32768)
