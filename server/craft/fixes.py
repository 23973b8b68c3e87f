"""Safe repairs: what no singer should meet is taken out, and nothing that was meant is lost.

Each repair is reported; the text that was given is never changed, a repaired copy is made.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .bundled import toml
from .findings import Finding, Level
from .lyric import TAG_LINES, read, tag_names

_MOST_REPEATS = 8
_LONGEST_CHORUS = 20  # rows; a longer one is not a chorus that somebody wants written out
_LONGEST_ROW = 500  # a longer row is no line of a song: it is left alone, also because patterns get slow on it
# Joiners belong to the words of the scripts that shape letters by their neighbours (Arabic, Persian, Hindi, Khmer …).
_SHAPED = r"[\u0600-\u07ff\u08a0-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc]"
_INVISIBLE = re.compile(
    rf"[\u200b\u200e\u200f\u2060\ufeff\u00ad]|(?<!{_SHAPED})[\u200c\u200d]|[\u200c\u200d](?!{_SHAPED})"
)
_BULLET = re.compile(r"^\s*[-*•·‣]\s+(?=\S)")
_NUMBERED = re.compile(r"^\s*\d{1,2}[.)]\s+(?=\S)")
_FENCE = re.compile(r"^\s*(?:```|~~~)\S*\s*$")
_HEADING = re.compile(r"^\s*#{1,6}\s+(?P<text>.*?)\s*#*$")
_EMPHASIS = re.compile(r"(\*{1,3}|(?<!\w)_{1,2})(?=\S)(.{1,120}?)(?<=\S)\1(?!\w)")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HTML = re.compile(r"</?(?:b|i|u|em|strong|p|br|div|span|a|h[1-6])\b[^<>]*/?>|&(?:nbsp|amp|lt|gt|quot);", re.IGNORECASE)
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55\ufe0f©®™]\u200d?")
_TIMES = re.compile(r"\s*[(\[]?\s*(?:[x×]\s?(\d{1,2})|(\d{1,2})\s?[x×])\s*[)\]]?\s*$", re.IGNORECASE)
_REPEAT = re.compile(
    r"^\s*[(\[]?\s*(?:repeat|repetir|répéter|wiederhole)\s+(?:the\s+)?(chorus|hook|refrain)\s*[)\]]?\s*$", re.IGNORECASE
)
_ALWAYS_HEADINGS = frozenset(("verse", "chorus", "pre-chorus", "bridge", "intro", "outro", "refrain"))


@dataclass(frozen=True, slots=True)
class Repaired:
    """The repaired text, the original number of each of its lines, and what was done."""

    text: str
    numbers: tuple[int, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    id: str
    level: Level
    why: str
    rows: list[str]


def repair(lyrics: str) -> Repaired:
    """Apply every safe repair to a lyric."""
    rows = lyrics.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    numbered = sum(bool(_NUMBERED.match(row)) for row in rows) > 1
    bulleted = sum(bool(_BULLET.match(row)) for row in rows) > 1
    out: list[str] = []
    numbers: list[int] = []
    findings: list[Finding] = []
    for number, row in enumerate(rows, 1):
        made = [row]
        if _never_closed(rows, number - 1):
            change = _Change("F1", "stop", "This square bracket never closes: lines after it can be lost.", [f"{row}]"])
            findings.append(_finding(change, number))
            row = f"{row}]"
            made = [row]
        if len(row) > _LONGEST_ROW:
            out.append(row)
            numbers.append(number)
            continue
        for change in _row_changes(row, numbered, bulleted):
            made = change.rows
            findings.append(_finding(change, number))
        if (repeated := _repeats(made, out)) is not None:
            made = repeated.rows
            findings.append(_finding(repeated, number))
        out.extend(made)
        numbers.extend([number] * len(made))
    return Repaired("\n".join(out), tuple(numbers), tuple(findings))


def _never_closed(rows: list[str], index: int) -> bool:
    """Whether a row is a section name whose bracket is closed neither here nor on the lines below."""
    row = rows[index].strip()
    if not re.fullmatch(r"\[[^\[\]]{1,40}", row) or not _section_name(row[1:]):
        return False
    below = " ".join(rows[index + 1 : index + TAG_LINES])
    return "]" not in below.partition("[")[0]


def _finding(change: _Change, number: int) -> Finding:
    return Finding(change.id, change.level, change.why, number, "\n".join(change.rows))


def _row_changes(row: str, numbered: bool, bulleted: bool) -> Iterator[_Change]:
    """The repairs of one row, each working on what the one before left."""
    if _FENCE.match(row):
        yield _Change("F2", "stop", "A code fence would be sung or refused; take it out.", [])
        return
    plain = _EMOJI.sub("", row)
    if plain != row:
        yield _Change("F2", "warn", "Emoji and copyright signs cannot be sung.", _kept(plain))
    marked, row = plain, plain
    heading = _HEADING.match(row)
    row = _HTML.sub(" ", _URL.sub("", heading["text"] if heading else row))
    row = _EMPHASIS.sub(r"\2", row)
    if row != marked:
        row = _bracketed(row) if heading and _section_name(row.strip(" :")) else row
        why = "Markdown, links and HTML are not lyrics: the service may refuse them and the singer may sing them."
        yield _Change("F2", "stop", why, _kept(row))
    tidy = _INVISIBLE.sub("", row).replace("\t", " ")
    tidy = _NUMBERED.sub("", tidy) if numbered else tidy
    tidy = _BULLET.sub("", tidy) if bulleted else tidy
    if tidy != row:
        yield _Change(
            "F7",
            "note",
            "Invisible characters, tabs, bullets and line numbers do not belong to the words.",
            _kept(tidy),
        )
    yield from _heading_changes(tidy)


def _kept(row: str) -> list[str]:
    row = re.sub(r" {2,}", " ", row).strip()
    return [row] if row else []


def _heading_changes(row: str) -> Iterator[_Change]:
    if bare := _bare_heading(row):
        name, rest = bare
        why = f'"{name}" without square brackets would be sung; write [{name}].'
        yield _Change("F4", "stop", why, [f"[{name}]", *([rest] if rest else [])])
        return
    tagged = re.match(r"^\s*(\[[^\[\]]+\])\s*(\S.*)$", row)
    if tagged and not re.match(r"^(?:\[|[(\[]?\s*(?:[x×]\s?\d|\d\s?[x×]))", tagged[2]):
        section = read(tagged[1]).tags[0]
        if section.opens:
            why = "Words on the line of a section tag are easily lost; put them on a line of their own."
            yield _Change("F5", "warn", why, [tagged[1], tagged[2].strip()])


def _bare_heading(row: str) -> tuple[str, str] | None:
    """(section name, words after it) for "Verse 1:", "(Chorus)", "CHORUS" and "Bridge: and so on"."""
    text = row.strip()
    wrapped = re.match(r"^[(<{]\s*([^(){}<>]{3,24}?)\s*:?\s*[)>}]\s*:?$", text)
    if wrapped:
        return (wrapped[1], "") if _section_name(wrapped[1]) else None
    match = re.match(r"^([^\W\d_][\w -]{2,20}?(?:\s+\d{1,2})?)\s*:\s*(.*)$", text)
    if match and _section_name(match[1]):
        return match[1].strip(), match[2].strip()
    name = re.sub(r"\s*\d{1,2}$", "", text).casefold()
    return (text, "") if name in _ALWAYS_HEADINGS else None


def _section_name(text: str) -> bool:
    name = re.sub(r"[\s#]*\d{1,2}$", "", text.casefold().strip())
    return name in tag_names() or name in toml("tags")["alias"]


def _bracketed(row: str) -> str:
    return f"[{row.strip(' :')}]"


def _repeats(rows: list[str], before: list[str]) -> _Change | None:
    """Write out "line (x4)" and "repeat chorus"."""
    if len(rows) != 1:
        return None
    row = rows[0]
    if _REPEAT.match(row):
        chorus = _first_chorus(before)
        if chorus:
            return _Change("F3", "warn", "Shorthand is sung as it stands; write the chorus out.", chorus)
        return None
    match = _TIMES.search(row)
    words = row[: match.start()].strip() if match else ""
    if not match or not words or words.startswith("["):
        return None
    times = int(match[1] or match[2])
    if not 1 < times <= _MOST_REPEATS:
        return None
    return _Change("F3", "warn", f"x{times} is sung as it stands; write the line out.", [words] * times)


def _first_chorus(rows: list[str]) -> list[str]:
    """The rows of the first chorus so far, its tag included."""
    start = next(
        (i for i, row in enumerate(rows) if re.match(r"^\s*\[(?:chorus|hook|refrain)", row, re.IGNORECASE)), None
    )
    if start is None:
        return []
    end = next(
        (i for i in range(start + 1, len(rows)) if not rows[i].strip() or rows[i].lstrip().startswith("[")), len(rows)
    )
    return rows[start:end] if end - start <= _LONGEST_CHORUS else []


def unrepaired_shorthand(row: str) -> bool:
    """Whether a row still holds shorthand that could not be written out."""
    text = row.strip()
    return bool(_REPEAT.match(text)) or bool(
        re.search(r"[(\[]\s*(?:[x×]\s?\d{1,2}|\d{1,2}\s?[x×])\s*[)\]]", text, re.IGNORECASE)
    )
