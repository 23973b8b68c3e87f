"""Bytes on their way inside answers: room for one caller, for all, and that it comes back."""

from __future__ import annotations

from songwright.server.protocol.freight import LARGEST, MIB, MOST_OF_ALL, MOST_OF_ONE, Freight, Load, load, room_for


def test_one_caller_has_room_for_so_much_and_others_have_theirs() -> None:
    freight = Freight()
    mine, also_mine, theirs = Load(freight, "me"), Load(freight, "me"), Load(freight, "them")
    assert mine.take(MOST_OF_ONE - MIB)
    assert not also_mine.take(2 * MIB)
    assert also_mine.take(MIB)
    assert theirs.take(MOST_OF_ONE)


def test_all_together_have_room_for_so_much() -> None:
    freight = Freight()
    loads = [Load(freight, f"caller {number}") for number in range(10)]
    assert sum(one.take(MOST_OF_ONE) for one in loads) == MOST_OF_ALL // MOST_OF_ONE


def test_what_was_given_back_can_be_taken_again_and_leaves_nothing_behind() -> None:
    freight = Freight()
    for _ in range(100):
        one = Load(freight, "me")
        assert one.take(MOST_OF_ONE)
        one.give_back()
        one.give_back()
    assert (freight.total, dict(freight.of)) == (0, {})


def test_a_file_larger_than_an_answer_holds_has_room_nowhere() -> None:
    assert room_for(LARGEST)
    assert not room_for(LARGEST + 1)
    mark = load.set(Load(Freight(), "me"))
    try:
        assert not room_for(MOST_OF_ONE + 1)
        assert room_for(MOST_OF_ONE)
        assert not room_for(1)
    finally:
        load.reset(mark)
