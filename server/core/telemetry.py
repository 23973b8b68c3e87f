"""Telemetry: a span for every step of a job, and how long calls and songs take.

Spans go through OpenTelemetry's interface, which the MCP SDK brings along and uses for its own: they cost microseconds
until `exporter` connects a collector. Instruments exist only from then on. None of it contains words of a song, a
title, a key or an address. A tenant's name is in traces only, so that metrics stay few.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from opentelemetry import trace
from opentelemetry.context import Context

from .jobs import Job, State

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter

P = ParamSpec("P")
T = TypeVar("T")

SCOPE = "songwright"
"""The name of our spans and instruments at a collector."""
MOST_ORDERS = 10_000
"""How many orders' traces this process remembers, so that their steps continue them."""
SONG_SECONDS = (5, 15, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 1200, 3600)
CALL_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Meters:
    """The instruments of this process."""

    def __init__(self, meter: Meter) -> None:
        self.calls = meter.create_counter(
            "songwright.service.calls",
            "{call}",
            "Calls to the music service, by purpose and outcome.",
        )
        self.settled = meter.create_histogram(
            "songwright.job.duration",
            "s",
            "From the order until the files are saved, or until it failed.",
            explicit_bucket_boundaries_advisory=SONG_SECONDS,
        )
        self.overhead = meter.create_histogram(
            "songwright.tool.overhead",
            "s",
            "Time a tool call took, not counting waits for the service, a song or the person.",
            explicit_bucket_boundaries_advisory=CALL_SECONDS,
        )


_meters: Meters | None = None


def measure(meter: Meter) -> None:
    """Start to count and time, with this meter."""
    global _meters  # a process has one collector or none, as OpenTelemetry itself sees it
    _meters = Meters(meter)


# -- steps of jobs ----------------------------------------------------------------------------------------------------


class Orders:
    """The traces in which this process took its orders: the newest ten thousand."""

    def __init__(self) -> None:
        self._traces: OrderedDict[str, trace.SpanContext] = OrderedDict()

    def remember(self, job_id: str) -> None:
        """The order is on record; its steps belong to the trace of the current call."""
        context = trace.get_current_span().get_span_context()
        if context.is_valid and context.trace_flags.sampled:
            self._traces[job_id] = context
            if len(self._traces) > MOST_ORDERS:
                self._traces.popitem(last=False)

    @contextmanager
    def step(self, kind: str, job: Job) -> Iterator[None]:
        """A span for one step of a job: in its order's trace, or in its own where another process took the order."""
        parent = Context()
        if (known := self._traces.get(job.id) or self._traces.get(job.parent_id or "")) is not None:
            parent = trace.set_span_in_context(trace.NonRecordingSpan(known), parent)
        with trace.get_tracer(SCOPE).start_as_current_span(
            f"{kind} {job.operation}",
            context=parent,
            attributes={
                "songwright.job": job.id,
                "songwright.operation": job.operation,
                "songwright.tenant": job.tenant,
            },
            record_exception=False,
            set_status_on_exception=False,
        ):
            yield


def noted(written: object) -> None:
    """What a step has recorded: the job's new state is the outcome of the span around it."""
    if not isinstance(written, Job):
        return
    span = trace.get_current_span()
    if span.is_recording():
        span.set_attribute("songwright.outcome", written.state.value)
        if written.problem is not None:
            span.set_attribute("songwright.problem", written.problem)
        if written.state in (State.FAILED, State.UNKNOWN):
            span.set_status(trace.StatusCode.ERROR)
    if _meters is not None and written.state in (State.DONE, State.FAILED) and written.finished_at is not None:
        taken = max(written.finished_at - written.created_at, 0.0)
        _meters.settled.record(taken, {"operation": written.operation, "outcome": written.state.value})


def called(order: bool, ended: str | int) -> None:
    """A call to the service has ended: `lost`, `not_sent`, or answered with this status."""
    if _meters is not None:
        outcome = ended if isinstance(ended, str) else _STATUS.get(ended, _CLASS.get(ended // 100, "strange"))
        _meters.calls.add(1, {"call": "order" if order else "read", "outcome": outcome})


_STATUS = {429: "too_fast"}
_CLASS = {2: "answered", 4: "refused", 5: "trouble"}


# -- tool calls -------------------------------------------------------------------------------------------------------


class ToolCall:
    """One call of a tool: its outcome, and how long it waited for others."""

    def __init__(self) -> None:
        self.outcome = "broken_off"
        self.began = time.perf_counter()
        self.waited = 0.0
        self._waits = 0
        self._since = 0.0

    @property
    def own(self) -> float:
        """Seconds so far in which it was not waiting."""
        return max(time.perf_counter() - self.began - self.waited, 0.0)

    def leave(self) -> None:
        """A wait for somebody else begins; overlapping waits count once."""
        if not self._waits:
            self._since = time.perf_counter()
        self._waits += 1

    def come_back(self) -> None:
        """That wait has ended."""
        self._waits -= 1
        if not self._waits:
            self.waited += time.perf_counter() - self._since


_call: ContextVar[ToolCall] = ContextVar("songwright_tool_call")


@contextmanager
def tool_call(name: str) -> Iterator[ToolCall]:
    """Time a tool call; the code that answers it sets its `outcome`."""
    call = ToolCall()
    mark = _call.set(call)
    try:
        yield call
    finally:
        _call.reset(mark)
        if _meters is not None:
            _meters.overhead.record(call.own, {"tool": name, "outcome": call.outcome})


def caller(tenant: str) -> None:
    """Names the caller on the span of the request."""
    trace.get_current_span().set_attribute("songwright.tenant", tenant)


@contextmanager
def away() -> Iterator[None]:
    """Marks time in which the tool call waits for somebody else; has no effect outside a tool call."""
    if (call := _call.get(None)) is None:
        yield
        return
    call.leave()
    try:
        yield
    finally:
        call.come_back()


def elsewhere(work: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Decorates a coroutine function whose time is not ours."""

    @wraps(work)
    async def timed(*args: P.args, **kwargs: P.kwargs) -> T:
        with away():
            return await work(*args, **kwargs)

    return timed
