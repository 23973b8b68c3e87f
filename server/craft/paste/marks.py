"""Conversations and their Markdown: whose turn it is, thoughts, rules, tables, quotation marks, links, directions."""

import re

from .rows import LONGEST_ROW, Row, Rows, Seen, wholes

_RULE = re.compile(r"^\s*(?:[-–—_*=~⸻]\s?){3,}$|^\s*⸻\s*$")
_THINKING = re.compile(r"^\s*<(think|thinking|thought)>", re.IGNORECASE)
_TURN_MARKS = re.compile(r"^[*_#\s]*([a-z ]{2,14})\s*:?[*_\s]*$", re.IGNORECASE)
_PERSON = frozenset(("you said", "user", "human", "me to ai"))
_NOBODY = re.compile(r"(?!)")
_DIRECTION = re.compile(r"^\s*(?:\*{1,2}|_{1,2})\s*[(\[]([^()\[\]]{2,60})[)\]]\s*(?:\*{1,2}|_{1,2})\s*$")
_LINK = re.compile(r"(!?)\[([^\[\]]{0,120})\]\((?:https?:|#|/|www\.)[^()\s]{0,300}\)")
_TABLE = re.compile(r"^\s*\|(.*)\|\s*$")
_TABLE_RULE = re.compile(r"^\s*\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?)?\s*$")
TOC_LINK = re.compile(r"^\s*(?:[-*•+]|\d{1,2}[.)])?\s*\[([^\[\]]{1,60})\]\(#[^()]{0,80}\)\s*$")
"""An entry of a table of contents that leads to a section."""


def last_answer(rows: Rows) -> tuple[Rows, set[int]]:
    """The last answer of a copied conversation, without the model's thoughts."""
    out: Rows = []
    hidden, seen = "", False
    speakers = wholes("chat", "speakers")
    turns = [match[1].strip() for row in rows if (match := _TURN_MARKS.match(row.text))]
    if not any(speakers.match(turn) and turn.casefold() not in _PERSON for turn in turns):
        speakers = _NOBODY  # "You said" alone may be a sung line
    for row in rows:
        if match := _THINKING.match(row.text):
            hidden, seen = match[1].casefold(), True
        if hidden:
            hidden = "" if f"</{hidden}>" in row.text.casefold() else hidden
            continue
        if (match := _TURN_MARKS.match(row.text)) and speakers.match(match[1].strip()):
            if match[1].strip().casefold() not in _PERSON:
                out = []
            seen = True
            continue
        out.append(row)
    if not seen or not any(not row.blank for row in out):
        return rows, set()
    return out, {0}


def without_marks(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Markdown rules, links and quotation marks, and directions in italics."""
    out: Rows = []
    first: int | None = None
    ruled: int | None = None
    quoted = sum(row.text.lstrip().startswith(">") for row in rows) > 1
    table = sum(bool(_TABLE.match(row.text)) for row in rows) > 1 and any(_TABLE_RULE.match(row.text) for row in rows)
    for index, row in enumerate(rows):
        text = row.text
        if len(text) > LONGEST_ROW:
            out.append(row)
            continue
        if table and (cells := _TABLE.match(text)):
            first = first or row.number
            if not _TABLE_RULE.match(text) and not (index + 1 < len(rows) and _TABLE_RULE.match(rows[index + 1].text)):
                out += [Row(row.number, cell.strip()) for cell in cells[1].split("|") if cell.strip()]
            continue
        if _RULE.match(text):
            ruled, text = ruled or row.number, ""
            out.append(Row(row.number, text))
            continue
        if match := _DIRECTION.match(text):
            text = f"[{match[1].strip()}]"
        else:
            if quoted:
                text = re.sub(r"^\s*>\s?", "", text)
            if "](" in text and not TOC_LINK.match(text):
                text = _LINK.sub(lambda m: "" if m[1] else m[2], text)
            if text.endswith("\\"):
                text = text[:-1].rstrip()
        if text != row.text:
            first = first or row.number
        out.append(Row(row.number, text))
    if first is None and ruled is None:
        return rows, []
    if first is None:
        return out, [Seen("Markdown", "Rules between the parts are not lyrics; use a blank line.", ruled, "F2", "warn")]
    why = "Markdown and rules between the parts are not lyrics: the singer may sing them."
    return out, [Seen("Markdown", why, first, "F2")]
