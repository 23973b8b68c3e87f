"""What surrounds a song: an assistant's talk, the furniture of a lyric page, titles, credits, notes."""

import re
from collections.abc import Iterator
from functools import cache

from ..bundled import toml
from ..languages import WORD
from .headings import opens_section, read_heading
from .marks import TOC_LINK, last_answer, without_marks
from .pages import furniture, without_counters
from .rows import LONGEST_ROW, Row, Rows, Seen, labels, paragraphs, starts, wholes, without
from .verdict import is_style

_ALTERNATIVE = re.compile(
    r"^(?:option|version|variante?|alternative|opción|opção|opzione|versión|versão|versione|вариант|варіант|方案|版本|バージョン|버전)"
    r"\s*[#№]?\s*(?:2|two|zwei|dos|deux|due|dois|b|ii)\b.{0,40}$",
    re.IGNORECASE,
)
_TOC_ENTRY = re.compile(r"^\s*(?:[-*•+]|\d{1,2}[.)])\s+(.*)$")
_QUOTED_TITLE = re.compile(r"^[\"“«„「『].{1,80}[\"”»“」』]$")
_LABELLED = re.compile(r"^[^\W\d_][^:：]{1,24}[:：]\s*.{1,60}$")
_ANNOUNCES = re.compile(
    r"(?:(?:full |song )?lyrics|songtext|liedtext|letra(?: completa)?|paroles|testo|текст(?: песни)?|歌词|歌詞|가사"
    r"|tekst(?: piosenki)?|şarkı sözleri|sözler|lirik|lời bài hát|στίχοι|lirik lagu|sanat)\s*[:：]",
    re.IGNORECASE,
)
_LONG_SENTENCE = 80  # characters; a shorter one could be a line of the song
_MOST_TITLE = 80
_FEW_WORDS = 6
_MOST_TITLE_WORDS = 9


def unwrapped(rows: Rows, *, copied: bool, first: int | None = None) -> tuple[Rows, list[Seen]]:
    """Remove what surrounds the song. `copied`: the text was already recognised as copied from somewhere.

    `first` is the number of the only line that can be a title, where that is known: a line that had chords above it
    is sung, though it stands first now.
    """
    pages, page = without_counters(rows)
    talk, turns = last_answer(pages)
    marked, marks = without_marks(talk)
    heads = [index for index, row in enumerate(marked) if _is_head(row)]
    gone: set[int] = set()
    chat: set[int] = set()
    site: set[int] = set(furniture(marked))
    front = heads[0] if heads else None
    above = 0
    for start, end in _front(marked, front):
        kind = _front_kind(marked[start:end], headed=front is not None)
        (chat if kind == "chat" else site if kind == "site" else gone).update(range(start, end) if kind else ())
        above = end if kind == "site" else above
        if not kind and front is not None:
            gone.update(start + i for i in _front_rows(marked[start:end]))
    if front is None:
        gone |= _leading_labels(marked, copied)
        while above and above < len(marked) and (marked[above].blank or _is_edge(marked[above])):
            site.add(above)
            above += 1
    site.update(range(_announced(marked, front)))
    last = heads[-1] if heads else -1
    chat.update(_contents(marked))
    back, notes = _back(
        marked, last, talk=bool(chat), headed=front is not None, copied=bool(page or chat or site or turns or copied)
    )
    chat |= notes
    gone |= back
    evidence = bool(page or chat or site or turns or gone or copied)
    if front is not None and evidence:
        left = [i for i in range(front) if not marked[i].blank and i not in gone | chat | site]
        if _is_title(marked, left) and first in (None, marked[left[0]].number):
            gone.update(left)
    everything = gone | chat | site
    if not (everything or page or turns or marks or any(_ALTERNATIVE.match(row.plain) for row in marked)):
        return rows, []
    out = without(marked, everything)
    if not any(not row.blank for row in out):
        return rows, []
    return out, list(_told(marked, set() if copied else gone, chat | turns, site, page or (None, False), marks))


def _told(
    rows: Rows, gone: set[int], chat: set[int], site: set[int], page: tuple[int | None, bool], marks: list[Seen]
) -> Iterator[Seen]:
    def line(places: set[int]) -> int | None:
        return rows[min(places)].number if places and min(places) < len(rows) else None

    if page[1] or site:
        why = "This was copied from a lyric page: counters, credits and links of the page would be sung."
        yield Seen("lyric page", why, page[0] or line(site))
    if chat:
        why = "This is an assistant's answer: everything it says around the song would be sung."
        yield Seen("chat answer", why, line(chat))
    if gone and not (page[1] or site or chat):
        why = "The title, credits or descriptions around the song would be sung."
        yield Seen("title and credits", why, line(gone))
    if several := next((row.number for row in rows if _ALTERNATIVE.match(row.plain)), None):
        why = "Here are several versions of a song, one after the other: keep one."
        yield Seen("several versions", why, several)
    yield from marks


def _is_head(row: Row) -> bool:
    """Whether a row names a section, in brackets or without."""
    text = row.text.strip()
    if not text or len(text) > LONGEST_ROW:
        return False
    inner = row.plain
    if inner.startswith("["):
        tag = re.match(r"\[[^\[\]]{1,60}\]", inner)
        return tag is not None and opens_section(tag[0])
    found = read_heading(text)
    return found is not None and (found.sure or (bool(re.match(r"^\s*[*_#]", text)) and not found.rest))


def _front(rows: Rows, head: int | None) -> list[tuple[int, int]]:
    """The paragraphs before the song; without section names only the first ones can lie outside it."""
    if head is not None:
        return [(start, min(end, head)) for start, end in paragraphs(rows) if start < head]
    found = paragraphs(rows)
    return found[:2] if len(found) > 2 else found[: max(len(found) - 1, 0)]


def _front_kind(rows: Rows, *, headed: bool) -> str | None:
    """What a paragraph before the song is: chat, site, meta; None where it may be the song."""
    if all(_is_label(row) or _is_edge(row) for row in rows):
        return "site" if any(_is_edge(row) and not _is_label(row) for row in rows) else "meta"
    if headed and len(rows) == 1 and _opens_short(rows[0].plain):
        return "chat"
    if headed and is_style(rows):
        return "meta"
    edges = sum(_is_edge(row) for row in rows)
    if (
        edges > 1
        and edges * 2 >= len(rows)
        and _is_edge(rows[0])
        and all(len(row.plain) <= _MOST_TITLE for row in rows)
    ):
        return "site"
    text = " ".join(row.plain for row in rows)
    first = rows[0].plain
    opens = bool(starts("chat", "opening").match(first))
    colon = rows[-1].plain.rstrip().endswith((":", "："))
    if opens and len(rows) <= 3 and (colon or headed) and (_speaks_of_songs(text) or (colon and headed)):
        return "chat"
    if colon and headed and _speaks_of_songs(text) and len(rows) <= 2:
        return "chat"
    if headed and len(rows) == 1 and _speaks_of_songs(text) and len(text) > 100:
        return "chat"
    return None


def _opens_short(text: str) -> bool:
    """Whether a line is only an assistant's "Here you go!"."""
    return bool(starts("chat", "opening").match(text)) and len(text.split()) <= _FEW_WORDS and text[-1:] in "!:：！"


def _front_rows(rows: Rows) -> Iterator[int]:
    """Single rows of a paragraph before the song that are none of it."""
    for index, row in enumerate(rows):
        if _is_label(row) or (_is_edge(row) and len(rows) > 1) or (index == 0 and _is_marked_title(row)):
            yield index


def _leading_labels(rows: Rows, copied: bool) -> set[int]:
    """Credits above a song that names no sections; a single one only where the text was copied anyway."""
    found: set[int] = set()
    labelled = 0
    for index, row in enumerate(rows):
        title = index == 0 and len(row.plain) <= _MOST_TITLE and len(rows) > 1 and _is_label(rows[1])
        if not row.blank and not _is_label(row) and not title:
            break
        labelled += not row.blank and not title
        found |= set() if row.blank else {index}
    return found if labelled > 1 or len(found) > 1 or (labelled and copied) else set()


def _announced(rows: Rows, head: int | None) -> int:
    """How many rows stand before the song where a line such as "Lyrics:" says that it begins; 0 without one."""
    most = len(rows) // 2 if head is None else head
    at = next((index for index, row in enumerate(rows[:most]) if _ANNOUNCES.match(row.plain.strip())), -1)
    return at + 1 if sum(not row.blank for row in rows[:at]) > 1 else 0


def _is_title(rows: Rows, left: list[int]) -> bool:
    """Whether all that is left before the first section name is one or two lines that look like a title."""
    apart = all(
        rows[i + 1].blank and (i == 0 or rows[i - 1].blank or i - 1 not in left) for i in left if i + 1 < len(rows)
    )
    if not left or len(left) > 2 or (len(left) == 2 and not apart):
        return False
    texts = [rows[index].plain.strip() for index in left]
    return all(
        0 < len(text) <= _MOST_TITLE and len(WORD.findall(text)) <= _MOST_TITLE_WORDS and text[-1] not in ",;"
        for text in texts
    )


def _is_marked_title(row: Row) -> bool:
    text = row.text.strip()
    if len(text) > _MOST_TITLE + 8:
        return False
    bold = re.fullmatch(r"(\*\*|__)[^*_]{1,80}\1", text) or re.match(r"^#{1,3}\s", text)
    return bool(bold) or bool(_QUOTED_TITLE.match(row.plain))


def _is_label(row: Row) -> bool:
    return _labels_on(row) > 0


def _labels_on(row: Row) -> int:
    """How many labels stand on a row: "Tempo: 92" has one, "Key: G | Tempo: 92" two."""
    plain = row.plain.lstrip("-•[ ")
    parts = re.split(r"\s+[|·•]\s+", plain)
    if len(parts) > 1 and all(re.match(r"[^\W\d_][^:：]{1,30}[:：]\s*\S", part) for part in parts):
        return len(parts) if any(labels().match(part) for part in parts) else 0
    return int(bool(plain) and len(plain) <= 300 and bool(labels().match(plain)))


def _is_edge(row: Row) -> bool:
    plain = row.plain.strip()
    if re.fullmatch(r"\s*(?:#\w+\s*)+", row.text[:LONGEST_ROW]) and read_heading(row.text) is None:
        return True
    if not plain or len(plain) > 200:
        return False
    return bool(wholes("site", "edges").match(plain) or wholes("site", "anywhere").match(plain))


def _speaks_of_songs(text: str) -> bool:
    return bool(_craft().search(text[:1500].replace("’", "'")))


@cache
def _craft() -> re.Pattern[str]:
    return re.compile(toml("paste")["chat"]["craft"], re.IGNORECASE)


def _contents(rows: Rows) -> Iterator[int]:
    """A list of the sections without their words."""
    index = 0
    while index < len(rows):
        label = wholes("chat", "contents").match(rows[index].plain) if rows[index].plain else None
        at = index + 1 if label else index
        while at < len(rows) and rows[at].blank and label:
            at += 1
        end = at
        while end < len(rows) and _is_entry(rows[end].text, bool(label)):
            end += 1
        links = all(TOC_LINK.match(rows[i].text) for i in range(at, end))
        if end - at >= (2 if label or links else 3):
            yield from range(index, end)
            index = end
        elif label and end == at and _is_outline(rows[index].text):
            yield index
            index += 1
        else:
            index = max(index + 1, end)


def _is_entry(text: str, labelled: bool) -> bool:
    if len(text) > 120:
        return False
    link, item = TOC_LINK.match(text), _TOC_ENTRY.match(text)
    inner = link[1] if link else item[1] if item else text if labelled else ""
    found = read_heading(inner.strip().strip("*_[]")) if inner.strip() else None
    return found is not None and not found.rest


def _is_outline(text: str) -> bool:
    """ "Structure: Verse - Chorus - Verse" on one line."""
    _, _, after = text.partition(":")
    parts = [part for part in re.split(r"\s*(?:->|→|[-–—,|>/·])\s*", after.strip(" *_")) if part]
    return len(parts) > 2 and all(read_heading(part) for part in parts)


def _back(rows: Rows, last_head: int, *, talk: bool, headed: bool, copied: bool) -> tuple[set[int], set[int]]:
    """What comes after the song: (credits and page furniture, an assistant's talk)."""
    gone: set[int] = set()
    notes: set[int] = set()
    found = paragraphs(rows)
    for start, _ in found:
        if start > max(last_head, 0) and _is_notes(rows[start], headed) and start > (found[0][0] if found else 0):
            notes.update(range(start, len(rows)))
            break
    for start, end in reversed(found):
        if start in notes:
            continue
        if start <= last_head or start == found[0][0]:
            gone.update(range(_tail(rows, max(start, last_head + 1), end, copied=copied), end))
            break
        if _is_closing(rows[start:end]) or (talk and end - start == 1 and _wishes(rows[start].plain)):
            notes.update(range(start, end))
        elif _tail(rows, start - 1, end, copied=copied or bool(notes)) == start:
            gone.update(range(start, end))
        else:
            gone.update(range(_tail(rows, start, end, copied=copied), end))
            break
    return gone, notes


def _tail(rows: Rows, start: int, end: int, *, copied: bool) -> int:
    """Where the credits and furniture at the end of a paragraph begin; its first row is the song's in any case.

    Under the last lines of a song only labels with a colon count, and a single one nowhere unless more speaks for it:
    "Written by the moon" and "Key: under the mat" are lines that somebody may sing.
    """
    alone = start < 0 or (start < len(rows) and rows[start].blank)
    if (
        alone
        and end - start > 2
        and _is_label(rows[start + 1])
        and wholes("site", "anywhere").match(rows[end - 1].plain)
    ):
        return start + 1  # what stands between credits and a copyright line is of their kind
    tail, sure, labelled = end, 0, 0
    while tail - 1 > start:
        row = rows[tail - 1]
        certain = bool(row.plain) and bool(wholes("site", "anywhere").match(row.plain))
        label = _labels_on(row) or int(alone and _is_edge(row))
        if not (certain or label or (sure and _LABELLED.match(row.plain))):
            break
        sure, labelled, tail = sure + certain, labelled + label, tail - 1
    return tail if sure or labelled > 1 or (alone and labelled and copied) or _is_counter(rows, tail, end) else end


def _is_counter(rows: Rows, tail: int, end: int) -> bool:
    """Whether the one row that is left over is a counter of a page and nothing else."""
    return end - tail == 1 and bool(re.fullmatch(r"\d*(?:\.\d+)?K?Embed", rows[tail].plain))


def _is_notes(row: Row, headed: bool) -> bool:
    text = row.text.strip()
    plain = row.plain
    marked = bool(re.match(r"^(?:#{1,6}\s|\*\*|__)", text)) or plain.endswith((":", "："))
    label = bool(starts("chat", "notes").match(plain)) and (marked or bool(re.match(r"^[^:：]{3,40}[:：]", plain)))
    return headed and label and read_heading(text) is None


def _wishes(text: str) -> bool:
    """ "Hope you like it!" behind a song that began with an assistant's talk."""
    said = starts("chat", "closing").match(text) or starts("chat", "about").match(text)
    return bool(said) and len(text.split()) <= 2 * _FEW_WORDS and text[-1:] in "!.?！。？"


def _is_closing(rows: Rows) -> bool:
    """Whether a paragraph is what an assistant says after a song; lines of a song that ask something are not."""
    text = " ".join(row.plain for row in rows)
    first = rows[0].plain.lstrip("\"'([¿ ")
    offers = bool(starts("chat", "closing").match(first))
    tells = bool(starts("chat", "about").match(first)) and len(text) > _LONG_SENTENCE and text[-1] in ".!?。！？"
    if not (offers or tells) or not _speaks_of_songs(text):
        return False
    return len(rows) <= 2 or len(text) > 60 * len(rows) or _TOC_ENTRY.match(rows[-1].text) is not None
