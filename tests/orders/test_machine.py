"""The state machine of `machine.py`, run with random histories."""

from __future__ import annotations

import contextlib
import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from .lives import TITLES
from .machine import machine_of
from .places import Places

pytestmark = pytest.mark.usefixtures("without_threads")
CHAOS_SEED = int(os.environ.get("CHAOS_SEED", "1"))


def histories(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, print_blob=True,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip


@pytest.mark.parametrize(("places", "part"), [("sqlite", 0), ("sqlite", 1), ("postgres", 2)], indirect=["places"])
def test_whatever_happens_nothing_is_paid_twice_or_lost(places: Places, part: int) -> None:
    run_state_machine_as_test(seed(part)(machine_of(places)), settings=histories(60 if part < 2 else 25, 30))


def a_late_answer_meets_the_lease_of_another(places: Places) -> None:
    """One process sleeps past its look's lease; its answer comes while another one's look is on the wire."""
    with contextlib.closing(machine_of(places)()) as history:
        history.ask(0, TITLES[0], again=False)
        history.turn(0, [0, 0])
        history.advance(26.0)
        history.turn(0, [])
        history.advance(50.0)
        history.turn(1, [])
        history.release(0, 2)
        history.advance(17.0)
        history.turn(0, [])
        history.the_laws_hold()
        history.ends_well()


def test_a_late_answer_does_not_end_the_lease_of_another_process(places: Places) -> None:
    a_late_answer_meets_the_lease_of_another(places)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(8))
def test_whatever_happens_for_long_nothing_is_paid_twice_or_lost(places: Places, part: int) -> None:
    run_state_machine_as_test(seed(CHAOS_SEED * 100 + part)(machine_of(places)), settings=histories(500, 60))
