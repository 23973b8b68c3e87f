"""Connects an OpenTelemetry collector if the environment names one; otherwise imports nothing.

The variables are OpenTelemetry's own: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER,
OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_SDK_DISABLED and what its exporters know besides.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..core import telemetry
from ..core.clock import Clock
from ..core.errors import SongwrightError
from ..core.jobs import LIVE, State
from ..journal.sqlite import Store

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, Meter, Observation

log = logging.getLogger(__name__)

FLUSH_SECONDS = 1.5
"""How long the process waits for the collector when it ends: clients kill a server that takes two seconds."""
READ_EVERY = 15.0
"""Seconds for which the journal's figures are reused, however often they are requested."""
DAY = 86_400.0
SIGNALS = ("traces", "metrics")
STATES = (*LIVE, State.UNKNOWN)


def wanted(environment: Mapping[str, str]) -> set[str]:
    """Which of traces and metrics the environment wants exported; an unsupported value is logged."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return set()
    asked = set()
    for signal in SIGNALS:
        exporter = environment.get(f"OTEL_{signal.upper()}_EXPORTER", "").strip().lower()
        endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT")
        if exporter == "otlp" or (not exporter and any(environment.get(name) for name in endpoints)):
            asked.add(signal)
        elif exporter not in ("", "none"):
            log.warning("OTEL_%s_EXPORTER: only otlp and none are supported; no %s", signal.upper(), signal)
    protocol = environment.get("OTEL_EXPORTER_OTLP_PROTOCOL", "").strip() or "http/protobuf"
    if asked and protocol != "http/protobuf":
        log.warning("OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf is supported; nothing is exported")
        return set()
    return asked


@contextmanager
def exporting(store: Store, clock: Clock, *, version: str, role: str) -> Iterator[None]:
    """Export what the environment asks for while the block lasts; the rest gets a moment to be sent at its end.

    Problems with the collector are logged and never raised.
    """
    signals = wanted(os.environ)
    close = None
    if signals:
        try:
            close = _connect(signals, Readings(store, clock), version, role)
        except ImportError as error:
            log.warning('traces and metrics need more (%s is missing): pip install "songwright[otel]"', error.name)
    try:
        yield
    finally:
        if close is not None:
            # Its own retries may take longer than anyone waits; a remaining thread ends with the process.
            last = threading.Thread(target=close, name="last-telemetry", daemon=True)
            last.start()
            last.join(FLUSH_SECONDS)


def _connect(signals: set[str], readings: Readings, version: str, role: str) -> Callable[[], None]:
    from opentelemetry import metrics, trace
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    own = {
        "service.name": "songwright",
        "service.version": version,
        "service.instance.id": str(uuid.uuid4()),
        "songwright.role": role,
    }
    resource = Resource.create({**own, **OTELResourceDetector().detect().attributes})
    ends: list[Callable[[], Any]] = []
    if "traces" in signals:
        tracing = TracerProvider(resource=resource, shutdown_on_exit=False)
        tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(tracing)
        ends.append(tracing.shutdown)
    if "metrics" in signals:
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        metering = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        metrics.set_meter_provider(metering)
        meter = metering.get_meter(telemetry.SCOPE, version)
        telemetry.measure(meter)
        observe(meter, readings)
        ends.append(metering.shutdown)

    def close() -> None:
        # In parallel: a collector that is slow with one must not cost us the other.
        closing = [threading.Thread(target=end, daemon=True) for end in ends]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()

    return close


@dataclass(frozen=True)
class Figures:
    """The journal's figures at one moment."""

    states: Mapping[str, int] = field(default_factory=dict)
    waiting: int = 0
    lag: float = 0.0
    spent: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)


class Readings:
    """The journal's figures, read at most every 15 seconds. Blocks while reading; used from the exporter's thread."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._last: Figures | None = None

    def __call__(self) -> Figures | None:
        """The figures; None while the journal cannot be read."""
        with self._lock:
            if time.monotonic() - self._read_at >= READ_EVERY:
                self._read_at = time.monotonic()
                try:
                    self._last = self._read()
                except SongwrightError as error:
                    self._last = None
                    log.info("cannot read the journal's figures: %s", error)
            return self._last

    def _read(self) -> Figures:
        now = self._clock.now()
        with self._store.reading() as tx:
            states = {row["state"]: int(row["n"]) for row in tx.all("gauge_states")}
            due = tx.one("gauge_due", now=now)
            spent = {row["operation"]: int(row["credits"]) for row in tx.all("gauge_spent", since=now - DAY)}
            left = tx.one("gauge_left", since=now - DAY)
        since = due["since"] if due else None
        return Figures(
            states={state: states.get(state, 0) for state in STATES},
            waiting=int(due["orders"]) if due else 0,
            lag=0.0 if since is None else max(now - float(since), 0.0),
            spent=spent,
            left={}
            if left is None or left["total"] is None
            else {name: int(left[name]) for name in ("total", "lowest")},
        )


Values = Iterable[tuple[float, Mapping[str, str]]]
GAUGES: tuple[tuple[str, str, str, Callable[[Figures], Values]], ...] = (
    (
        "songwright.jobs",
        "{job}",
        "Jobs that are not settled, by state.",
        lambda now: [(number, {"state": str(state)}) for state, number in now.states.items()],
    ),
    (
        "songwright.unknown",
        "{job}",
        "Orders that may or may not have been bought.",
        lambda now: [(now.states[State.UNKNOWN], {})],
    ),
    (
        "songwright.waiting",
        "{job}",
        "Orders that are due and wait for a turn of their key.",
        lambda now: [(now.waiting, {})],
    ),
    (
        "songwright.lag",
        "s",
        "How long the oldest due work has been waiting, over all keys.",
        lambda now: [(now.lag, {})],
    ),
    (
        "songwright.credits.spent",
        "{credit}",
        "Credits bought or possibly bought in the last 24 hours.",
        lambda now: [(spent, {"operation": name}) for name, spent in now.spent.items()],
    ),
    (
        "songwright.credits.left",
        "{credit}",
        "Balances read in the last 24 hours: the sum over all keys, and the lowest.",
        lambda now: [(left, {"of": name}) for name, left in now.left.items()],
    ),
)
"""Name, unit, meaning, and how to read it. Each replica reports the same journal: take the largest, not the sum."""


def observe(meter: Meter, readings: Callable[[], Figures | None]) -> None:
    """Make the meter read the journal whenever it exports."""
    from opentelemetry.metrics import Observation

    def looking(values: Callable[[Figures], Values]) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def look(options: CallbackOptions) -> Iterable[Observation]:
            del options
            figures = readings()
            return [] if figures is None else [Observation(value, labels) for value, labels in values(figures)]

        return look

    for name, unit, meaning, values in GAUGES:
        meter.create_observable_gauge(name, [looking(values)], unit, meaning)
