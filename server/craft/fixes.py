"""Safe repairs: removes what nobody should sing, and loses nothing that was meant.

Each repair is reported; the original text is never changed, only a copy. The reader in `paste` recognises whole texts
(chord sheets, chat answers and the like); single lines are repaired here.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from .findings import Finding, Level
from .lyric import TAG_LINES
from .paste import headed, labelled, read_paste, written_out
from .paste.headings import opens_section, read_heading
from .paste.rows import LONGEST_ROW, Row, Rows, Seen, tidied

# Joiners belong to the words of the scripts that shape letters by their neighbours (Arabic, Persian, Hindi, Khmer …).
_SHAPED = r"[\u0600-\u07ff\u08a0-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc]"
_INVISIBLE = re.compile(
    r"[\u200b\u200e\u200f\u2060\ufeff\u00ad\u061c\u202a-\u202e\u2066-\u2069]"
    rf"|(?<!{_SHAPED})[\u200c\u200d]|[\u200c\u200d](?!{_SHAPED})"
)
_SPACES = re.compile(r"[\t\u00a0\u2000-\u200a\u202f\u205f]")
_BULLET = re.compile(r"^\s*[-*•·‣]\s+(?:\[[ xX]\]\s+)?(?=\S)")
_NUMBERED = re.compile(r"^\s*\d{1,2}[.)]\s+(?=\S)")
_ORDINAL = re.compile(r"^\s*\d{1,3}[:|.)]?\s+(?=\S)")
_FENCE = re.compile(r"^\s*(?:(?:```|~~~)\S*|\"{3}|'{3})\s*$")
_HEADING = re.compile(r"^\s*#{1,6}\s+(?P<text>.*?)\s*#*$")
_EMPHASIS = re.compile(r"(\*{1,3}|(?<!\w)_{1,2})(?=\S)(.{1,120}?)(?<=\S)\1(?!\w)")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55\ufe0f©®™]\u200d?")
_COMMENT = re.compile(r"^(?:#+|//+)\s*([^\[\]]{1,40}?)\s*$")
_ON_TAG = re.compile(r"^\s*(\[[^\[\]]+\])\s*(\S.*)$")
_MOST_PASSES = 3
_MANY = 4
"""Lines of one kind from which on they are told together: `clean_lyrics` shows them all."""

Change = tuple[str, Level, str, str]
"""Rule, level, why, and what the line becomes."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """The repaired text, the original number of each of its lines, and what was done."""

    text: str
    numbers: tuple[int, ...]
    findings: tuple[Finding, ...]
    recognised: tuple[str, ...] = ()
    """What the text was recognised as: "chord sheet", "headings without brackets"."""
    hopeless: bool = False
    """Whether it is certainly no lyric, so that there is nothing to repair."""


def repair(lyrics: str) -> Repaired:
    """Apply every safe repair to a lyric, a second time where the first pass has exposed more."""
    made = _once(lyrics)
    for _ in range(_MOST_PASSES - 1):
        if made.hopeless or not made.findings:
            break
        again = _once(made.text)
        if again.hopeless:
            return replace(again, text=lyrics, numbers=tuple(range(1, lyrics.count("\n") + 2)))
        if again.text == made.text:
            break
        made = _after(made, again)
    return made


def _after(first: Repaired, second: Repaired) -> Repaired:
    """What two passes did, with the line numbers of the text that was given."""

    def given(line: int | None) -> int | None:
        return first.numbers[line - 1] if line is not None and 0 < line <= len(first.numbers) else None

    told = {finding.id for finding in first.findings}
    return Repaired(
        second.text,
        tuple(given(number) or 1 for number in second.numbers),
        (*first.findings, *(replace(one, line=given(one.line)) for one in second.findings if one.id not in told)),
        tuple(dict.fromkeys((*first.recognised, *second.recognised))),
    )


def _once(lyrics: str) -> Repaired:
    pasted = read_paste(lyrics)
    rows, seen = pasted.rows, list(pasted.seen)
    if not pasted.hopeless:
        for stage in (_closed, _signs, headed, labelled, _markdown, _tags_alone, written_out):
            rows, found = stage(rows)
            seen += found
    if seen and not pasted.hopeless:
        rows = tidied(rows)
        text, numbers = "\n".join(row.text for row in rows), tuple(row.number for row in rows)
    else:
        text = lyrics.replace("\r\n", "\n")
        numbers = tuple(range(1, text.count("\n") + 2))
    return Repaired(
        text,
        numbers,
        tuple(Finding(one.id, one.level, one.why, one.line, one.fix) for one in seen),
        tuple(dict.fromkeys(one.kind for one in seen if one.kind)),
        pasted.hopeless,
    )


def _closed(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Close the bracket of a section name that was left open."""
    out: Rows = []
    seen: list[Seen] = []
    for index, row in enumerate(rows):
        if _never_closed(rows, index):
            fixed = f"{row.text}]"
            seen.append(
                Seen("", "This square bracket never closes: lines after it can be lost.", row.number, "F1", fix=fixed)
            )
            row = Row(row.number, fixed)
        out.append(row)
    return out, seen


def _never_closed(rows: Rows, index: int) -> bool:
    """Whether a row is a section name whose bracket is closed neither here nor on the lines below."""
    row = rows[index].text.strip()
    if not re.fullmatch(r"\[[^\[\]]{1,40}", row) or read_heading(f"{row}]") is None:
        return False
    below = " ".join(one.text for one in rows[index + 1 : index + TAG_LINES])
    return "]" not in below.partition("[")[0]


def _each(rows: Rows, changes: Callable[[str], Iterator[Change]]) -> tuple[Rows, list[Seen]]:
    """Repair every row by itself; many changes of one kind are reported as one."""
    out: Rows = []
    told: defaultdict[tuple[str, Level, str], list[Seen]] = defaultdict(list)
    for row in rows:
        text = row.text
        if len(text) <= LONGEST_ROW and not row.blank:
            for name, level, why, made in changes(text):
                text = made
                told[name, level, why].append(Seen("", why, row.number, name, level, text))
        if text or row.blank:
            out.append(Row(row.number, text))
    seen: list[Seen] = []
    for (name, level, why), group in told.items():
        if len(group) < _MANY:
            seen += group
        else:
            seen.append(Seen("", f"{why} {len(group)} lines are affected.", group[0].line, name, level))
    return out, seen


def _kept(row: str) -> str:
    return re.sub(r" {2,}", " ", row).strip()


def _signs(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Remove code fences, emoji and invisible characters."""

    def changes(text: str) -> Iterator[Change]:
        if _FENCE.match(text):
            yield "F2", "stop", "A code fence would be sung or refused; remove it.", ""
            return
        plain = _EMOJI.sub("", text)
        if plain != text:
            text = _kept(plain.replace("\u200d", ""))
            yield "F2", "warn", "Emoji and copyright signs cannot be sung.", text
        seen = _INVISIBLE.sub("", text)
        if seen != text or _SPACES.search(text):
            why = "Invisible characters and tabs are not part of the words."
            yield "F7", "note", why, _kept(_SPACES.sub(" ", seen))

    return _each(rows, changes)


def _markdown(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Remove what is left of Markdown, links, bullets and line numbers."""
    numbered = sum(bool(_NUMBERED.match(row.text)) for row in rows) > 1
    counted = _counted(rows)
    bulleted = sum(bool(_BULLET.match(row.text)) for row in rows) > 1

    def changes(text: str) -> Iterator[Change]:
        heading = _HEADING.match(text)
        plain = _EMPHASIS.sub(r"\2", _URL.sub("", heading["text"] if heading else text))
        if plain != text:
            text = _kept(plain)
            yield (
                "F2",
                "stop",
                "Markdown and links are not lyrics: the service may refuse them and the singer may sing them.",
                text,
            )
        tidy = _NUMBERED.sub("", text) if numbered else _ORDINAL.sub("", text) if counted else text
        tidy = _BULLET.sub("", tidy) if bulleted else tidy
        if tidy != text:
            yield "F7", "note", "Bullets and line numbers are not part of the words.", _kept(tidy)

    return _each(rows, changes)


def _counted(rows: Rows) -> bool:
    """Whether every line that is no tag begins with its number, as editors show them."""
    lines = [row.text for row in rows if not row.blank and not row.bracketed]
    return (
        len(lines) > 3
        and all(_ORDINAL.match(text) for text in lines)
        and [int(text.split()[0].strip(":|.)")) for text in lines] == list(range(1, len(lines) + 1))
    )


def _tags_alone(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Move words on the same line as a section tag to their own line."""
    out: Rows = []
    seen: list[Seen] = []
    for row in rows:
        match = _ON_TAG.match(row.text) if row.bracketed and len(row.text) <= LONGEST_ROW else None
        if match and not match[2].startswith("[") and read_heading(row.text) is None and opens_section(match[1]):
            why = "Words on the same line as a section tag are easily lost; put them on their own line."
            comment = _COMMENT.match(match[2])
            lines = [f"{match[1][:-1]} - {comment[1]}]"] if comment else [match[1], match[2].strip()]
            seen.append(Seen("", why, row.number, "F5", "warn", "\n".join(lines)))
            out += [Row(row.number, line) for line in lines]
        else:
            out.append(row)
    if len(seen) < _MANY:
        return out, seen
    return out, [Seen("", f"{seen[0].why} {len(seen)} lines are affected.", seen[0].line, "F5", "warn")]
