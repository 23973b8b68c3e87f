"""Lyric pages as selected or scraped: counters, advice and tags that ran into titles and lines."""

import re
from collections.abc import Iterator

from .headings import opens_section
from .rows import LONGEST_ROW, Row, Rows, wholes

_CONTRIBUTORS = re.compile(r"^\s*\d{1,4}\s?Contributors?", re.IGNORECASE)
_LYRICS_THEN = re.compile(r"^(.{0,200}?)\bLyrics\s*(?=\[|[A-Z]|$)")
_EMBED = re.compile(r"\d*(?:\.\d+)?K?Embed$")
_TICKETS = re.compile(r"See .{1,60}? Live\s?Get tickets as low as \$\d{1,5}")
_ALSO = re.compile(r"(?:(?<=\S)|^)You might also like(?=\[|$|[A-Z])")
_GLUED_TAG = re.compile(r"^(\S[^\[\]]{0,120}?)(\[[^\[\]]{3,60}\])(.*)$")
_MORE = re.compile(r"^.{20,}?(?:…|\.\.\.)?\s?Read More\s*", re.IGNORECASE)
_MOST_TITLE = 80


def without_counters(rows: Rows) -> tuple[Rows, tuple[int | None, bool] | None]:
    """Counters glued to titles, tags and last lines, as they come from lyric pages."""
    out: Rows = []
    found: int | None = None
    filled = [index for index, row in enumerate(rows) if not row.blank]
    for index, row in enumerate(rows):
        text = row.text
        if len(text) > 4 * LONGEST_ROW or row.blank:
            out.append(row)
            continue
        if filled and index == filled[0]:
            if (head := _CONTRIBUTORS.match(text)) or re.search(r"Lyrics\s*\[", text[:300]):
                rest = _LYRICS_THEN.match(text)
                text = text[rest.end() :] if rest else "" if head and len(text) < 120 else text
            elif (glued := _GLUED_TAG.match(text)) and _is_glued_title(glued[1], glued[2]):
                text = glued[2] + glued[3]
            text = _MORE.sub("", text) if "Read More" in text[:2000] else text
        text = _TICKETS.sub("", text)
        text = _ALSO.sub("\n", text) if "You might also like" in text else text
        if filled and index == filled[-1]:
            text = _EMBED.sub("", text)
        if text == row.text:
            out.append(row)
            continue
        found = found or row.number
        for part in text.split("\n"):
            if part.startswith("[") and not row.text.startswith("[") and out and not out[-1].blank:
                out.append(Row(row.number, ""))
            if part.strip():
                out.append(Row(row.number, part))
        if not text.strip() and out:
            out.append(Row(row.number, ""))
    split, cut = _split_tags(out)
    return split, (found or cut, bool(found)) if found or cut else None


def _is_glued_title(title: str, tag: str) -> bool:
    """Whether a title ran into the first tag."""
    words = any(map(str.isalpha, title)) and len(title) <= _MOST_TITLE
    return words and not title.endswith((" ", ":")) and opens_section(tag)


def _split_tags(rows: Rows) -> tuple[Rows, int | None]:
    """Separates a section tag from the line that it ran into."""
    out: Rows = []
    found: int | None = None
    for row in rows:
        match = _GLUED_TAG.match(row.text) if "[" in row.text and len(row.text) <= LONGEST_ROW else None
        if match and match[1][-1:] not in " (" and any(c.isalpha() for c in match[1]) and opens_section(match[2]):
            found = found or row.number
            out += [Row(row.number, match[1]), Row(row.number, ""), Row(row.number, match[2] + match[3])]
        else:
            out.append(row)
    return out, found


def furniture(rows: Rows) -> Iterator[int]:
    """The places of rows that belong to the page, wherever they are."""
    languages = wholes("site", "languages")
    for index, row in enumerate(rows):
        plain = row.plain
        if not plain or len(plain) > 200:
            continue
        after = rows[index + 1].plain if index + 1 < len(rows) else ""
        live = re.fullmatch(r"See .{1,60} Live", plain) and re.match(r"(?:Get tickets|You might also like)", after)
        if live or wholes("site", "anywhere").match(plain):
            yield index
        elif re.fullmatch(r"Translations", plain) and index + 1 < len(rows) and languages.match(rows[index + 1].plain):
            yield index
            for later in range(index + 1, len(rows)):
                if not languages.match(rows[later].plain):
                    break
                yield later
