"""How words are sung, which alarms are true, what a style says: the corpus, and twelve good songs left in peace."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from songwright.server.craft import check_lyrics, check_style
from songwright.server.craft.findings import Finding
from songwright.server.craft.languages import detect
from songwright.server.craft.rhyme import rhyme
from songwright.server.craft.rules.table import table
from songwright.server.craft.syllables import count

FOLDER = Path(__file__).parent / "corpus"
SEEN, HELD = (tomllib.loads((FOLDER / f"{half}.toml").read_text(encoding="utf-8")) for half in ("seen", "held"))
SONGS = tomllib.loads((FOLDER / "songs.toml").read_text(encoding="utf-8"))["song"]


def cases(half: dict[str, Any]) -> list[Any]:
    kinds = ("count", "rhyme", "language", "lyric", "style")
    return [pytest.param(kind, case, id=f"{kind}-{place}") for kind in kinds for place, case in enumerate(half[kind])]


def fault(kind: str, case: Any) -> str:
    """What is wrong with the outcome of one case; empty when it is right."""
    if kind == "count":
        language, line, wanted = case
        got = count(line, language)
        return "" if got.low <= wanted <= got.high else f"{line}: {got}, not {wanted}"
    if kind == "rhyme":
        language, one, other, wanted = case
        sounds = rhyme(one, other, language) or ""
        return "" if sounds == wanted else f"{one}/{other}: {sounds or 'none'}, not {wanted or 'none'}"
    if kind == "language":
        code, text = case
        return "" if detect(text) == code else f"{text}: {detect(text)}, not {code}"
    return _told(case, *(_lyric if kind == "lyric" else _style)(case))


def _lyric(case: dict[str, Any]) -> tuple[tuple[Finding, ...], str]:
    report = check_lyrics(case["text"], **case.get("said", {}))
    if case.get("clean") and (report.fixed_lyrics is not None or not report.stats.syllables):
        return report.findings, "a repair was offered, or nothing was counted"
    return report.findings, ""


def _style(case: dict[str, Any]) -> tuple[tuple[Finding, ...], str]:
    report = check_style(case["text"], negative_style=case.get("negative"), **case.get("said", {}))
    if case.get("packed", report.packed_style) != report.packed_style:
        return report.findings, f"packed as {report.packed_style}"
    if case.get("negatives", report.packed_negatives or "") != (report.packed_negatives or ""):
        return report.findings, f"excluded: {report.packed_negatives}"
    return report.findings, ""


def _told(case: dict[str, Any], findings: tuple[Finding, ...], other: str) -> str:
    told = [finding.id for finding in findings]
    missing = [rule for rule in case.get("has", ()) if rule not in told]
    false = [finding.why for finding in findings if finding.id in case.get("not", ())]
    unnamed = "names" in case and not any(case["names"] in finding.why for finding in findings)
    often = "only" in case and told.count(case["has"][0]) != case["only"]
    if missing or false or unnamed or often or other:
        return f"{case['why']}: missing {missing}, false {false}, unnamed {unnamed}, too often {often} {other}"
    return ""


@pytest.mark.parametrize(("kind", "case"), cases(SEEN))
def test_the_outcome_is_the_right_one(kind: str, case: Any) -> None:
    assert fault(kind, case) == ""


def test_nearly_all_outcomes_that_nobody_looked_at_are_right() -> None:
    outcomes = [fault(*case.values) for case in cases(HELD)]
    right = sum(not outcome for outcome in outcomes) / len(outcomes)
    assert right >= 0.98, [outcome for outcome in outcomes if outcome]


def test_the_corpus_speaks_of_fifteen_languages() -> None:
    told = {
        case[0].partition("-")[0]
        for half in (SEEN, HELD)
        for kind in ("count", "rhyme", "language")
        for case in half[kind]
    }
    assert len(told) >= 15


def test_the_page_of_the_rules_says_how_large_the_corpus_is() -> None:
    seen, held = (sum(map(len, half.values())) for half in (SEEN, HELD))
    page = " ".join(table().split())
    assert f"has {seen} inputs" in page
    assert f"and {held} that were not" in page


@pytest.mark.parametrize("song", SONGS, ids=[song["name"] for song in SONGS])
def test_a_good_song_gets_at_most_one_warning_and_none_of_taste(song: dict[str, Any]) -> None:
    report = check_lyrics(song["text"], **song["said"])
    assert report.ok
    assert sum(finding.level == "warn" for finding in report.findings) <= 1, report.findings
    assert len(report.findings) <= 3, report.findings
    assert check_style(song["style"], language=song["said"].get("language")).findings == ()


def test_a_broken_text_gets_a_short_answer() -> None:
    report = check_lyrics("\n".join(f"the {{colour}} of line **{n}** is (loud)" for n in range(180)))
    assert not report.ok
    assert len(report.findings) <= 12
    assert all(len(finding.why) < 400 for finding in report.findings)
    assert any("180" in finding.why or "more" in finding.why for finding in report.findings)
