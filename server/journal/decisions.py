"""What changes an order besides the service's answers: someone who asks for it, and a person's decisions."""

from __future__ import annotations

from ..core.jobs import Account, Job, job_of
from .albums import Albums
from .read import held_by_another
from .sqlite import Tx

FURTHER_CALL = 60.0
"""Seconds until another paid call, where a changed clock has made the planned time meaningless."""


class Decisions(Albums):
    """Each is one transaction. All methods block; call them from a worker thread."""

    def wake(self, key_id: str) -> bool:
        """Make postponed looks and downloads due now, but not paid calls. Returns whether there were any."""
        with self.store.transaction(key_id) as tx:
            now = self._clock.now()
            tx.do("re_anchor", key_id=key_id, now=now, at=now + FURTHER_CALL)
            return bool(tx.all("wake", key_id=key_id, now=now))

    def asked_after(self, job: Job) -> None:
        """Somebody waits for a job: look at it now, unless a look has just happened or is about to."""
        with self.store.transaction(job.key_id) as tx:
            tx.one("asked_after", id=job.id, now=self._clock.now())

    def revive(self, job: Job) -> Job | None:
        """The service reports that a task we took for ended goes on, so the job continues; None when the job has moved
        on.
        """
        with self.store.transaction(job.key_id) as tx:
            row = tx.one("revive", id=job.id, epoch=job.epoch, now=self._clock.now())
            return None if row is None else job_of(row)

    def save_again(self, job: Job) -> Job | None:
        """Fetch the files of an answer once more; None when the job has moved on."""
        with self.store.transaction(job.key_id) as tx:
            row = tx.one("save_again", id=job.id, epoch=job.epoch, now=self._clock.now())
            return None if row is None else job_of(row)

    def given_back(self, job: Job, sentence: str, service_said: str | None) -> Job | None:
        """The service says that a failed job's credits were returned."""
        with self.store.transaction(job.key_id) as tx:
            row = tx.one(
                "given_back", id=job.id, epoch=job.epoch, sentence=sentence, service_said=service_said,
                now=self._clock.now(),
            )  # fmt: skip
            return None if row is None else job_of(row)

    # -- the person's decisions -----------------------------------------------------------------------------------

    def withdraw(self, account: Account, job_id: str) -> Job | None:
        """Cancel an order that has not been sent; None when it is too late."""
        with self.store.transaction(account.key_id) as tx:
            row = tx.one("withdraw", id=job_id, now=self._clock.now(), tenant=account.tenant, key_id=account.key_id)
            return None if row is None else job_of(row)

    def keep(self, account: Account, job: Job, clip_id: str) -> None:
        """The person has chosen a take; it replaces the one that was chosen before of the same order."""
        with self.store.transaction(account.key_id) as tx:
            tx.do(
                "keep", tenant=account.tenant, key_id=account.key_id, job_id=job.parent_id or job.id, clip_id=clip_id,
                now=self._clock.now(),
            )  # fmt: skip

    def hide(self, account: Account, job_id: str) -> Job | None:
        """Hide a paid job from lists; it is still finished and saved."""
        with self.store.transaction(account.key_id) as tx:
            row = tx.one("hide", id=job_id, now=self._clock.now(), tenant=account.tenant, key_id=account.key_id)
            return None if row is None else job_of(row)

    def attach(self, account: Account, job_id: str, remote_id: str) -> Job | None:
        """Give a lost order a task that the service has shown; None when it already has one, or another order has this
        task.
        """
        with self.store.transaction(account.key_id) as tx:
            now = self._clock.now()
            if held_by_another(tx, job_in(tx, job_id), remote_id):
                return None
            row = tx.one(
                "attach", id=job_id, remote_id=remote_id, tenant=account.tenant, key_id=account.key_id, now=now
            )
            if row is not None:
                tx.do("receipt", job_id=job_id, remote_id=remote_id, now=now, via="person")
                # Somebody may have asked for the task by its id first: the job adopted then is this order's song.
                which = {"tenant": account.tenant, "key_id": account.key_id, "adopted": f"adopted:{remote_id}"}
                tx.do("take_adopted_clips", job_id=job_id, **which)
                tx.do("hide_adopted", **which)
            return None if row is None else job_of(row)

    def give_up(self, account: Account, job_id: str, sentence: str) -> Job | None:
        """End an order that is lost or no longer worth waiting for; it still counts as spent."""
        with self.store.transaction(account.key_id) as tx:
            row = tx.one(
                "give_up", id=job_id, sentence=sentence, now=self._clock.now(), tenant=account.tenant,
                key_id=account.key_id,
            )  # fmt: skip
            return None if row is None else job_of(row)


def job_in(tx: Tx, job_id: str) -> Job:
    """A job that certainly exists in this transaction."""
    row = tx.one("job", id=job_id)
    assert row is not None, "the caller has read or written its row"
    return job_of(row)
