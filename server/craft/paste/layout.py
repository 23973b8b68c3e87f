"""The layout of the text: all on one line, or spaces between all characters."""

import re
from statistics import median

from .headings import opens_section, read_heading
from .rows import Row, Rows, Seen

_LONG_ENOUGH = 160
"""Characters; a shorter text on one line may be one line. Chinese and Japanese say as much in a third of them."""
_LONGEST = 12_000
_TAG = re.compile(r"\[[^\[\]]{2,60}\]")
_SLASH = re.compile(r"\s+//+\s+|\s+\|\|\s+")
_STROKE = re.compile(r"\s+[/|•·]\s+|\s*／\s*")
_GLUED = re.compile(r"(?<=[a-zà-ÿа-яёіїєґ'’.,!?…])(?=[A-ZÀ-ÞА-ЯЁІЇЄҐ][a-zà-ÿа-яё'’ ])(?<![A-Z]\.)")
_SENTENCE = re.compile(r"(?<=[.!?…;])[\"”»']?\s+(?=\S)|(?<=[。！？；])\s*(?=\S)")
_CAPITAL = re.compile(r"(?:(?<=[^\W\d_A-ZА-Я])|(?<=[,;]))\s+(?=[A-ZÀ-ÞА-ЯЁІЇЄҐ¿¡][^\W\d_]*[’'a-zà-ÿа-яёіїєґ ])")
_COMMA = re.compile(r"(?<=[,，、])\s*(?=\S)")
_HAN = r"[\u3400-\u9fff\u3040-\u30ff]"
_SET_APART = re.compile(rf"(?<={_HAN}) (?={_HAN})")
_PAIR = re.compile(rf"{_HAN}(?={_HAN})")
_ALSO_PUNCTUATION = re.compile(
    r"(?<=[\u3400-\u9fff\u3040-\u30ff，。！？、；：]) (?=[\u3400-\u9fff\u3040-\u30ff，。！？、；：])"
)
_ENOUGH_PAIRS = 8
_ENOUGH_STROKES = 3
_SHORT, _LONG = 3, 12  # words of a line


def struck(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Lines of verse in one row with slashes between them."""
    strokes = [row for row in rows if len(row.text) <= _LONGEST and " / " in row.text]
    few = sum(row.text.count(" / ") for row in strokes) < 3
    if few and (len(strokes) < 2 or any(_is_line(row) for row in rows if row not in strokes)):
        return rows, []
    if len(rows) == len(strokes) == 1:
        return rows, []
    halves = [part for row in strokes for part in row.text.split(" / ")]
    if sum(len(part.split()) == 1 and not _cjk(part) for part in halves) * 4 > len(halves):
        return rows, []  # "Left / right, left / right" is sung
    out: Rows = []
    for row in rows:
        parts = [part.strip() for part in re.split(r"\s+/{1,2}\s+", row.text)] if row in strokes else [row.text]
        out += [Row(row.number, part) for part in parts if part or row.blank]
    why = "The lines are in one row with slashes between them; an engine does not read those as line breaks."
    return out, [Seen("lines in one row", why, strokes[0].number, "F10", "warn")]


def _is_line(row: Row) -> bool:
    """Whether a row would be sung: it does not name a section."""
    return not row.blank and not row.bracketed and read_heading(row.text) is None


def joined_characters(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Chinese and Japanese with a space between all characters; spaces between words stay."""
    text = "\n".join(row.text for row in rows)
    apart = len(_SET_APART.findall(text))
    if apart < _ENOUGH_PAIRS or apart < 4 * len(_PAIR.findall(text)):
        return rows, []
    first = next(row.number for row in rows if _SET_APART.search(row.text))
    out = [Row(row.number, _ALSO_PUNCTUATION.sub("", row.text)) for row in rows]
    why = "There is a space between all characters, as scanned text often has: words fall apart."
    return out, [Seen("spaced characters", why, first, "F7", "warn")]


def broken_up(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Splits a song without line breaks into lines: at its tags, slashes, sentences, capitals, commas."""
    filled = [row for row in rows if not row.blank]
    row = filled[0] if len(filled) == 1 else Row(0, "")
    enough = _LONG_ENOUGH // (3 if _cjk(row.text) else 1) <= len(row.text)
    if len(row.text) > _LONGEST or not (enough or len(_STROKE.findall(row.text)) > _ENOUGH_STROKES):
        return rows, []
    lines = [line for part in _parts(row.text) for line in part]
    made = [Row(row.number, line) for line in lines]
    sung = [line for line in lines if line and not line.startswith("[")]
    why = "The whole text is one line: an engine needs line breaks to place breaths and rhymes."
    if len(sung) < 4:
        return rows, [
            Seen("no line breaks", f"{why} Break it where a singer would breathe.", row.number, "F10", "warn")
        ]
    return made, [Seen("no line breaks", why, row.number, "F10", "warn")]


def _parts(text: str) -> list[list[str]]:
    """The text cut at its tags, and every piece cut into lines."""
    out: list[list[str]] = []
    end = 0
    for match in _TAG.finditer(text):
        if not opens_section(match[0]):
            continue
        out.append(_lines(text[end : match.start()]))
        out.append(["", match[0]] if match.start() else [match[0]])
        end = match.end()
    out.append(_lines(text[end:]))
    return out


def _lines(text: str) -> list[str]:
    text = text.strip()
    if not text:
        return []
    stanzas = _SLASH.split(text)
    if len(stanzas) > 1 or len(_STROKE.findall(text)) > 1:
        out: list[str] = []
        for stanza in stanzas:
            out += [*([""] if out else []), *(part.strip() for part in _STROKE.split(stanza) if part.strip())]
        return out
    if text.count("; ") > _ENOUGH_STROKES and not re.search(r"[{}=<>]", text):
        return [part for part in re.split(r"\s*;\s*", text) if part]
    pieces = [piece for part in _GLUED.split(text) for piece in _SENTENCE.split(part)]
    if _cjk(text):
        return [line for piece in pieces for line in re.split(r"\s+", piece) for line in _by_comma(line, 14)]
    gaps = [len(piece.split()) for part in pieces for piece in _CAPITAL.split(part)]
    if len(gaps) > 3 and _SHORT <= median(gaps) <= _LONG and sum(gap < 2 for gap in gaps) * 5 <= len(gaps):
        pieces = _rejoined([piece for part in pieces for piece in _CAPITAL.split(part)], median(gaps))
    return [line for piece in pieces for line in _by_comma(piece.strip(), _LONG) if line]


def _rejoined(pieces: list[str], usual: float) -> list[str]:
    """Rejoin what a name in the middle of a line has split."""
    out: list[str] = []
    for piece in pieces:
        words = len(piece.split())
        if out and words * 2 <= usual and len(out[-1].split()) + words <= usual * 1.4 and out[-1][-1] not in ",.;!?":
            out[-1] = f"{out[-1]} {piece}"
        else:
            out.append(piece)
    return out


def _cjk(text: str) -> bool:
    return len(re.findall(_HAN, text)) * 2 > len(text)


def _by_comma(piece: str, most: int) -> list[str]:
    """A piece that is too long for a line, cut after a comma near its middle."""
    size = len(piece) if _cjk(piece) else len(piece.split())
    if size <= most:
        return [piece] if piece else []
    places = [match.start() for match in _COMMA.finditer(piece)]
    if not places:
        return [piece]
    cut = min(places, key=lambda place: abs(place - len(piece) / 2))
    return _by_comma(piece[:cut].strip(), most) + _by_comma(piece[cut:].strip(), most)
