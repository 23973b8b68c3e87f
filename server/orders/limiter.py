"""How often one key may call: free reads wait here for a slot; orders and looks take theirs in the journal's claim."""

from __future__ import annotations

from ..core.clock import Clock
from ..core.errors import TooFast
from ..core.telemetry import elsewhere
from ..core.threads import in_thread
from ..journal.write import Journal

PATIENCE = 60.0
"""How many seconds a read waits for its turn."""


@elsewhere
async def slot(journal: Journal, clock: Clock, key_id: str, gap: float) -> None:
    """Wait until this key may call, and take the slot. Orders that are waiting go first.

    Raises `TooFast` when the key is so busy that no slot came free for a minute.
    """
    started = clock.monotonic()
    while (delay := await in_thread(journal.take_slot, key_id, gap)) > 0:
        if clock.monotonic() - started > PATIENCE:
            raise TooFast(
                "This key is busy: a free call waited a minute and got no turn. Nothing was charged. Try again when "
                "fewer songs are being made."
            )
        await clock.sleep(delay)
