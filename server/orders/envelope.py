"""Keeps every answer within a size, and says in it what was left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.written import compact

MOST_BYTES = 24_000
"""The most bytes of one answer, as compact JSON in UTF-8; the rest can be asked for."""
_ROOM_FOR_THE_REST = 200


LOST = "\ufffd"
"""Stands for a character that was lost on the way."""
_HALF = re.compile("[\ud800-\udfff]")


def whole(text: str) -> str:
    """The text with every half of a surrogate pair marked as lost: nothing can store or send those."""
    return _HALF.sub(LOST, text)


def cut(text: str, limit: int) -> str:
    """The text, no longer than the limit."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def size(value: object) -> int:
    """Bytes as compact JSON."""
    return len(whole(compact(value)).encode())


def fitting(rows: Sequence[Any], most: int = MOST_BYTES * 3 // 4) -> list[Any]:
    """As many of the first rows as fit; always at least one."""
    kept: list[Any] = []
    taken = 0
    for row in rows:
        taken += size(row) + 1
        if kept and taken > most:
            break
        kept.append(row)
    return kept


def fitted(data: Mapping[str, Any], most: int = MOST_BYTES) -> dict[str, Any]:
    """The same with its longest lists cut at the end until it fits, and with `left_out` saying how many are missing.

    Where no list can be cut any more, the longest text is.
    """
    made = dict(data)
    room = most - _ROOM_FOR_THE_REST
    over = size(made) - room
    left_out: dict[str, int] = {}
    while over > 0:
        lists = {name: size(value) for name, value in made.items() if isinstance(value, list) and len(value) > 1}
        if not lists:
            break
        name = max(lists, key=lambda key: lists[key])
        kept = fitting(made[name], max(lists[name] - over - 1, 0))
        left_out[name] = left_out.get(name, 0) + len(made[name]) - len(kept)
        made[name] = kept
        over = size(made) - room
    while over > 0:
        texts = {name: value for name, value in made.items() if isinstance(value, str) and len(value) > 1}
        if not texts:
            break
        name = max(texts, key=lambda key: len(texts[key]))
        # A character takes one byte or more, so this cuts at least the excess, or half of the text.
        made[name] = texts[name][: max(len(texts[name]) - over - 1, len(texts[name]) // 2)] + "…"
        if size(made[name]) >= size(texts[name]):
            break
        over = size(made) - room
    said = "; ".join(f"{name}: {number} more" for name, number in left_out.items())
    return made | ({"left_out": said} if said else {})
