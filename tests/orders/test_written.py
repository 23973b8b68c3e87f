"""Rows of the journal as the orders they were: read once, whatever asks for them."""

from __future__ import annotations

from typing import Any

import pytest
from declared import plain
from facts import KnownFacts

from songwright import tools
from songwright.server.core.errors import ArgumentRefused
from songwright.server.core.jobs import Job
from songwright.server.core.operation import Family, Operation
from songwright.server.orders.lookup import Written, family_of
from songwright.tools.sonic.create_song import CreateSong


def row(operation: str, arguments: dict[str, Any], job_id: str = "job-1") -> Job:
    """A job, as far as its order is concerned."""
    empty: dict[str, Any] = dict.fromkeys(Job.__dataclass_fields__)
    return Job(**{**empty, "id": job_id, "operation": operation, "arguments": arguments})


def named(name: str) -> type[Operation] | None:
    return tools.load(name) if name in tools.names() else None


def test_a_row_is_the_order_that_was_made_and_is_read_once() -> None:
    order = CreateSong(idea="snow", style="folk")
    written = Written(named)
    read = written.of(row("create_song", order.arguments()))
    assert read == order
    assert written.of(row("create_song", order.arguments())) is read


def test_an_order_that_was_just_written_is_not_read_from_its_row() -> None:
    order, written = CreateSong(idea="snow"), Written(named)
    written.remember(row("create_song", order.arguments()), order)
    assert written.of(row("create_song", order.arguments())) is order


def test_what_another_version_ordered_is_not_guessed() -> None:
    assert Written(named).of(row("write_symphony", {"movements": 4})) is None
    assert Written(named).of(row("create_song", {"movements": 4})) is None


def test_a_task_made_elsewhere_is_followed_and_cannot_be_bought_again() -> None:
    adopted = Written(named).of(row("get_song", {"id": "task-1"}))
    assert adopted is not None
    assert (adopted.family, adopted.remarks(KnownFacts(), None)) == (Family.SONIC, ())
    with pytest.raises(ArgumentRefused, match=r"cannot buy it again\. Nothing was sent or spent"):
        adopted.check(KnownFacts())


def test_the_engine_of_an_order_is_the_one_that_its_tool_declares() -> None:
    assert family_of("producer_vary_song") == plain("producer_vary_song").family == Family.PRODUCER
    assert family_of("get_song") == Family.SONIC
    assert family_of("write_symphony") == ""
