"""Safe repairs are offered, never made silently, and lose nothing that was meant."""

import pytest

from songwright.server.craft import check_lyrics


@pytest.mark.parametrize(
    ("given", "fixed"),
    [
        ("[Verse]\nThe **baker** counts", "[Verse]\nThe baker counts"),
        ("```text\n[Verse]\nThe baker counts\n```", "[Verse]\nThe baker counts"),
        ("## Verse 1\nThe baker counts", "[Verse 1]\nThe baker counts"),
        ("Verse 1:\nThe baker counts\n\nCHORUS\nOpen up", "[Verse 1]\nThe baker counts\n\n[CHORUS]\nOpen up"),
        ("Bridge: I was wrong", "[Bridge]\nI was wrong"),
        ("(Chorus)\nOpen up", "[Chorus]\nOpen up"),
        ("[Verse] The baker counts", "[Verse]\nThe baker counts"),
        ("[Hook]\nOpen up (x3)", "[Hook]\nOpen up\nOpen up\nOpen up"),
        ("[Hook]\nOpen up ×2", "[Hook]\nOpen up\nOpen up"),
        (
            "[Chorus]\nOpen up\n\n[Verse]\nBread\n\n(repeat chorus)",
            "[Chorus]\nOpen up\n\n[Verse]\nBread\n\n[Chorus]\nOpen up",
        ),
        ("[Verse]\nThe baker counts 🎵", "[Verse]\nThe baker counts"),
        ("[Verse]\nhttps://example.com/a\nThe baker counts", "[Verse]\nThe baker counts"),
        ("[Verse]\n1. The baker counts\n2. The bread is warm", "[Verse]\nThe baker counts\nThe bread is warm"),
        ("[Verse]\nThe\tbaker\u200b counts", "[Verse]\nThe baker counts"),
        ("[Verse\nThe baker counts\n\n[Chorus]\nOpen up", "[Verse]\nThe baker counts\n\n[Chorus]\nOpen up"),
        ("Estribillo:\nAbre la puerta", "[Chorus]\nAbre la puerta"),
    ],
)
def test_a_safe_repair(given: str, fixed: str) -> None:
    assert check_lyrics(given).fixed_lyrics == fixed


@pytest.mark.parametrize(
    "lyrics",
    [
        "[Verse]\nThe end: a beginning",
        "[Verse]\nShe said: stay",
        "[Verse]\n3 * 4 = 12 and 5 * 5",
        "[Verse]\nsnake_case_name",
        "[Verse]\nBreak\nDrop it",
        "[Hook]\nOpen up (x40)",
        "[Verse]\nAnd I said\n- wait -\nagain",
    ],
)
def test_words_that_only_look_like_form_are_left_alone(lyrics: str) -> None:
    assert check_lyrics(lyrics).fixed_lyrics is None


def test_repaired_lyrics_need_no_further_repair() -> None:
    once = check_lyrics("# Verse 1\n**Bread** (x2) 🎵\nChorus:\nOpen up\n(repeat chorus)").fixed_lyrics
    assert once is not None
    assert check_lyrics(once).fixed_lyrics is None


def test_a_finding_points_at_the_given_line_also_after_lines_were_added() -> None:
    findings = check_lyrics("[Hook]\nOpen up (x3)\nWe meet at 9").findings
    assert ("P1", 3) in {(finding.id, finding.line) for finding in findings}


def test_a_repair_shows_what_the_line_becomes() -> None:
    finding = next(finding for finding in check_lyrics("[Hook]\nOpen up (x2)").findings if finding.id == "F3")
    assert finding.fix == "Open up\nOpen up"


def test_line_ends_of_other_systems_are_no_fault() -> None:
    assert check_lyrics("[Verse]\r\nThe baker counts\r\n").findings == ()
