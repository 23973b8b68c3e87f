"""Records which orders a client may not have heard of, for whichever replica gets its next call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..journal.sqlite import Store
from .patience import TOGETHER, UNHEARD

DAY = 86_400.0
"""After so many seconds a client is taken to know what it ordered, or not to care."""


@dataclass(frozen=True)
class Unheard:
    """The record for one session of one tenant. All methods block; times are seconds since the epoch."""

    store: Store
    tenant: str
    session: str

    def last(self, tool: str, began: float, now: float) -> str | None:
        """The newest order by a tool whose answer was not delivered; None for one that came together with this call."""
        rows = self.store.rows(
            "last_unheard", tenant=self.tenant, session=self.session, tool=tool, together=began - TOGETHER,
            late=now - UNHEARD,
        )  # fmt: skip
        return rows[0]["job_id"] if rows else None

    def ordered(self, job_id: str, tool: str, began: float) -> None:
        """A call that began at this time has made an order and is not answered yet."""
        with self.store.transaction() as tx:
            tx.do("forget_unheard", old=began - DAY)
            tx.do("put_unheard", job_id=job_id, session=self.session, tenant=self.tenant, tool=tool, began=began)

    def cut_short(self, job_id: str) -> None:
        """The call has ended, and nobody got its answer."""
        with self.store.transaction() as tx:
            tx.do("cut_unheard", job_id=job_id, session=self.session)

    def heard(self, job_ids: Iterable[str]) -> None:
        """An answer that names these orders was sent."""
        waiting = {row["job_id"] for row in self.store.rows("unheard_in", tenant=self.tenant, session=self.session)}
        if told := waiting.intersection(job_ids):
            with self.store.transaction() as tx:
                for job_id in told:
                    tx.do("heard", job_id=job_id, session=self.session)
