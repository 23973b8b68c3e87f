"""Removes rows from a shared journal that nobody can use and that cost nothing.

Any caller can send keys that the service does not know; each would otherwise leave a row or two forever.
"""

from __future__ import annotations

from .sqlite import Store

KEPT_SECONDS = 86_400.0
"""How long to keep an expired quote, and a key after its last call, so that a person can see what went wrong."""
AT_ONCE = 500
"""How many keys to remove at once; the rest follows next time."""


def prune(store: Store, now: float) -> int:
    """Remove old quotes, and keys that never worked together with the orders refused because of them.

    Returns how many keys. Blocks. Each key is checked again under its lock: an order being written for it keeps it.
    """
    before = now - KEPT_SECONDS
    with store.transaction() as tx:
        tx.do("prune_quotes", before=before)
    gone = 0
    for row in store.rows("idle_keys", before=before, key_id="", limit=AT_ONCE):
        key_id = row["key_id"]
        with store.transaction(key_id) as tx:
            if tx.one("idle_keys", before=before, key_id=key_id, limit=1) is None:
                continue
            for query in (
                "prune_search_texts",
                "prune_jobs",
                "prune_recipes",
                "prune_turns",
                "prune_balance",
                "prune_limiter",
            ):
                tx.do(query, key_id=key_id)
            gone += 1
    return gone
