"""The data files agree with each other, with the catalogue, and with the page that explains the rules."""

import re
import subprocess
import sys
import time
import tomllib
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from songwright.server import craft
from songwright.server.craft.bundled import toml
from songwright.server.craft.rules.table import table
from songwright.server.craft.song import limits_for

ROOT = Path(craft.__file__ or "").parent
CATALOGUE = tomllib.loads(files("songwright.server.service").joinpath("catalogue.toml").read_text(encoding="utf-8"))


def test_the_page_of_rules_is_the_one_the_data_makes() -> None:
    page = ROOT.parent.parent / "docs" / "craft-rules.md"
    assert page.read_text(encoding="utf-8") == table()


def test_every_rule_that_can_be_told_is_on_the_page_and_no_other() -> None:
    told = set()
    for source in ROOT.rglob("*.py"):
        text = source.read_text(encoding="utf-8")
        told |= set(re.findall(r"Finding\(\s*\"([A-Z]\d+)\"", text))
        if source.parent.name == "paste" or source.name == "fixes.py":
            told |= set(re.findall(r"\"(F\d+)\"", text))
    assert told == set(toml("rules")["rule"])


@pytest.mark.parametrize("name", list(CATALOGUE["models"]))
def test_the_limits_of_a_model_are_those_of_the_catalogue(name: str) -> None:
    row = CATALOGUE["models"][name]
    limits = limits_for(name)
    assert (limits.lyrics, limits.style) == (row.get("lyrics"), row.get("style"))


def test_tag_aliases_cue_words_and_templates_lead_somewhere() -> None:
    for sort in ("plain", "word", "alone", "bracket", "counter", "short"):
        assert set(toml("tags")[sort]) <= set(toml("tags")["tag"])


def test_a_name_of_a_section_stands_once_in_the_table() -> None:
    sorts = ("plain", "word", "alone", "bracket", "counter")
    names = [name for sort in sorts for group in toml("tags")[sort].values() for name in group]
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_the_pronunciations_are_small_and_their_licence_travels_with_them() -> None:
    assert (ROOT / "data" / "pronunciations.txt.gz").stat().st_size < 1_000_000
    assert "Carnegie Mellon University" in (ROOT / "data" / "README.md").read_text(encoding="utf-8")


def test_importing_the_checks_reads_no_data_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, songwright.server.craft as c; from songwright.server.craft import bundled as b;"
        "assert b.toml.cache_info().currsize == b.table.cache_info().currsize == 0;"
        "assert not {'pydantic', 'mcp', 'numpy', 'jsonschema'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_a_song_is_checked_within_a_few_milliseconds_of_processor_time() -> None:
    lyric = (Path(__file__).parent / "lyrics" / "paper_boat.txt").read_text(encoding="utf-8")
    craft.check_lyrics(lyric, genre="pop", bpm=105, seconds=150)
    times = []
    for number in range(15):
        start = time.process_time()
        craft.check_lyrics(f"{lyric}\nline {number}", genre="pop", bpm=105, seconds=150)
        times.append(time.process_time() - start)
    assert sorted(times)[len(times) // 2] < 0.03, "about 6 ms on an idle machine; five times that is a fault"
