"""Real replicas over HTTP on one PostgreSQL: killed, stopped and cut off; the sandbox's books tell what was charged."""

from __future__ import annotations

import os
import random
import secrets
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import postgres
import pytest
from http_world import HttpWorld, Replica, ask
from postgres import Database, Server
from sandbox_process import SandboxProcess
from waiting import until

from songwright.server.journal.write import UNSETTLED_LIMIT
from songwright.server.web.app import LOOK_FOR_WORK

from .turnstile import Turnstile

CHAOS_SEED = int(os.environ.get("CHAOS_SEED", "1"))
SLOW_GAP = 0.8
"""Seconds between two calls of one key, where a test measures them."""
APART = 0.4
"""How far apart two replicas may believe the database's time to be."""


class Deployment(HttpWorld):
    """One tenant with a token, who spends a key of its own; the journal is read past the servers."""

    def __init__(self, service: SandboxProcess, folder: Path, database: Database) -> None:
        super().__init__(service, folder, database.url)
        self.database = database
        self._callers = ThreadPoolExecutor(8)
        self.tenant_id, self.token = self.tenant(f"person-{secrets.token_hex(4)}", daily_credits=100_000)

    def order(self, replica: Replica, title: str = "Tin Roof") -> Future[dict[str, Any]]:
        """Ask one replica for a song; when the order is on record or answered, the caller goes on waiting beside us.

        What a caller meets when the replica dies is its own affair.
        """
        known = len(self.jobs())
        answer = self._callers.submit(self._ask, replica, title)
        until(lambda: answer.done() or len(self.jobs()) > known, "the order is on record")
        return answer

    def _ask(self, replica: Replica, title: str) -> dict[str, Any]:
        words = {"lyrics": "[Verse]\nRain upon the tin roof", "style": "folk", "title": title}
        call = {"name": "create_song", "arguments": words}
        return ask(replica.url, self.token, "tools/call", call, name="create_song")

    def close(self) -> None:
        """Every caller has its answer or has lost its server."""
        self._callers.shutdown()
        super().close()

    def jobs(self) -> list[dict[str, Any]]:
        return self.database.rows("jobs")

    def states(self) -> list[str]:
        return [row["state"] for row in self.jobs()]

    def check_delivered(self, songs: int = 1) -> None:
        """Every song done, both takes of it on disk, each charged once."""
        jobs = self.jobs()
        assert [row["state"] for row in jobs] == ["done"] * songs, [row["sentence"] for row in jobs]
        assert {row["remote_id"] for row in jobs} == {charge["task_id"] for charge in self.charges()}
        assert len(self.charges()) == songs
        assert len(list(self.library.rglob("*.mp3"))) == 2 * songs


@pytest.fixture
def place(service: SandboxProcess, postgres_server: Server, tmp_path: Path) -> Iterator[Deployment]:
    with postgres_server.database() as database:
        deployment = Deployment(service, tmp_path, database)
        yield deployment
        deployment.close()
    service.clear_faults()


def test_what_one_replica_has_bought_the_other_one_delivers_when_it_is_killed(place: Deployment) -> None:
    place.stays_in_work()
    with place.replica() as one, place.replica() as other:
        place.order(one)
        until(lambda: place.states() == ["running"], "the song is being made")
        one.send_signal(signal.SIGKILL)
        place.end_leases()
        place.may_end()
        until(lambda: place.states() == ["done"], "the other one delivers it")
        place.check_delivered()
        assert other.process.poll() is None


def test_an_order_on_the_wire_of_a_killed_replica_is_never_sent_again(place: Deployment) -> None:
    """It was charged, the answer died with the replica: the order is `unknown`, and asking again joins it."""
    place.fault("create", "hang_after")
    with place.replica() as one, place.replica() as other:
        place.order(one)
        until(place.charges, "the service has charged it")
        one.send_signal(signal.SIGKILL)
        place.end_leases()
        place.order(other)  # whoever is asked for the song of a key sees to the key
        until(lambda: place.states() == ["unknown"], "the other one says that it is open")
        place.order(other).result()
        assert place.states() == ["unknown"]
        assert len(place.charges()) == 1


def test_a_replica_that_stood_still_past_its_lease_repairs_the_guess_of_the_other(place: Deployment) -> None:
    """SIGSTOP with the order on the wire: the other replica says `unknown`; SIGCONT brings the answer and the song."""
    place.fault("create", "slow", seconds=3600)
    with place.replica() as sleeper, place.replica() as other:
        place.order(sleeper)
        until(lambda: place.states() == ["sending"], "the order is on the wire")
        sleeper.send_signal(signal.SIGSTOP)
        try:
            place.end_leases()
            place.order(other)
            until(lambda: place.states() == ["unknown"], "the other one says that it is open")
        finally:
            sleeper.send_signal(signal.SIGCONT)
        place.may_end()
        until(lambda: place.states() == ["done"], "the answer came after all")
        place.check_delivered()


def test_a_restart_of_the_database_in_the_middle_of_a_job_costs_nothing(
    service: SandboxProcess, tmp_path: Path
) -> None:
    """Every connection is cut, and for a moment there is nobody to connect to."""
    with postgres.running() as server, server.database() as database:
        place = Deployment(service, tmp_path, database)
        place.fault("create", "slow", seconds=3600)
        with place.replica() as replica:
            place.order(replica)
            until(lambda: place.states() == ["sending"], "the order is on the wire")
            server.stop()
            place.may_end()
            until(place.charges, "the answer is given")  # while there is no journal to write it into
            server.start()
            database.forget()
            until(lambda: place.states() == ["done"], "the song is delivered")
            place.check_delivered()
            place.order(replica, "Low Tide")
            until(lambda: place.states() == ["done"] * 2, "another song")
        place.check_delivered(songs=2)
        place.close()


def test_two_replicas_take_turns_and_share_the_rate_of_the_key(place: Deployment) -> None:
    """Measured before the service, where nobody can tell the replicas apart."""
    catalogue = place.config / "catalogue.toml"
    catalogue.write_text(catalogue.read_text().replace("gap = 0.02", f"gap = {SLOW_GAP}"))
    with Turnstile(place.service.base_url) as door, ExitStack() as stack:
        replicas = [stack.enter_context(place.replica(base_url=door.base_url)) for _ in range(2)]
        began = time.monotonic()
        for number in range(3):
            place.order(replicas[number % 2], f"Song {number}")
        until(lambda: place.states() == ["done"] * 3, "all songs")
    place.check_delivered(songs=3)
    times = [at for at, what in door.calls if "/api/" in what]
    assert len(times) >= 6
    for number, at in enumerate(times):
        # A call may come later than its turn, on a slow machine, but never before it.
        assert at - began > number * SLOW_GAP - APART, f"{number + 1} calls came within {at - began:.2f} s"


def test_an_order_taken_by_one_replica_is_seen_to_by_another_at_once(place: Deployment) -> None:
    """One that only answers and one that only works: the news of the order goes through the database."""

    def all_done(count: int) -> bool:
        return place.states() == ["done"] * count

    with place.replica("--role", "web") as web, place.replica("--role", "worker"):
        for number in range(1, 4):
            place.order(web, f"Song {number}")
            until(partial(all_done, number), "the worker has done it")
        # Without the news each would wait for the worker's next look, and the next one begins when that has just been.
        lay = [job["sent_at"] - job["created_at"] for job in place.jobs()]
        assert min(lay) < LOOK_FOR_WORK, "the worker has found them by looking, not by being told"
        place.check_delivered(songs=3)


def random_kills(place: Deployment, seed: int, titles: int, lives: int) -> None:
    """Replicas die at random moments while songs are ordered; then everything must be delivered, or open and once."""
    dice = random.Random(seed)
    wanted = [f"Song {number}" for number in range(titles)]
    with ExitStack() as stack:
        alive = [stack.enter_context(place.replica()) for _ in range(2)]
        for _ in range(lives):
            for title in dice.sample(wanted, len(wanted)):
                place.order(dice.choice(alive), title)
            time.sleep(dice.uniform(0.0, 0.4))
            victim = alive.pop(dice.randrange(2))
            victim.send_signal(signal.SIGKILL)
            place.end_leases()
            alive.append(stack.enter_context(place.replica()))
        place.end_leases()
        for title in wanted:
            place.order(alive[0], title)
        until(lambda: set(place.states()) <= {"done", "unknown"}, "everything is settled")
    rows = place.jobs()
    unknown = [row for row in rows if row["state"] == "unknown"]
    bought = [row["subject"] for row in rows]
    assert len(set(bought)) == len(bought), "a title was bought twice"
    # With three orders unsettled nothing more is sold until the person has decided.
    assert set(bought) == set(wanted) or len(unknown) >= UNSETTLED_LIMIT, "a title was never bought"
    charged = [charge["task_id"] for charge in place.charges()]
    done = {row["remote_id"] for row in rows if row["state"] == "done"}
    assert done <= set(charged)
    assert len(charged) - len(done) <= len(unknown), "charged and forgotten"
    assert len(list(place.library.rglob("*.mp3"))) == 2 * len(done)


def test_replicas_killed_at_random_moments_lose_nothing(place: Deployment) -> None:
    random_kills(place, CHAOS_SEED, titles=3, lives=1)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(10))
def test_replicas_killed_at_very_many_random_moments_lose_nothing(place: Deployment, part: int) -> None:
    random_kills(place, CHAOS_SEED * 1000 + part, titles=6, lives=15)
