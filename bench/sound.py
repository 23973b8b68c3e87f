"""How the sandbox's music measures: what an engineer would look at first, for twelve genres and the same words.

`python -m bench.sound` prints a row for each genre. With a soundfont, `python -m bench.sound FILE.sf2`, the same notes
are also rendered by FluidSynth, and the difference between 2.5 and 5 kHz is shown.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import mido
import numpy as np
import pyloudnorm
from numpy.typing import NDArray

from songwright.sandbox import music

GENRES = (
    "pop", "rock", "metal", "folk", "jazz", "bossa nova", "house", "lo-fi", "hip-hop", "reggae", "cinematic", "ambient"
)  # fmt: skip
WORDS = """[Verse]
Stars are falling over the harbour tonight
I walk along the water holding the light
Every window is a candle that waits
Salt on the stone and the rust on the gates

[Chorus]
Oh, carry me over the sea
Carry the morning to me

[Bridge]
Nobody told me the tide would be slow

[Chorus]
Oh, carry me over the sea
Carry the morning to me
"""
SECONDS = 90.0
Samples = NDArray[np.float32]


def main(arguments: list[str]) -> int:
    """Print the table."""
    font = arguments[0] if arguments else None
    heads = ("LUFS", "range", "bite dB", "width", "DC dB", "bar", "tail s", "CPU s")
    print(f"{'genre':11}", *(f"{head:>8}" for head in heads))
    loud = []
    for genre in GENRES:
        song = music.compose(music.Brief(lyrics=WORDS, style=genre, title=genre, seconds=SECONDS, seed=11))
        began = time.process_time()
        sound = music.render(song).samples
        spent = time.process_time() - began
        level, spread = _loudness(sound)
        loud.append(level)
        bite = "" if font is None else f"{_bite(sound) - _bite(_rendered(song, font)):+.1f}"
        print(
            f"{genre:11} {level:8.1f} {spread:8.1f} {bite:>8} {_width(sound):8.2f} {_direct(song):8.0f} "
            f"{_commonest_bar(song):>8} {SECONDS - music.timeline(song)[-1].end:8.1f} {spent:8.2f}"
        )
    print(f"all within {max(loud) - min(loud):.1f} LU")
    return 0


def _loudness(sound: Samples) -> tuple[float, float]:
    """Integrated loudness, and the range between quiet and loud stretches of three seconds (EBU 3342)."""
    meter = pyloudnorm.Meter(music.RATE)
    return meter.integrated_loudness(sound), meter.loudness_range(sound)


def _bite(sound: Samples) -> float:
    """Decibels of the octave from 2.5 to 5 kHz under the whole."""
    mono = sound.mean(axis=1)
    power = np.abs(np.fft.rfft(mono)) ** 2
    hertz = np.fft.rfftfreq(len(mono), 1 / music.RATE)
    return float(10 * np.log10(power[(hertz >= 2500) & (hertz < 5000)].sum() / power[hertz > 30].sum()))


def _width(sound: Samples) -> float:
    """The sides' share: root mean square of the difference over that of the sum."""
    return float(np.sqrt(np.mean((sound[:, 0] - sound[:, 1]) ** 2) / np.mean((sound[:, 0] + sound[:, 1]) ** 2)))


def _direct(song: music.Score) -> float:
    """The direct current of the part that has most of it, in decibels below full scale."""
    worst = max(float(np.abs(audio.samples.mean(axis=0)).max()) for _, audio in music.stems(song, music.parts(song)))
    return 20 * float(np.log10(max(worst, 1e-6)))


def _commonest_bar(song: music.Score) -> str:
    """How many of the drummer's bars are the same to the step: the most frequent of all."""
    beat = 60 / music.bpm(song)[0]
    bars: dict[int, set[tuple[int, int]]] = {}
    for note in music.notes(song).get("drums", []):
        step = round(note.start / beat * 4)
        bars.setdefault(step // 16, set()).add((step % 16, note.pitch))
    if not bars:
        return "-"
    return f"{Counter(frozenset(bar) for bar in bars.values()).most_common(1)[0][1]}/{len(bars)}"


def _unmixed(score: bytes) -> bytes:
    """The score without its volumes and places, so that it is what any program makes of the notes."""
    file = mido.MidiFile(file=io.BytesIO(score), charset="utf-8")
    for track in file.tracks:
        waited = 0
        for message in list(track):
            message.time, waited = message.time + waited, 0
            if message.type == "control_change":
                waited = message.time
                track.remove(message)
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _rendered(song: music.Score, font: str) -> Samples:
    """The same notes as FluidSynth plays them."""
    program = shutil.which("fluidsynth")
    assert program is not None, "FluidSynth is not installed"
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder) / "song.mid", Path(folder) / "song.wav"
        score.write_bytes(_unmixed(music.midi(song)))
        subprocess.run(
            [program, "-ni", "-q", "-r", str(music.RATE), "-F", str(sound), font, str(score)],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return music.decode(sound.read_bytes()).samples


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
