"""Free songwriting help for one caller: the four local tools, the check before a purchase, what a prompt brings along.

The rules themselves are in `craft`, which knows only texts. Here they meet operations, results and the person's own
finished songs. `craft` is loaded when it is first needed, never at the start of a server.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ...prompts import PromptText
from ..core.errors import ArgumentRefused, NotFound
from ..core.jobs import Account
from ..core.operation import Checked, Purchase
from ..core.threads import CRAFT, in_lane
from ..journal.write import Journal
from .results import Result

if TYPE_CHECKING:
    from ..craft import Calibration, Finding, Plan, Report, StyleReport
    from ..craft.findings import SectionStats

LONGEST_FIX = 400
"""Characters of a repaired line; a longer one is not repeated."""
LONGEST_NEGATIVES = 1_000
"""Characters that a purchase takes; more are not repeated."""
MOST_SECTIONS, MOST_LINES = 30, 40
"""Sections whose lines are told, and lines of each."""
MOST_WARNINGS = 3
"""Warnings that travel in the result of a purchase."""
FIX_CUT = 80
LONGEST_FIX = 240
"""Characters of the fix of one line; a longer one is seen in the clean lyric."""
CLEAN_BYTES = 16_000
"""What a clean lyric may weigh in an answer: 5000 characters of any usual script, which is what a purchase takes."""
_MENDED = frozenset({"F1", "F2", "F3", "F4", "F5", "F7", "F8", "F10"})
"""Rules whose stops the clean lyric of check_lyrics mends."""
RECENT_CLIPS = 60
"""How many of the newest clips the length estimate learns from."""
_PARTS = ("extend_song", "replace_section")
"""How the names of purchases end whose lyrics are a part of a song."""
_CHECKED_BY_THE_DECLARATION = frozenset({"L1", "L2", "L4", "Y1"})
"""Limits that differ by tool and by the person's own catalogue: the operation itself refuses those."""

LocalHandler = Callable[[Any, object, float], Awaitable[Result]]


class Songcraft:
    """The local tools of one account."""

    def __init__(self, journal: Journal, account: Account, default_model: str | None) -> None:
        self._journal = journal
        self._account = account
        self._default_model = default_model

    def handlers(self) -> Mapping[str, LocalHandler]:
        """Who performs which operation."""
        return {
            "plan_song": self._handler(self._plan),
            "check_lyrics": self._handler(self._lyrics),
            "check_style": self._handler(self._style),
            "songwriting_guide": self._handler(self._guide),
        }

    def _handler(self, perform: Callable[[Any], Result]) -> LocalHandler:
        """Reading tables and counting syllables would hold up everybody else, so it has a thread of its own."""

        async def handle(operation: Any, talk: object, started: float) -> Result:
            del talk, started
            return await in_lane(CRAFT, self._account.tenant, perform, operation)

        return handle

    def _plan(self, asked: Any) -> Result:
        from ..craft import plan_song

        plan = plan_song(
            asked.genre,
            asked.seconds,
            bpm=asked.bpm,
            metre=asked.metre,
            language=asked.language,
            kind=asked.kind,
            calibration=self.calibration(),
        )
        return Result(_plan_data(plan), _measure(plan))

    def _lyrics(self, asked: Any) -> Result:
        from ..craft import check_lyrics

        report = check_lyrics(
            asked.lyrics,
            model=asked.model or self._default_model,
            genre=asked.genre,
            language=asked.language,
            seconds=asked.seconds,
            bpm=asked.bpm,
            metre=asked.metre,
            title=asked.title,
            kind=asked.kind,
            names=asked.sounds() or None,
            reference=asked.reference,
            calibration=self.calibration(),
        )
        line = _summary(report.findings, report.more)
        if report.recognised:
            line = f"Recognised: {', '.join(report.recognised)}. {line}"
        if report.fixed_lyrics is not None:
            line += f" {_about_clean(report.fixed_lyrics)}"
        if report.estimate is not None:
            line += f" It will take about {report.estimate.low} to {report.estimate.high} seconds."
        return Result(_lyrics_data(report), line)

    def _style(self, asked: Any) -> Result:
        from ..craft import check_style

        report = check_style(
            asked.style,
            negative_style=asked.negative_style,
            model=asked.model or self._default_model,
            language=asked.language,
        )
        data = _style_data(report, asked.style, asked.negative_style)
        return Result(data, _summary(report.findings, report.more))

    def _guide(self, asked: Any) -> Result:
        text = guide(asked.topic, asked.genre, asked.language, asked.engine)
        return Result({"topic": asked.topic, "text": text}, f"Songwriting guide: {asked.topic}.")

    def calibration(self) -> Calibration | None:
        """How long this person's songs turned out, against the estimate; None below five. Blocks.

        Only whole songs that were made from nothing but words are asked: a cover keeps its source's length and an
        extension has only a part of the words.
        """
        from ..craft import Calibration
        from ..craft.duration import bpm_of

        examples = [
            (row["lyrics"], row["bpm"] or bpm_of(row["style"]), row["style"] or None, row["seconds"])
            for row in self._journal.recent_songs(self._account, RECENT_CLIPS)
            if _is_sung(row["lyrics"])
        ]
        mark = hashlib.sha256(repr(examples).encode("utf-8", "surrogatepass")).digest()
        if mark not in _learned:
            _learned[mark] = Calibration.of(examples)
            while len(_learned) > LEARNED:
                del _learned[next(iter(_learned))]
        return _learned[mark]


LEARNED = 500
"""Accounts whose calibration is remembered; it is worked out again when there is a new song."""
_learned: dict[bytes, Calibration | None] = {}
"""By a digest of the songs. Only the one thread for craft is here at a time."""


# -- before a purchase ----------------------------------------------------------------------------------------------


def preflight(operation: Purchase) -> tuple[str, ...]:
    """Warnings about the texts of a purchase that composes, at most three; nothing for any other.

    Raises `ArgumentRefused` for what would be refused or wasted for certain, unless the purchase says `force`, because
    a rule that is wrong for once must not stand in a person's way. Blocks.
    """
    stops, warnings = _checked(operation)
    if stops and isinstance(operation, Checked) and not operation.force:
        said = "; ".join(_said(told) for told in stops[:MOST_WARNINGS])
        left = len(stops) - MOST_WARNINGS
        further = f"; and {left} more" if left > 0 else ""
        mend = "call check_lyrics, which gives the clean lyric as clean_lyrics" if _mendable(stops) else "repair it"
        raise ArgumentRefused(
            f"{said}{further}. Nothing was sent or spent. {mend.capitalize()}, or call again with force: true to "
            f"order it as it is. check_lyrics and check_style are free.",
            field=stops[0].field,
        )
    return _told(stops, warnings)


def _mendable(stops: Sequence[Told]) -> bool:
    """Whether the clean lyric has what is needed; not beside a stop that only a person can do something about."""
    return all(told.finding.id in _MENDED for told in stops)


def warnings_of(operation: Purchase) -> tuple[str, ...]:
    """What `preflight` says of a purchase that was made: it refuses nothing any more, whatever the rules are today."""
    return _told(*_checked(operation))


class Told(NamedTuple):
    """A finding and the argument it is about."""

    field: str
    finding: Finding


def _checked(operation: Purchase) -> tuple[Sequence[Told], Sequence[Told]]:
    """The stops and the warnings about the texts of a purchase that composes; none for any other."""
    if not isinstance(operation, Checked):
        return (), ()
    from ..craft import preflight as check

    given = {name: getattr(operation, name) for name in type(operation).model_fields}
    found = check(
        given.get("lyrics"),
        given.get("style"),
        negative_style=given.get("negative_style"),
        title=given.get("title"),
        model=given.get("model"),
        engine=operation.family,
        instrumental=bool(given.get("instrumental")),
        partial=operation.tool_name().endswith(_PARTS),
        seconds=given.get("seconds"),
    )
    stops = [Told(_field(finding), finding) for finding in found.stops]
    if around := given.get("song_lyrics"):
        # The words around a stretch are not sung anew, so only what is certainly no lyric matters in them.
        stops += [Told("song_lyrics", finding) for finding in check(around, None, partial=True).stops]
    kept = [told for told in stops if told.finding.id not in _CHECKED_BY_THE_DECLARATION]
    return kept, [Told(_field(finding), finding) for finding in found.warnings]


def _told(stops: Sequence[Told], warnings: Sequence[Told]) -> tuple[str, ...]:
    return tuple(_said(told) for told in (*stops, *warnings))[:MOST_WARNINGS]


def with_warnings(result: Result, warnings: tuple[str, ...]) -> Result:
    """The result of a purchase, with what the check before it had to say."""
    return replace(result, data={**result.data, "preflight": list(warnings)}) if warnings else result


def _field(finding: Finding) -> str:
    # An artist's name in lyrics is at most a note; what speaks here was found in the style.
    return "style" if finding.id.startswith("Y") or finding.id == "C4" else "lyrics"


def _said(told: Told) -> str:
    """A finding on one line: where, what, how to mend it, and the rule's id."""
    field, finding = told
    where = f"{field}, line {finding.line}" if finding.line is not None else field
    return f"{where}: {finding.why.rstrip('.')}{_remedy(told)} [{finding.id}]"


def _remedy(told: Told) -> str:
    """The repair, unless the finding says it already; of a style only one that fits, because a cut one misleads."""
    field, finding = told
    if finding.fix is None or (finding.fix and finding.fix in finding.why):
        return ""
    if not finding.fix:
        return " (fix: take the line out)"
    if field == "style" and len(finding.fix) > FIX_CUT:
        return ""
    return f" (fix: {_cut(' / '.join(finding.fix.splitlines()))})"


def _cut(text: str) -> str:
    return text if len(text) <= FIX_CUT else text[: FIX_CUT - 1] + "…"


# -- the guide ------------------------------------------------------------------------------------------------------


def guide(topic: str, genre: str | None = None, language: str | None = None, engine: str | None = None) -> str:
    """A page of the guide as Markdown. Raises `NotFound` for a topic that does not exist."""
    from ..craft import guide as page

    try:
        return page(topic, genre, language, engine)
    except ValueError as error:
        raise NotFound(str(error), field="topic") from None


def guide_choices(argument: str) -> tuple[str, ...]:
    """What can be said for an argument of the guide; nothing for what is none of its arguments."""
    from ..craft import every_genre, languages, topics

    known: dict[str, Callable[[], tuple[str, ...]]] = {
        "topic": topics,
        "genre": every_genre,
        "language": languages,
    }
    return known[argument]() if argument in known else ()


def companion(prompt: PromptText, given: Mapping[str, str]) -> str | None:
    """The page of the guide that goes along with a prompt; None when the page would be about nothing in particular.

    The prompt's file names the topic, and may name a genre, language or engine; what the person filled in wins.
    """
    if not prompt.guide:
        return None
    from ..craft.genres import genre as known_genre

    said = prompt.said(given)
    narrowed = {name: said.get(name) or prompt.guide.get(name) for name in ("genre", "language", "engine")}
    topic = prompt.guide["topic"]
    if topic == "genre" and known_genre(narrowed["genre"]) is None:
        return None
    if topic == "language" and narrowed["language"] is None:
        return None
    return guide(topic, **narrowed)


# -- from reports to results ----------------------------------------------------------------------------------------


def _lyrics_data(report: Report) -> dict[str, Any]:
    stats = report.stats
    data = _findings_data(report.ok, report.findings, report.more)
    if report.estimate is not None:
        data["estimate"] = _range(report.estimate)
    if stats.language:
        data["language"] = stats.language
    data |= {"words": stats.words, "chars": stats.chars}
    if report.recognised:
        data["recognised"] = list(report.recognised)
    if report.fixed_lyrics is not None and _fits(report.fixed_lyrics):
        data["clean_lyrics"] = report.fixed_lyrics
    if stats.sections:
        data["sections"] = [_section(section) for section in stats.sections[:MOST_SECTIONS]]
        if (left := len(stats.sections) - MOST_SECTIONS) > 0:
            data["sections"].append(f"and {left} more")
    if stats.cliches:
        data["cliches"] = list(stats.cliches)
    return data


def _fits(clean: str) -> bool:
    return len(clean.encode("utf-8", "replace")) <= CLEAN_BYTES


def _about_clean(clean: str) -> str:
    if _fits(clean):
        return "clean_lyrics is the text with every repair made."
    return "The repaired text is too long for an answer: check the song in two halves."


def _style_data(report: StyleReport, style: str, negative_style: str | None) -> dict[str, Any]:
    data = _findings_data(report.ok, report.findings, report.more)
    if report.slots_missing:
        data["slots_missing"] = list(report.slots_missing)
    if report.packed_style and report.packed_style != " ".join(style.split()):
        data["packed_style"] = report.packed_style
    packed = report.packed_negatives or ""
    if 0 < len(packed) <= LONGEST_NEGATIVES and packed != " ".join((negative_style or "").split()):
        data["packed_negatives"] = packed
    data["chars"] = report.chars
    if report.limit is not None:
        data["limit"] = report.limit
    return data


def _plan_data(plan: Plan) -> dict[str, Any]:
    data: dict[str, Any] = {"genre": plan.genre} if plan.genre else {}
    data |= {
        "kind": plan.kind,
        "bpm": plan.bpm,
        "bpm_range": list(plan.bpm_range),
        "metre": plan.metre,
        "lines": list(plan.lines),
        "syllables": list(plan.syllables),
        "line": list(plan.line),
        "sections": [],
        "total": _range(plan.total),
    }
    for part in plan.sections:
        section: dict[str, Any] = {"tag": part.tag, "lines": part.lines, "seconds": part.seconds}
        data["sections"].append(section | ({"rhyme": part.rhyme} if part.lines else {}))
    if plan.notes:
        data["notes"] = list(plan.notes)
    return data


def _measure(plan: Plan) -> str:
    named = plan.genre or "No known genre"
    if not plan.lines[1]:
        return f"{named}, {plan.kind}: {plan.seconds} s without words."
    low, high = plan.lines
    return f"{named}, {plan.kind}: {low} to {high} sung lines fit {plan.seconds} s."


def _findings_data(ok: bool, findings: Iterable[Finding], more: Mapping[str, int]) -> dict[str, Any]:
    data: dict[str, Any] = {"ok": ok, "findings": [_finding(finding) for finding in findings]}
    return data | ({"more": dict(more)} if more else {})


def _section(section: SectionStats) -> str:
    counts, rhyme = section.syllables[:MOST_LINES], section.rhyme[:MOST_LINES]
    left = "" if len(section.syllables) <= MOST_LINES else "… "
    return f"{_cut(section.tag) or 'no tag'}: {' '.join(map(str, counts))} {left}{rhyme}".rstrip()


def _finding(finding: Finding) -> dict[str, Any]:
    fix = finding.fix if finding.fix is None or len(finding.fix) <= LONGEST_FIX else None
    row = {"id": finding.id, "level": finding.level, "line": finding.line, "why": finding.why, "fix": fix}
    return {name: value for name, value in row.items() if value is not None}


def _range(found: Any) -> dict[str, Any]:
    return {"low": found.low, "likely": found.likely, "high": found.high, "basis": found.basis}


def _summary(findings: Iterable[Finding], more: Mapping[str, int]) -> str:
    levels = Counter(str(finding.level) for finding in findings)
    said = [
        f"{levels[level]} {word}{'' if levels[level] == 1 else 's'}"
        for level, word in (("stop", "stop"), ("warn", "warning"), ("note", "note"))
        if levels[level]
    ]
    said += [f"{sum(more.values())} more"] if more else []
    return ", ".join(said) + "." if said else "Nothing to improve."


def _is_sung(lyrics: str) -> bool:
    """Whether there is a line that is no tag."""
    return any(line.strip() and not line.lstrip().startswith("[") for line in lyrics.splitlines())
