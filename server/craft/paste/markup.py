"""Text from a program: wrapped in JSON, with escaped line breaks, or HTML."""

import html
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from ..bundled import toml
from .headings import opens_section
from .rows import Row, Rows, Seen

_STANZAS = frozenset(("p", "h1", "h2", "h3", "h4", "section", "ul", "ol"))
_TAG = re.compile(
    r"<!--.*?-->|<!doctype[^<>]{0,200}>|<(/?)([a-z][a-z0-9]{0,10})(?:\s[^<>]{0,600})?/?>", re.DOTALL | re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,20});")
_CODE = re.compile(r"\A\s*```\w*\s*\n|\n\s*```\s*\Z")
_FIELDS = ("clean_lyrics", "lyrics", "lyric", "text", "words", "content", "prompt", "body", "lines", "segments", "line")
_SECTION_FIELDS = ("type", "section", "part", "tag", "label", "name", "title", "heading")
_LONGEST_NAME = 30
_DEEPEST = 6


@cache
def _elements(sort: str) -> frozenset[str]:
    """The names of HTML: blocks, inline, skipped (with what is in them)."""
    return frozenset(toml("paste")["html"][sort].split())


def unpacked(text: str) -> tuple[str, list[Seen]]:
    """The lyric inside a JSON document; the text itself where there is none."""
    inner = _CODE.sub("", text).strip()
    if not inner.startswith(("{", "[", '"')) or len(inner) < 8:
        return text, []
    try:
        found = json.loads(inner)
    except (ValueError, RecursionError):
        return text, []
    words = found if isinstance(found, str) else max(_texts(found, 0), key=len, default="")
    if len(words.split()) < 4 and len(words) < 12:
        return text, []
    if isinstance(found, str):
        why = "This is text from a program: its quotation marks and \\n would be sung."
        return words, [Seen("escaped text", why, 1)]
    return words, [Seen("JSON", "This is a JSON document around a lyric: its punctuation and names would be sung.", 1)]


def _texts(value: Any, depth: int) -> Iterator[str]:
    """The texts under the names that hold lyrics; a list of lines as one text."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        lines = [one if isinstance(one, str) else _headed(one, next(_texts(one, depth + 1), "")) for one in value]
        if any(lines):
            yield "\n".join(lines)
    elif isinstance(value, dict):
        parts = {name: inner for name, inner in value.items() if _opens(name)}
        if len(parts) > 1:
            yield "\n\n".join(f"[{_spoken(n)}]\n" + next(_texts([one], depth + 1), "") for n, one in parts.items())
        for name in _FIELDS:
            inner = value.get(name)
            if isinstance(inner, str):
                yield inner
            elif isinstance(inner, list | dict):
                yield from _texts(inner, depth + 1)
        for name, inner in value.items():
            if name not in _FIELDS and isinstance(inner, dict | list):
                yield from _texts(inner, depth + 1)


def _headed(value: Any, words: str) -> str:
    """The words of a part with the tag that a field of it names: {"type": "verse", "lines": […]}."""
    names = (value.get(field) for field in _SECTION_FIELDS) if isinstance(value, dict) else ()
    tag = next((name for name in names if isinstance(name, str) and words and _opens(name)), None)
    return f"[{_spoken(tag)}]\n{words}\n" if tag else words


def _opens(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and opens_section(f"[{_spoken(name)}]")


def _spoken(name: str) -> str:
    """ "pre_chorus", "verse1" as a person would write them."""
    return re.sub(r"(?<=[a-z])(?=\d)", " ", name.replace("_", " ")).strip().title()


def spelt_out(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Write `\\n` as the line break that it stands for, where the text has hardly any others."""
    written = [row for row in rows if "\\n" in row.text]
    breaks = sum(row.text.count("\\n") for row in written)
    if breaks < 2 or breaks < len(rows) - 1:
        return rows, []
    out: Rows = []
    for row in rows:
        text = row.text.replace("\\r", "").replace("\\t", " ").replace('\\"', '"').replace("\\'", "'")
        text = re.sub(r"\\u([\da-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        out.extend(Row(row.number, part) for part in text.split("\\n"))
    if out[0].text.startswith('"') and out[-1].text.rstrip(" ,;").endswith('"'):
        out[0] = Row(out[0].number, out[0].text[1:])
        out[-1] = Row(out[-1].number, out[-1].text.rstrip(" ,;")[:-1])
    why = r"Line breaks are spelt out as \n here, which would be sung or run the lines together."
    return out, [Seen("escaped text", why, written[0].number)]


def without_html(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Remove HTML: its breaks and blocks become lines, its entities the characters they stand for."""
    text = "\n".join(row.text for row in rows)
    first = next((m.start() for m in _TAG.finditer(text) if m[2] is None or _known(m[2])), None)
    entity = _ENTITY.search(text)
    if first is None and (entity is None or html.unescape(entity[0]) == entity[0]):
        return rows, []
    at = first if first is not None else entity.start() if entity else 0
    lowered = text.casefold() if len(text.casefold()) == len(text) else text
    numbers = [row.number for row in rows]
    place, pieces, hidden, end = 0, [""], "", 0
    out: Rows = []

    def add(words: str) -> None:
        nonlocal place
        for index, part in enumerate(words.split("\n")):
            if index:
                close()
                place += 1
            pieces[0] += "" if hidden else part

    def close() -> None:
        out.append(Row(numbers[min(place, len(numbers) - 1)], html.unescape(pieces[0]).replace("\xa0", " ").rstrip()))
        pieces[0] = ""

    for match in _TAG.finditer(text):
        name = (match[2] or "").casefold()
        if match[2] is not None and not _known(name):
            continue
        add(text[end : match.start()])
        end = match.end()
        if match[2] is None:
            place += match[0].count("\n")
        elif hidden:
            hidden = "" if match[1] and name == hidden else hidden
        elif name in _elements("skipped"):
            # One that is never closed would hide the whole song.
            hidden = "" if match[1] or f"</{name}" not in lowered[end:] else name
        elif name in _elements("blocks"):
            own = name == "br" and text[end : end + 1] == "\n"  # the source's own line break is the same one
            if (name == "br" and not own) or (pieces[0].strip() and not own):
                close()
            if name in _STANZAS and match[1] and out:
                out.append(Row(out[-1].number, ""))
    add(text[end:])
    close()
    line = numbers[text.count("\n", 0, at)]
    why = "HTML is not a lyric: the service may refuse it and the singer may sing it."
    changed = [row for row in out if row.number == line]
    fix = changed[0].text.strip() if len(changed) == 1 else None
    return out, [Seen("HTML", why, line, "F2", fix=fix)]


def _known(name: str) -> bool:
    return any(name.casefold() in _elements(sort) for sort in ("blocks", "inline", "skipped"))
