"""Maintenance of the journal: making songs searchable, and removing what is no longer needed. No money is involved."""

from __future__ import annotations

from .read import Archive
from .search import search_text
from .sqlite import Tx

FREE_KEPT = 200
"""How many cancelled or refused orders, which cost nothing, are kept for a tenant: anybody can make many."""


class Upkeep(Archive):
    """Changes to the journal other than transitions of jobs. All methods block."""

    def index_old(self, limit: int = 200) -> bool:
        """Make orders searchable that an older Songwright recorded without their words.

        Returns whether there may be more. Continues where another process stopped, and may run in parallel with one.
        """
        rows = self.store.rows("without_search_text", limit=limit)
        for key_id in dict.fromkeys(row["key_id"] for row in rows):
            with self.store.transaction(key_id) as tx:
                for row in rows:
                    if row["key_id"] == key_id:
                        put_search_text(tx, row["id"])
        return len(rows) == limit

    def prune_free(self, tenant: str) -> int:
        """Remove all but the newest of a tenant's orders that cost nothing.

        Returns how many it removed. Anything that was bought, or may have been, stays forever.
        """
        if not (newest := self.store.rows("free_since", tenant=tenant, keep=FREE_KEPT)):
            return 0
        with self.store.transaction(f"free orders of {tenant}") as tx:
            gone = tx.all("prune_free", tenant=tenant, until=newest[0]["at"])
            for row in gone:
                tx.do("forget_search_text", job_id=row["id"])
            return len(gone)


def put_search_text(tx: Tx, job_id: str) -> None:
    """Keep the words of an order and of its clips, as they are now."""
    told = tx.all("told_of_job", job_id=job_id)
    tx.do("put_search_text", job_id=job_id, text=search_text(row["text"] for row in told))
