"""What runs by itself before a paid call."""

from songwright.server.craft import preflight

LYRICS = (
    "[Verse]\nThe baker counts his paper bags\nThe bread is warm, the shutter sags\n[Chorus]\nOpen up the morning\n"
)
STYLE = "folk, female alto, nylon guitar, 80 BPM, tender"


def test_a_good_request_passes_without_a_word() -> None:
    assert preflight(LYRICS, STYLE, title="Bread") == ((), ())


def test_certain_refusals_stop_the_call() -> None:
    stopped = preflight("Verse 1:\nHello [Name]", STYLE * 30, title="x" * 81, seconds=5)
    assert {finding.id for finding in stopped.stops} == {"F4", "F6", "L2", "L4", "Y1"}


def test_at_most_three_warnings_travel_with_the_answer() -> None:
    checked = preflight(
        "[Verse]\nWe left at 5 & the FBI came\n(whispered) oh\n[Chorus]\n", "pop like Metallica, no drums"
    )
    assert len(checked.warnings) == 3
    assert checked.stops == ()


def test_a_style_that_says_instrumental_of_a_part_makes_no_instrumental_of_the_song() -> None:
    for style in ("Folk with an instrumental middle, female alto", "Sparse piano, no vocals in the intro, female alto"):
        assert "L3" not in {finding.id for finding in preflight(LYRICS, style, title="Bread").warnings}


def test_lyrics_for_an_instrumental_are_only_a_warning() -> None:
    checked = preflight(LYRICS, "ambient, pads, instrumental", instrumental=True)
    assert [finding.id for finding in checked.warnings] == ["L3"]


def test_an_instrumental_without_lyrics_passes() -> None:
    assert preflight(None, "ambient, pads, instrumental", instrumental=True) == ((), ())
    assert preflight("", "ambient, pads, instrumental", instrumental=True) == ((), ())


def test_empty_lyrics_stop_a_song() -> None:
    assert [finding.id for finding in preflight("  ", STYLE).stops] == ["L3"]


def test_a_brief_is_measured_by_its_own_limit() -> None:
    assert [finding.id for finding in preflight(None, None, description="x" * 401).stops] == ["L1"]
    assert [finding.id for finding in preflight(None, None, description=" ").stops] == ["L3"]
    assert preflight(None, None, description="a lullaby for Lucía") == ((), ())


def test_a_part_of_a_song_is_not_judged_as_a_whole() -> None:
    part = "\n".join(
        f"And one more {thing} goes down the lane"
        for thing in ("cat", "dog", "boy", "man", "girl", "cart", "truck", "wheel", "bell")
    )
    assert preflight(part, STYLE, partial=True, seconds=300) == ((), ())
    assert preflight(part, STYLE, seconds=300).warnings != ()


def test_title_and_length_are_checked_without_lyrics_too() -> None:
    stopped = preflight(None, None, description="a song", title="x" * 81, seconds=400)
    assert {finding.id for finding in stopped.stops} == {"L2", "L4"}


def test_tempo_and_genre_are_read_from_the_style() -> None:
    """Thirty lines last about five minutes at 60 BPM, so a request for one minute is warned about."""
    lyric = "[Verse]\n" + "The tram is late again tonight\n" * 30
    assert "D1" in {finding.id for finding in preflight(lyric, "folk, alto, guitar, 60 BPM", seconds=60).warnings}
