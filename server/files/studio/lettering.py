"""Text as shapes, in every script: which font has a letter, in which order and form letters stand, and their pixels.

HarfBuzz joins, stacks and draws the letters; the order of mixed directions is that of Unicode's bidirectional
algorithm. The fonts are Noto's. `uharfbuzz`, `bidi` and `numpy` are imported inside the functions: see `needed`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from numpy import uint8
    from numpy.typing import NDArray

    Mask: TypeAlias = NDArray[uint8]

PACKAGES: Final = ("uharfbuzz", "bidi", "manimgx_fonts", "manimgx_fonts_cjk")
"""What this module needs, besides numpy."""
_UNIT: Final = 64
"""HarfBuzz counts whole numbers, so a pixel has this many parts."""
_LAST: Final = ("NotoSansSymbols[wght].ttf", "NotoEmoji[wght].ttf")
"""Fonts that draw letters of others too, and less well."""
_CJK_FACES: Final = {"ja": 0, "ko": 1, "zh": 2}
"""Where each language's forms of the shared characters are in the font file."""
_NO_BREAK_BEFORE: Final = frozenset(
    "、。，．・：；？！）］｝」』】〉》〕’”ー々ゝゞ…‥%,.!?:;)]}っゃゅょぁぃぅぇぉッャュョァィゥェォ"
)
_NO_BREAK_AFTER: Final = frozenset("（［｛「『【〈《〔‘“([{")


class Piece(NamedTuple):
    """What is drawn of one word in a row: coverage of pixels, and where its corner lies from the row's left end."""

    word: int
    mask: Mask
    left: int
    top: int
    """Above the baseline where negative."""
    leftwards: bool
    """Whether it is read from right to left."""


@dataclass(frozen=True)
class Row:
    """One line of letters as it is drawn."""

    pieces: tuple[Piece, ...]
    width: int


@dataclass(frozen=True)
class Text:
    """Letters in rows, of one size."""

    rows: tuple[Row, ...]
    size: int
    leading: int
    """From one baseline to the next."""

    @property
    def width(self) -> int:
        """Of the widest row."""
        return max((row.width for row in self.rows), default=0)

    @property
    def height(self) -> int:
        """Of all rows."""
        return len(self.rows) * self.leading


class _Glyph(NamedTuple):
    font: int
    glyph: int
    x: float
    y: float
    at: int
    """The letter, by its place in the text, that it belongs to."""
    advance: float
    leftwards: bool


@dataclass
class Letters:
    """Fonts at one weight, for texts that are mainly in the language of a sample of them."""

    sample: str = ""
    weight: int = 600
    _fonts: dict[tuple[int, int], Any] = field(default_factory=dict)
    _of: dict[str, int] = field(default_factory=dict)

    def text(self, words: Sequence[str], size: int, width: int, *, rows: int = 2, smallest: int = 16) -> Text:
        """Words, with the blanks between them, in at most so many rows of this width; smaller where they are long."""
        while True:
            made = [self._row(words, part, size) for part in self._parted(words, size, width)]
            fits = len(made) <= rows and all(row.width <= width for row in made)
            if fits or size <= smallest:
                return Text(tuple(made[:rows]), size, round(size * 1.32))
            size = max(int(size * 0.92), smallest)

    def knows(self, letter: str) -> bool:
        """Whether any font has it."""
        return self._find(letter) is not None

    # -- rows -------------------------------------------------------------------------------------------------------

    def _parted(self, words: Sequence[str], size: int, width: int) -> list[tuple[int, int]]:
        """Rows of about equal width, as stretches of the text; a stretch without a place to break stays whole."""
        text, beginnings = "".join(words), {0, *accumulate(map(len, words))}
        start, end = len(text) - len(text.lstrip()), len(text.rstrip())
        if start >= end:
            return []
        whole = self._measured(text, start, end, size)
        if whole <= width:
            return [(start, end)]
        wanted = whole / -(-whole // width) * 1.06
        rows, begin, latest = list[tuple[int, int]](), start, start
        places = [place for place in _breaks(text) if start < place < end]
        for at in [*([place for place in places if place in beginnings] or places), end]:
            taken = self._measured(text, begin, at, size)
            # The last row may be fuller than the others, but not fuller than there is room for.
            if latest > begin and taken > (width if at == end else min(wanted, width)):
                rows.append((begin, latest))
                begin = latest
            latest = at
        return [*rows, (begin, end)]

    def _measured(self, text: str, start: int, end: int, size: int) -> float:
        return sum(glyph.advance for glyph in self._shaped(text, start, len(text[:end].rstrip()), size))

    def _row(self, words: Sequence[str], part: tuple[int, int], size: int) -> Row:
        """The pixels of a stretch, word by word."""
        text, owners = "".join(words), [number for number, word in enumerate(words) for _ in word]
        glyphs = self._shaped(text, part[0], len(text[: part[1]].rstrip()), size)
        x, by_word = 0.0, dict[int, list[tuple[_Glyph, float]]]()
        for glyph in glyphs:
            by_word.setdefault(owners[glyph.at], []).append((glyph, x))
            x += glyph.advance
        pieces = (self._drawn(word, placed, size) for word, placed in by_word.items())
        return Row(tuple(piece for piece in pieces if piece is not None), round(x))

    def _drawn(self, word: int, placed: Sequence[tuple[_Glyph, float]], size: int) -> Piece | None:
        import uharfbuzz
        from numpy import frombuffer, uint8

        canvas = uharfbuzz.RasterDraw()
        for glyph, x in placed:
            canvas.transform = (1 / _UNIT, 0, 0, 1 / _UNIT, x + glyph.x, glyph.y)
            canvas.draw_glyph(self._font(glyph.font, size), glyph.glyph)
        image = canvas.render()
        if image is None or not image.extents.width or not image.extents.height:
            return None
        box = image.extents
        rows = frombuffer(image.buffer, uint8).reshape(box.height, box.stride)
        # Its rows go upwards, ours downwards.
        mask = rows[::-1, : box.width].copy()
        return Piece(word, mask, box.x_origin, -(box.y_origin + box.height), placed[0][0].leftwards)

    # -- letters ----------------------------------------------------------------------------------------------------

    def _shaped(self, text: str, start: int, end: int, size: int) -> list[_Glyph]:
        """The glyphs of a stretch, in the order in which they stand from left to right."""
        levels = _levels(text)[start:end]
        runs = [(start + a, start + b, level) for a, b, level in _alike(levels)]
        glyphs = list[_Glyph]()
        for first, last, level in _visual(runs):
            spans = [(first + a, first + b, font) for a, b, font in _alike(self._fonts_of(text[first:last]))]
            for a, b, font in reversed(spans) if level % 2 else spans:
                glyphs += self._joined(text, a, b, font, bool(level % 2), size)
        return glyphs

    def _joined(self, text: str, start: int, end: int, font: int, leftwards: bool, size: int) -> Iterator[_Glyph]:
        import uharfbuzz

        buffer = uharfbuzz.Buffer()
        buffer.add_codepoints([ord(letter) for letter in text], start, end - start)
        buffer.direction = "rtl" if leftwards else "ltr"
        buffer.language = self.language
        buffer.guess_segment_properties()
        uharfbuzz.shape(self._font(font, size), buffer)
        for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            yield _Glyph(
                font, info.codepoint, place.x_offset / _UNIT, place.y_offset / _UNIT, info.cluster,
                place.x_advance / _UNIT, leftwards,
            )  # fmt: skip

    # -- fonts ------------------------------------------------------------------------------------------------------

    @cached_property
    def language(self) -> str:
        """Whose forms of shared characters are used."""
        if any("\u3041" <= letter <= "\u30ff" for letter in self.sample):
            return "ja"
        if any("\u1100" <= letter <= "\u11ff" or "\uac00" <= letter <= "\ud7a3" for letter in self.sample):
            return "ko"
        return "zh" if any("\u4e00" <= letter <= "\u9fff" for letter in self.sample) else "en"

    @cached_property
    def _faces(self) -> list[Any]:
        """Every font, the better first."""
        import uharfbuzz

        place = files("manimgx_fonts")
        names = sorted(entry.name for entry in place.iterdir() if entry.name.startswith("NotoSans"))
        plain = [name for name in names if "Italic" not in name and name not in _LAST]
        plain.sort(key=lambda name: name != "NotoSans[wght].ttf")
        faces = [uharfbuzz.Face(_blob(place.joinpath(name))) for name in plain]
        cjk = _blob(files("manimgx_fonts_cjk").joinpath("NotoSansCJK-VF.otf.ttc"))
        faces.append(uharfbuzz.Face(cjk, _CJK_FACES.get(self.language, _CJK_FACES["zh"])))
        return faces + [uharfbuzz.Face(_blob(place.joinpath(name))) for name in _LAST]

    def _font(self, number: int, size: int) -> Any:
        import uharfbuzz

        if (font := self._fonts.get((number, size))) is None:
            font = self._fonts[number, size] = uharfbuzz.Font(self._faces[number])
            font.set_variations({"wght": self.weight})
            font.scale = (size * _UNIT, size * _UNIT)
        return font

    def _fonts_of(self, text: str) -> list[int]:
        """A font for each letter. Marks, and what every script shares, stay with the letter before them."""
        found = list[int]()
        for letter in text:
            before = found[-1] if found else None
            shared = _clings(letter) or not unicodedata.category(letter).startswith("L")
            lent = before is not None and before < len(self._faces) - len(_LAST)  # a blank of the emoji font is wide
            if before is not None and (_clings(letter) or (shared and lent and self._has(before, letter))):
                found.append(before)
            else:
                found.append(self._find(letter) or 0)
        return found

    def _find(self, letter: str) -> int | None:
        if letter not in self._of:
            having = (number for number in range(len(self._faces)) if self._has(number, letter))
            self._of[letter] = next(having, -1)
        return None if self._of[letter] < 0 else self._of[letter]

    def _has(self, number: int, letter: str) -> bool:
        return bool(self._font(number, 16).get_nominal_glyph(ord(letter)))


def _blob(place: Any) -> Any:
    import uharfbuzz

    # Fonts of an installed package are files, which need not be read as a whole.
    return uharfbuzz.Blob.from_file_path(str(place)) if isinstance(place, Path) else uharfbuzz.Blob(place.read_bytes())


def _clings(letter: str) -> bool:
    """Whether it is a part of what stands before it: an accent, a joiner, a variant of an emoji."""
    return unicodedata.category(letter) in ("Mn", "Mc", "Me", "Cf") or "\U0001f3fb" <= letter <= "\U0001f3ff"


def _breaks(text: str) -> Iterator[int]:
    """Places at which a new row may begin."""
    for at in range(1, len(text)):
        before, letter = text[at - 1], text[at]
        apart = before.isspace() and not letter.isspace()
        dense = _is_cjk(before) and _is_cjk(letter)
        if apart or (dense and letter not in _NO_BREAK_BEFORE and before not in _NO_BREAK_AFTER):
            yield at


def _is_cjk(letter: str) -> bool:
    return "\u2e80" <= letter <= "\u9fff" or "\uf900" <= letter <= "\ufaff" or "\uff00" <= letter <= "\uffef"


def _alike(values: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Stretches of equal values: beginning, end, value."""
    begin = 0
    for at in range(1, len(values) + 1):
        if at == len(values) or values[at] != values[begin]:
            yield begin, at, values[begin]
            begin = at


def _visual(runs: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Runs of one direction each, in the order in which they stand: rule L2 of the bidirectional algorithm."""
    ordered = list(runs)
    levels = {level for _, _, level in runs}
    for level in range(max(levels, default=0), min((each for each in levels if each % 2), default=1) - 1, -1):
        at = 0
        while at < len(ordered):
            end = at
            while end < len(ordered) and ordered[end][2] >= level:
                end += 1
            ordered[at:end] = ordered[at:end][::-1]
            at = max(end, at + 1)
    return ordered


def _levels(text: str) -> list[int]:
    """The embedding level of each letter; even ones are read from left to right."""
    from bidi import algorithm

    if not any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in text):
        return [0] * len(text)
    storage: Any = algorithm.get_empty_storage()
    base = algorithm.get_base_level(text)
    storage["base_level"], storage["base_dir"] = base, ("L", "R")[base]
    algorithm.get_embedding_levels(text, storage)
    for at, letter in enumerate(storage["chars"]):
        letter["at"] = at
    for step in (
        algorithm.explicit_embed_and_overrides, algorithm.resolve_weak_types, algorithm.resolve_neutral_types,
        algorithm.resolve_implicit_levels,
    ):  # fmt: skip
        step(storage, False)
    known: dict[int, int] = {letter["at"]: letter["level"] for letter in storage["chars"]}
    levels, latest = list[int](), base
    for at in range(len(text)):
        latest = known.get(at, latest)  # joiners take no part and go with the letter before them
        levels.append(latest)
    return levels


def leftwards(texts: Iterable[str]) -> bool:
    """Whether texts are mainly read from right to left."""
    kinds = [unicodedata.bidirectional(letter) for text in texts for letter in text]
    return sum(kind in ("R", "AL") for kind in kinds) > sum(kind == "L" for kind in kinds)
