"""How much of a song's sound, and how many looks at it, one caller gets within a minute."""

from __future__ import annotations

from collections import OrderedDict

from ..core.clock import Clock
from ..core.errors import TooMuch

MIB = 1024 * 1024
BYTES_A_MINUTE = 320 * MIB
"""Two takes of eight minutes and twelve stems of one of them, at the highest rate of an MP3, are 270 MB."""
LEAST = 16 * 1024
"""What a request counts at least, however little it asks for: each has work of its own, here and in a bucket."""
SHEETS_A_MINUTE = 240
CALLERS = 5_000
"""Callers whose use is remembered; whoever was not seen for longest starts anew."""
MINUTE = 60.0


class Allowance:
    """What is left for each caller; it grows back steadily."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._of: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def sound(self, caller: str, size: int) -> None:
        """Take so many bytes. Raises `TooMuch`."""
        self._take(caller, "sound", max(size, LEAST), BYTES_A_MINUTE)

    def sheet(self, caller: str) -> None:
        """Take one look at a song. Raises `TooMuch`."""
        self._take(caller, "sheet", 1, SHEETS_A_MINUTE)

    def _take(self, caller: str, what: str, amount: int, most: int) -> None:
        now = self._clock.monotonic()
        left, at = self._of.pop((caller, what), (float(most), now))
        left = min(left + (now - at) * most / MINUTE, float(most))
        missing = amount - left
        self._of[caller, what] = (left if missing > 0 else left - amount, now)
        while len(self._of) > CALLERS:
            self._of.popitem(last=False)
        if missing > 0:
            seconds = max(missing * MINUTE / most, 1.0)
            raise TooMuch(
                f"That was as much as a player gets within a minute. It goes on in {seconds:.0f} s.",
                retry_after=round(seconds, 1),
            )
