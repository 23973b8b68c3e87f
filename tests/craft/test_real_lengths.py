"""The estimate against real lengths: published ones, and songs that the sandbox makes."""

import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from songwright.sandbox.music.form import shape
from songwright.sandbox.music.score import Brief
from songwright.sandbox.music.style import read_style
from songwright.server.craft.duration import Feel, Part, metre_of, parts_of, seconds_of
from songwright.server.craft.genres import recognise
from songwright.server.craft.languages import detect, stretch
from songwright.server.craft.lyric import read
from songwright.server.craft.rules.table import table

HERE = Path(__file__).parent
MOST_WRONG = 0.12
"""What the median error may be, for each source that engines made and for all songs together."""
STYLES = (
    "pop, 100 bpm", "ballad, 72 bpm", "waltz 3/4, 96 bpm", "lullaby 6/8, 72 bpm", "punk, 176 bpm", "trap, 140 bpm",
    "house, 124 bpm", "metal, 150 bpm", "bossa nova, 120 bpm", "reggae, 76 bpm", "country, 110 bpm",
    "drum and bass, 174 bpm", "folk", "jazz",
)  # fmt: skip
"""Orders for the sandbox; the last two leave the tempo to it."""


def published() -> Iterator[tuple[str, float]]:
    for row in (HERE / "lengths.txt").read_text(encoding="utf-8").splitlines():
        if row.startswith("#"):
            continue
        head, *sections = row.split(" | ")
        source, language, kind, bpm, seconds = head.split()
        feel = Feel(
            bpm=None if bpm == "-" else float(bpm),
            share=0.8 if kind == "rap" else 0.75,
            stretch=stretch(language),
            rap=kind == "rap",
        )
        yield source, seconds_of([part(section) for section in sections], feel) / float(seconds) - 1


def part(section: str) -> Part:
    kind, *counts = section.split()
    music = 0.0 if counts or kind == "end" else 2.0 if kind == "solo" else 1.0
    return Part(tuple(map(int, counts)), music, kind == "intro", kind in ("outro", "end"))


def made_by_the_sandbox() -> Iterator[tuple[str, float]]:
    for file in sorted((HERE / "lyrics").glob("*.txt")):
        lyrics = file.read_text(encoding="utf-8")
        lyric, language = read(lyrics), detect(lyrics)
        if not lyric.lines:
            continue
        for style in STYLES:
            brief = Brief(style=style, lyrics=lyrics)
            plan = read_style(brief)
            bpm = plan.tempo if plan.tempo_fixed else None
            feel = Feel.of(recognise(style).genre, "song", bpm, metre_of(style), language)
            yield "sandbox", seconds_of(parts_of(lyric, language), feel) / shape(brief, plan).seconds - 1


@pytest.fixture(scope="module")
def errors() -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for source, error in (*published(), *made_by_the_sandbox()):
        found.setdefault(source, []).append(abs(error))
    return found


def test_the_estimate_is_within_twelve_percent_of_half_of_the_songs(errors: dict[str, list[float]]) -> None:
    assert {source: len(all_of_it) for source, all_of_it in errors.items()} == {
        "suno": 13, "ace": 43, "jamendo": 14, "sandbox": 154,
    }  # fmt: skip
    for source in ("suno", "ace", "sandbox"):
        assert median(errors[source]) <= MOST_WRONG, source
    assert median(error for all_of_it in errors.values() for error in all_of_it) <= MOST_WRONG


def test_the_page_of_rules_states_the_figures(errors: dict[str, list[float]]) -> None:
    page = table()
    for source, all_of_it in errors.items():
        stated = re.search(rf"{source} {len(all_of_it)} songs (\d+) %", page)
        assert stated is not None, source
        assert int(stated[1]) == pytest.approx(100 * median(all_of_it), abs=1.5)
