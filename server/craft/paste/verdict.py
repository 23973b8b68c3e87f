"""Recognises texts that are certainly not lyrics: paying for one would buy a sung error message, order or code."""

import json
import re
from collections.abc import Callable

from ..languages import WORD
from .headings import read_heading
from .rows import LONGEST_ROW, Row, Rows, Seen, starts, wholes

_CODE = re.compile(
    r"^\s*(?:(?:def|class|import|from|return|function|const|let|var|public|private|static|void|if|for|while|elif|try|except"
    r"|#include|package|using|namespace|SELECT|INSERT|UPDATE|CREATE|FROM|WHERE|export|async|await)\b.*[;:(){}=>,]\s*$"
    r"|[\w.\[\]]+\s*[+*/-]?=\s*\S.*|.*[;{}]\s*$|[)}\]]+[;,]?\s*$|//.*|#!.*|@\w+.*|\$ \S.*|</?\w+[^<>]{0,200}>.*)"
)
_PAGE = re.compile(r"<(?:br|p|div|li|span|h[1-6])\b", re.IGNORECASE)
_LOG = re.compile(
    r"^\s*(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?\d\d:\d\d:\d\d[^\]]*\]?\s+\[?(?:INFO|WARN|ERROR|DEBUG)"
    r"|(?:INFO|WARN(?:ING)?|ERROR|DEBUG|TRACE|FATAL)\b[\s:\[-]|Traceback \(|File \"|\s+at [\w.$]+\("
    r"|\w+(?:Error|Exception):)"
)
_ADDRESS = re.compile(r"[<(]?(?:https?://|www\.)\S", re.IGNORECASE)
_FILE = re.compile(
    r"^\s*(?:[A-Za-z]:[\\/]|~?/|\./|\.\./|file://)?[^\n:*?\"<>|]{1,180}\.(?:txt|docx?|pdf|rtf|md|odt|pages|lrc|srt|mp3|wav|json|html?)\s*$",
    re.IGNORECASE,
)
_MAIL = re.compile(
    r"^(?:from|to|subject|date|cc|bcc|reply-to|sent|von|an|betreff|gesendet|de|para|asunto|assunto|à|objet|oggetto|от|кому|тема)\s*:\s*\S",
    re.IGNORECASE,
)
_MAIL_SURE = re.compile(r"^(?:subject|betreff|asunto|assunto|objet|oggetto|тема|reply-to|cc|bcc)\s*:", re.IGNORECASE)
_SOUND = re.compile(
    r"\b\d{2,3}\s?bpm\b|\b(?:male|female) (?:vocals?|voice)\b|\b(?:vocals?|reverb|808s?|lo-?fi)\b", re.IGNORECASE
)
_NUMBER_CELL = re.compile(r"^\s*[-+]?[\d.,:%/€$ -]+\s*$")
_MOST_ORDER = 600
_ENOUGH = 3


def no_lyric(rows: Rows) -> list[Seen]:
    """One sentence about a text that is certainly not a lyric; nothing for any other."""
    filled = [row for row in rows if not row.blank]
    if not filled:
        return []
    what = _what(filled)
    if not what:
        return []
    kind, advice = what
    return [Seen(kind, f"This is not a lyric but {kind}.{' ' + advice if advice else ''}", filled[0].number, "F9")]


def _what(filled: Rows) -> tuple[str, str] | None:
    """What a text is instead, and what to do with it."""
    text = "\n".join(row.text for row in filled)
    for what, advice, certain in _KINDS:
        if certain(filled, text):
            return what, advice
    return None


def _headed(row: Row) -> bool:
    if row.bracketed:
        return "]" in row.text
    found = read_heading(row.text) if len(row.text) <= LONGEST_ROW else None
    return found is not None and found.sure


def _part(rows: Rows, pattern: re.Pattern[str]) -> float:
    return sum(bool(pattern.match(row.text[:LONGEST_ROW])) for row in rows) / len(rows)


def _is_json(text: str) -> bool:
    inner = text.strip().removeprefix("```json").strip("` \n")
    if not (inner.startswith(("{", "[{", '["')) and inner.endswith(("}", "]"))):
        return False
    try:
        return isinstance(json.loads(inner), dict | list)
    except (ValueError, RecursionError):
        return inner.count('":') > 2


def _is_encoded(text: str) -> bool:
    tokens = text.split()
    long = sum(len(token) for token in tokens if len(token) >= 40 and re.fullmatch(r"[\w+/=%&.:;,-]+", token, re.ASCII))
    return (
        long > 0.8 * sum(map(len, tokens))
        and bool(re.search(r"\d", text))
        and len(tokens) <= max(len(text) // 40, 1) + 1
    )


def _is_order(filled: Rows, text: str) -> bool:
    short = len(text) <= _MOST_ORDER and len(filled) <= 3 and not _any_head(filled)
    return short and bool(starts("no_lyric", "orders").match(filled[0].plain))


def is_style(filled: Rows) -> bool:
    """Whether a text is a list of what a song should sound like."""
    if len(filled) != 1:
        return False
    text = filled[0].text
    parts = [part for part in text.split(",") if part.strip()]
    short = all(len(WORD.findall(part)) <= 5 for part in parts)
    enough = 1 if re.search(r"\d\s?bpm", text, re.IGNORECASE) else 2
    return len(parts) >= 4 and short and len(_SOUND.findall(text)) >= enough


def _is_mail(filled: Rows) -> bool:
    heads = [row for row in filled[:6] if _MAIL.match(row.plain)]
    return len(heads) >= 2 and any(_MAIL_SURE.match(row.plain) for row in heads) and bool(_MAIL.match(filled[0].plain))


def _is_sheet_of_numbers(filled: Rows) -> bool:
    if len(filled) < 4:
        return False
    for mark in ("\t", ";", ",", "|"):
        cells = [row.text.strip(mark).split(mark) for row in filled]
        width = len(cells[-1])
        if width > 2 and sum(len(row) == width for row in cells) >= 0.9 * len(cells):
            numbers = sum(bool(_NUMBER_CELL.match(cell)) for row in cells for cell in row)
            return numbers * 3 >= sum(map(len, cells))
    return False


def _is_code(filled: Rows, text: str) -> bool:
    if len(filled) < 4 or _any_head(filled) or _PAGE.search(text):
        return False
    return _part(filled, _CODE) >= 0.6 and bool(re.search(r"[;{}()=]", text))


def _is_refusal(filled: Rows, text: str) -> bool:
    starts_so = bool(starts("chat", "refusals").match(filled[0].plain))
    return starts_so and len(filled) <= 8 and len(text) > 40 and not _any_head(filled)


def _any_head(filled: Rows) -> bool:
    return any(_headed(row) for row in filled)


_WORDS = "Pass only the words that are to be sung."
_KINDS: tuple[tuple[str, str, Callable[[Rows, str], bool]], ...] = (
    ("a JSON document", _WORDS, lambda _, text: _is_json(text)),
    (
        "a link",
        "Links are not opened: paste the words.",
        lambda rows, _: all(_ADDRESS.match(word) for row in rows for word in row.text.split()),
    ),
    (
        "the name of a file",
        "Files are not opened: paste the words.",
        lambda rows, text: len(rows) == 1 and bool(_FILE.match(text)),
    ),
    ("encoded data", "Paste the words themselves.", lambda _, text: _is_encoded(text)),
    (
        "an error or a filler text",
        "",
        lambda rows, _: len(rows) <= 3 and bool(wholes("no_lyric", "pages").match(rows[0].plain)),
    ),
    ("an assistant's refusal", "Write the words first.", _is_refusal),
    ("an order for a song", "Give it as `idea` and the service writes the words, or write them first.", _is_order),
    ("a description of the sound", "Give it as `style`.", lambda rows, _: is_style(rows)),
    ("a log", "", lambda rows, _: len(rows) >= _ENOUGH and _part(rows, _LOG) >= 0.5),
    ("program code", "", _is_code),
    ("an e-mail", _WORDS, lambda rows, _: _is_mail(rows)),
    ("a table", _WORDS, lambda rows, _: _is_sheet_of_numbers(rows)),
    (
        "a text without a single word",
        "Write lines, or ask for an instrumental.",
        lambda _, text: not any(map(str.isalpha, text)),
    ),
)
