"""Cover pictures: the song's own loudness and colours of its key."""

from __future__ import annotations

import colorsys
import io
import math
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from .dice import dice
from .report import notes
from .score import Score

_LINES: Final = 28
_COLUMNS: Final = 72


def cover_art(score: Score, title: str, size: int = 512) -> bytes:
    """Return a small square JPEG: the song drawn as a landscape of its notes, and its title where it can be written."""
    main = score.main
    hue = main.tonic * 7 % 12 / 12
    chance = dice("cover", score.title, title, main.tempo, main.tonic)
    dark = main.mode == "minor"
    sky = colorsys.hls_to_rgb(hue, 0.16 if dark else 0.3, 0.55)
    ground = colorsys.hls_to_rgb((hue + 0.12 + 0.2 * float(chance.random())) % 1, 0.42 if dark else 0.68, 0.6)
    picture = Image.new("RGB", (size, size))
    draw = ImageDraw.Draw(picture)
    for y in range(size):
        draw.line([(0, y), (size, y)], fill=_mixed(sky, ground, (y / size) ** 1.4))
    _sun(draw, size, hue, float(chance.uniform(0.25, 0.75)), low=dark)
    _landscape(draw, _density(score), size, sky, hue)
    _write(draw, " ".join(title.split()), size)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=82)
    return file.getvalue()


def _mixed(a: tuple[float, ...], b: tuple[float, ...], share: float) -> tuple[int, int, int]:
    red, green, blue = (round(255 * (x + (y - x) * share)) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _density(score: Score) -> list[list[float]]:
    """Return, for every line of the landscape, how much is played over the song's time."""
    rows = [[0.0] * _COLUMNS for _ in range(_LINES)]
    for order, played in enumerate(notes(score).values()):
        for note in played:
            row = (note.pitch + order * 3) % _LINES
            column = min(_COLUMNS - 1, int(note.start / max(score.seconds, 0.1) * _COLUMNS))
            rows[row][column] += note.velocity
    loudest = max((max(row) for row in rows), default=0.0) or 1.0
    return [[value / loudest for value in row] for row in rows]


def _landscape(
    draw: ImageDraw.ImageDraw, rows: list[list[float]], size: int, sky: tuple[float, ...], hue: float
) -> None:
    """Draw the rows as ridges, one before the other."""
    for order, row in enumerate(rows):
        base = size * (0.34 + 0.56 * order / len(rows))
        points = [(0.0, base)]
        for step in range(size // 4 + 1):
            at = step / (size / 4) * (len(row) - 1)
            left = min(int(at), len(row) - 2)
            part = (1 - math.cos((at - left) * math.pi)) / 2
            height = row[left] + (row[left + 1] - row[left]) * part
            edge = math.sin(math.pi * step / (size / 4)) ** 1.5
            points.append((step * 4.0, base - height**0.6 * edge * size * 0.13))
        fill = _mixed(sky, colorsys.hls_to_rgb(hue, 0.1, 0.4), order / len(rows))
        light = _mixed(colorsys.hls_to_rgb((hue + 0.08) % 1, 0.85, 0.7), sky, 0.15 + 0.4 * order / len(rows))
        draw.polygon([*points, (size, base + size * 0.03), (0, base + size * 0.03)], fill=fill)
        draw.line(points, fill=light, width=max(1, size // 300))


def _sun(draw: ImageDraw.ImageDraw, size: int, hue: float, at: float, *, low: bool) -> None:
    radius = size * (0.09 if low else 0.13)
    x, y = size * at, size * 0.24
    colour = _mixed(colorsys.hls_to_rgb((hue + 0.1) % 1, 0.88, 0.75), (1, 1, 1), 0.2)
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)


def _write(draw: ImageDraw.ImageDraw, title: str, size: int) -> None:
    """Write the title in the font Pillow carries; it knows Latin letters only, so other titles stay a picture."""
    if not title or sum(ord(char) < 0x250 for char in title) < 0.8 * len(title):
        return
    text = title if len(title) <= 42 else title[:41].rstrip() + "…"
    for points in range(size // 11, size // 40, -2):
        font = ImageFont.load_default(points)
        if draw.textlength(text, font=font) <= size * 0.88:
            break
    draw.text((size * 0.06 + 1, size * 0.9 + 1), text, font=font, fill=(0, 0, 0), anchor="lm")
    draw.text((size * 0.06, size * 0.9), text, font=font, fill=(255, 255, 255), anchor="lm")
