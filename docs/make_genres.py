"""Draw the pictures of docs/genres.md: the same words in six styles, as the sandbox sings and plays them.

Run `python docs/make_genres.py` after a change to the sandbox's music; the pictures land in docs/genres/.

`python docs/make_genres.py --listen FOLDER` renders twelve genres there instead, with a page that plays them. With
`--old FOLDER`, a folder that an earlier version has filled in the same way, the page has both side by side.
"""

from __future__ import annotations

import argparse
import html
import os
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
LISTEN = (
    "pop", "rock", "metal", "folk", "jazz", "bossa nova", "house", "lo-fi", "hip-hop", "reggae", "cinematic", "ambient"
)  # fmt: skip
LISTEN_SECONDS = 45.0
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Twelve genres</title>
<style>body {{ font: 16px system-ui; max-width: 60em; margin: 2em auto; padding: 0 1em }} td, th {{ padding: .4em 1em;
text-align: left }}</style>
<h1>The same words in twelve genres</h1>
<table>{rows}</table>
</html>
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


def listen(folder: Path, old: Path | None) -> None:
    """Render the genres into `folder`, with a page that plays them, beside those in `old` if there are any."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["<tr><th></th><th>now</th>" + ("<th>before</th>" if old else "") + "</tr>"]
    for style in LISTEN:
        song = music.compose(music.Brief(lyrics=WORDS, style=style, title=style, seconds=LISTEN_SECONDS, seed=11))
        name = f"{style.replace(' ', '-')}.mp3"
        (folder / name).write_bytes(music.encode(music.render(song), "mp3"))
        sources = [name]
        if old is not None and (old / name).exists():
            sources.append(os.path.relpath(old / name, folder))
        players = "".join(
            f'<td><audio controls preload="none" src="{html.escape(source)}"></audio></td>' for source in sources
        )
        rows.append(f"<tr><th>{html.escape(style)}</th>{players}</tr>")
    (folder / "index.html").write_text(PAGE.format(rows="\n".join(rows)), encoding="utf-8")


def main() -> None:
    """Write one picture per style, or a page to listen to."""
    parser = argparse.ArgumentParser(description="What the sandbox plays, to be seen or heard.")
    parser.add_argument("--listen", type=Path, metavar="FOLDER", help="render twelve genres and a page there")
    parser.add_argument("--old", type=Path, metavar="FOLDER", help="renderings of an earlier version for that page")
    asked = parser.parse_args()
    if asked.listen is not None:
        listen(asked.listen, asked.old)
        return
    folder = Path(__file__).parent / "genres"
    folder.mkdir(exist_ok=True)
    for style in STYLES:
        picture(style).save(folder / f"{style}.jpg", quality=80)


if __name__ == "__main__":
    main()
