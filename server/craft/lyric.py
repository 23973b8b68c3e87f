"""Parses a lyric: brackets, sections, sung words, echoes. Makes no judgement."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, cached_property

from .bundled import toml
from .languages import WORD

TAG_LINES = 8
"""A bracket may span this many lines; beyond that it was never closed."""
_TYPO = 0.8  # how alike (0..1) an unknown tag must be to a known one
_CUE_MARKS = re.compile(r"\s+[-–—]\s*|\s*[:|,;]\s*")
_NUMBERED = re.compile(r"^\d{1,2}\b|\b\d{1,2}$")
_COUNTING = re.compile(r"\b\d+(?:st|nd|rd|th)?\b|\bx\s?\d+\b|\d+", re.IGNORECASE)  # 2nd, x2, 3
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")  # scripts that put no space around a name
_SUNG_SECTIONS = ("verse", "chorus", "pre-chorus", "bridge")
_FEW_WORDS = 3
_NUMBER = re.compile(r"^(.*?)[\s#]*(\d{1,2}|[ivx]{1,4})?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tag:
    """A square bracket: `name` is the plain section name ("verse"), `cue` what is asked of the performance."""

    line: int
    text: str
    name: str
    cue: str
    kind: str
    role: str
    documented: bool

    @property
    def opens(self) -> bool:
        """Whether the tag starts a section; else it only colours one."""
        return bool(self.kind)


@dataclass(frozen=True)
class Line:
    """One line to be sung. `text` has no square brackets, `sung` no round ones either."""

    number: int
    text: str
    sung: str
    echoes: tuple[str, ...]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the lead voice as written."""
        return tuple(WORD.findall(self.sung))

    @cached_property
    def key(self) -> str:
        """The line without case, punctuation and echoes, for comparing lines."""
        return " ".join(word.casefold().replace("’", "'").strip("'") for word in self.words)

    @property
    def end(self) -> str:
        """The last word, lower case; empty when there is none."""
        return self.words[-1].lower() if self.words else ""


@dataclass(frozen=True)
class Section:
    """The lines under one tag, or under none (kind "")."""

    kind: str
    label: str
    number: int
    role: str
    tags: tuple[Tag, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Lyric:
    """A lyric taken apart. Line numbers count from 1 in the text that was given."""

    text: str
    sections: tuple[Section, ...]
    tags: tuple[Tag, ...]
    open_brackets: tuple[int, ...] = ()
    open_rounds: tuple[int, ...] = ()
    slots: tuple[int, ...] = field(default=())

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Every sung line in order."""
        return tuple(line for section in self.sections for line in section.lines)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Every word of the lead voice, case folded."""
        return tuple(word.casefold().replace("’", "'") for line in self.lines for word in line.words)

    def of(self, *kinds: str) -> tuple[Section, ...]:
        """The sections of these kinds that have lines."""
        return tuple(section for section in self.sections if section.kind in kinds and section.lines)


def read(text: str, numbers: tuple[int, ...] | None = None) -> Lyric:
    """Take `text` apart. `numbers` gives each line's number in the original when lines were added or removed."""
    rows = text.split("\n")
    where = numbers or tuple(range(1, len(rows) + 1))
    pieces, open_brackets, slots = _brackets(rows, where)
    sections: list[tuple[list[Tag], list[Line]]] = [([], [])]
    for piece in pieces:
        if isinstance(piece, Tag):
            if piece.opens or (sections[-1][1] and not sections[-1][0]):
                sections.append(([piece], []))
            else:
                sections[-1][0].append(piece)
        else:
            sections[-1][1].append(piece)
    made = [_section(tags, lines) for tags, lines in sections if tags or lines]
    rounds = tuple(piece.number for piece in pieces if isinstance(piece, Line) and not _balanced(piece.text))
    tags = tuple(piece for piece in pieces if isinstance(piece, Tag))
    return Lyric(text, tuple(made), tags, open_brackets, _unmatched_rounds(pieces, rounds), slots)


def _unmatched_rounds(pieces: "list[Tag | Line]", suspects: tuple[int, ...]) -> tuple[int, ...]:
    """An echo may span several lines: only a bracket left open over all of them is a fault."""
    text = "".join(piece.text for piece in pieces if isinstance(piece, Line))
    return () if _balanced(text) else suspects[:1]


def _balanced(text: str) -> bool:
    return text.count("(") + text.count("（") == text.count(")") + text.count("）")


def _brackets(rows: list[str], where: tuple[int, ...]) -> tuple[list["Tag | Line"], tuple[int, ...], tuple[int, ...]]:
    """Split rows into tags and lines. Also the lines of unclosed brackets and of brackets amid a sung line."""
    pieces: list[Tag | Line] = []
    faults: list[int] = []
    slots: list[int] = []
    index = 0
    while index < len(rows):
        number, row = (
            where[index],
            rows[index].replace("【", "[").replace("】", "]").replace("［", "[").replace("］", "]"),
        )
        joined, used = row, 1
        while joined.count("[") > joined.count("]") and used < TAG_LINES and index + used < len(rows):
            following = rows[index + used]
            if following.lstrip().startswith("["):
                break
            joined, used = f"{joined} {following}", used + 1
        if joined.count("[") != joined.count("]"):
            faults.append(number)
            joined, used = row, 1
        found = re.findall(r"\[([^\[\]]*)\]", joined)
        rest = re.sub(r"\[[^\[\]]*\]", " ", joined).replace("[", " ").replace("]", " ").strip()
        starts = joined.lstrip().startswith("[")
        if found and rest and not starts:
            slots.append(number)
        pieces.extend(_tag(text, number) for text in found if starts or not rest)
        if rest:
            pieces.append(_line(rest, number))
        index += used
    return pieces, tuple(faults), tuple(slots)


def _line(text: str, number: int) -> Line:
    echoes = tuple(re.findall(r"[(（]([^()（）]*)[)）]", text))
    sung = re.sub(r"[(（][^()（）]*[)）]", " ", text)
    return Line(number, text, re.sub(r"[()（）]", " ", sung).strip(), echoes)


def _section(tags: list[Tag], lines: list[Line]) -> Section:
    opener = next((tag for tag in tags if tag.opens), None)
    if opener is None:
        return Section("", tags[0].text if tags else "", 0, "either", tuple(tags), tuple(lines))
    digits = re.search(r"\d+", opener.text)
    return Section(
        opener.kind, opener.text, int(digits[0][:2]) if digits else 0, opener.role, tuple(tags), tuple(lines)
    )


def _tag(text: str, line: int) -> Tag:
    """Read "Verse 2 - whispered", "Female Vocal", "Pre-Chorus: build" and the like."""
    inner = " ".join(text.split())
    head, *rest = _CUE_MARKS.split(inner, maxsplit=1)
    name, entry = _known(head)
    if entry is None and (match := _among_words(head)):
        name = match[0]
        entry = _entry(name)
        other = head.replace(match[1], " ", 1)
        rest = [_COUNTING.sub("", other).strip(" ()（）"), *rest]
    cue = ", ".join(part for part in rest if part)
    if entry is None and (meant := nearest_tag(head)) and not is_cue(head):
        entry = dict(tag_names()[meant], documented=False)
    if entry is None and _NUMBERED.search(head) and not is_cue(head):
        entry = {"kind": "verse", "role": "either"}  # a numbered heading in a language that we do not know
    if entry is None:
        return Tag(line, inner, head.casefold(), cue, "", "either", False)
    return Tag(line, inner, name, cue, str(entry["kind"]), str(entry["role"]), bool(entry.get("documented")))


def _known(head: str) -> tuple[str, dict[str, object] | None]:
    plain = head.casefold().strip(" .!*")
    match = _NUMBER.match(plain)
    for name in (plain, match[1].strip() if match else plain):
        if name in tag_names():
            return name, tag_names()[name]
        if alias := _aliases().get(_bare(name)):
            return alias, _entry(alias)
    return plain, None


def _among_words(head: str) -> tuple[str, str] | None:
    """A section name among other words ("Short Guitar Solo", "Estribillo final"), and how it is written there.

    Words about the voice or an instrument make it a cue for the section that is there already, unless the name is
    that of a sung section and the whole is short: "Female Verse" begins a verse, "drums build" does not begin a build.
    """
    bare = _bare(head)
    if len(bare) != len(head):  # places must be the same in both to cut the name out
        head = bare
    for match in _names_in(bare):
        name = _names_inside()[match[0]]
        sung = _entry(name)["kind"] in _SUNG_SECTIONS and len(head.split()) <= _FEW_WORDS
        if sung or not is_cue(head):
            return name, head[match.start() : match.end()]
    # "2番サビ" is a chorus, "2番" alone a verse.
    counter = _counter_pattern().search(bare)
    return (counter[1], counter[0]) if counter else None


def _entry(name: str) -> dict[str, object]:
    """What is known of a tag name or of another word for one."""
    if name in tag_names():
        return tag_names()[name]
    return dict(tag_names()[other_names()[name]], documented=False)


def _bare(text: str) -> str:
    """Without case and accents."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(char for char in letters if not unicodedata.combining(char)))


@cache
def _aliases() -> dict[str, str]:
    """Other words for tags, without accents, and how tags.toml writes them."""
    return {_bare(name): name for name in other_names()}


@cache
def _names_inside() -> dict[str, str]:
    """Names that count among other words; the ends of songs are too common as words."""
    names = (*tag_names(), *(name for sort in ("plain", "word") for name in _of_sort(sort)))
    return {_bare(name): name for name in reversed(names) if _entry(name)["kind"] != "end"}


def _names_in(bare: str) -> Iterator[re.Match[str]]:
    """The names in the words of a tag. One expression of all is slow to make, so it has those that may be there."""
    names = sorted((name for name in _names_inside() if name in bare), key=len, reverse=True)
    spaced = "|".join(re.escape(name) for name in names if not _UNSPACED.search(name))
    joined = "|".join(re.escape(name) for name in names if _UNSPACED.search(name))
    whole = "|".join(part for part in (spaced and rf"(?<![\w-])(?:{spaced})(?![\w-])", joined) if part)
    return re.finditer(whole, bare) if whole else iter(())


@cache
def _counter_pattern() -> re.Pattern[str]:
    return re.compile(rf"[\d一二三四五六七八九]\s?({'|'.join(_of_sort('counter'))})")


def nearest_tag(name: str) -> str | None:
    """The known tag that a misspelt one was probably meant to be."""
    match = _NUMBER.match(name.casefold().strip())
    close = get_close_matches(match[1].strip() if match else name, tag_names(), n=1, cutoff=_TYPO)
    return close[0] if close else None


def is_cue(text: str) -> bool:
    """Whether a bracket without a section name colours the performance ("Female Vocal", "whispered")."""
    words = set(re.findall(r"[a-z-]+", text.casefold()))
    plain = text.casefold().strip()
    return plain in _cues() or bool(words & _cues())


@cache
def _cues() -> frozenset[str]:
    return frozenset(toml("tags")["cue"]["words"])


def tag_names() -> dict[str, dict[str, object]]:
    """Every known tag name with its kind and role."""
    found: dict[str, dict[str, object]] = toml("tags")["tag"]
    return found


@cache
def other_names() -> dict[str, str]:
    """Every other name of a section inside brackets, and the tag that it means."""
    found: dict[str, str] = {}
    for sort in ("plain", "word", "alone", "bracket", "counter"):
        found |= {name: tag for name, tag in _of_sort(sort).items() if name not in tag_names()}
    return found


@cache
def _of_sort(sort: str) -> dict[str, str]:
    return {name: tag for tag, names in toml("tags")[sort].items() for name in names}
