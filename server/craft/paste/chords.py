"""Chord sheets: chords above the lines, inside them or behind them, ChordPro, tablature, capo lines.

A single letter proves nothing: "A", "Am" and "E" are words, and children sing Do Re Mi. The whole text decides whether
it counts as a sheet.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

from ..bundled import toml
from .rows import LONGEST_ROW, Row, Rows, Seen, wholes

_ROOT = r"[A-H](?:##?|bb?|♯|♭|is|es|s)?"
_LATIN = r"(?:Do|Re|Ré|Mi|Fa|Sol|La|Si|DO|RE|RÉ|MI|FA|SOL|LA|SI)(?:#|b|♯|♭)?"
_REST = r"(?:maj|min|dim|aug|sus|add|omit|mi|ma|no|m|M|-|°|º|ø|Δ|\+|#|b|♯|♭|\d|\(|\)|/(?=\d))*"
_CHORD = re.compile(rf"(?:{_ROOT}{_REST}(?:/{_ROOT})?|{_LATIN}{_REST}(?:/{_LATIN})?)\*{{0,2}}")
_MINOR = re.compile(r"[a-h](?:is|s|es)?(?:\d|sus\d?)?")
"""A minor chord as Germans, Poles and Czechs write it; only beside others."""
_MARKED = re.compile(r"[#♯♭°ºøΔ\d+]|/|m|dim|aug|sus|add|^[A-G]b")
_NOISE = re.compile(r"(?:[|‖:%.\-–—/\\*>~…→]+|N\.?C\.?|\(?\d{0,2}[x×]\d{0,2}\)?|\(?bis\)?)", re.IGNORECASE)
_ROMAN = re.compile(r"[b#]?(?:I{1,3}|IV|VI{0,2}|i{1,3}|iv|vi{0,2})(?:m|7|maj7|°|sus[24]?)?")
_STRUM = re.compile(r"(?:[DUdux↓↑v^.\-–&/|]+)")
_INLINE = re.compile(r"[\[{]\s*([^\[\]{}]{1,14}?)\s*[\]}]")
_ROUND = re.compile(r"\(\s*([^()]{1,10}?)\s*\)")
_TAB = re.compile(r"^\s*(?:[A-Ha-h][#b]?)?\s*[|:‖]?[-–—|\dhpbrx/\\~^*.()=< >XTtsvVoO]{8,}$")
_SHAPE = re.compile(r"\s*\S{1,9}\s*[:=\-–]?\s*[xX\d]{4,7}(?:\s+\S{1,9}\s*[:=\-–]?\s*[xX\d]{4,7})*\s*")
_DIRECTIVE = re.compile(r"^\s*\{\s*([a-z_+]{1,24})\s*(?::?\s*([^{}]{0,120}?))?\s*\}\s*$", re.IGNORECASE)
_CUE = re.compile(
    r"\((?:let ring|fade|hold|strum|pause|stop|mute|palm|repeat|ring|arpegg|pick|slow|x\d|\d ?x)[^()]{0,24}\)",
    re.IGNORECASE,
)
_SAME = re.compile(r"\s*\((?:same|repeat|play|as)\b[^()]{0,40}\)\s*$", re.IGNORECASE)
_ENOUGH_INLINE, _ENOUGH_KINDS = 2, 3
_TAB_LINES = 3
_LOOK_ALIKE = str.maketrans("АВСЕНаеНмМ", "ABCEHaeHmM")  # Cyrillic letters that look like chord names

_SECTIONS = {"chorus": "Chorus", "verse": "Verse", "bridge": "Bridge"}
_OPENING = {"soc": "Chorus", "sov": "Verse", "sob": "Bridge"}
_CLOSING = frozenset(("eoc", "eov", "eob", "end_of_chorus", "end_of_verse", "end_of_bridge"))
_DRAWN = ("sot", "start_of_tab", "sog", "start_of_grid", "start_of_ly", "start_of_abc")
_COMMENTS = frozenset(("c", "comment", "ci", "comment_italic", "cb", "comment_box", "highlight"))


@dataclass(frozen=True)
class _Line:
    """A row read as a line of chords."""

    chords: tuple[str, ...] = ()
    wide: bool = False
    head: str = ""

    @cached_property
    def strong(self) -> bool:
        """Whether it can hardly be words: a chord with a sign or number, not just a single "Am"."""
        marked = [chord for chord in self.chords if _MARKED.search(chord)]
        return bool(marked) and (
            len(self.chords) > 1 or self.chords[0] not in ("Am", "Em", "Dm", "Gm", "Bm", "Fm", "Hm")
        )


@dataclass
class _Sheet:
    above: dict[int, _Line] = field(default_factory=dict)
    inline: list[str] = field(default_factory=list)
    rounds: list[str] = field(default_factory=list)
    behind: dict[int, str] = field(default_factory=dict)
    tabs: set[int] = field(default_factory=set)
    directives: int = 0
    told: set[int] = field(default_factory=set)
    """Capo lines and the like."""

    @property
    def has_inline(self) -> bool:
        return _proves(self.inline)

    @property
    def has_rounds(self) -> bool:
        return _proves(self.rounds)

    @property
    def has_above(self) -> bool:
        lines = list(self.above.values())
        weight = sum(line.strong + (line.wide and len(line.chords) > 1) for line in lines)
        latin = [line for line in lines if re.match(_LATIN, line.chords[0])]
        if lines and len(latin) == len(lines):
            # Solfège is sung too: only signs, or several wide lines, make it a sheet.
            return sum(line.strong or (line.wide and len(line.chords) > 1) for line in lines) > 1
        if len(lines) == 1:
            return weight > 0 and (len(lines[0].chords) > 2 or bool(self.told))
        return weight > 1 or (weight > 0 and bool(self.told or self.directives))

    @property
    def has_behind(self) -> bool:
        kinds = {chord for chords in self.behind.values() for chord in chords.split()}
        return len(self.behind) > 1 and len(kinds) > 2

    @property
    def is_sheet(self) -> bool:
        return bool(
            self.has_inline or self.has_rounds or self.has_above or self.has_behind or self.tabs or self.directives > 1
        )


def _proves(chords: list[str]) -> bool:
    kinds = set(chords)
    marked = any(_MARKED.search(chord) for chord in kinds)
    return len(chords) >= _ENOUGH_INLINE and len(kinds) > 1 and (marked or len(kinds) >= _ENOUGH_KINDS)


@cache
def _known() -> frozenset[str]:
    return frozenset(toml("paste")["sheet"]["directives"].split())


def without_chords(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Remove everything that is played and not sung."""
    sheet = _look(rows)
    if not sheet.is_sheet:
        return rows, []
    out = list(_words(rows, sheet))
    first = next((row.number for row in rows if row not in out), rows[0].number)
    kind = "chord sheet"
    if sheet.tabs and not (sheet.above or sheet.inline):
        kind = "tablature"
    elif sheet.directives > 1:
        kind = "chord sheet (ChordPro)"
    return out, [Seen(kind, f"This is a {kind}: chords, tabs and directions for playing would be sung.", first)]


def _look(rows: Rows) -> _Sheet:
    sheet = _Sheet()
    tabs: set[int] = set()
    for index, row in enumerate(rows):
        if row.blank or len(row.text) > LONGEST_ROW:
            continue
        if line := chord_line(row.text):
            sheet.above[index] = line
            continue
        if _is_tab(row.text):
            tabs.add(index)
            continue
        if match := _DIRECTIVE.match(row.text):
            name = match[1].casefold()
            known = (
                name in _known() | _COMMENTS | _CLOSING or name in _OPENING or name.startswith(("start_of_", "end_of_"))
            )
            sheet.directives += known
            continue
        if wholes("sheet", "plain").match(row.plain.strip("()[] ")):
            sheet.told.add(index)
            continue
        text = row.text.translate(_LOOK_ALIKE) if "[" in row.text or "(" in row.text else row.text
        sheet.inline += _inside(_INLINE, text)
        sheet.rounds += _inside(_ROUND, text)
        if behind := _chords_behind(row.text):
            sheet.behind[index] = behind[1]
    if len(tabs) >= _TAB_LINES:
        sheet.tabs = tabs
    return sheet


def _inside(pattern: re.Pattern[str], text: str) -> list[str]:
    """Chords in brackets on a row that has words too."""
    found = [match[1] for match in pattern.finditer(text)]
    chords = [one for one in found if is_chord(one)]
    return chords if chords and re.search(r"[^\W\d_]{2}", pattern.sub(" ", text)) else []


def _is_tab(text: str) -> bool:
    return text.count("-") + text.count("–") > 3 and bool(_TAB.match(text)) and bool(re.search(r"[\d|]", text))


def is_chord(token: str) -> bool:
    """Whether a token names a chord, or several with hyphens between."""
    token = token.translate(_LOOK_ALIKE)
    return bool(len(token) <= 14 and (_CHORD.fullmatch(token) or _is_run(token)))


def _is_run(token: str) -> bool:
    parts = re.split(r"[-–—,]", token)
    return len(parts) > 1 and all(_CHORD.fullmatch(part) for part in parts)


def chord_line(text: str) -> _Line | None:
    """A row with nothing but chords, perhaps after a section name; None for any other."""
    row = text.strip()
    head = ""
    if match := re.match(r"^(\[[^\[\]]{2,30}\]|\(?[^\W\d_][\w -]{1,20}?\)?\s*:)\s*(\S.*)$", row):
        head, row = match[1], match[2]
    body = re.sub(r"\[([^\[\]]{1,14})\]|\{([^{}]{1,14})\}", r" \1\2 ", row) if not _INLINE.fullmatch(row) else row[1:-1]
    if "(" in body and _CUE.search(body):
        body = _CUE.sub(" ", body)
    tokens = re.sub(r"[|‖]", " | ", body).translate(_LOOK_ALIKE).split()
    if (
        not tokens
        or len(tokens) > 60
        or (len(tokens) == 1 and _INLINE.fullmatch(row) and not _MARKED.search(tokens[0]))
    ):
        return None
    chords, minors = [], 0
    for token in tokens:
        bare = token.strip("()") if token.count("(") == token.count(")") else token
        if _CHORD.fullmatch(bare) or (len(bare) <= 60 and _is_run(bare)):
            chords.extend(re.split(r"[-–—,](?=[A-H])", bare))
        elif _MINOR.fullmatch(bare):
            minors += 1
        elif not _NOISE.fullmatch(token):
            return None
    if not chords:
        return None
    return _Line(tuple(chords), bool(re.search(r"\S(?:\s{2,}|\t)\S|^\s{2,}\S|\|", text)), head)


def _chords_behind(text: str) -> tuple[str, str] | None:
    """Words and the chords at the end of their line, as song books print them."""
    if "  " not in text.strip() and "\t" not in text.strip():
        return None
    cut = 0
    for token in reversed(list(re.finditer(r"\S+", text.translate(_LOOK_ALIKE)))):
        if not any(kind.fullmatch(token[0]) for kind in (_CHORD, _MINOR, _NOISE)):
            break
        if text[: token.start()].endswith(("  ", "\t")):
            cut = token.start()
    words = text[:cut].rstrip()
    return (words, text[cut:]) if re.search(r"[^\W\d_]{2}", words) else None


def _words(rows: Rows, sheet: _Sheet) -> Iterator[Row]:
    """What is sung, with the names of the sections."""
    drawn = False
    for index, row in enumerate(rows):
        if match := _DIRECTIVE.match(row.text) if len(row.text) <= LONGEST_ROW else None:
            name, said = match[1].casefold(), (match[2] or "").strip()
            drawn = name in _DRAWN or (drawn and not name.startswith(("eot", "eog", "end_of_")))
            yield from (Row(row.number, text) for text in _directive(name, said))
        elif drawn or index in sheet.tabs or index in sheet.told or _is_legend(row):
            continue
        elif line := sheet.above.get(index):
            if line.head:
                yield Row(row.number, line.head)
        elif sheet.directives > 1 and row.text.startswith("#"):
            continue
        else:
            yield from _of_row(row, index, sheet)


def _of_row(row: Row, index: int, sheet: _Sheet) -> Iterator[Row]:
    text = _SAME.sub("", row.text) if row.bracketed else row.text
    if sheet.has_behind and index in sheet.behind and (found := _chords_behind(text)):
        text = found[0]
    if sheet.has_inline:
        text = _taken_out(_INLINE, text)
    if sheet.has_rounds:
        text = _taken_out(_ROUND, text)
    if text.strip() or row.blank:
        yield Row(row.number, text)


def _taken_out(pattern: re.Pattern[str], text: str) -> str:
    """Remove chords in brackets and rejoin a word that one of them split."""

    def gone(match: re.Match[str]) -> str:
        if not is_chord(match[1]) and not _NOISE.fullmatch(match[1]):
            return match[0]
        return ""

    kept = pattern.sub(gone, text)
    return re.sub(r" {2,}", " ", kept).strip() if kept != text else text


def _is_legend(row: Row) -> bool:
    """Fingerings, strumming patterns and degrees, which only a sheet has."""
    text = row.text.strip()
    if not text or len(text) > 120:
        return False
    tokens = text.split()
    if re.fullmatch(r"\(?N\.?C\.?\)?", text):
        return True
    if _SHAPE.fullmatch(text) and any(is_chord(token.rstrip(":=-")) for token in tokens[:1]):
        return True
    if len(tokens) > 2 and all(_STRUM.fullmatch(token) for token in tokens) and re.search(r"[DUdu↓↑]", text):
        return True
    degrees = [token for token in re.split(r"[\s|–—-]+", text) if token]
    return len(degrees) > 2 and len(set(degrees)) > 2 and all(_ROMAN.fullmatch(token) for token in degrees)


def _directive(name: str, said: str) -> Iterator[str]:
    """What a ChordPro directive means for who sings."""
    opened = _OPENING.get(name) or (
        _SECTIONS.get(name.removeprefix("start_of_")) if name.startswith("start_of_") else None
    )
    if opened:
        number = re.search(r"\d+", said)
        yield f"[{opened} {number[0]}]" if number else f"[{opened}]"
    elif name in _CLOSING:
        yield ""
    elif name == "chorus":
        yield "(repeat chorus)"
    elif name in _COMMENTS and said:
        yield f"{said.rstrip(':')}:" if len(said) <= 40 else ""
    elif name not in _known() and not name.startswith(("start_of_", "end_of_", "x_")) and name not in _DRAWN:
        yield f"{{{name}: {said}}}" if said else f"{{{name}}}"
