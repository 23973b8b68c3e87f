"""Repeatable chance: every random choice comes from a generator named after what it decides."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def number(*names: object) -> int:
    """Return a 64-bit number that depends only on the printed form of `names`, on every machine."""
    text = "\x1f".join(str(name) for name in names)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def dice(*names: object) -> np.random.Generator:
    """Return the generator called `names`; the same names always give the same sequence."""
    import numpy as np

    return np.random.Generator(np.random.PCG64(number(*names)))
