"""Writes out what is repeated in shorthand: "CHORUS x2", "Rpt Chorus", "(bis)", a line with "x3" behind it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from ..bundled import toml
from .headings import TIMES, Heading, how_often, opens_section, read_heading
from .rows import LONGEST_ROW, Row, Rows, Seen

MOST_CHARS = 12_000
"""What a text may grow to; beyond it shorthand stays as it is."""
_LONGEST_PART = 20  # rows; nobody wants a longer part written out
_BEHIND = re.compile(r"[\s,]*[(\[（]\s*([^()\[\]（）]{1,24})\s*[)\]）]\s*[.!]?\s*$")
_BARE_TIMES = re.compile(r"\s+(?:[x×х]\s?\d{1,2}|\d{1,2}\s?[x×х])\s*$", re.IGNORECASE)
_ALONE = re.compile(r"^\s*[(\[（*_-]*\s*([^()\[\]（）*_]{1,24}?)\s*[)\]）*_-]*\s*$")
_SIGNS = re.compile(r"^\s*(?:[|‖/]{1,2}:\s*(\S.*?\S)\s*:[|‖/]{1,2}|(/{2,4})\s+(\S.*?\S)\s+/{2,4})\s*$")
"""The signs of music around a line, and the strokes of Spanish song sheets: as many as it is sung."""
_SPLIT = re.compile(r"\s*(?:,|&|\+|/|\band\b|\bund\b|\by\b|\bet\b|\be\b|\bи\b|と)\s*", re.IGNORECASE)
_REPEATED = frozenset(("Chorus", "Pre-Chorus", "Post-Chorus", "Final Chorus", "Hook"))
"""Parts whose name alone, without lines, means "again"."""


@dataclass
class _Part:
    """A section as written: its tag and its lines."""

    heading: Heading
    rows: Rows


def written_out(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Write every repeat out as the lines it stands for, as far as they are known."""
    out: Rows = []
    parts: list[_Part] = []
    seen: list[Seen] = []
    room = MOST_CHARS - _size(rows)
    tagged = any((h := _tag(row.text)) is not None and h.kind == "Verse" for row in rows)
    index = 0
    while index < len(rows):
        row = rows[index]
        heading = _tag(row.text) if len(row.text) <= LONGEST_ROW else None
        if heading is not None:
            body, after = _body(rows, index + 1, tagged)
            made = _section(heading, row, body, parts)
            cost = _size(made) - _size([row, *body])
            if cost > room:
                made = [row, *body]
            elif _texts(made) != _texts([row, *body]):
                seen.append(_seen(row, made))
                room -= cost
            written = _has_lines(body)
            lines = _lines(made, out, seen) if written and heading.times == 1 else made
            room -= _size(lines) - _size(made)
            out += lines
            if written and not any(_same(part.heading, heading) for part in parts):
                parts.append(_Part(heading, lines[1:] if heading.times == 1 else body))
            index = after
            continue
        made = _one(row, out, parts)
        cost = _size(made) - _size([row])
        if cost <= room and _texts(made) != [row.text]:
            seen.append(_seen(row, made))
            room -= cost
            out += made
        else:
            out.append(row)
        index += 1
    return (out, _grouped(seen)) if seen else (rows, [])


def _lines(made: Rows, out: Rows, seen: list[Seen]) -> Rows:
    """The tag and its lines, with the shorthand among these written out."""
    done: Rows = [made[0]]
    for row in made[1:]:
        lines = _one(row, [*out, *done], [])
        if _texts(lines) != [row.text]:
            seen.append(_seen(row, lines))
        done += lines
    return done


def _section(heading: Heading, row: Row, body: Rows, parts: list[_Part]) -> Rows:
    """A tag with its lines, as often as it says; the lines of its first appearance where it has none of its own."""
    tag = Row(row.number, f"[{heading.tag}]")
    written = _has_lines(body)
    if heading.times == 1 and written:
        return [row, *body]
    lines = body
    if not written:
        earlier = _find(parts, heading)
        if earlier is None or heading.kind not in _REPEATED:
            return [row if heading.times == 1 else tag, *body]
        lines = _at(row, earlier.rows)
    lines = _trimmed(lines)
    gap = [Row(row.number, "")]
    made = [tag, *lines]
    for _ in range(heading.times - 1):
        made += [*gap, tag, *lines]
    return [*made, *body[len(_trimmed(body)) :]]


def _trimmed(rows: Rows) -> Rows:
    end = len(rows)
    while end and rows[end - 1].blank:
        end -= 1
    return rows[:end]


def _has_lines(rows: Rows) -> bool:
    return any(not row.blank for row in rows)


def _size(rows: Rows) -> int:
    """Characters, with a line end for each row."""
    return sum(len(row.text) + 1 for row in rows)


def _texts(rows: Rows) -> list[str]:
    return [row.text for row in rows]


def _at(place: Row, rows: Rows) -> Rows:
    """The rows with the number of the row that they are written out for."""
    return [row._replace(number=place.number) for row in rows]


def _body(rows: Rows, start: int, tagged: bool) -> tuple[Rows, int]:
    """The rows under a tag, and where the next part begins: at the next tag, or at a blank where verses have none."""
    index = start
    while index < len(rows):
        row = rows[index]
        if row.bracketed and len(row.text) <= LONGEST_ROW and (_tag(row.text) or opens_section(row.text)):
            break
        if _repeat_of(row.text) or (row.blank and not tagged and index > start):
            break
        index += 1
    return rows[start:index], index


def _tag(text: str) -> Heading | None:
    """The section tag that a row is; also one that says "x2" or "Repeat Chorus"."""
    if not text.lstrip().startswith("["):
        return None
    found = read_heading(text)
    return found if found is not None and found.bracketed else None


def _same(one: Heading, other: Heading) -> bool:
    return one.kind == other.kind and one.number == other.number


def _find(parts: list[_Part], heading: Heading) -> _Part | None:
    exact = next((part for part in parts if _same(part.heading, heading)), None)
    loose = next((part for part in parts if part.heading.kind == heading.kind), None)
    found = exact or (loose if not heading.number or heading.kind != "Verse" else None)
    if found is None and heading.kind in ("Chorus", "Hook", "Final Chorus"):
        found = next((part for part in parts if part.heading.kind in ("Chorus", "Hook")), None)
    return found if found and len(found.rows) <= _LONGEST_PART else None


def _one(row: Row, before: Rows, parts: list[_Part]) -> Rows:
    """One row that is not a tag, written out."""
    if row.blank or len(row.text) > LONGEST_ROW:
        return [row]
    if wanted := _repeat_of(row.text):
        return _ordered(row, *wanted, parts)
    if (match := _ALONE.match(row.text)) and (alone := _alone(match[1], row.text)):
        again = _at(row, _stanza(before))
        return again * (alone - 1) or [row]
    often, words = None, ""
    if match := _SIGNS.match(row.text):
        often, words = len(match[2] or "//"), match[1] or match[3]
    elif match := _BEHIND.search(row.text):
        often = how_often(match[1]) or (2 if _is_repeat_word(match[1]) else None)
        words = row.text[: match.start()].strip(" /|")
    elif match := _BARE_TIMES.search(row.text):
        often, words = how_often(match[0]), row.text[: match.start()].strip(" /|")
    sung = words and not words.startswith("[") and re.search(r"[^\W\d_]{2}|[\u3040-\u9fff]", words)
    return [Row(row.number, words)] * often if often and sung else [row]


def _ordered(row: Row, names: tuple[Heading, ...], times: int, fades: bool, parts: list[_Part]) -> Rows:
    """The parts that a row repeats; the row itself if one of them is unknown."""
    made: Rows = []
    for name in names:
        part = _find(parts, name)
        if part is None:
            return [row]
        for _ in range(times):
            made += [Row(row.number, "")] if made else []
            made.append(Row(row.number, f"[{part.heading.tag}]"))
            made += _at(row, _trimmed(part.rows))
    return [*made, *([Row(row.number, "[Fade Out]")] if fades else [])]


def _alone(words: str, text: str) -> int | None:
    """How often the lines above are sung, where a row says nothing else."""
    if often := how_often(words):
        return often if TIMES.search(words) or text.strip()[:1] in "([（" else None
    return 2 if _is_repeat_word(words) and text.strip()[:1] in "([（*" else None


def _is_repeat_word(words: str) -> bool:
    return words.strip(" .").casefold() in toml("headings")["repeat"]["words"]


def _stanza(before: Rows) -> Rows:
    """The lines just above, up to a tag or a blank."""
    found: Rows = []
    for row in reversed(before):
        if row.blank and not found:
            continue
        if row.blank or row.bracketed:
            break
        found.append(row)
        if len(found) > _LONGEST_PART:
            return []
    return found[::-1]


@cache
def _repeat_pattern() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    table = toml("headings")["repeat"]
    words, last, fade = (_one_of(table[name]) for name in ("words", "last", "fade"))
    return (
        re.compile(
            rf"^(?:{words})(?![^\W\d_](?<![\u3040-\u9fff]))[\s.:：-]*"
            r"(?:the |der |die |das |den |el |la |le |o |a |il |from )?(.+)$",
            re.IGNORECASE,
        ),
        re.compile(rf"^(.{{1,40}}?)\s*[-:(（]?\s*(?:{last})\s*[)）]?$", re.IGNORECASE),
        re.compile(rf"\s*,?\s*(?:{fade})\s*$", re.IGNORECASE),
    )


def _one_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, longer ones first so that none is taken for its beginning."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _may_repeat(row: str) -> bool:
    """A quick check before the patterns, because every row of every text passes here."""
    table = toml("headings")["repeat"]
    return row.startswith(_heads()) or any(word in row for word in table["last"])


@cache
def _heads() -> tuple[str, ...]:
    return tuple(toml("headings")["repeat"]["words"])


def _repeat_of(text: str) -> tuple[tuple[Heading, ...], int, bool] | None:
    """The parts that a row repeats, how often, and whether they fade: "Repeat Chorus x2 to fade"."""
    row = text.strip().strip("()[]（）*_-–— .{}").strip()
    if not 3 < len(row) <= 80 or not _may_repeat(row.casefold()):
        return None
    front, behind, fade = _repeat_pattern()
    fades = bool(fade.search(row))
    row = fade.sub("", row)
    times = 1
    if match := re.search(rf"[\s,(]*{TIMES.pattern}\)?$", row, re.IGNORECASE):
        times, row = min(int(match[1] or match[2]), 8), row[: match.start()].strip(" (")
    elif (tail := row.rpartition(" ")[2]) and (often := how_often(tail.strip("()"))):
        times, row = often, row.rpartition(" ")[0].strip(" (")
    match = front.match(row) or behind.match(row)
    if not match:
        return None
    headings = []
    for name in _SPLIT.split(match[1].strip(" ()[]\"'")):
        found = read_heading(f"[{re.sub(r'^(?:the|der|die|das|el|la|le|o|il) ', '', name, flags=re.IGNORECASE)}]")
        if found is None:
            return None
        headings.append(replace(found, bracketed=False))
    return tuple(headings), times, fades


def unwritten(text: str) -> bool:
    """Whether a row still holds shorthand that could not be written out."""
    row = text.strip()
    if len(row) > LONGEST_ROW:
        return False
    if _repeat_of(row):
        return True
    return any(TIMES.fullmatch(found.strip()) for found in re.findall(r"[(\[]([^()\[\]]{1,24})[)\]]", row))


def _seen(row: Row, made: Rows) -> Seen:
    why = f'"{row.text.strip()[:40]}" is sung as written; write the repeat out.'
    return Seen("repeats in shorthand", why, row.number, "F3", "warn", "\n".join(_texts(made)))


def _grouped(seen: list[Seen]) -> list[Seen]:
    if len(seen) < 3:
        return seen
    some = ", ".join(f'"{one.why.split(chr(34))[1][:20]}"' for one in seen[:3])
    why = f"{len(seen)} repeats in shorthand ({some}, …) would be sung as written; write them out."
    return [Seen("repeats in shorthand", why, seen[0].line, "F3", "warn")]
