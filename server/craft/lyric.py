"""Takes a lyric apart: brackets, sections, sung words, echoes. Knows nothing about what is good or bad."""

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, cached_property

from .bundled import toml
from .languages import WORD

TAG_LINES = 8
"""A bracket may span this many lines; beyond that it was never closed."""
_TYPO = 0.8  # how alike (0..1) an unknown tag must be to a known one
_CUE_MARKS = re.compile(r"\s+[-–—]\s*|\s*[:|,;]\s*")
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
    """What stands under one tag, or under none (kind "")."""

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
    """An echo may run over several lines: only what stays open over all of them is a fault."""
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
    if entry is None:
        # "Short Guitar Solo", "Soft Verse", "Chorus whispered": a section name among other words
        for known in sorted(tag_names(), key=len, reverse=True):
            if re.search(rf"(?<![\w-]){re.escape(known)}(?![\w-])", head.casefold()) and not is_cue(head):
                name, entry = known, tag_names()[known]
                other = re.sub(rf"(?i)(?<![\w-]){re.escape(known)}(?![\w-])", "", head)
                rest = [re.sub(r"\d+", "", other).strip(), *rest]
                break
    cue = ", ".join(part for part in rest if part)
    if entry is None and (meant := nearest_tag(head)) and not is_cue(head):
        entry = dict(tag_names()[meant], documented=False)
    if entry is None:
        return Tag(line, inner, head.casefold(), cue, "", "either", False)
    return Tag(line, inner, name, cue, str(entry["kind"]), str(entry["role"]), bool(entry.get("documented")))


def _known(head: str) -> tuple[str, dict[str, object] | None]:
    plain = head.casefold().strip(" .!*")
    match = _NUMBER.match(plain)
    for name in (plain, match[1].strip() if match else plain):
        found = tag_names().get(name)
        if found is None and name in toml("tags")["alias"]:
            found = dict(tag_names()[toml("tags")["alias"][name]], documented=False)
        if found is not None:
            return name, found
    return plain, None


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
