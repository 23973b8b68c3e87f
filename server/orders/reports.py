"""Turns the reports of `craft` into results: capped, nothing empty, one sentence in front."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .envelope import cut

if TYPE_CHECKING:
    from ..craft import Finding, Plan, Report, StyleReport
    from ..craft.findings import SectionStats

LONGEST_NEGATIVES = 1_000
"""The most characters that a purchase takes; more are not repeated."""
MOST_SECTIONS, MOST_LINES = 30, 40
"""How many sections are shown with their lines, and how many lines of each."""
FIX_CUT = 80
LONGEST_FIX = 240
"""Characters of the fix of one line; a longer one is seen in the clean lyric."""
CLEAN_BYTES = 16_000
"""What a clean lyric may weigh in an answer: 5000 characters of any usual script, which is what a purchase takes."""


def lyrics_data(report: Report) -> dict[str, Any]:
    """What check_lyrics answers."""
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


def about_clean(clean: str) -> str:
    """Where the clean lyric is found."""
    if _fits(clean):
        return "clean_lyrics is the text with every repair made."
    return "The repaired text is too long for an answer: check the song in two halves."


def style_data(report: StyleReport, style: str, negative_style: str | None) -> dict[str, Any]:
    """What check_style answers."""
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


def plan_data(plan: Plan) -> dict[str, Any]:
    """What plan_song answers."""
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


def measure(plan: Plan) -> str:
    """A plan in one sentence."""
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
    return f"{cut(section.tag, FIX_CUT) or 'no tag'}: {' '.join(map(str, counts))} {left}{rhyme}".rstrip()


def _finding(finding: Finding) -> dict[str, Any]:
    fix = finding.fix if finding.fix is None or len(finding.fix) <= LONGEST_FIX else None
    row = {"id": finding.id, "level": finding.level, "line": finding.line, "why": finding.why, "fix": fix}
    return {name: value for name, value in row.items() if value is not None}


def _range(found: Any) -> dict[str, Any]:
    return {"low": found.low, "likely": found.likely, "high": found.high, "basis": found.basis}


def summary(findings: Iterable[Finding], more: Mapping[str, int]) -> str:
    """How many findings there are, worst first, in one sentence."""
    levels = Counter(str(finding.level) for finding in findings)
    said = [
        f"{levels[level]} {word}{'' if levels[level] == 1 else 's'}"
        for level, word in (("stop", "stop"), ("warn", "warning"), ("note", "note"))
        if levels[level]
    ]
    said += [f"{sum(more.values())} more"] if more else []
    return ", ".join(said) + "." if said else "Nothing to improve."
