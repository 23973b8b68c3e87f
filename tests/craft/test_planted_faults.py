"""Every rule finds the fault it is for, on the line where it is. The lyrics are made up for each rule."""

import time
from typing import Any

import pytest

from songwright.server.craft import Report, check_lyrics

VERSE = (
    "[Verse]\nThe baker counts his paper bags\nThe bread is warm, the shutter sags\n"
    "A dog is waiting by the door\nHe saw the crumbs upon the floor\n"
)
CHORUS = "[Chorus]\nOpen up the morning\nLet the neighbours in\nOpen up the morning\nLet the day begin\n"
LONG = "The very patient gardener remembers every single tree along the river road"
EVEN = "The tram is late again tonight"

Fault = tuple[str, str, int | None, str, dict[str, Any]]

FAULTS: list[Fault] = [
    ("L1", "stop", None, "[Verse]\n" + f"{EVEN}\n" * 200, {}),
    ("L1", "stop", None, "[Verse]\n" + f"{EVEN}\n" * 110, {"model": "sonic-v4"}),
    ("L1", "note", None, "[Verse]\n" + f"{EVEN}\n" * 150, {}),
    ("L2", "stop", None, VERSE, {"title": "x" * 81}),
    ("L3", "stop", None, " \n\n", {}),
    ("L4", "stop", None, VERSE, {"seconds": 361}),
    ("L4", "stop", None, VERSE, {"seconds": 12.5}),
    ("L5", "warn", None, "[Verse]\nМама варит в кастрюле картошку", {"engine": "producer"}),
    ("L5", "warn", None, VERSE, {"model": "FUZZ-2.0", "seconds": 240}),
    ("F1", "stop", 6, VERSE + "[Chorus\n" + "Open up the morning\n" * 12, {}),
    ("F1", "warn", 2, "[Verse]\nCome home (come home\nthe soup is on", {}),
    ("F2", "stop", 2, "[Verse]\nThe baker **counts** his bags", {}),
    ("F2", "stop", 1, "```\n[Verse]\nThe baker counts", {}),
    ("F2", "stop", 1, "# Verse 1\nThe baker counts", {}),
    ("F2", "stop", 2, "[Verse]\nListen at https://example.com/song now", {}),
    ("F2", "stop", 2, "[Verse]\nThe baker <b>counts</b> his bags", {}),
    ("F2", "warn", 2, "[Verse]\nThe baker counts his bags 🎵", {}),
    ("F3", "warn", 2, "[Verse]\nOpen up the morning (x4)", {}),
    ("F3", "warn", 6, CHORUS + "(repeat chorus)", {}),
    ("F4", "stop", 1, "Verse 1:\nThe baker counts his bags", {}),
    ("F4", "stop", 1, "(Chorus)\nOpen up the morning", {}),
    ("F5", "warn", 1, "[Verse] The baker counts his bags", {}),
    ("F6", "stop", 2, "[Verse]\nHappy birthday {{name}}, blow the candle out", {}),
    ("F6", "stop", 2, "[Verse]\nHappy birthday [Name], blow the candle out", {}),
    ("F6", "stop", 2, "[Verse]\nTODO second line", {}),
    ("F6", "warn", 2, "[Verse]\nThe baker [softly] counts his bags", {}),
    ("F7", "note", 2, "[Verse]\n- The baker counts his bags\n- The bread is warm", {}),
    ("F7", "note", 2, "[Verse]\nThe bak\u200ber counts his bags", {}),
    ("F8", "stop", 2, "[Verse]\nAm  F  C  G\nThe baker counts his bags\nAm  F  C  E7\nThe bread is warm", {}),
    ("F9", "stop", 1, "Write me a song about a baker and his dog", {}),
    ("F10", "warn", 1, "The baker counts his paper bags. The bread is warm, the shutter sags. " * 3, {}),
    ("T1", "warn", None, f"{EVEN}\n" * 9, {}),
    ("T2", "note", 1, "[Pre-Chrous]\nOpen up the morning", {}),
    ("T2", "note", 1, "[Estribillo]\nOpen up the morning", {}),
    ("T2", "note", 1, "[Zorblax]\nOpen up the morning", {}),
    ("T3", "warn", 1, "[Verse | slow | whispered | 3 bars | reverb]\nThe baker counts", {}),
    ("T3", "warn", 1, "[Is_MAX_MODE: MAX](MAX)\n[Verse]\nThe baker counts", {}),
    ("T3", "warn", 1, "[Verse 1 8]\nThe baker counts", {}),
    ("T4", "warn", 6, VERSE + "[Chorus]\n\n[Verse]\nAgain the baker counts", {}),
    ("T5", "warn", 7, VERSE + "[Guitar Solo]\nThe baker plays guitar", {}),
    ("T6", "warn", 2, "[Verse]\n(whispered) the baker counts his bags", {}),
    ("T6", "warn", 3, "[Verse]\nthe baker counts his bags\n(drums fade out)", {}),
    ("P1", "warn", 2, "[Verse]\nWe left at 5 and came at 6", {}),
    ("P2", "warn", 2, "[Verse]\nHe works for the FBI in town", {}),
    ("P3", "warn", 2, "[Verse]\nRock & roll is in the cellar", {}),
    ("P4", "note", 2, "[Verse]\nThe wind goes round the chimney", {}),
    ("P5", "note", 2, "[Verse]\nI danced with Siobhanna on the pier", {}),
    ("P6", "note", 2, "[Verse]\nNOBODY KNOWS\nNOBODY CARES\nNOBODY CAME", {}),
    ("P6", "note", 2, "[Verse]\nI said nooooo to the baker", {}),
    ("P7", "warn", 2, VERSE, {"language": "es"}),
    ("P7", "warn", 2, "[Verse]\nМама варит картошку and then\nshe calls me и папу", {"language": "ru"}),
    ("P8", "note", 2, "[Verse]\n永遠にあなたを待つよ", {}),
    ("P2", "warn", 2, "[Verse]\nWir fahren z.B. nach Hause", {"language": "de"}),
    ("M1", "warn", 2, f"[Verse]\n{LONG}", {}),
    ("M2", "note", 2, f"[Verse]\nStay\n{LONG}\nNo\n{LONG}\nPlease", {}),
    ("M4", "note", 7, VERSE + "[Verse 2]\nHe sleeps\nHe wakes\nHe eats\nHe goes", {}),
    ("M6", "note", 2, "[Verse]\nDie Bahn", {"reference": "[Verse]\nThe tram is late again tonight"}),
    ("S6", "note", None, VERSE + CHORUS, {"title": "Winter Coat"}),
    ("D1", "warn", None, VERSE, {"seconds": 240, "bpm": 120}),
    ("D1", "warn", None, "[Verse]\n" + f"{EVEN} it is\n" * 60, {"seconds": 60, "bpm": 90}),
    ("D2", "warn", None, "[Verse]\n" + f"{EVEN}\n" * 101, {}),
    ("D3", "note", None, VERSE, {"seconds": 100}),
    ("C3", "warn", 2, "[Verse]\nThis fucking tram is late again", {}),
    ("C4", "note", 2, "[Verse]\nShe sings along to Taylor Swift", {}),
]


def found(report: Report) -> list[tuple[str, str, int | None]]:
    return [(finding.id, finding.level, finding.line) for finding in report.findings]


@pytest.mark.parametrize(
    ("rule", "level", "line", "lyrics", "said"), FAULTS, ids=[f"{fault[0]}-{n}" for n, fault in enumerate(FAULTS)]
)
def test_the_planted_fault_is_found(rule: str, level: str, line: int | None, lyrics: str, said: dict[str, Any]) -> None:
    report = check_lyrics(lyrics, **said)
    assert (rule, level, line) in found(report)
    assert report.ok == all(finding.level != "stop" for finding in report.findings)


def test_every_rule_about_lyrics_has_a_planted_fault() -> None:
    from songwright.server.craft.bundled import toml

    about_lyrics = {name for name in toml("rules")["rule"] if not name.startswith("Y")}
    assert about_lyrics == {fault[0] for fault in FAULTS}


BROKEN = """Verse 1:
**Neon** shadows whisper through the velvet night
Echoes of a shattered heart, we ignite at 9:30
{{name}} is dancing with the FBI & me
(whispered) and every word I ever wanted to be saying to you all along the way is gone

[Chorus
Take me higher (x4)
[Guitar Solo]
I am singing over this
"""


def test_a_thoroughly_broken_lyric_shows_twelve_findings_with_the_stops_first_and_counts_the_rest() -> None:
    report = check_lyrics(BROKEN, language="en", seconds=200, bpm=100, title="x" * 90)
    assert not report.ok
    assert len(report.findings) == 12
    assert sum(report.more.values()) > 0
    levels = [finding.level for finding in report.findings]
    assert levels == sorted(levels, key=["stop", "warn", "note"].index)
    assert {"F1", "F2", "F4", "F6", "L2"} <= {finding.id for finding in report.findings if finding.level == "stop"}


def test_an_endless_text_is_refused_for_its_length_without_being_read_to_the_end() -> None:
    report = check_lyrics("la " * 1_000_000)
    assert ("L1", "stop", None) in found(report)


@pytest.mark.parametrize(
    "piece", ["*a ", "[a]", "(", "la x8\n", "{", " ", "[Chorus]\na\n(repeat chorus)\n", "no a,", "_a "]
)
def test_a_text_made_to_be_slow_is_read_within_seconds(piece: str) -> None:
    start = time.process_time()
    check_lyrics(piece * 10_000, genre="pop", language="en", reference=piece * 10_000)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "text", ["", "[", "]]]][[[", "(((((", "\x00\x01", "[" * 500, "{}%s{0}", "🎵🎵🎵", "\u202e[Verse]", "]" * 99]
)
def test_no_text_makes_the_check_fail(text: str) -> None:
    assert check_lyrics(text).stats.chars == len(text)
