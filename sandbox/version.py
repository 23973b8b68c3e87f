"""Which Songwright this sandbox belongs to."""

from __future__ import annotations

import functools
from importlib import metadata


@functools.cache
def version() -> str:
    """The installed version; "0" where the program runs without having been installed."""
    try:
        return metadata.version("songwright")
    except metadata.PackageNotFoundError:
        return "0"


def older(one: str, other: str) -> bool:
    """Whether a version comes before another one, number by number; what is no number counts as 0."""
    return _numbers(one) < _numbers(other)


def _numbers(text: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in text.split(".")]
