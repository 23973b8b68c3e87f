"""What a collector is told by a real server that makes a real song, and that without a collector nothing is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import anyio
import pytest
from otlp_receiver import Receiver, labels
from sandbox_process import SandboxProcess
from waiting import PATIENCE
from world import World, said

from songwright.server.cli.exporter import Readings, wanted
from songwright.server.core.clock import SystemClock
from songwright.server.core.telemetry import away, tool_call
from songwright.server.journal.sqlite import SqliteStore, Store

WORDS = {"lyrics": "[Verse]\nMarmalade rivers", "style": "folk", "title": "Zanzibar Teapot"}


@dataclass
class Evening:
    """One song, ordered and saved by a real server that exported to a real collector."""

    collector: Receiver
    world: World
    job_id: str


@pytest.fixture(scope="module")
def evening(service: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Evening:
    world = World(service, tmp_path_factory.mktemp("person"))

    async def compose() -> str:
        async with world.client() as client:
            song = said(await client.call_tool("create_song", WORDS))
            assert song["status"] == "done"
            await client.call_tool("check_credits", {})
            await client.call_tool("check_style", {"style": "folk, 90 BPM"})
            await client.call_tool("make_me_rich", {})
            return str(song["job_id"])

    with Receiver() as collector, pytest.MonkeyPatch.context() as patch:
        for name, value in collector.environment.items():
            patch.setenv(name, value)
        return Evening(collector, world, anyio.run(compose))


def test_the_steps_of_a_song_are_spans_in_the_trace_of_its_order(evening: Evening) -> None:
    spans = evening.collector.spans()
    (call,) = (span for span in spans if span.name == "tools/call create_song")
    steps = [span for span in spans if labels(span.attributes).get("songwright.job") == evening.job_id]
    assert {span.name for span in steps} == {"send create_song", "look create_song", "fetch create_song"}
    assert {span.trace_id for span in steps} == {call.trace_id}
    assert {labels(span.attributes)["songwright.tenant"] for span in [call, *steps]} == {"local"}
    outcomes = {span.name: labels(span.attributes)["songwright.outcome"] for span in steps}
    assert outcomes["send create_song"] == "running"
    assert outcomes["fetch create_song"] == "done"


def test_the_metrics_tell_of_calls_songs_and_credits(evening: Evening) -> None:
    collector, books = evening.collector, evening.world.service.books(evening.world.key)
    calls = {(point["call"], point["outcome"]): value for point, value in collector.points("songwright.service.calls")}
    assert calls["order", "answered"] == 1
    assert calls["read", "answered"] >= 2
    assert collector.points("songwright.job.duration") == [({"operation": "create_song", "outcome": "done"}, 1)]
    cost = sum(charge["credits"] for charge in evening.world.charges())
    assert collector.points("songwright.credits.spent") == [({"operation": "create_song"}, cost)]
    left = {point["of"]: value for point, value in collector.points("songwright.credits.left")}
    assert left == {"total": books["credits"], "lowest": books["credits"]}


def test_the_metrics_tell_what_is_in_work_and_what_waits(evening: Evening) -> None:
    """Zeroes are told too: a line that ends cannot be told from a server that is gone."""
    points = evening.collector.points
    states = {point["state"]: value for point, value in points("songwright.jobs")}
    assert states == dict.fromkeys(("queued", "sending", "running", "fetching", "unknown"), 0)
    assert points("songwright.unknown") == points("songwright.waiting") == points("songwright.lag") == [({}, 0)]


def test_the_overhead_is_told_by_tool_and_never_by_a_name_that_a_client_made_up(evening: Evening) -> None:
    """The name of a tool that does not exist is the client's text; metrics by it would grow without end."""
    counted = {(point["tool"], point["outcome"]) for point, _ in evening.collector.points("songwright.tool.overhead")}
    real = {("create_song", "answered"), ("check_credits", "answered"), ("check_style", "answered")}
    assert counted == {*real, ("unknown", "refused")}


def test_nothing_private_reaches_the_collector_and_metrics_name_neither_jobs_nor_tenants(evening: Evening) -> None:
    """Words and titles are the person's; a key opens an account; an id in a metric would be a new series a song."""
    world, sent = evening.world, evening.collector.everything
    for private in ("Marmalade", "Zanzibar", world.key, str(world.library), world.service.base_url):
        assert private.encode() not in sent
    metrics = b"".join(evening.collector.bodies["/v1/metrics"])
    assert evening.job_id.encode() in sent
    assert evening.job_id.encode() not in metrics
    assert b"songwright.tenant" not in metrics


def test_the_resource_names_the_program_and_what_the_environment_adds(evening: Evening) -> None:
    resource = evening.collector.resources()[0]
    assert resource["service.name"] == "songwright"
    assert resource["service.version"] == version("songwright")
    assert resource["songwright.role"] == "stdio"
    assert resource["deployment.environment.name"] == "test"


def test_what_a_call_waits_for_is_not_its_overhead() -> None:
    """Waits that overlap count once."""
    entered = time.perf_counter()
    with tool_call("create_song") as call:
        began = time.perf_counter()
        with away(), away():
            while time.perf_counter() - began < 0.05:
                pass
        passed = time.perf_counter() - began
        assert 0.05 <= call.waited <= passed, "two waits at once would be longer than the time that passed"
        assert call.own <= time.perf_counter() - entered - 0.05


@pytest.mark.anyio
async def test_a_song_is_made_although_the_collector_is_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in nowhere().items():
        monkeypatch.setenv(name, value)
    async with world.client() as client:
        assert said(await client.call_tool("create_song", WORDS))["status"] == "done"


def test_a_server_ends_in_time_although_the_collector_is_gone(world: World) -> None:
    """Clients kill what lingers; the exporter itself would go on trying for ten minutes."""
    patient = {"OTEL_EXPORTER_OTLP_TIMEOUT": "600"}
    command = [sys.executable, "-m", "songwright.server"]
    environment = world.environment() | nowhere() | patient
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=True, timeout=PATIENCE)


def nowhere() -> dict[str, str]:
    """The environment of a process whose collector has just gone away."""
    with Receiver() as gone:
        return gone.environment


def test_without_a_collector_nothing_of_it_is_imported(tmp_path: Path) -> None:
    """A server that has started and ended, seen by what Python imported on the way."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "SONGWRIGHT_"))}
    own = {"HOME": str(tmp_path), "SONGWRIGHT_STATE_DIR": str(tmp_path), "SONGWRIGHT_CONFIG": str(tmp_path / "none")}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "songwright.server"],
        env=kept | own, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "songwright.server.orders.runner" in imported
    unwanted = ("opentelemetry.sdk", "opentelemetry.metrics", "opentelemetry.exporter", "requests")
    assert [name for name in imported if name.startswith((*unwanted, "songwright.server.cli.exporter"))] == []


@pytest.mark.parametrize(
    ("environment", "signals"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, {"traces", "metrics"}),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, {"traces"}),
        ({"OTEL_METRICS_EXPORTER": "otlp"}, {"metrics"}),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, {"traces"}),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_METRICS_EXPORTER": "none"}, {"traces"}),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"}, set()),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, set()),
        ({"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "prometheus"}, set()),
    ],
)
def test_the_variables_of_opentelemetry_choose_what_is_exported(environment: dict[str, str], signals: set[str]) -> None:
    """opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables."""
    assert wanted(environment) == signals


class Noon(SystemClock):
    """It is always the same moment."""

    def now(self) -> float:
        return 1_000_000.0


def test_the_gauges_count_what_is_open_what_is_late_and_what_was_spent(store: Store) -> None:
    """On both databases; sums of PostgreSQL are decimals of their own."""
    noon = Noon().now()
    jobs = [
        ("create_song", "queued", noon - 90, 10),
        ("create_song", "queued", noon + 5, 10),
        ("create_song", "running", noon - 20, 12),
        ("extend_song", "unknown", 0.0, 7),
        ("extend_song", "done", 0.0, 7),
        ("extend_song", "failed", 0.0, 7),
    ]
    with store.transaction() as tx:
        for number, (operation, state, next_at, cost) in enumerate(jobs):
            tx.do(
                "insert_job", id=f"job-{number}", tenant="t", key_id="k", base_url="", operation=operation,
                arguments="{}", method="POST", path="", body=None, dedupe=str(number), parent_id=None, cost=cost,
                charge=0 if state == "failed" else cost, most=cost, subject="", words="", state=state, remote_id=None,
                timeout=75.0, next_at=next_at, running_at=None, now=noon - 100,
            )  # fmt: skip
        for key, left in (("k", 40), ("l", 60)):
            tx.do("put_balance", key_id=key, credits=left, extra=1, now=noon - 60)
    figures = Readings(store, Noon())()
    assert figures is not None
    assert figures.states == {"queued": 2, "sending": 0, "running": 1, "fetching": 0, "unknown": 1}
    assert (figures.waiting, figures.lag) == (1, 90.0)
    assert figures.spent == {"create_song": 32, "extend_song": 14}
    assert figures.left == {"total": 102, "lowest": 41}


def test_a_collector_that_asks_often_reads_the_journal_once_in_fifteen_seconds(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "journal.sqlite3")
    store.open()
    readings = Readings(store, SystemClock())
    first = readings()
    assert first is not None
    assert readings() is first
    store.close()


def test_a_journal_out_of_reach_leaves_gaps_and_no_errors(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    readings = Readings(SqliteStore(tmp_path / "file" / "journal.sqlite3"), SystemClock())
    assert readings() is None
