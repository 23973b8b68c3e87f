"""The results of the checks: plain frozen values that convert directly to JSON."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

Level = Literal["stop", "warn", "note"]
Kind = Literal["song", "rap", "jingle", "child", "lullaby", "musical", "instrumental", "spoken", "continuation"]

MOST_IN_FULL = 12
_TOLD_IN_FULL = 2  # findings of one rule and level; the others are named by their lines
_LINES_NAMED = 8
_ORDER: dict[str, int] = {"stop": 0, "warn": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation. `id` is a rule of docs/craft-rules.md.

    stop: the service would refuse it or it would certainly be wasted money. warn: probably not what is wanted.
    note: worth a look. `line` counts from 1 in the text that was given. `fix` is the repaired text of that line and
    only there when the repair is safe.
    """

    id: str
    level: Level
    why: str
    line: int | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """Seconds a song will probably take: never one number. `basis` says what the estimate rests on."""

    low: int
    likely: int
    high: int
    basis: str


@dataclass(frozen=True, slots=True)
class SectionStats:
    """A section as it was understood: syllables of each sung line, and the rhyme scheme found ("" if not judged)."""

    tag: str
    lines: int
    syllables: tuple[int, ...]
    rhyme: str


@dataclass(frozen=True, slots=True)
class Stats:
    """Figures of the whole lyric. `cliches` are the overused words that were met, most frequent first."""

    chars: int
    words: int
    lines: int
    syllables: int
    language: str | None
    sections: tuple[SectionStats, ...] = ()
    cliches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The answer of check_lyrics.

    `findings` holds the most important ones, at most twelve; `more` counts the others by rule. `recognised` says what
    the text came as ("chord sheet"), where that was not a clean lyric. `fixed_lyrics` is the lyric with every safe fix,
    None when there was nothing to fix or nothing to go on with: it is an offer, nothing was changed.
    """

    ok: bool
    findings: tuple[Finding, ...]
    stats: Stats
    estimate: Range | None = None
    more: dict[str, int] = field(default_factory=dict)
    recognised: tuple[str, ...] = ()
    fixed_lyrics: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The report without empty fields."""
        return without_nothing(asdict(self))


@dataclass(frozen=True, slots=True)
class StyleReport:
    """The answer of check_style.

    `slots_missing` names what the description does not say yet; `packed_style` is the text with safe fixes, shortened
    to the limit by dropping the least important descriptors; `packed_negatives` the exclusions, cleaned.
    """

    ok: bool
    findings: tuple[Finding, ...]
    slots_missing: tuple[str, ...]
    packed_style: str
    packed_negatives: str | None = None
    chars: int = 0
    limit: int | None = None
    more: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The report without empty fields."""
        return without_nothing(asdict(self))


@dataclass(frozen=True, slots=True)
class PlannedSection:
    """A section to write: `tag` as it goes into the lyric, syllables for each line, seconds it will roughly take."""

    tag: str
    lines: int
    syllables: tuple[int, int]
    seconds: int
    rhyme: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer of plan_song: least and most `lines` and `syllables` that fit, and those of one `line`.

    `genre` is None when the one that was asked for is unknown. `sections` are one form that fits, a suggestion; `total`
    is what it would probably take.
    """

    genre: str | None
    kind: Kind
    language: str | None
    seconds: int
    bpm: int
    bpm_range: tuple[int, int]
    metre: str
    lines: tuple[int, int]
    syllables: tuple[int, int]
    line: tuple[int, int]
    sections: tuple[PlannedSection, ...]
    total: Range
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The plan without empty fields."""
        return without_nothing(asdict(self))


def choose(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], dict[str, int]]:
    """The most important findings in order, at most twelve, and how many of each rule were left out.

    What one rule says about many lines is one finding: two lines are reported in full, the others by number. Every rule
    gets one finding before any rule gets a second one of the same level.
    """
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.id, finding.level), []).append(finding)
    left: Counter[str] = Counter()
    ranked = []
    for place, ((name, level), group) in enumerate(groups.items()):
        told, rest = group[:_TOLD_IN_FULL], group[_TOLD_IN_FULL:]
        if rest:
            told[-1] = replace(told[-1], why=told[-1].why + _elsewhere(rest))
            left[name] += len(rest)
        ranked += [((_ORDER[level], turn, place), finding) for turn, finding in enumerate(told)]
    ordered = [finding for _, finding in sorted(ranked, key=lambda pair: pair[0])]
    left.update(finding.id for finding in ordered[MOST_IN_FULL:])
    shown = sorted(ordered[:MOST_IN_FULL], key=lambda finding: (_ORDER[finding.level], finding.line or 0))
    return tuple(shown), dict(left)


def _elsewhere(rest: list[Finding]) -> str:
    """The other lines with the same finding."""
    lines = [str(finding.line) for finding in rest if finding.line]
    if not lines:
        return f" And {len(rest)} more like it."
    more = len(rest) - len(lines[:_LINES_NAMED])
    named = ", ".join(lines[:_LINES_NAMED])
    return f" Also on line{'s' if len(lines) > 1 else ''} {named}{f' and {more} more' if more else ''}."


def without_nothing(value: dict[str, Any]) -> dict[str, Any]:
    """Drop None and empty entries, in nested values too; False and 0 stay."""
    return {key: _cleaned(item) for key, item in value.items() if item is not None and item not in ((), [], {}, "")}


def _cleaned(item: Any) -> Any:
    if isinstance(item, dict):
        return without_nothing(item)
    if isinstance(item, (list, tuple)):
        return [_cleaned(part) for part in item]
    return item
