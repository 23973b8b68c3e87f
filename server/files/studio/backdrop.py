"""What a video stands on: the cover, blurred and darkened, and a colour of it that can be read on it."""

from __future__ import annotations

import colorsys
import zlib
from typing import TYPE_CHECKING, Final, TypeAlias

from . import pictures

if TYPE_CHECKING:
    from numpy import uint8
    from numpy.typing import NDArray
    from PIL.Image import Image

    Pixels: TypeAlias = NDArray[uint8]

Colour = tuple[int, int, int]
_PALETTE: Final = 12
_DARK: Final = 0.36
_LIGHT, _PALEST = 0.36, 0.36


def opened(data: bytes | None, title: str) -> Image:
    """The cover as a square; where there is none, or none that can be read, a plain one in a colour of the title's."""
    from PIL import Image, ImageOps

    if data is not None and (picture := pictures.opened(data)) is not None:
        side = max(min(*picture.size, 1200), 64)
        return ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)
    hue = (zlib.crc32(title.encode()) % 360) / 360
    ramp = Image.linear_gradient("L").resize((600, 600)).rotate(30, expand=False, fillcolor=128)
    return ImageOps.colorize(ramp, _rgb(hue, 0.75, 0.28), _rgb((hue + 0.09) % 1, 0.7, 0.85))


def backdrop(cover: Image, width: int, height: int) -> Pixels:
    """The cover over the whole picture, out of focus, and dark enough for white letters."""
    from numpy import asarray, clip, float32, linspace, random, uint8
    from PIL import Image, ImageFilter, ImageOps

    small = ImageOps.fit(cover, (max(width // 8, 1), max(height // 8, 1)), Image.Resampling.BOX)
    soft = small.filter(ImageFilter.GaussianBlur(9)).resize((width, height), Image.Resampling.BICUBIC)
    pixels = asarray(soft, float32)
    # A bright cover is darkened more, so that letters are read as well on it as on a dark one.
    share = _DARK * min(1.0, 110 / max(float(pixels.mean()), 1.0))
    pixels = pixels * (share * linspace(1.12, 0.72, height, dtype=float32)[:, None, None])
    # A little noise, always the same, keeps soft colours from turning into visible steps.
    grain = random.default_rng(7).uniform(-1.5, 1.5, (height, width, 1))
    return clip(pixels + grain, 0, 255).astype(uint8)


def accent(cover: Image) -> Colour:
    """The cover's liveliest colour, light enough to be read on its backdrop."""
    from PIL import Image

    palette = cover.resize((96, 96), Image.Resampling.BOX).quantize(_PALETTE).convert("RGB").getcolors(96 * 96) or []
    best = max(palette, key=lambda found: _lively(found[0], found[1]), default=(0, (255, 196, 84)))[1]
    hue, saturation, _ = colorsys.rgb_to_hsv(*(part / 255 for part in _triple(best)))
    if saturation < 0.18:
        return 255, 196, 84  # a grey cover has no colour to take
    saturation = min(max(saturation, 0.5), 0.72)
    # Paler until it is light enough, but never so pale that it could be taken for white.
    while _luminance(colour := _rgb(hue, saturation, 1.0)) < _LIGHT and saturation > _PALEST:
        saturation -= 0.03
    return colour


def rounded(cover: Image, side: int, radius: int) -> tuple[Pixels, Pixels]:
    """The cover at its size, and the coverage of its rounded square."""
    from numpy import asarray
    from PIL import Image, ImageDraw

    shape = Image.new("L", (side * 4, side * 4))
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, side * 4 - 1, side * 4 - 1), radius * 4, fill=255)
    mask = shape.resize((side, side), Image.Resampling.LANCZOS)
    return asarray(cover.resize((side, side), Image.Resampling.LANCZOS)), asarray(mask)


def shadow(side: int, blur: int) -> Pixels:
    """Coverage of the soft shadow of a square, wider than it by twice the blur on each side."""
    from numpy import asarray
    from PIL import Image, ImageFilter

    field = Image.new("L", (side + 4 * blur, side + 4 * blur))
    field.paste(150, (2 * blur, 2 * blur, 2 * blur + side, 2 * blur + side))
    return asarray(field.filter(ImageFilter.GaussianBlur(blur)))


def _lively(count: int, colour: object) -> float:
    red, green, blue = _triple(colour)
    _, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
    return float(saturation**1.5 * value * count**0.35)


def _triple(colour: object) -> Colour:
    assert isinstance(colour, tuple)
    return colour[0], colour[1], colour[2]


def _rgb(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _luminance(colour: Colour) -> float:
    red, green, blue = (part / 255 for part in colour)
    return float(0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2)
