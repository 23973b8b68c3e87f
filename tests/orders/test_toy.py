"""What the sandbox says it cannot play."""

from __future__ import annotations

import pytest

from songwright.sandbox.music import style
from songwright.server.orders import toy


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("progressive rock in 7/8", "7/8 time"),
        ("drone, 12 BPM", "12 BPM"),
        ("speedcore, 300bpm", "300 BPM"),
        ("metal, drop D, fast", "drop D"),
        ("ambient at A=432 Hz", "432 Hz"),
    ],
)
def test_what_is_beyond_the_sandbox_is_named(asked: str, named: str) -> None:
    assert toy.beyond(asked).startswith(named)


@pytest.mark.parametrize("asked", ["waltz in 3/4", "pop, 120 BPM, 4/4", "A=440 Hz piano", "busy 24/7", ""])
def test_what_it_plays_is_not_spoken_of(asked: str) -> None:
    assert toy.beyond(asked) == ""


def test_its_tempi_are_those_of_the_sandbox() -> None:
    assert (toy.SLOWEST, toy.FASTEST) == (style.SLOWEST, style.FASTEST)
