"""What an operator sees of a server that several tenants use at once: whose song, which trace, and nobody's secrets."""

from __future__ import annotations

import json
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from http_world import HttpWorld, Replica
from otlp_receiver import Receiver, labels
from replica import Replica as InProcess
from sandbox_process import SandboxProcess
from world import said

from songwright.server.app import operation_named
from songwright.server.core.jobs import State
from songwright.server.orders.runner import Runner
from songwright.server.service.catalogue import Catalogue, Schedule


@dataclass
class Day:
    """A server that has made a song for each of two tenants, with one key, and was then told to stop."""

    world: HttpWorld
    collector: Receiver
    replica: Replica
    status: int
    tokens: dict[str, str]
    """By tenant."""
    jobs: dict[str, str]
    """By tenant."""

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.replica.log().splitlines()]


@pytest.fixture(scope="module")
def day(service: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Day:
    world = HttpWorld(service, tmp_path_factory.mktemp("deployment"))
    tokens = dict(world.tenant(name) for name in ("ana", "bo"))
    jobs: dict[str, str] = {}
    with Receiver() as collector, pytest.MonkeyPatch.context() as patch:
        for name, value in collector.environment.items():
            patch.setenv(name, value)
        with world.replica(log_format="json") as replica:

            async def order(tenant: str, token: str) -> None:
                async with world.calling(replica, token) as client:
                    words = {"lyrics": f"[Verse]\nMarmalade for {tenant}", "style": "folk", "title": "Zanzibar"}
                    jobs[tenant] = said(await client.call_tool("create_song", words))["job_id"]

            async def both() -> None:
                async with anyio.create_task_group() as group:
                    for tenant, token in tokens.items():
                        group.start_soon(order, tenant, token)

            anyio.run(both)
            replica.send_signal()
            ended = replica.ended()
            world.close()
            return Day(world, collector, replica, ended, tokens, jobs)


def test_each_song_is_traced_for_its_own_tenant_although_one_runner_makes_both(day: Day) -> None:
    """The runner of a key is begun by the first caller; the second one's songs must not count as theirs."""
    assert day.status == 0
    calls = [span for span in day.collector.spans() if span.name == "tools/call create_song"]
    traces = {labels(span.attributes)["songwright.tenant"]: span.trace_id for span in calls}
    assert traces.keys() == day.tokens.keys()
    for tenant, job_id in day.jobs.items():
        steps = [span for span in day.collector.spans() if labels(span.attributes).get("songwright.job") == job_id]
        assert {span.name.split()[0] for span in steps} == {"send", "look", "fetch"}
        assert {labels(span.attributes)["songwright.tenant"] for span in steps} == {tenant}
        assert {span.trace_id for span in steps} == {traces[tenant]}


def test_the_log_is_json_and_says_whose_job_in_which_trace(day: Day) -> None:
    orders = [event for event in day.events() if event["message"].startswith("POST /api/v1/sonic/create: 200")]
    assert {event["job"]: event["tenant"] for event in orders} == {job: tenant for tenant, job in day.jobs.items()}
    spans = {labels(span.attributes).get("songwright.job"): span.trace_id.hex() for span in day.collector.spans()}
    assert {event["job"]: event["trace_id"] for event in orders}.items() <= spans.items()


def test_neither_the_log_nor_the_collector_learns_a_secret_or_a_word(day: Day) -> None:
    told = day.replica.log().encode() + day.collector.everything
    for private in (*day.tokens.values(), day.world.key, "Marmalade", "Zanzibar", "webhook_secret"):
        assert private.encode() not in told


def test_the_resource_says_what_the_replica_does(day: Day) -> None:
    assert {resource["songwright.role"] for resource in day.collector.resources()} == {"all"}


@pytest.mark.anyio
async def test_what_works_for_a_song_does_not_inherit_the_call_that_ordered_it(
    service: SandboxProcess, tmp_path: Path
) -> None:
    """A runner outlives the call that begins it and works for others too: with whose token, key or trace then?"""
    caller = ContextVar("caller", default="nobody")
    seen = set()

    class Watched(Catalogue):
        def schedule(self, *about: str, hooked: bool = False) -> Schedule:
            seen.add(caller.get())
            return super().schedule(*about, hooked=hooked)

    replica = InProcess(tmp_path, service, "key-of-watching")
    replica.runner = Runner(replica.journal, Watched.load(), replica.clock, operation_named, resident=False)
    async with replica.running():
        caller.set("ana")
        assert (await replica.ended(await replica.order())).state is State.DONE
    assert seen == {"nobody"}
