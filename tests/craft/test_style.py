"""Style descriptions: what is refused, what contradicts itself, what is missing, and how a text is packed."""

import json

import pytest

from songwright.server.craft import check_style, genres
from songwright.server.craft.genres import genre

GOOD = (
    "Modern country, warm male baritone with twang, wistful, Telecaster, pedal steel, brushed drums, 84 BPM shuffle, "
    "close and dry"
)


def ids(style: str, **said: str) -> set[tuple[str, str]]:
    return {(finding.id, finding.level) for finding in check_style(style, **said).findings}


def test_a_good_description_is_left_in_peace() -> None:
    report = check_style(GOOD, negative_style="choir, synths")
    assert report.ok
    assert report.findings == ()
    assert report.slots_missing == ()
    assert report.packed_style == GOOD


@pytest.mark.parametrize("name", genres())
def test_the_sample_style_of_every_genre_is_left_in_peace(name: str) -> None:
    found = genre(name)
    assert found is not None
    assert check_style(f"{found.sound}, {found.typical_bpm} BPM").findings == ()


@pytest.mark.parametrize(
    ("rule", "level", "style", "said"),
    [
        ("Y1", "stop", "pop, " + "bright " * 200, {}),
        ("Y1", "stop", "pop, " + "bright " * 40, {"model": "sonic-v4"}),
        ("Y4", "warn", "slow folk ballad, female voice, guitar, 150 BPM", {}),
        ("Y4", "warn", "acoustic folk with 808s, female voice", {}),
        ("Y4", "warn", "instrumental jazz piano, smoky alto", {}),
        ("Y4", "warn", "pop, tenor and soprano, piano", {}),
        ("Y4", "warn", "sparse folk, wall of sound, female voice, guitar", {}),
        ("Y5", "warn", "[pop], female voice, piano", {}),
        ("Y6", "warn", "pop, female voice, piano, no drums", {}),
        ("Y6", "warn", "folk, male voice, guitar without reverb", {}),
        ("Y7", "warn", "pop, female voice, piano", {"negative_style": "no drums"}),
        ("Y9", "stop", "pop, female voice, piano, strings", {"negative_style": "strings"}),
        ("Y9", "warn", "pop, female voice, piano, strings", {"negative_style": "strings, choir, drums"}),
        ("Y11", "note", "pop, happy, 120 BPM", {}),
        ("Y12", "note", "pop, female voice, piano", {"language": "de"}),
        ("Y14", "note", "pop, female voice, piano", {"negative_style": "drums", "engine": "producer"}),
        ("C4", "warn", "pop like Taylor Swift, piano", {}),
        ("C4", "warn", "rock in the style of Quorzax, guitar, male voice", {}),
        ("C4", "warn", "rock, sounds like Quorzax, guitar, male voice", {}),
    ],
)
def test_the_planted_fault_is_found(rule: str, level: str, style: str, said: dict[str, str]) -> None:
    assert (rule, level) in ids(style, **said)


@pytest.mark.parametrize(
    ("rule", "style", "said"),
    [
        ("Y4", "pop duet, tenor and soprano, piano", {}),
        ("Y4", "slow hip-hop, male rap, piano, 84 BPM", {}),
        ("Y6", "soul, no-nonsense female voice, organ", {}),
        ("Y12", "pop sung in German, female voice, piano", {"language": "de-DE"}),
        ("Y12", "pop, female voice, piano", {"language": "en-GB"}),
        ("Y1", "pop, " + "bright " * 400, {"engine": "producer"}),
        ("Y11", "slow instrumental ambient, pads", {}),
        ("C4", "queen of soul, female voice, organ", {}),
        ("C4", "folk, sounds like a lullaby, female voice, guitar", {}),
    ],
)
def test_no_alarm(rule: str, style: str, said: dict[str, str]) -> None:
    assert rule not in {found for found, _ in ids(style, **said)}


def test_negatives_move_to_the_exclusions() -> None:
    report = check_style("pop, female voice, piano, no drums, without choir and strings", negative_style="no autotune")
    assert report.packed_style == "pop, female voice, piano"
    assert report.packed_negatives == "autotune, drums, choir, strings"


def test_a_long_style_is_packed_to_the_limit_and_keeps_what_matters() -> None:
    report = check_style(
        "vinyl hiss, " + ", ".join(f"shimmer {n}" for n in range(40)) + ", folk, female alto, nylon guitar, 80 BPM",
        model="sonic-v4",
    )
    assert not report.ok
    assert len(report.packed_style) <= 200
    assert all(part in report.packed_style for part in ("folk", "female alto", "nylon guitar", "80 BPM"))


def test_missing_slots_are_named_in_order_of_importance() -> None:
    assert check_style("something nice").slots_missing == ("genre", "voice", "tempo")


@pytest.mark.parametrize("style", ["", ",,,", "[[[", "no", "\n\n", "x" * 100_000])
def test_no_text_makes_the_check_fail(style: str) -> None:
    assert json.dumps(check_style(style, negative_style=style).as_json())


@pytest.mark.parametrize(
    ("style", "told"),
    [
        ("folk, female alto, 60 BPM, 180 BPM", True),
        ("trap, male rapper, 70 BPM half-time, hats at 140 BPM", False),
        ("folk, alto, 92 bpm, about 96 BPM", False),
        ("starts at 70 BPM, then doubles to 150 BPM, folk, alto", False),
    ],
)
def test_two_tempos_at_once_are_a_contradiction(style: str, *, told: bool) -> None:
    assert ("Y4" in {finding.id for finding in check_style(style).findings}) == told
