"""Names of sections without square brackets, in any language and with anything around them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import NamedTuple

from ..bundled import toml
from ..lyric import is_cue, read, tag_names
from .rows import Row, Rows, Seen

_LONGEST = 90
_CUE_WORDS = 3
_MOST = 8
"""How often a part is written out at most."""
_DECORATION = ' \t*_#=~-–—.·•:：|<>«»‹›"“”„()（）{}【】「」『』+^/\\❖★☆♪♫►▶→✦■●'
_TIMES = (
    r"(?:[x×х]\s?(\d{1,2})|(\d{1,2})\s?(?:[x×х](?![^\W\d_])|times|mal\b|veces|fois|volte|vezes|раза?\b|рази?\b|р\b"
    r"|razy|kez|回|번|次|遍))"
)
"""The Cyrillic letter stands in for the Latin one in Russian texts."""
TIMES = re.compile(_TIMES, re.IGNORECASE)
_BRACKETED = re.compile(r"^\s*\[\s*([^\[\]]{1,60}?)\s*\]\s*(.*?)\s*$")
_WITH_WORDS = frozenset(("bridge", "hook"))
"""Words that hardly begin a sung line with a colon behind them, as "Break:" or "End:" may."""
_SORTS = {"alone": "word", "short": "short", "word": "word", "counter": "plain", "plain": "plain"}
"""The sorts of names in tags.toml, and what each is worth without brackets."""
_COUNTERS = frozenset(("番", "절"))
"""Counting words, which name a verse only behind a digit: with a character for one they mean "the best"."""
_ORDINALS = (".", "ª", "º", "a", "°", "st", "nd", "rd", "th", "-я", "-й", ".º", ".ª", "")
_ARTICLES = ("el ", "la ", "le ", "die ", "der ", "")
_GOES_ON = re.compile(r"[^\W\d_](?<![\u3400-\u9fff\u3040-\u30ff])")
"""A letter that makes a longer word of a name; the scripts without spaces have no such letter."""
_AFTER = re.compile(r"\s*(?:[#№.]|[nN][°º.])?\s*(?:(\d{1,2})(?!\d|\s?[xXхХ×])|([^\W_]+))")
_ROUND = re.compile(r"^\s*[*_]*[(（][^()（）]*?[-–—:：,]\s*([^()（）]{1,40})[)）][*_]*\s*[:：]?\s*$")
_BARS = re.compile(
    r"\d{1,3}\s*(?:bars?|measures?|takte?|compases|mesures|battute|compassos|тактов|такта|小節|小节|마디)",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"^(?:#|\*\*|__)")
_DUPLICATE = re.compile(r"^\s*[*_]*\[([^\[\]]{1,60})\][*_]*\s*[:：]\s*[*_]*\s*$")


@dataclass(frozen=True, slots=True)
class Heading:
    """A section name as found in the text."""

    tag: str
    """What belongs between the brackets."""
    kind: str
    """The documented tag, such as "Chorus"."""
    number: str = ""
    rest: str = ""
    """Words of the song on the same line."""
    times: int = 1
    sure: bool = True
    """False where the same line could be sung: others have to bear it out."""
    written: str = ""
    """The name as it stands there."""
    plain: bool = True
    """Whether the name is hardly ever a word of a song."""
    bracketed: bool = False


@cache
def _names() -> dict[str, tuple[str, str]]:
    """Every name → (documented tag, how sure it is: plain, word, short)."""
    found: dict[str, tuple[str, str]] = {}
    for sort, worth in _SORTS.items():
        for tag, names in toml("tags")[sort].items():
            for name in names:
                found[name] = (tag.title(), worth)
    for name, entry in tag_names().items():
        found.setdefault(name, (name.title(), "plain" if " " in name and str(entry["kind"]) != "end" else "word"))
    return found


@cache
def _numbers() -> dict[str, str]:
    return {name: digit for digit, names in toml("headings")["number"].items() for name in names}


@cache
def _again() -> frozenset[str]:
    table = toml("headings")["repeat"]
    return frozenset((*table["words"], *table["last"], "again", "same", "same as above"))


class _Named(NamedTuple):
    """A name of a section at the beginning of a text, the numbers around it, and what follows."""

    name: str
    written: str
    before: str
    after: str
    more: str


def _named(text: str) -> _Named | None:
    """The name that a text begins with, perhaps after a number; looked up, because one expression of all names is
    slow to build.
    """
    small = text.replace("İ", "i").lower()  # which alone would become two letters
    for before, start in (*_behind_a_number(small), ("", 0)):
        for name in _initials().get(small[start : start + 1], ()):
            end = start + len(name)
            if small.startswith(name, start) and not _GOES_ON.match(text, end):
                match = _AFTER.match(text, end)
                after = (match[1] or match[2]) if match and (match[1] or match[2].lower() in _numbers()) else ""
                more = text[match.end() if match and after else end :]
                return _Named(name, text[start:end], before, after, more)
    return None


def _behind_a_number(text: str) -> Iterator[tuple[str, int]]:
    """Every number that a text may begin with, and where a name may begin behind it."""
    digits = re.match(r"\d{0,2}", text)
    begun = [text[:length] for length in range(digits.end() if digits else 0, 0, -1)]
    for number in (*begun, *(name for name in _number_initials().get(text[:1], ()) if text.startswith(name))):
        for mark in _ORDINALS:
            if text.startswith(mark, len(number)):
                space = re.compile(r"\s*").match(text, len(number) + len(mark))
                start = space.end() if space else 0
                yield from ((number, start + len(word)) for word in _ARTICLES if text.startswith(word, start))


@cache
def _initials() -> dict[str, tuple[str, ...]]:
    return _by_initial(_names())


@cache
def _number_initials() -> dict[str, tuple[str, ...]]:
    return _by_initial(_numbers())


def _by_initial(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Names by their first letter, the longest first."""
    found: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        found.setdefault(name[0], []).append(name)
    return {letter: tuple(group) for letter, group in found.items()}


@lru_cache(maxsize=2048)
def read_heading(text: str) -> Heading | None:
    """The heading that a line is, or begins with; None for any other line."""
    row = text.strip()
    if not row or len(row) > 400 or row.startswith(("[", "【", "［")):
        return _bracketed(row) if row.startswith("[") and len(row) <= _LONGEST else None
    left = row.lstrip(_DECORATION)
    decorated = len(row) - len(left)
    found = _once(_named(left))
    if not found:
        return None
    tag, sort = _names()[found.name]
    number = _digit(found.after or found.before)
    if found.after and not found.after.isdigit() and sort != "plain":
        return None  # "Bridge one" and the like are words
    if found.name in _COUNTERS and not found.before.isdigit():
        return None
    spelt = _spelt(tag, found.name, found.written, number)
    heading = Heading(spelt, tag, number, written=found.name, plain=sort == "plain")
    made = _with_rest(heading, found.more, sort, decorated > 0, bool(number))
    if made is not None and made.rest and made.plain and (inner := _ROUND.match(row)):
        # "(Verse 1 - Sarah)": what stands in the same brackets is not sung.
        return replace(made, tag=f"{made.tag} - {inner[1].strip()}", rest="", sure=True)
    return made


def _once(found: _Named | None) -> _Named | None:
    """A name without the same one in another language behind it: "Verse 主歌1：" is a heading."""
    second = _named(found.more.lstrip(" /|·–—-")) if found else None
    if found is None or second is None or second.name == found.name:
        return found
    if _names()[second.name][0] != _names()[found.name][0]:
        return found
    return found._replace(after=found.after or second.after, more=second.more)


def _with_rest(heading: Heading, more: str, sort: str, decorated: bool, numbered: bool) -> Heading | None:
    """Read what follows the name: how often, a cue, a mark, words."""
    times, cue = 1, ""
    rest = more.strip()
    if match := re.match(rf"^[\s*_.,:-]*[(\[]?\s*{_TIMES}\s*[)\]]?", rest, re.IGNORECASE):
        times, rest = min(int(match[1] or match[2]), _MOST), rest[match.end() :].strip()
    elif match := re.match(r"^[*_]*[(（\[]([^()（）\[\]]{1,40})[)）\]]", rest):
        often, again = how_often(match[1]), match[1].strip().casefold() in _again()
        dropped = again or _BARS.fullmatch(match[1].strip())
        times, cue = (often, "") if often else (1, "" if dropped else match[1].strip())
        rest = rest[match.end() :].strip()
        if re.search(r"[.!?]$", cue):
            return None
    mark = re.match(r"^[\s*_]*([:：]|\.{1,}|…|=+|[-–—~]+|[)）}>»|\"”】」』*_#]+)[\s:*_=~\-–—.)）}>»|\"”】」』#]*", rest)
    colon = bool(mark and (mark[1] in ":：" or ":" in mark[0]))
    tail = rest[mark.end() :].strip() if mark else rest
    if tail and not mark:
        match = re.fullmatch(r"(\S+(?: \S+)?)\s*[:：][\s*_]*", tail)
        if not match or not _colours(match[1]):
            return None
        colon = True  # "Outro instrumental:"
    trailing = bool(mark and not tail and re.fullmatch(r"\.{2,}|…", mark[1]) and not decorated and not numbered)
    if trailing:
        return replace(heading, sure=False) if heading.plain else None  # "Bridge..." trails off
    if times == 1 and tail and (often := how_often(tail.strip("()[] "))):
        times, tail = often, ""
    if tail.isdigit() and not numbered and len(tail) < 3:
        heading, numbered, tail = replace(heading, number=tail, tag=f"{heading.tag} {tail}"), True, ""
    if _colours(tail):
        cue, tail = ", ".join(part for part in (cue, tail.strip("()[]:： *_")) if part), ""
    made = replace(heading, times=times, rest=tail, tag=f"{heading.tag} - {cue}" if cue else heading.tag)
    if sort == "short":
        known = bool(mark) and (colon or mark[1].startswith(".")) if mark else False
        # "Ref." alone on its line can only be a heading; "R:" may be a singer's initial.
        sure = not tail and (numbered or (known and len(heading.written) > 2))
        return replace(made, sure=sure) if known or (numbered and not tail and not mark) else None
    if not tail:
        sure = sort == "plain" or colon or bool(decorated and mark) or times > 1
        return replace(made, sure=sure and (bool(mark) or colon or numbered or decorated or times > 1))
    if colon or (mark and numbered):
        return replace(made, sure=sort == "plain" or heading.tag.casefold() in _WITH_WORDS)
    return replace(made, sure=False) if sort == "plain" and mark and mark[1][0] in "-–—." else None


def _colours(tail: str) -> bool:
    """Whether the text after a name says how to sing or play it."""
    words = tail.strip("()[]. :：*_")
    return 0 < len(words.split()) <= _CUE_WORDS and (is_cue(words) or words.casefold() in tag_names())


def _bracketed(row: str) -> Heading | None:
    """A tag that says how often, as "[Chorus] x2", "[Chorus x2]"."""
    match = _BRACKETED.match(row)
    if not match:
        return None
    inside, behind = match[1], match[2].strip(" :*_")
    times = 1
    if behind:
        times = how_often(behind.strip("()[] ")) or 0
        if not times:
            return None
    if found := re.search(rf"[\s,(-]*{_TIMES}\)?\s*$", inside, re.IGNORECASE):
        times, inside = int(found[1] or found[2]), inside[: found.start()].strip()
    bare = _named(inside.strip())
    if not bare or _names()[bare.name][1] == "short":
        return None
    tag = _names()[bare.name][0]
    return Heading(inside, tag, _digit(bare.after or bare.before), times=min(times, _MOST), bracketed=True)


@lru_cache(maxsize=1024)
def opens_section(text: str) -> bool:
    """Whether a text in square brackets is the tag of a section, and not a cue or a slot."""
    if read_heading(text) is not None:
        return True
    tags = read(text).tags
    return bool(tags) and tags[0].opens


def _digit(text: str | None) -> str:
    if not text:
        return ""
    return str(int(text)) if text.isdecimal() else _numbers().get(text.casefold(), "")


def _spelt(tag: str, name: str, written: str, number: str) -> str:
    """English names stay as they were written; others become the tag that the service documents."""
    spelling = written if name in tag_names() else tag
    return f"{spelling} {number}" if number else spelling


def how_often(text: str) -> int | None:
    """The number in "x2", "2x", "bis", "zweimal"; None for other words."""
    plain = text.strip().casefold().rstrip(".")
    if match := TIMES.fullmatch(plain):
        times = int(match[1] or match[2])
        return times if 1 < times <= _MOST else None
    words = toml("headings")["repeat"]
    return 2 if plain in words["twice"] else 3 if plain in words["thrice"] else None


def headed(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Put section names into square brackets, each on its own line; repeats stay marked after them."""
    found = {index: heading for index, row in enumerate(rows) if (heading := read_heading(row.text))}
    sure = [h for h in found.values() if h.sure and not h.bracketed]
    tags = {h.kind for h in found.values() if h.bracketed}
    kinds = {h.kind for h in found.values() if h.sure}
    numbered = _numbered_stanzas(rows, {index for index, h in found.items() if h.sure})
    dashes = sum(bool(h.rest) and not h.sure and h.plain for h in found.values()) > 1
    out: Rows = []
    changed: list[tuple[int, str, str]] = []
    for index, row in enumerate(rows):
        heading = found.get(index)
        if index in numbered:
            number, words = numbered[index]
            changed.append((row.number, row.text.strip(), f"[Verse {number}]"))
            out += [Row(row.number, f"[Verse {number}]"), *([Row(row.number, words)] if words else [])]
        elif heading is None or heading.bracketed:
            tidy = _DUPLICATE.match(row.text)
            out.append(Row(row.number, f"[{tidy[1]}]") if tidy else row)
        elif heading.sure or _borne_out(rows, index, heading, bool(sure or numbered), tags, kinds, dashes):
            times = f" x{heading.times}" if heading.times > 1 else ""
            changed.append((row.number, row.text.strip(), f"[{heading.tag}]"))
            out.append(Row(row.number, f"[{heading.tag}]{times}"))
            if heading.rest:
                out.append(Row(row.number, heading.rest))
        else:
            out.append(row)
    return out, list(_told(changed, out))


def _borne_out(
    rows: Rows, index: int, heading: Heading, others: bool, tags: set[str], kinds: set[str], dashes: bool
) -> bool:
    """Whether a line that could be sung is a heading here: it opens a paragraph, and the text writes headings so."""
    opens = index == 0 or rows[index - 1].blank
    if heading.rest:
        if not heading.plain:
            return not tags and (others or (opens and heading.kind == "Chorus"))
        return others or dashes or (opens and not tags)
    follows = index + 1 < len(rows)
    if heading.plain:
        return (opens and (follows or heading.kind in kinds)) or others or bool(heading.number)
    return opens and others and not tags and (follows or heading.kind in kinds | {"End", "Outro", "Fade Out"})


def _told(changed: list[tuple[int, str, str]], out: Rows) -> Iterator[Seen]:
    marked = [one for one in changed if _MARKDOWN.match(one[1])]
    bare = [one for one in changed if not _MARKDOWN.match(one[1])]
    for name, group in (("F2", marked), ("F4", bare)):
        if not group:
            continue
        number, written, tag = group[0]
        if len(group) == 1:
            rows = [row.text for row in out if row.number == number]
            why = f'"{written[:40].rstrip(" :：")}" without square brackets would be sung; write {tag}.'
            yield Seen("headings without brackets", why, number, name, fix="\n".join(rows))
            continue
        some = ", ".join(f'"{text[:24]}"' for _, text, _ in group[:3])
        more = ", …" if len(group) > 3 else ""
        why = f"{len(group)} section names without square brackets would be sung ({some}{more})."
        yield Seen("headings without brackets", why, number, name)


def _numbered_stanzas(rows: Rows, heads: set[int]) -> dict[int, tuple[str, str]]:
    """The first line of each stanza in a text that numbers its stanzas: place → (number, words behind it)."""
    found: dict[int, tuple[str, str]] = {}
    inside = 0
    for index, row in enumerate(rows):
        opens = index == 0 or rows[index - 1].blank
        match = re.match(r"^\s*(\d{1,2}|[IVX]{1,4})\s*([.)]|$)\s*(.*)$", row.text) if len(row.text) < 400 else None
        if match and (match[2] or not match[3]):
            number = match[1] if match[1].isdigit() else _numbers().get(match[1].casefold(), "")
            below = index + 2 if not match[3] and index + 1 < len(rows) and rows[index + 1].blank else index + 1
            if opens and number == str(len(found) + 1) and below < len(rows) and not rows[below].blank:
                found[index] = (number, match[3])
            else:
                inside += 1
    if len(found) < 2 or inside or any(index in heads for index in found):
        return {}
    return found
