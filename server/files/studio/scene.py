"""The pictures of a video: cover, title, waveform, and the words as they are sung.

A scene is asked for its picture from moment to moment, in order. Between two of them only what has changed is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from ...core.sung import SungLine
from . import backdrop
from .lettering import Letters, Row, Text, leftwards

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    from .backdrop import Colour, Pixels
    from .lettering import Mask

Kind = Literal["lyric", "karaoke"]
WHITE: Final[Colour] = (255, 255, 255)
SCROLL: Final = 0.4
"""Seconds that a line takes to come to its place, which it has when it begins."""
BREAK, COUNTED = 4.0, 3
"""Seconds of a break after which singers are told, and how many of them, until the next line begins."""
REST: Final = 2.5
"""Seconds without singing after which the line before them fades."""
_ROWS: Final = 3
"""Rows that a line may take before it is set in smaller letters."""
_SMALL: Final = 17
"""The size of what is there for who looks for it: the section, and who made the song."""
_BAR, _GAP = 4, 3
_NEXT, _PAST, _FAR = 0.5, 0.28, 0.16
"""How clearly lines are seen that are not sung now."""


class Box(NamedTuple):
    """A part of the picture, in pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Layout:
    """Where things are. All letters keep off the edges, which some screens and players hide."""

    width: int
    height: int
    cover: Box
    title: Box
    words: Box | None
    wave: Box
    title_size: int
    word_size: int
    centred: bool
    """Whether the words stand in the middle, and not at the side where they begin."""

    @property
    def cover_centred(self) -> bool:
        """Whether the cover, and so the title with it, stands in the middle."""
        return 2 * self.cover.x + self.cover.width == self.width


LAYOUTS: Mapping[str, Layout] = {
    "16:9": Layout(
        1280, 720, Box(80, 96, 380, 380), Box(80, 502, 380, 84), Box(524, 88, 676, 480), Box(80, 626, 1120, 48),
        30, 48, centred=False,
    ),
    "9:16": Layout(
        720, 1280, Box(180, 112, 360, 360), Box(60, 490, 600, 84), Box(56, 580, 608, 400), Box(84, 1026, 552, 52),
        32, 46, centred=True,
    ),
    "1:1": Layout(
        720, 720, Box(48, 48, 148, 148), Box(220, 74, 452, 96), Box(48, 216, 624, 372), Box(48, 622, 624, 44),
        30, 42, centred=True,
    ),
}  # fmt: skip
"""By the shape of the picture, as a person names it."""
WORDLESS: Mapping[str, Layout] = {
    "16:9": Layout(
        1280, 720, Box(440, 62, 400, 400), Box(160, 486, 960, 84), None, Box(160, 610, 960, 64), 34, 48, centred=True
    ),
    "9:16": Layout(
        720, 1280, Box(100, 220, 520, 520), Box(60, 776, 600, 100), None, Box(84, 930, 552, 120), 38, 46, centred=True
    ),
    "1:1": Layout(
        720, 720, Box(180, 56, 360, 360), Box(60, 440, 600, 84), None, Box(60, 586, 600, 76), 32, 42, centred=True
    ),
}
"""The same for a song without timed words."""


class _Line(NamedTuple):
    text: Text
    place: float
    """Of its middle, in a column of all lines."""
    start: float
    end: float
    scroll: float
    moments: tuple[tuple[float, float], ...]
    """When each word is sung."""
    section: str


class _Seen(NamedTuple):
    """How a line is seen at a moment."""

    number: int
    clear: int
    """In hundredths."""
    sung: int
    """How many hundredths of words."""
    wait: int
    """Seconds until it begins, where they are counted."""


class _State(NamedTuple):
    """Where the column of lines is, how those near its middle are seen, and the name of the section."""

    place: int
    lines: tuple[_Seen, ...]
    section: str


class Scene:
    """The pictures of one video."""

    def __init__(
        self, layout: Layout, kind: Kind, *, title: str, credit: str, cover: bytes | None, lines: Sequence[SungLine],
        levels: NDArray[float32], seconds: float,
    ) -> None:  # fmt: skip
        self.layout = layout
        self._kind = kind
        self._seconds = max(seconds, 0.001)
        sample = "".join([title, *(line.text for line in lines)])
        self._bold, self._plain = Letters(sample, 700), Letters(sample, 500)
        self._rightmost = leftwards(line.text for line in lines) if lines else leftwards([title])
        picture = backdrop.opened(cover, title)
        self._accent = backdrop.accent(picture)
        self._stage = backdrop.backdrop(picture, layout.width, layout.height)
        self._frame(picture, title, credit)
        self._levels, self._played = levels, 0
        for number in range(len(levels)):
            self._bar(number, WHITE, 0.3)
        self._lines = self._set(lines) if layout.words else []
        self._ground = self._stage.copy()
        self._shown: object = None
        self._section = ""

    @property
    def bars(self) -> int:
        """How many levels the waveform shows."""
        return bars(self.layout)

    def picture(self, at: float) -> tuple[Pixels, bool]:
        """The picture at a moment, and whether it differs from the one before. It is valid until the next call."""
        changed = False
        played = min(int(at / self._seconds * len(self._levels)) + 1, len(self._levels))
        for number in range(self._played, played):
            self._bar(number, self._accent, 1.0)
            changed = True
        self._played = max(played, self._played)
        if self._lines and (state := self._state(at)) != self._shown:
            self._shown, changed = state, True
            self._draw(state)
        return self._stage, changed

    # -- what stays -------------------------------------------------------------------------------------------------

    def _frame(self, picture: object, title: str, credit: str) -> None:
        layout, box = self.layout, self.layout.cover
        blur = max(box.width // 20, 6)
        dark = backdrop.shadow(box.width, blur)
        paint(self._stage, dark, (0, 0, 0), box.x - 2 * blur, box.y - 2 * blur + blur // 2)
        cover, shape = backdrop.rounded(picture, box.width, max(box.width // 28, 6))  # type: ignore[arg-type]
        place = self._stage[box.y : box.y + box.height, box.x : box.x + box.width]
        place[:] = (place + (cover.astype("int16") - place) * (shape[:, :, None] / 255.0)).astype("uint8")
        heading = self._bold.text([title], layout.title_size, layout.title.width)
        self._write(heading, layout.title, WHITE, 1.0)
        small = self._plain.text([credit], _SMALL, layout.wave.width // 2, rows=1)
        row = Box(layout.wave.x, layout.wave.y - 34, layout.wave.width, 24)
        self._write(small, row, WHITE, 0.55, left=layout.wave.x + layout.wave.width - small.width)

    def _write(self, text: Text, box: Box, colour: Colour, alpha: float, *, left: int | None = None) -> None:
        """Plain text at the top of a box."""
        for number, row in enumerate(text.rows):
            x = self._left(row, box, self.layout.cover_centred) if left is None else left
            _put(self._stage, row, x, box.y + round(text.leading * (number + 0.78)), colour, alpha)

    def _left(self, row: Row, box: Box, centred: bool) -> int:
        if centred:
            return box.x + (box.width - row.width) // 2
        return box.x + (box.width - row.width if self._rightmost else 0)

    def _bar(self, number: int, colour: Colour, alpha: float) -> None:
        from numpy import full, uint8

        box = self.layout.wave
        half = max(round(self._levels[number] * box.height / 2), 2)
        mask = full((2 * half, _BAR), 255, uint8)
        mask[[0, 0, -1, -1], [0, -1, 0, -1]] = 90
        paint(self._stage, mask, colour, box.x + number * (_BAR + _GAP), box.y + box.height // 2 - half, alpha)

    # -- words ------------------------------------------------------------------------------------------------------

    def _set(self, lines: Sequence[SungLine]) -> list[_Line]:
        """The lines as they are drawn, one below the other."""
        box = self.layout.words
        assert box is not None, "asked for by who has words"
        found, below, before = list[_Line](), 0.0, float("-inf")
        size = self._size(lines, box.width)
        for line in lines:
            text = self._bold.text(self._words(line), size, box.width, rows=_ROWS)
            if not text.rows:
                continue
            scroll = min(SCROLL, 0.45 * (line.start - before))
            moments = tuple((word.start, word.end) for word in line.words)
            middle = below + text.height / 2
            found.append(_Line(text, middle, line.start, line.end, max(scroll, 0.04), moments, line.section or ""))
            below, before = below + text.height + size * 0.7, line.start
        return found

    def _size(self, lines: Sequence[SungLine], width: int) -> int:
        """One size for all lines, unless that would make them small because of a few long ones."""
        full = self.layout.word_size
        needed = [self._bold.text(self._words(line), full, width, rows=_ROWS).size for line in lines]
        return max(min(needed, default=full), round(full * 0.75))

    def _words(self, line: SungLine) -> list[str]:
        return [word.text for word in line.words] if self._kind == "karaoke" else [line.text]

    def _state(self, at: float) -> _State:
        """All that decides how the words look at a moment."""
        lines = self._lines
        now = max(sum(line.start <= at for line in lines) - 1, 0)
        after = lines[now + 1] if now + 1 < len(lines) else None
        come = 0.0 if after is None else _eased((at - after.start + after.scroll) / after.scroll)
        place = lines[now].place + come * ((after.place if after else 0.0) - lines[now].place)
        first = lines[now]
        clear = _eased((at - first.start + first.scroll) / first.scroll) if at < first.start else 1 - come
        if after is None or after.start - first.end > REST:
            clear = min(clear, 1 - _eased((at - first.end - 0.5) / 0.6))
        rows = list[_Seen]()
        for number in range(max(now - 2, 0), min(now + 4, len(lines))):
            near = clear if number == now else come if number == now + 1 else 0.0
            rest = self._rest(number - now, come)
            clearly = round((rest + (1 - rest) * near) * 100)
            rows.append(_Seen(number, clearly, self._sung(lines[number], at), self._wait(number, at)))
        return _State(round(place), tuple(rows), first.section if at >= first.start - first.scroll else "")

    def _wait(self, number: int, at: float) -> int:
        """How many seconds singers are told to wait for a line that comes after a break."""
        line = self._lines[number]
        pause = line.start - (self._lines[number - 1].end if number else 0.0)
        wait = ceil(line.start - at)
        return wait if self._kind == "karaoke" and pause >= BREAK and 1 <= wait <= COUNTED else 0

    @staticmethod
    def _rest(distance: int, come: float) -> float:
        """How clearly a line is seen that is so many lines below the one before the next."""
        here, there = (
            _PAST if d < 0 else _NEXT if d in (0, 1) else _NEXT * 0.7 if d == 2 else _FAR
            for d in (distance, distance - 1)
        )
        return (here + (there - here) * come) if abs(distance) < 2 else _FAR if distance < 0 else here

    def _sung(self, line: _Line, at: float) -> int:
        """How far a line is sung, in hundredths of a word; nothing is filled in where only lines are shown."""
        if self._kind == "lyric":
            return 0
        share = sum(min(max((at - start) / max(end - start, 0.05), 0.0), 1.0) for start, end in line.moments)
        return round(share * 100)

    def _draw(self, state: _State) -> None:
        box = self.layout.words
        assert box is not None, "asked for by who has words"
        self._restore(box)
        canvas = self._stage[box.y : box.y + box.height, box.x : box.x + box.width]
        inner = Box(0, 0, box.width, box.height)
        for seen in state.lines:
            line, sung = self._lines[seen.number], seen.sung
            top = box.height / 2 + line.place - state.place - line.text.height / 2
            if top + line.text.height < 0 or top > box.height:
                continue
            alpha = seen.clear / 100
            if seen.wait:
                row = line.text.rows[0]
                x = self._left(row, inner, self.layout.centred) + (row.width if self._rightmost else 0)
                self._dots(canvas, seen.wait, x, round(top))
            for index, row in enumerate(line.text.rows):
                x, y = self._left(row, inner, self.layout.centred), round(top + line.text.leading * (index + 0.78))
                if sung:
                    self._fill(canvas, row, x, y, alpha, sung / 100)
                else:
                    _put(canvas, row, x, y, WHITE, alpha)
        self._fade(box)
        if (section := state.section) != self._section:
            self._section = section
            label = Box(self.layout.wave.x, self.layout.wave.y - 34, self.layout.wave.width // 2, 30)
            self._restore(label)
            text = self._plain.text([section], _SMALL, label.width, rows=1)
            self._write(text, label, self._accent, 0.9, left=label.x)

    def _dots(self, canvas: Pixels, count: int, x: int, y: int) -> None:
        """One for each second until the line below them begins."""
        from numpy import hypot, mgrid

        radius = self.layout.word_size // 8
        rows, columns = mgrid[-radius : radius + 1, -radius : radius + 1]
        mask = ((radius + 0.5 - hypot(rows, columns)).clip(0, 1) * 255).astype("uint8")
        step = -4 * radius if self._rightmost else 4 * radius
        for number in range(count):
            paint(canvas, mask, self._accent, x + number * step - (2 * radius if step < 0 else 0), y - 3 * radius)

    def _fill(self, canvas: Pixels, row: Row, x: int, y: int, alpha: float, sung: float) -> None:
        """A row whose words are sung so far, the last one in part."""
        for piece in row.pieces:
            share = min(max(sung - piece.word, 0.0), 1.0)
            wide = piece.mask.shape[1]
            cut = round(share * wide)
            done = piece.mask[:, wide - cut :] if piece.leftwards else piece.mask[:, :cut]
            open_ = piece.mask[:, : wide - cut] if piece.leftwards else piece.mask[:, cut:]
            ahead, behind = (wide - cut, 0) if piece.leftwards else (0, cut)
            paint(canvas, done, self._accent, x + piece.left + ahead, y + piece.top, alpha)
            paint(canvas, open_, WHITE, x + piece.left + behind, y + piece.top, alpha)

    def _fade(self, box: Box) -> None:
        """Towards the upper and lower edge the words vanish, so that none is seen to be cut."""
        from numpy import linspace

        depth, columns = self.layout.word_size, slice(box.x, box.x + box.width)
        share = linspace(0, 1, depth, dtype="float32")[:, None, None]
        for edge, clear in ((box.y, share), (box.y + box.height - depth, share[::-1])):
            rows = slice(edge, edge + depth)
            ground, place = self._ground[rows, columns], self._stage[rows, columns]
            place[:] = (ground + (place.astype("float32") - ground) * clear + 0.5).astype("uint8")

    def _restore(self, box: Box) -> None:
        rows, columns = slice(box.y, box.y + box.height), slice(box.x, box.x + box.width)
        self._stage[rows, columns] = self._ground[rows, columns]


def bars(layout: Layout) -> int:
    """How many levels a waveform shows."""
    return (layout.wave.width + _GAP) // (_BAR + _GAP)


def paint(canvas: Pixels, mask: Mask, colour: Colour, x: int, y: int, alpha: float = 1.0) -> None:
    """Lay a colour over the canvas as far as a mask covers it; what lies outside of the canvas is left out."""
    from numpy import asarray, float32

    height, width = canvas.shape[:2]
    top, left = max(-y, 0), max(-x, 0)
    part = mask[top : max(height - y, 0), left : max(width - x, 0)]
    if not part.size or alpha <= 0:
        return
    place = canvas[y + top : y + top + part.shape[0], x + left : x + left + part.shape[1]]
    cover = part[:, :, None].astype(float32) * float32(alpha / 255)
    place[:] = (place + (asarray(colour, float32) - place) * cover + float32(0.5)).astype("uint8")


def _put(canvas: Pixels, row: Row, x: int, y: int, colour: Colour, alpha: float) -> None:
    for piece in row.pieces:
        paint(canvas, piece.mask, colour, x + piece.left, y + piece.top, alpha)


def _eased(share: float) -> float:
    """From 0 to 1, slowly at both ends."""
    bound = min(max(share, 0.0), 1.0)
    return bound * bound * (3 - 2 * bound)
