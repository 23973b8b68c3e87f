"""Draw the pictures of docs/genres.md: the same words in six styles, as the sandbox sings and plays them.

Run `python docs/make_genres.py` after a change to the sandbox's music; the pictures land in docs/genres/.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from songwright.sandbox import music  # noqa: TID251  # a script beside the package, not in it

WORDS = """[Verse]
Stars are falling over the harbour tonight
I walk along the water holding the light

[Chorus]
Oh, carry me over the sea
Carry the morning to me
"""
STYLES = ("folk", "jazz", "reggae", "house", "metal", "ambient")
WIDTH, HEIGHT = 900, 300
LOWEST, HIGHEST = 45.0, 10_000.0
SECONDS = 12.0
WINDOW = 4096


def spectrogram(samples: np.ndarray) -> Image.Image:
    """Return a picture of mono samples: time to the right, pitch upwards (logarithmic), loudness as light."""
    hop = (len(samples) - WINDOW) // WIDTH
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::hop][:WIDTH]
    size = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), axis=1))
    hertz = np.geomspace(LOWEST, HIGHEST, HEIGHT)
    rows = np.stack([np.interp(hertz, np.fft.rfftfreq(WINDOW, 1 / music.RATE), frame) for frame in size])
    light = np.clip((20 * np.log10(rows + 1e-4) + 28) / 72, 0, 1).T[::-1]
    colours = np.stack([light**0.75, light**1.7, 0.18 + 0.35 * light * (1 - light)], axis=-1)
    return Image.fromarray((np.clip(colours, 0, 1) * 255).astype(np.uint8))


def picture(style: str) -> Image.Image:
    """Return the labelled spectrogram of the middle of a song in `style`."""
    song = music.compose(music.Brief(lyrics=WORDS, style=style, title=style, seconds=36, seed=11))
    samples = music.render(music.window(song, 8, 8 + SECONDS)).samples.mean(axis=1)
    image = spectrogram(samples)
    draw = ImageDraw.Draw(image)
    low, _, high = music.bpm(song)
    tempo = f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
    label = f"{style}: {tempo} BPM, {song.key}; {', '.join(music.parts(song))}"
    draw.rectangle((0, 0, WIDTH, 20), fill=(0, 0, 30))
    draw.text((6, 3), label, font=ImageFont.load_default(13), fill=(255, 255, 255))
    return image


def main() -> None:
    """Write one picture per style."""
    folder = Path(__file__).parent / "genres"
    folder.mkdir(exist_ok=True)
    for style in STYLES:
        picture(style).save(folder / f"{style}.jpg", quality=80)


if __name__ == "__main__":
    main()
