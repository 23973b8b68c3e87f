"""Removes from a journal of many people what nobody can use any more and nothing was paid for.

Anybody who may call can send keys that the service has never heard of; each would leave a row or two behind for ever.
"""

from __future__ import annotations

from .sqlite import Store

KEPT_SECONDS = 86_400.0
"""How long a quote is kept after its end, and a key after its last call: a person may look at what went wrong."""
AT_ONCE = 500
"""Keys in one go; the rest is for the next."""


def prune(store: Store, now: float) -> int:
    """Remove old quotes, and keys that were good for nothing with all that was refused because of them; how many keys.

    Blocks. Each key is looked at again under its lock: an order that is being written for it keeps it.
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
            for query in ("prune_search_texts", "prune_jobs", "prune_turns", "prune_balance", "prune_limiter"):
                tx.do(query, key_id=key_id)
            gone += 1
    return gone
