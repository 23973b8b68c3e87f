"""Things that look like faults and are none."""

import pytest

from songwright.server.craft import check_lyrics


def ids(lyrics: str, **said: object) -> set[str]:
    return {finding.id for finding in check_lyrics(lyrics, **said).findings}  # type: ignore[arg-type]  # any argument


@pytest.mark.parametrize(
    ("rule", "lyrics", "said"),
    [
        ("P1", "[Verse]\nBack in the summer of '93", {}),
        ("P2", "[Verse]\nWatching TV in the USA", {}),
        ("P2", "[Verse]\nI REALLY MEAN IT NOW", {}),
        ("P3", "[Verse]\nWell-worn shoes, half-eaten bread", {}),
        ("P5", "[Verse]\nI danced with Siobhan on the pier", {"names": {"Siobhan": "Shi-vawn"}}),
        ("P7", "[Verse]\nきょうも Coffee をのむ\nでんしゃがはしるよ まちを", {"language": "ja"}),
        (
            "C1",
            "[Verse]\nNeon, neon, chrome and static\nCity lights on the boulevard at midnight",
            {"genre": "synthwave"},
        ),
        ("C4", "[Verse]\nQueen of the kitchen, prince of the hall", {}),
        ("C5", '[Verse]\nHe said "come home" and left', {}),
        ("F3", "[Verse]\nSix by six and four by four", {}),
        ("F4", "[Verse]\nBreak\nDrop\nThe end", {}),
        ("F7", "[Verse]\n- a dash at one line only", {}),
        ("M4", "[Verse]\nShort line here\n[Verse 2]\nThis one is a lot longer than it was", {"kind": "rap"}),
        ("R1", "[Verse]\nSlow down\nSlow down", {}),
        ("S5", "[Verse]\n" + "Work it till the morning\n" * 9, {"genre": "house"}),
        ("T2", "[Female Vocal]\nOpen the door", {}),
        ("T4", "[Verse 1 - soft]\n[Female vocal]\nOpen the door", {}),
        ("T4", "[Verse 1 - a long direction\nthat runs over two lines]\nOpen the door", {}),
        ("F1", "[Verse 1 - a long direction\nthat runs over two lines]\nOpen the door", {}),
        ("F1", "[Verse]\nCome home (come\nhome) the soup is on", {}),
        ("T6", "[Verse]\nCome home (come home)", {}),
        ("T6", "[Verse]\nCome home (softly falls the snow on Monday)", {"kind": "song"}),
        ("L5", "[Verse]\nOpen the door", {"engine": "producer", "seconds": 120}),
        ("L1", "[Verse]\n" + "The tram is late again tonight\n" * 300, {"engine": "producer"}),
    ],
)
def test_no_alarm(rule: str, lyrics: str, said: dict[str, object]) -> None:
    assert rule not in ids(lyrics, **said)
